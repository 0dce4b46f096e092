"""Checks a folder of catalog files for contributors: all findings, each with line and remedy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import msgspec

from service.adapters.catalog.files import build_resolver, catalog_paths
from service.config import yaml
from service.config.yaml import Lines, parse
from service.core.catalog.build import Meaning, assemble, meanings
from service.core.catalog.file import Entry, PlatformFile, json_schema
from service.core.catalog.heads import broken_heads
from service.core.catalog.rules import Severity, broken_rules
from service.core.identity import Platforms


@dataclass(frozen=True, slots=True)
class Defect:
    severity: Severity
    file: str
    line: int
    what: str
    remedy: str


def check_catalog(folder: Path | None = None, *, today: date) -> list[Defect]:
    """All findings, by file and line. Raises `CatalogError` if the folder has no catalog file."""
    findings: list[Defect] = []
    whole: list[tuple[Path, Lines, PlatformFile]] = []
    for path in catalog_paths(folder):
        text = path.read_bytes()
        try:
            lines = Lines(text)
        except yaml.YAMLError as error:
            findings.append(_unreadable(path, error))
            continue
        data = parse(text)
        shape = [*_repeated_keys(path, lines), *_schema(path, lines, data)]
        findings.extend(shape)
        if not shape:
            file = msgspec.convert(data, PlatformFile)
            whole.append((path, lines, file))
            findings.extend(_key_order(path, lines, data))
            findings.extend(_rules(path, lines, file, today))
    heads = list(_heads(whole))
    findings.extend(heads)
    if all(finding.severity == "warning" for finding in heads):
        findings.extend(_identity(whole))
    return sorted(findings, key=lambda finding: (finding.file, finding.line))


def _unreadable(path: Path, error: yaml.YAMLError) -> Defect:
    if isinstance(error, yaml.TooDeepError):
        return Defect("error", path.name, error.line, f"{error}", "remove what nests")
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    problem = error.problem if isinstance(error, yaml.MarkedYAMLError) else str(error)
    return Defect("error", path.name, mark.line + 1 if mark else 1, f"not YAML: {problem}", "correct the syntax")


def _repeated_keys(path: Path, lines: Lines) -> Iterator[Defect]:
    for line, key in lines.repeated_keys():
        yield Defect("error", path.name, line, f"{key} is written twice", "keep one of the two")


def _schema(path: Path, lines: Lines, data: object) -> Iterator[Defect]:
    validator = jsonschema.Draft202012Validator(json_schema(), format_checker=jsonschema.FormatChecker(["date"]))
    for error in validator.iter_errors(data):
        line = lines.of(tuple(error.absolute_path))
        yield Defect("error", path.name, line, error.message, "see service/catalog/schema.json for the shape")


def _key_order(path: Path, lines: Lines, data: dict[str, Any]) -> Iterator[Defect]:
    yield from _in_order(path, lines, (), list(data), PlatformFile)
    for number, entry in enumerate(data.get("models", ())):
        yield from _in_order(path, lines, ("models", number), list(entry), Entry)


def _in_order(
    path: Path, lines: Lines, place: tuple[str | int, ...], keys: list[str], shape: type[msgspec.Struct]
) -> Iterator[Defect]:
    wanted = sorted(keys, key=shape.__struct_fields__.index)
    if keys != wanted:
        yield Defect("error", path.name, lines.of(place), "keys are out of order", f"write them as {', '.join(wanted)}")


def _rules(path: Path, lines: Lines, file: PlatformFile, today: date) -> Iterator[Defect]:
    if path.stem != file.platform:
        yield Defect("error", path.name, 1, f"the platform is {file.platform}", f"call the file {file.platform}.yaml")
    for problem in broken_rules(file, today=today):
        yield Defect(problem.severity, path.name, lines.of(problem.path), problem.what, problem.remedy)


def _heads(whole: list[tuple[Path, Lines, PlatformFile]]) -> Iterator[Defect]:
    places = {file.platform: (path, lines) for path, lines, file in whole}
    for platform, problem in broken_heads([file for _, _, file in whole]):
        path, lines = places[platform]
        yield Defect(problem.severity, path.name, lines.of(problem.path), problem.what, problem.remedy)


def _identity(whole: list[tuple[Path, Lines, PlatformFile]]) -> Iterator[Defect]:
    files = [file for _, _, file in whole]
    resolver = build_resolver(files, Platforms(files))
    assembled = assemble(files, resolver)
    places = {
        (file.platform, name): (path.name, lines.of(("models", number)))
        for path, lines, file in whole
        for number, entry in enumerate(file.models)
        for name in entry.names
    }
    meaning = meanings(resolver)
    yield from _external(whole, {record.key: record.id for record in assembled.records}, meaning)
    yield from _versions(whole, meaning)
    for platform, name in assembled.unresolved:
        what = f"{name} is no id of {platform}"
        yield _error(places[platform, name], what, "spell it exactly as a request on it does")
    for platform, name, other in assembled.clashes:
        what = f"{name} is the same model as {other}, with other dates"
        yield _error(places[platform, name], what, "give both the same dates, or mend catalog/identity.yaml")


def _versions(whole: list[tuple[Path, Lines, PlatformFile]], meaning: Meaning) -> Iterator[Defect]:
    """Aliases and their versions that are no models of the platform."""
    for path, lines, file in whole:
        for alias, versions in file.names.versions.items():
            for name in (alias, *versions):
                if meaning(file.platform, name) != name:
                    at = (path.name, lines.of(("names", "versions", alias)))
                    what = f"{name} is no model of {file.platform}"
                    yield _error(at, what, "write the alias and its versions in canonical spelling")


def _external(
    whole: list[tuple[Path, Lines, PlatformFile]], ids: Mapping[tuple[str, str], str], meaning: Meaning
) -> Iterator[Defect]:
    """Replacements marked external that a record has under another spelling."""
    for path, lines, file in whole:
        for number, entry in enumerate(file.models):
            for place, replacement in enumerate(entry.replacements):
                model = meaning(file.platform, replacement.id)
                known = ids.get((file.platform, model)) if replacement.external and model else None
                if known not in {None, entry.id}:
                    at = (path.name, lines.of(("models", number, "replacements", place)))
                    what = f"{replacement.id} is marked external but is the record {known}"
                    yield _error(at, what, f"write {known}, and remove `external`")


def _error(place: tuple[str, int], what: str, remedy: str) -> Defect:
    return Defect("error", *place, what, remedy)
