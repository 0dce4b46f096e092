"""`lastcall demo`."""

import asyncio
import contextlib
import signal
from datetime import UTC, datetime, time
from typing import Annotated

import typer
from rich.markup import escape

from service.adapters.queries.listing import ExposureFilter
from service.adapters.queries.notifications import read_notifications
from service.app import App
from service.engine import ask
from service.entrypoints.cli.output import Exit, console
from service.entrypoints.cli.session import plainly, read_settings
from service.entrypoints.demo.company import BEGIN, GPT45
from service.entrypoints.demo.run import Clock, open_demo, open_page, play
from service.entrypoints.demo.simulation import SHUTDOWN
from service.entrypoints.demo.timeline import Account, Timeline, account, show_account

OUTBOX_PAGE = 1000


def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="Exit when the simulation is over, instead of keeping the page up.")
    ] = False,
) -> None:
    """Simulate the GPT-4.5 Preview shutdown of 2025 in about a minute. Broker and database are real; the company is
    simulated.

    Exit code 1: a service called the model on its last day, and its owner had not been notified.
    """
    told = plainly(_demo(leave=leave))
    if not told.in_time or any(exposure.told is None for exposure in told.failing):
        raise SystemExit(int(Exit.BAD_NEWS))


async def _demo(*, leave: bool) -> Account:
    clock = Clock(datetime.combine(BEGIN, time(), UTC))
    async with open_demo(read_settings()) as app:
        page = open_page(app, clock)
        page.start()
        try:
            console.print(
                f"[bold]GPT-4.5 Preview, 2025[/]: 40 services, 9 teams, one model that ends on {SHUTDOWN:%d %B}."
            )
            console.print(f"The same on the page: [link]{escape(page.url)}[/link]\n")
            await play(app, Timeline(console), clock, page=page.url)
            told = await _account(app, clock.now)
            show_account(console, told)
            if not leave:
                console.print(f"\nOpen {escape(page.url)} and {escape(page.url)}/outbox. To exit, press Ctrl-C.")
                await _interrupted()
        finally:
            await page.stop()
    return told


async def _account(app: App, now: datetime) -> Account:
    async with app.database.connect() as connection:
        notifications = await read_notifications(connection, limit=OUTBOX_PAGE)
    exposures = (await ask.exposures(app.database, await app.look(now=now), ExposureFilter(), now=now)).items
    return account(exposures, notifications.items, GPT45, SHUTDOWN)


async def _interrupted() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with contextlib.suppress(asyncio.CancelledError):
        await stop.wait()
