"""`lastcall resolve`: the model that an id means, and its deprecation."""

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from service.adapters.catalog.files import CatalogError, LoadedCatalog, load_catalog
from service.core.catalog.lifecycle import Deprecation, Precision, Standing
from service.core.identity import Model
from service.core.wording.end import day_of_end
from service.core.words import day
from service.entrypoints.cli.output import Exit, console, emit, fail

REASONS = {
    "empty": "the id is empty",
    "placeholder": "a placeholder, not a model",
    "not_an_id": "does not look like a model id",
    "free_text": "a chosen name of a deployment or alias: it needs a mapping",
    "opaque": "a resource that does not name its model: it needs a mapping",
    "router": "a router chooses the model: only the response names it",
    "no_model_in_path": "a path that names no model",
    "unknown_model": "unknown to lastcall; ids are matched as a whole, never by prefix",
}


class Question(msgspec.Struct, frozen=True):
    """One line of stdin."""

    raw: str
    provider: str | None = None


class End(msgspec.Struct, frozen=True):
    on: date | None
    precision: Precision


class ResolvedDeprecation(msgspec.Struct, frozen=True):
    announced: date | None
    shutdown: End
    standing: Standing
    """Who says so."""
    through: str | None
    """The router's slug, if these are the dates of the model's maker behind it."""
    dates_of: str | None
    """The maker's platform, with `through`."""
    replacements: tuple[str, ...]
    source: str | None


class ResolvedId(msgspec.Struct, frozen=True):
    """If the id is unresolved, `model` is null and `reason` says why. Otherwise `reason` is null."""

    raw: str
    provider: str | None
    platform: str | None
    model: str | None
    kind: str | None
    reason: str | None
    deprecation: ResolvedDeprecation | None


def resolve(
    raw: Annotated[list[str], typer.Argument(help="Model ids, as in the logs, or - for JSON lines on stdin.")],
    provider: Annotated[
        str | None, typer.Option(help="Provider, as in the log's provider field, for example aws.bedrock.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """Show the platform, model, kind and deprecation of each id.

    With `-`: read lines of {"raw", "provider"} and print a JSON answer to each.
    """
    try:
        loaded = load_catalog()
    except CatalogError as error:
        fail(str(error), "`lastcall catalog check` shows all errors and remedies")
    if raw == ["-"]:
        _answer_lines(loaded, provider)
        return
    for text in raw:
        answer = _answer(loaded, Question(text, provider))
        if as_json:
            emit(answer)
        else:
            _print(answer)


def _answer_lines(loaded: LoadedCatalog, provider: str | None) -> None:
    """An invalid line gets an error in its place; the following lines are still answered."""
    bad = False
    for line in _lines():
        try:
            question = msgspec.json.decode(line, type=Question)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            bad = True
            emit({"error": f"not an object with a text `raw`: {error}"})
            continue
        if question.provider is None:
            question = msgspec.structs.replace(question, provider=provider)
        emit(_answer(loaded, question))
    if bad:
        raise typer.Exit(Exit.BAD_INPUT)


def _lines() -> Iterator[bytes]:
    """Unbuffered, so a caller can wait for each answer before it sends the next line."""
    return (line for line in iter(sys.stdin.buffer.readline, b"") if line.strip())


def _answer(loaded: LoadedCatalog, question: Question) -> ResolvedId:
    found = loaded.resolver.resolve(question.raw, provider=question.provider)
    if not isinstance(found, Model):
        return ResolvedId(question.raw, question.provider, found.platform, None, None, found.reason, None)
    record = loaded.catalog.get(found.platform, found.model)
    deprecation = _deprecation(record) if record is not None and record.is_deprecated else None
    return ResolvedId(question.raw, question.provider, found.platform, found.model, found.kind, None, deprecation)


def _deprecation(record: Deprecation) -> ResolvedDeprecation:
    return ResolvedDeprecation(
        record.announced,
        End(record.shutdown.on, record.shutdown.precision),
        record.standing,
        record.through,
        record.dates_of,
        tuple(replacement.id for replacement in record.replacements),
        record.sources[0] if record.sources else None,
    )


def _print(answer: ResolvedId) -> None:
    shown = answer.raw if answer.raw.isprintable() else ascii(answer.raw)
    console.print(escape(shown), style="bold", soft_wrap=True)
    for name, value in _details(answer):
        console.print(f"  {name:<12}{escape(value)}", soft_wrap=True)


def _details(answer: ResolvedId) -> Sequence[tuple[str, str]]:
    details: list[tuple[str, Any]] = [("platform", answer.platform or "unknown"), ("model", answer.model or "unknown")]
    if answer.reason is not None:
        return [*details, ("reason", REASONS[answer.reason])]
    details.append(("kind", answer.kind))
    if answer.deprecation is None:
        return [
            *details,
            ("deprecation", "none on record" if answer.platform else "unknown: each platform has its own dates"),
        ]
    deprecation = answer.deprecation
    end = deprecation.shutdown
    lines = [
        ("announced", day(deprecation.announced) if deprecation.announced else ""),
        ("shutdown", day_of_end(end.on, end.precision, deprecation.standing)),
        ("dates of", f"{deprecation.dates_of}, through {deprecation.through}" if deprecation.through else ""),
        ("move to", ", ".join(deprecation.replacements)),
        ("source", deprecation.source or ""),
    ]
    return [*details, *((name, value) for name, value in lines if value)]
