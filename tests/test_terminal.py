"""The terminal shows a record as it is: results on stdout, the rest on stderr, names never as commands."""

import re

import pytest

from pseudolabel import terminal
from pseudolabel.demo import Accuracies

MEASURES = {"accuracy": 0.8, "balanced_accuracy": 0.75, "brier": 0.3}


def record(classes: list[str], *, metrics: bool = True, none: int = 0) -> dict:
    """Give as much of a record as the summary is drawn from."""
    compared = {"scored_rows": 1200, "labels_only": MEASURES, "pseudo_labeled": MEASURES | {"accuracy": 0.9}}
    return {
        "task": {"name": "classification", "reason": "'kind' holds text."},
        "classes": classes,
        "counts": {
            "rows": 12345,
            "given": 1200,
            "suggested": 11145 - none,
            "none": none,
            "given_per_class": {name: 1000 + number for number, name in enumerate(classes)},
            "suggested_per_class": dict.fromkeys(classes, 7),
        },
        "metrics": compared if metrics else None,
        "conclusion": {"sentence": "Nobody can [tell]."},
        "table": {"file": "labeled.parquet"},
    }


def test_the_summary_is_a_result(capsys):
    terminal.summarise(record(["B", "M"]), "my run")

    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("12,345 rows: 1,200 with a label, 11,145 given a pseudo-label.\n")
    assert re.search(r"^B +1,000 +7$", out, re.MULTILINE)
    assert re.search(r"^on 1,200 labeled rows neither model saw +labels only +with pseudo-labels$", out, re.MULTILINE)
    assert re.search(r"^accuracy +80\.0% +90\.0%$", out, re.MULTILINE)
    assert "\nNobody can [tell].\n" in out
    assert out.endswith("In my run: labeled.parquet (the labels), report.html (open this), model.skops.\n")


def test_rows_left_without_a_label_are_counted(capsys):
    terminal.summarise(record(["B", "M"], none=45), "run")

    assert "11,100 given a pseudo-label, 45 left without one." in capsys.readouterr().out


def test_without_a_comparison_no_accuracy_is_shown(capsys):
    terminal.summarise(record(["B", "M"], metrics=False), "run")

    assert "accuracy" not in capsys.readouterr().out


@pytest.mark.parametrize(("n_classes", "hidden"), [(20, None), (21, "… and 1 more"), (500, "… and 480 more")])
def test_twenty_classes_are_listed_and_the_others_counted(capsys, n_classes, hidden):
    terminal.summarise(record([f"c{number:03d}" for number in range(n_classes)]), "run")

    out = capsys.readouterr().out
    assert len(re.findall(r"^c\d\d\d ", out, re.MULTILINE)) == 20
    assert hidden is None or hidden in out


@pytest.mark.parametrize("name", ["[red]x", "[/]", "a\\[b]", ":smile:", "ä ö", "=1+1"])
def test_names_are_neither_markup_nor_emoji(capsys, name):
    terminal.summarise(record([name, "other"]), name)
    terminal.say(name)
    terminal.warn([{"code": "a-code", "title": name, "detail": name}])
    terminal.remark(name)

    out, err = capsys.readouterr()
    assert re.search(rf"^{re.escape(name)} +1,000 +7$", out, re.MULTILINE)
    assert f"In {name}: " in out
    assert out.endswith(f"\n{name}\n")
    assert err == f"warning: {name}: {name} [a-code]\nnote: {name}\n"


def test_a_long_line_is_left_to_the_terminal_to_wrap(capsys):
    terminal.say("word " * 100)

    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize("steps", [None, 0, 3])
def test_a_bar_leaves_no_trace_where_stderr_is_no_terminal(capsys, steps):
    with terminal.bar("Reading", steps) as done:
        done()

    assert capsys.readouterr() == ("", "")


def test_a_bar_lets_errors_through(capsys):
    with pytest.raises(KeyError), terminal.bar("Reading", None):
        raise KeyError

    assert capsys.readouterr() == ("", "")


def test_the_demo_is_shown_with_gains_where_a_comparison_is_honest(capsys):
    terminal.compare(Accuracies((0.9, 0.9), (0.92, 0.9), (1.0, 1.0), (0.93, 0.89), (0.96, 0.96)))

    out, err = capsys.readouterr()
    assert err == ""
    assert re.search(r"^labels only +0\.900 *$", out, re.MULTILINE)
    assert re.search(r"^the tutorial's recipe +0\.910 +\+1\.0 +1 +1 +0$", out, re.MULTILINE)
    assert re.search(r"^  what the tutorial prints +1\.000 *$", out, re.MULTILINE)
    assert re.search(r"^pseudolabel +0\.910 +\+1\.0 +1 +0 +1$", out, re.MULTILINE)
    assert re.search(r"^all labels known \(ceiling\) +0\.960 +\+6\.0 +2 +0 +0$", out, re.MULTILINE)
