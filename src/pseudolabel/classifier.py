"""Classifier: the scikit-learn face of it all.

Takes  rows and labels as people have them.
Gives  a fitted classifier that knows which rows it labeled itself, and how sure it was.

Before this: learning/. After this: run.py.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import Tags, check_random_state
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _num_samples, check_is_fitted

from pseudolabel.comparison import case_of_labels, compare_by_splits, read_dependence
from pseudolabel.data.block import Block
from pseudolabel.data.confidence import confidence_of
from pseudolabel.data.features import Features, learn_features
from pseudolabel.data.inputs import check_labels, check_rows
from pseudolabel.data.labels import Labels, as_ruled_out, labeled_rows, read_labels, read_ruled_out
from pseudolabel.data.likeness import Chosen
from pseudolabel.data.sample import SAMPLE_ROWS
from pseudolabel.data.scaling import learn_scaling
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
    shift_between,
    take_to_heart,
    with_input_tags,
)
from pseudolabel.judgement.acceptance import Acceptance, accept_nothing
from pseudolabel.judgement.evidence import Evidence
from pseudolabel.judgement.levels import CONFIDENCE, PRECISION
from pseudolabel.judgement.publication import publish
from pseudolabel.judgement.splits import EFFORTS, Effort
from pseudolabel.judgement.summary import Summary
from pseudolabel.judgement.verdict import Verdict, judge, without_evidence
from pseudolabel.learning.explanation import Explanation, explain_rows
from pseudolabel.learning.mixture import KINDS as MIXTURES
from pseudolabel.learning.mixture import Mixture, Part
from pseudolabel.learning.model import Voter
from pseudolabel.learning.neighbors import keep_labeled_rows
from pseudolabel.learning.prior import prior_factors, wants_estimate, with_prior
from pseudolabel.learning.pseudolabels import NEVER, label_all, obeying
from pseudolabel.learning.roster import COMMITTEES, Circumstances, call_roster
from pseudolabel.learning.roster import NAMES as ESTIMATORS
from pseudolabel.learning.rounds import (
    Learned,
    Task,
    learn_by_curriculum,
    learn_by_self_training,
    learn_from_teacher,
    learn_in_one_shot,
)
from pseudolabel.learning.selection.policy import Policy
from pseudolabel.learning.selection.soft import Soft
from pseudolabel.learning.selection.threshold import Threshold
from pseudolabel.learning.selection.top import Top
from pseudolabel.learning.shares import estimate_shares
from pseudolabel.model_file import load_model
from pseudolabel.validation import check_choice, check_count, check_fraction

METHODS = ("auto", "one-shot", "self-training", "curriculum")
CRITERIA = ("threshold", "k_best")

_OF_TRAINING_ROWS = (
    "transduction_",
    "labeled_iter_",
    "label_distributions_",
    "_likeness",
    "_labeled",
    "_ruled_out",
    "_accepted",
    "evidence_",
    "shift_",
    "acceptance_",
)
"""Fitted attributes with an entry for each training row: they stay out of a saved model."""


def _base_has(method: str) -> Any:
    """Tell, for `available_if`, whether the estimator offers a method; our own all give probabilities."""

    def check(self: "PseudoLabelClassifier") -> bool:
        if self.estimator is None or isinstance(self.estimator, str):
            return method == "predict_proba"
        return hasattr(getattr(self, "estimator_", self.estimator), method)

    return check


class PseudoLabelClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Learn from labeled rows, label the rest, and learn from both.

    With `method="auto"` a calibrated committee gives every unlabeled row a soft label, the estimator is refitted on
    given and soft labels, and the model fitted on the labels alone keeps a fixed share of the vote.

    Parameters
    ----------
    estimator : classifier, {"forest", "boosting", "logistic", "lightgbm", "xgboost"} or None, default=None
        A classifier is cloned, never changed, and sees the rows as they come: frames stay frames. The names stand
        for learners of ours that take tables of any kind; the last two need `pip install "pseudolabel[boosting]"`.
        None is the forest, with the committee sharing the vote. A classifier of XGBoost's is fitted on codes, so that
        labels may be anything. Where a booster leaves `max_bin` open, the fits on 1 000 rows or more that only judge
        it, and are thrown away, use 64 bins (LightGBM: 63); whatever a user set is left alone.
    method : {"auto", "one-shot", "self-training", "curriculum"}, default="auto"
        "one-shot" is the tutorial's recipe, "self-training" scikit-learn's rule, label for label the same as its
        `SelfTrainingClassifier`, "curriculum" takes a growing share of every class. These three let the estimator
        teach itself; see the documentation for when that hurts.
    teacher : {"committee", "own"} or classifier, default="committee"
        Who labels the unlabeled rows under "auto": a committee of the estimator and learners of ours; the estimator
        alone; or a classifier of yours, which is "own" if its type and settings are those of the estimator.
    unlabeled : "auto", None, or a value or list of values, default="auto"
        What marks an unlabeled row in `y`, besides null, NaN and empty text, which always do. "auto" adds -1 where
        it cannot be a class, and asks where it could; None adds nothing.
    committee : {"full", "lean"}, default="full"
        "lean" takes about three fifths of the time, and gains nearly as much.
    selection : policy or None, default=None
        How far to trust each pseudo-label under "auto": `Threshold`, `Top`, `Curriculum` or a policy of yours. None
        is `Soft`: all of them, each with its soft label.
    mixture : {"safe", "balanced", "bold"} or None, default=None
        Who shares the vote under "auto". "safe" is half the estimator fitted on the labels alone, half the estimator
        fitted on everything. "balanced" adds the committee, and leaves the labels-only model the less the more labels
        there are. "bold" is committee and refitted estimator. None is "safe" for an estimator of yours, "balanced"
        without one.
    class_prior : mapping of class to share, array of shape (n_classes,), "estimate" or None, default=None
        Class shares among the unlabeled rows, when known, or "estimate" to find them out; the vote is moved half the
        way towards them. For "auto" only.
    threshold : float, default=0.75
        For "self-training" by threshold: a pseudo-label is taken when its confidence, 0 to 1, is higher.
    criterion : {"threshold", "k_best"}, default="threshold"
        For "self-training": take all above the threshold, or the surest few.
    k_best : int, default=10
        For "self-training" by k_best: how many rows a round takes, 1 or more.
    max_iter : int or None, default=10
        For "self-training": most rounds; None goes on until nothing changes.
    sample_rows : int, default=50_000
        For "auto": how many unlabeled rows take part in training, chosen by position and seed; all others are scored
        once, at the end. Above some 20 000 to 50 000 accuracy was measured to be flat.
    evidence : {"standard", "thorough"} or None, default=None
        Whether `fit` compares the model with and without pseudo-labels on labeled rows held out in turn, which takes
        20 to 40 times as long. After the verdict `harms` the model fitted on the labels alone predicts.
    random_state : int, RandomState or None, default=None
        Seed of every source of chance, also of an estimator that sets none itself.
    n_jobs : int or None, default=None
        Processors for our forests and named boosters, as in scikit-learn.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        In the dtype the labels came in.
    estimator_ : classifier
        The estimator as fitted last, on given labels and pseudo-labels; one of XGBoost's on their codes.
    transduction_ : ndarray of shape (n_rows,)
        The labels, gaps filled with pseudo-labels; rows of `X_unlabeled` come after those of `X`.
    labeled_iter_ : ndarray of shape (n_rows,), int
        The round each row was labeled in: 0 given, -1 never.
    label_distributions_ : ndarray of shape (n_rows, n_classes)
        The probabilities behind the pseudo-labels; 1 for a given label.
    pseudo_labels_ : frame with columns pseudo_label, confidence and source
        Of the kind `X` is; pandas for arrays. `source` is "given", "accepted", "suggested" or "none".
    n_iter_ : int
        Rounds of pseudo-labeling.
    termination_condition_ : {"max_iter", "no_change", "all_labeled"}
    labels_only_ : Model
        The estimator fitted on the labeled rows alone.
    mixture_ : Mixture
        Who shares the vote in `predict`.
    teacher_ : Teacher or None
        The committee; None for methods that have none, and in a loaded model if it has no vote.
    evidence_ : Evidence or None
        What the models said of held-out rows; None with too few labels. Only with `evidence`, as what follows.
    verdict_ : Verdict
        Whether pseudo-labels help here, and whether the unlabeled rows do.
    shift_ : Shift
        Whether labeled and unlabeled rows are from one population; if not, nothing is promised.
    acceptance_ : Acceptance
        Which pseudo-labels can be published, and what is promised of them.
    features_ : Features
        How columns became numbers for our own learners, and which were left out.
    scaling_ : Scaling or None
        How these came to one scale, for the committee; None without one.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        When `X` is a frame whose column names are all texts.

    See Also
    --------
    sklearn.semi_supervised.SelfTrainingClassifier : One estimator, taught by itself.

    References
    ----------
    Lee (2013), "Pseudo-Label"; Yarowsky (1995); Cascante-Bonilla et al. (2021), "Curriculum Labeling".

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> y = y.astype(object).where(np.arange(150) % 5 == 0, None)
    >>> model = PseudoLabelClassifier(random_state=0).fit(X, y)
    >>> model.pseudo_labels_["source"].value_counts().to_dict()
    {'suggested': 120, 'given': 30}
    >>> model.predict(X.head(2))
    array([0, 0])
    """

    def __init__(
        self,
        estimator: Any = None,
        *,
        method: str = "auto",
        teacher: Any = "committee",
        unlabeled: Any = "auto",
        committee: str = "full",
        selection: Any = None,
        mixture: str | None = None,
        class_prior: Any = None,
        threshold: float = 0.75,
        criterion: str = "threshold",
        k_best: int = 10,
        max_iter: int | None = 10,
        sample_rows: int = SAMPLE_ROWS,
        evidence: Effort | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.method = method
        self.teacher = teacher
        self.unlabeled = unlabeled
        self.committee = committee
        self.selection = selection
        self.mixture = mixture
        self.class_prior = class_prior
        self.threshold = threshold
        self.criterion = criterion
        self.k_best = k_best
        self.max_iter = max_iter
        self.sample_rows = sample_rows
        self.evidence = evidence
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
        ruled_out: Any = None,
        **fit_params: Any,
    ) -> Self:
        """Learn from labeled and unlabeled rows.

        Parameters
        ----------
        X : array-like, sparse matrix or frame of shape (n_samples, n_features)
            pandas, polars and Arrow frames keep their kind, column names and dtypes on the way to the estimator.
        y : array-like of shape (n_samples,)
            Labels, with gaps where there is none; see `unlabeled`.
        sample_weight : array-like of shape (n_samples,) or None, default=None
        X_unlabeled : like X, or None, default=None
            More rows, all unlabeled.
        groups : array-like of shape (n_samples,) or None, default=None
            For the evidence: rows with the same value belong together, and are held out together.
        time : array-like of shape (n_samples,) or None, default=None
            For the evidence: when rows came about, as numbers or dates. Later rows are then held out, never earlier.
        ruled_out : array-like of shape (n_samples,) or None, default=None
            For each row None, or the classes it is known not to be of: no pseudo-label is one of them. Rows of
            `X_unlabeled` have none.
        **fit_params
            For the `fit` of the estimator; those with an entry a row are sliced along with the rows.

        Returns
        -------
        self : PseudoLabelClassifier

        Raises
        ------
        ParameterError
            If a parameter is out of range, or -1 could be a class.
        InputError
            If there are fewer than two classes, or tables do not fit together.
        """
        self._check_parameters()
        labels, everything = self._read(X, y, sample_weight, X_unlabeled, fit_params)
        remarks = None if ruled_out is None else as_ruled_out(ruled_out, len(labels.codes))
        self._ruled_out = None if remarks is None else read_ruled_out(remarks, labels.classes)
        if labels.given.all():
            warnings.warn(
                "All rows are labeled: there is nothing to pseudo-label. If a value of y marks unlabeled rows, "
                "name it with `unlabeled=`.",
                PseudolabelWarning,
                stacklevel=2,
            )
        forget_verdict(self)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        taken = rows_taking_part(labels.given, self.sample_rows if self.method == "auto" else None, seed)
        block = self._learn_forms(everything if len(taken) == len(labels.codes) else everything.take(taken))
        learned = self._learn(labels.take(taken), block, seed, self._ruled_out_of(taken))
        self._keep(learned, labels, taken, block)
        self._label_others(everything.given, taken)
        if self.evidence is not None:
            n_more = 0 if X_unlabeled is None else _num_samples(X_unlabeled)
            rows = read_dependence(groups, time, n_given=len(labels.codes) - n_more, n_more=n_more)
            case = case_of_labels(self, everything, labels, rows, ruled_out=remarks)
            if labels.given.all():
                self.heed(None, without_evidence("nothing_unlabeled", look=1), everything.given)
            else:
                evidence = cast(Evidence | None, compare_by_splits(case, self.evidence, n_jobs=self.n_jobs))
                self.heed(evidence, judge(evidence), everything.given)
            self.shift_ = shift_between(self.features_, block, labels.given[taken], design=rows.kind)
            self.accept(shifted=self.shift_.voids_promise)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Give the class of every row: ndarray of shape (n_samples,), in the dtype of the labels."""
        check_is_fitted(self)
        return self.mixture_.predict(self._block(X))

    @available_if(_base_has("predict_proba"))
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Give the probability of every class for every row: ndarray of shape (n_samples, n_classes)."""
        check_is_fitted(self)
        return self.mixture_.probabilities(self._block(X))

    def predict_proba_labels_only(self, X: Any) -> NDArray[np.float64]:
        """Give the probabilities of the estimator fitted on the labels alone: shape (n_samples, n_classes).

        What there would be without pseudo-labels, to compare `predict_proba` with.
        """
        check_is_fitted(self)
        return self.labels_only_.probabilities(self._block(X))

    def predict_by_each(self, X: Any) -> NDArray[np.float64]:
        """Give what each of the compared models says: probabilities of shape (3, n_samples, n_classes).

        In this order: the estimator on the labels alone; the same procedure without the unlabeled rows; this model.
        """
        check_is_fitted(self)
        block = self._block(X)
        without = self.mixture_.without_unlabeled(self.labels_only_)
        if wants_estimate(self.class_prior):
            without = replace(without, factors=None)  # from labeled rows alone there is nothing to estimate
        voters: Sequence[Voter] = (self.labels_only_, without, self.mixture_)
        return np.stack([voter.probabilities(block) for voter in voters])

    def suggest_proba(self, X: Any) -> NDArray[np.float64]:
        """Give the probabilities that the pseudo-label of every row would have: shape (n_samples, n_classes).

        The teacher's, where there is one: it labels, and the mixture, in which it shares, predicts.
        """
        check_is_fitted(self)
        block = self._block(X, for_teacher=self.teacher_ is not None)
        if self.teacher_ is None or self._is_vetoed():
            return self.mixture_.probabilities(block)
        probabilities, factors = self.teacher_.probabilities(block), self.mixture_.factors
        return probabilities if factors is None else with_prior(probabilities, factors)

    def heed(self, evidence: Evidence | None, verdict: Verdict, X: Any) -> Self:
        """Take a verdict to heart: after `harms`, predict and label with the model fitted on the labels alone.

        `fit` does so itself where `evidence` is set.

        Parameters
        ----------
        evidence : Evidence or None
        verdict : Verdict
            What was judged by it.
        X : like the X of `fit`
            All rows of `fit`; those of an `X_unlabeled` last.

        Returns
        -------
        self : PseudoLabelClassifier
        """
        if take_to_heart(self, evidence, verdict):
            self._veto(X)
        return self

    def accept(
        self,
        *,
        precision: float = PRECISION,
        confidence: float = CONFIDENCE,
        per_class: bool = False,
        shifted: bool = False,
    ) -> Acceptance:
        """Accept the pseudo-labels that can be published with a promised precision.

        Needs evidence: labeled rows that were held out tell how often such labels are right. `fit` does so itself
        where `evidence` is set.

        Parameters
        ----------
        precision : float, default=0.95
            The share of the accepted labels that shall be right; above 0 and below 1.
        confidence : float, default=0.9
            How sure to be of that; above 0 and below 1.
        per_class : bool, default=False
            Promise it of every class by itself.
        shifted : bool, default=False
            The unlabeled rows differ from the labeled ones: then nothing can be promised.

        Returns
        -------
        acceptance : Acceptance
            Also kept as `acceptance_`; `source` in `pseudo_labels_` is "accepted" for the rows in it.
        """
        check_is_fitted(self, "verdict_")
        given, codes = self.labeled_iter_ == 0, self.label_distributions_.argmax(axis=1)
        sure, n_unlabeled = confidence_of(self.label_distributions_), int((~given).sum())
        # A few estimators predict another class than their likeliest: of such labels nothing is known.
        suggested = (self.labeled_iter_ > 0) & (self.classes_[codes] == self.transduction_)
        asked: dict[str, Any] = {"precision": precision, "confidence": confidence, "per_class": per_class}
        if self.verdict_.reason == "not_asked":
            self.acceptance_ = accept_nothing(n_unlabeled, n_classes=len(self.classes_), **asked)
        else:
            self.acceptance_ = publish(
                self.evidence_,
                Summary.of(codes[suggested], sure[suggested], len(self.classes_)),
                n_unlabeled=n_unlabeled,
                vetoed=self.verdict_.vetoed,
                n_labeled=int(given.sum()),
                shifted=shifted,
                **asked,
            )
        self._accepted = suggested & self.acceptance_.accepts(codes, sure)
        return self.acceptance_

    @available_if(_base_has("predict_proba"))
    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Give the logarithm of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))

    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Give the accuracy on the rows of `X` that have a label; the others have nothing to be right about.

        Raises
        ------
        InputError
            If no row has a label.
        """
        check_is_fitted(self)
        vector = check_labels(y)
        given = labeled_rows(vector, unlabeled=self.unlabeled, classes=self.classes_)
        if not given.any():
            raise InputError("score: no row of y has a label.")
        weight = None if sample_weight is None else np.asarray(sample_weight)[given]
        predicted = self.predict(X)[given]
        return float(accuracy_score(vector[given].astype(predicted.dtype), predicted, sample_weight=weight))

    def explain(self, X: Any, *, n_nearest: int = 3) -> list[Explanation]:
        """Say why each row gets its label: what every model says of it, and the labeled rows it is most like.

        Parameters
        ----------
        X : like the X of `fit`
            A few rows.
        n_nearest : int, default=3
            Labeled rows to name for each row. A loaded model names none: they are not in the file.

        Returns
        -------
        explanations : list of Explanation
            In the order of the rows; `print` shows one to a person.

        Raises
        ------
        InputError
            If there is no teacher: under other methods than "auto", and in a loaded model whose teacher has no vote.
        """
        check_is_fitted(self)
        check_count(self, "n_nearest", n_nearest, at_least=0)
        if self.teacher_ is None:
            raise InputError(
                "explain: a model file holds the teacher only if it has a vote, and in this one it has none. Explain "
                "rows before `save`, or fit with mixture='balanced'."
                if self.method == "auto"
                else f"explain: method={self.method!r} has no committee to ask. Fit with method='auto'."
            )
        block, labeled = self._block(X, for_teacher=True), getattr(self, "_labeled", None)
        return explain_rows(block, self.teacher_, self.labels_only_, self.mixture_, labeled, n_nearest=n_nearest)

    @property
    def pseudo_labels_(self) -> Any:
        """The label, confidence and source of every training row, as a frame of the kind `X` was."""
        check_is_fitted(self, "labeled_iter_")
        labeled = self.labeled_iter_ >= 0
        labels: Any = self.transduction_
        if not labeled.all():
            labels = [label if known else None for label, known in zip(labels.tolist(), labeled, strict=True)]
        kinds = [self.labeled_iter_ == 0, self._accepted, labeled]
        columns = {
            "pseudo_label": labels,
            "confidence": confidence_of(self.label_distributions_),
            "source": Chosen(("given", "accepted", "suggested", "none"), np.select(kinds, [0, 1, 2], 3)),
        }
        return self._likeness.frame(columns)

    def save(self, path: str | Path) -> None:
        """Write what predicts to a `.skops` file.

        Labels of training rows stay out of it. A teacher that has no vote stays out too; one that has keeps the
        places and scores of the rows its graphs are made of, as a nearest-neighbor model would.
        """
        check_is_fitted(self)
        unused: Mapping[str, Any] = {} if self._teacher_votes() else {"teacher_": None, "scaling_": None}
        save_without(self, path, {**dict.fromkeys(_OF_TRAINING_ROWS, ...), **unused})

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
            check_choice(self, "mixture", self.mixture, MIXTURES)
        if self.selection is not None and not hasattr(self.selection, "weigh"):
            raise ParameterError(
                "PseudoLabelClassifier: `selection` must be None or a policy: an object with `weigh(scores)`, such as "
                f"`pseudolabel.Threshold(0.9)`, got {self.selection!r}."
            )
        check_choice(self, "criterion", self.criterion, CRITERIA)
        check_fraction(self, "threshold", self.threshold)
        check_count(self, "k_best", self.k_best)
        if self.max_iter is not None:
            check_count(self, "max_iter", self.max_iter, at_least=0)
        check_count(self, "sample_rows", self.sample_rows)
        if self.evidence is not None:
            check_choice(self, "evidence", self.evidence, EFFORTS)
        check_estimator(self, "classifier", ESTIMATORS)
        if not hasattr(self.teacher, "fit"):
            check_choice(self, "teacher", self.teacher, ("committee", "own"))
        if self.method != "auto" and (hasattr(self.teacher, "fit") or self.class_prior is not None):
            raise ParameterError(
                f"PseudoLabelClassifier: `teacher` and `class_prior` belong to method='auto'; with "
                f"method={self.method!r} the estimator teaches itself. Leave them out."
            )

    def _read(
        self, X: Any, y: Any, sample_weight: Any, X_unlabeled: Any, fit_params: Mapping[str, Any]
    ) -> tuple[Labels, Block]:
        """Check what came in, and put all rows into one block, the unlabeled table last."""
        vector = check_labels(y)
        given = read_given(self, X, vector, sample_weight, X_unlabeled, fit_params)
        labels = self._read_labels(vector, X_unlabeled is not None)
        if X_unlabeled is not None:
            labels = labels.extended(given.n_more)
        self._likeness = given.likeness
        return labels, given.block

    def _learn_forms(self, block: Block) -> Block:
        """Learn how columns become numbers, and numbers on one scale; give the rows in the forms that are needed."""
        needs_matrix = self._needs_matrix()
        self.features_, matrix = learn_features(block.given) if needs_matrix else (Features(), None)
        self.scaling_ = learn_scaling(matrix) if self._calls_committee() else None
        return replace(block, matrix=matrix, scaled=None if self.scaling_ is None else self.scaling_.apply(matrix))

    def _read_labels(self, vector: NDArray[Any], unlabeled_elsewhere: bool) -> Labels:
        labels = read_labels(vector, unlabeled=self.unlabeled, unlabeled_elsewhere=unlabeled_elsewhere)
        check_classification_targets(labels.classes[labels.codes[labels.given]])
        if len(labels.classes) < 2:
            raise InputError(
                f"PseudoLabelClassifier: all {int(labels.given.sum())} labeled rows are of one class, "
                f"{labels.classes.tolist()[0]!r}. Label rows of at least one other class."
            )
        return labels

    def _needs_matrix(self) -> bool:
        return is_ours(self) or self._calls_committee() or wants_estimate(self.class_prior)

    def _calls_committee(self) -> bool:
        return self.method == "auto" and isinstance(self.teacher, str) and self.teacher == "committee"

    def _ruled_out_of(self, positions: NDArray[np.int64]) -> NDArray[np.bool_] | None:
        """Give which classes rows are known not to be of; None where nothing is known."""
        known = getattr(self, "_ruled_out", None)
        return None if known is None else np.asarray(known[positions], dtype=bool)

    def _learn(self, labels: Labels, block: Block, seed: int, ruled_out: NDArray[np.bool_] | None) -> Learned:
        counts = labels.counts()
        roster = call_roster(
            self.estimator,
            self.teacher,
            Circumstances(
                int(counts.sum()),
                len(counts),
                int(counts.min()),
                sparse=sp.issparse(block.matrix),
                n_unlabeled=len(labels.codes) - int(counts.sum()),
                n_columns=1 if block.matrix is None else block.matrix.shape[1],
            ),
            committee=self.committee,
            seed=seed,
            reseed=self.random_state is not None,
            n_jobs=self.n_jobs,
        )
        if is_ours(self) and isinstance(self.teacher, str):
            # None of ours looks at the rows as they came, and to cut a wide frame anew for each would take its time.
            block = replace(block, given=block.matrix)
        task = Task(roster.estimator, roster.form, block, labels.codes, labels.classes, seed, ruled_out)
        if self.method == "one-shot":
            return learn_in_one_shot(task)
        if self.method == "self-training":
            return learn_by_self_training(task, self._policy(), self.max_iter)
        if self.method == "curriculum":
            return learn_by_curriculum(task)
        return learn_from_teacher(
            task,
            roster,
            self._factors(labels, block),
            Soft() if self.selection is None else self.selection,
            mixture=self.mixture or ("balanced" if self.estimator is None else "safe"),
            n_jobs=self.n_jobs,
        )

    def _factors(self, labels: Labels, block: Block) -> NDArray[np.float64] | None:
        prior, given = self.class_prior, labels.given
        if prior is None:
            return None
        if wants_estimate(prior):
            n_classes = len(labels.classes)
            prior = estimate_shares(block.matrix[given], labels.codes[given], block.matrix[~given], n_classes)
        return prior_factors(prior, labels.classes, labels.counts())

    def _policy(self) -> Policy:
        return Threshold(self.threshold) if self.criterion == "threshold" else Top(self.k_best)

    def _keep(self, learned: Learned, labels: Labels, taken: NDArray[np.int64], block: Block) -> None:
        """Turn what was learnt from the rows that took part into fitted attributes."""
        unlabeled, labeled = taken[~labels.given[taken]], np.flatnonzero(labels.given)
        codes, rounds = labels.codes.copy(), np.where(labels.given, 0, NEVER)
        pseudo_labels = obeying(learned.pseudo_labels, self._ruled_out_of(unlabeled))
        codes[unlabeled], rounds[unlabeled] = pseudo_labels.codes, pseudo_labels.rounds
        distributions = np.zeros((len(codes), len(labels.classes)))
        distributions[labeled, codes[labeled]] = 1.0
        distributions[unlabeled] = pseudo_labels.probabilities
        self.classes_ = labels.classes
        self.estimator_ = learned.student.estimator
        self.transduction_ = labels.filled(codes)
        self.labeled_iter_ = rounds
        self._accepted = np.zeros(len(rounds), dtype=bool)
        self.label_distributions_: NDArray[np.float64] = distributions
        self.n_iter_ = learned.n_rounds
        self.termination_condition_ = learned.stop_reason
        self.labels_only_, self.mixture_, self.teacher_ = learned.labels_only, learned.mixture, learned.teacher
        self._labeled = keep_labeled_rows(block, labels.codes[taken], taken)

    def _label_others(self, X: Any, taken: NDArray[np.int64]) -> None:
        """Label the rows that took no part in training, in one pass."""
        others = np.delete(np.arange(len(self.labeled_iter_)), taken)
        self._relabel(X, others, self.suggest_proba)

    def _relabel(self, X: Any, positions: NDArray[np.int64], says: Callable[[Any], NDArray[np.float64]]) -> None:
        """Give rows the labels that follow from what a model says of them."""
        for block, rows in in_blocks(X, positions):
            found = obeying(label_all(says(rows)), self._ruled_out_of(block))
            self.label_distributions_[block] = found.probabilities
            self.labeled_iter_[block] = found.rounds
            labeled = found.codes >= 0
            there, codes = (block, found.codes) if labeled.all() else (block[labeled], found.codes[labeled])
            self.transduction_[there] = self.classes_[codes]

    def _veto(self, X: Any) -> None:
        """Go on with the model fitted on the labels alone, and with its labels."""
        self.mixture_ = Mixture((Part("labels only", 1.0, self.labels_only_),), self.classes_)
        self.estimator_ = self.labels_only_.estimator
        self._relabel(X, np.flatnonzero(self.labeled_iter_ != 0), self.predict_proba_labels_only)

    def _block(self, X: Any, *, for_teacher: bool = False) -> Block:
        rows = check_rows(self, X, numeric=is_ours(self), reset=False)
        matrix = self.features_.matrix(rows) if self._needs_matrix() else None
        scaling = self.scaling_ if for_teacher or self._teacher_votes() else None
        return Block(rows, matrix, None if scaling is None else scaling.apply(matrix))

    def _is_vetoed(self) -> bool:
        return hasattr(self, "verdict_") and self.verdict_.vetoed

    def _teacher_votes(self) -> bool:
        return any(part.name == "teacher" for part in self.mixture_.parts)


def load(path: str | Path, *, trusted: Sequence[str] = (), trust_pickle: bool = False) -> Any:
    """Read a model that `save` or a run wrote.

    Parameters
    ----------
    path : str or Path
    trusted : sequence of str, default=()
        Further types you trust, as `module.Class`: those of an estimator of your own.
    trust_pickle : bool, default=False
        Open a file whose name ends in .pkl, .pickle or .joblib. A pickle runs whatever its author wrote: only with
        files you made yourself.

    Returns
    -------
    model : PseudoLabelClassifier
        Ready to predict; without the labels of training rows.

    Raises
    ------
    InputError
        If there is no such file, it is no model file, it holds types that are not allowed, or it is a pickle that is
        not trusted.
    """
    return load_model(Path(path), trusted=trusted, trust_pickle=trust_pickle)
