"""reassign: set the owner of a service; the next tick hands its open campaigns over."""

from collections.abc import Sequence
from datetime import datetime

from service.adapters.postgres.act_log import record_acts
from service.adapters.postgres.agenda import make_services_due, uses_of_service
from service.adapters.postgres.database import Database
from service.adapters.postgres.directory_store import assign
from service.adapters.postgres.exposure_rows import save_team
from service.adapters.postgres.exposure_store import load_exposures_of
from service.adapters.queries.services import read_service_names
from service.config.world import World
from service.core.directory.answer import MAX_TEXT, address_in, owner_to_json
from service.core.escalation.act import Refused
from service.core.naming import Missing, no_such_service
from service.core.ownership import Owner
from service.core.secret import holds_secret
from service.engine.world import INSTEAD_OF, with_owners

MAX_PEOPLE = 20
UNREACHABLE = "The team has no known address, so the fallback channel is notified instead."


async def is_reachable(database: Database, world: World, service: str, *, now: datetime) -> bool:
    """Whether the owner has an address: a given one, or one of the team in lastcall.yaml or a directory."""
    async with database.connect() as connection:
        owner = (await with_owners(connection, world, now=now)).owners.owner_of(service)
    return bool(owner.people or owner.channel)


async def reassign(
    database: Database,
    world: World,
    service: str,
    *,
    team: str,
    people: Sequence[str] = (),
    channel: str | None = None,
    author: str,
    now: datetime,
) -> Owner | Refused | Missing:
    """Overrides lastcall.yaml until the file changes. The history of each exposure of the service records it. Repeating
    it changes nothing."""
    named = _owner(team, people, channel)
    if isinstance(named, Refused):
        return named
    async with database.begin() as connection:
        keys = await uses_of_service(connection, service)
        if not keys:
            return no_such_service(service, await read_service_names(connection))
        owners = (await with_owners(connection, world, now=now)).owners
        ruled = owners.ruled(service)
        if ruled and ruled.team == named.team and owners.of(service).source == "lastcall.yaml":
            unchanged = f"nothing would change: lastcall.yaml already names {named.team}, in {ruled.rule}"
            return Refused(unchanged, "set the addresses of this team in lastcall.yaml")
        said = owner_to_json(named) | {INSTEAD_OF: ruled.team or "" if ruled else ""}
        if await assign(connection, service, said, author=author, at=now):
            exposed = await load_exposures_of(connection, world.catalog, keys, now=now)
            ending = [key for key, one in exposed.items() if one.deprecation.known_on(now.date())]
            await record_acts(connection, ending, "reassign", author=author, at=now, details=owner_to_json(named))
            await make_services_due(connection, [service], now=now)
            await save_team(connection, service, named.team)
    return named


def _owner(team: str, people: Sequence[str], channel: str | None) -> Owner | Refused:
    name = " ".join(team.split())
    if not name or len(name) > MAX_TEXT or not name.isprintable() or holds_secret(name):
        return _wrong("a service needs a team", f"give one, on one line of at most {MAX_TEXT} characters")
    if len(people) > MAX_PEOPLE:
        return _wrong(f"these are more than {MAX_PEOPLE} people", "use a channel or a user group")
    addresses = tuple(dict.fromkeys(one.strip() for one in people))
    for one in addresses:
        if address_in(one) != one:
            return _wrong(
                f"{one[:80]!r} is not a valid address", "write an e-mail address, usergroup:<handle> or a Slack id"
            )
    if channel and address_in(channel) is None:
        return _wrong(f"{channel[:80]!r} is not a channel", "write it as #channel")
    return Owner(team=name, people=addresses, channel=address_in(channel))


def _wrong(reason: str, remedy: str) -> Refused:
    return Refused(reason, remedy, "wrong_input")
