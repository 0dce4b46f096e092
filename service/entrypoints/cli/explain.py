"""`lastcall explain`: why a notification was sent, or why nobody was notified of a use."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.padding import Padding

from service.app import App
from service.core.explanation.answer import Explanation
from service.core.naming import Ambiguous, Missing
from service.engine.explain import ids_beginning, why_so, why_told
from service.engine.reconcile import catch_up
from service.entrypoints.cli.acting import Environment, ModelName, Platform
from service.entrypoints.cli.output import Exit, Json, console, emit, fail
from service.entrypoints.cli.session import run

ID = re.compile(r"[0-9a-f]{4}[0-9a-f-]{0,32}", re.IGNORECASE)
"""The beginning of a notification's id: at least four characters."""


def explain(
    what: Annotated[
        str,
        typer.Argument(
            metavar="ID|SERVICE", help="Notification id (at least its first four characters), or service name."
        ),
    ],
    model: ModelName = None,
    *,
    environment: Environment = None,
    platform: Platform = None,
    as_json: Json = False,
) -> None:
    """Explain why a notification was sent, or why nobody was notified.

    With a notification: why this person, and why at that time. With a service: who was notified of its use of a model,
    and why others were not.

    Exit code 1: a person who should be notified is not.
    """
    now = datetime.now(UTC)

    async def ask(app: App) -> Explanation[Any]:
        if model is None and ID.fullmatch(what) and (told := await _of_notification(app, what, now)):
            return told
        await catch_up(app.database, app.world, now=now)
        answer = await why_so(
            app.database,
            await app.look(now=now),
            what,
            model=model,
            environment=environment,
            platform=platform,
            now=now,
        )
        if isinstance(answer, Ambiguous | Missing):
            fail(answer.error, answer.remedy)
        return answer

    answer = run(ask)
    if as_json:
        emit(answer)
    else:
        show_explanation(answer)
    if answer.wrong:
        raise typer.Exit(Exit.BAD_NEWS)


async def _of_notification(app: App, beginning: str, now: datetime) -> Explanation[Any] | None:
    """None: no notification's id begins with `beginning`; it may be the name of a service."""
    ids = await ids_beginning(app.database, beginning)
    if len(ids) > 1:
        fail(
            f"the ids of several notifications begin with {beginning}",
            f"give more characters: {', '.join(map(str, ids))}",
        )
    return await why_told(app.database, ids[0], now=now) if ids else None


def show_explanation(answer: Explanation[Any]) -> None:
    console.print(f"[bold]{escape(answer.about)}[/]", soft_wrap=not console.is_terminal)
    if answer.wrong:
        console.print(f"[bold red]wrong:[/] {escape(answer.wrong.error)}", soft_wrap=not console.is_terminal)
        console.print(f"  {escape(answer.wrong.remedy)}", soft_wrap=not console.is_terminal)
    for point in answer.points:
        console.print(f"\n[bold]{escape(point.label)}[/]")
        for sentence in point.sentences:
            if console.is_terminal:
                console.print(Padding(escape(sentence), (0, 0, 0, 2)))
            else:
                console.print(f"  {escape(sentence)}", soft_wrap=True)
