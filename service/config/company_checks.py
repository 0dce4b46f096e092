"""What can be wrong in lastcall.yaml, with the line and how to mend it."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any
from zoneinfo import available_timezones

from jsonschema import Draft202012Validator, ValidationError

from service.config.located import Located, Problem, Where
from service.core.escalation.policy import Offset, parse_offset, parse_repeat

REMEDY_OF_TIMES = (
    "Write `at` as announced, -30d, -7bd (business days), 0d, +1d or +0d while failing, and `repeat` as 1d"
)


_KINDS = {"array": "a list", "object": "a group of settings", "string": "text"}


def find_problems(located: Located, validator: Draft202012Validator) -> list[Problem]:
    """All problems of the file, by line."""
    problems = [
        *located.problems,
        *(problem for error in validator.iter_errors(located.value) for problem in _of_schema(located, error)),
        *_of_zones(located),
        *_of_policies(located),
        *_of_names(located),
    ]
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0)


def _of_schema(located: Located, error: ValidationError) -> Iterator[Problem]:
    where: Where = tuple(error.absolute_path)
    at = _spelled(where)
    found: Any = error.instance
    wanted: Any = error.validator_value
    if error.validator == "additionalProperties":
        schema: Any = error.schema
        known = list(schema["properties"])
        for unknown in (key for key in found if key not in known):
            remedy = _meant(unknown, known) or f"Known: {', '.join(known)}"
            yield Problem(located.line((*where, unknown)), f"{at}{unknown!r} is no setting here", remedy)
    elif error.validator == "required":
        for absent in (key for key in wanted if key not in found):
            yield Problem(located.line(where), f"{at}{absent!r} is missing", f"Add `{absent}:` with a value")
    else:
        what, remedy = _of_value(str(error.validator), found, wanted)
        yield Problem(located.line(where), f"{at}{what}", remedy)


def _of_value(rule: str, found: Any, wanted: Any) -> tuple[str, str]:
    """What is wrong with a value, and how to mend it."""
    match rule:
        case "type" if found is None:
            told = ("there is no value", "Write one, or remove the line. A value that starts with # needs quotes")
        case "type":
            told = (f"{found!r} is not {_KINDS[wanted]}", _remedy_of_type(found, wanted))
        case "enum":
            told = (f"{found!r} is unknown", _meant(found, wanted) or f"Write one of: {', '.join(wanted)}")
        case "pattern":
            remedy = 'Write "#channel" in quotes, an e-mail address, usergroup:<handle> or a Slack id'
            told = (f"{found!r} is no address", remedy)
        case "minLength":
            told = ("there is no value", "Write one, or remove the line")
        case "minItems":
            told = ("the list is empty", "Name at least one")
        case "uniqueItems":
            told = ("the list names one twice", "Keep one of the two")
        case _:
            told = (f"{str(found)[:40]!r}... is longer than {wanted} characters", "Shorten it")
    return told


def _meant(found: Any, known: Sequence[str]) -> str | None:
    close = get_close_matches(str(found), known, n=1)
    return f"Did you mean {close[0]!r}?" if close else None


def _remedy_of_type(value: Any, wanted: str) -> str:
    if wanted == "string":
        return "Write a single value" if isinstance(value, list | dict) else "Put it in quotes"
    return {"array": "Write a list: [one, two]", "object": "Write settings below it, indented, as `name: value`"}[
        wanted
    ]


def _spelled(where: Where) -> str:
    """`owners[0].timezone: `"""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")
    return f"{text}: " if text else ""


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
            remedy = _meant(zone, sorted(known)) or "Write an IANA name such as Europe/Berlin"
            yield Problem(located.line(where), f"{_spelled(where)}{zone!r} is no time zone", remedy)


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
                yield Problem(located.line((*where, "at")), f"{_spelled(where)}{error}", REMEDY_OF_TIMES)
                continue
            if offset in seen:
                what = f"{_spelled(where)}a step at {at!r} stands above already"
                yield Problem(located.line(where), what, "Tell both audiences in one step")
            seen.add(offset)


def _of_repeat(located: Located, where: Where, repeat: Any) -> Iterator[Problem]:
    try:
        parse_repeat(repeat if isinstance(repeat, str) else "1d")
    except ValueError as error:
        yield Problem(located.line((*where, "repeat")), f"{_spelled(where)}{error}", REMEDY_OF_TIMES)


def _of_names(located: Located) -> Iterator[Problem]:
    """Policies and topics are told apart by name."""
    for kind in ("policies", "topics"):
        seen: set[str] = set()
        for index, one in _entries(located.value, kind):
            if not isinstance(name := one.get("name"), str):
                continue
            if name in seen:
                where: Where = (kind, index, "name")
                what = f"{_spelled(where)}{name!r} is named twice"
                yield Problem(located.line(where), what, "Give it another name, or remove it")
            seen.add(name)
