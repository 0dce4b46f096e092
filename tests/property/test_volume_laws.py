"""The volume in SQL and the volume in Python are one rule."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Coroutine, Hashable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.digest_store import load_picture
from service.adapters.postgres.tables import usage_daily
from service.adapters.queries.rhythms import read_rhythms
from service.adapters.queries.unknown import read_unknown_ids
from service.core.cleaning import cleaned
from service.core.exposure import ExposureKey
from service.core.usage import Call
from service.core.volume import Volume
from service.core.week import Week
from service.engine.reconcile import catch_up
from tests.builders import make_world
from tests.calls import count_calls, make_call

MONDAY = datetime(2025, 6, 2, tzinfo=UTC)
NOW = MONDAY + timedelta(days=3)
WEEK = Week.of(date(2025, 6, 2))

MODELS = ("gpt-4.5-preview", "gpt-4.5-preview-2025-02-27", "gpt-4o", "made-up-1", "made-up-2")
events = st.lists(
    st.builds(
        make_call,
        at=st.integers(0, 30).map(lambda hour: MONDAY + timedelta(hours=hour, minutes=7)),
        reporter=st.sampled_from(("gateway", "otel", "sdk")),
        service=st.sampled_from(("search-api", "mail")),
        environment=st.sampled_from(("production", "staging")),
        requested_id=st.sampled_from(MODELS),
        served_id=st.sampled_from((None, *MODELS)),
        input_tokens=st.sampled_from((None, 80)),
        status=st.sampled_from((200, 429)),
    ),
    max_size=60,
)


def by_use(loaded: LoadedCatalog, made: Sequence[Call]) -> dict[ExposureKey, int]:
    """The volume of each (service, environment, platform, model), asked for or answered."""
    volumes: defaultdict[Hashable, Volume] = defaultdict(Volume)
    for call in made:
        series = cleaned(call.who).series
        found = loaded.resolver.identify_words(series)
        for model in {found.requested_model, found.served_model} - {None}:
            use = ExposureKey(series.service, series.environment, found.platform or "", model or "")
            volumes[use].add(use, int(call.at.timestamp()) // 3600, series.reporter)
    return {ExposureKey(*use): volume.calls for use, volume in volumes.items()}  # type: ignore[misc]


def unknown(loaded: LoadedCatalog, made: Sequence[Call]) -> Counter[tuple[str, str]]:
    """The volume of each unknown id by service."""
    volumes: defaultdict[tuple[str, str], Volume] = defaultdict(Volume)
    for call in made:
        series = cleaned(call.who).series
        found = loaded.resolver.identify_words(series)
        if found.requested_model is None and found.served_model is None:
            whose = series.requested_id or "", series.service
            volumes[whose].add(series.environment, int(call.at.timestamp()) // 3600, series.reporter)
    return Counter({whose: volume.calls for whose, volume in volumes.items()})


async def test_sql_and_python_agree_on_every_volume(database: Database) -> None:
    loaded = load_catalog()
    loop = asyncio.get_running_loop()

    def run(what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, loop).result()

    @settings(max_examples=30, deadline=None)
    @given(made=events)
    def law(made: Sequence[Call]) -> None:
        run(agree(database, loaded, made))

    await asyncio.to_thread(law)


async def agree(database: Database, loaded: LoadedCatalog, made: Sequence[Call]) -> None:
    async with database.begin() as connection:
        await connection.execute(text("TRUNCATE series, usage_hourly, usage_daily, stale_days"))
    await count_calls(database, loaded, made, NOW)
    await catch_up(database, make_world(), now=NOW)
    expected = by_use(loaded, made)
    d = usage_daily.c
    names = (d.service, d.environment, d.platform, d.model)
    async with database.connect() as connection:
        days = await connection.execute(select(*names, func.sum(d.calls)).group_by(*names))
        assert {ExposureKey(*row[:4]): int(row[4]) for row in days} == expected
        rhythms = await read_rhythms(connection, expected.keys(), now=NOW)
        assert {key: sum(rhythm.calls.values()) for key, rhythm in rhythms.items()} == expected
        picture = await load_picture(connection, WEEK, topics=[])
        shown = Counter({(one.id, one.service): one.calls for one in picture.unresolved})
        assert shown == unknown(loaded, made)
        listed = Counter({one.requested_id: one.calls_28d for one in await read_unknown_ids(connection, now=NOW)})
        assert listed == sum((Counter({id_: calls}) for (id_, _), calls in shown.items()), Counter())
