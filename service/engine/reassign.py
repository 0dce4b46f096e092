"""reassign: somebody says who answers for a service; its open campaigns are handed over at the next tick."""

from collections.abc import Sequence
from datetime import datetime

from service.adapters.postgres.act_log import record_act
from service.adapters.postgres.agenda import look_at_services, uses_of
from service.adapters.postgres.database import Database
from service.adapters.postgres.directory_store import assign
from service.core.directory.answer import MAX_TEXT, address_in, owner_to_json
from service.core.escalation.act import Refused
from service.core.ownership import Owner

MAX_PEOPLE = 20


async def reassign(
    database: Database,
    service: str,
    *,
    team: str,
    people: Sequence[str] = (),
    channel: str | None = None,
    author: str,
    now: datetime,
) -> Owner | Refused:
    """It holds against lastcall.yaml, until that names the same team. Each of its uses has it in its history."""
    named = _owner(team, people, channel)
    if isinstance(named, Refused):
        return named
    async with database.begin() as connection:
        keys = await uses_of(connection, service)
        if not keys:
            return Refused(f"{service} has called no model on record", "name a service as the logs spell it")
        await assign(connection, service, owner_to_json(named), author=author, at=now)
        for key in keys:
            await record_act(connection, key, "reassign", author=author, at=now, details=owner_to_json(named))
        await look_at_services(connection, [service], now=now)
    return named


def _owner(team: str, people: Sequence[str], channel: str | None) -> Owner | Refused:
    if not team.strip() or len(team) > MAX_TEXT:
        return Refused("a service needs a team", f"name one of at most {MAX_TEXT} characters")
    if len(people) > MAX_PEOPLE:
        return Refused(f"these are more than {MAX_PEOPLE} people", "name a channel or a user group")
    given = [*people, *([channel] if channel else [])]
    for address in given:
        if address_in(address) is None:
            return Refused(
                f"{address[:80]!r} is no address", "write #channel, an e-mail address, usergroup:<handle> or a Slack id"
            )
    heard = tuple(address for address in map(address_in, people) if address)
    return Owner(team=team.strip(), people=heard, channel=address_in(channel))
