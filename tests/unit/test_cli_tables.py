"""How a table finds its room, and what stands in its place where there is none."""

import pytest
from rich.console import Console

from service.entrypoints.cli import tables
from service.entrypoints.cli.tables import Column, column_widths, show_table

COLUMNS = (Column("model"), Column("state", wraps=True), Column("calls", right=True))
ROWS = [("gpt-4.5-preview-2025-02-27", "past its day, answered", "70")]


@pytest.mark.parametrize(
    ("room", "widths"),
    [
        pytest.param(None, (26, 22, 5), id="a file takes any length"),
        pytest.param(57, (26, 22, 5), id="just enough"),
        pytest.param(56, (26, 21, 5), id="sentences give way first"),
        pytest.param(43, (26, 8, 5), id="down to their longest word"),
        pytest.param(42, None, id="and no further: nothing is broken"),
    ],
)
def test_only_sentences_give_way(room: int | None, widths: tuple[int, ...] | None) -> None:
    assert column_widths(COLUMNS, ROWS, room) == widths


@pytest.mark.parametrize(
    ("room", "fits"),
    [
        pytest.param(51, True, id="a sentence on three lines can be read"),
        pytest.param(50, False, id="one on four stands below its row"),
    ],
)
def test_sentence_is_not_cut_into_many_lines(room: int, fits: bool) -> None:
    rows = [("gpt-4.5-preview-2025-02-27", "search-api (production): one two three fo", "70")]
    assert (column_widths(COLUMNS, rows, room) is not None) is fits


def shown(monkeypatch: pytest.MonkeyPatch, *, width: int, terminal: bool) -> list[str]:
    console = Console(width=width, force_terminal=terminal, color_system=None, highlight=False)
    monkeypatch.setattr(tables, "console", console)
    with console.capture() as captured:
        show_table(COLUMNS, ROWS)
    return [line.rstrip() for line in captured.get().splitlines()]


def test_narrow_terminal_has_two_lines_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, width=40, terminal=True) == [
        "gpt-4.5-preview-2025-02-27",
        "  state past its day, answered; calls 70",
    ]


def test_name_longer_than_the_terminal_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, width=20, terminal=True)[0] == "gpt-4.5-preview-2025-02-27"


def test_file_is_not_wrapped_as_a_terminal_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, width=20, terminal=False) == [
        "model                       state                   calls",
        "gpt-4.5-preview-2025-02-27  past its day, answered     70",
    ]
