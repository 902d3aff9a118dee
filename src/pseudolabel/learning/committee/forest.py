"""Forest: many trees on resampled rows; the default learner and the committee's workhorse.

Out-of-bag votes make its probabilities honest without a single extra fit.

Source: Breiman (2001), "Random Forests".
"""

from sklearn.ensemble import RandomForestClassifier

from pseudolabel.learning.committee.member import Member

NAME = "forest"
N_TREES = 100


def forest(seed: int, n_jobs: int | None) -> RandomForestClassifier:
    """Give a random forest, not yet fitted."""
    return RandomForestClassifier(N_TREES, random_state=seed, n_jobs=n_jobs)


def forest_member(seed: int, n_jobs: int | None) -> Member:
    """Give the forest as a member: with out-of-bag votes."""
    estimator = forest(seed, n_jobs).set_params(oob_score=True)
    return Member(NAME, estimator, out_of_bag=True)
