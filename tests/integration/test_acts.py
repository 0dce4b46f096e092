"""What people do about a campaign, on a real database; beside a tick."""

import asyncio
from datetime import date, datetime, timedelta

import pytest

from service.adapters.postgres.agenda import lock_use, take_due
from service.adapters.postgres.campaign_store import load_campaigns, save_campaigns
from service.adapters.postgres.database import Database
from service.core.escalation.act import Acknowledge, Act, Commit, Refused, Reopen, Snooze, Waive
from service.core.escalation.campaign import Campaign, Done
from service.core.escalation.hold import Promise, Snoozed, Waived
from service.core.exposure import ExposureKey
from service.engine.act import Acted, offered_days
from tests.acting import ADA, BOB, DAILY, FRIDAY, KEY, MONDAY, STAGING, call_and_tell, campaign, do, history, tick, told
from tests.database_contents import everything_in
from tests.locks import waits_for_a_lock
from tests.processes import until
from tests.rows import NOW, put_use
from tests.web_client import make_app

# --- one transaction with the history ---------------------------------------------------------------------------------


async def test_each_act_is_in_the_campaign_and_in_the_history_with_author_and_time(database: Database) -> None:
    await call_and_tell(database)
    times = [NOW + timedelta(minutes=n) for n in range(5)]
    asked: list[Act] = [
        Acknowledge(ADA),
        Snooze(ADA, FRIDAY),
        Commit(BOB, date(2025, 7, 9)),
        Waive(BOB, date(2025, 9, 1), " frozen  product "),
        Reopen(ADA),
    ]
    seen = []
    for one, at in zip(asked, times, strict=True):
        assert isinstance(await do(database, one, now=at), Acted)
        after = await campaign(database)
        seen.append((after.acknowledged is not None, after.hold, after.promised_on))

    assert seen == [
        (True, None, None),
        (True, Snoozed(ADA, times[1], FRIDAY), None),
        (True, None, date(2025, 7, 9)),
        (True, Waived(BOB, times[3], date(2025, 9, 1), "frozen product"), date(2025, 7, 9)),
        (False, None, None),
    ]
    assert await history(database) == [
        ("reopen", ADA, times[4], {}),
        ("waive", BOB, times[3], {"until": "2025-09-01", "reason": "frozen product"}),
        ("commit", BOB, times[2], {"on": "2025-07-09"}),
        ("snooze", ADA, times[1], {"until": "2025-07-04"}),
        ("acknowledge", ADA, times[0], {}),
    ]


async def test_answer_says_what_is_in_force_and_what_comes_next(database: Database) -> None:
    await call_and_tell(database)
    answer = await do(database, Snooze(ADA, FRIDAY))
    assert isinstance(answer, Acted)
    assert answer.act_in_force == "snoozed by ada@example.com until Fri 4 Jul 2025"
    assert answer.next is not None
    assert (answer.next.step.name, answer.next.on) == ("-7d", date(2025, 7, 7))


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        pytest.param(Snooze(ADA, date(2025, 7, 8)), KEY, id="not safe"),
        pytest.param(Waive(ADA, date(2025, 9, 1), ""), KEY, id="no reason"),
        pytest.param(Reopen(ADA), KEY, id="nothing to take back"),
        pytest.param(Commit(ADA, FRIDAY), STAGING, id="no such use"),
    ],
)
async def test_refused_act_leaves_no_trace(database: Database, asked: Act, key: ExposureKey) -> None:
    await call_and_tell(database)
    before = await everything_in(database)
    assert isinstance(await do(database, asked, key=key), Refused)
    assert await everything_in(database) == before


def promise_of(after: Campaign) -> tuple[str, datetime, date] | None:
    promise = after.in_force
    return (promise.by, promise.at, promise.on) if isinstance(promise, Promise) else None


async def test_asking_twice_is_one_act(database: Database) -> None:
    await call_and_tell(database)
    for minutes in (0, 5):
        await do(database, Commit(ADA, date(2025, 7, 9)), now=NOW + timedelta(minutes=minutes))
    assert len(await history(database)) == 1
    assert promise_of(await campaign(database)) == (ADA, NOW, date(2025, 7, 9))


async def test_promise_before_any_notice_is_kept_with_its_campaign(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, calls_by_days_ago=DAILY)
    await do(database, Commit(ADA, date(2025, 7, 9)))
    await tick(database)
    assert await told(database) == []
    after = await campaign(database)
    assert promise_of(after) == (ADA, NOW, date(2025, 7, 9))
    assert after.promise is not None
    assert after.promise.trusted_until is not None


async def test_safe_days_are_offered(database: Database) -> None:
    await call_and_tell(database)
    here = make_app(database)
    days = await offered_days(here.database, here.world, KEY, now=NOW)
    assert days == (date(2025, 7, 3), date(2025, 7, 4), date(2025, 7, 7))


# --- beside a tick ----------------------------------------------------------------------------------------------------


async def test_act_keeps_what_the_tick_decides_that_it_waits_for(database: Database) -> None:
    await call_and_tell(database, until=MONDAY)
    async with database.begin() as ticking:
        await take_due(ticking, recomputed_until=None, now=MONDAY, limit=1)
        before = (await load_campaigns(ticking, [KEY], lock=True))[KEY]
        acting = asyncio.create_task(do(database, Acknowledge(ADA), now=MONDAY))
        await until(lambda: waits_for_a_lock(database))
        decided = before.with_done(Done("-7d", MONDAY, told=("owner",)))
        await save_campaigns(ticking, {KEY: decided})
    assert isinstance(await acting, Acted)
    after = await campaign(database)
    assert after.acknowledged is not None
    assert (after.acknowledged.step, after.done) == ("-7d", decided.done)


async def test_tick_leaves_alone_what_somebody_acts_on_and_decides_with_it_afterwards(database: Database) -> None:
    await call_and_tell(database, until=MONDAY)
    async with database.begin() as acting:
        await lock_use(acting, KEY, now=MONDAY)
        await tick(database, MONDAY)
        assert await told(database) == []
    await tick(database, MONDAY)
    assert {step for step, _ in await told(database)} == {"-7d"}


async def test_acts_and_ticks_at_once_do_not_lose_one_another(database: Database) -> None:
    """Each use is acknowledged, and told its step, in whatever order; nothing stands in the way of anything."""
    keys = [KEY._replace(service=f"search-{n}") for n in range(6)]
    for key in keys:
        await call_and_tell(database, key, until=MONDAY)
    await asyncio.gather(
        *(do(database, Acknowledge(ADA), key=key, now=MONDAY) for key in keys),
        tick(database, MONDAY),
        tick(database, MONDAY),
    )
    await tick(database, MONDAY)
    async with database.connect() as connection:
        after = await load_campaigns(connection, keys)
    assert {one.acknowledged.by for one in after.values() if one.acknowledged} == {ADA}
    assert [one.level.step for one in after.values() if one.level] == ["-7d"] * 6
    assert all([len(await history(database, key)) == 1 for key in keys])
    assert len(await told(database)) == 6 * 2, "the owner and the team's channel, each once"


async def test_act_is_decided_with_at_the_next_tick(database: Database) -> None:
    """A waiver that is taken back: what is due by then is told."""
    await call_and_tell(database, until=MONDAY)
    await do(database, Waive(ADA, date(2025, 7, 10), "why"), now=MONDAY - timedelta(hours=4))
    await tick(database, MONDAY)
    assert await told(database) == []
    await do(database, Reopen(BOB), now=MONDAY)
    await tick(database, MONDAY)
    assert {step for step, _ in await told(database)} == {"-7d"}
