"""What can be wrong in lastcall.yaml, with the line and how to mend it."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import available_timezones

from jsonschema import Draft202012Validator

from service.config.located import Located, Problem, Where
from service.config.schema_problems import meant, problems_of_schema, spelled
from service.core.escalation.policy import Offset, parse_offset, parse_repeat

REMEDY_OF_TIMES = (
    "Write `at` as announced, -30d, -7bd (business days), 0d, +1d or +0d while failing, and `repeat` as 1d"
)


def find_problems(located: Located, validator: Draft202012Validator) -> list[Problem]:
    """All problems of the file, by line."""
    problems = [
        *located.problems,
        *problems_of_schema(located, validator),
        *_of_zones(located),
        *_of_policies(located),
        *_of_names(located),
    ]
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0)


def _entries(value: Any, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The groups of settings of a list, by number. What has another shape is the schema's to refuse."""
    listed = value.get(key) if isinstance(value, dict) else None
    for index, entry in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(entry, dict):
            yield index, entry


def _of_zones(located: Located) -> Iterator[Problem]:
    known = available_timezones()
    for index, owner in _entries(located.value, "owners"):
        where: Where = ("owners", index, "timezone")
        zone = owner.get("timezone", "UTC")
        if isinstance(zone, str) and zone not in known:
            remedy = meant(zone, sorted(known)) or "Write an IANA name such as Europe/Berlin"
            yield Problem(located.line(where), f"{spelled(where)}{zone!r} is no time zone", remedy)


def _of_policies(located: Located) -> Iterator[Problem]:
    for index, policy in _entries(located.value, "policies"):
        seen: set[Offset] = set()
        for number, step in _entries(policy, "steps"):
            where: Where = ("policies", index, "steps", number)
            yield from _of_repeat(located, where, step.get("repeat"))
            if not isinstance(at := step.get("at"), str):
                continue
            try:
                offset = parse_offset(at)
            except ValueError as error:
                yield Problem(located.line((*where, "at")), f"{spelled(where)}{error}", REMEDY_OF_TIMES)
                continue
            if offset in seen:
                what = f"{spelled(where)}a step at {at!r} stands above already"
                yield Problem(located.line(where), what, "Tell both audiences in one step")
            seen.add(offset)


def _of_repeat(located: Located, where: Where, repeat: Any) -> Iterator[Problem]:
    try:
        parse_repeat(repeat if isinstance(repeat, str) else "1d")
    except ValueError as error:
        yield Problem(located.line((*where, "repeat")), f"{spelled(where)}{error}", REMEDY_OF_TIMES)


def _of_names(located: Located) -> Iterator[Problem]:
    """Policies and topics are told apart by name."""
    for kind in ("policies", "topics"):
        seen: set[str] = set()
        for index, one in _entries(located.value, kind):
            if not isinstance(name := one.get("name"), str):
                continue
            if name in seen:
                where: Where = (kind, index, "name")
                what = f"{spelled(where)}{name!r} is named twice"
                yield Problem(located.line(where), what, "Give it another name, or remove it")
            seen.add(name)
