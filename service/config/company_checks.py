"""What can be wrong in lastcall.yaml, with the line and how to mend it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.config.calendars import problems_of_calendars
from service.config.directories import problems_of_directories
from service.config.located import Located, Problem, Where
from service.config.policy_checks import problems_of_policies
from service.config.schema_problems import entries, problems_of_schema, spelled

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


def find_problems(located: Located, validator: "Draft202012Validator") -> list[Problem]:
    """All problems of the file, by line."""
    problems = [
        *located.problems,
        *problems_of_schema(located, validator),
        *problems_of_calendars(located),
        *problems_of_policies(located),
        *problems_of_directories(located),
        *_of_names(located),
    ]
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0)


def _of_names(located: Located) -> Iterator[Problem]:
    """Policies and topics are told apart by name."""
    for kind in ("policies", "topics"):
        seen: set[str] = set()
        for index, one in entries(located.value, kind):
            if not isinstance(name := one.get("name"), str):
                continue
            if name in seen:
                where: Where = (kind, index, "name")
                what = f"{spelled(where)}{name!r} is named twice"
                yield Problem(located.line(where), what, "Give it another name, or remove it")
            seen.add(name)
