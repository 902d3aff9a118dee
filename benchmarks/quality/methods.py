"""Methods for tables with classes: ours, the baselines and scikit-learn's.

Takes  nothing.
Gives  METHODS, by the names used on the command line and in the results.

All of them get the same matrix of the same rows, and those that need gaps filled and columns standardised get that.
Forests have scikit-learn's own parameters. Boosting may split smaller leaves than its default of 20 rows, with which
it cannot learn anything from 20 labels: a base that knows nothing would make every gain over it look large.

Before this: method.py. After this: compare.py.
"""

import inspect
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier

from method import LABELS_ONLY, RESEEDED, SMALLEST_LEAVES, Answer, Method, NotAvailableError, Rows
from protocol import Split
from pseudolabel import PseudoLabelClassifier

Learner = Literal["rf", "et", "lr", "hgb"]
BOOSTING_ROUNDS = 60
SELF_TRAINING_LEVELS = ("0.75", "0.9", "0.95")
K_BEST = 50
"""Rows a round. With scikit-learn's default of 10, ten rounds would use 100 unlabeled rows at most."""

SPREADING_ROUNDS = 100

CEILINGS = {"rf": "rf-all-labels", "hgb": "hgb-all-labels", "lr": "lr-all-labels"}
"""For every base, the same learner with all labels known."""


def learner(kind: Learner, split: Split, seed: int) -> ClassifierMixin:
    """Make a classifier; those that depend on the number of labels depend on that of the given ones."""
    if kind == "rf":
        return RandomForestClassifier(random_state=seed)
    if kind == "et":
        return ExtraTreesClassifier(random_state=seed)
    if kind == "lr":
        return LogisticRegression(max_iter=1_000)
    leaf = int(np.clip(split.given.sum() // 20, *SMALLEST_LEAVES))
    return HistGradientBoostingClassifier(
        max_iter=BOOSTING_ROUNDS, min_samples_leaf=leaf, early_stopping=False, random_state=seed
    )


def answer(split: Split, model: Any, rows: Rows, *, scaled: bool) -> Answer:
    """Fit a model on a part of the rows, and ask it about the test rows and the unlabeled rows."""
    X, X_test = (split.scaled, split.scaled_test) if scaled else (split.X, split.X_test)
    part = split.given if rows == "labeled" else np.full(len(X), True)
    model.fit(X[part], (split.truth if rows == "true" else split.y)[part])
    test = class_probabilities(model, X_test, int(split.truth.max()) + 1)
    return Answer(test, _of_unlabeled(model, X, split.given, rows))


def class_probabilities(model: Any, X: NDArray[np.float64], n_classes: int) -> NDArray[np.float64]:
    """Give the probabilities with a column for every class, also for those the model has not seen."""
    probabilities = np.zeros((len(X), n_classes))
    probabilities[:, np.asarray(model.classes_, dtype=int)] = model.predict_proba(X)
    return probabilities


def _of_unlabeled(model: Any, X: NDArray[np.float64], given: NDArray[np.bool_], rows: Rows) -> NDArray[np.int64]:
    """Give the label a user would take for each unlabeled row: the one stored while learning, else the prediction."""
    if rows != "all":
        return np.asarray(model.predict(X[~given]))
    codes = np.asarray(model.transduction_)[~given] if hasattr(model, "transduction_") else np.full((~given).sum(), -1)
    if (codes < 0).any():
        codes = np.where(codes < 0, model.predict(X[~given]), codes)
    return codes


def supervised(split: Split, *, kind: Learner, rows: Rows = "labeled", seed_added: int = 0) -> Answer:
    """Learn without any unlabeled row, or with the truth about all of them."""
    return answer(split, learner(kind, split, split.seed + seed_added), rows, scaled=kind == "lr")


def ours(split: Split, *, base: Learner | None = None, rows: Rows = "all", **parameters: Any) -> Answer:
    """Learn with `PseudoLabelClassifier`."""
    missing = parameters.keys() - inspect.signature(PseudoLabelClassifier).parameters.keys()
    if missing:
        raise NotAvailableError(f"PseudoLabelClassifier has no parameter {', '.join(sorted(missing))}")
    estimator = None if base is None else learner(base, split, split.seed)
    model = PseudoLabelClassifier(estimator, random_state=split.seed, **parameters)
    return answer(split, model, rows, scaled=base == "lr")


def tutorial(split: Split) -> Answer:
    """Label every unlabeled row with a forest, add these labels as if they were true, fit again."""
    labeled, unlabeled, y = split.X[split.given], split.X[~split.given], split.y[split.given]
    first = learner("rf", split, split.seed).fit(labeled, y)
    pseudo_labels = first.predict(unlabeled)
    both, taught = np.concatenate([labeled, unlabeled]), np.concatenate([y, pseudo_labels])
    second = learner("rf", split, split.seed).fit(both, taught)
    return Answer(class_probabilities(second, split.X_test, int(split.truth.max()) + 1), pseudo_labels)


def self_training(split: Split, *, kind: Learner, **parameters: Any) -> Answer:
    """Learn with scikit-learn's `SelfTrainingClassifier`."""
    model = SelfTrainingClassifier(learner(kind, split, split.seed), **parameters)
    return answer(split, model, "all", scaled=kind == "lr")


def spreading(split: Split, **parameters: Any) -> Answer:
    """Learn with scikit-learn's `LabelSpreading`."""
    return answer(split, LabelSpreading(max_iter=SPREADING_ROUNDS, **parameters), "all", scaled=True)


def _baselines() -> dict[str, Method]:
    names = {"rf": "random forest", "et": "extra trees", "lr": "logistic regression", "hgb": "histogram boosting"}
    labels_only = {
        kind: Method(f"{name} on the labels alone", partial(supervised, kind=kind), "rf")
        for kind, name in names.items()
    }
    other_seed = partial(supervised, kind="rf", seed_added=RESEEDED)
    return labels_only | {"rf-other-seed": Method("the same forest, other seed: the noise floor", other_seed, "rf")}


def _ceilings() -> dict[str, Method]:
    return {
        name: Method(f"{base} with all labels known", partial(supervised, kind=base, rows="true"), base)
        for base, name in CEILINGS.items()
    }


def _ours() -> dict[str, Method]:
    """Our defaults and their variants, each with its twin; and our methods in which a forest teaches itself."""
    variants: dict[str, tuple[str, str, dict[str, Any]]] = {
        "auto": ("ours, all defaults", "rf", {}),
        "auto-lean": ("ours, lean committee", "rf", {"committee": "lean"}),
        "auto-full": ("ours, full committee", "rf", {"committee": "full"}),
        "auto-safe": ("ours, safe mixture", "rf", {"mixture": "safe"}),
        "auto-balanced": ("ours, balanced mixture", "rf", {"mixture": "balanced"}),
        "auto-bold": ("ours, bold mixture", "rf", {"mixture": "bold"}),
        "rf-given": ("ours, the forest given", "rf", {"base": "rf"}),
        "hgb-given": ("ours, the boosting given", "hgb", {"base": "hgb"}),
        "lr-given": ("ours, the logistic regression given", "lr", {"base": "lr"}),
    }
    methods = {}
    for name, (says, base, parameters) in variants.items():
        twin = name + LABELS_ONLY
        methods[name] = Method(says, partial(ours, **parameters), base, twin)
        methods[twin] = Method(f"{says}, no unlabeled rows", partial(ours, rows="labeled", **parameters), base)
    for name in ("one-shot", "self-training", "curriculum"):
        methods[name] = Method(f"ours, {name}, the forest given", partial(ours, base="rf", method=name), "rf", "rf")
    return methods


def _scikit() -> dict[str, Method]:
    says = "scikit-learn's SelfTrainingClassifier"
    levels = {
        f"sklearn-self-training-rf-{level}": partial(self_training, kind="rf", threshold=float(level))
        for level in SELF_TRAINING_LEVELS
    }
    levels["sklearn-self-training-rf-k-best"] = partial(self_training, kind="rf", criterion="k_best", k_best=K_BEST)
    methods = {name: Method(f"{says}, the forest", function, "rf", "rf") for name, function in levels.items()}
    methods["sklearn-self-training-lr-0.75"] = Method(
        f"{says}, logistic regression", partial(self_training, kind="lr", threshold=0.75), "rf", "lr"
    )
    methods["sklearn-label-spreading"] = Method("scikit-learn's LabelSpreading, scaled", spreading, "rf")
    methods["sklearn-label-spreading-knn"] = Method(
        "scikit-learn's LabelSpreading, nearest neighbours, scaled", partial(spreading, kernel="knn"), "rf"
    )
    return methods


METHODS: dict[str, Method] = {
    **_baselines(),
    **_ours(),
    "tutorial": Method(
        "hard pseudo-labels of all rows, then fitted again: the tutorials' recipe", tutorial, "rf", "rf"
    ),
    **_scikit(),
    **_ceilings(),
}
