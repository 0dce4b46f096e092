"""The data that one tick or request uses. It never changes: lastcall replaces it as a whole."""

from dataclasses import dataclass, field

from service.config.company import Company
from service.core.catalog.lifecycle import Catalog
from service.core.directory.owners import Owners
from service.core.identity import Resolver
from service.core.prices import NoPrices, PriceList


@dataclass(frozen=True, slots=True)
class World:
    catalog: Catalog
    resolver: Resolver
    company: Company
    prices: PriceList = field(default_factory=NoPrices)
    topics: tuple[str, ...] = ()
    """Topics of Kafka. Until each is read to its end, silence does not mean a migration."""
    owners: Owners = field(default_factory=Owners)
    times_said: tuple[int, int] | None = None
    """Number of statements by people and by directories when `owners` was read from the database. None: `owners` comes
    from lastcall.yaml only."""

    catalog_said: tuple[int, ...] | None = None
    """Number of changes in what sources and people said about the catalog when it was judged. None: it has only shipped
    records and those of lastcall.yaml."""

    @property
    def version(self) -> tuple[object, ...]:
        """Two worlds with a different part have different versions."""
        return self.catalog.digest, self.company.digest, self.topics, self.times_said


def world_of(
    catalog: Catalog,
    resolver: Resolver,
    company: Company,
    topics: tuple[str, ...] = (),
    *,
    prices: PriceList | None = None,
) -> World:
    """A World without data from the database: its owners come from lastcall.yaml. `prices`: None is an empty list."""
    owners = Owners(company.owners, calendar=company.calendar)
    return World(catalog, resolver, company, prices or NoPrices(), topics, owners)
