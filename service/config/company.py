"""lastcall.yaml: who owns which service, who is notified when, and which topics are read."""

import json
from dataclasses import dataclass, replace
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from service.config.calendars import calendar_of
from service.config.catalog import NOTHING_ASKED, CatalogSettings, read_catalog
from service.config.company_checks import find_problems
from service.config.directories import NO_DIRECTORIES, Directories, read_directories
from service.config.located import ConfigError, Located
from service.core.calendar import DEFAULT_CALENDAR, Calendar
from service.core.escalation.policy import Policy, PolicyRule, policy_for, policy_from_json
from service.core.ownership import NOBODY, Channels, Owner, OwnerRule, owner_of
from service.core.usage import Format

__all__ = ["Company", "ConfigError", "Topic", "company_schema", "load_company"]

DEFAULT_CHANNEL = "#lastcall"
DEFAULT_NAME = "the organisation"


@dataclass(frozen=True, slots=True)
class Topic:
    """A Kafka topic to read."""

    name: str
    format: Format | None = None
    """The dialect of every record. None: detected per record."""


@dataclass(frozen=True)
class Company:
    """The settings of lastcall.yaml, with defaults."""

    organisation: str = DEFAULT_NAME
    fallback_channel: str = DEFAULT_CHANNEL
    operator_channel: str = DEFAULT_CHANNEL
    owners: tuple[OwnerRule, ...] = ()
    policies: tuple[PolicyRule, ...] = ()
    topics: tuple[Topic, ...] = ()
    calendar: Calendar = DEFAULT_CALENDAR
    """Of owners without a calendar of their own."""
    directories: Directories = NO_DIRECTORIES
    catalog: CatalogSettings = NOTHING_ASKED

    @cached_property
    def digest(self) -> str:
        """Equal for two processes with the same settings."""
        return sha256(repr(self).encode()).hexdigest()

    @property
    def channels(self) -> Channels:
        return Channels(self.fallback_channel, self.operator_channel)

    def owner_of(self, service: str) -> Owner:
        owner = owner_of(self.owners, service)
        return replace(NOBODY, calendar=self.calendar) if owner is NOBODY else owner

    def policy_for(self, *, platform: str, environment: str, owner: Owner) -> Policy:
        return policy_for(self.policies, platform=platform, environment=environment, owner=owner)


@cache
def company_schema() -> dict[str, Any]:
    """The published JSON Schema of lastcall.yaml, with the names of all dialects."""
    from service.formats.dialects import NAMES  # noqa: PLC0415  imports every dialect; the defaults need none

    schema: dict[str, Any] = json.loads((files("service.config") / "lastcall.schema.json").read_text(encoding="utf-8"))
    schema["$defs"]["topic"]["properties"]["format"]["enum"] = list(NAMES)
    return schema


def load_company(path: Path | None) -> Company:
    """Without a file, all settings have their defaults. Raises ConfigError with all problems of the file."""
    if path is None:
        return Company()
    # Slow to import, and only files need them.
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415

    from service.config.reading import read_located  # noqa: PLC0415

    located = read_located(path)
    validator = Draft202012Validator(company_schema(), format_checker=FormatChecker(["date"]))
    if problems := find_problems(located, validator):
        raise ConfigError(path, problems)
    raw: dict[str, Any] = located.value
    fallback = raw.get("fallback_channel", DEFAULT_CHANNEL)
    return Company(
        organisation=raw.get("organisation", DEFAULT_NAME),
        fallback_channel=fallback,
        operator_channel=raw.get("operator_channel", fallback),
        owners=owner_rules(located, path),
        policies=tuple(
            PolicyRule(policy_from_json({"name": policy["name"], "steps": policy["steps"]}), **policy.get("match", {}))
            for policy in raw.get("policies", [])
        ),
        topics=tuple(Topic(topic["name"], topic.get("format")) for topic in raw.get("topics", [])),
        calendar=calendar_of({}, raw),
        directories=read_directories(raw.get("directories", {}), path.parent),
        catalog=read_catalog(raw.get("catalog", {}), path.parent),
    )


def owner_rules(located: Located, path: Path) -> tuple[OwnerRule, ...]:
    """The owner rules of a valid file, each named with its line."""
    raw: dict[str, Any] = located.value
    return tuple(
        _owner_rule(rule, raw, f"owners[{index}], {path.name}:{located.line(('owners', index))}")
        for index, rule in enumerate(raw.get("owners", []))
    )


def _owner_rule(rule: dict[str, Any], company: dict[str, Any], name: str) -> OwnerRule:
    return OwnerRule(
        services=tuple(rule["services"]),
        owner=Owner(
            team=rule["team"],
            people=tuple(rule.get("people", ())),
            channel=rule.get("channel"),
            oncall=tuple(rule.get("oncall", ())),
            manager=tuple(rule.get("manager", ())),
            director=tuple(rule.get("director", ())),
            incident=rule.get("incident"),
            tier=rule.get("tier"),
            calendar=calendar_of(rule, company),
            rule=name,
        ),
    )
