"""What can be wrong in lastcall.yaml, with the line and how to mend it."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import available_timezones

from jsonschema import Draft202012Validator, ValidationError

from service.config.located import Located, Problem, Where
from service.core.escalation.policy import Offset, parse_offset, parse_repeat

REMEDY_OF_TIMES = (
    "Write `at` as announced, -30d, -7bd (business days), 0d, +1d or +0d while failing, and `repeat` as 1d"
)


def find_problems(located: Located, validator: Draft202012Validator) -> list[Problem]:
    """All problems of the file, by line. What the schema refuses is not looked into any further."""
    problems = [_of_schema(located, error) for error in validator.iter_errors(located.value)]
    if not problems:
        problems = [*_of_zones(located), *_of_policies(located), *_of_names(located)]
    return sorted(problems, key=lambda problem: problem.line)


def _of_schema(located: Located, error: ValidationError) -> Problem:
    where: Where = tuple(error.absolute_path)
    line = located.line(where)
    at = _spelled(where)
    found: Any = error.instance
    wanted: Any = error.validator_value
    match error.validator:
        case "additionalProperties":
            schema: Any = error.schema
            known = schema["properties"]
            unknown = next(key for key in found if key not in known)
            line = located.line((*where, unknown))
            return Problem(line, f"{at}{unknown!r} is no setting here", f"Known: {', '.join(known)}")
        case "required":
            absent = next(key for key in wanted if key not in found)
            return Problem(line, f"{at}{absent!r} is missing", f"Add `{absent}:` with a value")
        case "type":
            return Problem(line, f"{at}{found!r} is no {wanted}", _remedy_of_type(found, wanted))
        case "enum":
            allowed = ", ".join(wanted)
            return Problem(line, f"{at}{found!r} is unknown", f"Write one of: {allowed}")
        case "pattern":
            remedy = 'Write "#channel" in quotes, an e-mail address, usergroup:<handle> or a Slack id'
            return Problem(line, f"{at}{found!r} is no address", remedy)
        case _:
            return Problem(line, f"{at}{error.message}", "See docs/configuration.md")


def _remedy_of_type(value: Any, wanted: str) -> str:
    if value is None:
        return "Give it a value, or remove the line. A value that starts with # needs quotes"
    return {
        "array": "Write a list: [one, two]",
        "object": "Write settings below it, indented, as `name: value`",
        "string": "Put it in quotes",
    }[wanted]


def _spelled(where: Where) -> str:
    """`owners[0].timezone: `"""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")
    return f"{text}: " if text else ""


def _of_zones(located: Located) -> Iterator[Problem]:
    known = available_timezones()
    for index, owner in enumerate(located.value.get("owners", [])):
        where: Where = ("owners", index, "timezone")
        if (zone := owner.get("timezone", "UTC")) not in known:
            remedy = "Write an IANA name such as Europe/Berlin"
            yield Problem(located.line(where), f"{_spelled(where)}{zone!r} is no time zone", remedy)


def _of_policies(located: Located) -> Iterator[Problem]:
    for index, policy in enumerate(located.value.get("policies", [])):
        seen: set[Offset] = set()
        for number, step in enumerate(policy["steps"]):
            where: Where = ("policies", index, "steps", number)
            try:
                parse_repeat(step.get("repeat", "1d"))
                offset = parse_offset(step["at"])
            except ValueError as error:
                yield Problem(located.line((*where, "at")), f"{_spelled(where)}{error}", REMEDY_OF_TIMES)
                continue
            if offset in seen:
                what = f"{_spelled(where)}a step at {step['at']!r} stands above already"
                yield Problem(located.line(where), what, "Tell both audiences in one step")
            seen.add(offset)


def _of_names(located: Located) -> Iterator[Problem]:
    """Policies and topics are told apart by name."""
    for kind in ("policies", "topics"):
        seen: set[str] = set()
        for index, one in enumerate(located.value.get(kind, [])):
            if one["name"] in seen:
                where: Where = (kind, index, "name")
                what = f"{_spelled(where)}{one['name']!r} is named twice"
                yield Problem(located.line(where), what, "Give it another name, or remove it")
            seen.add(one["name"])
