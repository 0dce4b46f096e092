"""`lastcall owners`: the owner of each service, the source of that answer, and candidates for the others."""

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from service.adapters.postgres.directory_store import Named, load_assignments
from service.adapters.queries.services import read_service_names
from service.app import App
from service.config import yaml
from service.core import words
from service.core.candidates import Candidate
from service.core.directory.answer import owner_to_json
from service.core.directory.owners import STALE_AFTER, Ownership
from service.engine.candidates import CandidateBook
from service.engine.world import INSTEAD_OF
from service.entrypoints.cli.output import Exit, console, emit, fail
from service.entrypoints.cli.session import run


@dataclass(frozen=True, slots=True)
class OwnersAnswer:
    service: str
    ownership: Ownership
    candidates: tuple[Candidate, ...]


def owners(
    service: Annotated[str | None, typer.Argument(help="Service name, as in the logs.")] = None,
    unowned: Annotated[bool, typer.Option("--unowned", help="List only services without an owner.")] = False,
    as_yaml: Annotated[
        bool, typer.Option("--as-yaml", help="Print the owners that people named, as rules for lastcall.yaml.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """List the owner of each service, and candidates for services without one.

    Each owner is listed with the rule, person or directory that names it. Exit code 1: the given service has no owner.
    """
    now = datetime.now(UTC)
    if as_yaml:
        _print_rules(run(_unwritten, logs=False))
        return
    answers = run(lambda app: _answers(app, service, now), logs=False)
    if service is not None and not answers:
        fail(f"{service} is not in any log and has no owner", "`lastcall owners` lists the services")
    shown = [one for one in answers if not unowned or one.ownership.source is None]
    if as_json:
        emit([_plain(one) for one in shown])
    else:
        _show(shown, now, alone=service is not None)
    if service is not None and answers[0].ownership.source is None:
        raise typer.Exit(Exit.BAD_NEWS)


async def _unwritten(app: App) -> list[Named]:
    """Owners that people set and that are not in lastcall.yaml yet."""
    world = await app.look(now=datetime.now(UTC))
    async with app.database.connect() as connection:
        missing = world.owners.unwritten()
        return [one for one in await load_assignments(connection) if one.service in missing]


async def _answers(app: App, service: str | None, now: datetime) -> list[OwnersAnswer]:
    """For the services in the logs. A given `service` may also have an owner only."""
    owners = (await app.look(now=now)).owners
    async with app.database.connect() as connection:
        known = await read_service_names(connection)
        names = known if service is None else [service]
        found = await CandidateBook(owners).look(connection, names)
    answers = [OwnersAnswer(name, owners.of(name), found.get(name, ())) for name in names]
    return [one for one in answers if one.service in known or one.ownership.source is not None]


def _plain(answer: OwnersAnswer) -> dict[str, Any]:
    ownership = answer.ownership
    owner = owner_to_json(ownership.owner) if ownership.source else None
    source = {"source": ownership.source, "rule": ownership.owner.rule, "as_of": ownership.as_of}
    return {"service": answer.service, "owner": owner, **source, "candidates": answer.candidates}


def _show(answers: Sequence[OwnersAnswer], now: datetime, *, alone: bool) -> None:
    if not answers:
        console.print("Every service in the logs has an owner.")
    for answer in answers:
        ownership, owner = answer.ownership, answer.ownership.owner
        team = escape(owner.team) if owner.team else "[yellow]nobody[/]"
        console.print(f"[bold]{escape(answer.service)}[/]: {team}", soft_wrap=True)
        console.print(f"  [dim]{escape(owner.rule)}{_age(ownership, now)}[/]", soft_wrap=True)
        if alone:
            _show_addresses(owner_to_json(owner))
        for one in answer.candidates:
            console.print(f"  perhaps [bold]{escape(one.who)}[/]: {escape(one.why)}", soft_wrap=True)


def _show_addresses(owner: dict[str, Any]) -> None:
    for name, value in owner.items():
        if name != "team":
            shown = ", ".join(map(words.address, value)) if isinstance(value, list) else words.address(value or "")
            console.print(f"  {name:<9} {escape(shown)}", soft_wrap=True)


def _age(ownership: Ownership, now: datetime) -> str:
    """Age of a directory's answer. The rule of a stale answer already contains its age."""
    if ownership.as_of is None or ownership.source == "assignment" or now - ownership.as_of > STALE_AFTER:
        return ""
    return f", read {words.plural(int((now - ownership.as_of).total_seconds() // 60), 'minute')} ago"


def _print_rules(named: Sequence[Named]) -> None:
    """Prints YAML only, to be pasted below `owners:`. A comment names the author of each rule."""
    if not named:
        fail(
            "lastcall.yaml already has every owner that people set",
            "`lastcall owners --unowned` lists candidates for the others",
            Exit.BAD_NEWS,
        )
    for one in named:
        rule = {
            "services": [glob.escape(one.service)],
            **{key: value for key, value in one.owner.items() if key not in {"services", INSTEAD_OF}},
        }
        comment = " ".join(f"{one.author}, {one.at:%Y-%m-%d}".split())
        text = yaml.dump([rule])
        console.print(f"# {comment}\n{text}", end="", markup=False, soft_wrap=True)
