"""Finds candidates for the owners of services without one."""

from collections.abc import Collection

from service.adapters.postgres.database import Transaction
from service.adapters.queries.ownership import read_key_owners, read_past_acts
from service.adapters.queries.services import read_service_names
from service.core.candidates import Candidate, Neighbourhood, candidates
from service.core.directory.owners import Owners


class CandidateBook:
    """Candidates, for the owners at one time. The data is read on first use."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners
        self._around: Neighbourhood | None = None

    async def look(self, connection: Transaction, services: Collection[str]) -> dict[str, tuple[Candidate, ...]]:
        """Candidates by service. `services` have no owner."""
        unowned = [service for service in services if self._owners.of(service).source is None]
        if not unowned:
            return {}
        if self._around is None:
            known = await read_service_names(connection)
            self._around = Neighbourhood({name: team for name in known if (team := self._owners.owner_of(name).team)})
        acted = await read_past_acts(connection, unowned)
        holders = await read_key_owners(connection, unowned)
        return {
            service: candidates(service, acted.get(service, ()), holders.get(service, ()), self._around)
            for service in unowned
        }
