"""What the front page says: exposures grouped by the deprecation that they fall under, and the sentence above them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from service.adapters.queries import ExposureAnswer, Lifecycle, deadline_key
from service.core.catalog.lifecycle import Catalog
from service.entrypoints.phrases import is_silent, is_told


@dataclass(frozen=True, slots=True)
class Group:
    """One deprecation and the services that it concerns: those that call most first, the migrated ones last."""

    lifecycle: Lifecycle
    exposures: tuple[ExposureAnswer, ...]

    @property
    def calls_7d(self) -> int:
        return sum(exposure.calls_7d for exposure in self.exposures)


@dataclass(frozen=True, slots=True)
class Headline:
    """The whole in numbers. Services are counted once, however many models and environments they use."""

    calling: int
    """Services that have called within 7 days, or whose last calls were past the day."""
    silent: int
    """Services that have not, and whose silence is too short yet to count as migrated."""
    past: int
    """Of those that call, services whose day is past."""
    within_30: int
    """Of those that call or are silent, services with a day, or a change freeze before it, at most so far ahead."""
    migrated: int
    """Services that have stopped calling every deprecated model that they used."""
    untold: int
    """Services that call or are silent, and of which no message has been delivered."""
    next_one: Lifecycle | None
    """The nearest deadline ahead that calls still run into."""

    @classmethod
    def of(cls, exposures: Sequence[ExposureAnswer]) -> "Headline":
        open_ = [exposure for exposure in exposures if exposure.state != "quiet"]
        calling = [exposure for exposure in open_ if not is_silent(exposure)]
        ahead = [e for e in open_ if e.days_left is not None and e.days_left >= 0]
        callers = _services(calling)
        return cls(
            calling=len(callers),
            silent=len(_services(open_) - callers),
            past=len(_services([e for e in calling if e.days_left is not None and e.days_left < 0])),
            within_30=len(_services([e for e in ahead if (e.days_to_change or 0) <= 30])),
            migrated=len(_services(exposures) - _services(open_)),
            untold=len(_services([e for e in open_ if not is_told(e)])),
            next_one=min(ahead, key=deadline_key, default=None),
        )


def _services(exposures: Sequence[ExposureAnswer]) -> set[str]:
    return {exposure.service for exposure in exposures}


def group(exposures: Sequence[ExposureAnswer]) -> list[Group]:
    """`exposures` stand in the order of their deadline."""
    groups = []
    for _, members in groupby(exposures, key=deadline_key):
        rows = sorted(members, key=lambda each: (-each.calls_7d, each.state == "quiet", each.service, each.environment))
        groups.append(Group(rows[0], tuple(rows)))
    return groups


def first_record(catalog: Catalog, now: datetime) -> str:
    """A line to paste into a shell: one call to the model that goes next, through the pipeline of the real ones."""
    today = now.date()
    ahead = [
        (each.shutdown.deadline, each.id)
        for each in catalog
        if each.platform == "openai-api" and each.known_on(today) and (each.shutdown.deadline or today) > today
    ]
    record = {
        "time": now.replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        "service": "my-first-service",
        "environment": "production",
        "provider": "openai",
        "model": min(ahead)[1] if ahead else "gpt-4.5-preview",
        "input_tokens": 1200,
        "output_tokens": 300,
    }
    return f"echo '{json.dumps(record)}' | lastcall ingest -"
