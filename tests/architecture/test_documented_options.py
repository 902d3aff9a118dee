"""Every option of the command line stands in the reference, and the reference names no option that is gone.

A command has a section `## ... COMMAND ...` of its own; options that all commands share may stand in a section whose
heading says "every command".
"""

import re
from pathlib import Path

import pytest

from pseudolabel.cli import app

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"
COMMANDS = sorted(name for name in app if not name.startswith("-"))
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def arguments_of(command):
    """What cyclopts reads from the command line for `command`; for None, what it reads before any command."""
    source = app.meta if command is None else app[command]
    return source.assemble_argument_collection() if source.default_command else []


def options_of(command):
    """The long names a user is shown, without the `--no-` forms that cyclopts adds."""
    shown = [argument for argument in arguments_of(command) if argument.show and not argument.field_info.is_positional]
    names = {name for argument in shown for name in set(argument.names) - set(argument.negatives)}
    return sorted(name for name in names if name.startswith("--"))


def section_about(words):
    """The text under each `## ` heading that contains `words`."""
    sections = re.split(r"^## ", REFERENCE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return "".join(section for section in sections if re.search(rf"\b{words}\b", section.splitlines()[0]))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_is_documented(command):
    documented = set(OPTION.findall(section_about(command) + section_about("every command")))

    assert set(options_of(command)) - documented == set()


def test_every_option_before_a_command_is_documented():
    assert set(options_of(None)) - set(OPTION.findall(section_about("every command"))) == set()


def test_the_reference_names_no_option_that_is_gone():
    understood = {name for command in [None, *COMMANDS] for a in arguments_of(command) for name in a.names}

    named = set(OPTION.findall(REFERENCE.read_text(encoding="utf-8")))

    assert named - understood - {"--help", "--version"} == set()
