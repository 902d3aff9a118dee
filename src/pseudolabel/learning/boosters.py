"""Boosters: XGBoost and LightGBM, as learners of ours and as estimators of the user's.

Takes  a name, or an estimator somebody else made.
Gives  a booster for few labels; and the little that has to be known of either library to get on with its estimators.

Neither library is needed by anything else, so each is imported here alone, and only when asked for by name. What a
user's estimator is can be told without an import: by the class it comes from.

Before this: nothing. After this: model.py.
"""

from typing import Any, Literal

from joblib import effective_n_jobs
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.pipeline import Pipeline

from pseudolabel.errors import ParameterError

XGBOOST = "xgboost"
LIGHTGBM = "lightgbm"
NAMES = (LIGHTGBM, XGBOOST)
"""Boosters that can be asked for by name."""

N_TREES = 100
LEARNING_RATE = 0.1
FEWEST_ROWS_OF_A_LEAF = 5
"""Labels are few: LightGBM's usual 20 leaves a class of 30 labels without a single split."""

SHARE_OF_ROWS = 0.8
SHARE_OF_COLUMNS = 0.5
"""Of what a tree (in XGBoost: a split) may look at. Trees then differ more: on 9 tables with 40 to 600 labels that was
worth 1.2 points of accuracy."""

BINS = {XGBOOST: 64, LIGHTGBM: 63}
"""Into so many a column is cut, instead of 256 and 255: half the time of a large fit. LightGBM counts gaps on top."""

FEWEST_ROWS_FOR_FEWER_BINS = 1_000
"""From here on the accuracy was the same, within 0.1 points over 5 tables; below, a fit costs next to nothing."""


def booster(name: str, task: Literal["classes", "numbers"], *, seed: int, n_jobs: int | None) -> BaseEstimator:
    """Give a booster for few labels, not yet fitted: quiet, and the same for the same seed on any number of threads.

    Parameters
    ----------
    name : {"lightgbm", "xgboost"}
    task : {"classes", "numbers"}
    seed : int
    n_jobs : int or None
        Threads of a fit and of a prediction, as in scikit-learn: None is 1, -1 all processors.

    Raises
    ------
    ParameterError
        If the library is not installed.
    """
    try:
        return (_lightgbm if name == LIGHTGBM else _xgboost)(task, seed, effective_n_jobs(n_jobs))
    except ImportError as error:
        raise ParameterError(
            f"The estimator {name!r} needs a library that is not installed here ({error}). "
            'Install it with `pip install "pseudolabel[boosting]"`, or ask for "boosting", which needs none.'
        ) from error


def takes_codes(estimator: Any) -> bool:
    """Tell whether a classifier, or the last step of a pipeline, refuses labels other than 0 to k - 1.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> takes_codes(LogisticRegression())
    False
    """
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) and estimator.steps else estimator
    return _library(last) == XGBOOST and is_classifier(last)


def with_fewer_bins(estimator: BaseEstimator, n_rows: int) -> BaseEstimator:
    """Give a booster that cuts columns into fewer bins, for fits that are ours; any other estimator as it is.

    Nothing a user set is changed: only where the number of bins is left to the library, and many rows make it matter.

    Parameters
    ----------
    estimator : estimator
        Never changed itself.
    n_rows : int
        Of the fit to come.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> with_fewer_bins(LogisticRegression(), 5_000)
    LogisticRegression()
    """
    library = _library(estimator)
    if library is None or n_rows < FEWEST_ROWS_FOR_FEWER_BINS or not _leaves_bins_open(library, estimator.get_params()):
        return estimator
    return clone(estimator).set_params(max_bin=BINS[library])


def _leaves_bins_open(library: str, settings: dict[str, Any]) -> bool:
    if library == LIGHTGBM:
        return not {"max_bin", "max_bins", "max_bin_by_feature"} & set(settings)
    trees = settings.get("booster") in (None, "gbtree", "dart") and settings.get("tree_method") != "exact"
    return trees and settings.get("max_bin") is None


def _library(estimator: Any) -> str | None:
    """Say which library an estimator comes from, without importing it."""
    bases = {(base.__module__, base.__name__) for base in type(estimator).__mro__}
    if ("xgboost.sklearn", "XGBModel") in bases:
        return XGBOOST
    return LIGHTGBM if ("lightgbm.sklearn", "LGBMModel") in bases else None


def _xgboost(task: str, seed: int, n_threads: int) -> BaseEstimator:
    from xgboost import XGBClassifier, XGBRegressor

    made: BaseEstimator = (XGBClassifier if task == "classes" else XGBRegressor)(
        n_estimators=N_TREES,
        learning_rate=LEARNING_RATE,
        subsample=SHARE_OF_ROWS,
        colsample_bynode=SHARE_OF_COLUMNS,
        max_bin=BINS[XGBOOST],
        random_state=seed,
        n_jobs=n_threads,
        verbosity=0,
    )
    return made


def _lightgbm(task: str, seed: int, n_threads: int) -> BaseEstimator:
    from lightgbm import LGBMClassifier, LGBMRegressor

    made: BaseEstimator = (LGBMClassifier if task == "classes" else LGBMRegressor)(
        n_estimators=N_TREES,
        learning_rate=LEARNING_RATE,
        min_child_samples=FEWEST_ROWS_OF_A_LEAF,
        subsample=SHARE_OF_ROWS,
        subsample_freq=1,
        colsample_bytree=SHARE_OF_COLUMNS,
        max_bin=BINS[LIGHTGBM],
        random_state=seed,
        n_jobs=n_threads,
        deterministic=True,
        force_row_wise=True,  # else a race of two ways decides, and with it the last digits
        verbosity=-1,
    )
    return made
