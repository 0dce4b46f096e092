"""What lists of exposures are filtered and sorted by, beside the summary of their use."""

from dataclasses import dataclass
from datetime import date, datetime

from service.core.catalog.lifecycle import Deprecation
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.hold import Waived
from service.core.escalation.holding import held_by
from service.core.ownership import Owner

NO_DAY = date.max
"""Stands for no day at all, where days are sorted."""


@dataclass(frozen=True, slots=True)
class Listing:
    team: str | None
    """None: nobody owns the service."""
    lacks_deadline: bool
    change_by: date
    """By when changes must be out: the deadline, or a change freeze that reaches up to it and has not ended with it;
    without a deadline the day that the provider promised not to end the model before, or `NO_DAY`."""
    waived_until: datetime | None = None
    """None: nobody has accepted the risk, or not for now."""


def listing_of(case: Case, campaign: Campaign | None) -> Listing:
    held = held_by(campaign, case) if campaign else None
    waived_until = held.until if held and isinstance(held.hold, Waived) else None
    return new_listing(case.exposure.deprecation, case.owner, case.now.date(), waived_until)


def new_listing(deprecation: Deprecation, owner: Owner, today: date, waived_until: datetime | None = None) -> Listing:
    """`today` is the UTC day."""
    deadline = deprecation.shutdown.deadline
    if deadline is None:
        return Listing(owner.team, True, deprecation.shutdown.on or NO_DAY, waived_until)
    freeze_counts = deadline > today
    change_by = owner.calendar.effective_deadline(deadline) if freeze_counts else deadline
    return Listing(owner.team, False, change_by, waived_until)
