"""An object in a model file is built in the one way objects of its type are, or it is refused; nothing is called."""

import json
import time
import zipfile
from itertools import count

import numpy as np
import pytest
from mutants import SCHEMA, members_of, nodes_in, write_members
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from pseudolabel.errors import InputError
from pseudolabel.model_file import load_model, save_model
from pseudolabel.model_schema import MOST_DEPTH, WAYS

X = np.random.default_rng(0).random((30, 4))
Y = (X[:, 0] > 0.5).astype(int)


NUMBERS = count(17)


def node(loader, name, **more):
    module, _, kind = name.rpartition(".")
    return {"__loader__": loader, "__module__": module, "__class__": kind, "__id__": next(NUMBERS), **more}


def text(value):
    return node("JsonNode", "builtins.str", content=json.dumps(value), is_json=True)


def listed(*nodes):
    return node("ListNode", "builtins.list", content=list(nodes))


def named(**nodes):
    return node(
        "DictNode", "builtins.dict", content=nodes, key_types=listed(*[node("TypeNode", "builtins.str")] * len(nodes))
    )


@pytest.fixture
def model(tmp_path):
    """Give a sound model file."""
    path = tmp_path / "model.skops"
    save_model(LogisticRegression().fit(X, Y), path)
    return path


def change(path, changed):
    """Change the schema of a model file in place."""
    members = members_of(path)
    schema = json.loads(members[SCHEMA])
    changed(schema)
    write_members(path, members | {SCHEMA: json.dumps(schema).encode()})


def plant(path, planted, name="planted"):
    """Give the model of a file one more attribute."""

    def changed(schema):
        state = schema["content"]
        state["content"][name] = planted
        state["key_types"]["content"].append(node("TypeNode", "builtins.str"))

    change(path, changed)


def refusal(path):
    with pytest.raises(InputError) as caught:
        load_model(path)
    assert path.name in str(caught.value)
    return str(caught.value)


BOOSTERS = ("lightgbm.basic.Booster", "xgboost.core.Booster")


@pytest.mark.parametrize("booster", BOOSTERS)
@pytest.mark.parametrize(
    "called",
    [
        lambda name, path: node("ConstructorFromReduceNode", name, content=listed(text(path))),
        lambda name, path: node("LossNode", name, content=named(), __reduce__={"args": listed(named(), text(path))}),
        lambda name, path: node("ListNode", name, content=[text(path)]),
        lambda name, path: node("TupleNode", name, content=[text(path)]),
        lambda name, path: node("SetNode", name, content=[text(path)]),
        lambda name, path: node("DictNode", name, content={}, key_types=listed()),
        lambda name, path: node(
            "DictNode", "builtins.dict", content={path: text(1)}, key_types=listed(node("TypeNode", name))
        ),
        lambda name, path: node(
            "ObjectNode",
            "sklearn.preprocessing._function_transformer.FunctionTransformer",
            content=named(func=node("FunctionNode", name)),
        ),
        lambda name, path: node("FunctionNode", name),
        lambda name, path: node("MethodNode", name, content={"func": "save_model", "obj": node("ObjectNode", name)}),
        lambda name, path: node(
            "PartialNode", name, content=dict.fromkeys(("func", "args", "kwds", "namespace"), text(1))
        ),
    ],
    ids=[
        "reduce",
        "loss",
        "list",
        "tuple",
        "set",
        "dict",
        "key",
        "function of an object",
        "function",
        "method",
        "partial",
    ],
)
def test_a_booster_is_not_called_with_the_path_of_a_file(model, tmp_path, monkeypatch, booster, called):
    secret = tmp_path / "secret"
    secret.write_text("{}")
    opened = []
    module, _, kind = booster.rpartition(".")
    monkeypatch.setattr(f"{module}.{kind}.__init__", lambda *given, **more: opened.append((given, more)))
    plant(model, called(booster, str(secret)))

    said = refusal(model)

    assert "not allowed" in said
    assert opened == []


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "subprocess.Popen"])
@pytest.mark.parametrize("loader", WAYS)
def test_nothing_that_runs_code_is_built_in_any_way(model, name, loader):
    one = text("x")
    state = {"content": {}, "key_types": listed(), "attrs": one, "__reduce__": {"args": listed()}, "is_json": True}
    fields = {key: state[key] for key in WAYS[loader].fields if key in state}
    plant(model, node(loader, name, **fields))

    said = refusal(model)

    assert f"not allowed: '{name}'" in said or "is not a model file" in said


@pytest.mark.parametrize(
    ("planted", "words"),
    [
        (node("JsonNode", "builtins.str", content="[[], []]", is_json=True), "hides a list in a text"),
        (node("NoSuchNode", "builtins.str"), "which nothing is"),
        (node("BytesNode", "builtins.bytes", file="../../etc/passwd"), "names a member"),
        (node("BytesNode", "builtins.bytes", file=SCHEMA), "names a member"),
        (node("NdArrayNode", "numpy.ndarray", type="numpy", file="1.bin"), "names a member"),
        (node("ListNode", "builtins.list", content=[], more=1), "unknown field 'more'"),
        (node("ListNode", "builtins.list", content=[{"__id__": 1}]), "where an object should stand"),
        (node("ListNode", "builtins.list", content=[]) | {"__id__": None}, "without a number"),
        (node("ObjectNode", "sklearn.linear_model._logistic.LogisticRegression", content=listed()), "no dictionary"),
        (node("SliceNode", "builtins.slice", content={"start": [], "stop": 1, "step": 1}), "a slice that is none"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["__loader__"],
)
def test_a_state_that_no_model_has_is_refused(model, planted, words):
    plant(model, planted)

    assert words in refusal(model)


def test_lists_of_lists_that_stand_for_billions_are_refused_at_once(model):
    """Each list holds the one before it, and then a mere pointer to it: forty lines for a million million lists."""
    inner = listed(text("lol"))
    for _ in range(40):
        inner = listed(inner, {**listed(), "__id__": inner["__id__"]})
    plant(model, inner)
    start = time.perf_counter()

    assert "two different objects of one number" in refusal(model)
    assert time.perf_counter() - start < 5


def test_a_list_that_holds_itself_is_refused(model):
    inner = listed()
    inner["content"].append({**listed(), "__id__": inner["__id__"]})
    plant(model, inner)

    assert "two different objects of one number" in refusal(model)


@pytest.mark.parametrize("depth", [MOST_DEPTH, 300, 100_000])
@pytest.mark.parametrize("opening", ["[", '{"a":', '{"content":['])
def test_brackets_within_brackets_are_refused(model, opening, depth):
    members = members_of(model)
    write_members(model, members | {SCHEMA: (opening * depth).encode()})

    assert "is not a model file" in refusal(model)


def test_objects_within_objects_are_refused_beyond_what_models_have(model):
    inner = listed()
    for _ in range(MOST_DEPTH):
        inner = listed(inner)
    plant(model, inner)

    assert f"nested more than {MOST_DEPTH} deep" in refusal(model)


def test_a_schema_of_more_values_than_models_have_is_refused_before_it_is_read(model):
    members = members_of(model)
    write_members(model, members | {SCHEMA: b"[" + b"[]," * 5_500_000 + b"[]]"})

    assert "values, and at most" in refusal(model)


def test_one_member_is_not_read_again_and_again(model):
    plant(model, listed(*[node("BytesNode", "builtins.bytes", file="1.bin") for _ in range(300)]))
    with zipfile.ZipFile(model, "a") as archive:
        archive.writestr("1.bin", bytes(1 << 20))

    assert "another's" in refusal(model)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_without_a_bound_is_refused(model, compression):
    members = members_of(model)
    with zipfile.ZipFile(model, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)

    assert "compressed in a way" in refusal(model)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("node_count", 10**6, "number of nodes"),
        ("node_count", -1, "number of nodes"),
        ("node_count", 1.5, "whole number"),
        ("outputs", 2, "number of outputs"),
        ("outputs", 0, "number of outputs"),
    ],
)
def test_a_tree_of_another_size_than_it_says_is_refused_before_it_is_built(tmp_path, field, value, words):
    path = tmp_path / "forest.skops"
    save_model(RandomForestClassifier(2, random_state=0).fit(X, Y), path)

    def changed(schema):
        tree = next(found for found in nodes_in(schema) if found.get("__loader__") == "TreeNode")
        outputs = tree["__reduce__"]["args"]["content"][2]
        chosen = outputs if field == "outputs" else tree["content"]["content"][field]
        chosen |= {"content": json.dumps(value), "__id__": 17}

    change(path, changed)

    assert words in refusal(path)
