"""Every policy gives each row a weight from 0 to 1, trusts surer rows first, and trusts no more when it is stricter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from strategies import probability_tables, scores_of

from pseudolabel.errors import ParameterError
from pseudolabel.learning.scores import Scores
from pseudolabel.learning.selection.curriculum import Curriculum
from pseudolabel.learning.selection.threshold import Threshold
from pseudolabel.learning.selection.top import Top

SHARES = st.floats(0, 1)
POLICIES = st.one_of(st.builds(Threshold, SHARES), st.builds(Top, st.integers(1, 40)), st.builds(Curriculum, SHARES))
DISTINCT = st.lists(st.integers(501, 999), min_size=1, max_size=30, unique=True).map(lambda sure: np.array(sure) / 1000)


@given(POLICIES, probability_tables())
def test_every_row_gets_a_weight_from_nought_to_one(policy, probabilities):
    weights = policy.weigh(Scores(probabilities))

    assert weights.shape == (len(probabilities),)
    assert np.all((weights >= 0) & (weights <= 1))


@given(POLICIES, DISTINCT)
def test_a_trusted_row_of_a_class_is_surer_than_one_that_is_not(policy, confidence):
    weights = policy.weigh(scores_of(confidence))

    assert confidence[weights > 0].min(initial=1) > confidence[weights == 0].max(initial=0)


@given(POLICIES, probability_tables())
def test_scores_are_left_as_they_were(policy, probabilities):
    before = probabilities.copy()

    policy.weigh(Scores(probabilities))

    assert np.array_equal(probabilities, before)


@given(arrays(float, st.integers(0, 50), elements=st.floats(0.5, 1)), SHARES, SHARES)
def test_a_stricter_threshold_never_trusts_more(confidence, one, other):
    scores, (loose, strict) = scores_of(confidence), sorted([one, other])

    assert np.all(Threshold(strict).weigh(scores) <= Threshold(loose).weigh(scores))


def test_a_confidence_equal_to_the_threshold_is_not_trusted():
    assert Threshold(0.75).weigh(scores_of([0.75, np.nextafter(0.75, 1)])).tolist() == [0, 1]


@given(probability_tables(), st.integers(1, 40))
def test_top_trusts_the_number_asked_for_or_every_row(probabilities, n_rows):
    assert Top(n_rows).weigh(Scores(probabilities)).sum() == min(n_rows, len(probabilities))


@given(DISTINCT, st.integers(1, 30), st.integers(1, 30))
def test_a_smaller_top_is_part_of_a_larger_one(confidence, one, other):
    scores, (small, large) = scores_of(confidence), sorted([one, other])

    assert np.all(Top(small).weigh(scores) <= Top(large).weigh(scores))


@given(probability_tables(), SHARES)
def test_classwise_trusts_the_same_share_of_every_class(probabilities, share):
    scores = Scores(probabilities)

    weights = Curriculum(share).weigh(scores)

    for code in np.unique(scores.codes):
        of_class = scores.codes == code
        assert weights[of_class].sum() == np.ceil(share * of_class.sum())


@given(probability_tables(), SHARES, SHARES)
def test_a_smaller_share_never_trusts_more(probabilities, one, other):
    scores, (small, large) = Scores(probabilities), sorted([one, other])

    assert np.all(Curriculum(small).weigh(scores) <= Curriculum(large).weigh(scores))


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        *(
            (Threshold(above), rf"^Threshold: `above` must be a number from 0 to 1, got {above!r}\.$")
            for above in [-0.1, 1.1, float("nan"), "0.9", None, True]
        ),
        *((Top(n_rows), r"^Top: `n_rows` must be a whole number of at least 1, got ") for n_rows in [0, 1.5, None]),
        *(
            (Curriculum(share), r"^Curriculum: `share` must be a number from 0 to 1, got ")
            for share in [-0.1, 2, "half"]
        ),
    ],
    ids=str,
)
def test_a_parameter_out_of_range_is_refused_by_name(policy, words):
    with pytest.raises(ParameterError, match=words):
        policy.weigh(scores_of([0.9]))
