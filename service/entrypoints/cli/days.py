"""Parses the days in options."""

from contextlib import suppress
from datetime import date, datetime

import typer

DAY = "DAY"
"""Placeholder in the help text."""
_FORMATS = ("%Y-%m-%d", "%d %b %Y", "%a %d %b %Y")


def parse_day(text: str) -> date:
    """Accepts 2025-07-09, and `Wed 9 Jul 2025`, the form in lastcall's messages."""
    for format_ in _FORMATS:
        with suppress(ValueError):
            return datetime.strptime(text.strip(), format_).date()  # noqa: DTZ007  a day has no zone
    raise typer.BadParameter(f"{text!r} is not a day. Write year, month and day: 2025-07-14")
