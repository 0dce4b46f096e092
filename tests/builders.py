"""Things of the domain with sensible values, so that a test names only what it is about."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from service.adapters.catalog.files import load_catalog
from service.config.company import Company
from service.config.world import World, world_of
from service.core.calendar import Calendar, Freeze, utc_midnight
from service.core.catalog.lifecycle import Catalog, Deprecation, Replacement, Shutdown
from service.core.digest import totals_of
from service.core.escalation.campaign import Campaign, Done, NotifiedOwner
from service.core.escalation.cause import AtStep, NewOwner, NewsCause, Relapse, StepDue
from service.core.escalation.hold import Promise
from service.core.escalation.policy import DEFAULT_POLICY
from service.core.exposure import DayOfUse, Exposure
from service.core.forecast import Forecast
from service.core.notification import (
    Digest,
    DigestLine,
    EndFacts,
    Following,
    Missed,
    News,
    Notice,
    Owned,
    Recipients,
    Traffic,
    UseFacts,
)
from service.core.ownership import Owner
from service.core.prices import PriceList
from service.formats.files import FileRecord

JUNE_2 = datetime(2025, 6, 2, tzinfo=UTC)


def make_notice(**given: Any) -> Notice:
    """GPT-4.5 Preview, six weeks before its end when read on 2 June 2025. A model that is given is its id as well.

    `given` has the fields of the notice and of its parts, those of `following` as `next_...`; beside them `step`,
    `repeat_days`, `frozen_from`, `former` (the team that owned it before), and of a `relapse` (whether it is one).
    """
    traffic: dict[str, Any] = {
        "state": "active",
        "first_at": datetime(2025, 3, 1, 9, tzinfo=UTC),
        "last_at": datetime(2025, 6, 2, 9, tzinfo=UTC),
        "calls_7d": 1200,
        "errors_7d": 0,
        "tokens_7d": 340_000,
        "calls_total": 15_000,
    }
    usual: dict[str, dict[str, Any]] = {"traffic": traffic, "owner": {"team": "search"}}
    freeze = given.pop("frozen_from", None)
    step = AtStep(
        name=given.pop("step", "-6w"),
        policy="default",
        repeat_days=given.pop("repeat_days", None),
        before_freeze=freeze is not None,
    )
    former = given.pop("former", None)
    relapse = {name: given.pop(name) for name in ("silent_since", "back_since", "calls") if name in given}
    next_ = {name.removeprefix("next_"): given.pop(name) for name in list(given) if name.startswith("next_")}
    causes = [Relapse(step=step, at=JUNE_2, **relapse)] if given.pop("relapse", bool(relapse)) else []
    also = [NewOwner(step=step, at=JUNE_2, former=NotifiedOwner(former))] if former else []
    parts: dict[str, type[msgspec.Struct]] = {
        "use": UseFacts,
        "end": EndFacts,
        "traffic": Traffic,
        "owner": Owned,
        "missed": Missed,
        "recipients": Recipients,
    }
    built: dict[str, Any] = {name: part(**_fields(part, usual.get(name, {}), given)) for name, part in parts.items()}
    return Notice(
        cause=causes[0] if causes else StepDue(step=step),
        also=tuple(also),
        freeze=Freeze(freeze, date(2025, 7, 14), given.pop("freeze", "")) if freeze else None,
        following=Following(**next_) if next_.get("step") else None,
        **built,
        **given,
    )


def make_news(cause: NewsCause, **given: Any) -> News:
    """Of the same use as `make_notice`."""
    served_id = given.pop("served_id", None)
    use, end = UseFacts(**_fields(UseFacts, {}, given)), EndFacts(**_fields(EndFacts, {"replacements": ()}, given))
    return News(
        cause=cause, use=use, end=end, owner=Owned(team="search", rule="owners[0]"), served_id=served_id, **given
    )


def make_broken_promise(on: date) -> Promise:
    """Of a week before, which nobody was told of yet."""
    return Promise("ada@example.com", utc_midnight(on - timedelta(days=7)), on).broken()


def make_forecast(zero: date | None) -> Forecast:
    """As of 2 June 2025: the calls reach zero on that day, a day more or less; None: never."""
    day = timedelta(days=1)
    return Forecast(JUNE_2.date(), "weeks", zero, zero and zero - day, zero and zero + day, 100, -10)


_GPT45: dict[str, Any] = {
    "service": "search-api",
    "environment": "production",
    "platform": "openai-api",
    "model": "gpt-4.5-preview-2025-02-27",
    "announced": date(2025, 4, 14),
    "shutdown_on": date(2025, 7, 14),
    "precision": "exact",
    "replacements": ("gpt-4.1",),
}


def _fields(part: type[msgspec.Struct], usual: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Those of `given` that are fields of `part`, which are taken out of it, over the usual ones."""
    names = set(part.__struct_fields__)
    known = {name: value for name, value in _GPT45.items() if name in names} | usual
    if part is UseFacts:
        known["id"] = given.get("model", "gpt-4.5-preview")
    return known | {name: given.pop(name) for name in list(given) if name in names}


def make_digest_line(**given: Any) -> DigestLine:
    """GPT-4.5 Preview, called as much as the week before. A model that is given is its id as well."""
    values: dict[str, Any] = {
        "service": "search-api",
        "environment": "production",
        "team": "search",
        "platform": "openai-api",
        "model": "gpt-4.5-preview-2025-02-27",
        "id": given.get("model", "gpt-4.5-preview"),
        "shutdown_on": date(2025, 7, 14),
        "precision": "exact",
        "replacement": "gpt-4.1",
        "state": "active",
        "calls": 1200,
        "calls_before": 1200,
        "told": True,
    }
    return DigestLine(**(values | given))


def make_digest(**given: Any) -> Digest:
    """The week of 30 June 2025 for the team search, with nothing beyond the lines."""
    values: dict[str, Any] = {"week": "2025-W27", "audience": "search", "lines": (), "migrated": ()} | given
    return Digest(**({"totals": totals_of(values["lines"], values["migrated"])} | values))


def make_record(value: Any, **given: Any) -> FileRecord:
    """A Kafka record of 2026-11-22T05:00:00Z; anything but bytes and None becomes its JSON."""
    content = value if isinstance(value, bytes | None) else msgspec.json.encode(value)
    values: dict[str, Any] = {"topic": "llm-requests", "offset": 0, "timestamp": 1_795_323_600_000, "value": content}
    return FileRecord(**(values | given))


def make_deprecation(**given: Any) -> Deprecation:
    """GPT-4.5 Preview at OpenAI: announced on Monday 2025-04-14, gone on Monday 2025-07-14.

    `shutdown_on` and `precision` stand for the shutdown.
    """
    shutdown = Shutdown(given.pop("shutdown_on", date(2025, 7, 14)), given.pop("precision", "exact"))
    values: dict[str, Any] = {
        "platform": "openai-api",
        "model": "gpt-4.5-preview",
        "id": "gpt-4.5-preview",
        "announced": date(2025, 4, 14),
        "shutdown": shutdown,
        "replacements": (Replacement("gpt-4.1", "gpt-4.1"),),
        "sources": ("https://example.com/deprecations",),
    }
    return Deprecation(**(values | given))


def make_day(day: date, **given: Any) -> DayOfUse:
    """Three calls that were answered."""
    values: dict[str, Any] = {
        "calls": 3,
        "errors": 0,
        "end_of_life": 0,
        "input_tokens": 240,
        "output_tokens": 60,
        "cached_tokens": 0,
        "tokens_known": 3,
    }
    return DayOfUse(day, **(values | given))


def make_exposure(**given: Any) -> Exposure:
    """Calls at noon of each day from `since` to `until`, or on `days`."""
    since, until = given.pop("since", date(2025, 3, 1)), given.pop("until", date(2025, 4, 14))
    every_day = tuple(make_day(since + timedelta(days=n)) for n in range((until - since).days + 1))
    days = tuple(one if isinstance(one, DayOfUse) else make_day(one) for one in given.pop("days", every_day))
    first_at = given.pop("first_at", datetime.combine(days[0].day, time(12), UTC))
    last_at = given.pop("last_at", datetime.combine(days[-1].day, time(12), UTC))
    values: dict[str, Any] = {
        "service": "search-api",
        "environment": "production",
        "deprecation": make_deprecation(),
    } | given
    service, environment, deprecation = (values.pop(name) for name in ("service", "environment", "deprecation"))
    exposure = Exposure.of(service, environment, deprecation, days, first_at=first_at, last_at=last_at)
    return replace(exposure, **values)


def make_owner(**given: Any) -> Owner:
    """A team with everybody there is, in Berlin: 9:00 is 7:00 UTC in summer. `zone` stands for its calendar."""
    zone = given.pop("zone", ZoneInfo("Europe/Berlin"))
    values: dict[str, Any] = {
        "team": "search",
        "people": ("ada@example.com",),
        "channel": "#search",
        "oncall": ("usergroup:search-oncall",),
        "manager": ("mia@example.com",),
        "director": ("dora@example.com",),
        "incident": "#incidents",
        "calendar": Calendar(zone),
        "rule": "owners[0]",
    }
    return Owner(**(values | given))


def make_campaign(*told: str, **given: Any) -> Campaign:
    """Of `make_exposure`, by the default policy, whose steps `told` the owner of `make_owner` has heard."""
    opened_at = datetime(2025, 4, 14, 9, tzinfo=UTC)
    values: dict[str, Any] = {
        "policy": DEFAULT_POLICY,
        "opened_at": opened_at,
        "deadline": date(2025, 7, 14),
        "done": tuple(Done(step, opened_at, told=("owner",)) for step in told),
        "owner": NotifiedOwner.of(make_owner()),
        "owner_told_at": opened_at,
    }
    return Campaign(**(values | given))


def make_world(
    catalog: Catalog | None = None,
    company: Company | None = None,
    topics: tuple[str, ...] = (),
    *,
    prices: PriceList | None = None,
) -> World:
    """With the shipped catalog, without a lastcall.yaml and prices, and with nothing that waits to be read."""
    shipped = load_catalog()
    catalog = shipped.catalog if catalog is None else catalog
    return world_of(catalog, shipped.resolver, company or Company(), topics, prices=prices)
