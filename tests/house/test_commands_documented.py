"""What the documents tell people to type exists: commands with their options, make targets, files."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from _pytest.mark import ParameterSet
from typer.core import TyperGroup

from service.entrypoints.cli import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
CODE = re.compile(
    r"^```(?P<language>[^\n]*)\n(?P<block>.*?)^```|(?P<ticks>`+)(?P<span>[^`].*?)(?P=ticks)", re.MULTILINE | re.DOTALL
)
COMMAND = re.compile(r"(?:^|[\s|;&(/])lastcall +(?P<words>[a-z][^\n|;&()#`]*)")
TARGET = re.compile(r"(?:^|[\s;&(])make +(?P<target>[a-z][\w-]*)")
LINK = re.compile(r"(?<!\\)\]\((?P<to>[^)\s]+)\)")


def code_of(document: Path) -> Iterator[str]:
    """Each line of a block of code, and each code span; of a console's block what is typed, and not what is printed."""
    for found in CODE.finditer(document.read_text()):
        lines = (found["block"] or found["span"]).replace("\\\n", " ").splitlines()
        yield from (line for line in lines if found["language"] != "console" or line.startswith("$ "))


def typed(pattern: re.Pattern[str], group: str) -> list[tuple[str, str]]:
    """(document, what it says to type), each once."""
    found = {
        (str(document.relative_to(ROOT)), match[group].strip())
        for document in DOCUMENTS
        for line in code_of(document)
        for match in pattern.finditer(line)
    }
    return sorted(found)


def cases(pairs: Iterable[tuple[str, str]]) -> list[ParameterSet]:
    return [pytest.param(*pair, id=": ".join(pair)) for pair in pairs]


COMMANDS = typed(COMMAND, "words")
TARGETS = typed(TARGET, "target")
LINKS = sorted(
    (str(document.relative_to(ROOT)), found["to"])
    for document in DOCUMENTS
    for found in LINK.finditer(CODE.sub("", document.read_text()))
    if "://" not in found["to"] and not found["to"].startswith("#")
)


def test_documents_name_commands_targets_and_files_at_all() -> None:
    assert ("README.md", "demo") in [(document, words.split()[0]) for document, words in COMMANDS + TARGETS]
    assert LINKS


@pytest.mark.parametrize(("document", "words"), cases(COMMANDS))
def test_command_exists_with_its_options(document: str, words: str) -> None:
    command: Any = typer.main.get_command(app)
    left = words.split()
    while isinstance(command, TyperGroup) and left:
        name = left.pop(0)
        assert name in command.commands, f"{document}: no command `lastcall {words}`"
        command = command.commands[name]
    options = {spelling for option in command.params for spelling in (*option.opts, *option.secondary_opts)}
    given = {word.partition("=")[0].strip("[],.") for word in left if word.lstrip("[").startswith("--")}
    assert given <= options, f"{document}: `lastcall {words}`"


@pytest.mark.parametrize(("document", "target"), cases(TARGETS))
def test_make_target_exists(document: str, target: str) -> None:
    targets = re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert target in targets, document


@pytest.mark.parametrize(("document", "to"), cases(LINKS))
def test_linked_file_exists(document: str, to: str) -> None:
    assert (ROOT / document).parent.joinpath(to.partition("#")[0]).exists()
