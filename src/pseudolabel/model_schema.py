"""Model schema: how the objects in a model file are put together, judged before one of them is built.

Takes  the text of a file's schema, and what its members are.
Gives  the types that are not built in the one way objects of their type are: none, for a model of ours.

skops, which builds a model, asks whether the types in a file are allowed, not how the file wants them built. A booster
that is *called* with the path of a file would read that file; a class in the place of a function would be called with
the user's rows; one list that holds another twice, and so on forty times, would stand for a million million lists. So
each type has its way of building here, the one in which skops itself writes it, and each way its fields.

Before this: booster_text.py, booster_bytes.py. After this: model_file.py.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from pseudolabel.booster_bytes import check_booster_bytes
from pseudolabel.booster_text import check_booster_text

SCHEMA = "schema.json"
"""The member that says how a model is put together."""

MOST_SCHEMA_BYTES = 1 << 29
"""Of the text, which is read at once. Models of ours have up to 40 MB of it."""

MOST_VALUES = 10_000_000
"""Commas and opening brackets in the text; models of ours have up to a million. As many empty lists take 600 MB."""

MOST_DEPTH = 100
"""Objects within objects; models of ours have up to 30."""

MOST_SEED_WORDS = 64
"""In the pool of a seed, which is filled word by word; numpy's has 4."""

Node = dict[str, Any]
Head = tuple[tuple[int, ...], np.dtype[Any]]
"""Shape and type of an array."""


@dataclass(frozen=True)
class Way:
    """One way of building.

    Attributes
    ----------
    builds : tuple of str
        What is built so; a name that ends in a dot stands for all below it.
    fields : tuple of str
        What such a node has besides type and number.
    parts : function
        Gives the nodes within it, in the order in which skops visits them.
    """

    builds: tuple[str, ...]
    fields: tuple[str, ...]
    parts: Callable[[Node], list[Any]]

    def is_for(self, name: str) -> bool:
        """Tell whether objects of a type are built so."""
        return any(name == start or (start[-1] == "." and name.startswith(start)) for start in self.builds)


def _none(_: Node) -> list[Any]:
    return []


def _content(node: Node) -> list[Any]:
    return [node["content"]] if node.get("content") is not None else []


def _items(node: Node) -> list[Any]:
    return list(node["content"])


def _of(*names: str) -> Callable[[Node], list[Any]]:
    return lambda node: [node["content"][name] for name in names]


def _array(node: Node) -> list[Any]:
    return [] if "file" in node else [*node["content"], node["shape"]]


NOBODY = ()
"""Built so: nothing in a model of ours, and for others only what the user trusts by name."""

WAYS: Mapping[str, Way] = {
    "BytearrayNode": Way(("builtins.bytearray",), ("file",), _none),
    "BytesNode": Way(("builtins.bytes",), ("file",), _none),
    "ConstructorFromReduceNode": Way(NOBODY, ("content",), _content),
    "DTypeNode": Way(("numpy.dtype",), ("content",), _content),
    "DefaultDictNode": Way(("collections.defaultdict",), ("content",), _of("main", "default_factory")),
    "DictNode": Way(
        ("builtins.dict", "collections.OrderedDict"),
        ("content", "key_types"),
        lambda node: [node["key_types"], *node["content"].values()],
    ),
    "FunctionNode": Way(
        (
            "numpy.",
            "scipy.special.",
            "skrub._dataframe._common.",
            "skrub._table_vectorizer._created_by_predicate",
            "skrub.selectors._selectors._cardinality_below",
        ),
        (),
        _none,
    ),
    "JsonNode": Way(("builtins.str",), ("content", "is_json"), _none),
    "ListNode": Way(("builtins.list",), ("content",), _items),
    "LossNode": Way(
        ("sklearn._loss._loss.", "sklearn.linear_model._sgd_fast."),
        ("__reduce__", "content"),
        lambda node: [node["content"], node["__reduce__"]["args"]],
    ),
    "MaskedArrayNode": Way(("numpy.ma.",), ("content",), _of("data", "mask")),
    "MethodNode": Way(NOBODY, ("content",), _of("obj")),
    "NdArrayNode": Way(("numpy.",), ("type", "file", "content", "shape"), _array),
    "ObjectNode": Way(("lightgbm.", "pseudolabel.", "sklearn.", "skrub.", "xgboost."), ("content",), _content),
    "OperatorFuncNode": Way(NOBODY, ("attrs",), lambda node: [node["attrs"]]),
    "PartialNode": Way(NOBODY, ("content",), _of("func", "args", "kwds", "namespace")),
    "RandomGeneratorNode": Way(("numpy.random.",), ("content",), _of("bit_generator", "seed_seq")),
    "RandomStateNode": Way(("numpy.random.",), ("content",), _content),
    "SetNode": Way(("builtins.set",), ("content",), _items),
    "SliceNode": Way(("builtins.slice",), ("content",), _none),
    "SparseMatrixNode": Way(("scipy.sparse.",), ("type", "file"), _none),
    "TreeNode": Way(
        ("sklearn.tree._tree.Tree",),
        ("__reduce__", "content"),
        lambda node: [node["content"], node["__reduce__"]["args"]],
    ),
    "TupleNode": Way(("builtins.tuple",), ("content",), _items),
    "TypeNode": Way(("builtins.", "collections.OrderedDict", "numpy."), (), _none),
}
"""How skops builds; which types may be built at all is decided elsewhere, by the list of allowed ones."""

OF_EVERY_NODE = frozenset({"__class__", "__id__", "__loader__", "__module__"})
OF_THE_FIRST = frozenset({"_skops_version", "protocol"})

BOOSTERS = ("lightgbm.basic.Booster", "xgboost.core.Booster")
"""Types that are built by the libraries they are from, out of one text or bytes."""

SUFFIXES = {"NdArrayNode": ".npy", "SparseMatrixNode": ".npz"}
"""Of the member an object is read from; bytes lie in `.bin`."""


def check_schema(
    text: bytes,
    members: Collection[str],
    heads: Mapping[str, Head],
    read: Callable[[str], bytes],
    trusted: Collection[str] = (),
) -> dict[str, str]:
    """Refuse a schema that could not be that of a model, and find objects that are to be built in a wrong way.

    Parameters
    ----------
    text : bytes
        JSON.
    members : collection of str
        Names of all members of the file.
    heads : mapping from str to (shape, dtype)
        Of the members that are arrays.
    read : function
        Gives the bytes of a member by its name.
    trusted : collection of str, default=()
        Types, as `module.Class`, that may be built in any way.

    Returns
    -------
    strange : dict from str to str
        Of each type that is to be built in a way that is not its own, that way.

    Raises
    ------
    ValueError
        With what is wrong.
    Exception
        Whatever a schema leads to whose values are of other types than those of any model.

    Examples
    --------
    >>> one = b'"__module__": "builtins", "__id__": 1, "protocol": 2, "_skops_version": "0.14"'
    >>> check_schema(
    ...     b'{"__loader__": "ListNode", "__class__": "list", "content": [], ' + one + b"}", [], {}, bytes.fromhex
    ... )
    {}
    >>> check_schema(
    ...     b'{"__loader__": "ListNode", "__class__": "exec", "content": [], ' + one + b"}", [], {}, bytes.fromhex
    ... )
    {'builtins.exec': 'ListNode'}
    """
    n_values = text.count(b",") + text.count(b"{") + text.count(b"[")
    if len(text) > MOST_SCHEMA_BYTES or n_values > MOST_VALUES:
        _refuse(
            f"its {SCHEMA} has {len(text):,} bytes and {n_values:,} values, and at most {MOST_SCHEMA_BYTES:,} and "
            f"{MOST_VALUES:,} are read"
        )
    try:
        schema = json.loads(text)
    except RecursionError:
        _refuse(f"its {SCHEMA} is nested too deeply")
    if isinstance(schema, dict):
        for name in OF_THE_FIRST:
            schema.pop(name, None)
    walk = _Walk(frozenset(members), heads, read, frozenset(trusted))
    walk.visit(schema, 1)
    return walk.strange


def _refuse(why: str) -> NoReturn:
    raise ValueError(why)


@dataclass(frozen=True)
class _Walk:
    """A look at every node of a schema.

    Attributes
    ----------
    members, heads, read, trusted
        See `check_schema`.
    first : dict from int to node
        By its number, each node as it was met first: skops builds that one wherever the number comes again.
    readers : dict from str to int
        By the name of a member, the number of the object that is read from it.
    strange : dict from str to str
        See `check_schema`.
    """

    members: frozenset[str]
    heads: Mapping[str, Head]
    read: Callable[[str], bytes]
    trusted: frozenset[str]
    first: dict[int, Node] = field(default_factory=dict)
    readers: dict[str, int] = field(default_factory=dict)
    strange: dict[str, str] = field(default_factory=dict)

    def visit(self, node: Any, depth: int) -> None:
        """Check a node and all within it."""
        if not isinstance(node, dict) or not node.keys() >= OF_EVERY_NODE:
            _refuse(f"its {SCHEMA} has something else where an object should stand")
        number = node["__id__"]
        before = self.first.get(number)
        if before is not None:
            # A shared object is written out again. Were a pointer enough, a few lines could stand for billions; and
            # were another object allowed, what is checked here would not be what is built.
            if before != node and not self._is_alike(before, node):
                _refuse(f"its {SCHEMA} has two different objects of one number")
            return
        if depth > MOST_DEPTH:
            _refuse(f"its {SCHEMA} has objects nested more than {MOST_DEPTH} deep")
        if type(number) is not int or number == 0:
            _refuse(f"its {SCHEMA} has an object without a number")
        self.first[number] = node
        for part in self._check(node):
            self.visit(part, depth + 1)
        state = CHECKS_OF_STATE.get(node["__loader__"])
        if state is not None:
            state(node, self)

    def _check(self, node: Node) -> list[Any]:
        """Check a node itself; give the nodes within it."""
        loader, module, kind = node["__loader__"], node["__module__"], node["__class__"]
        way, name = WAYS.get(loader), f"{module}.{kind}"
        if way is None:
            _refuse(f"its {SCHEMA} asks for an object to be built as a {str(loader)[:60]!r}, which nothing is")
        if not way.is_for(name) and name not in self.trusted:
            self.strange[name] = loader
        for key in node:
            if key not in OF_EVERY_NODE and key not in way.fields:
                _refuse(f"its {SCHEMA} has a {name[:120]!r} with the unknown field {key[:60]!r}")
        file = node.get("file")
        if file is not None:
            self._check_file(file, node)
        return way.parts(node)

    def _check_file(self, file: Any, node: Node) -> None:
        """Check that what an object is read from is there, of the right kind, and its own."""
        right = file in self.members and file.endswith(SUFFIXES.get(node["__loader__"], ".bin"))
        if not right or self.readers.setdefault(file, node["__id__"]) != node["__id__"]:
            _refuse(f"its {SCHEMA} names a member {str(file)[:60]!r} that is not there, another's, or of another kind")

    def _is_alike(self, one: Node, other: Node) -> bool:
        """Tell whether two nodes stand for the same object: trees, say, are written to other members each time."""
        if one.keys() != other.keys():
            return False
        ways = WAYS[one["__loader__"]]
        for key, value in one.items():
            if key == "file":
                if self.heads.get(value) != self.heads.get(other[key]):
                    return False
            elif isinstance(value, dict):
                if not isinstance(other[key], dict) or value.keys() != other[key].keys():
                    return False
            elif not isinstance(value, list) and key != "__id__" and value != other[key]:
                return False
        some, others = ways.parts(one), ways.parts(other)
        return len(some) == len(others) and all(
            isinstance(b, dict) and (a == b or self._is_alike(a, b)) for a, b in zip(some, others, strict=True)
        )


def _check_scalar(node: Node, _: "_Walk") -> None:
    text = node["content"]
    if not isinstance(text, str) or text.lstrip()[:1] in ("[", "{"):
        _refuse(f"its {SCHEMA} hides a list in a text")


def _check_array(node: Node, _: "_Walk") -> None:
    if node["type"] != ("numpy" if "file" in node else "json"):
        _refuse(f"its {SCHEMA} has an array of an unknown kind")


def _check_object(node: Node, walk: "_Walk") -> None:
    state, name = node.get("content"), f"{node['__module__']}.{node['__class__']}"
    if state is not None and state["__loader__"] not in ("DictNode", "TupleNode") and state.get("content") != "null":
        _refuse(f"its {SCHEMA} has an object whose state is no dictionary")
    if name in BOOSTERS and name not in walk.trusted:
        for key in ("_handle", "handle"):
            if state is not None and key in state["content"]:
                _check_booster(state["content"][key], walk)


def _check_booster(node: Node, walk: "_Walk") -> None:
    """Read what a library keeps its booster in before that library does."""
    if node["__loader__"] == "BytearrayNode":
        check_booster_bytes(walk.read(node["file"]))
        return
    text = json.loads(node["content"])
    if isinstance(text, str):
        check_booster_text(text)
    elif text is not None:
        _refuse(f"its {SCHEMA} has something else where a booster should stand")


def _check_loss(node: Node, _: "_Walk") -> None:
    if node["content"]["content"]:
        _refuse(f"its {SCHEMA} has a loss with a state, and losses have none")


def _check_slice(node: Node, _: "_Walk") -> None:
    if not all(value is None or type(value) is int for value in node["content"].values()):
        _refuse(f"its {SCHEMA} has a slice that is none")


def _check_seed(node: Node, _: "_Walk") -> None:
    if not 0 < _number(node["content"]["seed_seq"]["content"]["pool_size"]) <= MOST_SEED_WORDS:
        _refuse(f"its {SCHEMA} has a seed of more than {MOST_SEED_WORDS} words")


def _check_tree(node: Node, walk: "_Walk") -> None:
    """Check what scikit-learn takes on trust when it builds a tree: the numbers of its nodes and outputs."""
    _, classes, outputs = node["__reduce__"]["args"]["content"]
    state, n_outputs = node["content"]["content"], _number(outputs)
    shape_of_classes, kind = walk.heads[classes["file"]]
    shape_of_nodes, _ = walk.heads[state["nodes"]["file"]]
    if shape_of_classes != (n_outputs,) or kind.kind != "i" or not n_outputs:
        _refuse("it has a tree with another number of outputs than it says")
    if len(shape_of_nodes) != 1 or shape_of_nodes[0] != _number(state["node_count"]) or not shape_of_nodes[0]:
        _refuse("it has a tree with another number of nodes than it says")


def _number(node: Node) -> int:
    """Give the whole number a node stands for."""
    number = json.loads(node["content"])
    if type(number) is not int:
        _refuse(f"its {SCHEMA} has something else where a whole number should stand")
    return number


CHECKS_OF_STATE: Mapping[str, Callable[[Node, _Walk], None]] = {
    "JsonNode": _check_scalar,
    "LossNode": _check_loss,
    "NdArrayNode": _check_array,
    "ObjectNode": _check_object,
    "RandomGeneratorNode": _check_seed,
    "SliceNode": _check_slice,
    "TreeNode": _check_tree,
}
"""What else is known of the states of objects."""
