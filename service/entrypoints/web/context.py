"""Dependencies of every route."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from service.app import App
from service.core.health import ConsumerHealth
from service.entrypoints.web.plans import Plans

ConsumerProbe = Callable[[], ConsumerHealth]
"""Health of this process's consume loop."""


@dataclass(frozen=True, slots=True)
class WebContext:
    app: App
    clock: Callable[[], datetime]
    consumer: ConsumerProbe | None
    plans: Plans


def _context_of(request: Request) -> WebContext:
    context: WebContext = request.app.state.context
    return context


Here = Annotated[WebContext, Depends(_context_of)]
