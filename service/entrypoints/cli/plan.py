"""`lastcall plan`: who is told what, when, in any span of time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from service.adapters.queries import read_heartbeats
from service.app import App
from service.core import words
from service.core.calendar import utc_midnight
from service.engine.plan import Planned
from service.engine.plan import plan as engine_plan
from service.engine.reconcile import catch_up
from service.entrypoints import phrases
from service.entrypoints.cli.output import console, emit, fail, stderr, within_reach
from service.entrypoints.cli.session import run
from service.entrypoints.cli.tables import Column, show_table

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

    async def ask(app: App) -> tuple[list[Planned], bool]:
        await catch_up(app.database, now=now)
        async with app.database.connect() as connection:
            ticked = bool(await read_heartbeats(connection))
        planned = await engine_plan(app.database, app.catalog, app.company, topics=app.topics, start=start, end=after)
        return planned, ticked

    planned, ticked = run(ask)
    if as_json:
        emit(planned)
    elif planned:
        _show(planned)
    else:
        console.print(f"Nobody is told anything from {words.day(first)} to {words.day(last)}.")
    if not ticked:
        stderr.print("No tick has looked at the calls yet: start `lastcall up` or `lastcall schedule`.", soft_wrap=True)


def _show(planned: list[Planned]) -> None:
    columns = (Column("when (UTC)"), Column("who hears"), Column("about", wraps=True), Column("step", wraps=True))
    rows = [(f"{one.at:%a %Y-%m-%d %H:%M}", *_cells(one, times)) for one, times in _folded(planned)]
    show_table((*columns, Column("")), rows)


def _folded(planned: list[Planned]) -> list[tuple[Planned, int]]:
    """What is told again and again once, where it begins, with how often it comes in the span."""
    folded: dict[object, tuple[Planned, int]] = {}
    for one in planned:
        same = replace(one, at=planned[0].at, reason="")
        key = same if one.repeat_days else one
        first, times = folded.get(key, (one, 0))
        folded[key] = (first, times + 1)
    return list(folded.values())


def _cells(one: Planned, times: int) -> tuple[str, str, str, str]:
    where = f" ({one.environment})" if one.environment else ""
    about = f"{one.service}{where}: {one.id} at {words.platform_name(one.platform)}"
    return f"{words.address(one.destination)} ({one.audience})", about, _step(one, times), one.status


def _step(one: Planned, times: int) -> str:
    step = phrases.step(one.step, one.repeat_days)
    if times == 1:
        return step
    return f"{step} from then on, while it is still called" if one.status == "foreseen" else f"{step}, {times} times"
