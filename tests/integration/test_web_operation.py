"""Readiness and metrics on a real database."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from service.adapters.postgres.database import Database
from service.core.condition import SlackDestination
from service.core.health import ConsumerHealth
from tests.rows import NOW, put_condition, put_notification, put_unknown_id, put_use
from tests.web_client import get_json, web_client


async def test_a_process_without_a_consumer_is_ready_with_its_database(database: Database) -> None:
    report = await get_json(database, "/readyz")

    assert (report["status"], report["problems"], report["consumer"]) == ("ready", [], None)


async def test_an_open_condition_degrades_and_keeps_the_page(database: Database) -> None:
    async with database.begin() as connection:
        await put_condition(connection)

    report = await get_json(database, "/readyz")

    assert report["status"] == "degraded"
    assert report["conditions"][0]["kind"] == "topic_recreated"
    assert report["conditions"][0]["remedy"] == (
        "if this was intended, run: lastcall doctor --accept-recreated lastcall"
    )


@pytest.mark.parametrize(
    ("given", "sent", "sees"),
    [
        pytest.param({"token": "secret"}, None, False, id="no token sent"),
        pytest.param({"token": "secret"}, "wrong", False, id="a wrong token"),
        pytest.param({"token": "secret"}, "secret", True, id="the token"),
        pytest.param({"host": "0.0.0.0"}, None, False, id="no token configured, and not on loopback"),  # noqa: S104
        pytest.param({}, None, True, id="on loopback"),
    ],
)
async def test_only_who_may_see_the_page_reads_whom_a_condition_is_about(
    database: Database, given: dict[str, Any], sent: str | None, sees: bool
) -> None:
    async with database.begin() as connection:
        condition = SlackDestination(
            destination="user:ada@example.com", error="user_disabled", instead=None, advice=None
        )
        await put_condition(connection, condition=condition)

    headers = {"authorization": f"Bearer {sent}"} if sent else {}
    async with web_client(database, **given, headers=headers) as client:
        response = await client.get("/readyz")

    assert ("ada@example.com" in response.text) is sees
    assert [condition["kind"] for condition in response.json()["conditions"]] == ["slack_destination"]
    assert {"since", "remedy"} <= response.json()["conditions"][0].keys()


async def test_a_stuck_consume_loop_is_not_ready(database: Database) -> None:
    stuck = ConsumerHealth(running=True, last_poll_at=NOW - timedelta(seconds=90), lag={("lastcall", 0): 7})
    async with web_client(database, consumer=lambda: stuck) as client:
        response = await client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["problems"][0]["what"] == "the consume loop has not polled Kafka for 90 s"
    assert response.json()["consumer"]["records_behind"] == 7
    assert response.json()["consumer"]["lag"] == {"lastcall:0": 7}


async def test_a_database_that_is_not_migrated_is_not_ready(database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(text("DROP TABLE alembic_version"))

    async with web_client(database) as client:
        response = await client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["problems"] == [
        {"what": "the database is not migrated", "remedy": "Run `lastcall migrate`."}
    ]


async def test_metrics_count_what_the_database_holds(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, service="one")
        await put_use(connection, service="two", model="o1-preview", calls_by_days_ago={20: 1, 21: 1})
        await put_notification(connection, state="failed")
        await put_unknown_id(connection, service="one")
        await put_unknown_id(connection, service="two")
        await put_condition(connection)

    async with web_client(database) as client:
        lines = (await client.get("/metrics")).text.splitlines()

    assert 'lastcall_exposures{platform="openai-api",state="active"} 1.0' in lines
    assert 'lastcall_exposures{platform="openai-api",state="quiet"} 1.0' in lines
    assert 'lastcall_nearest_deadline_days{platform="openai-api"} 12.0' in lines
    assert 'lastcall_notifications{state="failed"} 1.0' in lines
    assert "lastcall_unresolved_ids 1.0" in lines
    assert 'lastcall_conditions_open{kind="topic_recreated"} 1.0' in lines
