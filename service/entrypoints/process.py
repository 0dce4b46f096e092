"""The parts of a long-running process: consume loop, heartbeat and web; a signal ends them in order."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from service.app import App
from service.config.located import ConfigError
from service.entrypoints.consumer import Consumer
from service.entrypoints.scheduler import Heartbeat, Show, open_engine
from service.entrypoints.web.factory import create_web
from service.entrypoints.web.server import WebServer

log = structlog.get_logger(__name__)
UNCHANGED = "the one before stays in force"


@dataclass(frozen=True, slots=True)
class Parts:
    consume: bool = False
    schedule: bool = False


async def serve(app: App, parts: Parts, *, show: Show, announce: Callable[[str], None]) -> None:
    """Runs the parts and the web until SIGINT or SIGTERM, then ends them in order: no new records, the last flush, the
    running tick, the web. Calls `announce` with the page's address once everything has started. SIGHUP reloads
    lastcall.yaml.

    Raises OSError if the port is in use, and any exception that ends a part.
    """
    stopping, asked = asyncio.Event(), asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        consumer = Consumer(app) if parts.consume else None
        if consumer is not None:
            stack.push_async_callback(consumer.close)
        web = WebServer(
            create_web(app, consumer=consumer.health if consumer else None),
            host=app.settings.web_host,
            port=app.settings.web_port,
        )
        page = app.settings.public_url or web.url
        engine = await stack.enter_async_context(open_engine(app, show=show, page=page))
        web.start()
        stack.push_async_callback(web.stop)
        if parts.schedule:
            heartbeat = Heartbeat(engine, clock=lambda: datetime.now(UTC))
            heartbeat.start()
            stack.push_async_callback(heartbeat.stop)
        reloading = asyncio.create_task(_reload_when(asked, app))
        stack.callback(reloading.cancel)
        with _signals_set(stopping, asked):
            announce(web.url)
            await (consumer.run(stopping) if consumer else stopping.wait())


async def _reload_when(asked: asyncio.Event, app: App) -> None:
    """Reloads one at a time. Each tick and request reads the world, so parts need no notice."""
    while await asked.wait():
        asked.clear()
        try:
            await app.reload()
        except ConfigError as error:
            log.warning(f"lastcall.yaml refused, {UNCHANGED}", problems=str(error).splitlines())
        except Exception:
            log.exception(f"lastcall.yaml not read, {UNCHANGED}")
        else:
            log.info("lastcall.yaml reloaded", file=str(app.settings.config_file))


@contextlib.contextmanager
def _signals_set(stopping: asyncio.Event, reload: asyncio.Event) -> Iterator[None]:
    """The first SIGINT or SIGTERM stops the process in order; a second one ends it at once."""
    loop = asyncio.get_running_loop()
    in_terminal = os.isatty(0)

    def ask() -> None:
        stopping.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

    def hang_up() -> None:
        is_closed = in_terminal and not os.isatty(0)
        ask() if is_closed else reload.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    loop.add_signal_handler(signal.SIGHUP, hang_up)
    try:
        yield
    finally:
        if not stopping.is_set():
            ask()
