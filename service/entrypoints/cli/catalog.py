"""`lastcall catalog`: the shutdown dates in force, who says so, and a check of catalog files."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from service.adapters.catalog.check import Defect, check_catalog
from service.adapters.catalog.files import CatalogError
from service.adapters.queries.catalog import DifferenceAnswer, WordAnswer, difference_answer, record_answer
from service.core.catalog.lifecycle import Catalog, Deprecation, Replacement
from service.core.catalog.lookup import records_of
from service.core.successors import SHORT
from service.core.wording.end import day_of_end
from service.core.wording.moving import own_end
from service.core.words import day, plural
from service.engine.propose import Standings
from service.entrypoints.cli import catalog_acts
from service.entrypoints.cli.catalog_in_force import in_force
from service.entrypoints.cli.output import Exit, Json, console, emit, fail
from service.entrypoints.cli.tables import Column, show_table

app = typer.Typer(help="Show the shutdown date of each model, and how certain it is.", no_args_is_help=True)


@app.command("list")
def list_records(
    platform: Annotated[str | None, typer.Option(help="Show only this platform, for example azure-openai.")] = None,
    as_json: Json = False,
) -> None:
    """List every record in force, by platform and shutdown date: platform, shutdown, id, replacements.

    Behind a router, a closed model ends as at its maker: it is listed there only.
    """
    records = [record for record in in_force().world.catalog if record.through is None]
    platforms = sorted({record.platform for record in records})
    if platform is not None and platform not in platforms:
        fail(f"the catalog has no platform {platform}", "one of: " + ", ".join(platforms))
    chosen = sorted((r for r in records if platform in {None, r.platform}), key=_by_day)
    if as_json:
        emit([_answer(record) for record in chosen])
        return
    for record in chosen:
        successors = ", ".join(r.id for r in record.replacements)
        line = f"{record.platform:<22}  {_end(record):<27}  {record.id:<40}  {successors}"
        console.print(escape(line.rstrip()), soft_wrap=True)


@app.command()
def show(
    model: Annotated[str, typer.Argument(help="Model id, in any spelling that occurs in logs.")], as_json: Json = False
) -> None:
    """Show everything that the catalog has on one model, on each platform: what each source says, and what counts."""
    found = in_force()
    records = records_of(found.world.catalog, found.world.resolver, model)
    if not records:
        fail(f"the catalog has no record of {model}", "`lastcall catalog list` shows every record, in exact spelling")
    if as_json:
        words = {
            record.key: [one.model_dump(mode="json") for one in _words(found.standings, record)] for record in records
        }
        emit([_answer(record) | {"words": words[record.key]} for record in records])
        return
    for record in records:
        console.print(f"[bold]{escape(record.model)}[/] on [bold]{escape(record.platform)}[/]")
        for name, value in _details(record, found.world.catalog):
            console.print(f"  {name:<16}{escape(value)}", soft_wrap=True)
        for word in _words(found.standings, record):
            console.print(f"  {'counts' if word.counts else 'also says':<16}{escape(_in_words(word))}", soft_wrap=True)


@app.command()
def diff(as_json: Json = False) -> None:
    """Show how the catalog in force differs from the shipped one. Exit code 1: it differs."""
    found = in_force().standings
    answers = [difference_answer(one) for one in found.differences]
    if as_json:
        emit([one.model_dump(mode="json") for one in answers])
    elif answers:
        columns = [Column(title) for title in ("platform", "id", "shipped", "in force", "source")]
        show_table(columns, [_row(one) for one in answers])
    else:
        console.print("the catalog in force is the shipped one")
    if answers:
        raise typer.Exit(Exit.BAD_NEWS)


@app.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of catalog files. Default: the shipped catalog.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Check catalog files against the rules. Exit code 1: there are errors. Warnings do not count."""
    try:
        findings = check_catalog(folder, today=_today())
    except (CatalogError, OSError) as error:
        fail(str(error), "name a folder with one <platform>.yaml per platform")
    if as_json:
        emit(findings)
    else:
        _print_findings(findings)
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(Exit.BAD_NEWS)


for name, command in catalog_acts.COMMANDS.items():
    app.command(name)(command)


def _words(standings: Standings, record: Deprecation) -> list[WordAnswer]:
    return record_answer(record, standings.models, today=_today()).words


def _in_words(word: WordAnswer) -> str:
    """`openai (provider): Mon 14 Jul 2025, since Sat 21 Nov 2026, https://...`"""
    end = day_of_end(word.end.shutdown_on, word.end.precision) if word.end is not None else "no end"
    origin = "" if word.origin in {"shipped", "source"} else f", {word.origin}"
    return f"{word.source} ({word.standing}{origin}): {end}, since {day(word.since)}, {word.url}"


def _row(one: DifferenceAnswer) -> tuple[str, ...]:
    before, after = (day_of_end(end.shutdown_on, end.precision) if end else "" for end in (one.shipped, one.in_force))
    return one.platform, one.id, before or "-", after or one.change.replace("_", " "), one.source or ""


def _print_findings(findings: list[Defect]) -> None:
    for finding in findings:
        colour = "red" if finding.severity == "error" else "yellow"
        place = escape(f"{finding.file}:{finding.line}")
        console.print(f"{place}: [{colour}]{finding.severity}:[/] {escape(finding.what)}", soft_wrap=True)
        console.print(f"    {escape(finding.remedy)}", soft_wrap=True)
    errors = sum(finding.severity == "error" for finding in findings)
    console.print(f"{plural(errors, 'error')}, {plural(len(findings) - errors, 'warning')}")


def _answer(record: Deprecation) -> dict[str, Any]:
    answer: dict[str, Any] = msgspec.to_builtins(record)
    return answer | {"days_left": _days_left(record)}


def _details(record: Deprecation, catalog: Catalog) -> list[tuple[str, str]]:
    details = [
        ("id", record.id),
        ("also called", ", ".join(record.aliases)),
        ("stands for", ", ".join(record.versions)),
        ("the maker's id", record.maker_id or ""),
        ("released", _day(record.released)),
        ("announced", _day(record.announced)),
        ("shutdown", _end(record) + _countdown(record)),
        ("planned before", ", ".join(day_of_end(plan.on, plan.precision) for plan in record.superseded)),
        (
            "move to",
            ", ".join(_replacement(one, catalog.get(record.platform, one.model)) for one in record.replacements),
        ),
        ("after shutdown", record.after_shutdown + (f" to {record.redirect_to}" if record.redirect_to else "")),
        ("standing", record.standing),
        ("source", ", ".join(record.sources)),
        ("verified", _day(record.last_verified)),
        ("note", record.notes or ""),
    ]
    return [(name, value) for name, value in details if value]


def _replacement(one: Replacement, record: Deprecation | None) -> str:
    """With its own end, if that is within a year or past. `record`: its own."""
    notes = [] if one.recommended else ["for some uses"]
    end = record.shutdown.deadline if record else None
    if record and end and end <= _today() + SHORT:
        notes.append(own_end(record.shutdown.on, record.shutdown.precision, record.standing))
    return f"{one.id} ({'; '.join(notes)})" if notes else one.id


def _end(record: Deprecation) -> str:
    return (
        day_of_end(record.shutdown.on, record.shutdown.precision, record.standing)
        if record.is_deprecated or record.shutdown.on
        else ""
    )


def _days_left(record: Deprecation) -> int | None:
    deadline = record.shutdown.deadline
    return None if deadline is None else (deadline - _today()).days


def _countdown(record: Deprecation) -> str:
    left = _days_left(record)
    if left is None:
        return ""
    return f", {plural(left, 'day')} left" if left >= 0 else f", {plural(-left, 'day')} ago"


def _day(on: date | None) -> str:
    return "" if on is None else day(on)


def _by_day(record: Deprecation) -> tuple[str, date, str]:
    return (record.platform, record.shutdown.on or date.max, record.id)


def _today() -> date:
    return datetime.now(UTC).date()
