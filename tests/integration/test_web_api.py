"""The HTTP API on a real database."""

from datetime import timedelta
from uuid import UUID

import pytest

from service.adapters.postgres.database import Database
from service.adapters.queries.paging import encode_cursor
from service.core.escalation.hold import Waived
from tests.rows import NOW, SEARCH, put_campaign, put_message, put_notification, put_unknown_id, put_use
from tests.web_client import get_json, web_client


async def test_exposures_stand_by_deadline_and_a_promise_comes_after_firm_days(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, service="a", platform="anthropic-api", model="claude-haiku")
        await put_use(connection, service="b", model="o1-preview")
        await put_use(connection, service="c", model="gpt-4.5-preview")
        await put_use(connection, service="d", model="gpt-4.1")

    items = (await get_json(database, "/api/v1/exposures"))["items"]

    assert [(each["service"], each["days_left"], each["precision"]) for each in items] == [
        ("c", 12, "exact"),
        ("b", 26, "exact"),
        ("a", None, "no_sooner_than"),
    ]


async def test_an_exposure_says_its_owner_volume_and_who_was_told(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, calls_by_days_ago={0: 5, 6: 7, 7: 100, 27: 1, 28: 1000}, errors=1)
        campaign = await put_campaign(connection, owner=SEARCH)
        await put_notification(connection, campaign_id=campaign, decided_at=NOW - timedelta(days=9), step="-30d")
        await put_notification(connection, campaign_id=campaign, decided_at=NOW - timedelta(days=2), step="-14d")

    (exposure,) = (await get_json(database, "/api/v1/exposures"))["items"]

    assert (exposure["team"], exposure["channel"], exposure["people"]) == (
        "search",
        "#team-search",
        ["ada@example.com"],
    )
    assert (exposure["calls_7d"], exposure["errors_7d"], exposure["tokens_7d"]) == (12, 2, 1200)
    assert (exposure["calls_28d"], exposure["calls_total"], exposure["state"]) == (113, 1113, "active")
    assert exposure["replacements"] == ["gpt-4.1"]
    assert len(exposure["by_day"]) == 28
    assert exposure["by_day"][-1] == {"day": "2025-07-02", "calls": 5, "errors": 1, "tokens": 500}
    assert exposure["told"] == {
        "destination": "#team-search",
        "audience": "owner",
        "step": "-14d",
        "repeat_days": None,
        "at": "2025-06-30T12:00:00Z",
        "state": "delivered",
        "frozen_from": None,
        "not_before": "2025-06-30T12:00:00Z",
        "others": 0,
    }
    assert exposure["campaign"]["state"] == "open"
    assert (exposure["campaign"]["next_step"], exposure["campaign"]["next_on"]) == ("-7d", "2025-07-07")


async def test_a_service_that_was_silent_for_longer_than_its_own_rhythm_is_quiet(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, service="daily", calls_by_days_ago=dict.fromkeys(range(5, 20), 1))
        await put_use(connection, service="monthly", calls_by_days_ago={5: 1, 35: 1})

    items = (await get_json(database, "/api/v1/exposures"))["items"]

    assert {each["service"]: each["state"] for each in items} == {"daily": "quiet", "monthly": "active"}


@pytest.mark.parametrize(
    ("until", "end_of_life", "state"),
    [
        pytest.param(20, 0, "waived", id="in force"),
        pytest.param(-1, 0, "active", id="its day is past"),
        pytest.param(20, 2, "broken", id="the risk has come true"),
    ],
)
async def test_an_accepted_risk_shows_until_its_day(
    database: Database, until: int, end_of_life: int, state: str
) -> None:
    waived = Waived("ada", NOW - timedelta(days=3), NOW.date() + timedelta(days=until), "to be replaced in autumn")
    async with database.begin() as connection:
        await put_use(connection, errors=end_of_life, end_of_life=end_of_life)
        await put_campaign(connection, hold=waived)

    (exposure,) = (await get_json(database, "/api/v1/exposures"))["items"]

    assert exposure["state"] == state


async def test_unknown_tokens_stay_unknown(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, tokens_per_call=None)

    (exposure,) = (await get_json(database, "/api/v1/exposures"))["items"]

    assert exposure["tokens_7d"] is None


@pytest.mark.parametrize(
    ("params", "services"),
    [
        pytest.param({"team": "search"}, ["search-api"], id="team"),
        pytest.param({"team": "(unowned)"}, ["orphan"], id="services that nobody owns"),
        pytest.param({"platform": "anthropic-api"}, ["orphan"], id="platform"),
        pytest.param({"model": "o1-preview"}, ["billing-run"], id="model"),
        pytest.param({"service": "orphan"}, ["orphan"], id="service"),
        pytest.param({"within": 12}, ["search-api"], id="deadline within so many days"),
        pytest.param({"state": "quiet"}, ["billing-run"], id="state"),
        pytest.param({"environment": "staging"}, [], id="environment"),
    ],
)
async def test_exposures_are_narrowed(database: Database, params: dict[str, str], services: list[str]) -> None:
    async with database.begin() as connection:
        await put_use(connection, service="search-api")
        await put_use(connection, service="billing-run", model="o1-preview", calls_by_days_ago={20: 1, 21: 1})
        await put_use(connection, service="orphan", platform="anthropic-api", model="claude-haiku")

    items = (await get_json(database, "/api/v1/exposures", **params))["items"]

    assert [each["service"] for each in items] == services


async def test_pages_follow_each_other_and_skip_and_repeat_nothing(database: Database) -> None:
    async with database.begin() as connection:
        for number in range(5):
            await put_use(connection, service=f"service-{number}")

    seen, cursor = [], None
    for _ in range(3):
        page = await get_json(database, "/api/v1/exposures", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [each["service"] for each in page["items"]]
        cursor = page["next_cursor"]
        assert page["total"] == 5

    assert seen == [f"service-{number}" for number in range(5)]
    assert cursor is None


async def test_deprecations_count_the_services_that_still_call(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, service="one")
        await put_use(connection, service="two")
        await put_use(connection, service="gone", calls_by_days_ago={20: 3, 21: 3})

    items = (await get_json(database, "/api/v1/deprecations"))["items"]

    assert [(each["id"], each["callers"]) for each in items] == [
        ("gpt-4.5-preview", {"calling": 2, "quiet": 1, "calls_7d": 20}),
        ("o1-preview", {"calling": 0, "quiet": 0, "calls_7d": 0}),
        ("claude-haiku", {"calling": 0, "quiet": 0, "calls_7d": 0}),
    ]


async def test_deprecations_that_nobody_calls_can_be_left_out(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection)

    items = (await get_json(database, "/api/v1/deprecations", calling=True))["items"]

    assert [each["id"] for each in items] == ["gpt-4.5-preview"]


async def test_a_service_shows_every_model_by_reporter_and_its_unknown_ids(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, calls_by_days_ago={1: 10}, reporters={"litellm": 10, "openai-sdk": 8})
        await put_use(connection, model="gpt-4.1", calls_by_days_ago={2: 90})
        await put_unknown_id(connection, calls_by_reporter={"litellm": 4, "kong": 6})

    answer = await get_json(database, "/api/v1/services/search-api")

    assert [(use["model"], use["calls_28d"], use["reporters"]) for use in answer["models"]] == [
        ("gpt-4.1", 90, {"litellm": 90}),
        ("gpt-4.5-preview", 10, {"litellm": 10, "openai-sdk": 8}),
    ]
    assert answer["models"][0]["deprecation"] is None
    assert answer["models"][1]["deprecation"]["shutdown_on"] == "2025-07-14"
    assert [(each["requested_id"], each["calls_28d"]) for each in answer["unknown_ids"]] == [("gpt-9-mystery", 6)]
    assert (answer["team"], answer["rule"]) == ("search", "owners[0]")
    assert [each["model"] for each in answer["exposures"]] == ["gpt-4.5-preview"]


async def test_a_misspelled_service_is_told_the_nearest_names(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, service="search-api")

    async with web_client(database) as client:
        response = await client.get("/api/v1/services/serch-api")

    assert response.status_code == 404
    assert response.json() == {"error": "No log contains this service.", "remedy": "Did you mean search-api?"}


async def test_a_service_with_a_slash_in_its_name_is_found(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, service="team/search api?")

    answer = await get_json(database, "/api/v1/services/team%2Fsearch%20api%3F")

    assert answer["service"] == "team/search api?"


async def test_notifications_stand_newest_first_with_why(database: Database) -> None:
    async with database.begin() as connection:
        campaign = await put_campaign(connection)
        message = await put_message(connection)
        await put_notification(connection, campaign_id=campaign, message_id=message, step="-14d")
        await put_notification(connection, step="-7d", state="pending", decided_at=NOW)

    page = await get_json(database, "/api/v1/notifications")
    first = await get_json(database, "/api/v1/notifications", limit=1)
    rest = await get_json(database, "/api/v1/notifications", limit=1, cursor=first["next_cursor"])
    delivered = await get_json(database, "/api/v1/notifications", state="delivered", service="search-api")

    assert [(each["step"], each["state"], each["service"]) for each in page["items"]] == [
        ("-7d", "pending", None),
        ("-14d", "delivered", "search-api"),
    ]
    assert page["items"][1]["reason"] == "14 days before the shutdown, by policy default; owner by owners[0]"
    assert (page["items"][1]["cause"]["kind"], page["items"][1]["cause"]["step"]["name"]) == ("step_due", "-14d")
    assert page["items"][1]["message_id"] == str(message)
    assert first["items"] + rest["items"] == page["items"]
    assert rest["next_cursor"] is None
    assert delivered["items"] == page["items"][1:]


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("bm90", id="no list"),
        pytest.param("ä", id="no base64"),
        pytest.param("WyJhIiwiYiJd", id="another list's"),
        pytest.param(encode_cursor(("0001-01-01T00:00:00+14:00", str(UUID(int=0)))), id="before the first year"),
        pytest.param(encode_cursor(("9999-12-31T23:59:59-14:00", str(UUID(int=0)))), id="after the last year"),
    ],
)
async def test_a_cursor_that_was_not_given_out_is_refused(database: Database, cursor: str) -> None:
    async with web_client(database) as client:
        response = await client.get("/api/v1/notifications", params={"cursor": cursor})

    assert response.status_code == 400
    assert response.json() == {
        "error": "cursor: not one that this list gave out.",
        "remedy": "Start again without a cursor.",
    }


async def test_a_cursor_is_read_where_the_list_is_empty_too(database: Database) -> None:
    async with web_client(database) as client:
        for path in ("/api/v1/exposures", "/api/v1/notifications", "/outbox", "/"):
            response = await client.get(path, params={"cursor": "no cursor at all"})
            assert response.status_code == 400


@pytest.mark.parametrize(
    ("path", "params"),
    [
        pytest.param("/api/v1/notifications", {"service": "search\x00"}, id="a NUL, which PostgreSQL takes nowhere"),
        pytest.param("/api/v1/exposures", {"team": "search\n"}, id="a line's end"),
        pytest.param("/api/v1/plan", {"service": "search\x7f"}, id="a deletion"),
        pytest.param("/api/v1/services/search%00", {}, id="in the path"),
        pytest.param("/services/search%00", {}, id="in the path of a page"),
        pytest.param("/api/v1/services/" + "x" * 301, {}, id="too long a path"),
    ],
)
async def test_name_that_no_log_can_have_is_refused(database: Database, path: str, params: dict[str, str]) -> None:
    async with web_client(database) as client:
        response = await client.get(path, params=params)

    assert response.status_code == 422
