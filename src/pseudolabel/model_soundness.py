"""Model soundness: a model that was read is one that can be asked without harm.

Takes  a model as it was built from a file.
Gives  nothing, if every number in it that compiled code follows leads to what is there; otherwise a `ValueError`.

Compiled code follows the numbers in a tree without a look at them: one that points beyond the end reads memory that is
not its own, and one that points back goes round for ever. So it is with the columns of a sparse matrix, with words and
categories that become such columns, with support vectors and with neighbors. A fitted model never has such numbers; a
file that was made up or damaged may. What is computed by Python and numpy alone is not looked at: these check.

Before this: model_schema.py. After this: model_file.py.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.cluster import BisectingKMeans, KMeans, MiniBatchKMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
)
from sklearn.ensemble._forest import BaseForest
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.neighbors._base import NeighborsBase
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder
from sklearn.svm._base import BaseLibSVM
from sklearn.tree import BaseDecisionTree, DecisionTreeRegressor
from sklearn.tree._tree import Tree
from sklearn.utils import check_array

BITSET_WORDS = 8
"""32-bit words of a set of 256 categories."""

MOST_THREADS = 1024
"""That a model may ask for: the system ends a process that asks for more than it can have."""

THREADS = ("n_jobs", "_n_threads", "nthread", "num_threads", "thread_count")

CHILDREN = ("children_left", "children_right")

RINGS = 624
"""Words of numpy's older random numbers; the place among them is not looked at when one is drawn."""


def check_sound(model: Any) -> None:
    """Refuse a model with numbers that lead compiled code to what is not there.

    Parameters
    ----------
    model : object
        An estimator, with all that it holds.

    Raises
    ------
    ValueError
        With what is wrong.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> tree = DecisionTreeClassifier().fit([[0], [1]], [0, 1])
    >>> check_sound(tree)
    >>> tree.n_features_in_ = 0
    >>> check_sound(tree)
    Traceback (most recent call last):
        ...
    ValueError: a tree asks for a column that is not there
    """
    trees = _Trees()
    free: list[Any] = []
    asked: list[tuple[Callable[[Any], None], Any]] = []
    for value in _everything_in(model):
        if isinstance(value, BaseDecisionTree) and "tree_" in vars(value):
            trees.add(value)
        elif isinstance(value, Tree | TreePredictor):
            free.append(value)
        kind: Any = type(value)
        asked += [(check, value) for check in _checks_of(kind)]
    trees.check()
    boosted = {id(value) for check, forest in asked if check is _check_histograms for value in _predictors(forest)}
    if any(id(tree) not in (boosted if isinstance(tree, TreePredictor) else trees.seen) for tree in free):
        raise ValueError("a tree stands by itself, without a learner that checks its rows")
    # What is asked while it is checked holds others, which were found after it: these first.
    for check, value in reversed(asked):
        check(value)


def _everything_in(model: Any) -> Iterator[Any]:
    """Give every object in a model once, those that hold others first."""
    seen: set[int] = set()
    left: list[Any] = [model]
    while left:
        value = left.pop()
        if isinstance(value, str | int | float | bytes | bytearray | type | None) or id(value) in seen:
            continue
        seen.add(id(value))
        yield value
        left += _parts(value)


def _parts(value: Any) -> Iterable[Any]:
    """Give what an object holds; refuse one whose own functions were replaced by values of the file."""
    if isinstance(value, np.ndarray):
        return list(value.flat) if value.dtype == object else ()
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, list | tuple | set | frozenset):
        return value
    fields: dict[str, Any] = getattr(value, "__dict__", {})
    if not fields or isinstance(value, FunctionType):
        return ()
    kind: Any = type(value)
    if not fields.keys().isdisjoint(_fixed(kind)):
        raise ValueError(f"a {kind.__name__} has a value where its own function should stand")
    for name in THREADS:
        if name in fields and isinstance(fields[name], int | float) and not abs(fields[name]) <= MOST_THREADS:
            raise ValueError(f"a {type(value).__name__} asks for {fields[name]} threads")
    return fields.values()


@cache
def _fixed(kind: Any) -> frozenset[str]:
    """Give the names of a type's functions, and of what else is the same for all objects of it."""
    functions = {name for base in kind.__mro__ for name, value in vars(base).items() if isinstance(value, FunctionType)}
    return frozenset(functions | {"_impl", "_sparse_kernels"})


class _Trees:
    """All trees of a model, looked at together: there may be thousands."""

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self.held: list[tuple[Tree, int]] = []

    def add(self, learner: BaseDecisionTree) -> None:
        """Add the tree of a learner, whose rows have a known number of columns."""
        if not isinstance(learner.tree_, Tree):
            raise ValueError("a tree is none")
        self.seen.add(id(learner.tree_))
        self.held.append((learner.tree_, _n_columns(learner)))

    def check(self) -> None:
        """Refuse children that are not there, loops, and columns that rows do not have."""
        if not self.held:
            return
        trees = [tree for tree, _ in self.held]
        sizes = np.array([tree.node_count for tree in trees])
        starts = np.cumsum(sizes) - sizes
        left, right = (np.concatenate([getattr(tree, name) for tree in trees]) for name in CHILDREN)
        features = np.concatenate([tree.feature for tree in trees])
        of_tree = np.repeat(np.arange(len(trees)), sizes)
        places = np.arange(len(left)) - starts[of_tree]
        inner = np.flatnonzero(left != -1)
        _check_children(left[inner], right[inner], places[inner], sizes[of_tree[inner]])
        _check_columns(features[inner], np.array([n for _, n in self.held])[of_tree[inner]])
        below = np.concatenate([children[inner] + starts[of_tree[inner]] for children in (left, right)])
        if len(np.unique(below)) != len(below):
            raise ValueError("a tree has a node with two parents")
        self._check_depths(left, right, starts, of_tree)

    def _check_depths(
        self, left: NDArray[np.int64], right: NDArray[np.int64], starts: NDArray[np.int64], of_tree: NDArray[np.int64]
    ) -> None:
        """Refuse a tree that is deeper than it says: room for paths through it is made by what it says."""
        depths, level, here = np.zeros(len(starts), dtype=np.int64), 0, starts
        while len(here):
            depths[of_tree[here]] = level
            here = here[left[here] != -1]
            first = starts[of_tree[here]]
            here, level = np.concatenate([left[here] + first, right[here] + first]), level + 1
        if (depths > [tree.max_depth for tree, _ in self.held]).any():
            raise ValueError("a tree is deeper than it says")


def _n_columns(learner: Any) -> int:
    """Give the number of columns that a learner makes sure its rows have."""
    number = vars(learner).get("n_features_in_")
    if not isinstance(number, int | np.integer) or isinstance(number, bool):
        raise ValueError(f"a {type(learner).__name__} does not say how many columns its rows have")
    return int(number)


def _check_children(left: NDArray[Any], right: NDArray[Any], parents: NDArray[Any], n_nodes: Any) -> None:
    """Check that children come after their parents, so that every way down ends."""
    for children in (left, right):
        if (children <= parents).any() or (children >= n_nodes).any():
            raise ValueError("a tree points to a node that is not there, or back up")


def _check_columns(columns: NDArray[Any], n_columns: Any) -> None:
    if (columns < 0).any() or (columns >= n_columns).any():
        raise ValueError("a tree asks for a column that is not there")


def _check_forest(forest: Any) -> None:
    """Check that a forest, which hands rows to its trees as they are, has rows of their width."""
    if "estimators_" not in vars(forest):
        return
    own = _n_columns(forest)
    features = vars(forest).get("estimators_features_")
    for number, tree in enumerate(forest.estimators_):
        width = own if features is None else min(own, len(features[number]))
        if not isinstance(tree, BaseDecisionTree) or _n_columns(tree) > width:
            raise ValueError("a forest has a tree of other columns than its own")


def _check_stages(boosted: Any) -> None:
    """Check that boosted trees have rows, and results, of one width."""
    stages = vars(boosted).get("estimators_")
    if stages is None:
        return
    if not isinstance(stages, np.ndarray) or stages.ndim != 2 or not stages.size:
        raise ValueError("boosted trees do not stand in rows")
    width = _n_columns(boosted)
    if any(not isinstance(tree, DecisionTreeRegressor) or _n_columns(tree) != width for tree in stages.ravel()):
        raise ValueError("boosted trees are of other columns than their learner")
    if boosted._raw_predict_init(np.zeros((1, width), dtype=np.float32)).shape != (1, stages.shape[1]):
        raise ValueError("boosted trees have results of another width than their learner")


def _predictors(boosted: Any) -> list[Any]:
    return [tree for stage in vars(boosted).get("_predictors", ()) for tree in stage]


def _check_histograms(boosted: Any) -> None:
    """Check boosted trees of binned columns."""
    trees = _predictors(boosted)
    if not trees:
        return
    width, categorical = _n_columns(boosted), np.asarray(boosted._bin_mapper.is_categorical_).astype(bool)
    if categorical.shape != (width,) or not _keeps_width(boosted._preprocessor, width):
        raise ValueError("boosted trees have rows of another width than their learner")
    if not all(isinstance(tree, TreePredictor) and tree.nodes.ndim == 1 and len(tree.nodes) for tree in trees):
        raise ValueError("a tree has no nodes")
    nodes, sizes = np.concatenate([tree.nodes for tree in trees]), np.array([len(tree.nodes) for tree in trees])
    of_tree = np.repeat(np.arange(len(trees)), sizes)
    places = np.arange(len(nodes)) - (np.cumsum(sizes) - sizes)[of_tree]
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    left, right = nodes["left"][inner].astype(np.int64), nodes["right"][inner].astype(np.int64)
    _check_children(left, right, places[inner], sizes[of_tree[inner]])
    _check_columns(nodes["feature_idx"][inner], width)
    by_category = inner[nodes["is_categorical"][inner] != 0]
    sets = [tree.raw_left_cat_bitsets for tree in trees]
    n_sets = np.array([len(found) if found.shape[1:] == (BITSET_WORDS,) else 0 for found in sets])
    missing = nodes["bitset_idx"][by_category] >= n_sets[of_tree[by_category]]
    if missing.any() or not categorical[nodes["feature_idx"][by_category]].all():
        raise ValueError("a tree asks for a set of categories that is not there")


def _keeps_width(preprocessor: Any, width: int) -> bool:
    """Tell whether what stands before boosted trees gives as many columns as it takes."""
    if preprocessor is None:
        return True
    if type(preprocessor) is not ColumnTransformer:
        return False
    n_columns = 0
    for _, step, columns in preprocessor.transformers_:
        if step == "drop":
            continue
        function = getattr(step, "func", None)
        checks = type(step) is FunctionTransformer and getattr(function, "func", function) in (None, check_array)
        plain = checks or type(step) is OrdinalEncoder
        chosen = np.asarray(columns)
        if not plain or chosen.ndim != 1:
            return False
        n_columns += int(chosen.sum()) if chosen.dtype == bool else len(chosen)
    return n_columns == width


def _check_support(machine: Any) -> None:
    """Check that the parts of a support vector machine are of one size."""
    if "_n_support" not in vars(machine):
        return
    counts, vectors, duals = machine._n_support, machine.support_vectors_, machine._dual_coef_
    n_vectors, n_classes = len(machine.support_), len(counts)
    n_pairs, by_rows = n_classes * (n_classes - 1) // 2, machine.kernel == "precomputed" or callable(machine.kernel)
    sizes = {len(machine._probA), len(machine._probB)}
    same = (
        (by_rows or vectors.shape == (n_vectors, _n_columns(machine)))
        and duals.shape == (n_classes - 1, n_vectors)
        and duals.data.nbytes == duals.dtype.itemsize * duals.shape[0] * duals.shape[1]
        and len(machine._intercept_) == n_pairs
        and (sizes == {0} or sizes == {n_pairs})
        and issparse(vectors) == issparse(duals) == bool(machine._sparse)
    )
    if machine._impl in ("c_svc", "nu_svc"):
        same = same and (counts >= 0).all() and counts.sum() == n_vectors and n_classes == len(machine.classes_)
    if by_rows:
        rows = machine.shape_fit_[0]
        same = same and (machine.support_ >= 0).all() and (machine.support_ < rows).all()
    if not same:
        raise ValueError("the parts of a support vector machine are of different sizes")


def _check_neighbors(learner: Any) -> None:
    """Check that every known row has its columns, and a class that is there."""
    known = vars(learner)
    if "_fit_X" not in known:
        return
    n_rows = known["_fit_X"].shape[0]
    if known["_fit_X"].shape != (learner.n_samples_fit_, _n_columns(learner)):
        raise ValueError("neighbors have other columns than the rows that ask for them")
    if "classes_" in known and "_y" in known:
        codes, classes = np.asarray(known["_y"]), known["classes_"]
        n_classes = min(map(len, classes)) if isinstance(classes, list) else len(classes)
        if len(codes) != n_rows or codes.min() < 0 or codes.max() >= n_classes:
            raise ValueError("a neighbor is of a class that is not there")


def _check_words(vectorizer: Any) -> None:
    words = vars(vectorizer).get("vocabulary_", {})
    if sorted(words.values()) != list(range(len(words))):
        raise ValueError("words are counted in columns that are not there")
    if getattr(vectorizer, "input", "content") != "content":
        raise ValueError("texts are the names of files, which a model of ours does not open")


def _check_categories(encoder: Any) -> None:
    """Check that every category has its column."""
    known = vars(encoder)
    if "_n_features_outs" not in known:
        return
    widths, drops = list(known["_n_features_outs"]), known.get("_drop_idx_after_grouping")
    merged = known.get("_default_to_infrequent_mappings", [None] * len(widths))
    if len(widths) != len(encoder.categories_) or len(merged) != len(widths):
        raise ValueError("categories have columns that are not there")
    for number, (width, codes) in enumerate(zip(widths, merged, strict=True)):
        n_codes = len(encoder.categories_[number])
        if codes is not None:
            if len(codes) != n_codes or min(codes) < 0:
                raise ValueError("categories have columns that are not there")
            n_codes = int(max(codes)) + 1
        drop = None if drops is None else drops[number]
        if drop is not None and not 0 <= drop < n_codes:
            raise ValueError("a category is left out that is not there")
        if width != n_codes - (drop is not None):
            raise ValueError("categories have columns that are not there")


def _check_centers(clusters: Any) -> None:
    centers = vars(clusters).get("cluster_centers_")
    if centers is not None and np.shape(centers)[1:] != (_n_columns(clusters),):
        raise ValueError("clusters have other columns than the rows that ask for them")


def _check_sparse(matrix: Any) -> None:
    if matrix.format in ("bsr", "csc", "csr"):
        matrix.check_format(full_check=True)


def _check_randomness(random: np.random.RandomState) -> None:
    state = random.get_state(legacy=False)
    if state["bit_generator"] == "MT19937" and not 0 <= state["state"]["pos"] <= RINGS:
        raise ValueError("random numbers go on at a place that is not there")


def _check_generator(random: np.random.Generator) -> None:
    state: Any = random.bit_generator.state
    if state["bit_generator"] == "MT19937" and not 0 <= state["state"]["pos"] <= RINGS:
        raise ValueError("random numbers go on at a place that is not there")


CHECKS: tuple[tuple[tuple[type, ...], Callable[[Any], None]], ...] = (
    ((BaseForest, IsolationForest), _check_forest),
    ((GradientBoostingClassifier, GradientBoostingRegressor), _check_stages),
    ((HistGradientBoostingClassifier, HistGradientBoostingRegressor), _check_histograms),
    ((BaseLibSVM,), _check_support),
    ((NeighborsBase,), _check_neighbors),
    ((CountVectorizer, DictVectorizer), _check_words),
    ((OneHotEncoder,), _check_categories),
    ((KMeans, MiniBatchKMeans, BisectingKMeans), _check_centers),
    ((np.random.RandomState,), _check_randomness),
    ((np.random.Generator,), _check_generator),
)
"""Kinds of objects whose numbers compiled code follows, and how these are checked."""


@cache
def _checks_of(kind: Any) -> tuple[Callable[[Any], None], ...]:
    if kind.__module__.startswith("scipy.sparse"):
        return (_check_sparse,)
    return tuple(check for kinds, check in CHECKS if issubclass(kind, kinds))
