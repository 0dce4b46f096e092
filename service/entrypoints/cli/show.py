"""What the questions of whoever is on call are answered with, as tables."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.markup import escape
from rich.panel import Panel

from service.adapters.queries.exposures import ExposureAnswer
from service.adapters.queries.unknown import UnknownId
from service.adapters.queries.uses import ModelUse
from service.core import words
from service.core.messages.message import Message
from service.core.wording.to_text import thread_to_text
from service.entrypoints import phrases
from service.entrypoints.cli.output import console
from service.entrypoints.cli.tables import Column, show_table

_MODEL = (Column("model"), Column("platform"))
_CALLER = (Column("service"), Column("environment"))
_GOES = Column("goes", wraps=True)


def show_calls(exposures: Sequence[ExposureAnswer], uses: Sequence[ModelUse], *, of_one_service: bool = False) -> None:
    """What is going away first, with what is done about it; then what is not."""
    going = {(each.service, each.environment, each.platform, each.model) for each in exposures}
    rest = [use for use in uses if (use.service, use.environment, use.platform, use.model) not in going]
    if exposures:
        show_exposures(exposures, title="Going away", of_one_service=of_one_service)
    if exposures and rest:
        console.print()
    if rest:
        _show_uses(rest, of_one_service=of_one_service)


def show_exposures(
    exposures: Sequence[ExposureAnswer], *, title: str | None = None, of_one_service: bool = False
) -> None:
    """Of one service whose name and team are known: without their columns."""
    now = datetime.now(UTC)
    caller = _CALLER[1:] if of_one_service else (*_CALLER, Column("team"))
    state, told = (Column(name, wraps=True) for name in ("state", "told"))
    columns = (*_MODEL, *caller, _GOES, Column("calls 7d", right=True), state, told, Column("checklist", right=True))
    rows = []
    for each in exposures:
        who = (each.environment,) if of_one_service else (each.service, each.environment, each.team or "unowned")
        notified = (
            f"{words.address(each.told.destination)} {phrases.told(each.told, now)}" if each.told else "nobody yet"
        )
        when = "; ".join(filter(None, [f"{phrases.when(each)}, {phrases.days_left(each)}", phrases.freeze(each)]))
        calls = words.short_number(each.calls_7d)
        ticked = phrases.progress(each.checklist)
        rows.append((each.id, each.platform, *who, when, calls, phrases.state(each), notified, ticked))
    show_table(columns, rows, title=title)


def _show_uses(uses: Sequence[ModelUse], *, of_one_service: bool) -> None:
    caller = _CALLER[1:] if of_one_service else _CALLER
    calls = (Column("calls 7d", right=True), Column("calls 28d", right=True))
    columns = (*_MODEL, *caller, *calls, _GOES, Column("written down by", wraps=True))
    rows = []
    for use in uses:
        who = (use.environment,) if of_one_service else (use.service, use.environment)
        goes = f"{phrases.when(use.deprecation)}, {phrases.days_left(use.deprecation)}" if use.deprecation else ""
        model = use.deprecation.id if use.deprecation else use.model
        numbers = (words.short_number(use.calls_7d), words.short_number(use.calls_28d))
        rows.append((model, use.platform, *who, *numbers, goes, ", ".join(use.reporters)))
    show_table(columns, rows, title="Other calls of the last 28 days")


def show_unknown(ids: Sequence[UnknownId], *, of_one_service: bool = False) -> None:
    """What identity cannot place, where there is anything."""
    if unplaced := [each for each in ids if each.model is not None]:
        _show_unplaced(unplaced, of_one_service=of_one_service)
    if unknown := [each for each in ids if each.model is None]:
        _show_unknown_ids(unknown, of_one_service=of_one_service)


def _show_unplaced(ids: Sequence[UnknownId], *, of_one_service: bool) -> None:
    services = () if of_one_service else (Column("services", wraps=True),)
    columns = (*_MODEL, Column("the log says"), *services, Column("calls 28d", right=True))
    rows = []
    for each in ids:
        who = () if of_one_service else (_callers(each),)
        says = ", ".join(filter(None, (each.provider, each.host))) or "nothing"
        rows.append((each.model, "unknown", says, *who, words.short_number(each.calls_28d)))
    show_table(columns, rows, title="Known models on an unknown platform")
    console.print(f"  {phrases.PLACE_THEM}", soft_wrap=True)


def _show_unknown_ids(ids: Sequence[UnknownId], *, of_one_service: bool) -> None:
    services = () if of_one_service else (Column("services", wraps=True),)
    columns = (Column("id"), Column("provider"), *services, Column("calls 28d", right=True))
    rows = []
    for each in ids:
        who = () if of_one_service else (_callers(each),)
        id_ = each.requested_id or "(none in the log)"
        rows.append((id_, each.platform or each.provider or "", *who, words.short_number(each.calls_28d)))
    show_table(columns, rows, title="Ids that lastcall does not know")


def _callers(each: UnknownId) -> str:
    return ", ".join(each.services) + (" ..." if each.service_count > len(each.services) else "")


def show_message(destination: str, message: Message) -> None:
    """A message for the terminal, as its reader would see it in Slack."""
    body = thread_to_text(message.blocks, message.replies)
    console.print(
        Panel(escape(body), title=escape(words.address(destination)), title_align="left", border_style="cyan")
    )
