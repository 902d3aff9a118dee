"""The benchmark run as a user runs it, on one small table."""

import pandas as pd
import pytest

import compare
import compare_regression
from method import Method
from result_file import read_results

TINY = ["--tables", "iris", "--seeds", "1", "--methods", "tutorial"]
METHODS = ["rf", "tutorial", "rf-all-labels"]


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory):
    """What a tiny run writes."""
    path = tmp_path_factory.mktemp("run") / "results.csv"
    compare.main([*TINY, "--out", str(path)])
    return path.read_text()


@pytest.fixture
def measured(tmp_path, tiny_run):
    """A results file of a tiny run, to be changed at will."""
    path = tmp_path / "results.csv"
    path.write_text(tiny_run)
    return path


def test_a_run_leaves_a_line_for_each_method_and_for_what_it_is_compared_with(measured):
    results = read_results(measured)

    assert results["method"].tolist() == METHODS
    assert results[["labeled", "unlabeled", "test"]].drop_duplicates().to_numpy().tolist() == [[30, 75, 45]]
    assert results["accuracy"].between(0.8, 1).all()  # iris: even 30 labels give a forest more than 0.9
    assert (results["error"] == "").all()


def test_an_interrupted_run_measures_only_what_is_missing(measured):
    lines = measured.read_text().splitlines(keepends=True)
    measured.write_text("".join(lines[:3]) + lines[3][:20])

    compare.main([*TINY, "--out", str(measured)])

    again = measured.read_text().splitlines(keepends=True)
    assert again[:3] == lines[:3]
    assert read_results(measured)["method"].tolist() == METHODS
    assert _without_seconds(again[3]) == _without_seconds(lines[3])


def _without_seconds(line):
    return line.split(",")[:-2]


def test_a_complete_run_is_only_summarised_again(measured, capsys):
    before = measured.read_bytes()

    compare.main([*TINY, "--out", str(measured)])

    assert measured.read_bytes() == before
    assert "tables: 1, cells: 1, seeds: 1" in capsys.readouterr().out


def test_a_summary_can_be_had_as_markdown(measured, capsys):
    compare.main(["--summary-only", str(measured), "--markdown", "--cells", "tutorial"])

    said = capsys.readouterr().out
    assert "| method | against | cells | failed |" in said
    assert "| iris 10c |" in said


def test_a_method_that_fails_leaves_a_line_is_named_and_can_be_measured_again(measured, capsys, monkeypatch):
    lines = measured.read_text().splitlines(keepends=True)
    measured.write_text("".join(line for line in lines if ",tutorial," not in line))
    with monkeypatch.context() as patch:
        patch.setitem(compare.METHODS, "tutorial", Method("broken", lambda split: 1 / 0, "rf"))
        compare.main([*TINY, "--out", str(measured)])

    failed = read_results(measured).set_index("method").loc["tutorial"]
    assert failed["error"] == "ZeroDivisionError: division by zero"
    assert pd.isna(failed["accuracy"])
    assert "FAILED" in capsys.readouterr().out

    compare.main([*TINY, "--out", str(measured), "--retry-failed"])

    assert (read_results(measured)["error"] == "").all()


def test_what_is_not_in_the_summary_is_named(measured, capsys):
    measured.write_text(measured.read_text().replace(",tutorial,", ",gone,"))

    compare.main(["--summary-only", str(measured)])

    assert "no methods any more: gone." in capsys.readouterr().err


def test_a_file_belongs_to_one_cap(measured):
    with pytest.raises(SystemExit, match="holds a run with cap 2000"):
        compare.main([*TINY, "--out", str(measured), "--cap", "100"])


def test_unknown_names_are_refused_with_those_there_are(tmp_path):
    with pytest.raises(SystemExit, match=r"No method is called 'forest'\. There are: rf, "):
        compare.main([*TINY, "--methods", "forest", "--out", str(tmp_path / "results.csv")])


def test_regression_is_compared_by_error_ratios(tmp_path, capsys):
    path = tmp_path / "results.csv"
    words = ["--tables", "diabetes", "--budgets", "30", "--seeds", "1", "--methods", "ridge", "--cap", "150"]

    compare_regression.main([*words, "--out", str(path)])

    assert read_results(path)["method"].tolist() == ["rf", "ridge", "rf-all-labels"]
    assert "diabetes 30" in capsys.readouterr().out
