"""The demo's output: each message as lastcall recorded it, and a summary at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from service.adapters.queries.exposures import ExposureAnswer
from service.adapters.queries.notifications import NotificationAnswer, SentMessage
from service.core import words
from service.core.wording.to_text import thread_to_text
from service.entrypoints import phrases

NAMED = 3
"""Maximum number of names on a line; the rest is counted."""
PROGRESS_DAYS = 14


class Timeline:
    """Prints events to the console. The first message is printed in full, as the recipient sees it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = False
        self._off: set[str] = set()
        """Services that stopped calling: a notice about one of them is about a relapse."""

    def told(self, messages: Sequence[SentMessage]) -> None:
        """Prints the messages of one tick: one line per kind of news, with all recipients."""
        heard: dict[str, list[str]] = {}
        for message in messages:
            for line in self._lines(message):
                heard.setdefault(line, []).append(words.address(message.destination))
        for line, destinations in heard.items():
            day = f"{messages[0].rendered_at:%a %d %b}"
            self._console.print(f"[bold]{day}[/]  {line} [cyan]-> {escape(_some(destinations))}[/]", soft_wrap=True)
        if messages and not self._begun:
            self._begun = True
            body = thread_to_text(messages[0].blocks, messages[0].replies)
            self._console.print(Panel(escape(body), title="the first message, as it reads", border_style="cyan"))

    def _lines(self, message: SentMessage) -> list[str]:
        """One line per kind of news: the services, and the cause."""
        services: dict[tuple[str, str, str], list[str]] = {}
        for told in message.notifications:
            service = told.service or ""
            kind = "relapse" if told.kind == "notice" and service in self._off else told.kind
            if kind == "migrated":
                self._off.add(service)
            step = phrases.step(told.step, told.repeat_days) if told.step else ""
            services.setdefault((kind, step, told.model_id or ""), []).append(service)
        return [_line(*news, sorted(named)) for news, named in services.items()]

    def day_is_over(self, day: date, records: int) -> None:
        if day.toordinal() % PROGRESS_DAYS == 0:
            self._console.print(f"[dim]{day:%a %d %b}  {records:,} records read[/]")


def _line(kind: str, step: str, model: str, services: Sequence[str]) -> str:
    names, model = f"[bold]{escape(_some(services))}[/]", escape(model)
    match kind:
        case "notice":
            return f"{names} still on [yellow]{model}[/] [dim]({escape(step)})[/]"
        case "relapse":
            return f"{names} [red]back[/] on [yellow]{model}[/] [dim]({escape(step)})[/]"
        case "migrated":
            return f"[green]{names} off {model}[/]"
        case "digest":
            return "[dim]weekly digest[/]"
        case _:
            return f"{escape(kind)} {names}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


@dataclass(frozen=True, slots=True)
class Account:
    """Result of the demo for one model, from the database."""

    id: str
    """The model's name in requests."""
    shutdown: date
    migrated: tuple[ExposureAnswer, ...]
    """Notified, quiet before the shutdown, and counted as migrated."""
    silent: tuple[ExposureAnswer, ...]
    """Notified, without calls since before the shutdown, but not yet counted as migrated."""
    failing: tuple[ExposureAnswer, ...]
    """Called at or after the shutdown."""
    notices: tuple[NotificationAnswer, ...]
    """Delivered notices about the model."""

    @property
    def in_time(self) -> tuple[ExposureAnswer, ...]:
        return tuple(sorted((*self.migrated, *self.silent), key=lambda e: e.last_at))


def account(
    exposures: Sequence[ExposureAnswer], notifications: Sequence[NotificationAnswer], id_: str, shutdown: date
) -> Account:
    midnight = datetime.combine(shutdown, time(), UTC)
    of_model = [e for e in exposures if e.id == id_]
    in_time = [e for e in of_model if e.last_at < midnight and e.told is not None]
    return Account(
        id=id_,
        shutdown=shutdown,
        migrated=tuple(e for e in in_time if e.state == "quiet"),
        silent=tuple(e for e in in_time if e.state != "quiet"),
        failing=tuple(e for e in of_model if e.last_at >= midnight),
        notices=tuple(n for n in notifications if (n.kind, n.state, n.model_id) == ("notice", "delivered", id_)),
    )


def show_account(console: Console, told: Account) -> None:
    table = Table(title=f"What {told.shutdown:%A %d %B %Y} found", title_justify="left", box=None)
    table.add_column("service", no_wrap=True)
    table.add_column("team", no_wrap=True)
    table.add_column("last call", no_wrap=True)
    table.add_column("without lastcall", justify="right", no_wrap=True)
    table.add_column("with lastcall")
    for exposure in told.in_time:
        if exposure in told.silent:
            table.add_row(*_row(exposure, _at_a_time(exposure)), "fell silent")
        else:
            table.add_row(*_row(exposure, _a_day(exposure)), "[green]migrated in time[/]")
    for exposure in told.failing:
        errors = sum(day.errors for day in exposure.by_day if day.day >= told.shutdown)
        table.add_row(*_row(exposure, _a_day(exposure)), f"[red]{errors} calls failed[/]")
    console.print()
    console.print(table)
    console.print(f"\n{_summary(told)}")


def _summary(told: Account) -> str:
    saved = sum(_calls_a_day(exposure) for exposure in told.in_time)
    failing = {exposure.service for exposure in told.failing}
    heard = sorted({words.address(n.destination) for n in told.notices if n.service in failing})
    return (
        f"{len(told.in_time) + len(told.failing)} services called {escape(told.id)}. "
        f"[bold]{len(told.migrated)} migrated[/] before the day and {len(told.silent)} fell silent, not yet taken as "
        f"migrated: [bold]some {saved:,.0f} calls a day[/] that would have failed from that day on without lastcall. "
        f"On the day {len(told.failing)} still called it, and those calls failed"
        f"{f', as {words.listed(map(escape, heard))} had been told' if heard else ''}. "
        f"{len({n.message_id for n in told.notices})} messages reached {len({n.destination for n in told.notices})} "
        "people and channels."
    )


def _calls_a_day(exposure: ExposureAnswer) -> float:
    """Average from the first call to the last."""
    return exposure.calls_total / max(1, (exposure.last_at.date() - exposure.first_at.date()).days + 1)


def _a_day(exposure: ExposureAnswer) -> str:
    return f"{_calls_a_day(exposure):,.0f} a day fail"


def _at_a_time(exposure: ExposureAnswer) -> str:
    """Size of the latest run, for a service that calls too rarely to count as migrated: an average per day would say
    little."""
    latest = next((day.calls for day in reversed(exposure.by_day) if day.calls), None)
    return _a_day(exposure) if latest is None else f"{latest:,} at a time fail"


def _row(exposure: ExposureAnswer, fails: str) -> tuple[str, str, str, str]:
    team = escape(exposure.team or "(unowned)")
    return escape(exposure.service), team, f"{exposure.last_at:%d %b}", fails
