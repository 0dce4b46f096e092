"""Models that are going away, and how many services still call each."""

from collections.abc import Iterable
from datetime import datetime

from service.adapters.queries.answers import Callers, DeprecationAnswer, ExposureAnswer
from service.adapters.queries.exposures import deadline_key
from service.adapters.queries.lifecycle import lifecycle_of
from service.core.catalog.lifecycle import Catalog


def count_callers(catalog: Catalog, exposures: Iterable[ExposureAnswer], *, now: datetime) -> list[DeprecationAnswer]:
    """Every deprecation that was public on `now`'s UTC day, in the order of its deadline."""
    today = now.date()
    by_key: dict[tuple[str, str], list[ExposureAnswer]] = {}
    for exposure in exposures:
        by_key.setdefault((exposure.platform, exposure.model), []).append(exposure)
    return sorted(
        (
            DeprecationAnswer(**dict(lifecycle_of(record, today)), callers=_callers(by_key.get(record.key, [])))
            for record in catalog
            if record.known_on(today)
        ),
        key=deadline_key,
    )


def _callers(exposures: list[ExposureAnswer]) -> Callers:
    calling = sum(exposure.state != "quiet" for exposure in exposures)
    return Callers(
        calling=calling,
        quiet=len(exposures) - calling,
        calls_7d=sum(exposure.calls_7d for exposure in exposures),
    )
