"""`lastcall ingest`: reads records from files, with the same pipeline as for Kafka."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from service.adapters.postgres.database import DatabaseTrouble
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.usage_store import UsageStore
from service.app import App
from service.core.words import plural
from service.engine.ingest import Ingest, Limits
from service.engine.ingest_file import FileLog, FileSummary, IngestFailed, ingest_file
from service.entrypoints.cli.output import Exit, console, emit, fail, stderr
from service.entrypoints.cli.session import run
from service.entrypoints.cli.uncounted import (
    end_where_nothing_is_read,
    passed_over_answers,
    show_passed_over,
    show_rejections,
    unknown_shape_answers,
)
from service.formats.decoder import Decoder
from service.formats.files import STDIN, UnreadableFileError

_PARTLY = "a part of the input may be counted, and would count twice; put the records into a file, which counts once"
"""Remedy if standard input ends early: unlike with a file, lastcall cannot continue where it stopped."""


def ingest(
    files: Annotated[list[Path], typer.Argument(help="JSON lines or one JSON text, plain, gzip or zstd; - for stdin.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per file.")] = False,
) -> None:
    """Count the calls in log files. The same content counts only once, however often you ingest it."""
    for path in files:
        if path != STDIN and not os.path.isfile(path):  # noqa: PTH113  a name too long for Path.is_file is no file either
            what = "is a folder" if os.path.isdir(path) else "no such file"  # noqa: PTH112  as above
            fail(f"{path}: {what}", "give files of records (JSON lines, gzip, zstd), or - for standard input")
    summaries = run(lambda app: _ingest_all(app, files))
    if as_json:
        for summary in summaries:
            emit(_answer(summary))
    else:
        _show(summaries)
    end_where_nothing_is_read(
        sum(one.rejected_records for one in summaries), sum(one.call_records for one in summaries)
    )


async def _ingest_all(app: App, files: Sequence[Path]) -> list[FileSummary]:
    store = UsageStore(app.database, SeriesBook(app.world.catalog, app.world.resolver))
    limits = Limits(timedelta(seconds=app.settings.flush_seconds), app.settings.flush_keys, rejection_limit=1)
    reading = Ingest(store, FileLog(), Decoder(), limits, source="file")
    summaries = []
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as progress:
        for path in files:
            size = None if path == STDIN else path.stat().st_size
            task = progress.add_task(path.name, total=size)
            try:
                summaries.append(
                    await ingest_file(
                        reading,
                        path,
                        app.world.resolver,
                        clock=lambda: datetime.now(UTC),
                        progress=lambda read, task=task: progress.advance(task, read),  # type: ignore[misc]
                    )
                )
            except UnreadableFileError as error:
                whole = "nothing in it was counted; give a complete copy"
                fail(f"{path}: {error}", _PARTLY if path == STDIN else whole)
            except (IngestFailed, *DatabaseTrouble) as error:
                again = "give the same file again; lastcall continues where it stopped"
                fail(f"{path}: {error}", _PARTLY if path == STDIN else again, Exit.UNREACHABLE)
    return summaries


def _show(summaries: Sequence[FileSummary]) -> None:
    for one in summaries:
        before = f", {one.counted_before:,} already counted" if one.counted_before else ""
        console.print(
            f"{one.path}: {plural(one.calls, 'call')} in {plural(one.call_records, 'record')}, "
            f"{one.rejected_records:,} rejected, {one.other_records:,} without a call{before}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        show_rejections(one.uncounted, console)
        show_passed_over(one.uncounted, console)


def _answer(summary: FileSummary) -> dict[str, Any]:
    return {
        "path": summary.path,
        "topic": summary.topic,
        "counted_before": summary.counted_before,
        "call_records": summary.call_records,
        "rejected_records": summary.rejected_records,
        "other_records": summary.other_records,
        "calls": summary.calls,
        "rejections": summary.uncounted.rejections,
        "unknown_shapes": [*unknown_shape_answers(summary.uncounted)],
        "passed_over": [*passed_over_answers(summary.uncounted)],
    }
