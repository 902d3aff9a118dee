"""Regressor: the scikit-learn face for targets that are numbers.

Takes  rows and targets as people have them.
Gives  a fitted regressor that knows which rows it gave a target itself, and how far that may be off.

Before this: learning/. After this: run.py.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import Tags, check_random_state
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.validation import _num_samples, check_is_fitted

from pseudolabel.comparison import case_of_targets, compare_by_splits, read_dependence
from pseudolabel.data.block import Block
from pseudolabel.data.features import Features, learn_features
from pseudolabel.data.inputs import check_labels, check_rows
from pseudolabel.data.likeness import Chosen
from pseudolabel.data.sample import SAMPLE_ROWS
from pseudolabel.data.targets import Targets, known_targets, read_targets
from pseudolabel.errors import InputError, ParameterError, PseudolabelWarning
from pseudolabel.face import (
    check_estimator,
    copy_without,
    forget_verdict,
    html_of,
    in_blocks,
    is_ours,
    read_given,
    routing_of,
    rows_taking_part,
    save_without,
    take_to_heart,
    with_input_tags,
)
from pseudolabel.judgement.splits import EFFORTS, Effort
from pseudolabel.judgement.target_evidence import TargetEvidence
from pseudolabel.judgement.verdict import Verdict, judge, without_evidence
from pseudolabel.learning.regression.mixture import Mixture, Part, Predictor
from pseudolabel.learning.regression.roster import NAMES as ESTIMATORS
from pseudolabel.learning.regression.roster import call_roster
from pseudolabel.learning.regression.rounds import MIXTURES, Learned, Task, learn_from_committee, learn_in_one_shot
from pseudolabel.validation import check_choice, check_count

METHODS = ("auto", "one-shot")
COMMITTEES = ("lean", "full")

LEVEL = 0.9
"""How often the intervals of `pseudo_labels_` hold the target."""

_OF_TRAINING_ROWS = ("transduction_", "labeled_iter_", "_bounds", "_likeness", "evidence_")
"""Fitted attributes with an entry for each training row: they stay out of a saved model."""


class PseudoLabelRegressor(RegressorMixin, MetaEstimatorMixin, BaseEstimator):
    """Learn from rows with a target, give the rest one, and learn from both.

    With `method="auto"` a committee of different learners, weighed by their honest out-of-fold errors, gives every
    unlabeled row a target, and the estimator is refitted on given and pseudo-targets. Nearly all of the gain is the
    committee's doing; the student carries it into the estimator asked for.

    Parameters
    ----------
    estimator : regressor, {"forest", "boosting", "linear", "lightgbm", "xgboost"} or None, default=None
        A regressor is cloned, never changed, and sees the rows as they come: frames stay frames. The names stand for
        learners of ours that take tables of any kind; the last two need `pip install "pseudolabel[boosting]"`. None
        is the forest, with the committee sharing the prediction. Where a booster leaves `max_bin` open, the fits on
        1 000 rows or more that only judge it, and are thrown away, use 64 bins (LightGBM: 63).
    method : {"auto", "one-shot"}, default="auto"
        "one-shot" is the tutorial's recipe: the estimator teaches itself, which does not help.
    committee : {"lean", "full"}, default="lean"
        How many learners teach: "full" costs about twice as much.
    mixture : {"safe", "balanced", "bold"} or None, default=None
        Who shares in `predict`: "safe" is half the estimator fitted on the labels alone, half the student;
        "balanced" a third of each of these and of the committee; "bold" the committee alone. None is "safe" where
        an estimator is given, "balanced" where there is none.
    evidence : {"standard", "thorough"} or None, default=None
        Whether `fit` compares the model with and without pseudo-labels on labeled rows held out in turn, which takes
        20 to 40 times as long. After the verdict `harms` the model fitted on the labels alone predicts.
    unlabeled : value, list of values or None, default=None
        What marks an unlabeled row in `y`, besides null, NaN and empty text, which always do. -1 is an ordinary
        target unless it is named here.
    sample_rows : int, default=50_000
        For "auto": how many unlabeled rows take part in training, chosen by position and seed; all others are scored
        once, at the end.
    random_state : int, RandomState or None, default=None
        Seed of every source of chance, also of an estimator that sets none itself.
    n_jobs : int or None, default=None
        Members of the committee fitted at the same time, and processors for our forest as the student. The result
        is the same, byte for byte.

    Attributes
    ----------
    estimator_ : regressor
        The estimator as fitted last, on given targets and pseudo-targets.
    transduction_ : ndarray of shape (n_rows,), float64
        The targets, gaps filled with pseudo-targets; rows of `X_unlabeled` come after those of `X`.
    labeled_iter_ : ndarray of shape (n_rows,), int
        The round each row got its target in: 0 given, 1 by the teacher.
    pseudo_labels_ : frame with columns pseudo_label, lower, upper and source
        Of the kind `X` is; pandas for arrays. Nine of ten targets are expected from `lower` to `upper`, which are
        the target itself where it was given. `source` is "given" or "suggested".
    n_iter_ : int
        Rounds of pseudo-labeling: 1, or 0 when every row has a target.
    termination_condition_ : {"all_labeled"}
    labels_only_ : Model
        The estimator fitted on the labeled rows alone.
    mixture_ : Mixture
        Who shares in `predict`.
    teacher_ : Committee
        Who gave the pseudo-targets: each member with its error and weight, and those left out with the reason. For
        "one-shot" the estimator alone.
    intervals_ : Intervals
        How far honest predictions of the labeled rows were off.
    evidence_ : TargetEvidence or None
        What the models said of held-out rows; None with too few labels. Only with `evidence`, as what follows.
    verdict_ : Verdict
        Whether pseudo-labels help here, and whether the unlabeled rows do.
    features_ : Features
        How columns became numbers for our own learners, and which were left out.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        When `X` is a frame whose column names are all texts.

    See Also
    --------
    PseudoLabelClassifier : The same for classes.

    References
    ----------
    Breiman (1996), "Stacked Regressions"; Barber et al. (2021), "Predictive inference with the jackknife+".

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> y = y.where(np.arange(len(y)) % 5 == 0)
    >>> model = PseudoLabelRegressor(random_state=0).fit(X, y)
    >>> model.pseudo_labels_["source"].value_counts().to_dict()
    {'suggested': 353, 'given': 89}
    >>> model.predict_interval(X.head(2)).shape
    (2, 2)
    """

    def __init__(
        self,
        estimator: Any = None,
        *,
        method: str = "auto",
        committee: str = "lean",
        mixture: str | None = None,
        evidence: Effort | None = None,
        unlabeled: Any = None,
        sample_rows: int = SAMPLE_ROWS,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.method = method
        self.committee = committee
        self.mixture = mixture
        self.evidence = evidence
        self.unlabeled = unlabeled
        self.sample_rows = sample_rows
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_unlabeled: Any = None,
        groups: ArrayLike | None = None,
        time: ArrayLike | None = None,
        **fit_params: Any,
    ) -> Self:
        """Learn from labeled and unlabeled rows.

        Parameters
        ----------
        X : array-like, sparse matrix or frame of shape (n_samples, n_features)
            pandas, polars and Arrow frames keep their kind, column names and dtypes on the way to the estimator.
        y : array-like of shape (n_samples,)
            Targets, with gaps where there is none; see `unlabeled`.
        sample_weight : array-like of shape (n_samples,) or None, default=None
        X_unlabeled : like X, or None, default=None
            More rows, all unlabeled.
        groups : array-like of shape (n_samples,) or None, default=None
            For the evidence: rows with the same value belong together, and are held out together.
        time : array-like of shape (n_samples,) or None, default=None
            For the evidence: when rows came about, as numbers or dates. Later rows are then held out, never earlier.
        **fit_params
            For the `fit` of the estimator; those with an entry a row are sliced along with the rows.

        Returns
        -------
        self : PseudoLabelRegressor

        Raises
        ------
        ParameterError
            If a parameter is out of range.
        InputError
            If targets are no finite numbers, too few or all the same, or tables do not fit together.
        """
        self._check_parameters()
        targets, everything = self._read(X, y, sample_weight, X_unlabeled, fit_params)
        if targets.given.all():
            warnings.warn(
                "All rows are labeled: there is nothing to pseudo-label. If a value of y marks unlabeled rows, "
                "name it with `unlabeled=`.",
                PseudolabelWarning,
                stacklevel=2,
            )
        forget_verdict(self)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        taken = rows_taking_part(targets.given, self.sample_rows if self.method == "auto" else None, seed)
        block = everything if len(taken) == len(targets.values) else everything.take(taken)
        self.features_, matrix = learn_features(block.given) if self._needs_matrix() else (Features(), None)
        learned = self._learn(targets.take(taken), replace(block, matrix=matrix), seed)
        self._keep(learned, targets, taken)
        self._relabel(everything.given, np.delete(np.arange(len(targets.values)), taken))
        if self.evidence is not None:
            n_more = 0 if X_unlabeled is None else _num_samples(X_unlabeled)
            rows = read_dependence(groups, time, n_given=len(targets.values) - n_more, n_more=n_more)
            case = case_of_targets(self, everything, targets, rows)
            if targets.given.all():
                self.heed(None, without_evidence("nothing_unlabeled", look=1, numbers=True), everything.given)
            else:
                evidence = cast(TargetEvidence | None, compare_by_splits(case, self.evidence, n_jobs=self.n_jobs))
                self.heed(evidence, judge(evidence, numbers=True), everything.given)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Give the target of every row: ndarray of shape (n_samples,)."""
        check_is_fitted(self)
        return self.mixture_.predict(self._block(X))

    def predict_interval(self, X: Any, level: float = LEVEL) -> NDArray[np.float64]:
        """Give bounds between which the target of a row lies.

        Parameters
        ----------
        X : like the X of `fit`
        level : float, default=0.9
            How often the target shall be inside: above 0 and below 1.

        Returns
        -------
        bounds : ndarray of shape (n_samples, 2)
            Lower and upper, in units of the target; the prediction lies between them.
        """
        check_is_fitted(self)
        level = self._check_level(level)
        block = self._block(X)
        disagreement = self.teacher_.votes(block).disagreement()
        return self.intervals_.around(self.mixture_.predict(block), disagreement, level)

    def suggest(self, X: Any) -> NDArray[np.float64]:
        """Give the pseudo-target every row would get, and its bounds: shape (n_samples, 3), in units of the target.

        The teacher's under "auto": it labels, and the mixture, in which it may share, predicts.
        """
        check_is_fitted(self)
        if hasattr(self, "verdict_") and self.verdict_.vetoed:
            return np.column_stack([self.predict(X), self.predict_interval(X)])
        block = self._block(X)
        if self.method == "one-shot":
            targets = np.asarray(self.labels_only_.predict(block))
            disagreement = np.zeros(len(targets))
        else:
            votes = self.teacher_.votes(block)
            targets, disagreement = votes.predictions(), votes.disagreement()
        return np.column_stack([targets, self.intervals_.around(targets, disagreement, LEVEL)])

    def predict_labels_only(self, X: Any) -> NDArray[np.float64]:
        """Give the predictions of the estimator fitted on the labels alone: shape (n_samples,).

        What there would be without pseudo-targets, to compare `predict` with.
        """
        check_is_fitted(self)
        return np.asarray(self.labels_only_.predict(self._block(X)))

    def predict_by_each(self, X: Any) -> NDArray[np.float64]:
        """Give what each of the compared models predicts: shape (3, n_samples).

        In this order: the estimator on the labels alone; the same procedure without the unlabeled rows; this model.
        """
        check_is_fitted(self)
        block = self._block(X)
        without = self.mixture_.without_unlabeled(self.labels_only_)
        predictors: Sequence[Predictor] = (self.labels_only_, without, self.mixture_)
        return np.stack([predictor.predict(block) for predictor in predictors])

    def heed(self, evidence: TargetEvidence | None, verdict: Verdict, X: Any) -> Self:
        """Take a verdict to heart: after `harms`, predict and label with the model fitted on the labels alone.

        `fit` does so itself where `evidence` is set.

        Parameters
        ----------
        evidence : TargetEvidence or None
        verdict : Verdict
            What was judged by it.
        X : like the X of `fit`
            All rows of `fit`; those of an `X_unlabeled` last.

        Returns
        -------
        self : PseudoLabelRegressor
        """
        if take_to_heart(self, evidence, verdict):
            self._veto(X)
        return self

    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Give the coefficient of determination on the rows of `X` that have a target.

        Raises
        ------
        InputError
            If no row has a target.
        """
        check_is_fitted(self)
        vector = check_labels(y)
        given = known_targets(vector, unlabeled=self.unlabeled)
        if not given.any():
            raise InputError("score: no row of y has a target.")
        weight = None if sample_weight is None else np.asarray(sample_weight)[given]
        return float(r2_score(vector[given].astype(np.float64), self.predict(X)[given], sample_weight=weight))

    @property
    def pseudo_labels_(self) -> Any:
        """The target, its bounds and the source of every training row, as a frame of the kind `X` was."""
        check_is_fitted(self, "labeled_iter_")
        columns = {
            "pseudo_label": self.transduction_,
            "lower": self._bounds[:, 0],
            "upper": self._bounds[:, 1],
            "source": Chosen(("given", "suggested"), np.where(self.labeled_iter_ == 0, 0, 1)),
        }
        return self._likeness.frame(columns)

    def save(self, path: str | Path) -> None:
        """Write what predicts to a `.skops` file; targets of training rows stay out of it.

        The rows do not: a Gaussian process predicts by nearness to them, so the file holds the labeled rows, scaled.
        """
        save_without(self, path, dict.fromkeys(_OF_TRAINING_ROWS, ...))

    def without_training_rows(self) -> Self:
        """Give a copy that labels and predicts, and knows nothing of single training rows: small, to be sent about."""
        lean: Self = copy_without(self, dict.fromkeys(_OF_TRAINING_ROWS, ...))
        return lean

    def get_metadata_routing(self) -> MetadataRouter:
        """Say which metadata goes where, for scikit-learn's routing."""
        return routing_of(self)

    def _html_repr(self) -> str:
        return html_of(self, super()._html_repr())

    def __sklearn_tags__(self) -> Tags:
        return with_input_tags(self, super().__sklearn_tags__())

    def _check_parameters(self) -> None:
        check_choice(self, "method", self.method, METHODS)
        check_choice(self, "committee", self.committee, COMMITTEES)
        if self.mixture is not None:
            check_choice(self, "mixture", self.mixture, tuple(MIXTURES))
        check_count(self, "sample_rows", self.sample_rows)
        if self.evidence is not None:
            check_choice(self, "evidence", self.evidence, EFFORTS)
        check_estimator(self, "regressor", ESTIMATORS)
        if self.method != "auto" and self.mixture is not None:
            raise ParameterError(
                f"PseudoLabelRegressor: `mixture` belongs to method='auto'; with method={self.method!r} the student "
                "alone predicts. Leave it out."
            )

    def _check_level(self, level: Any) -> float:
        if isinstance(level, int | float | np.number) and 0 < level < 1:
            return float(level)
        raise ParameterError(f"PseudoLabelRegressor: `level` must be a number above 0 and below 1, got {level!r}.")

    def _read(
        self, X: Any, y: Any, sample_weight: Any, X_unlabeled: Any, fit_params: Mapping[str, Any]
    ) -> tuple[Targets, Block]:
        """Check what came in, and put all rows into one block, the unlabeled table last."""
        vector = check_labels(y)
        given = read_given(self, X, vector, sample_weight, X_unlabeled, fit_params)
        targets = read_targets(vector, unlabeled=self.unlabeled)
        if X_unlabeled is not None:
            targets = targets.extended(given.n_more)
        self._likeness = given.likeness
        return targets, given.block

    def _needs_matrix(self) -> bool:
        return is_ours(self) or self.method == "auto"

    def _learn(self, targets: Targets, block: Block, seed: int) -> Learned:
        roster = call_roster(
            self.estimator,
            block.matrix,
            full=self.committee == "full",
            seed=seed,
            reseed=self.random_state is not None,
            n_jobs=self.n_jobs,
        )
        task = Task(roster.estimator, roster.form, block, targets.values, seed, self.n_jobs)
        if self.method == "one-shot":
            return learn_in_one_shot(task, roster.members[0])
        given = "balanced" if self.estimator is None else "safe"
        return learn_from_committee(task, roster.members, self.mixture or given)

    def _keep(self, learned: Learned, targets: Targets, taken: NDArray[np.int64]) -> None:
        """Turn what was learnt from the rows that took part into fitted attributes."""
        unlabeled = taken[~targets.given[taken]]
        self.estimator_ = learned.student.estimator
        self.transduction_ = targets.values.copy()
        self.transduction_[unlabeled] = learned.pseudo_targets
        self.labeled_iter_ = (~targets.given).astype(np.int64)
        self._bounds = np.column_stack([self.transduction_, self.transduction_])
        self._bounds[unlabeled] = learned.intervals.around(learned.pseudo_targets, learned.disagreement, LEVEL)
        self.n_iter_ = int(len(unlabeled) > 0)
        self.termination_condition_ = "all_labeled"
        self.labels_only_, self.mixture_ = learned.labels_only, learned.mixture
        self.teacher_, self.intervals_ = learned.teacher, learned.intervals

    def _relabel(self, X: Any, positions: NDArray[np.int64]) -> None:
        """Give rows the pseudo-targets that the fitted model suggests."""
        for block, rows in in_blocks(X, positions):
            suggested = self.suggest(rows)
            self.transduction_[block], self._bounds[block] = suggested[:, 0], suggested[:, 1:]

    def _veto(self, X: Any) -> None:
        """Go on with the model fitted on the labels alone, and with its labels."""
        self.mixture_ = Mixture((Part("labels only", 1.0, self.labels_only_),))
        self.estimator_ = self.labels_only_.estimator
        self._relabel(X, np.flatnonzero(self.labeled_iter_ != 0))

    def _block(self, X: Any) -> Block:
        rows = check_rows(self, X, numeric=is_ours(self), reset=False)
        return Block(rows, self.features_.matrix(rows) if self._needs_matrix() else None)
