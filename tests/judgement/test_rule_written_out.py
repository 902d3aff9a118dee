"""The rule for classes, written out a second time from its formulas: both must say the same of any differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student_t

from pseudolabel.judgement.differences import Rows, of_rows
from pseudolabel.judgement.verdict import decide


def written_out(accuracy, brier, folds, alpha):
    """Say the word; `brier` is positive where the second model is better, as accuracy is."""
    n_repeats, n = accuracy.shape
    x, estimate = accuracy.mean(axis=0), accuracy.mean()
    averaged = np.sqrt(((np.sum(x**2) + 2) / (n + 2) - (np.sum(x) / (n + 2)) ** 2) / (n + 2))
    single = np.sqrt(max(np.mean(accuracy**2) - estimate**2, 0) / (n - 1))
    error = max(averaged, single)
    n_folds = folds.max() + 1
    means = np.array([brier[r][folds[r] == k].mean() for r in range(n_repeats) for k in range(n_folds)])
    loss, loss_error = means.mean(), np.sqrt((1 / len(means) + 1 / (n_folds - 1)) * means.var(ddof=1))
    gate_mean = n * estimate / (n + 1)
    gate = student_t.ppf(0.75, n - 1) * np.sqrt((((accuracy**2).sum(axis=1).mean() + 1) / (n + 1) - gate_mean**2) / n)
    reach = student_t.ppf(1 - alpha, n - 1) * error
    loss_reach = student_t.ppf(1 - alpha, len(means) - 1) * loss_error
    helps = (loss - loss_reach > 0 and gate_mean - gate > 0) or (estimate - reach > 0 and loss >= 0)
    harms = (loss + loss_reach < 0 and gate_mean + gate < 0) or (estimate + reach < 0 and loss <= 0)
    return "cannot_tell" if helps == harms else "helps" if helps else "harms"


def differences(seed, n_rows, gain, spread):
    """Draw differences of accuracy and Brier score that go together, as those of two models do."""
    random = np.random.default_rng(seed)
    said = gain + spread * random.normal(size=n_rows) + 0.3 * spread * random.normal(size=(4, n_rows))
    folds = np.stack([random.permutation(np.arange(n_rows) % 5) for _ in range(4)])
    return np.sign(np.round(2 * said)), said, folds


@settings(max_examples=300)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_rows=st.integers(20, 150),
    gain=st.floats(-0.4, 0.4),
    spread=st.floats(0.05, 1.0),
    alpha=st.sampled_from([0.05, 0.025, 0.05 / 6]),
)
def test_the_word_is_that_of_the_formulas(seed, n_rows, gain, spread, alpha):
    accuracy, brier, folds = differences(seed, n_rows, gain, spread)
    rows = Rows(folds, np.ones(n_rows), np.arange(n_rows))

    code, _ = decide(accuracy, -brier, rows, alpha)

    assert code == written_out(accuracy, brier, folds, alpha)


@pytest.mark.parametrize("gain", [-0.4, -0.1, 0.0, 0.1, 0.4])
def test_the_mirror_image_has_the_opposite_word(gain):
    opposite = {"helps": "harms", "harms": "helps", "cannot_tell": "cannot_tell"}
    for seed in range(20):
        accuracy, brier, folds = differences(seed, 100, gain, 0.4)
        rows = Rows(folds, np.ones(100), np.arange(100))

        one, other = decide(accuracy, -brier, rows, 0.05)[0], decide(-accuracy, brier, rows, 0.05)[0]

        assert other == opposite[one]


def test_groups_of_one_row_are_rows_and_copies_of_a_row_make_nothing_surer():
    accuracy, _, folds = differences(0, 60, 0.1, 0.4)
    alone = of_rows(accuracy, Rows(folds, np.ones(60), np.arange(60)))
    copies = [np.tile(values, (1, 3)) for values in (accuracy, folds)]

    together = of_rows(copies[0], Rows(copies[1], np.ones(180), np.tile(np.arange(60), 3)))

    assert together.estimate == pytest.approx(alone.estimate)
    assert together.error == pytest.approx(alone.error)
    assert together.freedom == alone.freedom
