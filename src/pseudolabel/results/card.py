"""Card: a model card in Markdown, for whoever gets the model without having seen the run.

Takes  the record of a run.
Gives  the text of `card.md`: what the model is for, what shows that it works, what is promised, and what is not.

Laid out as model cards on the Hugging Face hub are, with their block of metadata first. Every number is of the record:
the same record gives the same bytes. Names of columns and classes are other people's text and are escaped.

Before this: record.py, wording.py. After this: the file `card.md` of a run folder.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pseudolabel.badge import FIRST, SECOND, VETO, alarm_text, badge_of
from pseudolabel.results import wording
from pseudolabel.results.class_table import ClassRow, read_class_rows

MOST_CLASSES = 50
MOST_COLUMNS = 20

_MEASURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "accuracy": ("accuracy", wording.percent),
    "balanced_accuracy": ("balanced accuracy", wording.percent),
    "brier": ("Brier score (0 is best)", wording.decimal),
    "log_loss": ("log-loss (0 is best)", wording.decimal),
    "rmse": ("typical error, RMSE (0 is best)", wording.quantity),
    "mae": ("mean absolute error (0 is best)", wording.quantity),
}


def render_card(record: Mapping[str, Any]) -> str:
    """Write a run's model card.

    Parameters
    ----------
    record : mapping
        The content of `record.json`.

    Returns
    -------
    markdown : str
        Ends in a line break; the same record gives the same text.

    Examples
    --------
    >>> card = render_card(json.loads(Path("run/record.json").read_text()))  # doctest: +SKIP
    """
    task = record["learning"]["task"]
    sections = {
        f"Model card: {plain(record['columns']['label'])}": [_about(record)],
        "Intended use": _use(record),
        "Data": _data(record),
        "Procedure": _procedure(record),
        "Evidence": _evidence(record),
        "Promise": [*_promise(record.get("acceptance")), *_audit(record.get("audit"))],
        "Limits": _limits(record),
        "How it was made": _settings(record),
        "Versions": _versions(record),
    }
    first, *others = sections.items()
    parts = [
        _metadata(task),
        _section("#", *first),
        *(_section("##", title, texts) for title, texts in others if texts),
    ]
    return "\n\n".join(parts) + "\n"


def plain(text: object) -> str:
    r"""Give other people's text as Markdown that reads as that text and does nothing.

    Examples
    --------
    >>> plain("a|b *c* <script>"), plain("https://example.org"), plain("- x")
    ('a\\|b \\*c\\* \\<script\\>', 'https\\://example.org', '\\- x')
    """
    shown = " ".join(wording.name(text).split())
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in shown)
    return _escaped(shown)


def _escaped(text: str) -> str:
    """Put a backslash before what Markdown would act on, also where a page makes links of bare addresses."""
    text = re.sub(r"([\\`*_\[\]<>&|~#$!])", r"\\\1", text)
    text = re.sub(r":(?=//)", r"\\:", text)
    text = re.sub(r"\b([Ww]{3})\.", r"\1\\.", text)
    text = re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", text)
    return re.sub(r"^([-+=])", r"\\\1", text)


def _sentence(text: str) -> str:
    """Give a sentence of the record, whole: it may hold names."""
    return _escaped(" ".join(text.split()))


def _metadata(task: str) -> str:
    tags = ["pseudolabel", "pseudo-labeling", "semi-supervised", f"tabular-{task}"]
    return (
        "\n".join(["---", "library_name: pseudolabel", f"pipeline_tag: tabular-{task}", "tags:"])
        + "".join(f"\n- {tag}" for tag in tags)
        + "\n---"
    )


def _section(marks: str, title: str, texts: Iterable[str]) -> str:
    return "\n\n".join([f"{marks} {title}", *texts])


def _about(record: Mapping[str, Any]) -> str:
    verdict = record["verdict"]
    vetoed = f" {VETO}" if verdict["vetoed"] else ""
    return f"**{badge_of(verdict)}.** {_sentence(verdict['sentence'])}{vetoed}"


def _use(record: Mapping[str, Any]) -> list[str]:
    columns, task = record["columns"], record["learning"]["task"]
    what = "the class" if task == "classification" else "the number"
    return [
        f"Predicts {what} in the column {plain(columns['label'])} of rows with the same columns, from the same source, "
        "as those it was fitted on.",
        "Not meant for rows from elsewhere, for decisions about people that nobody checks, or as a reference to "
        "measure other models by: most of the labels it learnt from are its own suggestions.",
    ]


def _data(record: Mapping[str, Any]) -> list[str]:
    counts, columns = record["counts"], record["columns"]
    files = [
        f"{plain(file['name'])} ({plain(file['role'])}, {wording.count(file['rows'])} rows, SHA-256 `{file['sha256']}`)"
        for file in record["inputs"][:MOST_COLUMNS]
    ]
    lines = [
        f"{wording.count(counts['rows'])} rows: {wording.count(counts['given'])} with a given label, "
        f"{wording.count(counts['suggested'])} with a suggested one, {wording.count(counts['none'])} without.",
        _listing([*files, *_more(record["inputs"])]),
        f"{len(columns['features'])} columns were used: {_names([each['name'] for each in columns['features']])}.",
    ]
    if columns["left_out"]:
        left_out = [
            f"{plain(each['name'])}: {_sentence(each['reason'])}" for each in columns["left_out"][:MOST_COLUMNS]
        ]
        lines += ["Left out:", _listing([*left_out, *_more(columns["left_out"])])]
    return lines


def _procedure(record: Mapping[str, Any]) -> list[str]:
    learning = record["learning"]
    members = [f"{plain(each['name'])}, weight {wording.percent(each['weight'])}" for each in learning["members"]]
    mixture = [f"{plain(each['name'])}, {wording.percent(each['share'])}" for each in learning["mixture"]]
    lines = [f"Method {plain(learning['method'])}, {wording.count(learning['n_rounds'])} round(s) of pseudo-labeling."]
    if members:
        lines += ["Pseudo-labels were made by:", _listing(members)]
    return [*lines, "The model is a fixed mixture of:", _listing(mixture)] if mixture else lines


def _evidence(record: Mapping[str, Any]) -> list[str]:
    verdict, metrics = record["verdict"], record["metrics"]
    said = [_answer(FIRST, verdict), _answer(SECOND, verdict["unlabeled"])]
    if metrics is None:
        return [*said, "No comparison was made, so no accuracy is stated."]
    said += [_measure_table(metrics), f"{wording.design(metrics)} {wording.looks(verdict)}"]
    if "classes" in record:
        said += ["Recall of each class:", _class_table(read_class_rows(record))]
    return said


def _answer(title: str, comparison: Mapping[str, Any]) -> str:
    return f"**{title}: {badge_of(comparison)}.** {_sentence(comparison['sentence'])} {_sentence(comparison['advice'])}"


def _measure_table(metrics: Mapping[str, Any]) -> str:
    level = wording.percent(metrics["level"], 0)
    models = ("labels only", "without the unlabeled rows", "with pseudo-labels")
    header = ["measure", *models, f"gained: {level} interval", f"owed to the unlabeled rows: {level} interval"]
    rows = [
        [
            name,
            *(write(metrics[model][key]) for model in ("labels_only", "without_unlabeled", "pseudo_labeled")),
            *(_interval(compared["interval"].get(key), key) for compared in (metrics, metrics["unlabeled"])),
        ]
        for key, (name, write) in _MEASURES.items()
        if key in metrics["pseudo_labeled"]
    ]
    return _table(header, rows)


def _interval(interval: Sequence[float] | None, key: str) -> str:
    """Write the interval of a difference: shares in points, scores as they are, errors in the unit of the numbers."""
    if interval is None:
        return wording.span(None)
    if key in ("rmse", "mae"):
        return " to ".join(wording.quantity(bound) for bound in interval)
    of_share = key in ("accuracy", "balanced_accuracy")
    return f"{wording.span([100 * bound for bound in interval])} points" if of_share else wording.span(interval, 3)


def _class_table(classes: Sequence[ClassRow]) -> str:
    rows = [
        [
            plain(row.name) + (" ▼ loses" if row.alarm else ""),
            wording.count(row.scored),
            *(row.numbers[:2] or ["no statement", "no statement"]),
        ]
        for row in classes[:MOST_CLASSES]
    ]
    table = _table(["class", "rows scored", "labels only", "with pseudo-labels"], rows)
    hidden = len(classes) - MOST_CLASSES
    return f"{table}\n\n… and {wording.count(hidden)} more." if hidden > 0 else table


def _promise(acceptance: Mapping[str, Any] | None) -> list[str]:
    if acceptance is None:
        return []
    said = [_sentence(acceptance["sentence"])]
    if acceptance["accepted"]:
        observed, low_high = acceptance["observed"], " to ".join(map(wording.percent, acceptance["coverage_interval"]))
        said.append(
            f"Accepted: {wording.count(acceptance['accepted'])} of {wording.count(acceptance['unlabeled'])} unlabeled "
            f"rows, {wording.percent(acceptance['coverage'])} ({low_high})."
        )
        if observed:
            said.append(
                f"On labeled rows put aside, {wording.count(observed['right'])} of {wording.count(observed['rows'])} "
                f"such labels were right: {wording.percent(observed['precision'])} "
                f"({' to '.join(map(wording.percent, observed['interval']))})."
            )
    elif acceptance["needed"]:
        said.append(f"A promise would need {wording.count(acceptance['needed'])} such labeled rows, all of them right.")
    return [*said, "Labels that were not accepted carry no promise at all."]


def _audit(audit: Mapping[str, Any] | None) -> list[str]:
    """Say what people found who checked labels."""
    if audit is None or not audit["rows"]:
        return []
    return [f"Checked by people, on rows drawn at random: {_sentence(audit['sentence'])}"]


def _limits(record: Mapping[str, Any]) -> list[str]:
    limits = [f"{_sentence(alarm_text(alarm))}." for alarm in record["verdict"]["alarms"]]
    not_scored = (record["metrics"] or {}).get("not_scored", {"rows": 0, "classes": []})
    if not_scored["rows"]:
        limits.append(
            f"{wording.count(not_scored['rows'])} labeled rows were not scored: {_names(not_scored['classes'])}."
        )
    limits += _population(record.get("shift"), "Labeled and unlabeled rows")
    limits += _population(record.get("novelty"), "Rows unlike all labeled ones")
    limits += [f"{_sentence(found['title'])}: {_sentence(found['detail'])}" for found in record["findings"]]
    limits.append("A suggested label is a suggestion: some are wrong, also among the confident ones.")
    return [_listing(limits)]


def _population(found: Mapping[str, Any] | None, what: str) -> list[str]:
    """Say what was found of shift or novelty; that it does not apply is an answer too."""
    if found is None:
        return []
    said = f"{what}: {found['code'].replace('_', ' ')}. {_sentence(found['reason'])}"
    return [said if said.endswith(".") else f"{said}."]


def _settings(record: Mapping[str, Any]) -> list[str]:
    rows = [[plain(key), plain(wording.setting(value))] for key, value in record["settings"].items()]
    return [
        "With the same inputs, settings and versions, the same model is made again.",
        _table(["setting", "value"], rows),
    ]


def _versions(record: Mapping[str, Any]) -> list[str]:
    rows = [
        [plain(key), plain(value)]
        for key, value in {"pseudolabel": record["pseudolabel"], **record["versions"]}.items()
    ]
    return [_table(["software", "version"], rows)]


def _names(names: Sequence[str]) -> str:
    return ", ".join([*(plain(name) for name in names[:MOST_COLUMNS]), *_more(names)])


def _more(items: Sequence[object]) -> list[str]:
    hidden = len(items) - MOST_COLUMNS
    return [f"… and {wording.count(hidden)} more"] if hidden > 0 else []


def _listing(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
