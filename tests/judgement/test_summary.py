"""A Summary counts as if the rows were there: the same whatever the chunks, and exact at the floors of its bins."""

import pickle
from functools import reduce
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.judgement.summary import N_BINS, Summary, bin_of, floor_of

CLASSES = 3
CONFIDENCES = st.floats(0, 1, width=32) | st.sampled_from([0.0, 0.5, 0.99, 1.0])
ROWS = st.lists(st.tuples(st.integers(0, CLASSES - 1), CONFIDENCES), max_size=60)


def of(rows, n_classes=CLASSES):
    codes, confidence = np.array([row[0] for row in rows], int), np.array([row[1] for row in rows], np.float32)
    return Summary.of(codes, confidence, n_classes)


def content(summary):
    return summary.n_classes, summary.keys.tolist(), summary.counts.tolist()


def neighbors(values):
    values = np.asarray(values, dtype=np.float32)
    beside = [np.nextafter(values, np.float32(end)) for end in (0, 1)]
    return np.unique(np.clip(np.concatenate([values, *beside]), 0, 1))


def edges():
    """Both sides of where a bin begins, of where an octave does, and of the ends."""
    powers = 2.0 ** -np.arange(0, 30)
    return neighbors(np.concatenate([floor_of(1 - powers), 1 - powers, powers, [0, 1e-45, 1e-38]]))


ANY = np.concatenate(
    [
        edges(),
        np.random.default_rng(0).integers(0, np.float32(1).view(np.uint32) + 1, 100_000).astype(np.uint32).view("f4"),
        1 - np.float32(2) ** -np.random.default_rng(1).uniform(0, 26, 100_000).astype(np.float32),
        np.random.default_rng(2).random(100_000, dtype=np.float32),
    ]
)


def test_a_surer_row_is_never_in_a_lower_bin():
    assert (np.diff(bin_of(np.sort(ANY))) >= 0).all()


def test_bins_run_from_no_confidence_to_the_one_that_certainty_has_for_itself():
    assert bin_of([0, 1]).tolist() == [0, N_BINS - 1]
    assert bin_of(np.nextafter(np.float32(1), np.float32(0))) < N_BINS - 1


def test_what_rounding_puts_above_one_is_certain():
    assert bin_of([1 + 1e-6]) == N_BINS - 1


def test_there_are_64_bins_for_every_halving_of_what_is_missing_to_one():
    assert np.diff(bin_of(1 - 2.0 ** -np.arange(0, 20))).tolist() == [64] * 19


def test_a_floor_is_in_the_bin_and_nothing_of_the_bin_is_below():
    floors = floor_of(ANY)

    assert (bin_of(floors) == bin_of(ANY)).all()
    assert (floors <= ANY).all()
    assert (floor_of(floors) == floors).all()
    below = np.nextafter(floors[floors > 0], np.float32(0))
    assert (bin_of(below) < bin_of(floors[floors > 0])).all()


def test_to_reach_a_floor_is_to_be_in_its_bin_or_a_higher_one():
    some = np.concatenate([edges(), np.random.default_rng(3).choice(ANY, 500)])

    for level in some:
        assert np.array_equal(some >= floor_of(level), bin_of(some) >= bin_of(level)), level
    other = np.random.default_rng(4).permutation(ANY)
    assert np.array_equal(floor_of(other) <= ANY, bin_of(ANY) >= bin_of(other))


@given(CONFIDENCES, CONFIDENCES)
def test_to_reach_a_floor_is_to_be_in_its_bin_for_every_pair(one, other):
    assert (np.float32(one) >= floor_of(other)) == (bin_of(one) >= bin_of(other))


@given(ROWS, st.lists(st.integers(0, 60), max_size=4), st.randoms(use_true_random=False))
def test_chunks_and_their_order_do_not_matter(rows, cuts, random):
    ends = [0, *sorted(cuts), len(rows)]
    chunks = [of(rows[start:end]) for start, end in pairwise(ends)]
    random.shuffle(chunks)

    assert content(sum(chunks, start=of([]))) == content(of(rows))


@given(ROWS, ROWS, ROWS)
def test_adding_is_associative_and_commutative(one, other, third):
    a, b, c = of(one), of(other), of(third)

    assert content((a + b) + c) == content(a + (b + c))
    assert content(a + b) == content(b + a)
    assert content(a + of([])) == content(a)


@given(ROWS)
def test_rows_are_counted_by_class(rows):
    summary = of(rows)

    assert summary.n_rows == len(rows)
    assert summary.per_class().tolist() == [sum(row[0] == code for row in rows) for code in range(CLASSES)]


@given(ROWS, st.lists(CONFIDENCES | st.just(np.inf), min_size=CLASSES, max_size=CLASSES))
def test_the_rows_that_reach_a_floor_are_counted_exactly(rows, levels):
    floors = np.array([level if np.isinf(level) else floor_of(level) for level in levels])

    found = of(rows).count_from(floors)

    expected = [sum(code == of_class and sure >= floors[code] for code, sure in rows) for of_class in range(CLASSES)]
    assert found.tolist() == expected


@given(ROWS, CONFIDENCES)
def test_a_level_inside_a_bin_counts_no_row_below_it(rows, level):
    summary = of(rows)

    found = summary.count_from(level)

    assert (found <= [sum(code == of_class and sure >= level for code, sure in rows) for of_class in range(3)]).all()


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("per_class", [False, True])
def test_the_share_of_a_sure_model_is_hit_within_two_tenths_of_a_percent(share, per_class):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, CLASSES, 200_000)
    confidence = 1 - 2 / 3 * rng.beta([0.3, 0.5, 0.8], 3, (200_000, 3))[np.arange(200_000), codes]

    levels = Summary.of(codes, confidence, CLASSES).level_for_share(share, per_class=per_class)

    reached = confidence.astype(np.float32) >= levels[codes]
    for rows in [codes == code for code in range(CLASSES)] if per_class else [codes >= 0]:
        assert reached[rows].mean() == pytest.approx(share, abs=0.002)
    assert per_class or len(set(levels)) == 1


@given(ROWS, st.floats(0, 1))
def test_no_other_floor_comes_nearer_to_the_share(rows, share):
    summary = of(rows)

    level = summary.level_for_share(share)[0]

    others = [np.inf, *floor_of([sure for _, sure in rows])]
    miss = [abs(summary.count_from(other).sum() - share * len(rows)) for other in (level, *others)]
    assert miss[0] == min(miss)


def test_a_class_without_rows_has_no_level():
    summary = Summary.of([0, 0, 2], [0.6, 0.9, 0.8], CLASSES)

    assert np.isfinite(summary.level_for_share(1, per_class=True)).tolist() == [True, False, True]
    assert np.isinf(summary.level_for_share(0)).all()
    assert np.isinf(of([]).level_for_share(0.5)).all()


@given(ROWS)
def test_bars_are_those_of_the_floors(rows):
    bars = np.linspace(1 / CLASSES, 1, 21)

    found = of(rows).histogram(bars)

    floors = np.clip(floor_of([sure for _, sure in rows]), bars[0], 1)
    assert found.tolist() == np.histogram(floors, bars)[0].tolist()


def test_a_thousand_classes_stay_small_and_travel():
    rng = np.random.default_rng(0)
    chunks = [Summary.of(rng.integers(0, 1000, 5000), rng.beta(8, 1, 5000), 1000) for _ in range(4)]
    merged = reduce(Summary.__add__, chunks)

    sent = pickle.dumps(merged)

    assert content(pickle.loads(sent)) == content(merged)
    assert len(sent) < 12 * 20_000 + 2_000, "twelve bytes a filled bin, of which there are no more than rows"


def test_summaries_of_other_classes_are_not_added():
    with pytest.raises(ValueError, match="of 3 and of 2 classes cannot be added"):
        of([]) + of([], n_classes=2)
