"""The pages of deprecations of OpenAI and Anthropic in Markdown. What is read there is proposed to a person, never
applied: a page can change its form at any time.

https://developers.openai.com/api/docs/deprecations.md,
https://platform.claude.com/docs/en/about-claude/model-deprecations.md
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from service.adapters.sources.document import Kind
from service.adapters.sources.source import written_day
from service.core.catalog.finding import Finding
from service.core.catalog.lifecycle import Shutdown

_HEADING = re.compile(r"### (\d{4}-\d\d-\d\d)\b")
_SECTION = re.compile(r"#{1,3} ")
_CELL = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"`([^`]+)`")
_ID = re.compile(r"(?!ft-)[A-Za-z0-9][\w.@-]*")
"""No path of an endpoint, no parameter, and no `ft-...`, which stands for all fine-tunes of a model."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d|[A-Z][a-z]{2,8}\.? \d{1,2}(?:st|nd|rd|th)?, \d{4}")
_PROMISE = re.compile("sooner|earliest")


@dataclass(frozen=True, slots=True)
class _Columns:
    day: int
    model: int
    announced: int | None
    replacement: int | None


def read_page(body: bytes, *, platform: str) -> tuple[Finding, ...]:
    """One finding for each model in a table with a day of its end: the newest notice. Raises ValueError without any."""
    found: dict[str, Finding] = {}
    announced: date | None = None
    columns: _Columns | None = None
    for line in body.decode().replace("\N{NON-BREAKING HYPHEN}", "-").splitlines():
        if heading := _HEADING.match(line):
            announced = date.fromisoformat(heading[1])
        elif _SECTION.match(line):
            announced = None
        cells = [cell.strip() for cell in _CELL.split(line.strip().strip("|"))] if line.startswith("|") else []
        if not cells:
            columns = None
        elif columns is None:
            columns = _columns_of(cells)
        elif len(cells) > max(columns.day, columns.model):
            for finding in _row(cells, columns, announced, platform):
                known = found.setdefault(finding.id, finding)
                if (finding.announced or date.min) >= (known.announced or date.min):
                    found[finding.id] = finding
    if not found:
        raise ValueError("no table of ends")
    return tuple(found.values())


def _columns_of(header: Sequence[str]) -> _Columns | None:
    def find(words: str) -> int | None:
        return next((number for number, cell in enumerate(header) if re.search(words, cell, re.IGNORECASE)), None)

    day, model = find("shutdown date|retirement date"), find(r"\bmodel\b(?!.*replacement)")
    if day is None or model is None:
        return None
    return _Columns(day, model, find("^deprecated$"), find("replacement|substitute"))


def _row(cells: Sequence[str], columns: _Columns, announced: date | None, platform: str) -> Iterator[Finding]:
    day = _DAY.search(cells[columns.day])
    if day is None:
        return
    end = written_day(day[0])
    given = _DAY.search(cells[columns.announced]) if columns.announced is not None else None
    for model in _ids(cells[columns.model]):
        yield Finding(
            platform,
            model,
            announced=written_day(given[0]) if given else announced,
            shutdown=Shutdown.earliest(end) if _PROMISE.search(cells[columns.day]) else Shutdown(end, "exact"),
            replacements=_ids(cells[columns.replacement])
            if columns.replacement is not None and columns.replacement < len(cells)
            else (),
        )


def _ids(cell: str) -> tuple[str, ...]:
    """Ids are set as code; in the table of Anthropic's models they are the whole cell."""
    named = _CODE.findall(cell) or [cell]
    return tuple(name for name in named if _ID.fullmatch(name) and any(map(str.isdigit, name)))


def _page(name: str, platform: str, page: str) -> Kind:
    return Kind(name, "provider", page, partial(read_page, platform=platform), proposes=True)


OPENAI_PAGE = _page("openai-page", "openai-api", "https://developers.openai.com/api/docs/deprecations")
ANTHROPIC_PAGE = _page(
    "anthropic-page", "anthropic-api", "https://platform.claude.com/docs/en/about-claude/model-deprecations"
)
PAGES = (OPENAI_PAGE, ANTHROPIC_PAGE)
"""The Markdown form of a page is at its address with `.md`."""
