"""The page: a run's record as one HTML file for a person to read, print or send.

Takes  the content of a run's `record.json`.
Gives  the text of an HTML page that needs no script, no network and no other file.

Drawn from the record alone, so that an old run's report can be drawn again. Names of columns and classes are
other people's text: jinja2 escapes all of it, and only our own charts are let through as they are.

Before this: headline.py, class_page.py, target_page.py. After this: the file `report.html` of a run folder.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pseudolabel.badge import FIRST, SECOND
from pseudolabel.results import wording
from pseudolabel.results.report.class_page import class_page
from pseudolabel.results.report.headline import read_headline
from pseudolabel.results.report.target_page import target_page

MOST_COLUMNS = 20  # of one kind; a table of thousands of columns must still give a page one can read
MOST_FINDINGS = 50

PAGES = {"classification": class_page, "regression": target_page}
"""By task, which is also the name of the template: what a page needs beside the record."""


def render_report(record: Mapping[str, Any]) -> str:
    """Draw a run's report.

    Parameters
    ----------
    record : mapping
        The content of `record.json`. `metrics` and `acceptance` may be None, and `shift` and `novelty`
        missing: the page then says why there is no comparison, and has no section on the others.

    Returns
    -------
    html : str
        A whole page; the same record gives the same text.

    Examples
    --------
    >>> page = render_report(json.loads(Path("run/record.json").read_text()))  # doctest: +SKIP
    """
    task = record["learning"]["task"]
    return (
        _environment()
        .get_template(f"{task}.html")
        .render(
            record=record,
            headline=read_headline(record),
            first_comparison=FIRST,
            second_comparison=SECOND,
            kinds=_by_kind(record["columns"]["features"]),
            most_columns=MOST_COLUMNS,
            most_findings=MOST_FINDINGS,
            **PAGES[task](record),
        )
    )


def _environment() -> Environment:
    """Give a jinja2 that escapes every value, and refuses a name the record does not have."""
    environment = Environment(
        loader=PackageLoader("pseudolabel.results.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for write in (
        wording.count,
        wording.percent,
        wording.decimal,
        wording.quantity,
        wording.span,
        wording.design,
        wording.number_of_percent,
        wording.p_value,
        wording.name,
        wording.setting,
    ):
        environment.filters[write.__name__] = write
    return environment


def _by_kind(features: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """Give the names of the columns used under the kind they were taken for."""
    kinds: dict[str, list[str]] = {}
    for feature in features:
        kinds.setdefault(feature["kind"], []).append(feature["name"])
    return kinds
