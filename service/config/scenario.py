"""scenario.yaml: hypothetical use, to test a policy."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from service.config.calendars import problems_of_calendars
from service.config.company import company_schema, owner_rules
from service.config.located import ConfigError, Located, Problem, Where
from service.config.reading import read_located
from service.config.schema_problems import entries, meant, problems_of_schema, spelled
from service.config.world import World
from service.core.catalog.build import canonical
from service.core.catalog.lifecycle import Deprecation
from service.core.ownership import OwnerRule
from service.core.scenario import CallSpan, Scenario, Use, lifecycle

FIRST, LAST = "2000", "2199"
"""Years that a scenario may cover."""


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    scenario: Scenario
    owners: tuple[OwnerRule, ...]
    """They precede those of lastcall.yaml."""


@cache
def scenario_schema() -> dict[str, Any]:
    """The published JSON Schema of scenario files."""
    schema: dict[str, Any] = json.loads((files("service.config") / "scenario.schema.json").read_text(encoding="utf-8"))
    return schema


def load_scenario(path: Path, world: World) -> ScenarioFile:
    """Shutdown dates that the file does not set come from `world`. Raises ConfigError with all problems of the file."""
    located = read_located(path)
    facts = _Facts(world)
    if problems := [
        *located.problems,
        *problems_of_schema(located, _validator()),
        *problems_of_calendars(located),
        *_of_models(located, facts),
        *_of_days(located),
        *_of_spans(located),
    ]:
        raise ConfigError(path, sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0))
    raw: dict[str, Any] = located.value
    uses = tuple(_use(entry, raw.get("dates", []), facts) for entry in raw["services"])
    return ScenarioFile(Scenario(uses), owner_rules(located, path))


def _validator() -> Draft202012Validator:
    company = company_schema()
    registry: Registry[Any] = Registry().with_resource(company["$id"], Resource.from_contents(company))
    return Draft202012Validator(scenario_schema(), registry=registry, format_checker=FormatChecker(["date"]))


@dataclass(frozen=True, slots=True)
class _Facts:
    """Catalog look-ups."""

    world: World

    def model(self, entry: dict[str, Any]) -> tuple[str, str] | None:
        """(platform, canonical model) of an entry of `services` or `dates`. None: there is no such model."""
        model = canonical(self.world.resolver, entry["platform"], entry["model"])
        return (entry["platform"], model) if model else None

    def record(self, entry: dict[str, Any]) -> Deprecation:
        platform, model = self.model(entry) or (entry["platform"], entry["model"])
        return self.world.catalog.get(platform, model) or Deprecation(platform, model, entry["model"])


def _use(entry: dict[str, Any], dates: list[dict[str, Any]], facts: _Facts) -> Use:
    moves = [(_day(one["since"]), _day(one["shutdown"])) for one in dates if facts.model(one) == facts.model(entry)]
    return Use(
        service=entry["service"],
        environment=entry.get("environment", ""),
        spans=tuple(
            CallSpan(
                calls=span["a_day"],
                since=_day(span["since"]),
                until=_day(span["until"]) if "until" in span else None,
                shape=span.get("shape", "flat"),
                then=span.get("then", 0),
            )
            for span in entry["calls"]
        ),
        lifecycle=lifecycle(facts.record(entry), sorted(moves)),
    )


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _of_models(located: Located, facts: _Facts) -> Iterator[Problem]:
    platforms = sorted({record.platform for record in facts.world.catalog})
    called = {facts.model(entry) for _, entry in _named(located, "services")}
    for where, entry in (*_named(located, "services"), *_named(located, "dates")):
        platform, model = entry["platform"], entry["model"]
        if platform not in platforms:
            remedy = meant(platform, platforms) or "`lastcall catalog list` shows the platforms"
            yield _at(located, (*where, "platform"), f"{platform!r} is not a platform", remedy)
        elif facts.model(entry) is None:
            known = [record.id for record in facts.world.catalog if record.platform == platform]
            what = f"{model!r} is not a model of {platform} that lastcall knows"
            remedy = meant(model, known) or f"`lastcall catalog list --platform {platform}` shows its models"
            yield _at(located, (*where, "model"), what, remedy)
        elif facts.model(entry) not in called:
            what = f"no service here calls {model} of {platform}"
            yield _at(located, (*where, "model"), what, "Use a model that is called, or remove the date")


def _named(located: Located, kind: str) -> Iterator[tuple[Where, dict[str, Any]]]:
    """Entries of `services` or `dates` that have a platform and a model."""
    for index, entry in entries(located.value, kind):
        if isinstance(entry.get("platform"), str) and isinstance(entry.get("model"), str):
            yield (kind, index), entry


def _of_days(located: Located) -> Iterator[Problem]:
    """Years beyond the range of a plan."""
    spans: list[tuple[Where, dict[str, Any]]] = [
        (("services", index, "calls", number), span)
        for index, service in entries(located.value, "services")
        for number, span in entries(service, "calls")
    ]
    dates: list[tuple[Where, dict[str, Any]]] = [(("dates", n), one) for n, one in entries(located.value, "dates")]
    for where, entry in (*spans, *dates):
        for name in ("since", "until", "shutdown"):
            text = entry.get(name)
            if isinstance(text, str) and not FIRST <= text[:4] <= LAST:
                yield _at(located, (*where, name), f"the year {text[:4]} is out of range", f"Use {FIRST} to {LAST}")


def _of_spans(located: Located) -> Iterator[Problem]:
    for index, service in entries(located.value, "services"):
        for number, span in entries(service, "calls"):
            where: Where = ("services", index, "calls", number)
            since, until = span.get("since"), span.get("until")
            if isinstance(since, str) and isinstance(until, str) and until < since:
                yield _at(located, (*where, "until"), f"{until} is before {since}", "Swap the two")
            if span.get("shape") == "linear" and until is None:
                what = "a linear span needs an end"
                yield _at(located, where, what, "Add `until:`, the day on which there are `then` calls")
            if "then" in span and span.get("shape") != "linear":
                yield _at(located, (*where, "then"), "only a linear span has a `then`", "Add `shape: linear`")


def _at(located: Located, where: Where, what: str, remedy: str) -> Problem:
    return Problem(located.line(where), f"{spelled(where)}{what}", remedy)
