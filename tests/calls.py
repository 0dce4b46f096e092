"""Calls into the database by the way that the consumer takes, without a broker."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from service.adapters.catalog.files import LoadedCatalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.usage_store import Applied, UsageStore
from service.core.batch import Batch
from service.core.rollup import Rollup
from service.core.usage import UsageEvent


def make_event(**given: Any) -> UsageEvent:
    """A call of GPT-4.5 Preview at OpenAI; `at` is given."""
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
    }
    return UsageEvent(**(values | given))


async def count_calls(
    database: Database,
    loaded: LoadedCatalog,
    events: Iterable[UsageEvent],
    now: datetime,
    *,
    store: UsageStore | None = None,
) -> None:
    rollup = Rollup()
    for event in events:
        rollup.add(event)
    store = store or UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver))
    applied = await store.apply(Batch(rollup), {}, now=now)
    assert isinstance(applied, Applied)
