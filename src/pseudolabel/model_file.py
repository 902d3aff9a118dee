"""Model file: a fitted estimator on disk, without pickle.

Takes  a fitted estimator and a path.
Gives  a `.skops` file; and the estimator back from it, if it holds nothing but types we allow.

A pickle runs code when it is opened. skops builds only types it is told to trust: scikit-learn's and numpy's, and
the ones listed here by name. How they are built is judged before (model_schema.py), what was built after
(model_soundness.py).

Before this: model_schema.py, model_soundness.py. After this: classifier.py.
"""

import io
import math
import zipfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np

from pseudolabel.errors import InputError
from pseudolabel.model_schema import SCHEMA, Head, check_schema
from pseudolabel.storage import write_whole
from pseudolabel.validation import listed

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
    "pseudolabel.learning.committee.linear.Span",
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

PICKLES = (".pkl", ".pickle", ".joblib")
"""Endings of names of files that run code when they are opened."""

MOST_MEMBERS, MOST_BYTES = 1_000_000, 1 << 33
"""Of a model file, unpacked. A boosted model of a wide table has some thousand arrays and 140 MB; a forest of a
thousand deep trees on a million rows some gigabytes."""

MOST_RATIO, SMALL_BYTES = 250, 1 << 24
"""How many times smaller than its content a member of more than so many bytes may be. Vocabularies of long texts reach
50; nothing but the same byte over and over reaches 1000."""

MOST_HEAD_BYTES = 1 << 16
"""Of an array, before its content: numpy reads no more than 10,000."""

COMPRESS_LEVEL = 3
"""Half the time of the usual 6 for files about a tenth larger."""


def save_model(estimator: Any, path: Path) -> None:
    """Write a fitted estimator, whole or not at all."""
    import skops.io

    def write(made: Path) -> None:
        skops.io.dump(estimator, made, compression=zipfile.ZIP_DEFLATED, compresslevel=COMPRESS_LEVEL)

    write_whole(path, write)


def load_model(path: Path, *, trusted: Sequence[str] = (), trust_pickle: bool = False) -> Any:
    """Read an estimator back.

    What a file is, is told by its name: a pickle is never opened because a file looks like one.

    Parameters
    ----------
    path : Path
    trusted : sequence of str, default=()
        Further types you trust, as `module.Class`: those of an estimator of your own.
    trust_pickle : bool, default=False
        Open a file whose name ends in one of `PICKLES`. A pickle runs whatever its author wrote.

    Raises
    ------
    InputError
        If there is no such file, it is no model file, it is larger than any model, it holds types that are not
        allowed, or it needs a library that is not installed; or if it is a pickle and that is not trusted.
    """
    if not path.is_file():
        raise InputError(f"There is no model file {str(path)!r}. Give the path that `save` or a run wrote.")
    if path.suffix.casefold() in PICKLES:
        return _load_pickle(path, trust_pickle)
    try:
        return _load_skops(path, trusted)
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        raise InputError(
            f"{str(path)!r} holds a model of the library {library!r}, which is not installed here. Install it: for "
            'LightGBM and XGBoost with `pip install "pseudolabel[boosting]"`.'
        ) from error
    except InputError:
        raise
    except Exception as error:  # a damaged file may end in any
        fault = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(
            f"{str(path)!r} is not a model file of pseudolabel: {fault}. It may be cut short. Ask its maker for it."
        ) from error


def _load_skops(path: Path, trusted: Sequence[str]) -> Any:
    """Judge a file by its sizes, its types and how they are put together; build it; judge what was built."""
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    from pseudolabel.model_soundness import check_sound

    with zipfile.ZipFile(path) as archive:
        heads = _check_members(path, archive)
        strange = check_schema(archive.read(SCHEMA), archive.namelist(), heads, archive.read, trusted)
    if strange:
        _refuse_types(path, strange, trusted)
    try:
        model = skops.io.load(path, trusted=[*ALLOWED_TYPES, *trusted])
    except UntrustedTypesFoundException:
        _refuse_types(path, {}, trusted)
    check_sound(model)
    return model


def _refuse_types(path: Path, strange: Mapping[str, str], trusted: Sequence[str]) -> NoReturn:
    """Name all types of a file that are not allowed, or not in this way."""
    import skops.io

    unknown = {*skops.io.get_untrusted_types(file=path), *strange} - {*ALLOWED_TYPES, *trusted}
    astray = {f"{name} (as {way})" for name, way in strange.items() if name in ALLOWED_TYPES}
    names = listed(sorted(name[:120] for name in unknown | astray))
    raise InputError(
        f"{str(path)!r} holds types that are not allowed: {names}. "
        "If you know where the file is from, load it with `load(path, trusted=[...])` and these names."
    )


def _load_pickle(path: Path, trust_pickle: bool) -> Any:
    """Open a pickle, if its owner says that it may run what it holds."""
    if not trust_pickle:
        raise InputError(
            f"{str(path)!r} is a pickle, and a pickle runs whatever its author wrote as soon as it is opened. If you "
            "made it yourself, add --trust-pickle (`trust_pickle=True` in Python); better save it with `save`."
        )
    import joblib

    try:
        return joblib.load(path)
    except Exception as error:  # whatever its code does
        raise InputError(f"{str(path)!r} cannot be opened: {type(error).__name__}: {str(error)[:200]}.") from error


def _check_members(path: Path, archive: zipfile.ZipFile) -> dict[str, Head]:
    """Refuse, before anything is unpacked, a file that claims more than a model has; give the heads of its arrays.

    zipfile reads no more of a member than the archive's directory claims, so the claims can be relied on.
    """
    members = archive.infolist()
    names = {member.filename for member in members}
    n_bytes = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS or n_bytes > MOST_BYTES or len(names) < len(members):
        raise InputError(
            f"{str(path)!r} claims {len(members):,} members of {n_bytes:,} bytes; at most {MOST_MEMBERS:,} of "
            f"{MOST_BYTES:,} bytes, each under its own name, are unpacked. It is no model of ours."
        )
    heads: dict[str, Head] = {}
    for member in members:
        _check_ratio(path, member)
        if member.filename.endswith(".npy"):
            heads[member.filename] = _check_array(archive, member, str(path))
        elif member.filename.endswith(".npz"):
            with zipfile.ZipFile(io.BytesIO(archive.read(member))) as arrays:
                for array in arrays.infolist():
                    _check_ratio(path, array)
                    _check_array(arrays, array, f"{str(path)!r}, {member.filename!r}")
    return heads


def _check_ratio(path: Path, member: zipfile.ZipInfo) -> None:
    """Refuse a member that unpacks to far more than itself, or in a way that tells no size while it does."""
    if member.file_size > SMALL_BYTES and member.file_size > MOST_RATIO * max(1, member.compress_size):
        raise InputError(
            f"{str(path)!r}: {member.filename!r} would unpack to {member.file_size:,} bytes, "
            f"{member.file_size // max(1, member.compress_size):,} times its size. No model of ours does."
        )
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError(f"{str(path)!r}: {member.filename[:60]!r} is compressed in a way that no model of ours is.")


def _check_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: str) -> Head:
    """Refuse an array whose head claims more, or less, than there is: memory would be taken before that is noticed."""
    with archive.open(member) as file:
        head = _read_head(file)
        shape, kind = _head_of(head)
        claimed = math.prod(shape) * kind.itemsize
        if kind.hasobject or min(shape, default=0) < 0 or claimed != member.file_size - len(head):
            raise InputError(
                f"{path}: the array {member.filename!r} claims {claimed:,} bytes, or objects, and is not so. The file "
                "is damaged, or made to do harm."
            )
    return shape, kind


def _read_head(file: IO[bytes]) -> bytes:
    """Read an array up to its content: eight bytes of version, the length of what follows, and that."""
    start = file.read(10)
    if start[6:7] != b"\x01":
        start += file.read(2)
    length = int.from_bytes(start[8:], "little")
    if length > MOST_HEAD_BYTES:
        raise ValueError("an array has a head of more bytes than arrays have")
    return start + file.read(length)


@lru_cache(maxsize=4096)
def _head_of(head: bytes) -> Head:
    """Give shape and type of an array by its head; the thousands of small arrays of a model are mostly alike."""
    stream = io.BytesIO(head)
    version = np.lib.format.read_magic(stream)
    read_head = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = read_head(stream)
    return shape, kind
