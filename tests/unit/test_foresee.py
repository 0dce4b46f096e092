"""A look ahead ends also where a decision is never the last one."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from service.core.escalation.outlook import GoingOn
from service.core.escalation.plan import Prospect, foresee
from service.core.escalation.policy import DEFAULT_POLICY
from service.core.ownership import Owner
from tests.builders import make_campaign, make_exposure


@dataclass(frozen=True)
class _Restless(Owner):
    """Somebody else each time that one asks."""

    asked: Any = field(default_factory=count, compare=False)

    def __getattribute__(self, name: str) -> Any:
        if name == "people":
            return (f"person-{next(self.asked)}@example.com",)
        return super().__getattribute__(name)


def test_a_decision_that_changes_each_time_is_an_error_and_no_endless_loop() -> None:
    now = datetime(2025, 6, 2, 10, tzinfo=UTC)
    going_on = GoingOn(make_exposure(until=date(2025, 6, 2), last_at=now), now)
    prospect = Prospect(going_on, _Restless("search"), DEFAULT_POLICY, make_campaign("announced", "-60d"))
    with pytest.raises(TypeError, match="deciding twice at 2025-06-02"):
        list(foresee(prospect, start=now, end=now + timedelta(days=1)))
