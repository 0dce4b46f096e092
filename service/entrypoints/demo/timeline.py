"""What the demo shows: each message as lastcall recorded it, and at the end what would have been missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from service.adapters.queries import ExposureAnswer, NotificationAnswer, SentMessage
from service.core import words
from service.core.messages.preview import thread_to_text
from service.entrypoints import phrases

NAMED = 3
"""Names on a line of the timeline before it says how many more."""
PROGRESS_DAYS = 14


class Timeline:
    """Prints to the console as the story goes on. The first message is shown whole, as its reader would see it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = False
        self._off: set[str] = set()
        """Services that have stopped calling: a notice about one of them is about a relapse."""

    def told(self, messages: Sequence[SentMessage]) -> None:
        """What one tick delivered, a line a piece of news, with all who heard it."""
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
        """One a kind of news: whom it concerns, and why now."""
        services: dict[tuple[str, str, str], list[str]] = {}
        for told in message.notifications:
            service = told.service or ""
            kind = "relapse" if told.kind == "notice" and service in self._off else told.kind
            if kind == "closed":
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
        case "closed":
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
    """What the database says at the end, about one model."""

    id: str
    """The model, as people call it."""
    shutdown: date
    in_time: tuple[ExposureAnswer, ...]
    """Told, and quiet before the shutdown."""
    failing: tuple[ExposureAnswer, ...]
    """Calls failed after the shutdown."""
    notices: tuple[NotificationAnswer, ...]
    """Delivered, about the model."""

    @property
    def calls_saved(self) -> float:
        """Calls a day that the services in time made until they moved."""
        return sum(e.calls_total / max(1, (e.last_at - e.first_at).days + 1) for e in self.in_time)


def account(
    exposures: Sequence[ExposureAnswer], notifications: Sequence[NotificationAnswer], id_: str, shutdown: date
) -> Account:
    midnight = datetime.combine(shutdown, time(), UTC)
    of_model = [e for e in exposures if e.id == id_]
    return Account(
        id=id_,
        shutdown=shutdown,
        in_time=tuple(e for e in of_model if e.last_at < midnight and e.told is not None),
        failing=tuple(e for e in of_model if e.last_at >= midnight),
        notices=tuple(n for n in notifications if (n.kind, n.state, n.model_id) == ("notice", "delivered", id_)),
    )


def show_account(console: Console, told: Account) -> None:
    table = Table(title=f"Without lastcall, on {told.shutdown:%A %d %B %Y}", title_justify="left", box=None)
    table.add_column("service")
    table.add_column("team")
    table.add_column("calls", justify="right")
    table.add_column("last call")
    table.add_column("what happened")
    for exposure in sorted(told.in_time, key=lambda e: e.last_at):
        table.add_row(*_row(exposure), "[green]moved in time[/]")
    for exposure in told.failing:
        errors = sum(day.errors for day in exposure.by_day if day.day >= told.shutdown)
        heard = {words.address(n.destination) for n in told.notices if n.service == exposure.service}
        table.add_row(*_row(exposure), f"[red]{errors} calls failed[/], as {escape(', '.join(sorted(heard)))} was told")
    console.print()
    console.print(table)
    console.print(
        f"\n{len(told.in_time) + len(told.failing)} services called {told.id}; "
        f"[bold]{len(told.in_time)}[/] moved before the day, some {told.calls_saved:,.0f} calls a day that would have "
        "failed. "
        f"{len({n.message_id for n in told.notices})} messages reached {len({n.destination for n in told.notices})} "
        "people and channels."
    )


def _row(exposure: ExposureAnswer) -> tuple[str, str, str, str]:
    team = escape(exposure.team or "(unowned)")
    return escape(exposure.service), team, f"{exposure.calls_total:,}", f"{exposure.last_at:%d %b}"
