"""The page of errors lists every code and every exception there is, and none that is gone."""

import inspect
import re
from pathlib import Path

import pytest

from pseudolabel import cli, errors
from pseudolabel.errors import PseudolabelError
from pseudolabel.judgement.findings import TITLES

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
COMMANDS = (Path(__file__).parents[2] / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def exceptions() -> dict[str, type]:
    return {
        name: kind
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and kind.__module__ == errors.__name__
    }


def exit_codes() -> set[int]:
    """Give the codes of the exceptions, and those the command line has besides."""
    of_errors = {kind.exit_code for kind in exceptions().values() if issubclass(kind, PseudolabelError)}
    return of_errors | {0, cli.BAD_INPUT, cli.OUT_OF_RESOURCES, cli.INTERRUPTED}


@pytest.mark.parametrize("page", [section("Exit codes"), COMMANDS], ids=["errors", "command line"])
def test_every_exit_code_is_listed_and_none_besides(page):
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == exit_codes()


def test_each_exception_stands_beside_its_exit_code():
    for code, names in re.findall(r"^\| (\d+) \|[^|]*\|([^|]*)\|$", section("Exit codes"), re.MULTILINE):
        for name in re.findall(r"`(\w+Error)`", names):
            assert exceptions()[name].exit_code == int(code), name


def test_every_exception_is_listed_with_what_it_also_is():
    listed = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", section("Exceptions"), re.MULTILINE))

    assert set(listed) == set(exceptions())
    for name, also in listed.items():
        assert also in [base.__name__ for base in exceptions()[name].__mro__[1:]]


def test_every_finding_is_listed_under_its_title():
    listed = dict(
        re.findall(r"^\| \[`([\w-]+)`\]\(\.\./findings/\1\.md\) \| (.*) \|$", section("Findings"), re.MULTILINE)
    )

    assert listed == TITLES
