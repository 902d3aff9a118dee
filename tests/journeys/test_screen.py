"""The screen: results on stdout, everything else on stderr, bars and colours only where a terminal shows them."""

import json
import os
import pty
import re
import subprocess

import pytest
from journeys.steps import QUICK, SCRIPT, beads, fit, type_in, write

COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7])(?:;\d+)*m")


def in_a_terminal(*arguments: object, **more: str) -> tuple[int, str, str]:
    """Run the installed command with stderr a terminal, and give its exit code, stdout and stderr."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "CI")}
    environment |= {"TERM": "xterm-256color", "COLUMNS": "100"} | more
    typed = [str(SCRIPT), *map(str, arguments)]
    with subprocess.Popen(typed, stdout=subprocess.PIPE, stderr=theirs, text=True, env=environment) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # how Linux says that the other side is closed
                break
            if not piece:
                break
            shown += piece
        out, _ = process.communicate()
    os.close(ours)
    return process.returncode, out, shown.decode()


def test_json_prints_exactly_the_record(adult_run):
    printed = (adult_run / "stdout").read_text(encoding="utf-8")

    assert printed == (adult_run / "run" / "record.json").read_text(encoding="utf-8")


def test_nothing_but_findings_is_logged_where_there_is_no_terminal(adult_run):
    assert json.loads((adult_run / "stdout").read_text(encoding="utf-8"))["findings"] == []
    assert (adult_run / "stderr").read_text(encoding="utf-8") == ""


def test_the_summary_counts_rows_and_names_classes_files_and_the_verdict(tmp_path):
    answer = fit(write(beads(63), tmp_path), tmp_path / "run")

    record = json.loads((tmp_path / "run" / "record.json").read_text(encoding="utf-8"))
    counts = record["counts"]
    assert answer.out.startswith("63 rows: 21 with a label, 42 given a pseudo-label.\n")
    assert re.search(rf"^pearl +11 +{counts['suggested_per_class']['pearl']}$", answer.out, re.MULTILINE)
    assert re.search(
        r"^on 21 unseen labeled rows +labels only +no unlabeled rows +pseudo-labels$", answer.out, re.MULTILINE
    )
    assert re.search(rf"^accuracy +{record['metrics']['labels_only']['accuracy']:.1%} ", answer.out, re.MULTILINE)
    assert f": {record['verdict']['sentence']}\n" in answer.out
    assert f"In {tmp_path / 'run'}: labeled.parquet" in answer.out


def test_findings_go_to_stderr_with_their_code(tmp_path):
    answer = fit(write(beads().assign(unit="mm"), tmp_path), tmp_path / "run")

    assert "'unit' (every cell is 'mm') [constant-column]" in answer.err
    assert answer.err.count("\n") == answer.err.count("warning: ")
    assert "constant-column" not in answer.out


def test_quiet_says_nothing_on_stderr_even_in_a_terminal_and_still_gives_the_result(tmp_path):
    data = write(beads().assign(unit="mm"), tmp_path)

    code, out, shown = in_a_terminal("fit", data, "--label", "kind", "--out", tmp_path / "run", "--quiet", *QUICK)

    assert (code, shown) == (0, "")
    assert out.startswith("57 rows: 19 with a label")


def test_quiet_does_not_silence_an_error(tmp_path):
    answer = type_in("fit", tmp_path / "none.csv", "--label", "kind", "--out", tmp_path / "run", "--quiet")

    assert answer.code == 2
    assert "There is no file" in answer.err


@pytest.mark.parametrize("name", ["[red]a[/red]", "a\\[b :smile:", "ü😀 'q'"])
def test_names_are_shown_as_they_are(tmp_path, name):
    table = beads().assign(**{f"{name} ": "mm"})
    table["kind"] = table["kind"].replace("pearl", name)

    answer = fit(write(table, tmp_path), tmp_path / "run")

    assert re.search(rf"^{re.escape(name)} +\d+ +\d+$", answer.out, re.MULTILINE)
    assert f"{name + ' '!r} (every cell is 'mm') [constant-column]" in answer.err


@pytest.mark.parametrize("name", ["\x1b[31mred", "two\nlines", "back\rspace"])
def test_a_class_cannot_move_the_cursor_of_the_terminal(tmp_path, name):
    table = beads()
    table["kind"] = table["kind"].replace("pearl", name)

    answer = fit(write(table, tmp_path, "parquet"), tmp_path / "run")

    assert re.search(rf"^{re.escape(repr(name))} +\d+ +\d+$", answer.out, re.MULTILINE)
    assert "\x1b" not in answer.out


@pytest.mark.parametrize(("name", "value"), [("TERM", "xterm-256color"), ("NO_COLOR", "1")])
def test_no_escape_code_is_written_where_there_is_no_terminal(tmp_path, monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    answer = fit(write(beads().assign(unit="mm"), tmp_path), tmp_path / "run")

    assert "warning: " in answer.err
    assert "\x1b" not in answer.out + answer.err


def test_every_stage_has_a_bar_in_a_terminal(tmp_path):
    data = write(beads(63), tmp_path)

    code, out, shown = in_a_terminal("fit", data, "--label", "kind", "--out", tmp_path / "run", *QUICK)

    assert code == 0
    assert [stage for stage in ("Reading", "Learning", "Comparing", "Writing") if stage in shown] == [
        "Reading",
        "Learning",
        "Comparing",
        "Writing",
    ]
    assert "━" in shown
    assert COLOUR.search(shown)
    assert "20/20" in shown
    assert "Reading" not in out
    assert "\x1b" not in out


def test_no_color_is_respected_in_a_terminal(tmp_path):
    data = write(beads().assign(unit="mm"), tmp_path)

    _, _, shown = in_a_terminal("fit", data, "--label", "kind", "--out", tmp_path / "run", *QUICK, NO_COLOR="1")

    assert "Learning" in shown
    assert "warning: " in shown
    assert not COLOUR.search(shown)


@pytest.mark.parametrize("command", [(), ("fit",), ("predict",), ("demo",)])
def test_help_is_a_result(command):
    answer = type_in(*command, "--help")

    assert answer.code == 0
    assert answer.out.startswith("Usage: pseudolabel")
    assert answer.err == ""


def test_version_is_that_of_the_package():
    from pseudolabel import __version__

    assert type_in("--version").out == f"{__version__}\n"
