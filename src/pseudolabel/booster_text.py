"""Booster text: the text LightGBM keeps its trees in, read before LightGBM does.

Takes  the text in a model file.
Gives  nothing, if every number in it leads to what is there; otherwise a `ValueError`.

LightGBM believes what it reads: a length that is wrong, a child or a column that is not there, and the process ends.
Only what it follows is looked at; numbers that are only added up may be any.

Before this: nothing. After this: model_schema.py.
"""

import re

import numpy as np
from numpy.typing import NDArray

OF_NODES = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
"""Of a tree, what has a number for every node but the leaves."""

OF_LEAVES = ("leaf_value", "leaf_const", "num_features")
"""What has one for every leaf; the last two with linear leaves only."""

OF_NO_MATTER = frozenset(
    {"split_gain", "leaf_weight", "leaf_count", "internal_value", "internal_weight", "internal_count", "shrinkage"}
)

KNOWN = OF_NO_MATTER | {
    *(*OF_NODES, *OF_LEAVES),
    *("num_leaves", "num_cat", "is_linear", "cat_boundaries", "cat_threshold", "leaf_features", "leaf_coeff"),
}

OF_ALL = frozenset(
    {
        *("version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective"),
        *("average_output", "feature_names", "monotone_constraints", "feature_infos", "tree_sizes"),
    }
)
"""What is said before the trees."""

WHOLE = re.compile(r" *(?:-?[0-9]{1,10}(?: +|$))*")
NUMBERS = re.compile(r"[-+.0-9einfa ]*")
"""Python reads more as a number than LightGBM does, such as 1_000."""

BY_CATEGORY = 1
"""The bit of a node's decision that says: by a set of categories."""


def check_booster_text(text: str) -> None:
    """Refuse a text of LightGBM's in which a number leads to what is not there.

    Parameters
    ----------
    text : str
        As `Booster.model_to_string` gives it.

    Raises
    ------
    ValueError
        With what is wrong, or whatever a text leads to that is none.

    Examples
    --------
    >>> check_booster_text("tree")
    Traceback (most recent call last):
        ...
    ValueError: a booster's text lacks its sizes
    """
    head, blank, body = text.encode().partition(b"\n\n")
    first, *lines = head.decode().split("\n")
    fields = _fields(lines)
    if first != "tree" or not blank or "\r" in text or "\0" in text or "tree_sizes" not in fields:
        raise ValueError("a booster's text lacks its sizes")
    sizes, n_columns = _whole(fields["tree_sizes"]), _one(fields["max_feature_idx"]) + 1
    n_results, of_one = _one(fields["num_class"]), fields["objective"].split() if "objective" in fields else []
    claimed = [_one(word.removeprefix("num_class:")) for word in of_one if word.startswith("num_class:")]
    if n_results < 1 or {n_results, *claimed} != {_one(fields["num_tree_per_iteration"])} or len(sizes) % n_results:
        raise ValueError("a booster has another number of classes than it says")
    if not fields.keys() <= OF_ALL:
        raise ValueError("a booster says what none does")
    if not 0 < n_columns == len(fields["feature_names"].split(" ")) == len(fields["feature_infos"].split(" ")):
        raise ValueError("a booster has another number of columns than it says")
    ends = np.cumsum(sizes)
    if (sizes <= 0).any() or (len(ends) and ends[-1] > len(body)):
        raise ValueError("a booster's trees are of another length than it says")
    for number, (end, size) in enumerate(zip(ends, sizes, strict=True)):
        _check_tree(body[end - size : end].decode("ascii"), number, n_columns)
    if not body[ends[-1] if len(ends) else 0 :].startswith(b"end of trees\n"):
        raise ValueError("a booster's trees are of another length than it says")


def _fields(lines: list[str]) -> dict[str, str]:
    """Read lines of names and values; a line without a value is a name alone."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition("=")
        if name in fields:
            raise ValueError(f"a booster says twice what {name[:40]!r} is")
        fields[name] = value
    return fields


def _whole(text: str) -> NDArray[np.int64]:
    """Read whole numbers."""
    if not WHOLE.fullmatch(text):
        raise ValueError("a booster has something else where whole numbers should stand")
    return np.array(text.split(), dtype=np.int64)


def _one(text: str) -> int:
    """Read a whole number."""
    return int(_whole(text).item())


def _numbers(text: str) -> list[float]:
    if not NUMBERS.fullmatch(text):
        raise ValueError("a booster has something else where numbers should stand")
    return [float(word) for word in text.split()]


def _check_tree(text: str, number: int, n_columns: int) -> None:
    first, *lines = text.rstrip("\n").split("\n")
    tree = _fields(lines)
    if first != f"Tree={number}" or not text.endswith("\n\n") or not tree.keys() <= KNOWN:
        raise ValueError("a booster's trees are of another length than it says")
    n_leaves = _one(tree["num_leaves"])
    _check_lengths(tree, n_leaves)
    left, right, columns = (_whole(tree[name]) for name in ("left_child", "right_child", "split_feature"))
    here = np.arange(n_leaves - 1)
    for children in (left, right):
        inner = children >= 0
        if (children[inner] <= here[inner]).any() or (children >= n_leaves - 1).any() or (~children >= n_leaves).any():
            raise ValueError("a booster's tree points to a node that is not there, or back up")
    if (columns < 0).any() or (columns >= n_columns).any():
        raise ValueError("a booster's tree asks for a column that is not there")
    _check_categories(tree)
    if tree.get("is_linear", "0") != "0":
        _check_linear(tree, n_columns)


def _check_lengths(tree: dict[str, str], n_leaves: int) -> None:
    """Check that there are as many numbers as nodes, each of them a number."""
    for names, length in ((OF_NODES, n_leaves - 1), (OF_LEAVES, n_leaves)):
        for name in names:
            if name in tree and len(_numbers(tree[name])) != length:
                raise ValueError(f"a booster's tree has another number of nodes than of {name!r}")
    if n_leaves < 1 or not tree.keys() >= {"leaf_value", *OF_NODES}:
        raise ValueError("a booster's tree has no leaves")


def _check_categories(tree: dict[str, str]) -> None:
    """Check that a node that decides by a set of categories has one."""
    by_category = _whole(tree["decision_type"]) & BY_CATEGORY != 0
    starts, words = _whole(tree.get("cat_boundaries", "0")), _whole(tree.get("cat_threshold", ""))
    if len(starts) != _one(tree["num_cat"]) + 1 or starts[0] or (np.diff(starts) < 0).any() or starts[-1] != len(words):
        raise ValueError("a booster's tree has other categories than it says")
    sets = np.array(_numbers(tree["threshold"]))[by_category]
    if not ((sets >= 0) & (sets < len(starts) - 1)).all():
        raise ValueError("a booster's tree asks for a set of categories that is not there")


def _check_linear(tree: dict[str, str], n_columns: int) -> None:
    """Check the columns that leaves add up."""
    counts, columns = _whole(tree["num_features"]), _whole(tree["leaf_features"])
    if (counts < 0).any() or not counts.sum() == len(columns) == len(_numbers(tree["leaf_coeff"])):
        raise ValueError("a booster's leaf has other columns than it says")
    if (columns < 0).any() or (columns >= n_columns).any() or "leaf_const" not in tree:
        raise ValueError("a booster's leaf asks for a column that is not there")
