"""Comparison: a model, made again and again without some of its labels, and asked about the rows that had them.

Takes  an estimator of ours, and the rows and labels it learns from.
Gives  Evidence: what it said, with pseudo-labels, without unlabeled rows, and on the labels alone.

Columns, committee, pseudo-labels, student and class shares are learnt anew in every split, from its training rows.
Unlabeled rows always are among them, up to a number at which nothing is gained any more; held-out rows never are.

Before this: judgement/, face.py. After this: classifier.py, regressor.py, run.py.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone, is_regressor
from sklearn.utils import check_random_state
from sklearn.utils.validation import _num_samples, check_consistent_length

from pseudolabel.data.block import Block, take_rows
from pseudolabel.data.inputs import check_labels
from pseudolabel.data.labels import Labels, read_labels
from pseudolabel.data.sample import draw_sample
from pseudolabel.data.targets import Targets, read_targets
from pseudolabel.engine.local import map_where_it_pays
from pseudolabel.errors import InputError, ParameterError, PseudolabelWarning
from pseudolabel.face import read_given
from pseudolabel.judgement.evidence import Answer, Evidence, gather
from pseudolabel.judgement.splits import (
    EFFORTS,
    FEWEST_SCORED_ROWS,
    INDEPENDENT,
    Dependence,
    Design,
    Effort,
    Split,
    choose_design,
    count_groups,
    count_scored_rows,
    deal_splits,
)
from pseudolabel.judgement.target_evidence import TargetAnswer, TargetEvidence, gather_targets
from pseudolabel.judgement.unseen import count_unseen, require_shared_class, written
from pseudolabel.learning.model import aligned
from pseudolabel.validation import listed

MOST_UNLABELED_ROWS = 5_000
"""Unlabeled rows that take part while models are compared: enough to be taught by, few enough to learn from often."""

SEED_OF_REPEAT, SEEDS = 31, 2**31 - 1

TEST = Design("test", n_folds=1, n_repeats=1)

AnyEvidence = Evidence | TargetEvidence

AnyAnswer = Answer | TargetAnswer


class Kept(Protocol):
    """Where the answers of splits are kept, so that a comparison that was cut off can be gone on with."""

    def answer(self, number: int) -> AnyAnswer | None:
        """Give the answer of a split; None if there is none."""
        ...

    def keep(self, number: int, answer: AnyAnswer) -> None:
        """Keep the answer of a split."""
        ...


class _NotKept:
    def answer(self, number: int) -> None:
        return None

    def keep(self, number: int, answer: AnyAnswer) -> None:
        return None


NOT_KEPT: Kept = _NotKept()


@dataclass(frozen=True)
class Comparable:
    """A model and all it learns from.

    Attributes
    ----------
    model : estimator of ours
        Not yet fitted; it is cloned for every split.
    block : Block of n_rows rows
        All rows, the unlabeled table last.
    y : ndarray of shape (n_rows,)
        Labels; None or NaN where there is none.
    codes : ndarray of shape (n_rows,)
        Classes, or 0 for every number; -1 where there is none.
    classes : ndarray of shape (n_classes,) or None
        None where numbers are predicted.
    rows : Dependence
    answered : ndarray of shape (n_rows,), bool, or None
        Labels that people gave to rows a machine chose: always learnt from, never held out.
    ruled_out : ndarray of shape (n_rows,), object, or None
        The classes rows do not have, as `fit` takes them.
    """

    model: Any
    block: Block
    y: NDArray[Any]
    codes: NDArray[np.int64]
    classes: NDArray[Any] | None
    rows: Dependence = INDEPENDENT
    answered: NDArray[np.bool_] | None = None
    ruled_out: NDArray[np.object_] | None = None

    @property
    def judged(self) -> NDArray[np.int64]:
        """The classes of the rows that can be held out, -1 for all others: ndarray of shape (n_rows,)."""
        if self.answered is None:
            return self.codes
        return np.where(self.answered, -1, self.codes).astype(np.int64)

    def rows_without(self, split: Split) -> NDArray[np.int64]:
        """Give the training rows of a split, without answers that are later than the rows held out."""
        if self.answered is None or self.rows.time is None:
            return split.train
        later = self.rows.time[split.train] >= self.rows.time[split.held_out].min()
        return np.asarray(split.train[~(self.answered[split.train] & later)])

    def design(self, effort: Effort) -> Design | None:
        """Give folds and repeats; None with too few labels for anything honest to be said."""
        n_scored, labeled = count_scored_rows(self.judged), self.judged >= 0
        if self.rows.groups is not None and count_groups(self.rows.groups[labeled]) < FEWEST_SCORED_ROWS:
            return None  # what is independent counts: ten groups of ten rows are ten
        n_classes = int((np.bincount(self.judged[labeled]) > 1).sum())
        if n_scored < FEWEST_SCORED_ROWS or n_classes < (1 if self.classes is None else 2):
            return None
        return choose_design(n_scored, effort, self.rows)


def compare(
    model: Any,
    X: Any,
    y: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    X_unlabeled: Any = None,
    groups: ArrayLike | None = None,
    time: ArrayLike | None = None,
    X_test: Any = None,
    y_test: ArrayLike | None = None,
    evidence: Effort = "standard",
    n_jobs: int | None = None,
    **fit_params: Any,
) -> AnyEvidence | None:
    """Compare a model with and without pseudo-labels, and with and without unlabeled rows, on rows it did not see.

    Parameters
    ----------
    model : PseudoLabelClassifier or PseudoLabelRegressor
        Cloned for every split, never changed.
    X, y, sample_weight, X_unlabeled, **fit_params
        As its `fit` takes them.
    groups : array-like of shape (n_samples,) or None, default=None
        Rows with the same value belong together (a patient, a camera) and are held out together.
    time : array-like of shape (n_samples,) or None, default=None
        When rows came about: numbers or dates. Rows are then scored by models of earlier labels.
    X_test, y_test : like X and y, or None, default=None
        Rows kept for this: the stronger evidence. Nothing else is held out then, and the model is made once.
    evidence : {"standard", "thorough"}, default="standard"
        Thorough repeats two or three times as often.
    n_jobs : int or None, default=None
        Splits at a time; None as the model has it.

    Returns
    -------
    evidence : Evidence, TargetEvidence or None
        None with fewer than 20 labeled rows that can be held out.

    Raises
    ------
    ParameterError
        If the model is none of ours.
    InputError
        If rows, labels, groups or times do not fit together.

    Warns
    -----
    PseudolabelWarning
        If test rows are of classes that no training row has.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from pseudolabel import PseudoLabelClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> y[np.arange(150) % 5 > 0] = -1
    >>> evidence = compare(PseudoLabelClassifier("logistic", teacher="own", random_state=0), X, y)
    >>> evidence.n_rows, evidence.design.n_splits
    (30, 20)
    """
    if not hasattr(model, "predict_by_each"):
        raise ParameterError(
            f"compare: `model` must be a PseudoLabelClassifier or PseudoLabelRegressor, got {type(model).__name__}."
        )
    if evidence not in EFFORTS:
        raise ParameterError(f"compare: `evidence` must be one of {', '.join(map(repr, EFFORTS))}, got {evidence!r}.")
    case = read_case(
        model, X, y, sample_weight, X_unlabeled=X_unlabeled, groups=groups, time=time, fit_params=fit_params
    )
    if X_test is not None or y_test is not None:
        if X_test is None or y_test is None:
            raise ParameterError("compare: `X_test` and `y_test` belong together. Give both.")
        if case.classes is not None:
            read = read_labels(check_labels(y_test), unlabeled=model.unlabeled, unlabeled_elsewhere=True)
            require_shared_class(case.classes, read.values[read.given])
        fitted = _fitted(case, np.arange(len(case.y)), seed=_seed_of(model))
        found = compare_on_test(case, fitted, X_test, y_test)
        _warn_of_unseen(found)
        return found
    return compare_by_splits(case, evidence, n_jobs=model.n_jobs if n_jobs is None else n_jobs)


def read_case(
    model: Any,
    X: Any,
    y: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    X_unlabeled: Any = None,
    groups: ArrayLike | None = None,
    time: ArrayLike | None = None,
    fit_params: Any = None,
) -> Comparable:
    """Read what a model learns from, as `compare` takes it."""
    vector = check_labels(y)
    given = read_given(clone(model), X, vector, sample_weight, X_unlabeled, fit_params or {})
    block, n_more = given.block, given.n_more
    dependence = read_dependence(groups, time, n_given=len(vector), n_more=n_more)
    if is_regressor(model):
        targets = read_targets(vector, unlabeled=model.unlabeled).extended(n_more)
        return case_of_targets(model, block, targets, dependence)
    labels = read_labels(vector, unlabeled=model.unlabeled, unlabeled_elsewhere=X_unlabeled is not None)
    return case_of_labels(model, block, labels.extended(n_more), dependence)


def case_of_labels(
    model: Any,
    block: Block,
    labels: Labels,
    rows: Dependence = INDEPENDENT,
    *,
    answered: NDArray[np.bool_] | None = None,
    ruled_out: NDArray[np.object_] | None = None,
) -> Comparable:
    """Give the case of a classifier whose labels have been read."""
    y = labels.values.astype(object)
    y[~labels.given] = None
    case = Comparable(model, block, y, labels.codes, labels.classes, rows, answered, ruled_out)
    _require_times(case)
    return case


def case_of_targets(model: Any, block: Block, targets: Targets, rows: Dependence = INDEPENDENT) -> Comparable:
    """Give the case of a regressor whose targets have been read."""
    case = Comparable(model, block, targets.values, np.where(targets.given, 0, -1), None, rows)
    _require_times(case)
    return case


def compare_by_splits(
    case: Comparable,
    effort: Effort = "standard",
    *,
    n_jobs: int | None = None,
    on_split: Callable[[], None] = lambda: None,
    kept: Kept = NOT_KEPT,
) -> AnyEvidence | None:
    """Hold labeled rows out in turn, make the model of all others, and keep what it says of the rows held out.

    Parameters
    ----------
    case : Comparable
    effort : {"standard", "thorough"}, default="standard"
    n_jobs : int or None, default=None
        Splits at a time.
    on_split : function, optional
        Called whenever a split is done.
    kept : Kept, optional
        Answers of splits that were done before, and a place for those that are done now.
    """
    design, seed = case.design(effort), _seed_of(case.model)
    splits = None if design is None else deal_splits(case.judged, design, seed=seed % SEEDS, rows=case.rows)
    if design is None or splits is None:
        return None
    unlabeled = np.flatnonzero(case.codes < 0)
    beside = np.zeros(len(case.codes), dtype=bool)
    beside[unlabeled[draw_sample(len(unlabeled), MOST_UNLABELED_ROWS, seed % SEEDS)]] = True
    beside[case.codes >= 0] = True

    def ask(number: int) -> Any:
        split = splits[number]
        repeat, fold = divmod(number, design.n_folds)
        own_seed = (1000 * seed + SEED_OF_REPEAT * repeat + fold) % SEEDS
        train = case.rows_without(split)
        fitted = _fitted(case, train[beside[train]], seed=own_seed)
        return _answer(fitted, case.classes, take_rows(case.block.given, split.held_out))

    answers = {number: answer for number in range(len(splits)) if (answer := kept.answer(number)) is not None}
    for _ in answers:
        on_split()
    missing = [number for number in range(len(splits)) if number not in answers]
    for number, answer in zip(missing, map_where_it_pays(ask, [(at,) for at in missing], n_jobs=n_jobs), strict=True):
        answers[number] = answer
        kept.keep(number, answer)
        on_split()
    return _gathered(case, [answers[number] for number in range(len(splits))], splits, design)


def compare_on_test(case: Comparable, fitted: Any, X_test: Any, y_test: ArrayLike) -> AnyEvidence | None:
    """Ask a fitted model about rows that were kept for this.

    A row of a class that no training row has is a mistake of every model.

    Parameters
    ----------
    case : Comparable
        What the model learnt from.
    fitted : estimator of ours
    X_test, y_test : like the X and y of `fit`
        Rows without a label are passed over.

    Returns
    -------
    evidence : Evidence, TargetEvidence or None
        None with fewer than 20 labeled test rows.

    """
    vector = check_labels(y_test)
    check_consistent_length(X_test, vector)
    unseen = list[str]()
    if case.classes is None:
        targets = read_targets(vector, unlabeled=case.model.unlabeled)
        y, codes = targets.values, np.where(targets.given, 0, -1)
    else:
        y = vector
        codes, unseen = _test_codes(vector, case.classes, case.model.unlabeled)
    held_out = np.flatnonzero(codes >= 0)
    if len(held_out) < FEWEST_SCORED_ROWS:
        return None
    of_test = replace(case, block=Block(X_test), y=y, codes=codes, rows=INDEPENDENT)
    answer = _answer(fitted, case.classes, take_rows(X_test, held_out))
    answer = _widened(answer, len(unseen)) if unseen else answer
    evidence = _gathered(of_test, [answer], [Split(np.empty(0, dtype=np.int64), held_out)], TEST)
    return replace(evidence, unseen=np.array(unseen)) if isinstance(evidence, Evidence) and unseen else evidence


def _test_codes(y: NDArray[Any], classes: NDArray[Any], unlabeled: Any) -> tuple[NDArray[np.int64], list[str]]:
    """Give the place of every test label among the classes, those of training rows first, and the names of the others.

    The place is -1 where there is no label.
    """
    labels = read_labels(y, unlabeled=unlabeled, unlabeled_elsewhere=True)
    unseen = list(count_unseen(classes, labels.classes))
    places = {name: place for place, name in enumerate([*map(written, classes.tolist()), *unseen])}
    place_of = np.array([places[written(name)] for name in labels.classes.tolist()], dtype=np.int64)
    return np.where(labels.given, place_of[labels.codes], -1), unseen


def _widened(answer: Answer, n_more: int) -> Answer:
    """Give an answer with more classes, none of which has any probability."""
    none = [(0, 0), (0, n_more)]
    return Answer(np.pad(answer.probabilities, [(0, 0), *none]), np.pad(answer.suggested, none))


def _warn_of_unseen(evidence: AnyEvidence | None) -> None:
    if isinstance(evidence, Evidence) and len(evidence.unseen):
        warnings.warn(
            f"Test rows have labels of classes that no training row has: {listed(evidence.unseen.tolist())}. They "
            "count as mistakes of every model. Label training rows of these classes.",
            PseudolabelWarning,
            stacklevel=3,
        )


def _gathered(case: Comparable, answers: Sequence[Any], splits: Sequence[Split], design: Design) -> AnyEvidence:
    if case.classes is None:
        targets = np.asarray(case.y, dtype=np.float64)
        return gather_targets(answers, splits, targets, design, rows=case.rows, weight=case.block.weight)
    return gather(
        answers,
        splits,
        case.codes,
        design,
        rows=case.rows,
        weight=case.block.weight,
        has_probabilities=hasattr(case.model, "predict_proba"),
    )


def _fitted(case: Comparable, train: NDArray[np.int64], *, seed: int) -> Any:
    """Fit a clone of the model on these rows; the processors are for the splits."""
    block = case.block.take(train)
    model = clone(case.model).set_params(evidence=None, unlabeled=None, n_jobs=1)
    if case.model.random_state is not None:
        model.set_params(random_state=seed)
    options = dict(block.options) if case.ruled_out is None else {**block.options, "ruled_out": case.ruled_out[train]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PseudolabelWarning)  # of what the whole table has said already
        fitted = model.fit(block.given, case.y[train], sample_weight=block.weight, **block.metadata, **options)
    return fitted


def _answer(fitted: Any, classes: NDArray[Any] | None, X: Any) -> Any:
    """Ask a fitted model about held-out rows."""
    if classes is None:
        return TargetAnswer(fitted.predict_by_each(X), fitted.predict_interval(X))
    # A column for every class, also where no row of it was left to learn from.
    seen = fitted.classes_.astype(classes.dtype)
    by_each = np.stack([aligned(said, seen, classes) for said in fitted.predict_by_each(X)])
    return Answer(by_each, aligned(fitted.suggest_proba(X), seen, classes))


def _seed_of(model: Any) -> int:
    """Give the seed of the splits; the model's own, where it is a number."""
    state = model.random_state
    return int(state) if isinstance(state, int | np.integer) else int(check_random_state(state).randint(SEEDS))


def read_dependence(groups: ArrayLike | None, time: ArrayLike | None, *, n_given: int, n_more: int = 0) -> Dependence:
    """Read what makes rows depend on each other.

    Parameters
    ----------
    groups, time : array-like of shape (n_given,), or None
        As `compare` takes them.
    n_given : int
    n_more : int, default=0
        Rows of an unlabeled table, which come last, and have neither.

    Raises
    ------
    InputError
        If there is not one for every row, or times are neither numbers nor dates.
    """
    for name, values in (("groups", groups), ("time", time)):
        if values is not None and _num_samples(values) != n_given:
            raise InputError(f"`{name}` has {_num_samples(values)} entries for {n_given} rows. Give one for each row.")
    numbers = None if groups is None else np.concatenate([_group_numbers(groups), np.full(n_more, -1)])
    return Dependence(numbers, None if time is None else np.concatenate([_times(time), np.full(n_more, np.nan)]))


def _group_numbers(groups: ArrayLike) -> NDArray[np.int64]:
    """Give every group a number; rows without one get -1."""
    names = np.asarray(groups, dtype=object)
    missing = np.array([name is None or name != name for name in names], dtype=bool)
    numbers = np.full(len(names), -1, dtype=np.int64)
    numbers[~missing] = np.unique(names[~missing].astype(str), return_inverse=True)[1]
    return numbers


def _times(time: ArrayLike) -> NDArray[np.float64]:
    """Give times as numbers that keep their order; NaN where there is none."""
    given = np.asarray(time)
    try:
        if given.dtype.kind not in "MOSU":
            return given.astype(np.float64)
        stamps = given.astype("datetime64[us]")
    except (TypeError, ValueError) as error:
        raise InputError(f"Times must be numbers or dates, and these are not: {error}.") from error
    return np.where(np.isnat(stamps), np.nan, stamps.astype(np.int64).astype(np.float64))


def _require_times(case: Comparable) -> None:
    if case.rows.time is None:
        return
    without = np.flatnonzero((case.codes >= 0) & np.isnan(case.rows.time))
    if len(without):
        raise InputError(
            f"{len(without)} labeled rows have no time, the first at position {without[0]}. Every labeled row needs "
            "one to be held out in order; fill them in, or leave the time out."
        )
