"""Forests: many trees on resampled rows; the default learner, and two members of the committee.

Trees left out of a row's resampling predict it honestly without a single extra fit. Extremely randomised trees cut
at random instead of where the targets say, which suits few targets.

Source: Breiman (2001), "Random Forests"; Geurts, Ernst and Wehenkel (2006), "Extremely Randomized Trees".
"""

from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from pseudolabel.learning.regression.member import Member

NAME = "forest"
N_TREES = 100


def forest(seed: int, n_jobs: int | None = None) -> RandomForestRegressor:
    """Give a random forest, not yet fitted."""
    return RandomForestRegressor(N_TREES, random_state=seed, n_jobs=n_jobs)


def forest_member(seed: int) -> Member:
    """Give the forest as a member: with out-of-bag predictions."""
    return Member(NAME, forest(seed).set_params(oob_score=True), out_of_bag=True)


def random_trees_member(seed: int) -> Member:
    """Give extremely randomised trees as a member."""
    trees = ExtraTreesRegressor(N_TREES, bootstrap=True, oob_score=True, random_state=seed)
    return Member("random trees", trees, out_of_bag=True)
