"""An escalation policy: steps at offsets from the shutdown, each with audiences. Data, frozen into a campaign."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Literal

from service.core.calendar import Calendar
from service.core.ownership import ABOVE_OWNER, Audience, Owner, covers

Anchor = Literal["announced", "days", "business_days"]
MAX_DAYS = 3650

_OFFSET = re.compile(r"(?P<sign>[+-])?(?P<number>\d{1,4})(?P<unit>b?d)(?P<failing> while failing)?")
_REPEAT = re.compile(r"(?P<days>\d{1,3})d")


@dataclass(frozen=True, slots=True)
class Offset:
    """A day relative to the announcement or the shutdown: `announced`, `-30d`, `-7bd`, `0d`, `+1d`, `+0d while
    failing`."""

    anchor: Anchor
    days: int = 0
    """Negative: before the shutdown. Zero for `announced`."""
    while_failing: bool = False
    """Only while calls fail, at any hour."""

    def __str__(self) -> str:
        if self.anchor == "announced":
            return "announced"
        if self.while_failing:
            return f"{self.days:+d}{self._unit} while failing"
        return f"{self.days:+d}{self._unit}" if self.days else f"0{self._unit}"

    @property
    def _unit(self) -> str:
        return "d" if self.anchor == "days" else "bd"

    @property
    def needs_calls(self) -> bool:
        """Whether the step is sent only while calls continue, as all steps after the shutdown."""
        return self.while_failing or self.days > 0

    def day(self, calendar: Calendar, *, announced: date | None, deadline: date | None) -> date | None:
        """The day of the step. None: it is unknown (no announcement on record, no firm deadline).

        A step before the shutdown counts from the last day for changes, which a freeze moves forward.
        """
        if self.anchor == "announced":
            return announced
        if deadline is None:
            return None
        end = calendar.effective_deadline(deadline) if self.days < 0 else deadline
        if self.anchor == "business_days":
            return calendar.add_business_days(end, self.days)
        return end + timedelta(days=self.days)


def parse_offset(text: str) -> Offset:
    """The inverse of `str`. Raises ValueError with a message for the author of lastcall.yaml."""
    if text == "announced":
        return Offset("announced")
    match = _OFFSET.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an offset")
    days = int(match["number"]) * (-1 if match["sign"] == "-" else 1)
    if abs(days) > MAX_DAYS:
        raise ValueError(f"{text!r} is more than {MAX_DAYS} days away")
    if match["sign"] is None and days:
        raise ValueError(f"{text!r} does not say whether it is before (-) or after (+) the shutdown")
    failing = match["failing"] is not None
    if failing and days < 0:
        raise ValueError(f"{text!r} is before the shutdown, when nothing fails yet")
    return Offset("days" if match["unit"] == "d" else "business_days", days, failing)


@dataclass(frozen=True)
class Step:
    """One level: when it is due, whom it notifies, and the interval at which it repeats until the next step."""

    at: Offset
    tell: tuple[Audience, ...]
    repeat: int | None = None
    """In days."""

    @cached_property
    def name(self) -> str:
        """Unique within its policy. Cached: thousands of campaigns use it."""
        return str(self.at)


@dataclass(frozen=True)
class Policy:
    name: str
    steps: tuple[Step, ...]

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Cached: look-ups for thousands of campaigns use the policy as a key."""
        return hash((self.name, self.steps))

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """Shell-style patterns for the platform and environment of a campaign, and the team and tier of its owner. A
    missing team or tier counts as empty text."""

    policy: Policy
    platform: str | None = None
    environment: str | None = None
    team: str | None = None
    tier: str | None = None

    @property
    def _patterns(self) -> tuple[str | None, ...]:
        return self.platform, self.environment, self.team, self.tier

    def matches(self, *, platform: str, environment: str, owner: Owner) -> bool:
        return self.matches_owner(owner) and _match((self.platform, self.environment), (platform, environment))

    def matches_owner(self, owner: Owner) -> bool:
        """Whether the rule can match services of this owner, on some platform in some environment."""
        return _match((self.team, self.tier), (owner.team, owner.tier))

    def covers(self, later: "PolicyRule") -> bool:
        """Whether it matches everything that `later` matches, so that `later` can never match below it."""
        return all(map(_covers, self._patterns, later._patterns))


def _match(patterns: Iterable[str | None], values: Iterable[str | None]) -> bool:
    return all(
        pattern is None or fnmatchcase(value or "", pattern) for pattern, value in zip(patterns, values, strict=True)
    )


def _covers(pattern: str | None, other: str | None) -> bool:
    if pattern is None or pattern == other:
        return True
    if other is None:
        return not pattern.strip("*") and pattern != ""
    return covers(pattern, other)


def policy_for(rules: Iterable[PolicyRule], *, platform: str, environment: str, owner: Owner) -> Policy:
    """The policy of the first rule that matches, else the default."""
    matching = (rule.policy for rule in rules if rule.matches(platform=platform, environment=environment, owner=owner))
    return next(matching, DEFAULT_POLICY)


def policies_of(rules: Sequence[PolicyRule], owner: Owner) -> tuple[Policy, ...]:
    """Every policy that can apply to services of `owner`, in order of precedence."""
    found: list[PolicyRule] = []
    for rule in (*rules, PolicyRule(DEFAULT_POLICY)):
        if rule.matches_owner(owner) and not any(_covers_places(earlier, rule) for earlier in found):
            found.append(rule)
    return tuple(rule.policy for rule in found)


def _covers_places(earlier: PolicyRule, later: PolicyRule) -> bool:
    """For one owner: whether `earlier` matches on every platform and in every environment of `later`."""
    return _covers(earlier.platform, later.platform) and _covers(earlier.environment, later.environment)


def remarks_on(policy: Policy) -> tuple[str, ...]:
    """On an unusual policy, for its author. The policy is valid."""
    told = {audience for step in policy.steps for audience in step.tell}
    days = [-1 if step.at.anchor == "announced" else step.at.days for step in policy.steps]
    is_owner_told = not told.isdisjoint({"owner", "team"})
    remarks = {
        "nobody is notified before the shutdown": all(day >= 0 for day in days),
        "nobody is notified after the shutdown": all(day < 0 for day in days),
        "no step notifies the owner: the owner gets only the first notice of each campaign": not is_owner_told,
        "nobody above the owner is ever notified": told.isdisjoint(ABOVE_OWNER),
    }
    return tuple(remark for remark, applies in remarks.items() if applies)


def parse_repeat(text: str) -> int:
    match = _REPEAT.fullmatch(text)
    if match is None or not int(match["days"]):
        raise ValueError(f"{text!r} is not a number of days")
    return int(match["days"])


def policy_to_json(policy: Policy) -> dict[str, Any]:
    """In the form of lastcall.yaml, in which campaigns store it."""
    return {
        "name": policy.name,
        "steps": [
            {"at": step.name, "tell": list(step.tell)} | ({"repeat": f"{step.repeat}d"} if step.repeat else {})
            for step in policy.steps
        ],
    }


def policy_from_json(stored: dict[str, Any]) -> Policy:
    """Raises ValueError if an offset or a repeat is invalid."""
    steps = (
        Step(parse_offset(one["at"]), tuple(one["tell"]), parse_repeat(one["repeat"]) if "repeat" in one else None)
        for one in stored["steps"]
    )
    return Policy(stored["name"], tuple(steps))


DEFAULT_POLICY = policy_from_json(
    {
        "name": "default",
        "steps": [
            {"at": "announced", "tell": ["owner", "team"]},
            {"at": "-60d", "tell": ["owner"]},
            {"at": "-30d", "tell": ["owner", "team"]},
            {"at": "-14d", "tell": ["owner", "team", "manager"]},
            {"at": "-7d", "tell": ["owner", "team", "manager"]},
            {"at": "-3d", "tell": ["owner", "team", "oncall", "manager", "director"]},
            {"at": "-1d", "tell": ["owner", "team", "oncall", "manager", "director"]},
            {"at": "0d", "tell": ["owner", "team", "oncall", "manager", "director", "incident"]},
            {"at": "+0d while failing", "tell": ["owner", "team", "oncall", "incident"]},
            {"at": "+1d", "tell": ["owner", "team", "oncall", "manager"], "repeat": "1d"},
        ],
    }
)
"""Applies if no policy in lastcall.yaml matches: few audiences at first, more near the end, daily afterwards."""
