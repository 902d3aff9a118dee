"""What an unfinished run has done is kept for the same inputs only, and goes when the run is done."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.errors import InputError
from pseudolabel.plan import Plan
from pseudolabel.run_folder import PLAN, UNFINISHED
from pseudolabel.unfinished import as_json, begin, from_json, read_unfinished, require_same

INPUTS = [{"name": "rows.parquet", "role": "data", "sha256": "1"}]

PATHS = st.sampled_from([Path("/rows.parquet"), Path("/over there/new.csv")])
PLANS = st.builds(
    Plan,
    data=PATHS,
    label=st.text(),
    out=st.just(Path("/run")),
    unlabeled=st.lists(PATHS, max_size=2).map(tuple),
    id=st.none() | st.text(),
    markers=st.lists(st.text(), max_size=3).map(tuple),
    test=st.none() | PATHS,
    table=st.none() | PATHS,
    seed=st.integers(0, 2**31),
    sample_rows=st.none() | st.integers(1, 10**6),
    memory=st.none() | st.integers(1, 10**12),
    precision=st.floats(0.01, 0.99),
    per_class=st.booleans(),
)


def plan_for(folder, **options):
    return Plan(folder / "rows.parquet", "kind", folder / "run", **options)


@given(PLANS)
def test_a_plan_comes_back_as_it_was(plan):
    assert from_json(json.loads(json.dumps(as_json(plan)))) == plan


def test_what_was_begun_is_written_down_once_and_read_back(tmp_path):
    plan = plan_for(tmp_path, seed=7)
    kept = plan.out / UNFINISHED
    kept.mkdir(parents=True)

    begin(kept, plan)
    begin(kept, plan_for(tmp_path, seed=8))

    assert read_unfinished(plan.out) == plan


def test_a_folder_that_was_moved_is_gone_on_with_where_it_is_now(tmp_path):
    kept = tmp_path / "moved" / UNFINISHED
    kept.mkdir(parents=True)

    begin(kept, plan_for(tmp_path))

    assert read_unfinished(tmp_path / "moved").out == tmp_path / "moved"


def test_the_same_inputs_are_gone_on_with(tmp_path):
    for _ in range(2):
        require_same(tmp_path, INPUTS)


def test_a_run_whose_input_has_changed_is_not_gone_on_with(tmp_path):
    require_same(tmp_path, INPUTS)

    with pytest.raises(InputError, match=r"rows\.parquet has changed .* SHA-256 was 1, and is 2\. Give it back"):
        require_same(tmp_path, [INPUTS[0] | {"sha256": "2"}])


def test_a_run_of_other_versions_is_not_gone_on_with(tmp_path):
    require_same(tmp_path, INPUTS)
    path = tmp_path / "inputs.json"
    path.write_text(path.read_text().replace('"numpy": "', '"numpy": "0.'))

    with pytest.raises(InputError, match="other versions of numpy"):
        require_same(tmp_path, INPUTS)


@pytest.mark.parametrize("content", ["", "[]", "7", "{}", '{"data": 7}'])
def test_what_no_run_wrote_is_refused(tmp_path, content):
    kept = tmp_path / UNFINISHED
    kept.mkdir()
    for name in (PLAN, "inputs.json"):
        (kept / name).write_text(content)

    with pytest.raises(InputError, match="is not the plan of a run"):
        read_unfinished(tmp_path)
    with pytest.raises(InputError, match="is not what a run wrote"):
        require_same(kept, INPUTS)


def test_where_nothing_is_unfinished_there_is_nothing_to_go_on_with(tmp_path):
    with pytest.raises(InputError, match="holds no unfinished run"):
        read_unfinished(tmp_path)
