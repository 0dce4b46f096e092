"""How `decode`, `ingest`, `send` and `doctor` tell of records that count as no call, and what would make them count."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console

from service.core.shapes import OTHER_SHAPES
from service.core.tally import Uncounted
from service.formats.decoder import why_passed_over

FORMATS_REMEDY = (
    "have it written in a format that lastcall reads (docs/formats.md); a topic that is all of one format can be fixed "
    "to it in lastcall.yaml"
)


def shape_in_words(shape: str) -> str:
    return "of other shapes" if shape == OTHER_SHAPES else shape


def show_rejections(uncounted: Uncounted, console: Console) -> None:
    for reason, number in uncounted.rejections.most_common():
        console.print(f"  {number:,} x {reason}")
        if reason == "unknown_format":
            for shape, alike in uncounted.shapes.most_common():
                _say(console, f"    {alike:,} x {shape_in_words(shape)}")
            _say(console, f"    -> {FORMATS_REMEDY}")


def show_passed_over(uncounted: Uncounted, console: Console) -> None:
    for one in passed_over_answers(uncounted):
        _say(console, f"  {one['parts']:,} passed over ({one['format']}, {one['kind']}): {one['what']}")


def passed_over_answers(uncounted: Uncounted) -> Iterator[dict[str, Any]]:
    for (format_, kind), parts in uncounted.passed_over.most_common():
        yield {"format": format_, "kind": kind, "parts": parts, "what": why_passed_over(format_, kind)}


def unknown_shape_answers(uncounted: Uncounted) -> Iterator[dict[str, Any]]:
    for shape, number in uncounted.shapes.most_common():
        yield {"shape": shape, "rejections": number, "what": FORMATS_REMEDY}


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
