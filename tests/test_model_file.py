"""The model file allows what our models are made of, and nothing that could run code or use up memory."""

import importlib
import io
import json
import pickle
import tracemalloc
import zipfile

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import pseudolabel
from pseudolabel.errors import InputError
from pseudolabel.model_file import ALLOWED_TYPES, PICKLES, load_model, save_model


@pytest.mark.parametrize("name", ALLOWED_TYPES)
def test_every_allowed_type_exists(name):
    module, _, kind = name.rpartition(".")

    assert hasattr(importlib.import_module(module), kind)


def test_allowed_types_are_listed_once_and_in_order():
    assert list(ALLOWED_TYPES) == sorted(set(ALLOWED_TYPES))


@pytest.mark.parametrize("module", ["builtins", "os", "subprocess", "shutil", "operator", "functools", "importlib"])
def test_nothing_that_could_run_code_is_allowed(module):
    assert not [name for name in ALLOWED_TYPES if name.startswith(f"{module}.")]


@pytest.fixture
def sound(tmp_path):
    """Give a sound model file of a plain estimator."""
    path = tmp_path / "model.skops"
    save_model(LogisticRegression().fit([[0.0], [1.0]], [0, 1]), path)
    return path


def rewritten(path, change):
    """Write the archive again with the members, a dict from name to bytes, that `change` gives."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in change(members):
            archive.writestr(name, content)


def array_claiming(shape):
    """Give the bytes of an array whose head claims a shape it has not."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return stream.getvalue() + bytes(80)


def test_a_sound_file_is_loaded(sound):
    assert load_model(sound).predict([[1.0]]).tolist() == [1]


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")  # that is what is tried
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda found: [*found.items(), ("bomb.bin", bytes(1 << 26))], "would unpack to 67,108,864 bytes"),
        (lambda found: [*found.items(), ("a.npy", array_claiming((1 << 50,)))], "claims 9,007,199,254,740,992 bytes"),
        (lambda found: [*found.items(), ("a.npy", array_claiming((2,)))], "claims 16 bytes"),
        (lambda found: [*found.items(), ("schema.json", found["schema.json"])], "each under its own name"),
        (lambda found: [("schema.json", b"[" * 100_000)], "is not a model file"),
        (lambda found: [("schema.json", b"{}")], "is not a model file"),
        (lambda found: [], "is not a model file"),
    ],
    ids=["bomb", "absurd array", "short array", "twice", "deep", "empty schema", "empty"],
)
def test_a_file_made_to_do_harm_is_refused_before_it_takes_memory(sound, change, message):
    rewritten(sound, change)
    tracemalloc.start()

    with pytest.raises(InputError, match=message):
        load_model(sound)

    assert tracemalloc.get_traced_memory()[1] < 1 << 30
    tracemalloc.stop()


def test_an_object_of_a_type_that_runs_code_is_refused_by_name(sound):
    def change(found):
        schema = json.loads(found["schema.json"])
        schema |= {"__module__": "os", "__class__": "system", "__loader__": "FunctionNode"}
        return [*({**found, "schema.json": json.dumps(schema).encode()}).items()]

    rewritten(sound, change)

    with pytest.raises(InputError, match=r"types that are not allowed: .*os\.system|is not a model file"):
        load_model(sound)


class Canary:
    """Leaves a file where it is opened."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("suffix", PICKLES)
def test_a_pickle_is_not_opened_unless_it_is_trusted(tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(pickle.dumps(Canary(tmp_path / "canary")))

    with pytest.raises(InputError, match=r"is a pickle.*--trust-pickle"):
        load_model(path)

    assert not (tmp_path / "canary").exists()


def test_a_pickle_under_another_name_is_no_model_file(tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(pickle.dumps(Canary(tmp_path / "canary")))

    with pytest.raises(InputError, match="is not a model file"):
        load_model(path, trust_pickle=True)

    assert not (tmp_path / "canary").exists()


def test_a_pickle_that_is_trusted_is_opened(tmp_path):
    joblib.dump(LogisticRegression().fit([[0.0], [1.0]], [0, 1]), tmp_path / "model.joblib")

    assert pseudolabel.load(tmp_path / "model.joblib", trust_pickle=True).predict([[1.0]]).tolist() == [1]


def test_a_trusted_pickle_that_cannot_be_opened_is_called_so(tmp_path):
    (tmp_path / "model.pkl").write_bytes(b"not a pickle")

    with pytest.raises(InputError, match="cannot be opened"):
        load_model(tmp_path / "model.pkl", trust_pickle=True)


def test_a_file_of_more_members_than_a_model_has_is_refused(sound, monkeypatch):
    monkeypatch.setattr("pseudolabel.model_file.MOST_MEMBERS", 1)

    with pytest.raises(InputError, match="at most 1 of"):
        load_model(sound)
