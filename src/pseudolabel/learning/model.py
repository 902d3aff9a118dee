"""Model: a fitted estimator that speaks in the classes of the task.

Takes  any scikit-learn classifier, a Block of rows and their labels.
Gives  a Model: probabilities with one column for every class of the task, whatever the estimator happened to see.

Estimators are fitted on the labels as the user wrote them, so that a `class_weight` by name keeps working. XGBoost's
refuse other labels than 0 to k - 1: they are given codes, and what they say of codes is translated back.

Before this: calibration.py, boosters.py. After this: committee/.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from joblib import parallel_config
from numpy.typing import NDArray
from sklearn import config_context, get_config
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from pseudolabel.data.block import Block, Form
from pseudolabel.learning.boosters import takes_codes

P = TypeVar("P", bound=np.floating)
"""The precision an estimator gives probabilities in."""


class Voter(Protocol):
    """Anything that gives probabilities of the task's classes: a Model, a Graph, a Teacher."""

    def probabilities(self, block: Block) -> NDArray[np.float64]:
        """Give an ndarray of shape (n_rows, n_classes)."""
        ...


@dataclass(frozen=True)
class Model:
    """A fitted estimator.

    Attributes
    ----------
    estimator : fitted classifier
    classes : ndarray of shape (n_classes,)
        The classes of the task, in the order of the columns of `probabilities`.
    form : {"given", "matrix", "scaled"}
        Which form of the rows it takes.
    coded : ndarray or None
        The classes behind the codes the estimator was fitted on; None if it was fitted on the labels themselves.
    """

    estimator: BaseEstimator
    classes: NDArray[Any]
    form: Form = "given"
    coded: NDArray[Any] | None = None

    def probabilities(self, block: Block) -> NDArray[np.float64]:
        """Give the probability of every class for every row: ndarray of shape (n_rows, n_classes).

        An estimator without `predict_proba` gives its label all of the probability.
        """
        return np.asarray(self.raw_probabilities(block), dtype=np.float64)

    def raw_probabilities(self, block: Block) -> NDArray[np.floating]:
        """Give the same in the precision the estimator computes in, which is half as wide for some."""
        if not hasattr(self.estimator, "predict_proba"):
            return np.asarray(self.predict(block)[:, np.newaxis] == self.classes, dtype=np.float64)
        with self._in_order():
            probabilities = self.estimator.predict_proba(block.form(self.form))
        seen = self.estimator.classes_ if self.coded is None else self.coded
        return aligned(np.asarray(probabilities), seen, self.classes)

    def predict(self, block: Block) -> NDArray[Any]:
        """Give the class of every row, which a few estimators do not take from their probabilities."""
        with self._in_order():
            predicted = np.asarray(self.estimator.predict(block.form(self.form)))
        return predicted if self.coded is None else np.asarray(self.coded[predicted])

    def _in_order(self) -> AbstractContextManager[object]:
        """Let our own forests add up their trees in order: with threads the last digits differ from run to run."""
        return parallel_config("sequential") if self.form != "given" else nullcontext()


def fit_model(
    estimator: BaseEstimator, block: Block, labels: NDArray[Any], classes: NDArray[Any], form: Form = "given"
) -> Model:
    """Fit a clone of `estimator` on these rows; their weights and metadata go along.

    Parameters
    ----------
    estimator : classifier
        Cloned; the object passed in is never changed.
    block : Block of n_rows rows
    labels : ndarray of shape (n_rows,)
        As the user wrote them.
    classes : ndarray of shape (n_classes,)
        All classes of the task.
    form : {"given", "matrix", "scaled"}, default="given"
    """
    return refit_model(clone(estimator), block, labels, classes, form)


def refit_model(
    estimator: BaseEstimator, block: Block, labels: NDArray[Any], classes: NDArray[Any], form: Form = "given"
) -> Model:
    """Fit `estimator` itself, as `fit_model` does a clone of it."""
    with _routing(estimator, block):
        parameters = {**block.options, **block.metadata}
        name = weight_parameter(estimator)
        if block.weight is not None and name is not None:
            parameters[name] = block.weight
        coded = None
        if takes_codes(estimator):
            coded, labels = np.unique(labels, return_inverse=True)
        estimator.fit(block.form(form), labels, **parameters)
    return Model(estimator, classes, form, coded)


def takes_weights(estimator: BaseEstimator, block: Block) -> bool:
    """Tell whether this estimator can be fitted on these rows with a weight each."""
    with _routing(estimator, block):
        return weight_parameter(estimator) is not None


def _routing(estimator: BaseEstimator, block: Block) -> AbstractContextManager[None]:
    """Leave scikit-learn's metadata routing on only for what the user routes.

    The weights of pseudo-labels are ours: a pipeline that requests no weights would refuse them under routing.
    """
    if not get_config()["enable_metadata_routing"]:
        return nullcontext()  # not even asked: some estimators cannot say what they would route
    routed = bool(block.metadata or block.options) or _requests_weights(estimator)
    context: AbstractContextManager[None] = config_context(enable_metadata_routing=routed)
    return context


def _requests_weights(estimator: BaseEstimator) -> bool:
    return "sample_weight" in get_routing_for_object(estimator).consumes("fit", ["sample_weight"])


def weight_parameter(estimator: BaseEstimator) -> str | None:
    """Say under which name `fit` takes sample weights; None when it takes none.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> weight_parameter(make_pipeline(LogisticRegression()))
    'logisticregression__sample_weight'
    >>> weight_parameter(KNeighborsClassifier()) is None
    True
    """
    if has_fit_parameter(estimator, "sample_weight"):
        return "sample_weight"
    if get_config()["enable_metadata_routing"]:
        return "sample_weight" if _requests_weights(estimator) else None
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        inner = weight_parameter(last)
        return None if inner is None else f"{name}__{inner}"
    return None


def aligned(probabilities: NDArray[P], seen: NDArray[Any], classes: NDArray[Any]) -> NDArray[P]:
    """Put the columns of classes an estimator has `seen` where `classes` has them; the others are 0."""
    if len(seen) == len(classes):
        return probabilities
    wide = np.zeros((len(probabilities), len(classes)), dtype=probabilities.dtype)
    wide[:, np.searchsorted(classes, seen)] = probabilities
    return wide


def seeded(estimator: BaseEstimator, seed: int) -> BaseEstimator:
    """Give a clone whose unset random states, also those of its parts, are set from `seed`."""
    seeded_estimator = clone(estimator)
    unset: Mapping[str, Any] = {
        name: seed
        for name, value in seeded_estimator.get_params(deep=True).items()
        if (name == "random_state" or name.endswith("__random_state")) and value is None
    }
    return seeded_estimator.set_params(**unset)
