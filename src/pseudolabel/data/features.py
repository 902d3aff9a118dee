"""Features: columns of any kind to one numeric matrix.

Takes  all rows of a table, labeled and unlabeled: numbers, categories, text, dates, gaps.
Gives  Features, which turns these and any later rows into a matrix of the same columns.

No label is looked at, so one Features serves a whole fit without leaking. Columns that tell rows apart but not
classes (identifiers) and columns that tell nothing (constant, empty) are left out, by name and with the reason:
an identifier sorted by class would otherwise look like the best feature of all. Names of images differ in
every row too; they are learnt from, as text, only where nothing else is left.

The vectorizing is skrub's; see its `TableVectorizer`.

Before this: labels.py, identifiers.py, images.py. After this: block.py, dataset.py.
"""

import json
import warnings
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from pseudolabel.data.block import is_frame
from pseudolabel.data.identifiers import FEWEST_ROWS_TO_JUDGE, is_named_like_identifier
from pseudolabel.data.images import names_of_images
from pseudolabel.errors import InputError
from pseudolabel.validation import column_difference

MOST_WORDS_OF_AN_IDENTIFIER = 1.2
"""Mean number of words in a cell; texts that all differ are prose above it, identifiers below."""

TEXT_SEED = 0
"""Of the projection that shortens text columns: one basis is as good as another, and the same gives the same bytes."""

ROWS_TO_JUDGE, COLUMNS_AT_A_TIME = 1_000, 256
"""Of a table whose columns are looked at many at a time."""

_KINDS = {"numeric": "number", "low_cardinality": "category", "high_cardinality": "text", "datetime": "date"}


EMPTY_TEXTS = (
    *("", "?", "...", "null", "NULL", "none", "None", "nan", "NaN", "-nan", "-NaN", "NA", "<NA>", "#NA", "N/A", "n/a"),
    *("#N/A", "#N/A N/A", "1.#QNAN", "-1.#QNAN", "1.#IND", "-1.#IND"),
)
"""What skrub takes for an empty cell while it learns, and must be taken for one later."""


@dataclass(frozen=True)
class Features:
    """How columns become a matrix.

    Attributes
    ----------
    kinds : dict of str to str
        The columns used, each "number", "category", "text" or "date". Empty when plain arrays came in.
    left_out : dict of str to str
        The columns not used, each with the reason.
    infinite : dict of str to int
        How many infinite cells each column had; they are treated as missing.
    columns : tuple of str
        All columns that came in, in their order. Empty when plain arrays came in: they are the matrix.
    numbers : tuple of str
        The columns that are numbers as they stand, the first of the matrix.
    vectorizer : skrub.TableVectorizer or None
        What makes numbers of the other columns; None if there are none.
    """

    columns: tuple[str, ...] = ()
    kinds: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    infinite: dict[str, int] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    vectorizer: Any = None

    def matrix(self, X: Any) -> Any:
        """Turn rows into numbers.

        Parameters
        ----------
        X : array, sparse matrix or frame with n_rows rows
            With the columns that were learnt from.

        Returns
        -------
        matrix : ndarray or sparse matrix of shape (n_rows, n_features)
            Missing cells are NaN.

        Raises
        ------
        InputError
            If columns are missing, or a column of numbers now holds text.
        """
        if not self.columns:
            return X if sp.issparse(X) else np.asarray(X, dtype=np.float64)
        frame = as_pandas(X) if is_frame(X) or _is_text(X) else self._named(X)
        difference = column_difference(self.kinds, frame.columns)
        if "Missing" in difference:
            raise InputError(f"The columns are not those the model was fitted on. {difference}".strip())
        self._refuse_text_for_numbers(frame)
        numbers, _ = _finite(frame[list(self.numbers)])
        if self.vectorizer is None:
            return numbers
        known = set(self.numbers)
        others = [name for name in self.kinds if name not in known]
        return np.hstack([numbers, _as_matrix(_quietly(self.vectorizer.transform, _in_utc(frame[others])))])

    def origins(self, n_features: int) -> tuple[str, ...]:
        """Tell for each of the `n_features` columns of the matrix which column it came from.

        Columns of plain arrays have no names and are counted: "column 0".
        """
        if not self.columns:
            return tuple(f"column {at}" for at in range(n_features))
        if self.vectorizer is None:
            return self.numbers
        origin = self.vectorizer.output_to_input_
        return (*self.numbers, *(str(origin[output]) for output in self.vectorizer.all_outputs_))

    def __getstate__(self) -> dict[str, Any]:
        """Give what a model file holds: all names in one text, or a wide table would have 20 000 entries there."""
        names = {name: getattr(self, name) for name in ("columns", "kinds", "left_out", "infinite", "numbers")}
        return {"names": json.dumps(names), "vectorizer": self.vectorizer}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take up what `__getstate__` gave, or what earlier versions wrote: every attribute by itself."""
        names = json.loads(state["names"]) if "names" in state else state
        tuples = {name: tuple(names[name]) for name in ("columns", "numbers")}
        self.__dict__.update({**names, **tuples, "vectorizer": state["vectorizer"]})

    def _named(self, X: Any) -> pd.DataFrame:
        """Give an array the names of the columns that were learnt from, in their order."""
        return pd.DataFrame(X, columns=list(self.columns))

    def _refuse_text_for_numbers(self, frame: pd.DataFrame) -> None:
        texts_now = [name for name, kind in frame.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
        for name in texts_now:
            if self.kinds.get(str(name)) == "number":
                cells = frame[name].dropna()
                texts = cells[[isinstance(cell, str) for cell in cells]]  # numbers, flags and spans are no texts
                texts = texts[[cell.strip() not in EMPTY_TEXTS for cell in texts]]
                wrong = texts[pd.to_numeric(texts, errors="coerce").isna()]
                if len(wrong):
                    raise InputError(
                        f"Column {name!r} held numbers when the model was fitted and now holds {wrong.iloc[0]!r} "
                        f"({len(wrong)} such cells). Correct or empty these cells."
                    )


def learn_features(X: Any) -> tuple[Features, Any]:
    """Learn how to turn the columns of `X` into numbers, and turn them.

    Parameters
    ----------
    X : array, sparse matrix or frame with n_rows rows
        Labeled and unlabeled rows alike.

    Returns
    -------
    features : Features
    matrix : ndarray or sparse matrix of shape (n_rows, n_features)
        What `features.matrix(X)` gives, at no further cost.

    Raises
    ------
    InputError
        If no column is left to learn from.

    Examples
    --------
    >>> table = pd.DataFrame({"size": [1.5, 2.5, 3.5], "colour": ["red", "blue", "red"], "unit": ["mm"] * 3})
    >>> features, matrix = learn_features(table)
    >>> features.kinds
    {'size': 'number', 'colour': 'category'}
    >>> features.left_out
    {'unit': "constant: every cell is 'mm'"}
    """
    if not is_frame(X) and not _is_text(X):
        return Features(), Features().matrix(X)
    frame = as_pandas(X)
    columns: list[str] = list(frame.columns)
    useful = _surely_useful(frame)
    left_out = {name: reason for name in columns if name not in useful and (reason := _why_useless(name, frame[name]))}
    images = _last_resort(frame, left_out) if len(left_out) == len(columns) else []
    left_out = {name: reason for name, reason in left_out.items() if name not in images}
    used = [name for name in columns if name not in left_out]
    if not used:
        reasons = "; ".join(f"{name!r} {reason}" for name, reason in list(left_out.items())[:10])
        why = f": {reasons}" if reasons else ""
        raise InputError(f"No column is left to learn from{why}. Add columns that describe the rows.")
    # Numbers need no vectorizer: one for each of a thousand columns would take longer to save than to fit.
    numeric = {name for name, kind in frame.dtypes.items() if pd.api.types.is_numeric_dtype(kind)}
    numbers = [name for name in used if name in numeric]
    matrix, infinite = _finite(frame[numbers])
    kinds, vectorizer = dict.fromkeys(used, "number"), None
    others = [name for name in used if name not in numeric]
    if others:
        vectorizer = _vectorizer(images)
        matrix = np.hstack([matrix, _as_matrix(_quietly(vectorizer.fit_transform, _in_utc(frame[others])))])
        kinds |= {name: _KINDS.get(vectorizer.column_to_kind_[name], "category") for name in others}
        kinds |= dict.fromkeys(images, "text")
    return Features(tuple(columns), kinds, left_out, infinite, tuple(numbers), vectorizer), matrix


def as_pandas(X: Any) -> pd.DataFrame:
    """Give a frame of any kind as pandas, with text for column names and one row index from 0."""
    if not is_frame(X):  # a sequence of texts: a table of one column
        return pd.DataFrame({"text": X})
    frame = nw.from_native(X, eager_only=True).to_pandas()
    named: pd.DataFrame = frame.set_axis([str(name) for name in frame.columns], axis=1).reset_index(drop=True)
    return named


def _is_text(X: Any) -> bool:
    return getattr(X, "ndim", 0) == 1 and X.dtype == object


def is_useful(name: str, column: "pd.Series[Any]") -> bool:
    """Tell whether a column is one to learn from.

    Examples
    --------
    >>> is_useful("unit", pd.Series(["mm"] * 3)), is_useful("size", pd.Series([1.5, 2.5, 3.5]))
    (False, True)
    """
    return not _why_useless(name, column)


def _last_resort(frame: pd.DataFrame, left_out: dict[str, str]) -> list[str]:
    """Give the columns that differ in every row because they name images."""
    differing = (name for name, reason in left_out.items() if reason.startswith("identifier"))
    return [name for name in differing if names_of_images(frame[name])]


def _vectorizer(texts: list[str]) -> Any:
    """Give what makes numbers of columns that are none; `texts` are read by their parts, however few differ."""
    from sklearn.preprocessing import OneHotEncoder
    from skrub import StringEncoder, TableVectorizer

    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32)
    text = StringEncoder(random_state=TEXT_SEED)
    specific = [(text, texts)] if texts else ()
    return TableVectorizer(low_cardinality=one_hot, high_cardinality=text, specific_transformers=specific)


def _as_matrix(numbers: pd.DataFrame) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        matrix = numbers.to_numpy(dtype=np.float32)
    return np.where(np.isinf(matrix), np.float32(np.nan), matrix)  # too large for float32


def _quietly(transform: Any, frame: pd.DataFrame) -> Any:
    """Run skrub without the remarks it makes about single cells: our findings say what a reader can act on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return transform(frame)


def _finite(numbers: pd.DataFrame) -> tuple[NDArray[np.float32], dict[str, int]]:
    """Give columns of numbers as a matrix, infinite cells as missing, and how many of these each column had."""
    if all(isinstance(dtype, np.dtype) and dtype.kind in "fiub" for dtype in numbers.dtypes):
        with np.errstate(over="ignore"):
            matrix = numbers.to_numpy(dtype=np.float32)
        if not np.isinf(matrix).any():
            return matrix, {}
    texts = [name for name in numbers if not _is_numeric(numbers[name])]
    spelled = numbers.assign(**{str(name): pd.to_numeric(numbers[name], errors="coerce") for name in texts})
    wide = spelled.astype(np.float64)
    counts = np.isinf(wide.to_numpy()).sum(axis=0)
    infinite = {str(name): int(count) for name, count in zip(numbers, counts, strict=True) if count}
    return _as_matrix(wide), infinite


def _in_utc(frame: pd.DataFrame) -> pd.DataFrame:
    """Give moments of any time zone as UTC."""
    zoned = frame.select_dtypes("datetimetz")
    return frame.assign(**{str(name): zoned[name].dt.tz_convert("UTC").dt.tz_localize(None) for name in zoned})


def _surely_useful(frame: pd.DataFrame) -> set[str]:
    """Give columns of which a look at many at a time shows that `_why_useless` has nothing against them.

    They are numbers, not all the same, and one of them is no whole number or stands twice among the first rows.
    Thousands of such columns are common (spectra, genes), and to look at each by itself takes seconds in every split.
    """
    by_kind: dict[Any, list[str]] = {}
    for name, kind in frame.dtypes.items():
        if isinstance(kind, np.dtype) and kind.kind in "fiu":
            by_kind.setdefault(kind, []).append(str(name))
    useful = set[str]()
    for names in by_kind.values():
        for start in range(0, len(names), COLUMNS_AT_A_TIME):
            some = names[start : start + COLUMNS_AT_A_TIME]
            first = frame[some].head(ROWS_TO_JUDGE).to_numpy()
            in_order = np.sort(first, axis=0)
            with np.errstate(invalid="ignore"):
                differ = (in_order[1:] > in_order[:-1]).any(axis=0)
                twice = (in_order[1:] == in_order[:-1]).any(axis=0)
                broken = ((first % 1 != 0) & (first == first)).any(axis=0)
            useful |= {name for name, good in zip(some, differ & (twice | broken), strict=True) if good}
    return useful


def _why_useless(name: str, column: "pd.Series[Any]") -> str:
    """Say why a column cannot help to tell classes apart; an empty text when it can."""
    try:
        filled = column.dropna()
        different = filled.nunique()
    except TypeError:
        return "nested: its cells hold lists or records"
    if different == 0:
        return "empty: no cell is filled"
    if different == 1:
        return f"constant: every {'filled ' if len(filled) < len(column) else ''}cell is {_shown(filled.iloc[0])}"
    if different == len(filled) >= FEWEST_ROWS_TO_JUDGE:
        return _why_identifier(name, filled)
    return ""


def _why_identifier(name: str, cells: "pd.Series[Any]") -> str:
    """Say why a column whose cells all differ is an identifier; an empty text when it need not be one."""
    whole = _as_whole_numbers(cells)
    if whole is not None:
        return _why_numbering(name, whole)
    if _is_numeric(cells) or pd.api.types.is_datetime64_any_dtype(cells):
        return ""
    texts = cells.astype(str)
    words = texts.str.count(r"\S+").mean()
    if words > MOST_WORDS_OF_AN_IDENTIFIER or _reads_as_number_or_date(texts):
        return ""
    return "identifier: a different text in every row"


def _why_numbering(name: str, numbers: "pd.Series[Any]") -> str:
    if is_named_like_identifier(name):
        return "identifier: all different, and named like one"
    if numbers.is_monotonic_increasing or numbers.is_monotonic_decreasing:
        return "identifier: numbers the rows in order"
    if numbers.max() - numbers.min() == len(numbers) - 1:
        return "identifier: numbers the rows without a gap"
    return ""


def _as_whole_numbers(cells: "pd.Series[Any]") -> "pd.Series[Any] | None":
    """Give cells as whole numbers, whether they came as such, with a decimal point or as text; None if they are not."""
    if pd.api.types.is_integer_dtype(cells):
        return cells
    if _is_numeric(cells):
        return cells if bool((cells % 1 == 0).all()) else None
    texts = cells.astype(str)
    return pd.to_numeric(texts) if bool(texts.str.fullmatch(r"\d{1,18}").all()) else None


def _reads_as_number_or_date(texts: "pd.Series[Any]") -> bool:
    few = texts.head(100)
    if pd.to_numeric(few, errors="coerce").notna().all():
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bool(pd.to_datetime(few, errors="coerce", format="mixed").notna().mean() > 0.9)


def _is_numeric(column: "pd.Series[Any]") -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))


def _shown(value: object, most: int = 40) -> str:
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= most else text[: most - 1] + "…"
