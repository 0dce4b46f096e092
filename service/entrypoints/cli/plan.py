"""`lastcall plan`: who is told what, when, in any span of time."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from service.app import App
from service.core import words
from service.core.calendar import utc_midnight
from service.engine.plan import Planned
from service.engine.plan import plan as engine_plan
from service.engine.reconcile import catch_up
from service.entrypoints import phrases
from service.entrypoints.cli.output import console, emit, fail, within_reach
from service.entrypoints.cli.session import run

DEFAULT_SPAN = timedelta(days=90)
DAY = ["%Y-%m-%d"]


def plan(
    begin: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help="First day, UTC. Default: today.")
    ] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Last day. Default: 90 days later.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")] = False,
) -> None:
    """Who is told what, when.

    Up to the last tick it is what was written down, from then on what comes if the calls go on as they are.
    """
    now = datetime.now(UTC)
    first = begin.date() if begin else now.date()
    within_reach("--from", first)
    last = end.date() if end else first + DEFAULT_SPAN
    within_reach("--to", last)
    if last < first:
        fail(f"--to {last} is before --from {first}", "swap the two")
    start, after = utc_midnight(first), utc_midnight(last + timedelta(days=1))

    async def ask(app: App) -> list[Planned]:
        await catch_up(app.database, now=now)
        return await engine_plan(app.database, app.catalog, app.company, topics=app.topics, start=start, end=after)

    planned = run(ask)
    if as_json:
        emit(planned)
    else:
        _print(planned, first, last)


def _print(planned: list[Planned], first: date, last: date) -> None:
    if not planned:
        console.print(f"Nobody is told anything from {words.day(first)} to {words.day(last)}.")
        return
    table = Table("when (UTC)", "who hears", "about", "step", "", box=None, header_style="bold", pad_edge=False)
    previous = None
    for one in planned:
        when = f"{one.at:%a %Y-%m-%d %H:%M}"
        table.add_row("" if when == previous else when, *map(escape, _cells(one)))
        previous = when
    console.print(table)


def _cells(one: Planned) -> tuple[str, str, str, str]:
    where = f" ({one.environment})" if one.environment else ""
    about = f"{one.service}{where}: {one.id} at {words.platform_name(one.platform)}"
    return (
        f"{words.address(one.destination)} ({one.audience})",
        about,
        phrases.step(one.step, one.repeat_days),
        one.status,
    )
