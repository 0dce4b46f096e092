"""`lastcall who`, `service`, `due`: the questions of whoever is on call."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Annotated, Any, NoReturn

import typer
from rich.markup import escape
from rich.table import Table

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
)
from service.app import App
from service.core import words
from service.core.catalog.lookup import records_of
from service.core.identity import Model
from service.engine.reconcile import catch_up
from service.entrypoints import phrases
from service.entrypoints.cli.output import Exit, console, emit, fail
from service.entrypoints.cli.session import run

Json = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]
MAX_UNKNOWN = 1000
WITHIN_UNITS = {"d": 1, "w": 7}


def who(
    model: Annotated[str, typer.Argument(help="In any spelling that a log may have.")], as_json: Json = False
) -> None:
    """Which services call a model, in any spelling, on any platform."""
    now = _now()

    async def ask(app: App) -> tuple[list[ExposureAnswer], list[ModelUse], list[UnknownId]]:
        await catch_up(app.database, now=now)
        models = models_meant(app, model)
        async with app.database.connect() as connection:
            if not models:
                unknown = await read_unknown_ids(connection, now=now, limit=MAX_UNKNOWN)
                same = [each for each in unknown if each.requested_id == model]
                if not same:
                    _no_such_model(app, model)
                return [], [], same
            every = await read_exposures(connection, app.catalog, app.company.owner_of, topics=app.topics, now=now)
            uses = await read_uses(connection, app.catalog, now=now, models=models)
        return [exposure for exposure in every if exposure.model in models], uses, []

    exposures, uses, unknown = run(ask)
    if as_json:
        emit({"asked": model, "exposures": _plain(exposures), "uses": _plain(uses), "unknown_ids": _plain(unknown)})
    else:
        _print_who(model, exposures, uses, unknown)
    if unknown:
        raise typer.Exit(Exit.BAD_NEWS)


def service(name: Annotated[str, typer.Argument(help="As the logs spell it.")], as_json: Json = False) -> None:
    """Every model that a service calls, and what becomes of it."""
    now = _now()

    async def ask(app: App) -> ServiceAnswer:
        await catch_up(app.database, now=now)
        async with app.database.connect() as connection:
            every = await read_exposures(connection, app.catalog, app.company.owner_of, topics=app.topics, now=now)
            own = [exposure for exposure in every if exposure.service == name]
            answer = await read_service(connection, name, app.catalog, app.company.owner_of, own, now=now)
            if answer is None:
                _not_found(f"no log has named a service {name}", name, await read_service_names(connection))
        return answer

    answer = run(ask)
    if as_json:
        emit(answer.model_dump(mode="json"))
        return
    console.print(f"[bold]{escape(answer.service)}[/], owned by {escape(answer.team or 'nobody')}")
    if not answer.models:
        console.print("No call to a known model in 28 days.")
    _print_calls(answer.exposures, answer.models)
    _print_unknown(answer.unknown_ids)


def due(
    within: Annotated[str, typer.Option(help="How far ahead: days (30d) or weeks (6w).")] = "30d", as_json: Json = False
) -> None:
    """What breaks, and for whom, if nobody does anything. What is past its day and still called is always shown."""
    found = re.fullmatch(r"(\d{1,4})([dw])", within.strip().lower())
    if found is None:
        fail(f"--within {within} is no span", "days or weeks: 30d, 6w")
    wanted = ExposureFilter(calling=True, within_days=int(found[1]) * WITHIN_UNITS[found[2]])
    now = _now()

    async def ask(app: App) -> list[ExposureAnswer]:
        await catch_up(app.database, now=now)
        async with app.database.connect() as connection:
            every = await read_exposures(connection, app.catalog, app.company.owner_of, topics=app.topics, now=now)
        return [exposure for exposure in every if wanted.admits(exposure)]

    exposures = run(ask)
    if as_json:
        emit(_plain(exposures))
    elif exposures:
        _print_exposures(exposures)
    else:
        console.print(f"No service calls a model that goes within {escape(within)}.")


def models_meant(app: App, text: str) -> set[str]:
    """Canonical models that `text` names in any spelling; those of the catalog on each of its platforms."""
    models = {record.model for record in records_of(app.catalog, app.resolver, text)}
    answer = app.resolver.resolve(text)
    return models | {answer.model} if isinstance(answer, Model) else models


def _no_such_model(app: App, text: str) -> NoReturn:
    names = {name for record in app.catalog for name in (record.model, record.id, *record.aliases)}
    _not_found(f"lastcall knows no model {text}, and no log has named it in 28 days", text, names)


def _not_found(message: str, name: str, names: Iterable[str]) -> NoReturn:
    close = get_close_matches(name, sorted(names), n=3, cutoff=0.5)
    remedy = f"did you mean {' or '.join(close)}?" if close else "`lastcall due --within 365d` lists what is called"
    fail(message, remedy, Exit.BAD_NEWS)


def _now() -> datetime:
    return datetime.now(UTC)


def _plain(answers: Sequence[ExposureAnswer | ModelUse | UnknownId]) -> list[dict[str, Any]]:
    return [answer.model_dump(mode="json") for answer in answers]


def _print_who(
    asked: str, exposures: Sequence[ExposureAnswer], uses: Sequence[ModelUse], unknown: Sequence[UnknownId]
) -> None:
    if unknown:
        console.print(
            f"[yellow]lastcall does not know {escape(asked)}[/]: it may be going away, and nobody could tell."
        )
        _print_unknown(unknown)
        return
    if not exposures and not uses:
        console.print(f"No service has called {escape(asked)} in 28 days.")
    _print_calls(exposures, uses)


def _print_calls(exposures: Sequence[ExposureAnswer], uses: Sequence[ModelUse]) -> None:
    """What is going away first, with what is done about it; then what is not."""
    if exposures:
        _print_exposures(exposures)
    going = {(each.service, each.environment, each.platform, each.model) for each in exposures}
    rest = [use for use in uses if (use.service, use.environment, use.platform, use.model) not in going]
    if rest:
        _print_uses(rest)


def _print_exposures(exposures: Sequence[ExposureAnswer]) -> None:
    table = _table("goes", "left", "model", "platform", "service", "environment", "team", "calls 7d", "state", "told")
    for each in exposures:
        told = (
            f"{words.address(each.told.destination)} {phrases.told(each.told, _now())}" if each.told else "nobody yet"
        )
        table.add_row(
            phrases.when(each),
            phrases.days_left(each),
            *map(escape, (each.id, each.platform, each.service, each.environment, each.team or "unowned")),
            words.short_number(each.calls_7d),
            phrases.state(each),
            escape(told),
        )
    console.print(table)


def _print_uses(uses: Sequence[ModelUse]) -> None:
    table = _table("service", "environment", "model", "platform", "calls 7d", "calls 28d", "goes", "written down by")
    for use in uses:
        goes = f"{phrases.when(use.deprecation)}, {phrases.days_left(use.deprecation)}" if use.deprecation else ""
        model = use.deprecation.id if use.deprecation else use.model
        table.add_row(
            *map(escape, (use.service, use.environment, model, use.platform)),
            words.short_number(use.calls_7d),
            words.short_number(use.calls_28d),
            goes,
            escape(", ".join(use.reporters)),
        )
    console.print(table)


def _print_unknown(ids: Sequence[UnknownId]) -> None:
    if not ids:
        return
    table = _table("unknown id", "provider", "services", "calls 28d")
    for each in ids:
        services = ", ".join(each.services) + (" ..." if each.service_count > len(each.services) else "")
        cells = (each.requested_id or "(none in the log)", each.platform or each.provider or "", services)
        table.add_row(*map(escape, cells), words.short_number(each.calls_28d))
    console.print(table)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column.startswith("calls") else "left")
    return table
