"""What a flush came to."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.adapters.postgres.usage_store import Superseded
from service.core.batch import Batch, DeadLettersRefused, Partition


@dataclass(frozen=True, slots=True)
class Flushed:
    """Applied. `offsets` may be committed: the next offset of each partition."""

    offsets: Mapping[Partition, int]
    batch: Batch
    refused: int = 0
    """Calls of the batch that the database would not take: rejected, not counted."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """Nothing is lost and nothing is written; ask again after `wait` seconds and take no more records until then."""

    wait: float
    reason: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """Nothing is written, and all partitions are given up: dead letters of these have no place to go to."""

    watermarks: Mapping[Partition, int]
    """Of the partitions with such letters: where reading goes on once there is a place."""
    refused: DeadLettersRefused


FlushOutcome = Flushed | Superseded | Postponed | Blocked
