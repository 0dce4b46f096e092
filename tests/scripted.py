"""Records, a cluster and a source of records that do what a test says."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from service.core.batch import DeadLetter, DeadLettersRefused, Partition
from service.core.position import LogState
from tests.broker_topics import call_record


@dataclass(frozen=True)
class ARecord:
    offset: int
    value: bytes | None = call_record()
    topic: str = "calls"
    partition: int = 0
    timestamp: int = -1
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass
class ALog:
    """A cluster whose state the test says."""

    incarnation: str = "first"
    start: int = 0
    end: int = 1_000_000
    forgets: bool = False
    letters: list[DeadLetter] = field(default_factory=list)
    refuses: DeadLettersRefused | None = None

    async def incarnations(self, topics: Collection[str]) -> Mapping[str, str]:
        return dict.fromkeys(topics, self.incarnation)

    async def states(self, partitions: Collection[Partition]) -> Mapping[Partition, LogState]:
        return {p: LogState(self.incarnation, self.start, self.end, self.forgets) for p in partitions}

    async def send_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        if letters and self.refuses is not None:
            raise self.refuses
        self.letters.extend(letters)


class ASource:
    """A source that is told where to read, and remembers it."""

    def __init__(self, *partitions: Partition) -> None:
        self.assigned: set[Partition] = set(partitions)
        self.paused: set[Partition] = set()
        self.reads_from: dict[Partition, int] = {}
        self.committed: dict[Partition, int] = {}

    def read_from(self, partition: Partition, offset: int) -> None:
        self.reads_from[partition] = offset
        self.paused.discard(partition)

    def pause(self, partitions: Iterable[Partition]) -> None:
        self.paused |= set(partitions)

    def resume(self, partitions: Collection[Partition]) -> None:
        self.paused -= set(partitions)

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        self.committed |= offsets

    @property
    def reading(self) -> set[Partition]:
        return self.assigned - self.paused
