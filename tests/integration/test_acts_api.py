"""Acts over HTTP."""

from datetime import date
from typing import Any

import pytest

from service.adapters.postgres.campaign_store import save_campaigns
from service.adapters.postgres.database import Database
from service.adapters.postgres.directory_store import load_assignments
from service.adapters.postgres.tables import agenda
from service.core.escalation.act import Waive
from tests.acting import ACTS, ADA, BOB, DAILY, KEY, STAGING, call_and_tell, do, post, run
from tests.builders import make_broken_promise, make_campaign
from tests.database_contents import everything_in
from tests.rows import NOW, put_use
from tests.web_client import get_json, get_page


async def test_it_is_done_and_read_over_http(database: Database) -> None:
    await call_and_tell(database)
    offered = await get_json(database, "/api/v1/exposures/safe-days", service="search-api")
    done = await post(database, ACTS, act="snooze", service="search-api", until=offered["safe_days"][1], author=ADA)
    listed = await get_json(database, "/api/v1/exposures")

    assert offered["safe_days"] == ["2025-07-03", "2025-07-04", "2025-07-07"]
    assert done.status_code == 200
    assert done.json() == KEY._asdict() | {
        "act_in_force": "snoozed by ada@example.com until Fri 4 Jul 2025",
        "next_step": "-7d",
        "next_on": "2025-07-07",
    }
    assert listed["items"][0]["campaign"]["act_in_force"] == done.json()["act_in_force"]
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
    assert response.json()["act_in_force"].endswith(": a vendor pays")


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
        await connection.execute(agenda.insert().values(**KEY._asdict(), due_at=NOW, wakes_on_call=True))
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
