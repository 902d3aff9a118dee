"""The model file allows what our models are made of, and nothing that could run code."""

import importlib

import pytest

from pseudolabel.model_file import ALLOWED_TYPES


@pytest.mark.parametrize("name", ALLOWED_TYPES)
def test_every_allowed_type_exists(name):
    module, _, kind = name.rpartition(".")

    assert hasattr(importlib.import_module(module), kind)


def test_allowed_types_are_listed_once_and_in_order():
    assert list(ALLOWED_TYPES) == sorted(set(ALLOWED_TYPES))


@pytest.mark.parametrize("module", ["builtins", "os", "subprocess", "shutil", "operator", "functools", "importlib"])
def test_nothing_that_could_run_code_is_allowed(module):
    assert not [name for name in ALLOWED_TYPES if name.startswith(f"{module}.")]
