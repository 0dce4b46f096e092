"""What to move to, on a service's own tokens: in the command, the API and the notice. The arithmetic is by hand."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import notifications
from service.adapters.prices import GenaiPrices
from service.config.company import Company
from service.config.world import World
from service.core.comparison import Comparison, MeanLatency, Offer
from service.core.exposure import ExposureKey
from service.core.messages.render import render
from service.core.naming import Missing
from service.core.notification import Notice
from service.core.ownership import Owner, OwnerRule
from service.core.wording.to_text import thread_to_text
from service.engine.escalate import escalate
from service.engine.moving import checklist, compare, offer
from service.engine.reconcile import reconcile
from service.entrypoints.cli import app
from tests.builders import make_world
from tests.calls import count_calls, make_call
from tests.web_client import web_client

NOW = datetime(2025, 6, 16, 10, tzinfo=UTC)
"""Four weeks before GPT-4.5 Preview ends at OpenAI."""
MONTH = 365 / 12 / 28
"""Months in the 28 days whose tokens are priced, turned round."""
OLD_COST = (112_000 * 75 + 28_000 * 37.50 + 42_000 * 150) / 1_000_000
"""$15.75: 14 calls of 10,000 input tokens, 2,000 of them cached, and 3,000 output tokens, for GPT-4.5 Preview."""
NEW_COST = (112_000 * 2 + 28_000 * 0.50 + 42_000 * 8) / 1_000_000
"""$0.574: the same tokens for GPT-4.1."""
OWNER = Owner("search", people=("ada@example.com",), channel="#search", rule="owners[0]")
COMPANY = Company(owners=(OwnerRule(("search-*",), OWNER),))


@pytest.fixture(scope="module")
def loaded() -> LoadedCatalog:
    return load_catalog()


@pytest.fixture(scope="module")
def world(loaded: LoadedCatalog) -> World:
    return make_world(company=COMPANY, prices=GenaiPrices(loaded.catalog, loaded.resolver))


async def call(
    database: Database,
    world: World,
    *,
    now: datetime = NOW,
    model: str = "gpt-4.5-preview",
    days: int = 14,
    **given: Any,
) -> None:
    """A call on each of the `days` before `now`, of the tokens above."""
    numbers = {"input_tokens": 10_000, "cached_tokens": 2_000, "output_tokens": 3_000, "latency_ms": 4_000.0} | given
    calls = [
        make_call(at=now - timedelta(days=ago, hours=1), requested_id=model, served_id=model, **numbers)
        for ago in range(days)
    ]
    await count_calls(database, LoadedCatalog(world.catalog, world.resolver), calls, now)
    await reconcile(database, world, now=now)


async def compared(database: Database, world: World, **given: Any) -> Comparison:
    found = await compare(database, world, given.pop("old", "gpt-4.5-preview"), "gpt-4.1", now=NOW, **given)
    assert not isinstance(found, Missing)
    (one,) = found
    return one


async def offered(
    database: Database, world: World, model: str = "gpt-4.5-preview", platform: str = "openai-api"
) -> Offer:
    found = await offer(database, world, model, platform=platform, now=NOW)
    assert not isinstance(found, Missing)
    (one,) = found
    return one


async def test_cost_of_a_month_on_a_services_own_tokens(database: Database, world: World) -> None:
    await call(database, world)

    found = await compared(database, world, service="search-api")

    assert (found.old.cost.total, found.new.cost.total) == pytest.approx((OLD_COST * MONTH, NEW_COST * MONTH))  # type: ignore[union-attr]
    assert found.change == pytest.approx(0.574 / 15.75 - 1)  # -96.4 %


async def test_latency_of_the_new_model_is_that_of_the_companys_calls(database: Database, world: World) -> None:
    await call(database, world)
    await call(database, world, service="chat", model="gpt-4.1", days=3, latency_ms=1_000.0)
    await call(database, world, service="mail", model="gpt-4.1-2025-04-14", days=1, latency_ms=3_000.0)

    found = await compared(database, world)

    assert found.old.measured.mean_ms == 4_000.0
    assert found.new.measured.mean_ms == 1_500.0  # (3 x 1,000 + 1 x 3,000) / 4
    assert found.new.measured.services == 2


async def test_all_callers_or_one_service(database: Database, world: World) -> None:
    await call(database, world)
    await call(database, world, service="billing", days=2)

    everybody, billing = await compared(database, world), await compared(database, world, service="billing")

    assert (everybody.old.measured.mix.calls, billing.old.measured.mix.calls) == (16, 2)


async def test_only_the_last_28_days_are_priced(database: Database, world: World) -> None:
    await call(database, world, days=40)

    assert (await compared(database, world)).old.measured.mix.calls == 28


async def test_what_is_not_known_is_said(database: Database, world: World) -> None:
    await call(database, world, input_tokens=None, cached_tokens=None, output_tokens=None, latency_ms=None)

    found = await compared(database, world)

    assert found.gaps == ("old_price", "new_price", "old_latency", "new_latency")
    assert found.price_reasons == ("no_tokens", "no_tokens")


async def test_calls_without_tokens_are_not_in_the_cost(database: Database, world: World) -> None:
    await call(database, world)
    await call(database, world, service="chat", days=14, input_tokens=None, cached_tokens=None, output_tokens=None)

    found = await compared(database, world)

    assert found.old.measured.share_with_tokens == 0.5
    assert found.old.cost.total == pytest.approx(OLD_COST * MONTH)  # type: ignore[union-attr]
    assert "some_tokens" in found.gaps


async def test_each_platform_on_which_the_model_is_called_is_compared(database: Database, world: World) -> None:
    await call(database, world, days=2)
    await call(database, world, provider="azure", requested_field="model", days=3)

    found = await compare(database, world, "gpt-4.5-preview", "gpt-4.1", now=NOW)

    assert not isinstance(found, Missing)
    assert [(one.platform, one.old.measured.calls) for one in found] == [("azure-openai", 3), ("openai-api", 2)]


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        pytest.param("gpt-9-mystery", "gpt-4.1", "lastcall knows no model gpt-9-mystery.", id="the old one"),
        pytest.param("gpt-4.5-preview", "claude-opus-5", "claude-opus-5 is not a model of openai-api.", id="the new"),
    ],
)
async def test_unknown_model(database: Database, world: World, old: str, new: str, error: str) -> None:
    await call(database, world, days=1)

    found = await compare(database, world, old, new, now=NOW)

    assert isinstance(found, Missing)
    assert found.error == error


@pytest.mark.parametrize("ask_for", [partial(compare, new="gpt-4.1"), offer], ids=["compare", "successors"])
@pytest.mark.parametrize("service", ["search-apy", "chat"], ids=["no such service", "calls another model"])
async def test_service_that_does_not_call_the_model(
    database: Database, world: World, ask_for: Any, service: str
) -> None:
    await call(database, world, days=1)
    await call(database, world, service="chat", model="gpt-4.1", days=1)

    found = await ask_for(database, world, "gpt-4.5-preview", service=service, now=NOW)

    assert isinstance(found, Missing)
    assert found.error == f"The log has no call of {service} to gpt-4.5-preview in the last 28 days."


async def test_successors_begin_with_the_providers_replacement(database: Database, world: World) -> None:
    await call(database, world)

    found = await offered(database, world)

    first = found.successors[0]
    assert (first.id, first.by_provider) == ("gpt-4.1", True)
    assert first.usd_per_month == pytest.approx(NEW_COST * MONTH)
    assert found.usd_per_month == pytest.approx(OLD_COST * MONTH)
    assert not any(one.by_provider for one in found.successors[1:])


async def test_model_without_a_record_is_offered_once_it_has_answered_somebody(
    database: Database, world: World
) -> None:
    assert "grok-4.7" not in [one.id for one in (await offered(database, world, "grok-3", "xai-api")).successors]

    await call(database, world, service="chat", provider="xai", model="grok-4.7", days=1)
    await call(database, world, service="mail", provider="xai", model="grok-4.6", days=1, status=404)

    names = [one.id for one in (await offered(database, world, "grok-3", "xai-api")).successors]
    assert "grok-4.7" in names
    assert "grok-4.6" not in names


async def notices(database: Database, world: World) -> list[Notice]:
    assert (await escalate(database, world, now=NOW)).notified
    async with database.connect() as connection:
        return [msgspec.convert(facts, Notice) for facts in await connection.scalars(select(notifications.c.facts))]


async def test_notice_says_cost_and_latency_of_the_replacement(database: Database, world: World) -> None:
    await call(database, world, input_tokens=1_000_000, cached_tokens=0, output_tokens=200_000)
    await call(database, world, service="chat", model="gpt-4.1", days=2, latency_ms=1_200.0)

    notice = (await notices(database, world))[0]

    assert notice.moving
    assert notice.moving.latency == MeanLatency(old_ms=4_000.0, new_ms=1_200.0, new_calls=2, new_services=1)
    # 14 M input and 2.8 M output tokens: 14 x 75 + 2.8 x 150 = $1,470, and 14 x 2 + 2.8 x 8 = $50.40, in 28 days
    assert notice.moving.cost
    assert (notice.moving.cost.old, notice.moving.cost.new) == pytest.approx((1_470 * MONTH, 50.40 * MONTH))
    told = thread_to_text(*_shown([notice]))
    assert (
        "On its own tokens of the last 28 days gpt-4.1 costs about $54.75 a month in place of $1,600 (-97 %)." in told
    )
    assert "Its calls took 4.0 s on average; 2 calls of 1 service to gpt-4.1 took 1.2 s." in told


def _shown(facts: list[Notice]) -> tuple[Any, Any]:
    message = render(facts, page=None, now=NOW)
    return message.blocks, message.replies


async def ask(database_url: str, *arguments: str) -> Result:
    """In a thread of its own: the command brings its own event loop."""
    environment = {"LASTCALL_DATABASE_URL": database_url, "COLUMNS": "200"}
    return await asyncio.to_thread(CliRunner().invoke, app, ("compare", *arguments), env=environment)


async def test_command_shows_both_models(database: Database, database_url: str, world: World) -> None:
    await call(database, world, now=datetime.now(UTC))

    shown = (await ask(database_url, "gpt-4.5-preview", "gpt-4.1")).stdout

    assert "14 calls, 140 k input tokens (28 k cached), 42 k output tokens" in shown
    assert "$17.11" in shown  # 15.75 x 365 / 12 / 28
    assert "$0.62" in shown  # 0.574 x 365 / 12 / 28
    assert "The cost changes by -96 %" in shown
    assert "The latency of gpt-4.1-2025-04-14 is not known" in shown


async def test_command_gives_json(database: Database, database_url: str, world: World) -> None:
    await call(database, world, now=datetime.now(UTC))

    (found,) = json.loads((await ask(database_url, "gpt-4.5-preview", "gpt-4.1", "--json")).stdout)

    assert found["old"]["lifecycle"]["shutdown_on"] == "2025-07-14"
    assert found["old"]["cost_per_month"]["total"] == pytest.approx(OLD_COST * MONTH)
    assert found["tokens"] | {"days": 28} == found["tokens"]
    assert found["new"]["mean_latency_ms"] is None


async def test_command_lists_what_to_move_to(database: Database, database_url: str, world: World) -> None:
    await call(database, world, now=datetime.now(UTC))

    shown = (await ask(database_url, "gpt-4.5-preview")).stdout

    assert "called now" in shown
    assert "named by the provider" in shown


async def test_command_says_of_which_share_the_costs_of_successors_are(
    database: Database, database_url: str, world: World
) -> None:
    await call(database, world, now=datetime.now(UTC))
    await call(
        database,
        world,
        now=datetime.now(UTC),
        service="chat",
        input_tokens=None,
        cached_tokens=None,
        output_tokens=None,
    )

    shown = (await ask(database_url, "gpt-4.5-preview")).stdout

    assert "Only 50% of the answered calls report tokens; the cost is of these." in shown


async def test_command_says_why_the_cost_is_not_known(database: Database, database_url: str, world: World) -> None:
    await call(database, world, now=datetime.now(UTC), input_tokens=None, cached_tokens=None, output_tokens=None)

    shown = (await ask(database_url, "gpt-4.5-preview")).stdout

    assert "The cost of gpt-4.5-preview is not known: no call of the last 28 days has token counts." in shown


async def test_command_names_no_share_of_answered_calls_if_none_was_answered(
    database: Database, database_url: str, world: World
) -> None:
    await call(database, world, now=datetime.now(UTC), status=404)

    shown = (await ask(database_url, "gpt-4.5-preview")).stdout

    assert "14 calls" in shown
    assert "answered calls" not in shown


async def test_checklist_is_about_the_model_at_hand(database: Database, world: World) -> None:
    await call(database, world)
    await call(database, world, service="chat", model="gpt-4.1", days=2, latency_ms=1_200.0)

    key = ExposureKey("search-api", "production", "openai-api", "gpt-4.5-preview-2025-02-27")
    known = (await checklist(database, world, key, now=NOW)).known

    assert known["cost"].startswith(
        "On its own tokens of the last 28 days gpt-4.1 costs about $0.62 a month in place of"
    )
    assert known["latency"] == "Its calls took 4.0 s on average; 2 calls of 1 service to gpt-4.1 took 1.2 s."


async def test_command_refuses_an_unknown_model(database_url: str) -> None:
    result = await ask(database_url, "gpt-9-mystery", "gpt-4.1")

    assert result.exit_code == 2
    assert "lastcall knows no model gpt-9-mystery" in result.stderr


async def test_api_gives_what_the_command_gives(database: Database, world: World) -> None:
    async with web_client(database, world=world) as client:
        found = await client.get("/api/v1/comparison", params={"old": "gpt-4.5-preview", "new": "gpt-4.1"})
        successors = await client.get(
            "/api/v1/successors", params={"model": "gpt-4.5-preview", "platform": "openai-api"}
        )

    assert [(one["platform"], one["old"]["no_cost"]) for one in found.json()] == [
        ("azure-openai", "no_tokens"),
        ("openai-api", "no_tokens"),
    ]
    assert successors.json()[0]["successors"][0]["id"] == "gpt-4.1"


async def test_api_does_not_know_the_model(database: Database) -> None:
    async with web_client(database) as client:
        response = await client.get("/api/v1/comparison", params={"old": "gpt-9-mystery", "new": "gpt-4.1"})

    assert response.status_code == 404
    assert response.json()["error"] == "lastcall knows no model gpt-9-mystery."
