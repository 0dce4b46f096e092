"""`lastcall who`, `service`, `due`: the questions of whoever is on call."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Annotated, Any, NoReturn

import typer
from pydantic import BaseModel
from rich.markup import escape

from service.adapters.queries.exposures import ExposureAnswer
from service.adapters.queries.listing import ExposureFilter
from service.adapters.queries.paging import Page
from service.adapters.queries.services import ServiceAnswer, read_service_names
from service.app import App
from service.engine import ask
from service.engine.reconcile import catch_up
from service.entrypoints.cli.output import Exit, Json, console, emit, fail
from service.entrypoints.cli.session import run
from service.entrypoints.cli.show import show_calls, show_exposures, show_unknown

CLOSE = 0.8
"""How alike a name must be to be offered instead of another, from 0 to 1."""
WITHIN_UNITS = {"d": 1, "w": 7}
LIMIT = 50


def who(
    model: Annotated[str, typer.Argument(help="Model id, in any spelling that occurs in logs.")],
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of entries of each kind.")] = LIMIT,
    as_json: Json = False,
) -> None:
    """List the services that call a model. The id may have any spelling that occurs in logs."""
    now = _now()

    async def answer(app: App) -> ask.Callers:
        await catch_up(app.database, app.world, now=now)
        found = await ask.who(app.database, await app.look(now=now), model, now=now, limit=limit)
        if found is None:
            _no_such_model(app, model, await ask.called_models(app.database, app.world, now=now))
        return found

    found = run(answer, logs=False)
    if as_json:
        uses = (*found.uses, *found.others.some)
        answers = {"exposures": found.exposures.items, "uses": uses, "unknown_ids": found.unknown_ids}
        totals = {"exposures_total": found.exposures.total, "other_uses_total": found.others.total}
        emit({"asked": model} | totals | {name: _plain(some) for name, some in answers.items()})
    else:
        _show_who(model, found, limit)
    if found.is_unknown:
        raise typer.Exit(Exit.BAD_NEWS)


def service(name: Annotated[str, typer.Argument(help="Service name, as in the logs.")], as_json: Json = False) -> None:
    """List the models that a service calls, and their deprecations."""
    now = _now()

    async def ask_of(app: App) -> ServiceAnswer:
        await catch_up(app.database, app.world, now=now)
        answer = await ask.service(app.database, await app.look(now=now), name, now=now)
        if answer is None:
            async with app.database.connect() as connection:
                names = await read_service_names(connection)
            _not_found(f"no log has named a service {name}", name, names)
        return answer

    answer = run(ask_of, logs=False)
    if as_json:
        emit(answer.model_dump(mode="json"))
        return
    console.print(
        f"[bold]{escape(answer.service)}[/], owned by {escape(answer.team or f'nobody: {answer.rule}')}", soft_wrap=True
    )
    if not answer.models:
        console.print("No call to a known model on a known platform in 28 days.")
    show_calls(answer.exposures, answer.models, of_one_service=True)
    show_unknown(answer.unknown_ids, of_one_service=True)


def due(
    within: Annotated[str, typer.Option(help="Time span: days (30d) or weeks (6w).")] = "30d",
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of entries, nearest shutdown first.")] = LIMIT,
    as_json: Json = False,
) -> None:
    """List the services that break within a time span if nobody acts. Calls to models past their shutdown are always
    listed."""
    found = re.fullmatch(r"(\d{1,4})([dw])", within.strip().lower())
    if found is None:
        fail(f"--within {within} is no span", "days or weeks: 30d, 6w")
    wanted = ExposureFilter(calling=True, within_days=int(found[1]) * WITHIN_UNITS[found[2]])
    now = _now()

    async def nearest(app: App) -> Page[ExposureAnswer]:
        await catch_up(app.database, app.world, now=now)
        return await ask.exposures(app.database, await app.look(now=now), wanted, now=now, limit=limit)

    page = run(nearest, logs=False)
    if as_json:
        emit(page.model_dump(mode="json"))
        return
    if not page.items:
        console.print(f"No service calls a model that goes within {escape(within)}.")
        return
    show_exposures(page.items)
    _show_rest("The nearest", len(page.items), page.total)


def _no_such_model(app: App, text: str, called: Sequence[str]) -> NoReturn:
    names = {name for record in app.world.catalog for name in (record.model, record.id, *record.aliases)}
    message = f"lastcall knows no model {text}, and no log has named it in 28 days"
    _not_found(message, text, names, part_of=_with_part(text, called))


def _with_part(text: str, names: Iterable[str]) -> list[str]:
    """Those that begin with it first, then those that contain it."""
    part = text.casefold()
    found = [name for name in names if part in name.casefold()]
    return sorted(found, key=lambda name: not name.casefold().startswith(part))


def _not_found(message: str, name: str, names: Iterable[str], *, part_of: Sequence[str] = ()) -> NoReturn:
    close = part_of[:3] or get_close_matches(name, sorted(names), n=3, cutoff=CLOSE)
    remedy = f"did you mean {' or '.join(close)}?" if close else "`lastcall due --within 365d` lists what is called"
    fail(message, remedy)


def _now() -> datetime:
    return datetime.now(UTC)


def _plain(answers: Sequence[BaseModel]) -> list[dict[str, Any]]:
    return [answer.model_dump(mode="json") for answer in answers]


def _show_who(asked: str, found: ask.Callers, limit: int) -> None:
    if found.is_unknown:
        console.print(
            f"[yellow]lastcall does not know {escape(asked)}[/]: it may be going away, and nobody could tell."
        )
    elif not found.exposures.items and not found.others.some and not found.unknown_ids:
        console.print(f"No service has called {escape(asked)} in 28 days.", soft_wrap=True)
    show_unknown(found.unknown_ids)
    show_calls(found.exposures.items, found.others.some)
    _show_rest("The first", len(found.exposures.items), found.exposures.total)
    _show_rest("The first", len(found.others.some), found.others.total, of=" other uses")


def _show_rest(which: str, shown: int, total: int | None, *, of: str = "") -> None:
    if total is not None and shown < total:
        console.print(f"{which} {shown:,} of {total:,}{of}; --limit {total} shows all.")
