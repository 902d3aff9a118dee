"""Learners: small families of two or more models that are compared with each other.

Takes  labeled rows, a pool without labels and a seed.
Gives  a function from rows to what every model of the family says of them, by name.

Each family has a null (the same learner with another seed), models that learn from the pool sensibly, and models that
learn from it in a way that must harm. Everything is remade from the rows it is given, so that a fold sees no label of
the rows it is scored on.

Before this: draws.py. After this: simulate.py.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeClassifier

from pseudolabel.classifier import PseudoLabelClassifier

Matrix = NDArray[Any]
Answers = Callable[[Matrix], dict[str, Matrix]]
OTHER_SEED = 777
POOL_WEIGHT = 0.5
"""Of a row of the pool, where a labeled row has 1."""

N_TREES = 30


def forests(X: Matrix, y: Matrix, pool: Matrix, n_classes: int, seed: int) -> Answers:
    """Forests of 30 trees: by themselves, reseeded, and taught by the pool in good ways and bad."""
    truth = np.eye(n_classes)[y]
    random = np.random.default_rng(seed)
    base = Forest(seed).fit(X, truth)
    committee = np.mean([model.answer(pool) for model in [base, *_small_committee(X, truth, seed)]], axis=0)
    own = np.eye(n_classes)[base.answer(pool).argmax(axis=1)]
    noise = np.column_stack([random.permutation(column) for column in pool.T])
    noise_labels = np.eye(n_classes)[base.answer(noise).argmax(axis=1)]
    models = {
        "base": base,
        "reseed": Forest(seed + OTHER_SEED).fit(X, truth),
        "student": _taught(Forest(seed), X, truth, pool, committee),
        "hard": _taught(Forest(seed), X, truth, pool, own, weight=1.0),
        "shuffled": _taught(Forest(seed), X, truth, pool, random.permutation(own), weight=_at_most_half(X, pool)),
        "noise": _taught(Forest(seed), X, truth, noise, noise_labels),
    }
    return _with_half(models)


def closed_forms(X: Matrix, y: Matrix, pool: Matrix, n_classes: int, seed: int) -> Answers:
    """Random features and a discriminant, both solved in one step: cheap enough for thousands of labels."""
    truth = np.eye(n_classes, dtype=np.float32)[y]
    random = np.random.default_rng(seed)
    base = RandomFeatures(seed).fit(X, truth)
    committee = np.mean([model.answer(pool) for model in [base, *_small_committee(X, truth, seed)[:2]]], axis=0)
    own = np.eye(n_classes)[base.answer(pool).argmax(axis=1)]
    models = {
        "base": base,
        "reseed": RandomFeatures(seed + OTHER_SEED).fit(X, truth),
        "student": _taught(RandomFeatures(seed), X, truth, pool, committee),
        "hard": _taught(RandomFeatures(seed), X, truth, pool, own),
        "shuffled": _taught(
            RandomFeatures(seed), X, truth, pool, random.permutation(own), weight=_at_most_half(X, pool)
        ),
        "swap": Discriminant().fit(X, truth),
    }
    return _with_half(models)


def large_forests(X: Matrix, y: Matrix, pool: Matrix, n_classes: int, seed: int) -> Answers:
    """Forests for thousands of labels: beside the pool, deeper differences between the two models."""
    truth = np.eye(n_classes)[y]
    base = Forest(seed).fit(X, truth)
    random = np.random.default_rng(seed)
    own = np.eye(n_classes)[base.answer(pool).argmax(axis=1)]
    models = {
        "base": base,
        "reseed": Forest(seed + OTHER_SEED).fit(X, truth),
        "hard": _taught(Forest(seed), X, truth, pool, own, weight=1.0),
        "shuffled": _taught(Forest(seed), X, truth, pool, random.permutation(own), weight=1.0),
        "swap": Forest(seed, fewest_rows=4).fit(X, truth),
    }
    return lambda rows: {name: model.answer(rows) for name, model in models.items()}


def ours(X: Matrix, y: Matrix, pool: Matrix, n_classes: int, seed: int) -> Answers:
    """PseudoLabelClassifier as it comes; without the pool; its labels-only forest reseeded; with a useless teacher."""
    rows, labels = np.concatenate([X, pool]), np.concatenate([y, np.full(len(pool), -1)])
    useless = PseudoLabelClassifier(teacher=Useless(seed), mixture="bold", random_state=seed + OTHER_SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        auto = PseudoLabelClassifier(random_state=seed).fit(rows, labels)
        without = PseudoLabelClassifier(random_state=seed).fit(X, y)
        useless.fit(rows, labels)

    def answers(rows: Matrix) -> dict[str, Matrix]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {
                "base": auto.predict_proba_labels_only(rows),
                "auto": auto.predict_proba(rows),
                "without": without.predict_proba(rows),
                "reseed": useless.predict_proba_labels_only(rows),
                "useless": useless.predict_proba(rows),
            }

    return answers


def forest_given(X: Matrix, y: Matrix, pool: Matrix, n_classes: int, seed: int) -> Answers:
    """PseudoLabelClassifier around a forest of the user's: the mixture is "safe"; a lean committee, for time's sake."""
    rows, labels = np.concatenate([X, pool]), np.concatenate([y, np.full(len(pool), -1)])
    forest = RandomForestClassifier(random_state=seed, n_jobs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = PseudoLabelClassifier(forest, committee="lean", random_state=seed).fit(rows, labels)
    return lambda rows: {"base": given.predict_proba_labels_only(rows), "given": given.predict_proba(rows)}


def value_forests(X: Matrix, y: Matrix, pool: Matrix, n_classes: int, seed: int) -> Answers:
    """Forests for values: reseeded, taught by a forest, a ridge and neighbors together, and by shuffled values."""
    random = np.random.default_rng(seed)

    def forest(seed: int) -> RandomForestRegressor:
        return RandomForestRegressor(N_TREES, random_state=seed)

    base = forest(seed).fit(X, y)
    taught_by = [base, Ridge(1.0).fit(X, y), _nearest(X, y)]
    targets = np.mean([model.predict(pool) for model in taught_by], axis=0)
    rows, weight = np.concatenate([X, pool]), np.repeat([1.0, POOL_WEIGHT], [len(y), len(pool)])
    shuffled = np.concatenate([y, random.permutation(base.predict(pool))])
    harm = np.repeat([1.0, _at_most_half(X, pool)], [len(y), len(pool)])
    models = {
        "base": base,
        "reseed": forest(seed + OTHER_SEED).fit(X, y),
        "student": forest(seed).fit(rows, np.concatenate([y, targets]), weight),
        "shuffled": forest(seed).fit(rows, shuffled, harm),
    }

    def answers(rows: Matrix) -> dict[str, Matrix]:
        said = {name: model.predict(rows) for name, model in models.items()}
        return said | {"half": (said["base"] + said["student"]) / 2}

    return answers


def closed_values(X: Matrix, y: Matrix, pool: Matrix, n_classes: int, seed: int) -> Answers:
    """Random features for values: the same models as `value_forests`, solved in one step, and a plain ridge."""
    random = np.random.default_rng(seed)
    base = RandomFeatures(seed).fit(X, y[:, None])
    taught_by = [base.values(pool), Ridge(1.0).fit(X, y).predict(pool), _nearest(X, y).predict(pool)]
    shuffled = random.permutation(base.values(pool))
    models = {
        "base": base,
        "reseed": RandomFeatures(seed + OTHER_SEED).fit(X, y[:, None]),
        "student": _taught(RandomFeatures(seed), X, y[:, None], pool, np.mean(taught_by, axis=0)[:, None]),
        "shuffled": _taught(
            RandomFeatures(seed), X, y[:, None], pool, shuffled[:, None], weight=_at_most_half(X, pool)
        ),
    }
    ridge = Ridge(10.0).fit(X, y)

    def answers(rows: Matrix) -> dict[str, Matrix]:
        said = {name: model.values(rows) for name, model in models.items()}
        return said | {"half": (said["base"] + said["student"]) / 2, "swap": ridge.predict(rows)}

    return answers


class Forest:
    """A forest that takes soft labels: one-hot targets split by squared error are split by Gini."""

    def __init__(self, seed: int, *, fewest_rows: int = 1) -> None:
        self.trees = RandomForestRegressor(
            N_TREES, max_features="sqrt", min_samples_leaf=fewest_rows, random_state=seed, n_jobs=1
        )

    def fit(self, X: Matrix, truth: Matrix, weight: Matrix | None = None) -> Self:
        """Fit on rows and their class probabilities."""
        self.trees.fit(X, truth, weight)
        return self

    def answer(self, rows: Matrix) -> Matrix:
        """Give class probabilities."""
        return np.asarray(self.trees.predict(rows))


class RandomFeatures:
    """Ridge regression of the classes on random rectified features: differs by seed, as a forest does."""

    def __init__(self, seed: int, n_hidden: int = 100) -> None:
        self.seed, self.n_hidden = seed, n_hidden

    def fit(self, X: Matrix, truth: Matrix, weight: Matrix | None = None) -> Self:
        """Solve for the weights of the features."""
        random = np.random.default_rng(self.seed)
        n_features = X.shape[1]
        self.slopes = (random.normal(size=(n_features, self.n_hidden)) / np.sqrt(n_features)).astype(np.float32)
        self.shifts = (random.normal(size=self.n_hidden) / 2).astype(np.float32)
        weight = np.ones(len(X), np.float32) if weight is None else weight.astype(np.float32)
        hidden = self._hidden(X)
        self.shares = np.average(truth, axis=0, weights=weight)
        normal = hidden.T @ (weight[:, None] * hidden) + np.eye(self.n_hidden, dtype=np.float32)
        self.coefficients = np.linalg.solve(normal, hidden.T @ (weight[:, None] * (truth - self.shares)))
        return self

    def answer(self, rows: Matrix) -> Matrix:
        """Give class probabilities: what the regression says, cut off above 0 and scaled to 1."""
        said = np.clip(self._hidden(rows) @ self.coefficients + self.shares, 0.005, None)
        return said / said.sum(axis=1, keepdims=True)

    def values(self, rows: Matrix) -> Matrix:
        """Give values of shape (n_rows,), where the targets were values."""
        return np.asarray(self._hidden(rows) @ self.coefficients + self.shares).ravel()

    def _hidden(self, rows: Matrix) -> Matrix:
        return np.maximum(rows @ self.slopes + self.shifts, 0)


class Discriminant:
    """Linear discriminant with a covariance shrunk by 0.3 towards a multiple of the identity."""

    def fit(self, X: Matrix, truth: Matrix) -> Self:
        """Solve for the directions."""
        counts = truth.sum(axis=0) + 1e-6
        means = truth.T @ X / counts[:, None]
        within = X - truth @ means
        covariance = within.T @ within / len(X)
        size = np.trace(covariance) / len(covariance)
        covariance = 0.7 * covariance + (0.3 * size + 1e-3) * np.eye(len(covariance))
        self.slopes = np.linalg.solve(covariance, means.T)
        self.shifts = np.log(counts / counts.sum()) - (means.T * self.slopes).sum(axis=0) / 2
        return self

    def answer(self, rows: Matrix) -> Matrix:
        """Give class probabilities, tempered by 0.7 and never below 2 % of a uniform guess."""
        scores = 0.7 * (rows @ self.slopes + self.shifts)
        said = np.exp(scores - scores.max(axis=1, keepdims=True))
        return 0.98 * said / said.sum(axis=1, keepdims=True) + 0.02 / said.shape[1]


class Neighbors:
    """Shares of the classes among the nearest rows, with 5 % of their shares everywhere."""

    def fit(self, X: Matrix, truth: Matrix) -> Self:
        """Keep the rows."""
        self.X, self.truth = X, truth
        self.n_nearest = int(np.clip(round(np.sqrt(len(X)) / 2), 3, 11))
        return self

    def answer(self, rows: Matrix) -> Matrix:
        """Give class probabilities."""
        distances = (self.X**2).sum(axis=1) - 2 * rows @ self.X.T
        nearest = np.argpartition(distances, self.n_nearest, axis=1)[:, : self.n_nearest]
        return 0.95 * self.truth[nearest].mean(axis=1) + 0.05 * self.truth.mean(axis=0)


class Useless(ClassifierMixin, BaseEstimator):
    """A teacher that has learnt the labels in a random order: sure of itself, and right by luck alone."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, X: Matrix, y: Matrix) -> Self:
        """Fit a tree on shuffled labels."""
        shuffled = np.random.default_rng(self.seed).permutation(y)
        self.tree_ = DecisionTreeClassifier(random_state=self.seed).fit(X, shuffled)
        self.classes_ = self.tree_.classes_
        return self

    def predict_proba(self, X: Matrix) -> Matrix:
        """Give the tree's probabilities."""
        return np.asarray(self.tree_.predict_proba(X))


def _nearest(X: Matrix, y: Matrix) -> KNeighborsRegressor:
    return KNeighborsRegressor(min(5, len(y))).fit(X, y)


def _small_committee(X: Matrix, truth: Matrix, seed: int) -> Sequence[Any]:
    return [Discriminant().fit(X, truth), Neighbors().fit(X, truth), RandomFeatures(seed).fit(X, truth)]


def _taught(model: Any, X: Matrix, truth: Matrix, pool: Matrix, said: Matrix, *, weight: float = POOL_WEIGHT) -> Any:
    weights = np.repeat([1.0, weight], [len(X), len(pool)])
    return model.fit(np.concatenate([X, pool]), np.concatenate([truth, said]), weights)


def _at_most_half(X: Matrix, pool: Matrix) -> float:
    """Weigh bad pseudo-labels so that all together count at most half as much as the labels."""
    return min(POOL_WEIGHT, POOL_WEIGHT * len(X) / len(pool))


def _with_half(models: dict[str, Any]) -> Answers:
    def answers(rows: Matrix) -> dict[str, Matrix]:
        said = {name: model.answer(rows) for name, model in models.items()}
        return said | {"half": (said["base"] + said["student"]) / 2}

    return answers
