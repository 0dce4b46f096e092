"""Checks of lastcall.yaml; each problem has a line and a remedy."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.config.calendars import problems_of_calendars
from service.config.catalog import problems_of_catalog
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
        *problems_of_catalog(located),
        *_of_names(located),
    ]
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0)


def _of_names(located: Located) -> Iterator[Problem]:
    """Names of policies and topics must be unique."""
    for kind in ("policies", "topics"):
        seen: set[str] = set()
        for index, one in entries(located.value, kind):
            if not isinstance(name := one.get("name"), str):
                continue
            if name in seen:
                where: Where = (kind, index, "name")
                what = f"{spelled(where)}{name!r} is used twice"
                yield Problem(located.line(where), what, "Rename one of them, or remove it")
            seen.add(name)
