"""`lastcall checklist`: show the checklist of one migration, or tick its items."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape

from service.adapters.queries.acts import ExposureChecklist
from service.app import App
from service.core import words
from service.core.checklist import ItemId, parse_item
from service.engine.check import check
from service.engine.moving import checklist as of_use
from service.entrypoints.cli.acting import By, Environment, ModelName, Platform, Service, author_of, the_one
from service.entrypoints.cli.output import Json, console, emit, fail
from service.entrypoints.cli.session import run
from service.entrypoints.cli.tables import Column, show_table


def checklist(
    service: Service,
    model: ModelName = None,
    *,
    tick: Annotated[list[str] | None, typer.Option(metavar="ITEM", help="Mark this item as done. Repeatable.")] = None,
    untick: Annotated[
        list[str] | None, typer.Option(metavar="ITEM", help="Mark this item as not done. Repeatable.")
    ] = None,
    by: By = None,
    environment: Environment = None,
    platform: Platform = None,
    as_json: Json = False,
) -> None:
    """Show the checklist of a migration, or tick its items. The items are model, prompts, latency, cost and users."""
    done, undone = _items("--tick", tick), _items("--untick", untick)
    if both := sorted({*done} & {*undone}):
        fail(f"{words.listed(both)} cannot be in both --tick and --untick", "name each item in one of them")
    author = author_of(by) if done or undone else None
    now = datetime.now(UTC)

    async def work(app: App) -> ExposureChecklist:
        key = await the_one(app, service, model, environment=environment, platform=platform, now=now)
        if author is not None:
            await check(app.database, key, done=done, undone=undone, author=author, now=now)
        return await of_use(app.database, app.world, key, now=now)

    answer = run(work)
    if as_json:
        emit(answer.model_dump(mode="json"))
    else:
        _show(answer, now)


def _items(option: str, names: list[str] | None) -> list[ItemId]:
    try:
        return [parse_item(name) for name in names or ()]
    except ValueError as error:
        fail(f"{option}: {error}", "`lastcall checklist SERVICE` lists the items")


def _show(answer: ExposureChecklist, now: datetime) -> None:
    where = f" in {answer.environment}" if answer.environment else ""
    named = f"{answer.service}{where}, {answer.model} on {words.platform_name(answer.platform)}"
    progress = f"{answer.checklist.done} of {answer.checklist.total} done"
    console.print(f"[bold]{escape(named)}[/]: {progress}", soft_wrap=True)
    rows = [
        (each.id, each.words, f"{each.author}, {words.ago(each.at, now)}" if each.author and each.at else "open")
        for each in answer.checklist.items
    ]
    show_table((Column("item"), Column("what", wraps=True), Column("done", wraps=True)), rows)
    for sentence in answer.known.values():
        console.print(escape(sentence), soft_wrap=True)
