"""Stores the catalog's deprecations, and applies a new catalog to past calls."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, Row, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.agenda import make_models_due
from service.adapters.postgres.loads import use_version, version_status
from service.adapters.postgres.series_store import keep_writers_out
from service.adapters.postgres.stale_days import StaleDay, mark_models, mark_stale
from service.adapters.postgres.tables import catalog_loads, deprecations, series, usage_hourly
from service.adapters.postgres.unnest import unnested
from service.core.catalog.lifecycle import Catalog, Deprecation
from service.core.exposure import ExposureKey
from service.core.identity import Identified, Resolver

BATCH = 2_000
Key = tuple[str, str]


async def load_deprecations(connection: AsyncConnection, catalog: Catalog, *, now: datetime) -> int | None:
    """Update `deprecations` and record moved dates. Returns the number of changes; 0: the catalog is not new.

    None: another release loaded its catalog later and uses it, so that one takes precedence. Once nobody has used it
    for `OUT_OF_USE`, as after a rollback, this one is loaded again.
    """
    match await use_version(connection, catalog_loads, catalog.digest, now=now):
        case "superseded":
            return None
        case "in force":
            return 0
        case None:
            return await _load(connection, catalog, now)


async def is_any_loaded(connection: AsyncConnection) -> bool:
    """Whether a catalog was ever loaded."""
    return (await connection.execute(select(catalog_loads.c.digest).limit(1))).first() is not None


async def is_superseded(connection: AsyncConnection, catalog: Catalog, *, now: datetime) -> bool:
    """Whether a catalog that was loaded later takes precedence."""
    return await version_status(connection, catalog_loads, catalog.digest, now=now) == "superseded"


async def _load(connection: AsyncConnection, catalog: Catalog, now: datetime) -> int:
    stored = {(row.platform, row.model): row for row in await connection.execute(select(deprecations))}
    current = {record.key: record for record in catalog if record.is_deprecated}
    changed = [record for key, record in current.items() if _differs(stored.get(key), record)]
    gone = [key for key, row in stored.items() if key not in current and not row.withdrawn]
    await _write(connection, changed, gone, now)
    moves = [_move(stored[record.key], record) for record in changed if _has_moved(stored.get(record.key), record)]
    await _record_load(connection, catalog, moves, now)
    models = [*(record.key for record in changed), *gone]
    await mark_models(connection, models)
    await make_models_due(connection, models, now=now)
    return len(changed) + len(gone)


def compared(record: Deprecation) -> dict[str, Any]:
    """The facts that decisions read. A catalog that changes one of them makes the uses of the model due."""
    return {
        "announced_on": record.announced,
        "shutdown_on": record.shutdown.on,
        "precision": record.shutdown.precision,
        "standing": record.standing,
        "replacements": [replacement.id for replacement in record.replacements],
        "sources": list(record.sources),
        "withdrawn": False,
    }


def _differs(row: Row[Any] | None, record: Deprecation) -> bool:
    return row is None or any(row._mapping[name] != value for name, value in compared(record).items())


def _has_moved(row: Row[Any] | None, record: Deprecation) -> bool:
    return row is not None and (row.shutdown_on, row.precision) != (record.shutdown.on, record.shutdown.precision)


def _move(row: Row[Any], record: Deprecation) -> dict[str, Any]:
    return {
        "platform": record.platform,
        "model": record.model,
        "before": _day(row.shutdown_on),
        "precision_before": row.precision,
        "after": _day(record.shutdown.on),
        "precision_after": record.shutdown.precision,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


async def _write(
    connection: AsyncConnection, changed: Sequence[Deprecation], gone: Sequence[Key], now: datetime
) -> None:
    if changed:
        statement = insert(deprecations)
        columns = compared(changed[0])
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=[deprecations.c.platform, deprecations.c.model],
                set_={name: statement.excluded[name] for name in columns},
            ),
            [
                {"platform": record.platform, "model": record.model, "first_seen_at": now, **compared(record)}
                for record in changed
            ],
        )
    for platform, model in gone:
        this = (deprecations.c.platform == platform, deprecations.c.model == model)
        await connection.execute(update(deprecations).where(*this).values(withdrawn=True))


async def _record_load(
    connection: AsyncConnection, catalog: Catalog, moves: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    statement = insert(catalog_loads).values(
        digest=catalog.digest, loaded_at=now, seen_at=now, records=len(catalog), changes=list(moves)
    )
    new = {name: statement.excluded[name] for name in ("loaded_at", "seen_at", "records", "changes")}
    await connection.execute(statement.on_conflict_do_update(index_elements=[catalog_loads.c.digest], set_=new))


async def resolve_again(connection: AsyncConnection, catalog: Catalog, resolver: Resolver) -> int:
    """Resolve a batch of series that another catalog resolved. Returns their number; 0: none is left.

    Marks the days of series whose model changes, under the old and the new name. So a new announcement or a corrected
    alias applies to past calls whose hours are kept, without a replay.
    """
    s = series.c
    of_another = or_(s.resolved_by < catalog.identity, s.resolved_by > catalog.identity)
    if await connection.scalar(select(s.id).where(of_another).limit(1)) is None:
        return 0
    await keep_writers_out(connection)
    some = select(series).where(of_another).limit(BATCH).with_for_update(skip_locked=True)
    if not (found := (await connection.execute(some)).all()):
        return 0
    models = [catalog.counted(resolver.identify_words(row)) for row in found]
    v = unnested(
        ("id", s.id.type, [row.id for row in found]),
        *((name, s[name].type, [getattr(each, name) for each in models]) for name in Identified._fields),
        ("is_another", Boolean(), [each.served_is_another for each in models]),
    )
    columns = {name: v.c[name] for name in Identified._fields} | {"served_is_another": v.c.is_another}
    await connection.execute(update(series).where(s.id == v.c.id).values(columns | {"resolved_by": catalog.identity}))
    moved = {row.id: (row, after) for row, after in zip(found, models, strict=True) if _of(row) != after}
    await mark_stale(connection, await _marks(connection, moved))
    return len(found)


def _of(row: Row[Any]) -> Identified:
    return Identified(*(row._mapping[name] for name in Identified._fields))


async def _marks(connection: AsyncConnection, moved: Mapping[int, tuple[Row[Any], Identified]]) -> list[StaleDay]:
    """All days of each series, under each of its names."""
    days = func.cast(func.timezone("UTC", usage_hourly.c.hour), Date)
    v = unnested(("series_id", series.c.id.type, list(moved)))
    of_series = select(v.c.series_id, days).join_from(v, usage_hourly, usage_hourly.c.series_id == v.c.series_id)
    marks = []
    for id_, day in await connection.execute(of_series.distinct()) if moved else ():
        row, after = moved[id_]
        names = {
            (one.platform, model) for one in (_of(row), after) for model in (one.requested_model, one.served_model)
        }
        marks += [
            StaleDay(ExposureKey(row.service, row.environment, platform, model), day)
            for platform, model in names
            if platform is not None and model is not None
        ]
    return marks
