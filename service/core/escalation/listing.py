"""Fields by which lists of exposures are filtered and sorted, besides the summary of their use."""

from datetime import date, datetime
from typing import NamedTuple

from service.core.catalog.lifecycle import Deprecation
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.holding import waiver_in_force
from service.core.ownership import Owner

NO_DAY = date.max
"""Sorts after all days; means no day."""


class Listing(NamedTuple):
    team: str | None
    """None: the service has no owner."""
    lacks_deadline: bool
    change_by: date
    """Last day for changes: the deadline, or until then the first day of a freeze that lasts until it. Without a
    deadline, the provider's "not before" day, or `NO_DAY`."""
    waived_until: datetime | None = None
    """None: no waiver is in force."""


def listing_of(case: Case, campaign: Campaign | None) -> Listing:
    waiver = waiver_in_force(campaign, case)
    waived_until = case.morning(waiver.until) if waiver else None
    return new_listing(case.exposure.deprecation, case.owner, case.now.date(), waived_until)


def new_listing(deprecation: Deprecation, owner: Owner, today: date, waived_until: datetime | None = None) -> Listing:
    """`today` is the UTC day."""
    deadline = deprecation.shutdown.deadline
    if deadline is None:
        return Listing(owner.team, True, deprecation.shutdown.on or NO_DAY, waived_until)
    freeze_counts = deadline > today
    change_by = owner.calendar.effective_deadline(deadline) if freeze_counts else deadline
    return Listing(owner.team, False, change_by, waived_until)
