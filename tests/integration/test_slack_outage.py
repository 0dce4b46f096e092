"""Slack is away for weeks while steps fall due: each destination then hears once, at the step that holds by then."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select

from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import notifications
from service.adapters.slack.transport import SlackTransport
from service.config.company import Company
from service.core.ownership import Owner, OwnerRule
from service.engine.tick import Engine, Verb, tick
from service.engine.world import Worlds
from tests.builders import make_world
from tests.calls import count_calls, make_call
from tests.slack_server import SlackServer

OWNER = Owner("search", people=("ada@example.com",), channel="#search", rule="owners[0]")
COMPANY = Company(fallback_channel="#fallback", operator_channel="#operator", owners=(OwnerRule(("search-*",), OWNER),))
ANNOUNCED = date(2025, 4, 14)
AWAY = date(2025, 6, 25)
"""Between 30 and 14 days before the end."""
BACK = date(2025, 7, 12)
"""Two days before it."""
NO_DIGESTS: tuple[Verb, ...] = ("reconcile", "escalate", "deliver")


@pytest.mark.parametrize("error", ["token_revoked", "service_unavailable"])
async def test_steps_that_fall_due_while_slack_is_away_are_one_message_a_destination(
    database: Database, slack: SlackServer, transport: SlackTransport, error: str
) -> None:
    loaded = load_catalog()
    engine = Engine(database, Worlds(make_world(company=COMPANY)), {"slack": transport}, None)
    for day in _days(ANNOUNCED, BACK):
        now = datetime.combine(day, time(14), UTC)
        events = [make_call(at=now, service=name, request_id=f"{name} {day}") for name in ("search-api", "search-ui")]
        await count_calls(database, loaded, events, now)
        slack.token_error = error if AWAY <= day < BACK else None
        if day == BACK:
            heard = len(slack.posts)
            waiting = await _told(database, "pending")
        assert (await tick(engine, now=now, only=NO_DIGESTS)).failures == {}

    assert {row.step for row in waiting} >= {"-14d", "-7d", "-3d"}
    afterwards = slack.posts[heard:]
    assert sorted(posted.where for posted in afterwards) == ["#fallback", "#search", "U00000001"]
    for posted in afterwards:
        shown = str(posted.blocks)
        assert "shuts down in 2 days" in shown
        assert "2 services still call it" in shown
        assert shown.count("search-api") == shown.count("search-ui") == 1
        assert "you were not told 14 or 7 days before the shutdown" in shown
        assert "2 services still call gpt-4.5-preview" in posted.text
        assert "14 calls in the last 7 days" in posted.text
    rows = await _told(database)
    assert {row.state for row in rows} == {"delivered"}
    assert {row.message_id for row in rows if row.id in {late.id for late in waiting}} == {
        row.message_id for row in rows if row.settled_at.date() == BACK
    }
    assert len({row.message_id for row in rows}) == len(slack.posts)


def _days(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


async def _told(database: Database, *states: str) -> Sequence[Row[Any]]:
    """All notifications, or those in the states."""
    async with database.connect() as connection:
        rows = (await connection.execute(select(notifications))).all()
    return [row for row in rows if not states or row.state in states]
