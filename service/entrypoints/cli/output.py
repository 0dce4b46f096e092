"""Output of all commands: data on stdout, everything else on stderr, and exit codes.

0 success, 1 the answer is bad news, 2 bad usage, bad input, or an unknown or ambiguous name, 3 a required server is not
reachable.
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
"""Years that options accept. At the limits of the calendar, date arithmetic would fail."""


def within_reach(option: str, day: date) -> None:
    """Ends the command unless the day is in `YEARS`."""
    if day.year not in YEARS:
        fail(f"{option}: the year {day.year} is out of range", f"use a year from {YEARS[0]} to {YEARS[-1]}")


def emit(answer: Any) -> None:
    """Print one JSON value on one line. Takes dataclasses, msgspec structs, dates and datetimes (ISO 8601)."""
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    sys.stdout.flush()


def fail(message: str, remedy: str, code: Exit = Exit.BAD_INPUT) -> NoReturn:
    """Print the error and its remedy, and end the command."""
    stderr.print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True)
    stderr.print(f"  {escape(remedy)}", soft_wrap=True)
    raise SystemExit(int(code))
