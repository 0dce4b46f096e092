"""Calls into the database by the way that the consumer takes, without a broker."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from service.adapters.catalog.files import LoadedCatalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.usage_store import Applied, UsageStore
from service.core.batch import Batch
from service.core.cleaning import event_of
from service.core.rollup import Rollup
from service.core.usage import Call, Decoded, UsageEvent, Who


def make_call(**given: Any) -> Call:
    """A call of GPT-4.5 Preview at OpenAI; `at` is given. The names are those of `Who` and `Call`."""
    values: dict[str, Any] = {
        "format": "lastcall",
        "reporter": "lastcall",
        "service": "search-api",
        "environment": "production",
        "provider": "openai",
        "requested_id": "gpt-4.5-preview",
        "served_id": "gpt-4.5-preview-2025-02-27",
        "status": 200,
        "input_tokens": 80,
        "output_tokens": 20,
    } | given
    numbers = {name: values.pop(name) for name in Call.__struct_fields__ if name in values}
    return Call(Who(**values), **numbers)


def events_of(decoded: Decoded) -> tuple[UsageEvent, ...]:
    """The calls of a record in clean words."""
    return tuple(map(event_of, decoded.calls))


async def count_calls(
    database: Database,
    loaded: LoadedCatalog,
    calls: Iterable[Call],
    now: datetime,
    *,
    store: UsageStore | None = None,
) -> None:
    rollup = Rollup()
    for call in calls:
        rollup.add(call)
    store = store or UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver))
    applied = await store.apply(Batch(rollup), {}, now=now)
    assert isinstance(applied, Applied)
