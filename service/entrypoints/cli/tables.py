"""Tables whose names can be copied: no name is ever broken, and what has no room stands as two lines a row."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from service.entrypoints.cli.output import console

GAP = 2
MOST_LINES = 3
"""Of a sentence in a column: what would stand in more, a word or two each, is read more easily below its row."""


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    wraps: bool = False
    """Its cells are sentences, which go on in the next line at a space. Those of the others are names and numbers."""
    right: bool = False


def show_table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    title: str | None = None,
    styles: Sequence[str] = (),
) -> None:
    """Print `rows`, plain text, one cell a column; each in its style, if there are any. A file or a pipe takes lines of
    any length."""
    if title is not None:
        console.print(f"[bold]{escape(title)}[/]")
    widths = column_widths(columns, rows, console.width if console.is_terminal else None)
    if widths is None:
        _show_stacked(columns, rows, styles)
    else:
        console.print(_table(columns, rows, widths, styles), crop=False)


def column_widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int | None) -> tuple[int, ...] | None:
    """What each column takes within `room`; None: there is too little. No room named: as much as it takes."""
    cells = [(column.title, *(row[n] for row in rows)) for n, column in enumerate(columns)]
    widths = [max(map(cell_len, column)) for column in cells]
    if room is None:
        return tuple(widths)
    least = [
        max(cell_len(word) for cell in (*texts, "-") for word in cell.split() or [""]) if column.wraps else width
        for column, texts, width in zip(columns, cells, widths, strict=True)
    ]
    room -= GAP * (len(columns) - 1)
    if sum(least) > room:
        return None
    while sum(widths) > room:
        widest = max((n for n in range(len(widths)) if widths[n] > least[n]), key=widths.__getitem__)
        widths[widest] -= 1
    return tuple(widths) if _most_lines(rows, widths) <= MOST_LINES else None


def _most_lines(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> int:
    return max((len(_wrapped(cell, width)) for row in rows for cell, width in zip(row, widths, strict=True)), default=1)


def _wrapped(text: str, width: int, indent: str = "", then: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=then,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], widths: Sequence[int], styles: Sequence[str]
) -> Table:
    table = Table(
        box=None,
        padding=(0, GAP, 0, 0),
        pad_edge=False,
        header_style="bold",
        width=sum(widths) + GAP * (len(widths) - 1),
    )
    for column, width in zip(columns, widths, strict=True):
        justify = "right" if column.right else "left"
        table.add_column(escape(column.title), width=width, no_wrap=not column.wraps, justify=justify)  # type: ignore[arg-type]
    for row, style in zip_longest(rows, styles, fillvalue=""):
        table.add_row(*map(Text, row), style=str(style))
    return table


def _show_stacked(columns: Sequence[Column], rows: Sequence[Sequence[str]], styles: Sequence[str]) -> None:
    """The names in a first line; below it what is said of them, each with its column's title."""
    for row, style in zip_longest(rows, styles, fillvalue=""):
        cells = [(column, cell) for column, cell in zip(columns, row, strict=True) if cell]
        _line("  ".join(cell for column, cell in cells if _is_name(column)), "", f"bold {style}")
        _line("; ".join(f"{column.title} {cell}".strip() for column, cell in cells if not _is_name(column)), "  ", "")


def _is_name(column: Column) -> bool:
    return not column.wraps and not column.right


def _line(text: str, indent: str, style: str) -> None:
    for line in _wrapped(text, console.width, indent, indent + "  "):
        console.print(Text(line, style), soft_wrap=True)
