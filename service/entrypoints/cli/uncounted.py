"""How `decode`, `ingest`, `send` and `doctor` report records without a call, with remedies."""

from collections.abc import Iterator, Mapping
from typing import Any

import typer
from rich.console import Console

from service.core.shapes import OTHER_SHAPES
from service.core.tally import Uncounted
from service.entrypoints.cli.output import Exit
from service.formats.decoder import why_passed_over

FORMATS_REMEDY = (
    "write it in a format that lastcall reads (docs/formats.md); if a topic has a single format, you can fix it in "
    "lastcall.yaml"
)
REMEDIES: Mapping[str, str] = {
    "unknown_format": FORMATS_REMEDY,
    "empty": "make the producer write no empty records",
    "too_large": "send fewer calls in one record (docs/formats.md has the limits)",
    "bad_compression": "compress each record as a whole, or leave compression to Kafka's producer",
    "bad_encoding": "write UTF-8",
    "bad_json": "write each record as one complete JSON text; a truncated line has usually exceeded a limit on its way",
    "bad_protobuf": "write complete OTLP requests, as the Collector's Kafka exporter does",
    "too_deep": "remove envelopes: lastcall opens at most eight",
    "bad_field": "write the field as its format requires (docs/formats.md; docs/record-format.md for lastcall's own)",
    "bad_time": 'give each record its time (lastcall\'s own record: "time": "2026-11-30T08:00:00Z"); a file has no '
    "record time",
    "needs_schema": "write JSON instead of Avro or Protobuf",
}
"""Remedy for each reason of a rejection."""


def shape_in_words(shape: str) -> str:
    return "of other shapes" if shape == OTHER_SHAPES else shape


def show_rejections(uncounted: Uncounted, console: Console) -> None:
    for reason, number in uncounted.rejections.most_common():
        console.print(f"  {number:,} x {reason}")
        if reason == "unknown_format":
            for shape, alike in uncounted.shapes.most_common():
                _say(console, f"    {alike:,} x {shape_in_words(shape)}")
        _say(console, f"    -> {REMEDIES[reason]}")


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


def end_where_nothing_is_read(rejected: int, call_records: int) -> None:
    """Exit with BAD_NEWS if records were rejected and no record contained a call."""
    if rejected and not call_records:
        raise typer.Exit(Exit.BAD_NEWS)
