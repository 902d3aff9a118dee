"""Terminal: what a person sees while a run works and when it is done.

Takes  stages as they open, and the record of a finished run.
Gives  a progress bar for each stage and warnings on stderr; the summary on stdout.

Results go to stdout and everything else to stderr, so that a pipe gets results only. Where stderr is no terminal
there are no bars. `NO_COLOR` is respected.

Before this: results/record.py. After this: cli.py.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from pseudolabel.badge import SECOND, VETO, alarm_text, badge_of, has_evidence
from pseudolabel.judgement.wording import quantity

COUNTS_ROWS = ("Scoring", "Writing")
"""Stages whose steps are rows: a person wants to know how fast they go, and when they are through."""

MOST_CLASSES = 20
"""Classes listed by name; the others are counted."""

_MODELS = ("labels_only", "without_unlabeled", "pseudo_labeled")

_ALARMS = (
    ("shift", "shift", "labeled and unlabeled rows differ"),
    ("novelty", "novel", "some unlabeled rows are like no labeled row"),
)
"""Entries of a record that are shown where they have this code, and what they say then."""

_WAYS = {
    "labels_only": "labels only",
    "tutorial": "the tutorial's recipe",
    "printed": "  what the tutorial prints",
    "ours": "pseudolabel",
    "ceiling": "all labels known (ceiling)",
}
"""What the demo compares, in the order of its lines."""


def results() -> Console:
    """Give the console for results."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def log() -> Console:
    """Give the console for progress and warnings."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


@contextmanager
def bar(name: str, steps: int | None) -> Iterator[Callable[..., None]]:
    """Show a stage as a progress bar, gone without a trace where stderr is no terminal.

    Parameters
    ----------
    name : str
    steps : int or None
        None while it cannot be known how many there are.

    Yields
    ------
    done : function
        Called after every step, or after some with their number.
    """
    console = log()
    counted = [MofNCompleteColumn()] if steps else []
    timed = [RateColumn(), TimeRemainingColumn()] if name in COUNTS_ROWS else [TimeElapsedColumn()]
    columns = [TextColumn("{task.description:<10}"), BarColumn(), *counted, *timed]
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(name, total=steps)
        yield lambda n_steps=1: progress.advance(task, n_steps)
        progress.update(task, total=steps or 1, completed=steps or 1)


class RateColumn(ProgressColumn):
    """Shows how many rows are done in a second."""

    def render(self, task: Task) -> Text:
        """Give the text for a stage; nothing until something is done."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} rows/s")


def warn(findings: Sequence[Mapping[str, str]]) -> None:
    """Show what a run noticed."""
    console = log()
    for found in findings:
        console.print(Text("warning:", "yellow"), f"{found['title']}: {found['detail']} [{found['code']}]")


def summarise(record: Mapping[str, Any], folder: str) -> None:
    """Show what a run gave: rows by class or the numbers, the models' measures, the verdict, where the files are."""
    console, counts = results(), record["counts"]
    none = f", {counts['none']:,} left without one" if counts["none"] else ""
    console.print(
        f"{counts['rows']:,} rows: {counts['given']:,} with a label, {counts['suggested']:,} given a pseudo-label"
        f"{none}."
    )
    console.print(f"Task: {record['task']['name']}: {record['task']['reason']}")
    of_numbers = record["task"]["name"] == "regression"
    console.print(_target_table(record["target"]) if of_numbers else _class_table(record))
    if record["metrics"] is not None:
        console.print(_measure_table(record["metrics"], _errors if of_numbers else _accuracies))
    _show_verdict(console, record["verdict"])
    _show_trust(console, record)
    console.print(f"\nIn {folder}: {record['table']['file']} (the labels), report.html (open this), model.skops.")


def _show_verdict(console: Console, verdict: Mapping[str, Any]) -> None:
    """Show the word first, then why; and apart from it, what the unlabeled rows themselves add."""
    console.print(f"\n{badge_of(verdict)}: {verdict['sentence']}", style="bold")
    for line in (VETO if verdict["vetoed"] else "", verdict["advice"]):
        if line:
            console.print(line)
    for alarm in verdict["alarms"]:
        console.print(Text("warning:", "yellow"), alarm_text(alarm))
    second = verdict["unlabeled"]
    if has_evidence(second):
        console.print(f"{SECOND}: {badge_of(second)}: {second['sentence']}")


def _show_trust(console: Console, record: Mapping[str, Any]) -> None:
    """Show what is promised of the suggested labels, and whether rows are of one kind."""
    if record.get("acceptance"):
        console.print(record["acceptance"]["sentence"])
    for name, code, what in _ALARMS:
        found = record.get(name)
        if found and found["code"] == code:
            console.print(Text("warning:", "yellow"), f"{what}: {found['reason']}")


def _class_table(record: Mapping[str, Any]) -> Table:
    counts = record["counts"]
    table = _table("class", "labels", "pseudo-labels")
    for name in record["classes"][:MOST_CLASSES]:
        given, suggested = counts["given_per_class"][name], counts["suggested_per_class"][name]
        shown = name if name.isprintable() else repr(name)  # a class must not move the cursor
        table.add_row(shown, f"{given:,}", f"{suggested:,}")
    hidden = len(record["classes"]) - MOST_CLASSES
    if hidden > 0:
        table.add_row(f"… and {hidden} more", "", "")
    return table


def _target_table(target: Mapping[str, Any]) -> Table:
    table = _table("target", "labels", "pseudo-labels")
    for title, key in (("mean", "mean"), ("standard deviation", "standard_deviation")):
        table.add_row(title, _number(target["given"][key]), _number(target["suggested"][key]))
    table.add_row("range", *(_range(target[source]) for source in ("given", "suggested")))
    return table


def _range(described: Mapping[str, Any]) -> str:
    return "" if described["count"] == 0 else f"{_number(described['minimum'])} to {_number(described['maximum'])}"


def _number(value: float | None) -> str:
    return "" if value is None else quantity(value)


def _measure_table(metrics: Mapping[str, Any], measures: Callable[[Mapping[str, Any]], list[list[str]]]) -> Table:
    """Give what each model measured, a row a measure."""
    title = f"on {metrics['scored_rows']:,} unseen labeled rows"
    table = _table(title, "labels only", "no unlabeled rows", "pseudo-labels")
    for row in measures(metrics):
        table.add_row(*row)
    return table


def _accuracies(metrics: Mapping[str, Any]) -> list[list[str]]:
    models = [metrics[model] for model in _MODELS]
    lines = {
        "accuracy": ("accuracy", "{:.1%}"),
        "balanced_accuracy": ("balanced accuracy", "{:.1%}"),
        "brier": ("Brier score (0 is best)", "{:.3f}"),
    }
    return [
        [title, *(form.format(measured[key]) for measured in models)]
        for key, (title, form) in lines.items()
        if key in models[0]
    ]


def _errors(metrics: Mapping[str, Any]) -> list[list[str]]:
    models, coverage = [metrics[model] for model in _MODELS], metrics["coverage"]
    return [
        ["typical error (RMSE)", *(quantity(measured["rmse"]) for measured in models)],
        ["mean absolute error", *(quantity(measured["mae"]) for measured in models)],
        [f"within the {coverage['level']:.0%} interval", "", "", f"{coverage['share']:.1%}"],
    ]


def _table(*titles: str) -> Table:
    """Give a bare table whose columns but the first are flush right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, title in enumerate(titles):
        table.add_column(title, justify="right" if number else "left")
    return table


def compare(accuracies: Any) -> None:
    """Show the demo's comparison: the tutorial's recipe, what it would print, and ours."""
    console = results()
    table = _table("breast cancer, 40 % labeled", "accuracy", "gain", "better", "equal", "worse")
    for name, title in _WAYS.items():
        gain, better, equal, worse = accuracies.against_labels_only(name)
        compared = (
            ["", "", "", ""]
            if name in ("labels_only", "printed")
            else [f"{100 * gain:+.1f}", str(better), str(equal), str(worse)]
        )
        table.add_row(title, f"{accuracies.mean(name):.3f}", *compared)
    console.print(table)
    console.print(
        "Means over ten seeds on rows kept untouched; gain in points against the labels only, and in how many seeds "
        "each was better, equal or worse.\nThe accuracy the tutorial prints is that of a model asked about the labels "
        "it made up itself and was then fitted on: it would be as high if they were wrong.\nThe ceiling is the forest "
        "alone. pseudolabel asks a committee of different learners, and here its gain is owed to that.\n"
    )


def show_draw(drawn: Any, folder: str) -> None:
    """Show which rows were drawn for an audit, and what to do with them."""
    kind, population = _of_source(drawn.state.settings["source"]), drawn.state.plan.population
    say(
        f"{drawn.n_rows:,} of {population:,} rows with {kind} label, drawn at random, are in {drawn.path}.\n"
        f"Fill in the column {drawn.answer_column!r} from top to bottom, a class or ? where nobody can tell, then "
        f"type: pseudolabel audit {folder} --answers {drawn.path}"
    )


def show_audit(answered: Any, folder: str) -> None:
    """Show what the answers of an audit allow to say, and what remains to be done."""
    state, found = answered.state, answered.audit
    say(f"{answered.n_new:,} new answers, {len(state.answers):,} of {len(state.draw):,} in all.")
    results().print(found.sentence, style="bold")
    waiting = len(state.answers) - found.rows
    if waiting:
        say(
            f"{waiting:,} answers do not count yet: row {state.open_rows[0]}, which was drawn before them, has none. "
            "Answers count in the order of the draw."
        )
    if found.code == "open" and found.more > len(state.draw) - found.rows:
        needed = found.rows + found.more
        say(f"Fewer rows are left to answer. Draw more: pseudolabel audit {folder} --rows {needed} --out more.csv")


def _of_source(source: str) -> str:
    return {"accepted": "an accepted", "suggested": "a suggested", "both": "an accepted or suggested"}[source]


def say(text: str) -> None:
    """Print a result."""
    results().print(text)


def show_refit(refitted: Any) -> None:
    """Show what a round of learning from answers has changed."""
    say(
        f"Round {refitted.number} has learnt from {refitted.n_answers:,} answers"
        + (f" and {refitted.n_ruled_out:,} rows with a class ruled out" if refitted.n_ruled_out else "")
        + f". {refitted.n_changed:,} labels of other rows changed; accepted: "
        f"{refitted.n_accepted[0]:,} before, {refitted.n_accepted[1]:,} now; pseudo-labels: "
        f"{_in_words(refitted.verdict[0])} before, {_in_words(refitted.verdict[1])} now."
    )


def _in_words(code: str) -> str:
    return code.replace("_", " ")


def say_plainly(text: str) -> None:
    """Print a line as it is, however narrow the terminal: an address that is broken in two opens nothing."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def show_check(record: Mapping[str, Any], data: str) -> None:
    """Show what was found in a table, and what to type next."""
    console, counts, columns = results(), record["counts"], record["columns"]
    console.print(f"{counts['rows']:,} rows: {counts['labeled']:,} with a label, {counts['unlabeled']:,} without.")
    console.print(f"Task: {record['task']['name']}: {record['task']['reason']}")
    if "classes" in record:
        named = sorted(record["classes"].items(), key=lambda item: -item[1])
        shown = ", ".join(f"{name} {count:,}" for name, count in named[:MOST_CLASSES])
        more = f" and {len(named) - MOST_CLASSES:,} more" if len(named) > MOST_CLASSES else ""
        console.print(f"Labels: {shown}{more}.")
    else:
        console.print("Labels: from {:g} to {:g}.".format(*record["range"]))
    kinds = Counter(column["kind"] for column in columns["features"])
    used = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())
    console.print(
        f"Learnt from: {len(columns['features']):,} columns ({used}); left out: {len(columns['left_out']):,}."
    )
    noticed = len(record["findings"])
    console.print(f"{noticed} {'thing was' if noticed == 1 else 'things were'} noticed." if noticed else "Nothing odd.")
    console.print(f"Next: pseudolabel fit {data} --label {columns['label']} --out run")


def tell_changed(changed: Mapping[str, int]) -> None:
    """Say which cells of a table for people were made harmless, if any."""
    if changed:
        columns = ", ".join(f"{name!r} ({count:,})" for name, count in changed.items())
        remark(
            f"{sum(changed.values()):,} cells begin as a formula does, in {columns}. An apostrophe was put before each "
            "of them, so that no spreadsheet runs it; --raw leaves them as they are."
        )


def remark(text: str) -> None:
    """Print a remark that is no result."""
    log().print(f"note: {text}")
