"""What people do about a campaign, on a real database: by the engine, over HTTP, by command; beside a tick."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner, Result

from service.adapters.postgres.act_log import read_acts
from service.adapters.postgres.agenda import lock_use, take_due
from service.adapters.postgres.campaign_store import load_campaigns, save_campaigns
from service.adapters.postgres.database import Database
from service.adapters.postgres.directory_store import load_assignments
from service.adapters.postgres.tables import agenda, notifications
from service.core import words
from service.core.escalation.act import Acknowledge, Act, Commit, Refused, Reopen, Snooze, Waive
from service.core.escalation.campaign import Campaign, Done
from service.core.escalation.hold import Promise, Snoozed, Waived
from service.core.exposure import ExposureKey
from service.core.ownership import Owner
from service.engine.act import Acted, act, offered_days
from service.engine.escalate import escalate
from service.engine.reassign import reassign
from service.engine.world import Worlds, with_owners
from service.entrypoints.cli import app
from tests.builders import make_broken_promise, make_campaign, make_world
from tests.database_contents import everything_in
from tests.locks import waits_for_a_lock
from tests.processes import until
from tests.rows import COMPANY, NOW, SEARCH, put_campaign, put_use
from tests.web_client import get_json, get_page, make_app, web_client

ACTS = "/api/v1/exposures/acts"
KEY = ExposureKey("search-api", "production", "openai-api", "gpt-4.5-preview")
STAGING = KEY._replace(environment="staging")
MONDAY = datetime(2025, 7, 7, 10, tzinfo=UTC)
ADA, BOB = "ada@example.com", "bob@example.com"
DAILY = dict.fromkeys(range(1, 29), 10)
LONG_GONE = "gpt-4.5-preview-2025-02-27"
FRIDAY = date(2025, 7, 4)


async def call_and_tell(database: Database, key: ExposureKey = KEY, *, until: datetime = NOW) -> None:
    """Called daily, with the steps down to -14d told; the next one is -7d, on Monday 7 July."""
    async with database.begin() as connection:
        await put_use(connection, calls_by_days_ago=DAILY, now=until, **key._asdict())
        await put_campaign(connection, owner=SEARCH, **key._asdict())
        await connection.execute(agenda.insert().values(**key._asdict(), look_at=NOW, wakes_on_call=True))


async def do(database: Database, asked: Act, *, key: ExposureKey = KEY, now: datetime = NOW) -> Acted | Refused:
    here = make_app(database)
    return await act(here.database, here.world, key, asked, now=now)


async def name_owner(
    database: Database, team: str, *, people: Sequence[str] = (), by: str = ADA, now: datetime = NOW
) -> None:
    world = make_app(database).world
    named = await reassign(database, world, "search-api", team=team, people=people, author=by, now=now)
    assert isinstance(named, Owner)


async def tick(database: Database, now: datetime = NOW) -> None:
    here = make_app(database)
    await escalate(here.database, here.world, now=now)


async def campaign(database: Database, key: ExposureKey = KEY) -> Campaign:
    async with database.connect() as connection:
        return (await load_campaigns(connection, [key]))[key]


async def history(database: Database, key: ExposureKey = KEY) -> list[tuple[str, str, datetime, Any]]:
    async with database.connect() as connection:
        return [(one.kind, one.author, one.at, one.details) for one in await read_acts(connection, key)]


async def told(database: Database) -> list[tuple[str, str]]:
    async with database.connect() as connection:
        n = notifications.c
        rows = await connection.execute(select(n.step, n.destination).order_by(n.decided_at, n.destination))
        return [(row.step, row.destination) for row in rows]


async def post(database: Database, path: str, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    async with web_client(database, headers=headers) as client:
        return await client.post(path, json=body)


async def run(database_url: str, *arguments: str) -> Result:
    """In a thread of its own: the command brings its own event loop."""
    environment = {"LASTCALL_DATABASE_URL": database_url, "COLUMNS": "200"}
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)


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
    assert answer.standing == "snoozed by ada@example.com until Fri 4 Jul 2025"
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
        await take_due(ticking, worked_out_until=None, now=MONDAY, limit=1)
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


# --- who answers ------------------------------------------------------------------------------------------------------


async def test_reassigned_service_is_handed_over_at_the_next_tick(database: Database) -> None:
    await call_and_tell(database)
    await name_owner(database, "shop", people=["eve@example.com"])
    await tick(database)
    assert await told(database) == [("-14d", "user:eve@example.com")]
    assert (await history(database))[0] == (
        "reassign", ADA, NOW, {"team": "shop", "people": ["eve@example.com"]},
    )  # fmt: skip


async def test_each_use_of_a_reassigned_service_has_it_in_its_history(database: Database) -> None:
    await call_and_tell(database)
    await call_and_tell(database, STAGING)
    await name_owner(database, "shop")
    assert [len(await history(database, key)) for key in (KEY, STAGING)] == [1, 1]


async def test_use_of_a_model_that_stays_has_no_history(database: Database) -> None:
    stays = KEY._replace(model="gpt-4.1")
    await call_and_tell(database)
    await call_and_tell(database, stays)
    await name_owner(database, "shop")
    assert [len(await history(database, key)) for key in (KEY, stays)] == [1, 0]


async def test_answer_that_is_given_twice_is_written_once(database: Database) -> None:
    await call_and_tell(database)
    for by in (ADA, BOB):
        await name_owner(database, "shop", people=["eve@example.com"], by=by)
    assert [author for _, author, _, _ in await history(database)] == [ADA]
    async with database.connect() as connection:
        assert [one.author for one in await load_assignments(connection)] == [ADA]


async def test_answer_is_seen_whatever_the_clocks_of_those_who_give_it_say(database: Database) -> None:
    """Bob's is behind, and a third answer comes at the time of the first."""
    await call_and_tell(database)
    worlds = Worlds(make_world(company=COMPANY))
    seen = []
    for team, now in (("shop", NOW), ("money", NOW - timedelta(minutes=5)), ("shop", NOW), ("money", NOW)):
        await name_owner(database, team, now=now)
        async with database.connect() as connection:
            seen.append((await worlds.look(connection, now=now)).owners.owner_of("search-api").team)
    assert seen == ["shop", "money", "shop", "money"]


async def test_use_is_not_locked_while_owners_are_read(database: Database) -> None:
    await call_and_tell(database)
    async with database.begin() as other:
        await other.execute(text("LOCK TABLE assignments IN ACCESS EXCLUSIVE MODE"))
        acting = asyncio.create_task(do(database, Acknowledge(ADA)))
        await until(lambda: waits_for_a_lock(database))
        async with database.begin() as third:
            free = await third.scalar(select(agenda.c.service).with_for_update(skip_locked=True))
    assert free == "search-api"
    assert isinstance(await acting, Acted)


async def test_service_can_be_given_back_to_the_team_that_lastcall_yaml_names(database: Database) -> None:
    await call_and_tell(database)
    await name_owner(database, "shop")
    await name_owner(database, "search", by=BOB)
    async with database.connect() as connection:
        owners = (await with_owners(connection, make_world(company=COMPANY), now=NOW)).owners
    assert (owners.of("search-api").source, owners.owner_of("search-api").channel) == ("lastcall.yaml", "#team-search")
    assert owners.unwritten() == []


async def test_answer_that_lastcall_yaml_has_overruled_does_not_come_back_with_a_later_file(database: Database) -> None:
    await call_and_tell(database)
    await name_owner(database, "shop")
    (rule,) = (rule for rule in COMPANY.owners if rule.matches("search-api"))
    to_care = replace(COMPANY, owners=(replace(rule, owner=replace(rule.owner, team="care")),))
    teams: list[str | None] = []
    for company in (COMPANY, to_care, COMPANY):
        later = NOW + timedelta(hours=len(teams))  # the file before is out of use by then
        await escalate(database, replace(make_app(database).world, company=company), now=later)
        async with database.connect() as connection:
            teams.append(
                (await with_owners(connection, make_world(company=company), now=NOW)).owners.owner_of("search-api").team
            )
    assert teams == ["shop", "care", "search"]


# --- over HTTP --------------------------------------------------------------------------------------------------------


async def test_it_is_done_and_read_over_http(database: Database) -> None:
    await call_and_tell(database)
    offered = await get_json(database, "/api/v1/exposures/safe-days", service="search-api")
    done = await post(database, ACTS, act="snooze", service="search-api", until=offered["safe_days"][1], author=ADA)
    listed = await get_json(database, "/api/v1/exposures")

    assert offered["safe_days"] == ["2025-07-03", "2025-07-04", "2025-07-07"]
    assert done.status_code == 200
    assert done.json() == KEY._asdict() | {
        "standing": "snoozed by ada@example.com until Fri 4 Jul 2025",
        "next_step": "-7d",
        "next_on": "2025-07-07",
    }
    assert listed["items"][0]["campaign"]["standing"] == done.json()["standing"]
    assert [one["kind"] for one in (await get_json(database, ACTS, service="search-api"))["acts"]] == ["snooze"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        pytest.param({"act": "acknowledge", "service": "serach-api"}, 404, "not called a deprecated", id="no service"),
        pytest.param({"act": "acknowledge"}, 409, "2 uses of deprecated models", id="two environments"),
        pytest.param(
            {"act": "snooze", "environment": "production", "until": "2025-07-08"}, 409, "Tue 8 Jul 2025 is not safe",
            id="not safe",
        ),
        pytest.param(
            {"act": "waive", "environment": "production", "until": "2025-09-01", "reason": " "}, 422,
            "A waiver needs a reason", id="no reason",
        ),
        pytest.param(
            {"act": "commit", "environment": "production", "on": "2025-07-01"}, 422, "Tue 1 Jul 2025 is past", id="past"
        ),
        pytest.param({"act": "commit", "on": "soon"}, 422, "on", id="no day"),
        pytest.param({"act": "commit"}, 422, "on: Field required", id="a promise without a day"),
        pytest.param({"act": "ignore"}, 422, "ignore", id="no such act"),
        pytest.param({"act": "acknowledge", "untill": "2025-07-04"}, 422, "untill", id="a misspelled field"),
        pytest.param({"act": "acknowledge", "author": "\x00"}, 422, "author", id="no author"),
        pytest.param(
            {"act": "waive", "environment": "production", "until": "9999-12-31", "reason": "why"}, 422,
            "is not a possible end of a waiver", id="the last day that there is",
        ),
    ],
)  # fmt: skip
async def test_wrong_act_over_http_is_told_what_is_wrong(
    database: Database, body: dict[str, Any], status: int, said: str
) -> None:
    await call_and_tell(database)
    await call_and_tell(database, STAGING)
    before = await everything_in(database)
    response = await post(database, ACTS, **({"service": "search-api", "author": ADA} | body))
    assert response.status_code == status, response.text
    assert said in response.json()["error"]
    assert response.json()["remedy"]
    assert await everything_in(database) == before


@pytest.mark.parametrize("path", [ACTS, "/api/v1/owners/search-api"])
async def test_another_site_cannot_act(database: Database, path: str) -> None:
    await call_and_tell(database)
    before = await everything_in(database)
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    response = await post(database, path, foreign, act="acknowledge", service="search-api", team="x", author=ADA)
    assert response.status_code == 403
    assert await everything_in(database) == before


async def test_unseen_characters_of_a_reason_are_left_out(database: Database) -> None:
    await call_and_tell(database)
    waiver: dict[str, Any] = {"act": "waive", "until": "2025-09-01", "reason": "a\x00 vendor\u202e\npays"}
    response = await post(database, ACTS, service="search-api", author=ADA, **waiver)
    assert response.status_code == 200, response.text
    assert response.json()["standing"].endswith(": a vendor pays")


async def test_waiver_is_the_state_that_is_shown_and_filtered_by(database: Database) -> None:
    await call_and_tell(database)
    await post(
        database, ACTS, act="waive", service="search-api", until="2025-09-01", reason="<b>frozen</b>", author=ADA
    )
    shown = await get_json(database, "/api/v1/exposures", state="waived")
    assert [one["state"] for one in shown["items"]] == ["waived"]
    assert (await get_json(database, "/api/v1/exposures", state="active"))["items"] == []


async def test_what_people_said_is_on_the_pages(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, calls_by_days_ago=DAILY)
        await connection.execute(agenda.insert().values(**KEY._asdict(), look_at=NOW, wakes_on_call=True))
        broken = make_campaign("announced", promise=make_broken_promise(date(2025, 6, 27)))
        await save_campaigns(connection, {KEY: broken})
    await do(database, Waive("<i>ada</i>", date(2025, 9, 1), "<b>frozen</b>"))

    listed = await get_page(database, "/")
    one = await get_page(database, "/exposure", service="search-api")
    (answer,) = (await get_json(database, "/api/v1/exposures"))["items"]

    assert answer["campaign"]["promise_broken_on"] == "2025-06-27"
    assert "the team promised to be done by Fri 27 Jun 2025, and was not; waived by &lt;i&gt;ada&lt;/i&gt;" in listed
    assert "Broken promise: the team promised to be done by Fri 27 Jun 2025, and was not." in one
    assert "waived by &lt;i&gt;ada&lt;/i&gt; until Mon 1 Sep 2025: &lt;b&gt;frozen&lt;/b&gt;" in one
    assert "<b>frozen" not in listed + one


@pytest.mark.parametrize(
    ("service", "body", "status", "said"),
    [
        pytest.param("search-api", {"team": "shop", "people": [BOB], "channel": "shop"}, 200, "", id="a new owner"),
        pytest.param("serach-api", {"team": "shop"}, 404, "serach-api", id="no such service"),
        pytest.param(
            "search-api", {"team": "search"}, 409, "Nothing would change: lastcall.yaml already names search",
            id="the team that lastcall.yaml names",
        ),
        pytest.param("search-api", {"team": " "}, 422, "A service needs a team", id="no team"),
        pytest.param("search-api", {"team": "a\x00b"}, 422, "A service needs a team", id="a team with a NUL in it"),
        pytest.param("search-api", {"team": "shop", "people": ["bob"]}, 422, "'bob' is not a valid", id="no address"),
        pytest.param("search-api", {"team": "shop", "channel": "#"}, 422, "'#' is not a channel", id="no channel"),
        pytest.param("search-api", {"team": "shop", "manager": [BOB]}, 422, "manager", id="what it does not take"),
        pytest.param("a%00b", {"team": "shop"}, 422, "control characters", id="a service with a NUL in it"),
    ],
)  # fmt: skip
async def test_owner_is_named_over_http(
    database: Database, service: str, body: dict[str, Any], status: int, said: str
) -> None:
    await call_and_tell(database)
    response = await post(database, f"/api/v1/owners/{service}", author=ADA, **body)
    assert response.status_code == status, response.text
    async with database.connect() as connection:
        named = [(one.service, one.owner, one.author) for one in await load_assignments(connection)]
    if status == 200:
        kept = {"team": "shop", "people": [BOB], "channel": "#shop", "instead_of": "search"}
        assert named == [("search-api", kept, ADA)]
        assert response.json()["warning"] is None
    else:
        assert said in response.json()["error"]
        assert named == []


async def test_team_without_an_address_is_accepted_and_said_to_be_out_of_reach(
    database: Database, database_url: str
) -> None:
    await call_and_tell(database)
    over_http = await post(database, "/api/v1/owners/search-api", author=ADA, team="finance")
    by_command = await run(database_url, "reassign", "search-api", "--team", "finance")

    assert (over_http.status_code, by_command.exit_code) == (200, 0)
    assert over_http.json()["warning"].startswith("The team has no known address")
    assert "The team has no known address" in by_command.stderr


# --- by command -------------------------------------------------------------------------------------------------------


async def told_of_a_model_long_gone(database: Database) -> None:
    """The commands go by the clock of the machine, and by the catalog that is shipped."""
    await call_and_tell(database, KEY._replace(model=LONG_GONE), until=datetime.now(UTC))


async def test_it_is_done_by_command(database: Database, database_url: str) -> None:
    await told_of_a_model_long_gone(database)
    key = KEY._replace(model=LONG_GONE)
    named = ("search-api", "gpt-4.5-preview", "--by", ADA)
    until = datetime.now(UTC).date() + timedelta(days=60)

    acknowledged = await run(database_url, "ack", *named)
    waived = await run(database_url, "waive", *named, "--until", str(until), "--reason", "frozen product", "--json")
    safe = await run(database_url, "snooze", "search-api", "--json")
    asked = await run(database_url, "who", LONG_GONE)
    taken_back = await run(database_url, "reopen", *named)

    assert acknowledged.exit_code == 0, acknowledged.output
    assert acknowledged.stdout.startswith(
        "search-api in production, gpt-4.5-preview-2025-02-27 on OpenAI API: acknowledged by ada@example.com on "
    )
    answer = json.loads(waived.stdout)
    assert answer["standing"].startswith("waived by ada@example.com until ")
    assert answer["model"] == LONG_GONE
    assert json.loads(safe.stdout)["safe_days"] == []
    assert "past its day, answered" not in asked.stdout
    assert f"waived by ada@example.com until {words.day(until)}: frozen product" in asked.stdout
    assert "escalation continues." in taken_back.stdout
    assert [kind for kind, *_ in await history(database, key)] == ["reopen", "waive", "acknowledge"]


async def test_owner_is_named_by_command(database: Database, database_url: str) -> None:
    await told_of_a_model_long_gone(database)
    named = await run(database_url, "reassign", "search-api", "--team", "shop", "--person", BOB, "--by", ADA)
    as_json = await run(database_url, "reassign", "search-api", "--team", "shop", "--channel", "shop", "--json")
    assert named.stdout.splitlines()[0] == "Team shop now owns search-api. Notified: bob@example.com."
    assert json.loads(as_json.stdout) == {
        "service": "search-api",
        "team": "shop",
        "people": [],
        "channel": "#shop",
        "warning": None,
    }


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["ack", "serach-api"], 2, "Did you mean search-api?", id="misspelled"),
        pytest.param(["ack", "search-api", "--by", " "], 2, "an act needs an author", id="nobody"),
        pytest.param(
            ["commit", "search-api", "--on", "2024-01-01"], 2, "Mon 1 Jan 2024 is past", id="promise a day that is past"
        ),
        pytest.param(
            ["commit", "search-api", "--on", "Wed 9 Jul 2199"], 1, "the shutdown was on Mon 14 Jul 2025",
            id="too late, by a day as it is printed",
        ),
        pytest.param(["commit", "search-api", "--on", "soon"], 2, "is not a day", id="no day"),
        pytest.param(["snooze", "search-api", "--until", "2199-01-01"], 1, "no day is safe", id="not safe"),
        pytest.param(
            ["waive", "search-api", "--until", "2199-01-01", "--reason", "x"], 2, "not a possible end", id="for ever"
        ),
        pytest.param(["waive", "search-api", "--until", "2199-01-01"], 2, "--reason", id="no reason"),
        pytest.param(["reopen", "search-api"], 1, "nothing is in force", id="nothing to take back"),
        pytest.param(["reassign", "serach-api", "--team", "x"], 2, "Did you mean search-api?", id="no such service"),
        pytest.param(["reassign", "search-api", "--team", "x", "--person", "bob"], 2, "not a valid", id="no address"),
    ],
)  # fmt: skip
async def test_wrong_command_says_what_is_wrong(
    database: Database, database_url: str, arguments: list[str], code: int, said: str
) -> None:
    await told_of_a_model_long_gone(database)
    result = await run(database_url, *arguments)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert await history(database, KEY._replace(model=LONG_GONE)) == []


async def test_what_is_written_and_not_sent_waits_with_the_snooze_and_goes_out_when_it_is_taken_back(
    database: Database,
) -> None:
    """As when lastcall finds a service at the weekend, and its owner acts before Monday morning."""
    sunday = datetime(2025, 7, 6, 10, tzinfo=UTC)
    async with database.begin() as connection:
        await put_use(connection, calls_by_days_ago=DAILY, now=sunday, **KEY._asdict())
        await connection.execute(agenda.insert().values(**KEY._asdict(), look_at=sunday, wakes_on_call=True))
    await tick(database, sunday)

    async def goes_out() -> set[datetime]:
        async with database.connect() as connection:
            return set((await connection.execute(select(notifications.c.not_before))).scalars())

    written = await goes_out()
    assert isinstance(await do(database, Waive(ADA, date(2025, 8, 4), "switched off"), now=sunday), Acted)
    assert await goes_out() == {datetime(2025, 8, 4, 9, tzinfo=UTC)}
    assert isinstance(await do(database, Reopen(ADA), now=sunday), Acted)
    assert await goes_out() == written
