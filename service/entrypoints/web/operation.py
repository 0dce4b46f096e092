"""Health, readiness and metrics: open to all, so they show strangers no person, no service and no id from a log."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse

from service.adapters import metrics
from service.adapters.queries.health import DatabaseHealth, read_database_health, set_gauges
from service.core.condition import InWords, OpenCondition
from service.core.health import ConsumerHealth, trouble_of
from service.entrypoints.web.context import Here

router = APIRouter(tags=["operation"])


@router.get("/healthz", summary="The process is alive")
async def healthz() -> dict[str, str]:
    return {"status": "alive"}


@router.get(
    "/readyz",
    summary="The process can do its work",
    responses={503: {"description": "Not ready; `problems` has the reasons and remedies."}},
)
async def readyz(here: Here, request: Request) -> JSONResponse:
    """Ready: the database responds and is migrated, and the consume loop, if this process runs one, works. Open
    conditions make the state `degraded` but leave the process ready, so that operators can use the page to repair
    them. Only those who may see the page get the subject and detail of a condition."""
    database = await read_database_health(here.app.database)
    health = here.consumer() if here.consumer is not None else None
    report = readiness(database, health, is_known=request.state.is_known, now=here.clock())
    return JSONResponse(jsonable_encoder(report), 503 if report["problems"] else 200)


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def prometheus(here: Here) -> Response:
    """The metrics of docs/metrics.md. Without the database: the metrics of this process only."""
    if here.consumer is not None and (polled := here.consumer().last_poll_at) is not None:
        metrics.LAST_POLL.set(polled.timestamp())
    database = await read_database_health(here.app.database)
    if database.trouble is None:
        now = here.clock()
        world = await here.app.look(now=now)
        async with here.app.database.connect() as connection:
            await set_gauges(connection, world.catalog, world.topics, now=now)
    return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)


def readiness(
    database: DatabaseHealth, consumer: ConsumerHealth | None, *, is_known: bool, now: datetime
) -> dict[str, Any]:
    """The content of /readyz. `problems` is empty if the process is ready. `is_known`: the client may see the page."""
    problems = []
    if database.trouble is not None:
        problems.append({"what": database.trouble, "remedy": database.remedy})
    if consumer is not None and (trouble := trouble_of(consumer, now)) is not None:
        problems.append(
            {"what": trouble, "remedy": "Run `lastcall doctor`; restart this process if nothing is wrong there."}
        )
    status = "not ready" if problems else "degraded" if database.conditions else "ready"
    return {
        "status": status,
        "problems": problems,
        "conditions": [_condition(one, is_known) for one in database.conditions],
        "database": {"answers": database.trouble is None, "revision": database.revision},
        "consumer": _consumer(consumer, now),
        "watermarks": database.watermarks,
        "ticks": database.heartbeats,
    }


def _condition(one: OpenCondition, is_known: bool) -> dict[str, Any]:
    if is_known:
        return asdict(InWords.of(one.condition)) | {"since": one.since}
    return {"kind": one.condition.kind, "since": one.since, "remedy": one.condition.remedy}


def _consumer(health: ConsumerHealth | None, now: datetime) -> dict[str, Any] | None:
    """None: this process has no consumer."""
    if health is None:
        return None
    polled = health.last_poll_at
    return {
        "running": health.running,
        "last_poll_seconds_ago": round((now - polled).total_seconds(), 1) if polled else None,
        "records_behind": health.records_behind,
        "lag": {f"{topic}:{partition}": lag for (topic, partition), lag in sorted(health.lag.items())},
        "stopped": health.stopped,
        "missing_topics": list(health.missing_topics),
    }
