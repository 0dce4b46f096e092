"""A campaign that is stored comes back with every field."""

from dataclasses import MISSING, fields
from datetime import date, timedelta

from service.adapters.postgres.campaign_store import load_campaigns, save_campaigns
from service.adapters.postgres.database import Database
from service.core.escalation.campaign import Campaign, Done, NotifiedOwner
from service.core.escalation.hold import Acknowledged, KeptOpen, Promise, Snoozed
from service.core.escalation.policy import DEFAULT_POLICY
from tests.acting import ADA, BOB, KEY
from tests.rows import NOW

LATER = NOW + timedelta(days=1)
DAY = date(2025, 7, 9)
FULL = Campaign(
    policy=DEFAULT_POLICY,
    opened_at=NOW,
    deadline=DAY,
    frozen_from=date(2025, 7, 1),
    is_reported=True,
    plan_version=3,
    done=(Done("-30d", NOW), Done("-14d", LATER, DAY, ("owner",), ("manager",), ("director",))),
    owner=NotifiedOwner("search", (ADA, BOB)),
    owner_told_at=NOW,
    acknowledged=Acknowledged(ADA, NOW, "-14d", LATER, ("+0d while failing",)),
    hold=Snoozed(BOB, NOW, DAY),
    promise=Promise(ADA, NOW, DAY, LATER, is_open=False, broken_on=DAY, is_break_told=True),
    kept_open=KeptOpen(ADA, NOW),
    redirect_told_at=LATER,
    reopened_at=NOW,
    closed_at=LATER,
    close_reason="withdrawn",
)


async def test_campaign_comes_back_with_every_field(database: Database) -> None:
    for field in fields(Campaign):
        if field.default is not MISSING:
            assert getattr(FULL, field.name) != field.default, f"{field.name} proves nothing"

    async with database.begin() as connection:
        await save_campaigns(connection, {KEY: FULL})
        assert await load_campaigns(connection, [KEY]) == {KEY: FULL}
