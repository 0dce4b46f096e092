"""The FastAPI application: routes, errors with remedies, and the guard in front of all routes."""

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.responses import Response

from service.adapters.postgres.database import DatabaseTrouble
from service.adapters.queries.health import read_database_health
from service.adapters.queries.paging import CursorError
from service.app import App
from service.entrypoints.web import (
    acts_api,
    api,
    catalog_api,
    explanation_api,
    explanation_page,
    exposure_api,
    moving_api,
    operation,
    pages,
    planning_api,
)
from service.entrypoints.web.bad_request import in_words
from service.entrypoints.web.context import ConsumerProbe, WebContext
from service.entrypoints.web.guard import Access, Guard
from service.entrypoints.web.plans import Plans

log = structlog.get_logger(__name__)

STATIC = Path(__file__).parent / "static"
OPENAPI = "/api/openapi.json"


def create_web(
    app: App,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    consumer: ConsumerProbe | None = None,
) -> FastAPI:
    """`clock`: the current time, aware. `consumer`: health for /readyz, if this process runs a consume loop."""
    web = FastAPI(
        title="lastcall",
        version=version("lastcall"),
        summary="Which services still call a deprecated AI model, and who was notified.",
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
    )
    web.state.context = WebContext(app, clock, consumer, Plans())
    for room in (
        operation,
        api,
        catalog_api,
        explanation_api,
        exposure_api,
        acts_api,
        planning_api,
        moving_api,
        explanation_page,
        pages,
    ):
        web.include_router(room.router)
    web.mount("/static", StaticFiles(directory=STATIC), name="static")
    web.add_middleware(Guard, access=Access.of(app.settings))
    web.exception_handler(RequestValidationError)(_on_bad_request)
    web.exception_handler(CursorError)(_on_bad_cursor)
    for trouble in DatabaseTrouble:
        web.exception_handler(trouble)(_on_trouble)
    web.exception_handler(HTTPException)(_on_http_error)
    return web


def _refuse(request: Request, status: int, error: str, remedy: str) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": error, "remedy": remedy}, status)
    return pages.refusal_page(request, status, error, remedy)


async def _on_bad_request(request: Request, error: RequestValidationError) -> Response:
    said = in_words(error.errors(), request.scope.get("route"))
    return _refuse(request, 422, said, f"{OPENAPI} says which parameters there are and what they may be.")


async def _on_bad_cursor(request: Request, error: CursorError) -> Response:
    return _refuse(request, 400, "cursor: not one that this list gave out.", "Start again without a cursor.")


async def _on_trouble(request: Request, error: Exception) -> Response:
    """Answers 503 if the database does not respond now either. Otherwise the error is a bug: it is logged and
    raised."""
    context: WebContext = request.app.state.context
    health = await read_database_health(context.app.database)
    if health.trouble is None:
        raise error
    log.warning("database away", path=request.url.path, error=type(error).__name__)
    return _refuse(request, 503, f"{health.trouble[0].upper()}{health.trouble[1:]}.", health.remedy or "Try again.")


async def _on_http_error(request: Request, error: HTTPException) -> Response:
    if isinstance(error.detail, dict):
        response = _refuse(request, error.status_code, error.detail["error"], error.detail["remedy"])
        response.headers.update(error.headers or {})
        return response
    return _refuse(request, error.status_code, f"{error.detail}.", f"{OPENAPI} lists what there is.")
