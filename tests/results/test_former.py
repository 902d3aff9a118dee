"""A look at new labels is counted, one at the same labels is not; evidence is used again only for the same rows."""

import json

import numpy as np
import pytest
from witnesses import RIGHT, WRONG, evidence_of

from pseudolabel.judgement.differences import Rows
from pseudolabel.judgement.splits import Design
from pseudolabel.judgement.target_evidence import TargetEvidence
from pseudolabel.judgement.verdict import judge
from pseudolabel.results.former import (
    EVIDENCE,
    digest_of,
    key_of,
    load_evidence,
    read_former,
    record_of_looks,
    save_evidence,
)

NUMBERS = TargetEvidence(
    Design("folds", 5, 1),
    np.arange(20.0),
    np.arange(20),
    Rows(np.arange(20)[np.newaxis] % 5, np.ones(20), np.arange(20)),
    np.zeros((3, 1, 20)),
    np.zeros((1, 20, 2)),
)


def leave(folder, labels, look=None):
    """Leave the record of a run on these labels, as a run does."""
    former = read_former(folder, labels)
    verdict = judge(evidence_of(WRONG, WRONG, RIGHT), look=former.look if look is None else look)
    record = {"verdict": verdict.record() | record_of_looks(former, verdict)}
    (folder / "record.json").write_text(json.dumps(record))
    return former


def test_every_new_set_of_labels_is_one_look_more(tmp_path):
    looks = [leave(tmp_path, labels).look for labels in ("a", "a", "b", "b", "c")]

    assert looks == [1, 1, 2, 2, 3]


def test_the_words_of_earlier_looks_are_kept(tmp_path):
    for labels in ("a", "b"):
        leave(tmp_path, labels)

    assert read_former(tmp_path, "c").history == (
        {"look": 1, "n_labeled": 60, "code": "helps"},
        {"look": 2, "n_labeled": 60, "code": "helps"},
    )


@pytest.mark.parametrize("record", [None, "{", "{}", '{"verdict": {}}', '{"verdict": {"look": "x"}}', "[]"])
def test_a_folder_without_a_readable_record_has_no_past(tmp_path, record):
    if record is not None:
        (tmp_path / "record.json").write_text(record)

    assert read_former(tmp_path, "a").look == 1


def test_a_digest_changes_with_every_label_and_with_its_row():
    given = np.array([True, True, False])
    digests = {
        digest_of(["a", "b", None], given),
        digest_of(["a", "c", None], given),
        digest_of(["a", None, "b"], np.array([True, False, True])),
    }

    assert len(digests) == 3


@pytest.mark.parametrize("evidence", [evidence_of(WRONG, RIGHT, RIGHT), NUMBERS], ids=["classes", "numbers"])
def test_evidence_is_read_back_as_it_was(tmp_path, evidence):
    save_evidence(tmp_path / EVIDENCE, evidence, "key")

    found = load_evidence(tmp_path, "key")

    assert type(found) is type(evidence)
    assert found.design == evidence.design
    assert judge(found) == judge(evidence)
    for name, value in vars(evidence).items():
        if isinstance(value, np.ndarray):
            assert np.array_equal(getattr(found, name), value), name


def test_the_same_evidence_gives_the_same_bytes(tmp_path):
    for name in ("one.npz", "other.npz"):
        save_evidence(tmp_path / name, evidence_of(WRONG, RIGHT, RIGHT), "key")

    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


def test_evidence_of_other_rows_or_settings_is_not_used(tmp_path):
    save_evidence(tmp_path / EVIDENCE, NUMBERS, key_of({"seed": 0}, []))

    assert load_evidence(tmp_path, key_of({"seed": 1}, [])) is None
    assert load_evidence(tmp_path, key_of({"seed": 0}, [])) is not None


@pytest.mark.parametrize("bytes_", [b"", b"PK\x05\x06" + bytes(18), b"nonsense"])
def test_a_damaged_file_is_no_evidence(tmp_path, bytes_):
    (tmp_path / EVIDENCE).write_bytes(bytes_)

    assert load_evidence(tmp_path, "key") is None
