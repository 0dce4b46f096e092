"""Translates violations of a JSON Schema into problems with a line and a remedy."""

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Any

from service.config.located import Located, Problem, Where, shown

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

_KINDS = {
    "array": "a list",
    "object": "a group of settings",
    "string": "text",
    "integer": "a whole number",
}
_REMEDIES = {
    "address": 'Write "#channel" in quotes, an e-mail address, usergroup:<handle>, pagerduty:<schedule> or a Slack id',
    "span of hours": "Write the start and the end of work, in the owner's time zone: 09:00-18:00",
}


_MOST = 500
"""Bound: aliases can repeat a problem thousands of times."""
_NAME = re.compile(r"@?[\w.-]{1,80}")


def problems_of_schema(located: Located, validator: "Draft202012Validator") -> Iterator[Problem]:
    every = (one for error in validator.iter_errors(located.value) for one in _of_schema(located, error))
    yield from islice(every, _MOST)


def _of_schema(located: Located, error: "ValidationError") -> Iterator[Problem]:
    where: Where = tuple(error.absolute_path)
    at = spelled(where)
    found: Any = error.instance
    wanted: Any = error.validator_value
    if error.validator == "additionalProperties":
        schema: Any = error.schema
        known = list(schema["properties"])
        for unknown in (key for key in found if key not in known):
            remedy = meant(unknown, known) or f"Known: {', '.join(known)}"
            yield Problem(located.line((*where, unknown)), f"{at}{unknown!r} is not a setting here", remedy)
    elif error.validator == "required":
        for absent in (key for key in wanted if key not in found):
            yield Problem(located.line(where), f"{at}{absent!r} is missing", f"Add `{absent}:` with a value")
    else:
        problem = _of_pattern(found, error.schema, where) if error.validator == "pattern" else None
        what, remedy = problem or _of_value(str(error.validator), found, wanted)
        yield Problem(located.line(where), f"{at}{what}", remedy)


def _of_value(rule: str, found: Any, wanted: Any) -> tuple[str, str]:
    """(problem, remedy)."""
    match rule:
        case "type" if found is None:
            problem = ("there is no value", "Write one, or remove the line. A value that starts with # needs quotes")
        case "type":
            problem = (f"{shown(found)} is not {_KINDS[wanted]}", _remedy_of_type(found, wanted))
        case "enum":
            problem = (f"{shown(found)} is unknown", meant(found, wanted) or f"Write one of: {', '.join(wanted)}")
        case "format":
            problem = (f"{shown(found)} is not a day", "Write a day as 2025-07-14")
        case "minimum":
            problem = (f"{found} is less than {wanted}", f"Write {wanted} or more")
        case "maximum":
            problem = (f"{found} is more than {wanted}", f"Write {wanted} or less")
        case "minLength":
            problem = ("there is no value", "Write one, or remove the line")
        case "minItems":
            problem = ("the list is empty", "Add at least one entry")
        case "uniqueItems":
            problem = ("the list contains an entry twice", "Remove one of the two")
        case _:
            problem = (f"{str(found)[:40]!r}... is longer than {wanted} characters", "Shorten it")
    return problem


def _of_pattern(found: Any, schema: Any, where: Where) -> tuple[str, str]:
    """Each pattern of the schema has a title, and a remedy or a guess here."""
    title: str = schema["title"]
    guess = _address_meant(found, where) if title == "address" else None
    return f"{shown(found)} is not a valid {title}", guess or _REMEDIES[title]


def _address_meant(found: str, where: Where) -> str | None:
    """A remedy for a name as Slack shows it, or the bare name of a person or a channel."""
    if not _NAME.fullmatch(found):
        return None
    if found.startswith("@"):
        return f"Write usergroup:{found[1:]} for a user group of Slack, or the e-mail address of a person"
    if "people" in where:
        return f"Write the person's e-mail address, such as {found}@example.com"
    return f'Write "#{found}" in quotes for a channel, or usergroup:{found} for a user group of Slack'


def meant(found: Any, known: Sequence[str]) -> str | None:
    close = get_close_matches(found if isinstance(found, str) else shown(found), known, n=1)
    return f"Did you mean {close[0]!r}?" if close else None


def _remedy_of_type(value: Any, wanted: str) -> str:
    if wanted == "string":
        return "Write a single value" if isinstance(value, list | dict) else "Put it in quotes"
    return {
        "array": "Write a list: [one, two]",
        "object": "Write settings below it, indented, as `name: value`",
        "integer": "Write digits only, without quotes",
    }[wanted]


def spelled(where: Where) -> str:
    """`owners[0].timezone: `"""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")
    return f"{text}: " if text else ""


def entries(value: Any, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The groups of settings in a list, with their index. Ignores other types: the schema reports them."""
    listed = value.get(key) if isinstance(value, dict) else None
    for index, entry in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(entry, dict):
            yield index, entry
