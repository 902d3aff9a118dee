"""Forest: many trees on resampled rows; the default learner and the committee's workhorse.

Out-of-bag votes make its probabilities honest without a single extra fit. Extra trees split at random places, which
errs elsewhere than a forest does.

Source: Breiman (2001), "Random Forests"; Geurts, Ernst and Wehenkel (2006), "Extremely randomized trees".
"""

from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from pseudolabel.learning.committee.member import EstimatorMember

NAME = "forest"
N_TREES = 100


def forest(seed: int, n_jobs: int | None) -> RandomForestClassifier:
    """Give a random forest, not yet fitted."""
    return RandomForestClassifier(N_TREES, random_state=seed, n_jobs=n_jobs)


def forest_member(seed: int, n_jobs: int | None) -> EstimatorMember:
    """Give the forest as a member: with out-of-bag votes."""
    return EstimatorMember(NAME, forest(seed, n_jobs).set_params(oob_score=True), out_of_bag=True)


def extra_trees_member(seed: int, n_jobs: int | None) -> EstimatorMember:
    """Give extra trees as a member: with a bootstrap, which they otherwise do without, for its out-of-bag votes."""
    trees = ExtraTreesClassifier(N_TREES, bootstrap=True, oob_score=True, random_state=seed, n_jobs=n_jobs)
    return EstimatorMember("extra trees", trees, out_of_bag=True)
