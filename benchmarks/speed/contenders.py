"""Contenders: what is timed on rows in memory, each in a fresh process.

Takes  the name of a contender, the file of a problem, and options, as JSON on the command line.
Gives  one line of JSON: its Cost, and how good its labels and its model are.

A contender is a function that prepares everything and gives the call that is timed; what is asked of its answer
afterwards costs nothing. The call is made once before on a few hundred rows, so that nobody's imports are timed. All
get the same rows in one array, unlabeled ones marked with -1.

Before this: problem.py, cost.py. After this: pairs.py.
"""

import hashlib
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cost import cost_of
from problem import UNLABELED, Problem, load_problem

BLOCK = 65_536
"""Rows that are scored at a time."""

MOST_TAUGHT = 50_000
"""Pseudo-labeled rows in the refit of the lower bound, as in ours."""

SURE = 0.9
"""Confidence above which a label counts as given, by the peer's rule and in our answers."""


N_WARM = 300
"""Rows of each kind in the call before the one that is timed."""


@dataclass(frozen=True)
class Answer:
    """What a contender came to.

    Attributes
    ----------
    labels : ndarray of shape (n_unlabeled,) or None
        -1 where it gives none.
    model : object with `predict`, or None
    bins : int or None
        The histogram bins of the booster it fitted; None for the library's own number.
    """

    labels: NDArray[Any] | None = None
    model: Any = None
    bins: int | None = None


Call = Callable[[], Answer]


def new_estimator(options: dict[str, Any]) -> Any:
    """Give the estimator everyone starts from: XGBoost or logistic regression, one thread.

    `--estimator logistic` of the command line fills gaps and scales columns first: what it costs is held against that.
    """
    if options["base"] == "--estimator logistic":
        from pseudolabel.learning.committee.linear import logistic

        return logistic(sparse=False)
    if options["base"] == "logistic":
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(max_iter=200)
    from xgboost import XGBClassifier

    bins = {} if options.get("bins") is None else {"max_bin": options["bins"]}
    return XGBClassifier(n_estimators=options["trees"], n_jobs=1, random_state=0, **bins)


def scikit_learn(problem: Problem, options: dict[str, Any]) -> Call:
    """Let scikit-learn's `SelfTrainingClassifier` learn."""
    from sklearn.semi_supervised import SelfTrainingClassifier

    model = SelfTrainingClassifier(new_estimator(options), threshold=SURE, max_iter=options["max_iter"])

    def call() -> Answer:
        model.fit(problem.X, problem.y)
        return Answer(model.transduction_[problem.n_labeled :], model)

    return call


def ours(problem: Problem, options: dict[str, Any]) -> Call:
    """Let `PseudoLabelClassifier` learn, the estimator being its own teacher."""
    from pseudolabel import PseudoLabelClassifier

    model = PseudoLabelClassifier(new_estimator(options), teacher="own", random_state=0)

    def call() -> Answer:
        model.fit(problem.X, problem.y)
        found = model.pseudo_labels_
        labels = np.where(found["confidence"].to_numpy() > SURE, found["pseudo_label"].to_numpy(), UNLABELED)
        return Answer(labels[problem.n_labeled :].astype(np.int64), model, _bins_of(model.estimator_))

    return call


def our_self_training(problem: Problem, options: dict[str, Any]) -> Call:
    """Let `PseudoLabelClassifier` learn by scikit-learn's rule."""
    from pseudolabel import PseudoLabelClassifier

    model = PseudoLabelClassifier(
        new_estimator(options),
        method="self-training",
        threshold=SURE,
        max_iter=options["max_iter"],
        random_state=0,
    )

    def call() -> Answer:
        model.fit(problem.X, problem.y)
        return Answer(np.asarray(model.transduction_)[problem.n_labeled :], model)

    return call


def lower_bound(problem: Problem, options: dict[str, Any]) -> Call:
    """Do the least there is: fit the labeled rows, score the others once, fit again with at most 50 000 of these."""
    first, second = new_estimator(options), new_estimator(options)

    def call() -> Answer:
        X, y = problem.labeled
        first.fit(X, y)
        codes, sure = np.empty(len(problem.truth), np.int64), np.empty(len(problem.truth), bool)
        for rows, probabilities in _scored(first, problem.unlabeled):
            codes[rows], sure[rows] = probabilities.argmax(axis=1), probabilities.max(axis=1) > SURE
        n_taught = min(MOST_TAUGHT, len(codes))
        second.fit(np.concatenate([X, problem.unlabeled[:n_taught]]), np.concatenate([y, codes[:n_taught]]))
        return Answer(np.where(sure, codes, UNLABELED), second)

    return call


def raw_scores(problem: Problem, options: dict[str, Any]) -> Call:
    """Ask the model of the labeled rows for the probabilities of the others, from row `skip` on; nothing more."""
    model = new_estimator(options).fit(*problem.labeled)
    rows = problem.unlabeled[options.get("skip", 0) :]

    def call() -> Answer:
        for _ in _scored(model, rows):
            pass
        return Answer()

    return call


CONTENDERS: dict[str, Callable[[Problem, dict[str, Any]], Call]] = {
    contender.__name__: contender for contender in (scikit_learn, ours, our_self_training, lower_bound, raw_scores)
}


def _scored(model: Any, X: NDArray[np.float32]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    for start in range(0, len(X), BLOCK):
        rows = slice(start, start + BLOCK)
        yield rows, model.predict_proba(X[rows])


def _bins_of(estimator: Any) -> int | None:
    """Read how many bins a fitted booster was given, also by a wrapper around it."""
    given = (value for name, value in estimator.get_params().items() if name.rpartition("__")[2] == "max_bin")
    return next((int(value) for value in given if value is not None), None)


def quality_of(answer: Answer, problem: Problem) -> dict[str, Any]:
    """Say how good an answer is: test accuracy, rows labeled, their precision, and a digest of all labels."""
    found: dict[str, Any] = {"bins": answer.bins}
    if answer.model is not None:
        found["accuracy"] = float(np.mean(answer.model.predict(problem.X_test) == problem.y_test))
    if answer.labels is not None:
        labeled = answer.labels != UNLABELED
        found["n_labeled"] = int(labeled.sum())
        found["precision"] = float(np.mean(answer.labels[labeled] == problem.truth[labeled])) if labeled.any() else None
        found["digest"] = hashlib.sha256(answer.labels.astype(np.int64).tobytes()).hexdigest()
    return found


def main(words: list[str]) -> None:
    warnings.simplefilter("ignore")
    asked = json.loads(words[0])
    problem = load_problem(Path(asked["problem"]), asked["n_unlabeled"])
    contender, options = CONTENDERS[asked["contender"]], asked["options"]
    contender(problem.head(N_WARM), options | {"skip": 0})()
    answer, cost = cost_of(contender(problem, options))
    print(json.dumps(asdict(cost) | quality_of(answer, problem)))


if __name__ == "__main__":
    main(sys.argv[1:])
