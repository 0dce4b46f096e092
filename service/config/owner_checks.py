"""Warnings about the owner rules of lastcall.yaml. The file is valid nevertheless."""

from collections.abc import Iterator

from service.config.located import Located, Problem, Where
from service.config.schema_problems import entries, spelled
from service.core.ownership import covers


def warnings_of_owners(located: Located) -> Iterator[Problem]:
    """For a valid file: patterns that can never match, because an earlier pattern covers them."""
    above: list[tuple[str, int]] = []
    for index, rule in entries(located.value, "owners"):
        own: list[tuple[str, int]] = []
        for number, pattern in enumerate(rule["services"]):
            where: Where = ("owners", index, "services", number)
            first = next((each for each in above if covers(each[0], pattern)), None)
            if first is not None:
                what = f"{pattern!r} can never match: {first[0]!r} on line {first[1]} matches the same services"
                remedy = f"Move the rule of {pattern!r} above that line, or remove the pattern"
                yield Problem(located.line(where), f"{spelled(where)}{what}", remedy)
            own.append((pattern, located.line(where)))
        above += own
