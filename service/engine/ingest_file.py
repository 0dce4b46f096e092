"""Reads a file with the consume loop of Kafka: a file is a topic named after its content, with one offset per
record."""

import asyncio
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from service.core.batch import DeadLetter, Partition
from service.core.identity import Resolver
from service.core.position import LogState
from service.core.tally import Uncounted
from service.core.volume import Volume
from service.engine.consume import Consume
from service.engine.flush_outcome import Flushed, FlushOutcome, Postponed
from service.engine.ingest import Ingest
from service.formats.files import STDIN, FileRecord, digest, read_records

_CHUNK = 2_000
_CHUNK_BYTES = 8 * 1024 * 1024
"""Limit of unwritten bytes: a record may have many megabytes."""
_ATTEMPTS = 5
_BEAT = 0.2
_ENDLESS = 2**62


class IngestFailed(Exception):
    """The rest of the file is not counted. Running the same command again continues there."""


@dataclass(slots=True)
class FileSummary:
    path: str
    topic: str
    counted_before: int = 0
    """Records counted by an earlier run."""
    call_records: int = 0
    rejected_records: int = 0
    other_records: int = 0
    refused: int = 0
    """Calls that the database rejected."""
    volume: Volume = field(default_factory=Volume)
    uncounted: Uncounted = field(default_factory=Uncounted)

    @property
    def calls(self) -> int:
        """Several reporters of the same call count once, over the whole file."""
        return max(self.volume.calls - self.refused, 0)

    def add(self, flushed: Flushed, resolver: Resolver) -> None:
        for span in flushed.batch.spans.values():
            self.call_records += span.call_records
            self.rejected_records += span.rejected_records
            self.other_records += span.other_records
        self.volume.add_rollup(flushed.batch.rollup, resolver)
        self.uncounted.add_batch(flushed.batch)
        if flushed.refused:
            self.refused += flushed.refused
            self.uncounted.rejections["bad_field"] += flushed.refused


class FileLog:
    """The role of the cluster for a file: it never changes, and has no dead-letter topic."""

    async def incarnations(self, topics: Collection[str]) -> Mapping[str, str]:
        return dict.fromkeys(topics, "file")

    async def states(self, partitions: Collection[Partition]) -> Mapping[Partition, LogState]:
        return {partition: LogState("file", 0, _ENDLESS) for partition in partitions}

    async def send_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Does nothing: the sample of a rejection names the line."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A record of a file with the topic and offset of its watermark."""

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


class FileSource:
    """Delivers the records of a file on request, unless it is paused."""

    def __init__(self, path: Path, topic: str, progress: Callable[[int], object]) -> None:
        self._path = path
        self._progress = progress
        self.partition = Partition(topic, 0)
        self.assigned = (self.partition,)
        self.started_at: int | None = None
        """The first requested offset. None: another process reads the file."""
        self.paused = True
        self._lines: Iterator[_Line] = iter(())

    def read_from(self, partition: Partition, offset: int) -> None:
        """Called once."""
        if self.started_at is not None:
            raise IngestFailed("another lastcall is reading it")
        self.started_at = offset
        records = enumerate(read_records(self._path, self._progress))
        self._lines = islice((_Line(record, partition.topic, number) for number, record in records), offset, None)
        self.paused = False

    def pause(self, partitions: Iterable[Partition]) -> None:
        self.paused = True

    def resume(self, partitions: Collection[Partition]) -> None:
        self.paused = False

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Does nothing."""

    def some(self) -> list[_Line]:
        """Some records; none at the end of the file. Raises UnreadableFileError."""
        chunk: list[_Line] = []
        size = 0
        for line in self._lines:
            chunk.append(line)
            size += len(line.value or b"")
            if len(chunk) == _CHUNK or size >= _CHUNK_BYTES:
                break
        return chunk


class _Report:
    """Sums up what is counted. Raises IngestFailed if the rest will not be counted."""

    def __init__(self, summary: FileSummary, resolver: Resolver) -> None:
        self._summary = summary
        self._resolver = resolver
        self._postponed = 0

    def __call__(self, outcome: FlushOutcome) -> None:
        match outcome:
            case Flushed():
                self._postponed = 0
                self._summary.add(outcome, self._resolver)
            case Postponed(_, reason):
                self._postponed += 1
                if self._postponed == _ATTEMPTS:
                    raise IngestFailed(f"the database took nothing in {_ATTEMPTS} tries, the last ended with {reason}")
            case _:
                raise IngestFailed("another lastcall is reading it")


async def ingest_file(
    ingest: Ingest,
    path: Path,
    resolver: Resolver,
    *,
    clock: Callable[[], datetime],
    progress: Callable[[int], object] = lambda _: None,
) -> FileSummary:
    """`ingest` uses FileLog. `resolver` determines which calls of several reporters may be the same, for the summary.

    The same content counts once, however often it is given, under any name and compression. Standard input is new each
    time.

    Raises IngestFailed. Raises UnreadableFileError before anything is counted, because a file is first read completely;
    for standard input, the part before the damage may be counted.
    """
    topic = await asyncio.to_thread(_name, path)
    source, summary = FileSource(path, topic, progress), FileSummary(str(path), topic)
    loop = Consume(ingest, source, report=_Report(summary, resolver))
    await loop.assigned(now=clock())
    await loop.beat(now=clock())
    if source.started_at is None:
        raise IngestFailed(loop.trouble or "another lastcall is reading it")
    summary.counted_before = source.started_at
    while chunk := source.some():
        await loop.count(chunk, now=clock())
        await loop.beat(now=clock())
        while source.paused:
            await asyncio.sleep(_BEAT)
            await loop.beat(now=clock())
        await asyncio.sleep(0)  # lets the progress bar and Ctrl-C run
    while ingest.held_since is not None:
        await loop.flush(now=clock())
        if ingest.held_since is not None:
            await asyncio.sleep(_BEAT)
    ingest.close()
    return summary


def _name(path: Path) -> str:
    return uuid.uuid4().hex if path == STDIN else digest(path)
