"""The terminal shows a record as it is: results on stdout, the rest on stderr, names never as commands."""

import re

import pytest
from records import comparison_of, letters_record, numbers_record, small_record, unproven_record, vetoed_record

from pseudolabel import terminal
from pseudolabel.demo import Accuracies

MEASURES = {"accuracy": 0.8, "balanced_accuracy": 0.75, "brier": 0.3}


def record(classes: list[str], *, metrics: bool = True, none: int = 0) -> dict:
    """Give as much of a record as the summary is drawn from."""
    compared = {
        "scored_rows": 1200,
        "labels_only": MEASURES,
        "without_unlabeled": MEASURES | {"accuracy": 0.85},
        "pseudo_labeled": MEASURES | {"accuracy": 0.9},
    }
    comparison = comparison_of("cannot_tell", "undecided", sentence="Nobody can [tell].", advice="")
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
        "verdict": comparison | {"unlabeled": comparison, "vetoed": False, "alarms": []},
        "table": {"file": "labeled.parquet"},
    }


def test_the_summary_is_a_result(capsys):
    terminal.summarise(record(["B", "M"]), "my run")

    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("12,345 rows: 1,200 with a label, 11,145 given a pseudo-label.\n")
    assert re.search(r"^B +1,000 +7$", out, re.MULTILINE)
    assert re.search(
        r"^on 1,200 unseen labeled rows +labels only +no unlabeled rows +pseudo-labels$", out, re.MULTILINE
    )
    assert re.search(r"^accuracy +80\.0% +85\.0% +90\.0%$", out, re.MULTILINE)
    assert "\n≈ Cannot tell: Nobody can [tell].\n" in out
    assert out.endswith("In my run: labeled.parquet (the labels), report.html (open this), model.skops.\n")


def test_rows_left_without_a_label_are_counted(capsys):
    terminal.summarise(record(["B", "M"], none=45), "run")

    assert "11,100 given a pseudo-label, 45 left without one." in capsys.readouterr().out


def test_without_a_comparison_no_accuracy_is_shown(capsys):
    terminal.summarise(record(["B", "M"], metrics=False), "run")

    assert "accuracy" not in capsys.readouterr().out


def test_the_verdict_is_a_word_first_then_why_and_what_to_do(capsys):
    terminal.summarise(small_record(), "run")

    out, verdict = capsys.readouterr().out, small_record()["verdict"]
    assert f"\n\n▲ Helps: {verdict['sentence']}\n{verdict['advice']}\n" in out
    second = f"\nWhat the unlabeled rows themselves add: ≈ Cannot tell: {verdict['unlabeled']['sentence']}\n"
    assert out.index("▲ Helps") < out.index(second) < out.index(small_record()["acceptance"]["sentence"])


def test_a_veto_and_classes_that_lose_are_said_aloud(capsys):
    terminal.summarise(vetoed_record(), "run")

    out = capsys.readouterr().out
    assert "\n▼ Harms: Pseudo-labels harm here" in out
    assert "\nVeto: the model of labels only was kept, and no pseudo-label is in it.\n" in out
    assert "\nwarning: class 'M' loses: its recall falls by about 12 points (59 rows)\n" in out


def test_shift_and_rows_unlike_all_others_are_shown_where_they_were_found(capsys):
    for make_record, found in ((letters_record, True), (small_record, False), (unproven_record, False)):
        terminal.summarise(make_record(), "run")

        out = capsys.readouterr().out
        assert ("\nwarning: labeled and unlabeled rows differ: a forest tells" in out) == found
        assert ("\nwarning: some unlabeled rows are like no labeled row: " in out) == found


def test_without_a_comparison_nothing_is_said_of_what_unlabeled_rows_add(capsys):
    terminal.summarise(unproven_record(), "run")

    out = capsys.readouterr().out
    assert "\n≈ Cannot tell: Nobody can tell from 11 labeled rows" in out
    assert "themselves add" not in out
    assert "Cannot promise 95 %" in out


def test_a_run_on_numbers_shows_three_errors_and_promises_nothing(capsys):
    terminal.summarise(numbers_record(), "run")

    out = capsys.readouterr().out
    assert re.search(r"^typical error \(RMSE\) +50 +48\.8 +49$", out, re.MULTILINE)
    assert re.search(r"^within the 90% interval +88\.3%$", out, re.MULTILINE)
    assert "promise" not in out


@pytest.mark.parametrize("make_record", [small_record, letters_record, numbers_record])
def test_the_tables_fit_a_terminal_of_eighty_columns(capsys, make_record):
    terminal.summarise(make_record(), "run")

    table = capsys.readouterr().out.partition("\n\n")[0].splitlines()[2:]
    assert max(map(len, table)) <= 80
    assert not any(line.strip() == "saw" for line in table)


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
