"""A deprecation of the catalog as an answer."""

from datetime import date

from service.adapters.queries.answers import Lifecycle
from service.core.catalog.lifecycle import Deprecation


def lifecycle_of(deprecation: Deprecation, today: date) -> Lifecycle:
    """`today` is the UTC day: a date without a time counts from the start of that day in UTC."""
    deadline = deprecation.shutdown.deadline
    return Lifecycle(
        platform=deprecation.platform,
        model=deprecation.model,
        id=deprecation.id,
        announced_on=deprecation.announced,
        shutdown_on=deprecation.shutdown.on,
        precision=deprecation.shutdown.precision,
        days_left=(deadline - today).days if deadline else None,
        replacements=[replacement.id for replacement in deprecation.replacements],
        after_shutdown=deprecation.after_shutdown,
        source=deprecation.sources[0] if deprecation.sources else None,
        second_hand=deprecation.second_hand,
    )
