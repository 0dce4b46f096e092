"""Rows as the engine leaves them in the database, for tests of what is read from it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.campaign_store import campaign_id, save_campaigns
from service.adapters.postgres.conditions import clear_condition, raise_condition
from service.adapters.postgres.daily_usage import RecomputedDays
from service.adapters.postgres.exposure_rows import note_told, save_listings
from service.adapters.postgres.exposure_store import load_exposures_of
from service.adapters.postgres.lifecycle_store import load_deprecations
from service.adapters.postgres.stale_days import StaleDay
from service.adapters.postgres.tables import (
    messages,
    model_days,
    notifications,
    rejections,
    series,
    usage_daily,
    usage_hourly,
)
from service.config.company import Company
from service.core.catalog.lifecycle import Catalog, Deprecation, Replacement, Shutdown
from service.core.condition import Condition
from service.core.condition_ingest import TopicRecreated
from service.core.escalation.campaign import Campaign, Done, NotifiedOwner
from service.core.escalation.case import Case
from service.core.escalation.hold import Hold, Promise
from service.core.escalation.listing import listing_of
from service.core.escalation.policy import DEFAULT_POLICY
from service.core.exposure import ExposureKey
from service.core.ownership import NOBODY, Owner, OwnerRule
from service.core.wording.blocks import Block, Section
from service.engine.reconcile import summarise
from tests.builders import make_notice, make_world

NOW = datetime(2025, 7, 2, 12, tzinfo=UTC)
"""Twelve days before gpt-4.5-preview goes on 2025-07-14."""
GPT_45 = Deprecation(
    platform="openai-api",
    model="gpt-4.5-preview",
    id="gpt-4.5-preview",
    announced=date(2025, 4, 14),
    shutdown=Shutdown(date(2025, 7, 14), "exact"),
    replacements=(Replacement("gpt-4.1", "gpt-4.1"),),
    sources=("https://provider.example/deprecations",),
)
O1 = Deprecation(
    platform="openai-api",
    model="o1-preview",
    id="o1-preview",
    announced=date(2025, 4, 28),
    shutdown=Shutdown(date(2025, 7, 28), "exact"),
)
ROUTED = replace(GPT_45, platform="openrouter", dates_of="openai-api")
"""The same model behind a router."""
HAIKU = Deprecation(
    platform="anthropic-api",
    model="claude-haiku",
    id="claude-haiku",
    announced=date(2025, 6, 1),
    shutdown=Shutdown(date(2025, 7, 7), "no_sooner_than"),
)
CURRENT = Deprecation(platform="openai-api", model="gpt-4.1", id="gpt-4.1")

SEARCH = Owner("search", people=("ada@example.com",), channel="#team-search", rule="owners[0]")
COMPANY = Company(owners=(OwnerRule(("search-*",), SEARCH), OwnerRule(("billing-*",), Owner("billing"))))
WORLD = make_world(Catalog([GPT_45, O1, ROUTED, HAIKU, CURRENT], digest="test"), COMPANY)


async def put_use(
    connection: AsyncConnection,
    *,
    service: str = "search-api",
    environment: str = "production",
    platform: str = "openai-api",
    model: str = "gpt-4.5-preview",
    calls_by_days_ago: Mapping[int, int] | None = None,
    errors: int = 0,
    end_of_life: int = 0,
    tokens_per_call: int | None = 100,
    reporters: Mapping[str, int] | None = None,
    with_hours: bool = True,
    now: datetime = NOW,
) -> None:
    """A service's days of use of one model, with the hours and the series that they come from, and with the exposure
    where `WORLD` knows an end of the model. `errors` are on each day. Without hours, a test brings its own."""
    row = series.insert().values(
        digest=uuid.uuid4(),
        service=service,
        environment=environment,
        reporter="litellm",
        provider=platform,
        requested_id=model,
        requested_field="model",
        platform=platform,
        requested_model=model,
        served_model=model,
        resolved_by="test",
        samples=["req_1"],
    )
    series_id = (await connection.execute(row.returning(series.c.id))).scalar_one()
    key, record = ExposureKey(service, environment, platform, model), WORLD.catalog.get(platform, model)
    if is_exposure := record is not None and record.is_deprecated:
        await load_deprecations(connection, WORLD.catalog, now=now)
    for ago, calls in (calls_by_days_ago or {1: 10}).items():
        day = now.date() - timedelta(days=ago)
        use = {
            "first_at": _at(day, 9),
            "last_at": _at(day, 10),
            "calls": calls,
            "errors": errors,
            "end_of_life": end_of_life,
            "input_tokens": calls * (tokens_per_call or 0),
            "tokens_known": 0 if tokens_per_call is None else calls,
        }
        if with_hours:
            await connection.execute(usage_hourly.insert().values(series_id=series_id, hour=_at(day, 9), **use))
        await _put_day(connection, key, day, use, reporters or {"litellm": calls})
    if is_exposure:
        await summarise(connection, WORLD, RecomputedDays([StaleDay(key, now.date())], {}, {}), now=now)


async def _put_day(
    connection: AsyncConnection, key: ExposureKey, day: date, use: Mapping[str, Any], reporters: Mapping[str, int]
) -> None:
    values = {**key._asdict(), "day": day, **use, "reporters": dict(reporters)}
    await connection.execute(usage_daily.insert().values(values))
    of_model = insert(model_days).values(day=day, platform=key.platform, model=key.model, calls=use["calls"])
    total = {"calls": model_days.c.calls + use["calls"]}
    await connection.execute(of_model.on_conflict_do_update(index_elements=model_days.primary_key, set_=total))


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)


async def put_unknown_id(
    connection: AsyncConnection,
    *,
    service: str = "search-api",
    requested_id: str | None = "gpt-9-mystery",
    served_id: str | None = None,
    calls_by_reporter: Mapping[str, int] | None = None,
    at: datetime = NOW - timedelta(hours=5),
) -> None:
    for reporter, calls in (calls_by_reporter or {"litellm": 4}).items():
        key = await connection.execute(
            series.insert()
            .values(
                digest=uuid.uuid4(),
                service=service,
                environment="production",
                reporter=reporter,
                provider="openai",
                requested_id=requested_id,
                requested_field="model",
                served_id=served_id,
                platform="openai-api",
                resolved_by="test",
            )
            .returning(series.c.id)
        )
        hour = at.replace(minute=0, second=0, microsecond=0)
        await connection.execute(
            usage_hourly.insert().values(series_id=key.scalar_one(), hour=hour, first_at=at, last_at=at, calls=calls)
        )


async def put_campaign(
    connection: AsyncConnection,
    *,
    service: str = "search-api",
    environment: str = "production",
    platform: str = "openai-api",
    model: str = "gpt-4.5-preview",
    deadline: date = date(2025, 7, 14),
    owner: Owner = NOBODY,
    hold: Hold | None = None,
    promise: Promise | None = None,
) -> uuid.UUID:
    """Open for twenty days, by the default policy, with its steps down to -14d told."""
    key = ExposureKey(service, environment, platform, model)
    told = tuple(Done(step, NOW - timedelta(days=2), told=("owner",)) for step in ("announced", "-60d", "-30d", "-14d"))
    campaign = Campaign(
        DEFAULT_POLICY,
        opened_at=NOW - timedelta(days=20),
        deadline=deadline,
        done=told,
        owner=NotifiedOwner.of(owner),
        hold=hold,
        promise=promise,
    )
    await save_campaigns(connection, {key: campaign})
    for exposure in (await load_exposures_of(connection, WORLD.catalog, [key], now=NOW)).values():
        case = Case(exposure, WORLD.company.owner_of(service), NOW)
        await save_listings(connection, {key: listing_of(case, campaign)})
    return campaign_id(key)


async def put_message(
    connection: AsyncConnection,
    *,
    destination: str = "#team-search",
    text: str = "search-api still calls gpt-4.5-preview.",
    blocks: Sequence[Block] = (),
    rendered_at: datetime = NOW - timedelta(days=2),
    delivered: bool = True,
) -> uuid.UUID:
    key = uuid.uuid4()
    await connection.execute(
        messages.insert().values(
            id=key,
            destination=destination,
            blocks=msgspec.to_builtins(blocks or (Section((text,)),)),
            text=text,
            rendered_at=rendered_at,
            delivered_at=rendered_at if delivered else None,
        )
    )
    return key


async def put_notification(
    connection: AsyncConnection,
    *,
    campaign_id: uuid.UUID | None = None,
    message_id: uuid.UUID | None = None,
    destination: str = "#team-search",
    step: str = "-14d",
    state: str = "delivered",
    decided_at: datetime = NOW - timedelta(days=2),
    not_before: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
) -> uuid.UUID:
    key = uuid.uuid4()
    await connection.execute(
        notifications.insert().values(
            id=key,
            dedup_key=str(key),
            campaign_id=campaign_id,
            kind="notice",
            step=step,
            audience="owner",
            destination=destination,
            facts=dict(facts or msgspec.to_builtins(make_notice(step=step, rule="owners[0]"))),
            decided_at=decided_at,
            not_before=not_before or decided_at,
            state=state,
            message_id=message_id,
            settled_at=decided_at if state == "delivered" else None,
        )
    )
    if state == "delivered":
        await note_told(connection, [key], at=decided_at)
    return key


async def put_rejection(
    connection: AsyncConnection, *, reason: str = "bad_json", rejected: int = 3, hours_ago: int = 2, offset: int = 17
) -> None:
    hour = (NOW - timedelta(hours=hours_ago)).replace(minute=0)
    await connection.execute(
        rejections.insert().values(
            source="kafka",
            topic="lastcall",
            reason=reason,
            hour=hour,
            format="",
            rejected=rejected,
            sample_partition=0,
            sample_offset=offset,
            detail="expected an object",
        )
    )


async def put_condition(
    connection: AsyncConnection,
    *,
    condition: Condition = TopicRecreated(topic="lastcall"),  # noqa: B008  immutable
    cleared: bool = False,
) -> None:
    await raise_condition(connection, condition, since=NOW - timedelta(hours=1))
    if cleared:
        await clear_condition(connection, condition.kind, condition.subject, now=NOW)
