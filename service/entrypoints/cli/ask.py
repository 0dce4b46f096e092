"""`lastcall who`, `service`, `due`: the questions of whoever is on call."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Annotated, Any, NoReturn

import typer
from pydantic import BaseModel
from rich.markup import escape

from service.adapters.queries import (
    ExposureAnswer,
    ExposureFilter,
    ModelUse,
    ServiceAnswer,
    UnknownId,
    read_exposures,
    read_service,
    read_service_names,
    read_unknown_ids,
    read_uses,
    read_uses_spelled,
)
from service.app import App
from service.core.catalog.lookup import records_of
from service.core.exposure import ExposureKey
from service.core.identity import Model
from service.engine.ownership import load_owners
from service.engine.reconcile import catch_up
from service.entrypoints.cli.output import Exit, Json, console, emit, fail
from service.entrypoints.cli.session import run
from service.entrypoints.cli.show import show_calls, show_exposures, show_unknown

CLOSE = 0.8
"""How alike a name must be to be offered instead of another, from 0 to 1."""
WITHIN_UNITS = {"d": 1, "w": 7}


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of those who call a model."""

    exposures: Sequence[ExposureAnswer]
    uses: Sequence[ModelUse]
    unknown_ids: Sequence[UnknownId]
    """Ids of which nobody can say which model it is, and known models of which nobody can say where they are called."""

    @property
    def is_unknown(self) -> bool:
        return any(each.model is None for each in self.unknown_ids)


def who(
    model: Annotated[str, typer.Argument(help="In any spelling that a log may have.")], as_json: Json = False
) -> None:
    """List the services that call a model, in any spelling."""
    now = _now()

    async def ask(app: App) -> Found:
        await catch_up(app.database, now=now)
        models = models_meant(app, model)
        async with app.database.connect() as connection:
            unknown = await read_unknown_ids(
                connection, now=now, spelled=model, models=models, unplaced=True if models else None
            )
            behind = set() if models else await read_uses_spelled(connection, model)
            if not models and not unknown and not behind:
                _no_such_model(app, model, await read_uses(connection, app.world.catalog, now=now))
            owners = await load_owners(connection, app.world.company, now=now)
            named = models or {key.model for key in behind}
            every = await read_exposures(connection, app.world, owners.owner_of, now=now, models=named)
            uses = await read_uses(connection, app.world.catalog, now=now, models=named)
        return Found(
            [each for each in every if each.model in models or _key(each) in behind],
            [each for each in uses if each.model in models or _key(each) in behind],
            unknown,
        )

    found = run(ask)
    if as_json:
        answers = {"exposures": found.exposures, "uses": found.uses, "unknown_ids": found.unknown_ids}
        emit({"asked": model} | {name: _plain(some) for name, some in answers.items()})
    else:
        _show_who(model, found)
    if found.is_unknown:
        raise typer.Exit(Exit.BAD_NEWS)


def _key(each: ExposureAnswer | ModelUse) -> ExposureKey:
    return ExposureKey(each.service, each.environment, each.platform, each.model)


def service(name: Annotated[str, typer.Argument(help="As the logs spell it.")], as_json: Json = False) -> None:
    """List the models that a service calls, and what happens to each."""
    now = _now()

    async def ask(app: App) -> ServiceAnswer:
        await catch_up(app.database, now=now)
        async with app.database.connect() as connection:
            owners = await load_owners(connection, app.world.company, now=now)
            own = await read_exposures(connection, app.world, owners.owner_of, now=now, service=name)
            answer = await read_service(connection, name, app.world.catalog, owners.owner_of, own, now=now)
            if answer is None:
                _not_found(f"no log has named a service {name}", name, await read_service_names(connection))
        return answer

    answer = run(ask)
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
    within: Annotated[str, typer.Option(help="How far ahead: days (30d) or weeks (6w).")] = "30d", as_json: Json = False
) -> None:
    """List what breaks, and for whom, if nobody acts. What is past its day and still called is always shown."""
    found = re.fullmatch(r"(\d{1,4})([dw])", within.strip().lower())
    if found is None:
        fail(f"--within {within} is no span", "days or weeks: 30d, 6w")
    wanted = ExposureFilter(calling=True, within_days=int(found[1]) * WITHIN_UNITS[found[2]])
    now = _now()

    async def ask(app: App) -> list[ExposureAnswer]:
        await catch_up(app.database, now=now)
        async with app.database.connect() as connection:
            owners = await load_owners(connection, app.world.company, now=now)
            every = await read_exposures(connection, app.world, owners.owner_of, now=now)
        return [exposure for exposure in every if wanted.admits(exposure)]

    exposures = run(ask)
    if as_json:
        emit(_plain(exposures))
    elif exposures:
        show_exposures(exposures)
    else:
        console.print(f"No service calls a model that goes within {escape(within)}.")


def models_meant(app: App, text: str) -> set[str]:
    """Canonical models that `text` names in any spelling; those of the catalog on each of its platforms."""
    models = {record.model for record in records_of(app.world.catalog, app.world.resolver, text)}
    answer = app.world.resolver.resolve(text)
    return models | {answer.model} if isinstance(answer, Model) else models


def _no_such_model(app: App, text: str, uses: Sequence[ModelUse]) -> NoReturn:
    """`uses`: of all models, most calls first."""
    names = {name for record in app.world.catalog for name in (record.model, record.id, *record.aliases)}
    called = dict.fromkeys(use.deprecation.id if use.deprecation else use.model for use in uses)
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


def _show_who(asked: str, found: Found) -> None:
    if found.is_unknown:
        console.print(
            f"[yellow]lastcall does not know {escape(asked)}[/]: it may be going away, and nobody could tell."
        )
    elif not found.exposures and not found.uses and not found.unknown_ids:
        console.print(f"No service has called {escape(asked)} in 28 days.", soft_wrap=True)
    show_unknown(found.unknown_ids)
    show_calls(found.exposures, found.uses)
