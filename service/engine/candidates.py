"""Who may own what nobody owns."""

from collections.abc import Collection

from service.adapters.postgres.database import Transaction
from service.adapters.queries.ownership import read_acted
from service.adapters.queries.services import read_service_names
from service.core.candidates import Candidate, candidates
from service.core.directory.owners import Owners


async def find_candidates(
    connection: Transaction, owners: Owners, services: Collection[str]
) -> dict[str, tuple[Candidate, ...]]:
    """By service, of `services` that have no owner."""
    unowned = [service for service in services if owners.of(service).source is None]
    if not unowned:
        return {}
    acted = await read_acted(connection, unowned)
    known = await read_service_names(connection)
    teams = {name: team for name in known if (team := owners.owner_of(name).team) is not None}
    return {service: candidates(service, acted.get(service, ()), teams) for service in unowned}
