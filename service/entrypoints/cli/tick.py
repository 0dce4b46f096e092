"""`lastcall tick`: one tick of the scheduler, as of any time."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.markup import escape

from service.app import App
from service.core import words
from service.core.words import plural
from service.engine import deliver
from service.engine import tick as engine_tick
from service.engine.clean_up import CleanedUp
from service.engine.deliver import DeliveryReport
from service.engine.escalate import Escalated
from service.engine.reconcile import Reconciled
from service.engine.refresh import Refreshed
from service.engine.report import Reported
from service.entrypoints.cli.output import Exit, console, emit, fail, stderr, within_reach
from service.entrypoints.cli.session import run
from service.entrypoints.cli.show import show_message
from service.entrypoints.scheduler import open_engine

AHEAD = timedelta(minutes=1)


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        wrong = f"{text!r} is not a time. Write it in ISO 8601: 2025-07-14T09:00, or 2025-07-14T09:00+02:00"
        raise typer.BadParameter(wrong) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def tick(
    now: Annotated[
        datetime,
        typer.Option(parser=_instant, metavar="TIME", help="Time of the tick, ISO 8601; UTC unless it has an offset."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run one tick as of a time: decide, record and send what is due.

    This is not a dry run: it writes to the database and sends to Slack, even for a time in the future. To see upcoming
    notifications without any change, use `lastcall plan`.
    """
    within_reach("--now", now)
    at = now.astimezone(UTC)
    if at > datetime.now(UTC) + AHEAD:
        stderr.print(
            f"[yellow]{words.moment(at)} is in the future[/]: everything due until then is recorded and sent now. This "
            "cannot be undone. `lastcall plan` shows it without sending.",
            soft_wrap=True,
        )

    async def main(app: App) -> engine_tick.Ticked:
        async with open_engine(app, show=show_message, page=app.settings.public_url) as engine:
            return await engine_tick.tick(engine, now=at)

    ticked = run(main)
    failures = {verb: str(error) for verb, error in ticked.failures.items()}
    if as_json:
        emit({"now": at, "results": ticked.results, "failures": failures})
    else:
        said = {verb: in_words(result) for verb, result in ticked.results.items()}
        for verb, sentence in (said | {verb: f"failed: {error}" for verb, error in failures.items()}).items():
            console.print(f"[bold]{verb:<10}[/] {escape(sentence)}", soft_wrap=True)
    match ticked.results.get("deliver"):
        case DeliveryReport(stopped=deliver.NO_TOKEN.kind):
            fail("nothing was delivered: messages of this database go to Slack", deliver.NO_TOKEN.remedy, Exit.BAD_NEWS)
    if failures:
        raise SystemExit(int(Exit.BAD_NEWS))


def in_words(result: object) -> str:
    """The result of a verb, as a clause without a subject."""
    match result:
        case Reconciled():
            said = _reconciled(result)
        case Escalated(looked_at, changed, notified):
            said = (
                f"evaluated {looked_at:,}, {plural(changed, 'campaign')} opened or changed, "
                f"{plural(notified, 'notification')} written"
            )
        case Refreshed(answers, errors):
            said = _refreshed(answers, errors)
        case Reported(queued, silent):
            said = f"{plural(len(queued), 'digest')} queued, {len(silent):,} with nothing to report"
        case DeliveryReport():
            said = _delivered(result)
        case list():
            said = ", ".join(f"{one.source}: {one.outcome}" for one in result) or "no source is due"
        case CleanedUp():
            said = _cleaned_up(result)
        case _:
            raise TypeError(f"no words for {type(result).__name__}")
    return said


def _reconciled(result: Reconciled) -> str:
    if result.deprecations is None:
        return "skipped: a newer catalog is in force"
    return (
        f"{plural(result.deprecations, 'deprecation')} changed, {plural(result.series, 'series', 'series')} resolved "
        f"again, {plural(result.days, 'day')} of use recalculated"
    )


def _cleaned_up(result: CleanedUp) -> str:
    closed = [f"closed {month:%B %Y}" for month in result.closed]
    deleted = [f"deleted {rows:,} {kind}" for kind, rows in result.deleted.items()]
    return ", ".join(closed + deleted) or "nothing to delete"


def _refreshed(answers: Mapping[str, int], errors: Mapping[str, str]) -> str:
    said = [f"{directory}: {plural(count, 'answer')}" for directory, count in answers.items()]
    said += [f"{directory}: none ({reason})" for directory, reason in errors.items()]
    return ", ".join(said) or "no directory is due"


def _delivered(report: DeliveryReport) -> str:
    parts = [f"{plural(report.delivered, 'message')} delivered"]
    others = (
        ("to be retried", report.retry),
        ("failed", report.failed),
        ("sent without an answer", report.unknown),
    )
    parts += [f"{number:,} {what}" for what, number in others if number]
    if report.stopped is not None:
        parts.append(f"ended early: {report.stopped}")
    return ", ".join(parts)
