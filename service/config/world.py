"""What a tick or a request goes by, looked up once and replaced whole when a part of it changes."""

from dataclasses import dataclass

from service.config.company import Company
from service.core.catalog.lifecycle import Catalog
from service.core.identity import Resolver


@dataclass(frozen=True, slots=True)
class World:
    catalog: Catalog
    resolver: Resolver
    company: Company
    topics: tuple[str, ...] = ()
    """Those that are read from Kafka. While one of them is not read to its end, silence is no sign of a migration."""
