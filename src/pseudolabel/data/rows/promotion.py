"""Promotion: the type that holds the values of one column in several files.

Takes  the types a column has in each file.
Gives  one type that holds all their values as they are, or None where only text would.

A column that is empty in one file (type null) takes the type it has elsewhere; dictionaries (categories) of one file
are not those of another, so they meet as plain values; whole and decimal numbers meet as float64.

Before this: nothing. After this: parquet.py and several.py.
"""

from collections.abc import Sequence

import pyarrow as pa


def common_type(types: Sequence[pa.DataType]) -> pa.DataType | None:
    """Give the type that holds all values; None if there is none but text.

    Examples
    --------
    >>> common_type([pa.int64(), pa.null(), pa.float64()])
    DataType(double)
    >>> common_type([pa.int64(), pa.string()]) is None
    True
    """
    different = list(dict.fromkeys(kind for kind in types if not pa.types.is_null(kind)))
    if len(different) <= 1:
        return different[0] if different else pa.null()
    plain = [kind.value_type if pa.types.is_dictionary(kind) else kind for kind in different]
    if all(map(is_text, plain)):
        return pa.string() if all(map(pa.types.is_string, plain)) else pa.large_string()
    try:
        schemas = [pa.schema([pa.field("column", kind)]) for kind in plain]
        return pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Give the type a column is read as: that of its values, in a layout that everything here can compute with.

    A time zone that this machine does not know becomes UTC, in which the moments are stored anyway.

    Examples
    --------
    >>> plain_type(pa.string_view()), plain_type(pa.timestamp("s", "Mars/Olympus"))
    (DataType(string), TimestampType(timestamp[s, tz=UTC]))
    """
    if pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_run_end_encoded(kind):
        return plain_type(kind.value_type)
    if pa.types.is_timestamp(kind) and kind.tz is not None and not _is_known(kind.tz):
        return pa.timestamp(kind.unit, "UTC")
    return kind


def _is_known(zone: str) -> bool:
    try:
        pa.lib.string_to_tzinfo(zone)
    except (pa.ArrowException, ValueError, LookupError):
        return False
    return True


def is_text(kind: pa.DataType) -> bool:
    """Say whether a type is one of Arrow's three types of text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
