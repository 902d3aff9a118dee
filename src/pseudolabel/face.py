"""Face: what the classifier and the regressor do alike, as scikit-learn estimators.

Takes  an estimator of ours, and what its `fit` was given.
Gives  the rows, read and put into one block; and the answers scikit-learn asks of a meta-estimator.

Functions instead of a base class: each face shows in full what it does, and in which order.

Before this: data/. After this: classifier.py, regressor.py.
"""

import copy
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import get_config
from sklearn.utils import Tags, get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import _check_sample_weight, _num_samples, check_consistent_length, check_is_fitted

from pseudolabel.badge import verdict_html
from pseudolabel.data.block import Block, take_rows
from pseudolabel.data.features import Features, learn_features
from pseudolabel.data.inputs import check_rows, split_by_row, stack_unlabeled
from pseudolabel.data.likeness import Likeness, likeness_of
from pseudolabel.data.rows.source import rows_of_batch
from pseudolabel.data.sample import draw_sample
from pseudolabel.errors import ParameterError, PseudolabelWarning
from pseudolabel.judgement.shift import Shift, look_for_shift
from pseudolabel.judgement.verdict import Verdict
from pseudolabel.model_file import save_model
from pseudolabel.validation import check_choice

DENSE_ONLY = ("boosting", "lightgbm")
"""Learners of ours that take no sparse rows: scikit-learn's boosting, and LightGBM not of the kind made today."""


@dataclass(frozen=True)
class Given:
    """What `fit` was given, read.

    Attributes
    ----------
    block : Block
        All rows, the unlabeled table last.
    likeness : Likeness
        The kind of table the rows came in.
    n_more : int
        Rows of the unlabeled table.
    """

    block: Block
    likeness: Likeness
    n_more: int


def read_given(
    owner: Any,
    X: Any,
    y: NDArray[Any],
    sample_weight: Any,
    X_unlabeled: Any,
    fit_params: Mapping[str, Any],
) -> Given:
    """Check what came in, and put all rows into one block, the unlabeled table last.

    Parameters
    ----------
    owner : estimator of ours
        Gets `n_features_in_` and, for frames, `feature_names_in_`.
    X, y, sample_weight, X_unlabeled, fit_params
        As `fit` has them; `y` as a vector.
    """
    ours = is_ours(owner)
    rows = check_rows(owner, X, numeric=ours, reset=True)
    check_consistent_length(rows, y)
    metadata, options = split_by_row(_estimator_params(owner, fit_params), len(y))
    weight = None if sample_weight is None else _check_sample_weight(sample_weight, rows, dtype=np.float64)
    n_more = 0
    if X_unlabeled is not None:
        more = check_rows(owner, X_unlabeled, numeric=ours, reset=False)
        n_more = _num_samples(more)
        rows = stack_unlabeled(rows, more, metadata)
        weight = None if weight is None else np.concatenate([weight, np.ones(n_more)])
    block = Block(rows, weight=weight, metadata=metadata, options=options)
    return Given(block, likeness_of(X, X_unlabeled, n_rows=_num_samples(rows)), n_more)


def rows_taking_part(given: NDArray[np.bool_], sample_rows: int | None, seed: int) -> NDArray[np.int64]:
    """Give the positions of all labeled rows and of a sample of the others, in order.

    Parameters
    ----------
    given : ndarray of shape (n_rows,), bool
        Which rows are labeled.
    sample_rows : int or None
        How many of the others take part; None for all.
    seed : int
    """
    if sample_rows is None or np.count_nonzero(~given) <= sample_rows:
        return np.arange(len(given))
    labeled = np.flatnonzero(given)
    return np.sort(np.concatenate([labeled, draw_sample(len(given), sample_rows, seed, besides=labeled)]))


def in_blocks(X: Any, positions: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], Any]]:
    """Give rows of a table block by block, each with its positions: the memory for answers is that of one block.

    Parameters
    ----------
    X : array, sparse matrix or frame
    positions : ndarray
        Of the rows that are wanted.
    """
    n_columns = X.shape[1] if len(getattr(X, "shape", ())) > 1 else 1
    at_most = rows_of_batch(n_columns)
    for start in range(0, len(positions), at_most):
        block = positions[start : start + at_most]
        yield block, take_rows(X, block)


def is_ours(owner: Any) -> bool:
    """Tell whether the estimator inside is a learner of ours, which takes tables of any kind."""
    return owner.estimator is None or isinstance(owner.estimator, str)


def check_estimator(owner: Any, kind: str, names: Sequence[str]) -> None:
    """Refuse an estimator that is none.

    Parameters
    ----------
    owner : estimator of ours
    kind : str
        What it should be: "classifier" or "regressor".
    names : sequence of str
        The learners of ours that can be asked for by name.

    Raises
    ------
    ParameterError
    """
    if isinstance(owner.estimator, str):
        check_choice(owner, "estimator", owner.estimator, tuple(names))
    elif owner.estimator is not None and not hasattr(owner.estimator, "fit"):
        raise ParameterError(
            f"{type(owner).__name__}: `estimator` must be a {kind}, one of {', '.join(map(repr, names))} or None, "
            f"got {owner.estimator!r}."
        )


def routing_of(owner: Any) -> MetadataRouter:
    """Say which metadata goes where: what `fit` gets beyond weights is for the user's estimator."""
    router = MetadataRouter(owner=owner).add_self_request(owner)
    if is_ours(owner):
        return router
    return router.add(estimator=owner.estimator, method_mapping=MethodMapping().add(caller="fit", callee="fit"))


def with_input_tags(owner: Any, tags: Tags) -> Tags:
    """Say which rows are taken: ours take gaps, and the user's estimator decides for itself."""
    if is_ours(owner):
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = owner.estimator not in DENSE_ONLY
    else:
        tags.input_tags = get_tags(owner.estimator).input_tags
    return tags


_OF_A_VERDICT = ("evidence_", "verdict_", "shift_", "acceptance_")


def forget_verdict(owner: Any) -> None:
    """Forget what was said of an earlier fit: another one need not ask for evidence."""
    for name in _OF_A_VERDICT:
        owner.__dict__.pop(name, None)


def take_to_heart(owner: Any, evidence: Any, verdict: Verdict) -> bool:
    """Keep evidence and verdict; say aloud, and tell, whether the verdict vetoes the model."""
    check_is_fitted(owner, "labeled_iter_")
    owner.evidence_, owner.verdict_ = evidence, verdict
    if verdict.code != "harms":
        return False
    owner.verdict_ = verdict.with_veto()
    warnings.warn(f"{owner.verdict_}", PseudolabelWarning, stacklevel=3)
    return True


def html_of(owner: Any, diagram: str) -> str:
    """Give scikit-learn's diagram of a model for a notebook, and below it the verdict if there is one."""
    verdict = getattr(owner, "verdict_", None)
    if verdict is None:
        return diagram
    classes = [str(name) for name in getattr(owner, "classes_", [])]
    return f"<div>{diagram}{verdict_html(verdict.record(classes))}</div>"


def shift_between(features: Features, block: Block, given: NDArray[np.bool_], *, design: Any) -> Shift:
    """Look for a difference between the labeled and the unlabeled rows of a block.

    Parameters
    ----------
    features : Features
        How columns became numbers; learnt here where no learner of ours needed any.
    block : Block of n_rows rows
    given : ndarray of shape (n_rows,), bool
        Which rows are labeled.
    design : {"rows", "groups", "time"}
        What labels were given to.
    """
    matrix = block.matrix
    if matrix is None:
        features, matrix = learn_features(block.given)
    labeled, unlabeled = matrix[np.flatnonzero(given)], matrix[np.flatnonzero(~given)]
    return look_for_shift(labeled, unlabeled, features.origins(matrix.shape[1]), seed=0, design=design)


def save_without(owner: Any, path: str | Path, left_out: Mapping[str, Any]) -> None:
    """Write a fitted estimator to a file, with some attributes replaced; those with `...` stay out of it."""
    check_is_fitted(owner)
    save_model(copy_without(owner, left_out), Path(path))


def copy_without(owner: Any, left_out: Mapping[str, Any]) -> Any:
    """Give a copy of an estimator with some attributes replaced, and without those that are `...`."""
    lean = copy.copy(owner)
    for name, value in left_out.items():
        if value is ...:
            lean.__dict__.pop(name, None)
        else:
            setattr(lean, name, value)
    return lean


def _estimator_params(owner: Any, fit_params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the parameters that go to the `fit` of the user's estimator: as routed, if routing is on."""
    if fit_params and is_ours(owner):
        raise ParameterError(
            f"{type(owner).__name__}.fit: {', '.join(map(repr, fit_params))} is for the `fit` of your own estimator, "
            "and none is given."
        )
    if not fit_params or not get_config()["enable_metadata_routing"]:
        return fit_params
    return dict(process_routing(owner, "fit", **fit_params).estimator.fit)
