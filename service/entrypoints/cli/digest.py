"""`lastcall digest`: show the digests of a week, and record those that the scheduler did not."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape

from service.app import App
from service.core.digest import ORGANISATION
from service.core.messages.render import render
from service.core.notification import Digest
from service.core.week import Week
from service.core.wording.to_text import thread_to_text
from service.engine.report import Reported, preview_week, record_week
from service.entrypoints.cli.output import Json, console, emit, fail, within_reach
from service.entrypoints.cli.session import run


def digest(
    week: Annotated[
        str | None, typer.Option(help="ISO week, such as 2025-W27. Default: the last complete week.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show the digests; record and queue nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Record and queue the missing digests of a week, and show them. With --dry-run: only show the digests."""
    now = datetime.now(UTC)
    chosen = _week(week, now)

    async def work(app: App) -> Reported:
        if dry_run:
            return Reported(queued=tuple(await preview_week(app.database, app.world, chosen)))
        return await record_week(app.database, await app.look(now=now), chosen, now=now)

    done = run(work)
    if as_json:
        emit(done.queued)
        return
    _show(done.queued, now)
    if dry_run:
        console.print(
            f"{chosen}: nothing is recorded or queued" if done.queued else f"{chosen}: there is nothing to report"
        )
    elif done.queued:
        console.print(f"{chosen}: {len(done.queued)} queued, {len(done.silent)} with nothing to report")
    elif done.silent:
        console.print(f"{chosen}: recorded, with nothing to report to anybody")
    else:
        console.print(f"{chosen}: nothing to do: already recorded, or lastcall had no data for this week")


def _week(name: str | None, now: datetime) -> Week:
    """A week that is over."""
    last = Week.of(now.date()).before
    if name is None:
        return last
    try:
        week = Week.parse(name)
    except ValueError as error:
        fail(str(error), f"the last complete week is {last}")
    within_reach("--week", week.monday)
    if week > last:
        fail(f"{week} has not ended", f"the last complete week is {last}")
    return week


def _show(digests: Sequence[Digest], now: datetime) -> None:
    for one in digests:
        whom = "the whole organisation" if one.audience == ORGANISATION else one.audience
        console.rule(f"to {escape(whom)}", align="left")
        message = render([one], page=None, now=now)
        console.print(thread_to_text(message.blocks, message.replies), markup=False, soft_wrap=True)
        console.print()
