"""`lastcall decode`: how lastcall reads a file of records. Stores nothing."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from service.core.cleaning import event_of
from service.core.identity import Identified, use_platforms
from service.core.tally import Tally
from service.core.usage import Decoded, Format, Rejection, UsageEvent
from service.core.words import plural
from service.entrypoints.cli.output import console, emit, fail, stderr
from service.entrypoints.cli.tables import Column, show_table
from service.entrypoints.cli.uncounted import end_where_nothing_is_read, show_passed_over, show_rejections
from service.formats.decoder import decode as decode_record
from service.formats.dialects import NAMES
from service.formats.files import FileRecord, UnreadableFileError, read_records

SHOWN = 200
"""Rows of the table; the summary counts everything."""
_KEYS = (
    *(
        "kind",
        "format",
        "reporter",
        "at",
        "service",
        "environment",
        "provider",
        "platform",
        "requested_id",
        "served_id",
    ),
    *("requested_model", "served_model", "operation", "status", "error_code", "input_tokens", "output_tokens"),
    *("end_of_life", "cached_tokens", "latency_ms", "streaming", "request_id", "key_owner", "reason"),
)
"""Keys of every JSON object, in this order; null if unknown."""
_COLUMNS = (
    Column("time (UTC)"),
    Column("service"),
    Column("requested", wraps=True),
    Column("served", wraps=True),
    Column("status"),
    Column("tokens", right=True),
)


def _format(name: str) -> Format:
    if name not in NAMES:
        raise typer.BadParameter(f"{name} is not a format; the formats are {', '.join(NAMES)}")
    return name


def decode(
    files: Annotated[list[Path], typer.Argument(help="JSON lines or one JSON text, plain, gzip or zstd; - for stdin.")],
    format: Annotated[  # noqa: A002  the option's name
        Format | None,
        typer.Option(
            parser=_format, metavar=" | ".join(NAMES), help="Read every record as this format. Default: detect it."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per usage event or rejection.")
    ] = False,
) -> None:
    """Show how lastcall reads the records in log files. Stores nothing."""
    from service.adapters.catalog.files import load_catalog  # noqa: PLC0415  `--help` needs no catalog

    resolver = load_catalog().resolver
    use_platforms(resolver.platforms)
    tally = Tally()
    rows: list[tuple[str, ...]] = []
    for record, decoded in _decode_all(files, format):
        tally.add(decoded)
        for call in decoded.calls:
            identified = tally.add_call(call, resolver)
            _show(rows, as_json, _answer(event_of(call), identified))
        for rejection in decoded.rejections:
            _show(rows, as_json, _refusal(rejection), f"record {record.offset + 1}", rejection.detail)
    if not as_json:
        _show_summary(tally, rows)
    show_passed_over(tally.uncounted, stderr)  # on stderr: this is not data about calls
    end_where_nothing_is_read(tally.rejected_records, tally.call_records)


def _show_summary(tally: Tally, shown: Sequence[tuple[str, ...]]) -> None:
    if shown:
        show_table(_COLUMNS, shown)
    rejections = tally.uncounted.rejections
    rows = tally.events + rejections.total()
    if rows > SHOWN:
        console.print(f"... and {rows - SHOWN:,} more")
    console.print(
        f"{plural(tally.records, 'record')}: {plural(tally.volume.calls, 'call')} "
        f"in {plural(tally.events, 'usage event')} "
        f"({tally.errors:,} failed), {plural(rejections.total(), 'rejection')}, "
        f"{plural(tally.other_records, 'record')} without a call",
        soft_wrap=True,
    )
    show_rejections(tally.uncounted, console)


def _decode_all(files: Iterable[Path], format_: Format | None) -> Iterator[tuple[FileRecord, Decoded]]:
    for path in files:
        try:
            for record in read_records(path):
                yield record, decode_record(record, format_)
        except UnreadableFileError as error:
            fail(f"{path}: {error}", "give files of records (JSON lines, gzip, zstd), or - for standard input")


def _answer(event: UsageEvent, identified: Identified) -> dict[str, Any]:
    known = {"kind": "event", **identified._asdict()}
    return {key: known.get(key, getattr(event, key, None)) for key in _KEYS}


def _refusal(rejection: Rejection) -> dict[str, Any]:
    known = {"kind": "rejection", "format": rejection.format, "reason": rejection.reason}
    return {key: known.get(key) for key in _KEYS}


def _show(
    rows: list[tuple[str, ...]], as_json: bool, answer: dict[str, Any], place: str = "", detail: str = ""
) -> None:
    if as_json:
        emit(answer)
    elif len(rows) < SHOWN:
        rows.append(_event_cells(answer) if answer["kind"] == "event" else _rejection_cells(answer, place, detail))


def _event_cells(answer: dict[str, Any]) -> tuple[str, ...]:
    tokens = [answer[key] for key in ("input_tokens", "output_tokens") if answer[key] is not None]
    return (
        f"{answer['at']:%Y-%m-%d %H:%M}",
        answer["service"] or "?",
        _model(answer["requested_id"], answer["requested_model"]),
        _model(answer["served_id"], answer["served_model"]),
        str(answer["status"] or ("failed" if answer["error_code"] else "-")),
        f"{sum(tokens):,}" if tokens else "?",
    )


def _model(raw: str | None, model: str | None) -> str:
    """The id as in the log, marked if unknown."""
    return (raw if model else f"{raw} (unknown)") if raw else "-"


def _rejection_cells(answer: dict[str, Any], place: str, detail: str) -> tuple[str, ...]:
    """Without the shape of an unknown format, which the summary shows."""
    shown = "" if answer["reason"] == "unknown_format" else detail
    return (place, answer["format"] or "-", f"rejected: {answer['reason']} {shown}".rstrip(), "-", "-", "-")
