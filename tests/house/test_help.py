"""Each command says in a sentence what it does, and gives its data as JSON too."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.core import TyperGroup, TyperOption

from service.entrypoints.cli import app

NO_DATA = {"up", "demo", "consume", "schedule", "web", "send", "catalog", "policy"}
"""They run until they are ended, only do something, or are a group."""


def commands(group: TyperGroup, above: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        yield above + name, command
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{above}{name} ")


ALL = dict(commands(typer.main.get_group(app)))


@pytest.mark.parametrize("name", ALL)
def test_help_begins_with_a_sentence(name: str) -> None:
    first = (ALL[name].help or "").strip().splitlines()[0]
    assert first[:1].isupper()
    assert ". " in f"{first} "


@pytest.mark.parametrize("name", [name for name in ALL if name not in NO_DATA])
def test_answer_can_be_had_as_json(name: str) -> None:
    assert "--json" in {spelling for option in ALL[name].params for spelling in option.opts}


@pytest.mark.parametrize("name", ALL)
def test_every_option_says_what_it_means(name: str) -> None:
    unsaid = [p.name for p in ALL[name].params if isinstance(p, TyperOption) and not p.help]
    assert unsaid == []
