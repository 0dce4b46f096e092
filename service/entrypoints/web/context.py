"""What every route is given."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from service.adapters.queries import ExposureAnswer, ServiceAnswer, read_exposures, read_service
from service.app import App
from service.core.health import ConsumerHealth
from service.engine.ownership import load_owners
from service.entrypoints.web.plans import Plans

ConsumerProbe = Callable[[], ConsumerHealth]
"""Asks the consume loop of this process how it is."""


@dataclass(frozen=True, slots=True)
class Context:
    app: App
    clock: Callable[[], datetime]
    consumer: ConsumerProbe | None
    plans: Plans

    async def exposures(self, now: datetime, *, service: str | None = None) -> list[ExposureAnswer]:
        """Of one `service`, or all."""
        async with self.app.database.connect() as connection:
            app = self.app
            owners = await load_owners(connection, app.world.company, now=now)
            return await read_exposures(connection, app.world, owners.owner_of, now=now, service=service)

    async def service(self, name: str, now: datetime) -> ServiceAnswer | None:
        own = await self.exposures(now, service=name)
        async with self.app.database.connect() as connection:
            owners = await load_owners(connection, self.app.world.company, now=now)
            return await read_service(connection, name, self.app.world.catalog, owners.owner_of, own, now=now)


def _context_of(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


Here = Annotated[Context, Depends(_context_of)]
