"""What an unfinished run has done is kept for the same inputs only, and goes when the run is done."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.errors import EngineError, InputError
from pseudolabel.plan import Plan
from pseudolabel.storage import UNFINISHED
from pseudolabel.unfinished import PLAN, as_json, from_json, read_unfinished, work_folder

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


def lost(plan, inputs=INPUTS):
    """Begin a run whose scheduler goes away after two chunks."""
    with work_folder(plan, inputs, lasting=True) as work:
        for number in range(2):
            (work / f"{number:06d}.parquet").touch()
        raise EngineError("The scheduler went away.")


@given(PLANS)
def test_a_plan_comes_back_as_it_was(plan):
    assert from_json(json.loads(json.dumps(as_json(plan)))) == plan


@pytest.mark.parametrize("lasting", [True, False])
def test_of_a_finished_run_nothing_is_left(tmp_path, lasting):
    with work_folder(plan_for(tmp_path), INPUTS, lasting=lasting) as work:
        (work / "000000.parquet").touch()

    assert list(tmp_path.iterdir()) == []


def test_an_error_of_another_kind_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), work_folder(plan_for(tmp_path), INPUTS, lasting=True):
        raise KeyboardInterrupt

    assert list(tmp_path.iterdir()) == []


def test_a_lost_engine_leaves_what_was_done_and_says_how_to_go_on(tmp_path):
    plan = plan_for(tmp_path, seed=7)

    with pytest.raises(EngineError, match=r"went away\. 2 parts of the work are done .*Go on with: pseudolabel resume"):
        lost(plan)

    assert read_unfinished(plan.out) == plan
    assert read_unfinished(plan.out, engine="threads").engine == "threads"
    with work_folder(plan, INPUTS, lasting=True) as work:
        assert sorted(path.name for path in work.glob("0*")) == ["000000.parquet", "000001.parquet"]


def test_a_run_whose_input_has_changed_is_not_gone_on_with(tmp_path):
    plan = plan_for(tmp_path)
    with pytest.raises(EngineError):
        lost(plan)

    with (
        pytest.raises(InputError, match=r"rows\.parquet has changed since the run in '.*run' was begun"),
        work_folder(plan, [INPUTS[0] | {"sha256": "2"}], lasting=True),
    ):
        pass


def test_a_run_of_other_versions_is_not_gone_on_with(tmp_path):
    plan = plan_for(tmp_path)
    with pytest.raises(EngineError):
        lost(plan)
    path = plan.out / UNFINISHED / PLAN
    path.write_text(path.read_text().replace('"numpy": "', '"numpy": "0.'))

    with pytest.raises(InputError, match="other versions of numpy"), work_folder(plan, INPUTS, lasting=True):
        pass


def test_where_nothing_is_unfinished_there_is_nothing_to_go_on_with(tmp_path):
    with pytest.raises(InputError, match="holds no unfinished run"):
        read_unfinished(tmp_path)
