"""Outcomes of a flush."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.adapters.postgres.usage_store import Superseded
from service.core.batch import Batch, DeadLettersRefused, Partition


@dataclass(frozen=True, slots=True)
class Flushed:
    """Applied. `offsets`: next offset of each partition, to be committed."""

    offsets: Mapping[Partition, int]
    batch: Batch
    refused: int = 0
    """Calls of the batch that the database rejected."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """Nothing is lost and nothing is written. Retry after `wait` seconds, and take no further records until then."""

    wait: float
    reason: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """Nothing is written, and all partitions are given up: dead letters of these cannot be sent."""

    watermarks: Mapping[Partition, int]
    """Partitions with such letters: the offset at which reading continues."""
    refused: DeadLettersRefused


FlushOutcome = Flushed | Superseded | Postponed | Blocked
