"""What a command says of an option that is missing or cannot be read: in the words of whoever types it."""

import re
import subprocess
import sys
from datetime import date
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.entrypoints.cli import COMMANDS, app
from service.entrypoints.cli.days import parse_day


def lastcall(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def said(result: Result) -> str:
    """Without the frame that stands around it."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", result.output).split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["snooze", "a", "--until", "tomorrow"], "'tomorrow' is not a day. Write year, month", id="a word"),
        pytest.param(
            ["rehearse", "--on", "01/12/2026"], "'01/12/2026' is not a day. Write year, month", id="which month?"
        ),
        pytest.param(["plan", "--from", "2026-02-30"], "'2026-02-30' is not a day", id="a day that no month has"),
        pytest.param(
            ["tick", "--now", "noon"], "'noon' is not a time. Write it in ISO 8601: 2025-07-14T09:00", id="time"
        ),
        pytest.param(["rehearse"], "Missing option '--on'. Example: --on 2025-07-14", id="no day"),
        pytest.param(["waive", "a", "--until", "2026-12-01"], "'--reason'. Example: --reason \"", id="no reason"),
    ],
)
def test_wrong_option_is_told_how_to_write_it(arguments: list[str], says: str) -> None:
    result = lastcall(*arguments)

    assert result.exit_code == 2
    assert says in said(result)
    assert "Value error" not in said(result)


@pytest.mark.parametrize("text", ["2025-07-09", "9 Jul 2025", "Wed 9 Jul 2025"])
def test_day_can_be_pasted_from_a_message(text: str) -> None:
    assert parse_day(text) == date(2025, 7, 9)


@pytest.mark.parametrize("command", [[], ["tick"], ["policy", "check"]], ids=["lastcall", "tick", "policy check"])
def test_help_names_no_type_of_what_takes_no_value(command: list[str]) -> None:
    shown = lastcall(*command, "--help").output

    assert "--help" in shown
    assert "bool" not in shown
    assert "%Y" not in shown


def test_list_of_commands_imports_none_of_them() -> None:
    """They need a database, Kafka and a web server, and the whole list would wait for all of that."""
    code = (
        "import sys; from typer.testing import CliRunner; from service.entrypoints.cli import app;"
        "print(CliRunner().invoke(app, ['--help']).exit_code,"
        " [name for name in ('sqlalchemy', 'aiokafka', 'fastapi', 'yaml') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0 []\n"


def test_asking_without_a_lastcall_yaml_imports_nothing_that_checks_one() -> None:
    code = (
        "import sys; import service.entrypoints.cli.ask;"
        "print([name for name in ('alembic', 'jsonschema', 'opentelemetry', 'aiokafka') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", ["ask", "owners", "plan", "rehearse"])
def test_command_that_configures_no_logging_has_nothing_that_logs(name: str) -> None:
    """A line of a log that is not configured would be on standard output, among the JSON."""
    code = f"import sys; import service.entrypoints.cli.{name}; print('structlog' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(("name", "entry"), COMMANDS.items(), ids=COMMANDS.keys())
def test_line_of_a_command_is_the_first_sentence_of_its_help(name: str, entry: Any) -> None:
    _, usage, rest = said(lastcall(name, "--help")).partition("[OPTIONS]")
    assert usage
    assert entry.about in rest[: len(entry.about) + 60]
