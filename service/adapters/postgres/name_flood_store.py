"""Stores name floods, and reads the number of names for `core.name_flood`."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Text, case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import name_floods, series
from service.adapters.postgres.unnest import chunked, unnested
from service.core.name_flood import Bounds, Ledger, Level
from service.core.name_flood_news import Flood, OngoingFlood

_n, _s = name_floods.c, series.c


async def read_ledger(connection: AsyncConnection, hour: datetime, bounds: Bounds) -> Ledger:
    """The totals only; `read_levels` reads those of each service."""
    services = select(_s.service).distinct().subquery()
    counts = select(
        select(func.count()).select_from(services).scalar_subquery(),
        select(func.count()).select_from(series).scalar_subquery(),
    )
    named, made = (await connection.execute(counts)).one()
    return Ledger(hour, bounds, named, made)


async def read_levels(connection: AsyncConnection, services: Collection[str]) -> dict[str, Counter[Level]]:
    """Number of series by level, for services that have any."""
    found: dict[str, Counter[Level]] = defaultdict(Counter)
    for some in chunked(sorted(services)):
        v = unnested(("service", Text(), some))
        rows = await connection.execute(
            select(_s.service, _s.folded, func.count().label("made"))
            .join_from(series, v, _s.service == v.c.service)
            .group_by(_s.service, _s.folded)
        )
        for row in rows:
            found[row.service][row.folded] = row.made
    return dict(found)


async def add_floods(connection: AsyncConnection, floods: Sequence[Flood], *, now: datetime) -> None:
    """Locks in the order of subjects, like every writer."""
    for flood in sorted(floods, key=lambda flood: flood.subject):
        row = insert(name_floods).values(
            subject=flood.subject,
            word=flood.word,
            different=flood.different,
            names=flood.names,
            calls=flood.calls,
            examples=list(flood.examples),
            first_at=now,
            last_at=now,
        )
        new = row.excluded
        clearer = new.different > _n.different
        await connection.execute(
            row.on_conflict_do_update(
                index_elements=[_n.subject],
                set_={
                    "word": case((clearer, new.word), else_=_n.word),
                    "different": func.greatest(_n.different, new.different),
                    "names": _n.names + new.names,
                    "calls": _n.calls + new.calls,
                    "examples": case((clearer, new.examples), else_=_n.examples),
                    "last_at": func.greatest(_n.last_at, new.last_at),
                },
            )
        )


async def read_floods(connection: AsyncConnection) -> list[OngoingFlood]:
    rows = await connection.execute(select(name_floods).order_by(_n.subject))
    return [
        OngoingFlood(Flood(r.subject, r.word, r.different, r.names, r.calls, tuple(r.examples)), r.first_at, r.last_at)
        for r in rows
    ]


async def forget_floods(connection: AsyncConnection, *, last_before: datetime) -> None:
    await connection.execute(delete(name_floods).where(_n.last_at < last_before))
