"""Regression methods: ours, the baselines, and the naive recipe.

Takes  nothing.
Gives  REGRESSION_METHODS, by the names used on the command line and in the results.

They get the rows as the methods for classes do. The forest has scikit-learn's own parameters; boosting may split
smaller leaves than its default of 20 rows, with which it learns little from 30 values.

Before this: method.py. After this: compare_regression.py.
"""

import inspect
from functools import partial
from typing import Any, Literal

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import RidgeCV

import pseudolabel
from method import LABELS_ONLY, RESEEDED, SMALLEST_LEAVES, Answer, Method, NotAvailableError, Rows
from protocol import Split

Learner = Literal["rf", "et", "ridge", "hgb"]

RIDGE_STRENGTHS = np.logspace(-2, 4, 13)

CEILING = "rf-all-labels"


def learner(kind: Learner, split: Split, seed: int) -> RegressorMixin:
    """Make a regressor; those that depend on the number of labels depend on that of the given ones."""
    if kind == "rf":
        return RandomForestRegressor(random_state=seed)
    if kind == "et":
        return ExtraTreesRegressor(random_state=seed)
    if kind == "ridge":
        return RidgeCV(RIDGE_STRENGTHS)
    leaf = int(np.clip(split.given.sum() // 20, *SMALLEST_LEAVES))
    return HistGradientBoostingRegressor(min_samples_leaf=leaf, early_stopping=False, random_state=seed)


def answer(split: Split, model: Any, rows: Rows, *, scaled: bool = False) -> Answer:
    """Fit a model on a part of the rows, and ask it about the test rows and the unlabeled rows."""
    X, X_test = (split.scaled, split.scaled_test) if scaled else (split.X, split.X_test)
    part = split.given if rows == "labeled" else np.full(len(X), True)
    model.fit(X[part], (split.truth if rows == "true" else split.y)[part])
    stored = rows == "all" and hasattr(model, "transduction_")
    unlabeled = model.transduction_[~split.given] if stored else model.predict(X[~split.given])
    return Answer(model.predict(X_test), np.asarray(unlabeled, dtype=np.float64))


def supervised(split: Split, *, kind: Learner, rows: Rows = "labeled", seed_added: int = 0) -> Answer:
    """Learn without any unlabeled row, or with the truth about all of them."""
    return answer(split, learner(kind, split, split.seed + seed_added), rows, scaled=kind == "ridge")


def ours(split: Split, *, base: Learner | None = None, rows: Rows = "all", **parameters: Any) -> Answer:
    """Learn with `PseudoLabelRegressor`."""
    make = getattr(pseudolabel, "PseudoLabelRegressor", None)
    if make is None:
        raise NotAvailableError("pseudolabel has no PseudoLabelRegressor")
    missing = parameters.keys() - inspect.signature(make).parameters.keys()
    if missing:
        raise NotAvailableError(f"PseudoLabelRegressor has no parameter {', '.join(sorted(missing))}")
    estimator = None if base is None else learner(base, split, split.seed)
    return answer(split, make(estimator, random_state=split.seed, **parameters), rows)


def tutorial(split: Split) -> Answer:
    """Predict every unlabeled row with a forest, add these values as if they were true, fit again."""
    labeled, unlabeled, y = split.X[split.given], split.X[~split.given], split.y[split.given]
    first = learner("rf", split, split.seed).fit(labeled, y)
    pseudo_targets = first.predict(unlabeled)
    both, taught = np.concatenate([labeled, unlabeled]), np.concatenate([y, pseudo_targets])
    return Answer(learner("rf", split, split.seed).fit(both, taught).predict(split.X_test), pseudo_targets)


def _baselines() -> dict[str, Method]:
    names = {"rf": "random forest", "et": "extra trees", "ridge": "ridge regression", "hgb": "histogram boosting"}
    labels_only = {
        kind: Method(f"{name} on the labels alone", partial(supervised, kind=kind), "rf")
        for kind, name in names.items()
    }
    other_seed = partial(supervised, kind="rf", seed_added=RESEEDED)
    return labels_only | {"rf-other-seed": Method("the same forest, other seed: the noise floor", other_seed, "rf")}


def _ours() -> dict[str, Method]:
    """Our defaults and their variants, each with its twin; and our one-shot."""
    variants: dict[str, tuple[str, dict[str, Any]]] = {
        "auto": ("ours, all defaults", {}),
        "auto-lean": ("ours, lean committee", {"committee": "lean"}),
        "auto-full": ("ours, full committee", {"committee": "full"}),
        "auto-safe": ("ours, safe mixture", {"mixture": "safe"}),
        "auto-balanced": ("ours, balanced mixture", {"mixture": "balanced"}),
        "auto-bold": ("ours, bold mixture", {"mixture": "bold"}),
        "rf-given": ("ours, the forest given", {"base": "rf"}),
    }
    methods = {}
    for name, (says, parameters) in variants.items():
        twin = name + LABELS_ONLY
        methods[name] = Method(says, partial(ours, **parameters), "rf", twin)
        methods[twin] = Method(f"{says}, no unlabeled rows", partial(ours, rows="labeled", **parameters), "rf")
    one_shot = partial(ours, base="rf", method="one-shot")
    return methods | {"one-shot": Method("ours, one-shot, the forest given", one_shot, "rf", "rf")}


REGRESSION_METHODS: dict[str, Method] = {
    **_baselines(),
    **_ours(),
    "tutorial": Method("pseudo-targets of all rows, then fitted again: the naive recipe", tutorial, "rf", "rf"),
    CEILING: Method("the forest with all values known", partial(supervised, kind="rf", rows="true"), "rf"),
}
