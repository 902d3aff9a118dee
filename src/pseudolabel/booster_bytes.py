"""Booster bytes: the binary JSON XGBoost keeps its trees in, read before XGBoost does.

Takes  the bytes in a model file.
Gives  nothing, if every number in them leads to what is there; otherwise a `ValueError`.

XGBoost believes what it reads: a child or a column that is not there, and the process ends. Only what it follows is
looked at; numbers that are only added up may be any. The format is Universal Binary JSON, with lists of one type of
number as raw bytes.

Before this: nothing. After this: model_schema.py.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

NUMBERS: Mapping[bytes, np.dtype[Any]] = {
    marker: np.dtype(kind)
    for marker, kind in {
        b"i": "i1",
        b"U": "u1",
        b"I": ">i2",
        b"l": ">i4",
        b"L": ">i8",
        b"d": ">f4",
        b"D": ">f8",
    }.items()
}
"""Types by their mark."""

CONSTANTS: Mapping[bytes, bool | None] = {b"T": True, b"F": False, b"Z": None}

MOST_DEPTH = 20
"""Objects within objects; a booster has 8."""

MOST_THREADS = 1024

MOST_CATEGORIES = 1 << 24
"""Of a column: a set of them has a bit for each."""

OF_NODES = (
    *("left_children", "right_children", "parents", "split_indices", "split_conditions", "split_type"),
    *("default_left", "base_weights", "loss_changes", "sum_hessian"),
)
"""Of a tree, what has a number for every node."""

SCORES = re.compile(r"\[?[-+0-9.eE]+(?:,[-+0-9.eE]+)*\]?")


def check_booster_bytes(content: bytes) -> None:
    """Refuse bytes of XGBoost's in which a number leads to what is not there.

    Parameters
    ----------
    content : bytes
        As XGBoost serializes a booster.

    Raises
    ------
    ValueError
        With what is wrong.
    Exception
        Whatever bytes lead to that are none.

    Examples
    --------
    >>> check_booster_bytes(b"{}")
    Traceback (most recent call last):
        ...
    KeyError: 'Model'
    """
    reader = _Reader(content)
    read = reader.value(1)
    if reader.place != len(content):
        raise ValueError("a booster is longer than it says")
    model, config = read["Model"]["learner"], read["Config"]["learner"]
    sizes = model["learner_model_param"]
    if config.get("learner_model_param", sizes) != sizes or config["objective"] != model["objective"]:
        raise ValueError("a booster says two things of itself")
    for name in ("nthread", "n_jobs"):
        if abs(int(config["generic_param"].get(name, 0))) > MOST_THREADS:
            raise ValueError("a booster asks for more threads than there are")
    n_columns, n_classes, n_targets = (int(sizes[name]) for name in ("num_feature", "num_class", "num_target"))
    n_results = max(1, n_classes) * max(1, n_targets)
    claimed = model["objective"].get("softmax_multiclass_param", {}).get("num_class", n_classes)
    if n_columns < 1 or n_classes < 0 or n_targets < 1 or int(claimed) != n_classes:
        raise ValueError("a booster has another number of classes than it says")
    scores = str(sizes["base_score"])
    if not SCORES.fullmatch(scores) or scores.count(",") + 1 not in (1, n_results):
        raise ValueError("a booster starts from other scores than it has classes")
    if any(len(model[name]) not in (0, n_columns) for name in ("feature_names", "feature_types")):
        raise ValueError("a booster has another number of columns than it says")
    _check_trees(model["gradient_booster"], n_columns, n_results)


class _Reader:
    """Reads binary JSON; refuses what XGBoost would not write."""

    def __init__(self, content: bytes) -> None:
        self.content, self.place = content, 0

    def take(self, length: int) -> bytes:
        """Give the next bytes."""
        taken = self.content[self.place : self.place + length]
        if length < 0 or len(taken) < length:
            raise ValueError("a booster is shorter than it says")
        self.place += length
        return taken

    def value(self, depth: int) -> Any:
        """Give the next value."""
        mark = self.take(1)
        if depth > MOST_DEPTH:
            raise ValueError("a booster is nested too deeply")
        if mark == b"{":
            return self.object(depth)
        if mark == b"[":
            return self.list(depth)
        if mark == b"S":
            return self.take(self.length()).decode()
        if mark in NUMBERS:
            return np.frombuffer(self.take(NUMBERS[mark].itemsize), NUMBERS[mark])[0].item()
        return CONSTANTS[mark]

    def length(self) -> int:
        """Give the next value, which is a length."""
        if self.take(1) != b"L":
            raise ValueError("a booster has something else where a length should stand")
        return int.from_bytes(self.take(8), "big", signed=True)

    def object(self, depth: int) -> dict[str, Any]:
        """Give what stands up to the closing bracket."""
        found: dict[str, Any] = {}
        while self.content[self.place : self.place + 1] != b"}":
            name = self.take(self.length()).decode()
            if name in found:
                raise ValueError("a booster says two things of itself")
            found[name] = self.value(depth + 1)
        self.place += 1
        return found

    def list(self, depth: int) -> Any:
        """Give as many values as the list says, or up to the closing bracket."""
        kind = self.take(2)[1:] if self.content[self.place : self.place + 1] == b"$" else None
        if self.content[self.place : self.place + 1] == b"#":
            self.place += 1
            length = self.length()
            if kind is not None:
                return np.frombuffer(self.take(length * NUMBERS[kind].itemsize), NUMBERS[kind])
            if length > len(self.content):
                raise ValueError("a booster is shorter than it says")
            return [self.value(depth + 1) for _ in range(length)]
        if kind is not None:
            raise ValueError("a booster has a list without a length")
        found = []
        while self.content[self.place : self.place + 1] != b"]":
            found.append(self.value(depth + 1))
        self.place += 1
        return found


def _check_trees(booster: dict[str, Any], n_columns: int, n_results: int) -> None:
    if booster["name"] == "gblinear":
        if len(booster["model"]["weights"]) != (n_columns + 1) * n_results:
            raise ValueError("a booster has another number of columns than it says")
        return
    model = (booster["gbtree"] if booster["name"] == "dart" else booster)["model"]
    trees, of_result, rounds = model["trees"], np.asarray(model["tree_info"]), np.asarray(model["iteration_indptr"])
    sizes = model["gbtree_model_param"]
    lengths = {int(sizes["num_trees"]), len(trees), len(of_result), len(booster.get("weight_drop", trees)), rounds[-1]}
    if lengths != {len(trees)} or rounds[0] != 0 or (np.diff(rounds) < 0).any() or int(sizes["num_parallel_tree"]) < 1:
        raise ValueError("a booster has another number of trees than it says")
    if (of_result < 0).any() or (of_result >= n_results).any():
        raise ValueError("a booster's tree is of a class that is not there")
    if len(model.get("cats", {}).get("enc", ())):
        raise ValueError("a booster recodes categories itself, which is not looked at")
    for tree in trees:
        _check_tree(tree, n_columns)


def _check_tree(tree: dict[str, Any], n_columns: int) -> None:
    sizes = tree["tree_param"]
    n_nodes = int(sizes["num_nodes"])
    if n_nodes < 1 or any(np.shape(tree[name]) != (n_nodes,) for name in OF_NODES):
        raise ValueError("a booster's tree has another number of nodes than it says")
    if int(sizes["size_leaf_vector"]) > 1 or int(sizes["num_feature"]) != n_columns:
        raise ValueError("a booster's tree has another number of columns or results than the booster")
    left, right, parents = (np.asarray(tree[name], np.int64) for name in ("left_children", "right_children", "parents"))
    inner = np.flatnonzero(left != -1)
    below = np.concatenate([left[inner], right[inner]])
    # With one parent each, and none for the first, no way down comes back.
    if (below < 1).any() or (below >= n_nodes).any() or (np.bincount(below, minlength=1) > 1).any():
        raise ValueError("a booster's tree points to a node that is not there, or back up")
    if (parents[below] != np.tile(inner, 2)).any() or (right[left == -1] != -1).any():
        raise ValueError("a booster's tree points to a node that is not there, or back up")
    columns = np.asarray(tree["split_indices"], np.int64)
    if (columns < 0).any() or (columns >= n_columns).any():
        raise ValueError("a booster's tree asks for a column that is not there")
    _check_categories(tree, n_nodes)


def _check_categories(tree: dict[str, Any], n_nodes: int) -> None:
    """Check that a node that decides by a set of categories has one."""
    names = ("categories", "categories_nodes", "categories_segments", "categories_sizes")
    values, nodes, starts, lengths = (np.asarray(tree[name], dtype=np.int64) for name in names)
    by_category = np.flatnonzero(np.asarray(tree["split_type"]))
    sound = (
        len(nodes) == len(starts) == len(lengths)
        and (values >= 0).all()
        and (values < MOST_CATEGORIES).all()
        and _within(nodes, n_nodes)
        and (lengths > 0).all()
        and (starts >= 0).all()
        and (starts + lengths <= len(values)).all()
        and np.array_equal(nodes, by_category)
    )
    if not sound:
        raise ValueError("a booster's tree asks for a set of categories that is not there")


def _within(numbers: NDArray[np.int64], length: int) -> bool:
    return bool((numbers >= 0).all() and (numbers < length).all())
