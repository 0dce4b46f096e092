"""A file through the pipeline of Kafka's records: it is a topic named after its content, with one offset a record."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from service.core.batch import DeadLetter, Partition
from service.core.position import LogState
from service.engine.ingest import Flushed, Ingest, Outcome, Postponed
from service.formats.files import STDIN, FileRecord, digest, read_records

_CHUNK = 2_000
_ATTEMPTS = 5
_ENDLESS = 2**62


class IngestFailed(Exception):
    """The rest of the file is not counted. Running the same command again goes on where it stopped."""


@dataclass(slots=True)
class FileSummary:
    path: str
    topic: str
    counted_before: int = 0
    """Records that an earlier run has counted."""
    call_records: int = 0
    rejected_records: int = 0
    other_records: int = 0
    calls: int = 0
    rejections: Counter[str] = field(default_factory=Counter)

    def add(self, flushed: Flushed) -> None:
        for span in flushed.batch.spans.values():
            self.call_records += span.call_records
            self.rejected_records += span.rejected_records
            self.other_records += span.other_records
        self.calls += sum(totals.calls for totals in flushed.batch.rollup.totals.values()) - flushed.refused
        for key, count in flushed.batch.rejections.items():
            self.rejections[key.reason] += count.rejected
        if flushed.refused:
            self.rejections["bad_field"] += flushed.refused


class FileLog:
    """The cluster's part, for a file: it never changes, and is its own dead-letter topic."""

    async def incarnations(self, topics: Collection[str]) -> Mapping[str, str]:
        return dict.fromkeys(topics, "file")

    async def states(self, partitions: Collection[Partition]) -> Mapping[Partition, LogState]:
        return {partition: LogState("file", 0, _ENDLESS) for partition in partitions}

    async def send_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """The rejection's sample names the line."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A file's record under the name and number that the watermark counts by."""

    inner: FileRecord
    topic: str
    offset: int
    partition: int = 0

    @property
    def timestamp(self) -> int:
        return self.inner.timestamp

    @property
    def key(self) -> bytes | None:
        return self.inner.key

    @property
    def value(self) -> bytes | None:
        return self.inner.value

    @property
    def headers(self) -> tuple[tuple[str, bytes], ...]:
        return self.inner.headers


async def ingest_file(
    ingest: Ingest, path: Path, *, clock: Callable[[], datetime], progress: Callable[[int], object] = lambda _: None
) -> FileSummary:
    """`ingest` reads by FileLog. The same content counts once, however often, under whatever name and in whatever
    compression it is given; standard input is new each time.

    Raises IngestFailed. Raises UnreadableFileError before anything of a file is counted, as the whole of it is read
    first; of standard input, what stands before the damage may be counted.
    """
    topic = f"file:{await asyncio.to_thread(_name, path)}"
    partition = Partition(topic, 0)
    opened = await ingest.open([partition], now=clock())
    if partition not in opened.positions:
        raise IngestFailed("another lastcall is reading it")
    summary = FileSummary(str(path), topic, counted_before=opened.positions[partition])
    numbered = (_Line(record, topic, offset) for offset, record in enumerate(read_records(path, progress)))
    lines = islice(numbered, summary.counted_before, None)
    while chunk := list(islice(lines, _CHUNK)):
        ingest.take(chunk, now=clock())
        if ingest.due(now=clock()):
            summary.add(await _flush(ingest, clock))
        await asyncio.sleep(0)  # a progress bar, and Ctrl-C, have their turn
    summary.add(await _flush(ingest, clock))
    await ingest.close()
    return summary


async def _flush(ingest: Ingest, clock: Callable[[], datetime]) -> Flushed:
    reason = ""
    for _ in range(_ATTEMPTS):
        outcome: Outcome = await ingest.flush(now=clock())
        match outcome:
            case Flushed():
                return outcome
            case Postponed(wait, reason):
                await asyncio.sleep(wait)
            case _:
                raise IngestFailed("another lastcall is reading it")
    raise IngestFailed(f"the database took nothing in {_ATTEMPTS} tries, the last ended with {reason}")


def _name(path: Path) -> str:
    return uuid.uuid4().hex if path == STDIN else digest(path)
