"""Raises conditions for name floods."""

from datetime import datetime

from service.adapters.postgres.conditions import Condition, clear_conditions_except, raise_condition
from service.adapters.postgres.database import Transaction
from service.adapters.postgres.name_flood_store import forget_floods, read_floods
from service.core.name_flood_news import OVER_AFTER, ongoing

KIND = "name_flood"


async def tell_name_floods(connection: Transaction, *, now: datetime) -> None:
    told = ongoing(await read_floods(connection), now=now)
    for one in sorted(told, key=lambda one: one.flood.subject):
        await raise_condition(connection, Condition(KIND, one.flood.subject, one.detail, one.remedy, one.first_at))
    await clear_conditions_except(connection, KIND, [one.flood.subject for one in told], now=now)
    await forget_floods(connection, last_before=now - OVER_AFTER)
