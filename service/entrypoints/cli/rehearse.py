"""`lastcall rehearse`: the services that break on one day, their calls per hour, and who is on call."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from service.app import App
from service.core import words
from service.core.rehearsal import AtRisk, whole
from service.engine.reconcile import catch_up
from service.engine.rehearse import rehearse as engine_rehearse
from service.entrypoints.cli.days import DAY, parse_day
from service.entrypoints.cli.output import Exit, Json, console, emit, fail, within_reach
from service.entrypoints.cli.session import run
from service.entrypoints.cli.tables import Column, show_table

_WHAT = {
    "error": "calls fail",
    "redirect": "another model answers",
    "unsupported_but_served": "may still be answered, without support",
}
_COLUMNS = (
    Column("service"),
    Column("environment"),
    Column("model"),
    Column("platform"),
    Column("shutdown"),
    Column("what happens", wraps=True),
    Column("calls that day", right=True),
    Column("peak hour (UTC)", right=True),
    Column("team"),
    Column("on call"),
    Column("first call", wraps=True),
    Column("forecast", wraps=True),
)


def rehearse(
    on: Annotated[date, typer.Option(parser=parse_day, metavar=DAY, help="Day to rehearse, UTC: today or later.")],
    as_json: Json = False,
) -> None:
    """Show the services that break on one day if nobody acts. Exit code 1: at least one does.

    The estimate uses the calls of the last four weeks, at the same hours of the same weekday.
    """
    now = datetime.now(UTC)
    within_reach("--on", on)
    if on < now.date():
        fail(f"--on {on} is past", "use today or a later day; `lastcall plan --from DATE` shows past notifications")

    async def ask(app: App) -> tuple[AtRisk, ...]:
        await catch_up(app.database, app.world, now=now)
        return await engine_rehearse(app.database, await app.look(now=now), on=on, now=now)

    found = run(ask, logs=False)
    if as_json:
        emit([rehearsed(one) for one in found])
    else:
        _show(found, on)
    if any(one.breaks for one in found):
        raise typer.Exit(Exit.BAD_NEWS)


def rehearsed(one: AtRisk) -> dict[str, Any]:
    """Includes derived fields."""
    return {
        **msgspec.to_builtins(one),
        "breaks": one.breaks,
        "calls_a_day": one.calls_a_day,
        "peak_hour": one.peak_hour,
    }


def _show(found: Sequence[AtRisk], day: date) -> None:
    if not found:
        console.print(f"Nothing breaks on {words.day(day)}.")
        return
    console.print(headline(found, day), soft_wrap=True)
    console.print()
    show_table(_COLUMNS, [_cells(one) for one in found])


def headline(found: Sequence[AtRisk], day: date) -> str:
    broken = [one for one in found if one.breaks]
    by_hour = [sum(hour) for hour in zip(*(one.calls for one in broken), strict=True)]
    services = words.plural(len({one.service for one in broken}), "service")
    calls = words.plural(whole(sum(by_hour)), "call") if any(by_hour) else "no calls expected"
    busiest = by_hour.index(max(by_hour, default=0)) if any(by_hour) else 0
    peak = f", {whole(by_hour[busiest]):,} in the busiest hour, {_hour(busiest)} UTC" if any(by_hour) else ""
    teams = sorted({one.team or "(unowned)" for one in broken if one.duty in {"weekend", "holiday"}})
    free = f" Off that day: {escape(words.listed(teams))}." if teams else ""
    return f"{words.day(day)}: {services} would break, {calls}{peak}.{free}"


def _hour(begins: int) -> str:
    return f"{begins:02}:00 to {begins + 1:02}:00"


def _cells(one: AtRisk) -> tuple[str, ...]:
    peak = (
        f"{words.short_number(whole(one.calls[one.peak_hour]))} at {one.peak_hour:02}:00"
        if one.peak_hour is not None
        else ""
    )
    return (
        one.service,
        one.environment,
        one.id,
        one.platform,
        f"{one.shutdown_on}",
        _WHAT[one.after_shutdown],
        words.short_number(one.calls_a_day),
        peak,
        one.team or "unowned",
        ", ".join(map(words.address, one.on_call)),
        f"{one.begins_local}, {one.duty}" if one.calls_a_day else f"none on a {one.begins_at:%A}",
        one.forecast or "",
    )
