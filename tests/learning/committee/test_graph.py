"""Labels flow along rows that are near each other, and the unlabeled rows are the way."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from sklearn.datasets import make_moons

from pseudolabel.data.block import Block
from pseudolabel.data.folds import deal_folds
from pseudolabel.learning.committee.graph import graph_member, leaf_graph_member, link, spread_labels
from pseudolabel.learning.committee.member import Lesson
from pseudolabel.learning.committee.metric import learn_factors, learn_stretch

MOONS, SIDE = make_moons(400, noise=0.06, random_state=0)
LABELED = np.concatenate([np.flatnonzero(side == SIDE)[:6] for side in (0, 1)])
UNLABELED = np.setdiff1d(np.arange(400), LABELED)


def lesson(unlabeled):
    codes = SIDE[LABELED]
    beside = Block(None, scaled=MOONS[unlabeled])
    return Lesson(Block(None, scaled=MOONS[LABELED]), codes, np.arange(2), deal_folds(codes, 3, 0), beside)


def accuracy(member, unlabeled):
    voter, _ = member.fit(lesson(unlabeled))
    return (voter.probabilities(Block(None, scaled=MOONS)).argmax(axis=1) == SIDE).mean()


def test_unlabeled_rows_show_where_a_class_goes_on():
    with_rows, without = accuracy(graph_member(0), UNLABELED), accuracy(graph_member(0), UNLABELED[:0])

    assert with_rows > 0.97 > without + 0.05


@pytest.mark.parametrize("member", [graph_member(0), leaf_graph_member(0)], ids=lambda member: member.name)
def test_a_row_of_the_graph_scores_as_its_neighbors_do(member):
    voter, _ = member.fit(lesson(UNLABELED))

    assert np.abs(voter.probabilities(Block(None, scaled=MOONS[UNLABELED])) - voter.scores[12:]).mean() < 0.1


def test_a_column_that_tells_nothing_does_not_count():
    noise = np.random.default_rng(0).normal(scale=5, size=(400, 1))
    codes = SIDE[np.arange(100)]
    rows = np.hstack([SIDE[:, np.newaxis] + 0.01 * noise, noise])

    voter, _ = graph_member(0).fit(
        Lesson(
            Block(None, scaled=rows[:100]),
            codes,
            np.arange(2),
            deal_folds(codes, 3, 0),
            Block(None, scaled=rows[100:]),
        )
    )

    assert voter.metric.factors[0] > 3 * voter.metric.factors[1]


def test_of_many_columns_those_of_no_importance_are_left_out_and_all_distances_stay():
    random = np.random.default_rng(0)
    codes = np.arange(40) % 2
    rows = random.normal(size=(90, 1_200))
    rows[:40, 7] += 3 * codes

    metric = learn_stretch(rows, np.arange(40), codes, None, 0)

    factors = learn_factors(rows, np.arange(40), codes, None, 0)
    assert metric.place(rows).shape[1] == np.count_nonzero(factors) < 300
    assert np.allclose(pdist(metric.place(rows)), pdist(rows * factors), rtol=1e-5)


def test_links_go_both_ways():
    links, reach = link(MOONS.astype(np.float32))

    assert reach > 0
    assert abs(links - links.T).max() < 1e-12


def test_rows_that_coincide_are_linked_like_others():
    links, _ = link(np.zeros((30, 2), dtype=np.float32))

    scores = spread_labels(links, np.array([0, 1]), np.array([0, 1]), n_classes=2)

    assert np.isfinite(scores).all()
    assert np.allclose(scores.sum(axis=1), 1)


def test_rows_no_label_reaches_get_the_class_shares():
    apart = np.vstack([MOONS[:40], MOONS[:40] + 1e3]).astype(np.float32)
    links, _ = link(apart)

    scores = spread_labels(links, np.arange(4), np.array([0, 0, 0, 1]), n_classes=2)

    assert scores[40:] == pytest.approx(np.tile([0.75, 0.25], (40, 1)))
