"""What a JSON Schema refuses in a file that people write, with the line and how to mend it."""

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
    "span of hours": "Write when work starts and when it ends, by the owner's clock: 09:00-18:00",
}


_MOST = 500
"""More than anybody reads; aliases repeat a problem thousands of times."""
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
            yield Problem(located.line((*where, unknown)), f"{at}{unknown!r} is no setting here", remedy)
    elif error.validator == "required":
        for absent in (key for key in wanted if key not in found):
            yield Problem(located.line(where), f"{at}{absent!r} is missing", f"Add `{absent}:` with a value")
    else:
        told = _of_pattern(found, error.schema, where) if error.validator == "pattern" else None
        what, remedy = told or _of_value(str(error.validator), found, wanted)
        yield Problem(located.line(where), f"{at}{what}", remedy)


def _of_value(rule: str, found: Any, wanted: Any) -> tuple[str, str]:
    """What is wrong with a value, and how to mend it."""
    match rule:
        case "type" if found is None:
            told = ("there is no value", "Write one, or remove the line. A value that starts with # needs quotes")
        case "type":
            told = (f"{shown(found)} is not {_KINDS[wanted]}", _remedy_of_type(found, wanted))
        case "enum":
            told = (f"{shown(found)} is unknown", meant(found, wanted) or f"Write one of: {', '.join(wanted)}")
        case "format":
            told = (f"{shown(found)} is no day", "Write one as 2025-07-14")
        case "minimum":
            told = (f"{found} is less than {wanted}", f"Write {wanted} or more")
        case "maximum":
            told = (f"{found} is more than {wanted}", f"Write {wanted} or less")
        case "minLength":
            told = ("there is no value", "Write one, or remove the line")
        case "minItems":
            told = ("the list is empty", "Name at least one")
        case "uniqueItems":
            told = ("the list names one twice", "Keep one of the two")
        case _:
            told = (f"{str(found)[:40]!r}... is longer than {wanted} characters", "Shorten it")
    return told


def _of_pattern(found: Any, schema: Any, where: Where) -> tuple[str, str]:
    """What has a pattern has a title, and a remedy here."""
    title: str = schema["title"]
    guess = _address_meant(found, where) if title == "address" else None
    return f"{shown(found)} is no {title}", guess or _REMEDIES[title]


def _address_meant(found: str, where: Where) -> str | None:
    """What somebody means who writes a name as Slack shows it, or that of a person or a channel."""
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
    """The groups of settings of a list, by number. What has another shape is the schema's to refuse."""
    listed = value.get(key) if isinstance(value, dict) else None
    for index, entry in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(entry, dict):
            yield index, entry
