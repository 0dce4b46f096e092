"""Evidence of exposures for messages: ids as spelled by callers and in answers, and a few request ids."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, Text, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import series, usage_hourly
from service.adapters.postgres.unnest import unnested
from service.adapters.postgres.usage_keys import KEY, key_rows, key_values
from service.adapters.postgres.volumes import by_reporter, ranked, volume
from service.core.exposure import LONGEST_QUIET, Exposure, ExposureKey
from service.core.rollup import MAX_SAMPLES


async def with_evidence(connection: AsyncConnection, exposures: Sequence[Exposure], *, now: datetime) -> list[Exposure]:
    """Adds to exposures the ids that callers spell, the ids of other models that answered, and a few request ids."""
    keys = [exposure.key for exposure in exposures]
    found = await _series_of(connection, keys)
    to_rank = {key: of_use for key, of_use in found.items() if len(_spelled(of_use)) > 1}
    calls = await _calls_by_spelling(connection, to_rank, now)
    served = await _served_ids(connection, [one.key for one in exposures if one.days[-1].redirected], now)
    return [
        replace(
            exposure,
            requested_ids=_most_used_first(found.get(exposure.key, ()), calls.get(exposure.key, {})),
            served_ids=served.get(exposure.key, ()),
            request_ids=_samples(found.get(exposure.key, ())),
        )
        for exposure in exposures
    ]


class _Series(NamedTuple):
    id: int
    requested_id: str | None
    samples: Sequence[str]


async def _series_of(connection: AsyncConnection, keys: Sequence[ExposureKey]) -> Mapping[ExposureKey, list[_Series]]:
    """Series that requested the model, or were answered by it, latest samples first. A use has several if the log
    describes its calls in several ways."""
    found: dict[ExposureKey, list[_Series]] = defaultdict(list)
    for row in await connection.execute(_series_of_keys(), key_values(keys)):
        found[ExposureKey(*row[:4])].append(_Series(*row[4:]))
    return found


@cache
def _series_of_keys() -> Select[Any]:
    """OFFSET 0 keeps the planner from reading all series."""
    v, s = key_rows(), series.c
    shown = (s.id, s.requested_id, s.samples)
    of_use = select(*shown, s.sampled_on).where(_of(v)).correlate(v).offset(0).lateral("of_use")
    return (
        select(*(v.c[name] for name in KEY), *(of_use.c[column.name] for column in shown))
        .join_from(v, of_use, true())
        .order_by(of_use.c.sampled_on.desc().nulls_last(), of_use.c.id)
    )


async def _calls_by_spelling(
    connection: AsyncConnection, found: Mapping[ExposureKey, Sequence[_Series]], now: datetime
) -> Mapping[ExposureKey, Mapping[str, int]]:
    """Calls of the last weeks by use and requested id."""
    rows = [(*key, one.id) for key, of_use in found.items() for one in of_use if one.requested_id is not None]
    if not rows:
        return {}
    *words, ids = zip(*rows, strict=True)
    v = unnested(*((name, Text(), of) for name, of in zip(KEY, words, strict=True)), ("series_id", BigInteger(), ids))
    s, u = series.c, usage_hourly.c
    use = (*(v.c[name] for name in KEY), s.requested_id)
    reported = (
        by_reporter(use)
        .select_from(v)
        .join(series, s.id == v.c.series_id)
        .join(usage_hourly, and_(u.series_id == s.id, u.hour > now - LONGEST_QUIET, u.hour <= now))
    )
    of_use = ranked(reported.subquery(), (*KEY, "requested_id"))
    spelled = (*(of_use.c[name] for name in KEY), of_use.c.requested_id)
    calls: dict[ExposureKey, dict[str, int]] = defaultdict(dict)
    for row in await connection.execute(select(*spelled, volume(of_use).label("calls")).group_by(*spelled)):
        calls[ExposureKey(*row[:4])][row.requested_id] = int(row.calls)
    return calls


async def _served_ids(
    connection: AsyncConnection, keys: Sequence[ExposureKey], now: datetime
) -> Mapping[ExposureKey, tuple[str, ...]]:
    """Other models that answered in the last weeks: latest day first, within a day the most frequent."""
    if not keys:
        return {}
    v = key_rows(keys)
    s, u = series.c, usage_hourly.c
    reported = (
        by_reporter((*(v.c[name] for name in KEY), s.served_id))
        .select_from(v)
        .join(series, and_(_asks(v), s.served_is_another))
        .join(usage_hourly, and_(u.series_id == s.id, u.hour > now - LONGEST_QUIET, u.hour <= now))
    )
    of_use = ranked(reported.subquery(), (*KEY, "served_id"))
    answered = (*(of_use.c[name] for name in KEY), of_use.c.served_id)
    last_day = func.max(func.date_trunc("day", of_use.c.hour, "UTC"))
    rows = await connection.execute(
        select(*answered).group_by(*answered).order_by(last_day.desc(), volume(of_use).desc(), of_use.c.served_id)
    )
    found: dict[ExposureKey, list[str]] = defaultdict(list)
    for row in rows:
        found[ExposureKey(*row[:4])].append(row.served_id)
    return {key: tuple(ids) for key, ids in found.items()}


def _of(v: Any) -> Any:
    """Condition: series that requested the key's model, or were answered by it."""
    return and_(_same_place(v), or_(series.c.requested_model == v.c.model, series.c.served_model == v.c.model))


def _asks(v: Any) -> Any:
    return and_(_same_place(v), series.c.requested_model == v.c.model)


def _same_place(v: Any) -> Any:
    return and_(*(series.c[name] == v.c[name] for name in KEY[:3]))


def _spelled(of_use: Iterable[_Series]) -> set[str]:
    return {one.requested_id for one in of_use if one.requested_id is not None}


def _most_used_first(of_use: Sequence[_Series], calls: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(sorted(_spelled(of_use), key=lambda spelled: (-calls.get(spelled, 0), spelled)))


def _samples(of_use: Iterable[_Series]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sample for one in of_use for sample in one.samples))[:MAX_SAMPLES]
