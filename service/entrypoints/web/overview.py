"""Content of the front page: exposures grouped by deprecation, and a first record to try."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.adapters.queries.exposures import ExposureAnswer
from service.adapters.queries.lifecycle import Lifecycle, deadline_key
from service.core.catalog.lifecycle import Catalog


@dataclass(frozen=True, slots=True)
class DeprecationGroup:
    """One deprecation and its services: largest callers first, migrated ones last."""

    lifecycle: Lifecycle
    exposures: tuple[ExposureAnswer, ...]

    @property
    def calls_7d(self) -> int:
        return sum(exposure.calls_7d for exposure in self.exposures)


def group(exposures: Sequence[ExposureAnswer]) -> list[DeprecationGroup]:
    """Groups in the order of their first exposure."""
    members: dict[tuple[str, ...], list[ExposureAnswer]] = {}
    for exposure in exposures:
        members.setdefault(deadline_key(exposure), []).append(exposure)
    groups = []
    for some in members.values():
        rows = sorted(some, key=lambda each: (-each.calls_7d, each.state == "quiet", each.service, each.environment))
        groups.append(DeprecationGroup(rows[0], tuple(rows)))
    return groups


def first_record(catalog: Catalog, now: datetime) -> str:
    """A shell command: ingests one call of the model with the next shutdown, through the normal pipeline."""
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
