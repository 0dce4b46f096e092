"""Checks of the policies in lastcall.yaml that a JSON Schema cannot express."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from service.config.located import Located, Problem, Where
from service.config.schema_problems import entries, meant, spelled
from service.core.escalation.policy import Offset, Policy, PolicyRule, parse_offset, parse_repeat
from service.core.identity import known_platforms

REMEDY_OF_TIMES = (
    "Write `at` as announced, -30d, -7bd (business days), 0d, +1d or +0d while failing, and `repeat` as 1d"
)


def problems_of_policies(located: Located) -> Iterator[Problem]:
    above: list[PolicyRule] = []
    for index, policy in entries(located.value, "policies"):
        where: Where = ("policies", index)
        yield from _of_steps(located, where, policy)
        if (rule := _rule(policy)) is None:
            continue
        yield from _of_platform(located, where, rule)
        yield from _of_order(located, where, rule, above)
        above.append(rule)


def _rule(policy: dict[str, Any]) -> PolicyRule | None:
    """None: its `name` or `match` has the wrong type, which the schema reports."""
    name, match = policy.get("name"), policy.get("match", {})
    if not isinstance(name, str) or not isinstance(match, dict) or not all(isinstance(v, str) for v in match.values()):
        return None
    known = {key: match[key] for key in ("platform", "environment", "team", "tier") if key in match}
    return PolicyRule(Policy(name, ()), **known) if len(known) == len(match) else None


def _of_platform(located: Located, where: Where, rule: PolicyRule) -> Iterator[Problem]:
    pattern = rule.platform
    platforms = [each.platform for each in known_platforms()]
    if pattern is not None and not any(fnmatchcase(platform, pattern) for platform in platforms):
        at: Where = (*where, "match", "platform")
        remedy = (
            meant(pattern, platforms)
            or "`lastcall catalog list` shows the platforms; patterns such as azure-* are allowed"
        )
        yield Problem(located.line(at), f"{spelled(at)}{pattern!r} is not a platform", remedy)


def _of_order(located: Located, where: Where, rule: PolicyRule, above: list[PolicyRule]) -> Iterator[Problem]:
    first = next((earlier for earlier in above if earlier.covers(rule)), None)
    if first is not None:
        what = f"{rule.policy.name!r} can never match: {first.policy.name!r} above it matches the same cases"
        remedy = f"Move it above {first.policy.name!r}, or remove it"
        yield Problem(located.line(where), f"{spelled(where)}{what}", remedy)


def _of_steps(located: Located, above: Where, policy: dict[str, Any]) -> Iterator[Problem]:
    seen: set[Offset] = set()
    for number, step in entries(policy, "steps"):
        where: Where = (*above, "steps", number)
        yield from _of_repeat(located, where, step.get("repeat"))
        if not isinstance(at := step.get("at"), str):
            continue
        try:
            offset = parse_offset(at)
        except ValueError as error:
            yield Problem(located.line((*where, "at")), f"{spelled(where)}{error}", REMEDY_OF_TIMES)
            continue
        if offset in seen:
            what = f"{spelled(where)}there is already a step at {at!r}"
            yield Problem(located.line(where), what, "Put the audiences into one step")
        seen.add(offset)


def _of_repeat(located: Located, where: Where, repeat: Any) -> Iterator[Problem]:
    try:
        parse_repeat(repeat if isinstance(repeat, str) else "1d")
    except ValueError as error:
        yield Problem(located.line((*where, "repeat")), f"{spelled(where)}{error}", REMEDY_OF_TIMES)
