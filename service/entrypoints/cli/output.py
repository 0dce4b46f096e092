"""How every command answers: data on stdout, everything else on stderr, and exit codes that mean something.

0 fine, 1 the answer is bad news, 2 bad usage or input, a name that is not known or names several as well, 3 something
that is needed is not reachable.
"""

import sys
from datetime import date
from enum import IntEnum
from typing import Annotated, Any, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

console = Console(highlight=False)
stderr = Console(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


class Exit(IntEnum):
    FINE = 0
    BAD_NEWS = 1
    BAD_INPUT = 2
    UNREACHABLE = 3


YEARS = range(2000, 2200)
"""What a question may be about. Far beyond it, days before and after are none that a calendar has."""


def within_reach(option: str, day: date) -> None:
    """Ends the command where the day is in none of `YEARS`."""
    if day.year not in YEARS:
        fail(f"{option}: the year {day.year} is out of reach", f"a year from {YEARS[0]} to {YEARS[-1]}")


def emit(answer: Any) -> None:
    """One JSON value on a line of stdout. Dataclasses, msgspec structs, dates and datetimes (ISO 8601) are welcome."""
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    sys.stdout.flush()


def fail(message: str, remedy: str, code: Exit = Exit.BAD_INPUT) -> NoReturn:
    """Say what is wrong and what to do about it, and end the command."""
    stderr.print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True)
    stderr.print(f"  {escape(remedy)}", soft_wrap=True)
    raise SystemExit(int(code))
