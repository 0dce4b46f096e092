"""`lastcall catalog`: ask sources, decide on proposals, export the catalog in force."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from service.adapters.queries.catalog import proposal_answer, source_answers
from service.adapters.sources.files import write_bundle
from service.adapters.sources.model_eol import write_model_eol
from service.app import App
from service.core.catalog.lifecycle import Shutdown
from service.core.catalog.proposal import Proposal, Verdict
from service.core.escalation.act import Refused
from service.core.naming import Missing
from service.core.wording.end import day_of_end
from service.core.words import day, plural
from service.engine.propose import decide
from service.engine.source_clients import open_sources
from service.engine.sync import Synced, preview, sync_now
from service.entrypoints.cli.acting import By, author_of
from service.entrypoints.cli.catalog_in_force import in_force
from service.entrypoints.cli.output import Exit, Json, console, emit, fail, stderr
from service.entrypoints.cli.session import run

PROPOSALS = "`lastcall catalog proposals` lists those that are open"
ProposalId = Annotated[str, typer.Argument(metavar="ID", help="Id of the proposal, from `lastcall catalog proposals`.")]
Reason = Annotated[str, typer.Option(help="Why, in one line. It is kept with the decision.")]


class Format(StrEnum):
    BUNDLE = "bundle"
    MODEL_EOL = "model-eol"


def sync(
    source: Annotated[str | None, typer.Argument(help="One source of lastcall.yaml. Default: all of them.")] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; store nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Ask the configured sources now. Exit code 1: one of them failed, or what it says is held back."""
    synced = run(lambda app: _ask(app, source, is_dry=dry_run))
    if as_json:
        emit(synced)
    for one in synced if not as_json else ():
        console.print(f"[bold]{escape(one.source)}[/]: {escape(_outcome(one, dry_run))}", soft_wrap=True)
    if any(one.outcome in {"failed", "held"} for one in synced):
        raise typer.Exit(Exit.BAD_NEWS)


async def _ask(app: App, source: str | None, *, is_dry: bool) -> list[Synced]:
    names = app.world.company.catalog.names
    if not names:
        fail("no source is configured", "name some under `catalog: sources:` in lastcall.yaml")
    if source is not None and source not in names:
        fail(f"lastcall.yaml has no source {source}", f"one of: {', '.join(names)}")
    now, asked = datetime.now(UTC), list[Synced]()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    async with open_sources(app.settings, app.database) as sources_for:
        sources = sources_for(app.world)
        with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as progress:
            for name in progress.track([source] if source is not None else names, description="asking"):
                if is_dry:
                    asked.append((await preview(app.database, name, sources[name], now=now))[0])
                elif (one := await sync_now(app.database, app.world, name, sources[name], now=now)) is not None:
                    asked.append(one)
    return asked


def _outcome(one: Synced, is_dry: bool) -> str:
    match one.outcome:
        case "failed":
            return f"no answer ({one.error}); what it said before holds. {one.remedy}"
        case "held":
            return "held back: " + ("; ".join(each.detail for each in one.held) or "as before")
        case "unchanged":
            return "nothing new"
        case _:
            would = "would change: " if is_dry else ""
            return f"{would}{plural(one.new, 'model')} new or different, {one.dropped:,} no longer named"


def sources(as_json: Json = False) -> None:
    """Show the configured sources: when each was read, and why one was not. Exit code 1: one failed or is held back."""

    found = in_force()
    answers = source_answers(found.world.company.catalog.names, found.standings.sources)
    if as_json:
        emit([one.model_dump(mode="json") for one in answers])
    for one in answers if not as_json else ():
        read = f"read {one.read_at:%Y-%m-%d %H:%M} UTC" if one.read_at else "not read yet"
        trouble = f", {one.error}: {one.remedy}" if one.error else ""
        held = f", held back: {'; '.join(one.held)}" if one.held else ""
        console.print(f"[bold]{escape(one.source)}[/]: {escape(read + trouble + held)}", soft_wrap=True)
    if not answers and not as_json:
        console.print("no source is configured: `catalog:` in lastcall.yaml")
    if any(one.error or one.held for one in answers):
        raise typer.Exit(Exit.BAD_NEWS)


def proposals(as_json: Json = False) -> None:
    """List open proposals to change the catalog. Exit code 1: there are some."""
    every = in_force().standings.proposals
    if as_json:
        emit([proposal_answer(one).model_dump(mode="json") for one in every])
    for one in every if not as_json else ():
        console.print(f"[bold]{one.id}[/] {escape(in_words(one))}", soft_wrap=True)
    if not every and not as_json:
        console.print("no proposal is open")
    if every:
        raise typer.Exit(Exit.BAD_NEWS)


def in_words(one: Proposal) -> str:
    if one.kind == "held_reading":
        why = "; ".join(each.detail for each in one.suspicions)
        return f"take what {one.source} says, although {why}"
    model, now = f"{one.model_id} on {one.platform}", _end(one.in_force)
    if one.kind == "still_answered":
        return f"{model}: reported to end {now}, still answered on {day(one.since)}; accept: it is in service"
    says = f"{one.source} ({one.standing}) says {_end(one.shutdown)} since {day(one.since)}"
    return f"{model}: {says}; in force: {now}" + (f" ({one.in_force_source})" if one.in_force_source else "")


def _end(end: Shutdown | None) -> str:
    return day_of_end(end.on, end.precision) if end is not None else "no end"


def accept(proposal: ProposalId, *, reason: Reason = "", by: By = None, as_json: Json = False) -> None:
    """Accept a proposal. It overrides what other sources say."""
    _decide(proposal, "accepted", reason, by, as_json=as_json)


def refuse(proposal: ProposalId, *, reason: Reason = "", by: By = None, as_json: Json = False) -> None:
    """Refuse a proposal. It is not opened again while its source says the same."""
    _decide(proposal, "refused", reason, by, as_json=as_json)


def _decide(proposal: str, verdict: Verdict, reason: str, by: str | None, *, as_json: bool) -> None:
    author = author_of(by)

    async def main(app: App) -> Proposal | Refused | Missing:
        now = datetime.now(UTC)
        return await decide(app.database, app.world, proposal, verdict, author=author, reason=reason, now=now)

    done = run(main)
    if isinstance(done, Missing):
        fail(done.error, done.remedy)
    if isinstance(done, Refused):
        fail(done.reason, done.remedy)
    if as_json:
        emit(proposal_answer(done).model_dump(mode="json") | {"verdict": verdict})
    else:
        console.print(f"{verdict}: {escape(in_words(done))}", soft_wrap=True)


def export(
    place: Annotated[Path, typer.Argument(help="File to write; for model-eol, a folder of one file per platform.")],
    *,
    format_: Annotated[
        Format, typer.Option("--format", help="bundle: for another lastcall. model-eol: feeds that others read.")
    ] = Format.BUNDLE,
    as_json: Json = False,
) -> None:
    """Write the catalog in force: a bundle that another lastcall reads as a source, or feeds for others."""
    now, files = datetime.now(UTC), in_force().standings.judgement.files
    if format_ is Format.BUNDLE:
        content = {place: write_bundle(files, made=now.date())}
    else:
        feeds = (file for file in files if file.models)
        content = {place / f"{file.platform}.json": write_model_eol(file, generated=now) for file in feeds}
    try:
        for path, text in content.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
    except OSError as error:
        fail(f"{place}: {error.strerror or error}", "name a place that can be written")
    records = sum(len(file.models) for file in files)
    if as_json:
        emit({"files": [str(path) for path in content], "records": records})
    else:
        written = f"{plural(records, 'record')} in {plural(len(content), 'file')}"
        console.print(f"{written}: {escape(str(place))}", soft_wrap=True)


COMMANDS: dict[str, Callable[..., Any]] = {
    "sync": sync,
    "sources": sources,
    "proposals": proposals,
    "accept": accept,
    "refuse": refuse,
    "export": export,
}
