"""Days as people write them in an option."""

from contextlib import suppress
from datetime import date, datetime

import typer

DAY = "DAY"
"""What the help calls one."""
_FORMATS = ("%Y-%m-%d", "%d %b %Y", "%a %d %b %Y")


def parse_day(text: str) -> date:
    """2025-07-09, and `Wed 9 Jul 2025` as lastcall itself writes days: they can be pasted from a message."""
    for format_ in _FORMATS:
        with suppress(ValueError):
            return datetime.strptime(text.strip(), format_).date()  # noqa: DTZ007  a day has no zone
    raise typer.BadParameter(f"{text!r} is no day. Write year, month and day: 2025-07-14")
