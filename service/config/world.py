"""What a tick or a request goes by, looked up once and replaced whole when a part of it changes."""

from dataclasses import dataclass, field

from service.config.company import Company
from service.core.catalog.lifecycle import Catalog
from service.core.directory.owners import Owners
from service.core.identity import Resolver


@dataclass(frozen=True, slots=True)
class World:
    catalog: Catalog
    resolver: Resolver
    company: Company
    topics: tuple[str, ...] = ()
    """Those that are read from Kafka. While one of them is not read to its end, silence is no sign of a migration."""
    owners: Owners = field(default_factory=Owners)
    times_said: tuple[int, int] | None = None
    """How often people and directories had said who owns what when `owners` was read from the database. None: it was
    not read, and `owners` is lastcall.yaml's alone."""

    @property
    def version(self) -> tuple[object, ...]:
        """Differs between two worlds that differ in any part."""
        return self.catalog.digest, self.company.digest, self.topics, self.times_said


def world_of(catalog: Catalog, resolver: Resolver, company: Company, topics: tuple[str, ...] = ()) -> World:
    """Before anything is read from the database: the owners are lastcall.yaml's."""
    return World(catalog, resolver, company, topics, Owners(company.owners, calendar=company.calendar))
