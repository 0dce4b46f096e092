"""Whatever is typed after `lastcall`, it answers plainly: an exit code that means something, and no traceback."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.entrypoints.cli import app

BY = ["--by", "ada@example.com"]
NO_TEXT = "\udcff"
"""What Python makes of the byte 0xFF in an argument."""
COMMANDS = {
    "who": ["who"],
    "service": ["service"],
    "due": ["due", "--within"],
    "plan": ["plan", "--from"],
    "digest": ["digest", "--week"],
    "tick": ["tick", "--now"],
    "decode": ["decode"],
    "ingest": ["ingest"],
    "resolve": ["resolve"],
    "provider": ["resolve", "gpt-4o", "--provider"],
    "catalog show": ["catalog", "show"],
    "catalog list": ["catalog", "list", "--platform"],
    "catalog check": ["catalog", "check"],
    "explain": ["explain"],
    "explain model": ["explain", "cart"],
    "owners": ["owners"],
    "checklist": ["checklist"],
    "checklist tick": ["checklist", "cart", *BY, "--tick"],
    "reassign": ["reassign", *BY, "--team", "search"],
    "reassign team": ["reassign", "cart", *BY, "--team"],
    "reassign person": ["reassign", "cart", *BY, "--team", "search", "--person"],
    "reassign channel": ["reassign", "cart", *BY, "--team", "search", "--channel"],
    "author": ["ack", "cart", "--by"],
}


async def lastcall(database_url: str, folder: Path, *arguments: str) -> Result:
    environment = {"LASTCALL_DATABASE_URL": database_url, "LASTCALL_DATA_DIR": str(folder), "COLUMNS": "200"}
    result = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), (arguments, result.exception)
    assert "Traceback" not in result.output
    return result


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
async def test_argument_that_is_no_text_is_refused(database_url: str, tmp_path: Path, command: list[str]) -> None:
    result = await lastcall(database_url, tmp_path, *command, NO_TEXT)

    assert result.exit_code == 2
    assert "is not UTF-8" in result.stderr


NOT_ON_A_LINE = {
    "NUL": "a\0b",
    "a colour of the terminal": "a\x1b[31mb",
    "lines": "ada@example.com\n2025-07-14 bob",
    "a tab": "a\tb",
    "lone surrogate": "a\ud800b",
    "a text that runs back": "a\u202eb",
}


@pytest.mark.parametrize("argument", NOT_ON_A_LINE.values(), ids=NOT_ON_A_LINE)
async def test_author_or_team_that_is_no_line_is_refused(database_url: str, tmp_path: Path, argument: str) -> None:
    for command in (["reassign", "cart", "--team", "search", "--by"], ["checklist", "cart", "--tick", "model", "--by"]):
        assert (await lastcall(database_url, tmp_path, *command, argument)).exit_code == 2


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
async def test_what_is_typed_comes_back_as_text(database_url: str, tmp_path: Path, command: list[str]) -> None:
    for argument in ("[red]x[/]", "[/nothing]", "\x1b[31mx\0", "a\0b"):
        result = await lastcall(database_url, tmp_path, *command, argument)
        assert result.exit_code in {0, 1, 2}
        assert "\x1b" not in result.output
        assert "\0" not in result.output
        assert "[red]" not in argument or " x " not in result.output
    assert (await lastcall(database_url, tmp_path, *command, "x" * 100_000)).exit_code in {0, 1, 2}


HOSTILE = "\x01\x1b[31m[/red]%s{0}\U0001f600"


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
async def test_any_argument_is_answered(database_url: str, tmp_path: Path, command: list[str]) -> None:
    for argument in ("", HOSTILE, "9" * 400):
        assert (await lastcall(database_url, tmp_path, *command, argument)).exit_code in {0, 1, 2}
    assert (await lastcall(database_url, tmp_path, *command, HOSTILE, "--json")).exit_code in {0, 1, 2}


@pytest.mark.parametrize(
    "arguments",
    [
        *(["tick", "--now", at] for at in ("0001-01-01", "9999-12-31", "0001-01-01T00:00:00+1400")),
        ["tick", "--now", "9999-12-31T23:59:59-1400"],
        *(["plan", "--from", day, "--to", day] for day in ("0001-01-01", "9999-12-31")),
        ["plan", "--from", "9999-12-31"],
        ["plan", "--to", "9999-12-31"],
        ["plan", "--to", "2199-12-31"],
        ["plan", "--from", "2199-12-31"],
        ["plan", "--from", "2050-01-01", "--to", "2050-01-02"],
        *(["digest", "--dry-run", "--week", week] for week in ("0001-W01", "9999-W52")),
    ],
    ids=" ".join,
)
async def test_time_out_of_reach_is_refused(database_url: str, tmp_path: Path, arguments: list[str]) -> None:
    result = await lastcall(database_url, tmp_path, *arguments)

    assert result.exit_code == 2, result.output
    assert "error:" in result.stderr
