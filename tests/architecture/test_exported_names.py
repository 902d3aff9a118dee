"""What `pseudolabel` shows is what it exports, and each name explains itself."""

import pytest

import pseudolabel


def test_the_names_shown_are_the_names_exported():
    shown = {name for name in dir(pseudolabel) if not name.startswith("_")}

    assert shown == set(pseudolabel.__all__)


def test_no_name_is_exported_twice():
    assert len(pseudolabel.__all__) == len(set(pseudolabel.__all__))


@pytest.mark.parametrize("name", pseudolabel.__all__)
def test_an_exported_name_can_be_imported_and_explains_itself(name):
    exported = getattr(pseudolabel, name)

    assert exported.__doc__


def test_a_name_that_is_not_exported_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'PseudoLabelClasifier'"):
        _ = pseudolabel.PseudoLabelClasifier
