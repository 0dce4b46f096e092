"""One tick: all verbs, in order of dependency."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Literal, get_args

import structlog

from service.adapters.metrics import TICK_FAILURES, TICK_SECONDS
from service.adapters.postgres.conditions import record_heartbeats
from service.adapters.postgres.database import Database
from service.config.world import World
from service.core.delivery import Transports
from service.core.retention import KEEP, Retention
from service.engine.clean_up import clean_up
from service.engine.deliver import deliver
from service.engine.escalate import escalate
from service.engine.reconcile import Reconciled, reconcile
from service.engine.refresh import NO_CLIENTS, ClientsFor, refresh
from service.engine.report import report
from service.engine.sync import SourcesFor, no_sources, sync
from service.engine.world import Worlds, look_up

log = structlog.get_logger(__name__)

Verb = Literal["refresh", "sync", "reconcile", "escalate", "report", "deliver", "clean_up"]
VERBS: tuple[Verb, ...] = get_args(Verb)


@dataclass(frozen=True, slots=True)
class Engine:
    """The resources of the verbs. One per process; the verbs keep no state."""

    database: Database
    worlds: Worlds
    transports: Transports
    page: str | None
    """Address of lastcall's page, for links. None: it has no public address."""
    clients_for: ClientsFor = lambda named: NO_CLIENTS
    retention: Retention = KEEP
    sources_for: SourcesFor = no_sources


@dataclass(frozen=True, slots=True)
class Ticked:
    """The results of one tick by verb, and the errors of failed verbs."""

    results: dict[str, object]
    failures: dict[str, Exception]


async def tick(engine: Engine, *, now: datetime, only: Collection[Verb] = VERBS) -> Ticked:
    """Run every verb once as of `now`, or only those in `only`; always in the order of `VERBS`.

    A failed verb is logged and runs again at the next tick. The others still run: for example, a failed digest does not
    stop the delivery of messages.
    """
    database = engine.database
    verbs: dict[Verb, Callable[[World], Awaitable[object]]] = {
        "refresh": lambda world: refresh(database, world, engine.clients_for(world.company.directories), now=now),
        "sync": lambda world: sync(database, world, engine.sources_for(world), now=now),
        "reconcile": lambda world: reconcile(database, world, now=now),
        "escalate": lambda world: escalate(database, world, recomputed_until=_recomputed_until(results), now=now),
        "report": lambda world: report(database, world, now=now),
        "deliver": lambda world: deliver(
            database, engine.transports, world.company.channels, page=engine.page, now=now
        ),
        "clean_up": lambda world: clean_up(database, engine.retention, now=now),
    }
    world: World | None = None
    results: dict[str, object] = {}
    failures: dict[str, Exception] = {}
    took: dict[str, float] = {}
    for verb, run in verbs.items():
        if verb not in only:
            continue
        started = perf_counter()
        try:
            world = world or await look_up(database, engine.worlds, now=now)
            results[verb] = await run(world)
            if verb == "sync" and results[verb]:  # the verbs after it use what the sources say now
                world = None
        except Exception as error:
            log.exception("verb failed", verb=verb, now=now.isoformat())
            failures[verb] = error
            TICK_FAILURES.labels(verb).inc()
            continue
        took[verb] = perf_counter() - started
        TICK_SECONDS.labels(verb).observe(took[verb])
    await record_heartbeats(database, took, now=now, company=(world or engine.worlds.latest).company.digest)
    return Ticked(results, failures)


def _recomputed_until(results: Mapping[str, object]) -> datetime | None:
    """None: reconcile failed."""
    reconciled = results.get("reconcile")
    return reconciled.until if isinstance(reconciled, Reconciled) else None
