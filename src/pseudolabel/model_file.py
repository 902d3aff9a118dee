"""Model file: a fitted estimator on disk, without pickle.

Takes  a fitted estimator and a path.
Gives  a `.skops` file; and the estimator back from it, if it holds nothing but types we allow.

A pickle runs code when it is opened. skops builds only types it is told to trust: scikit-learn's and numpy's, and
the ones listed here by name.

Before this: learning/. After this: classifier.py.
"""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pseudolabel.errors import InputError
from pseudolabel.storage import write_whole

ALLOWED_TYPES = (
    "collections.OrderedDict",
    "collections.defaultdict",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMRegressor",
    "numpy.dtype",
    "pseudolabel.classifier.PseudoLabelClassifier",
    "pseudolabel.data.features.Features",
    "pseudolabel.data.scaling.Scaling",
    "pseudolabel.judgement.differences.Difference",
    "pseudolabel.judgement.verdict.Alarm",
    "pseudolabel.judgement.verdict.Verdict",
    "pseudolabel.learning.committee.boosting.EmptyColumns",
    "pseudolabel.learning.committee.graph.Graph",
    "pseudolabel.learning.committee.kernel.MarginClassifier",
    "pseudolabel.learning.committee.metric.Leaves",
    "pseudolabel.learning.committee.metric.Stretch",
    "pseudolabel.learning.mixture.Mixture",
    "pseudolabel.learning.mixture.Part",
    "pseudolabel.learning.model.Model",
    "pseudolabel.learning.regression.committee.Committee",
    "pseudolabel.learning.regression.committee.Seat",
    "pseudolabel.learning.regression.intervals.Intervals",
    "pseudolabel.learning.regression.kernels.GaussianProcess",
    "pseudolabel.learning.regression.mixture.Mixture",
    "pseudolabel.learning.regression.mixture.Part",
    "pseudolabel.learning.regression.scaling.Squash",
    "pseudolabel.learning.selection.curriculum.Curriculum",
    "pseudolabel.learning.selection.soft.Soft",
    "pseudolabel.learning.selection.threshold.Threshold",
    "pseudolabel.learning.selection.top.Top",
    "pseudolabel.learning.teacher.Seat",
    "pseudolabel.learning.teacher.Teacher",
    "pseudolabel.regressor.PseudoLabelRegressor",
    "scipy.sparse._csr.csr_matrix",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.link.MultinomialLogit",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfMultinomialLoss",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
    "skrub._apply_to_each_col.ApplyToEachCol",
    "skrub._check_input.CheckInputDataFrame",
    "skrub._clean_categories.CleanCategories",
    "skrub._clean_null_strings.CleanNullStrings",
    "skrub._dataframe._common.is_any_date",
    "skrub._dataframe._common.is_categorical",
    "skrub._dataframe._common.is_numeric",
    "skrub._datetime_encoder.DatetimeEncoder",
    "skrub._drop_uninformative.DropUninformative",
    "skrub._duration_to_float.DurationToFloat",
    "skrub._string_encoder.StringEncoder",
    "skrub._table_vectorizer.PassThrough",
    "skrub._table_vectorizer.ShortReprDict",
    "skrub._table_vectorizer.TableVectorizer",
    "skrub._table_vectorizer._created_by_predicate",
    "skrub._to_datetime.ToDatetime",
    "skrub._to_float.ToFloat",
    "skrub._to_str.ToStr",
    "skrub.selectors._base.All",
    "skrub.selectors._base.And",
    "skrub.selectors._base.Cols",
    "skrub.selectors._base.Filter",
    "skrub.selectors._base.Sub",
    "skrub.selectors._selectors._cardinality_below",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRegressor",
)
"""Types a model file may hold besides those skops trusts by itself."""

COMPRESS_LEVEL = 3
"""Half the time of the usual 6 for files about a tenth larger."""


def save_model(estimator: Any, path: Path) -> None:
    """Write a fitted estimator, whole or not at all."""
    import skops.io

    def write(made: Path) -> None:
        skops.io.dump(estimator, made, compression=zipfile.ZIP_DEFLATED, compresslevel=COMPRESS_LEVEL)

    write_whole(path, write)


def load_model(path: Path, *, trusted: Sequence[str] = ()) -> Any:
    """Read an estimator back.

    Parameters
    ----------
    path : Path
    trusted : sequence of str, default=()
        Further types you trust, as `module.Class`: those of an estimator of your own.

    Raises
    ------
    InputError
        If there is no such file, it is no model file, it holds types that are not allowed, or it needs a library that
        is not installed.
    """
    import skops.io

    if not path.is_file():
        raise InputError(f"There is no model file {str(path)!r}. Give the path that `save` or a run wrote.")
    try:
        unknown = sorted(set(skops.io.get_untrusted_types(file=path)) - set(ALLOWED_TYPES) - set(trusted))
        if not unknown:
            return skops.io.load(path, trusted=[*ALLOWED_TYPES, *trusted])
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        raise InputError(
            f"{str(path)!r} holds a model of the library {library!r}, which is not installed here. Install it: for "
            'LightGBM and XGBoost with `pip install "pseudolabel[boosting]"`.'
        ) from error
    except (zipfile.BadZipFile, zlib.error, AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{str(path)!r} is not a model file of pseudolabel: {error}. It may be cut short.") from error
    raise InputError(
        f"{str(path)!r} holds types that are not allowed: {', '.join(unknown)}. "
        "If you know where the file is from, load it with `load(path, trusted=[...])` and these names."
    )
