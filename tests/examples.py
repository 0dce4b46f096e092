"""The examples of docs/escalation.md: a small language that tells what happens to one service, and who is notified.

A line without a day says how things are. A line that begins with a day says what happens then, or what is told then; at
noon unless it says when. An unknown word is an error, and so is a day that falls on another weekday.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from service.core import words
from service.core.calendar import Calendar, Freeze
from service.core.catalog.lifecycle import Deprecation, Shutdown
from service.core.escalation.act import Acknowledge, Act, Commit, Reopen, Snooze, Waive
from service.core.escalation.policy import DEFAULT_POLICY, Policy, policy_from_json
from service.core.exposure import State
from service.core.ownership import NOBODY, Audience, Owner
from tests.builders import make_deprecation, make_owner

Rhythm = Literal["each day", "on weekdays", "at each month's end"]
Answer = Literal["calls are answered", "calls fail", "a tenth of the calls fail", "another model answers"]
NOTHING_MORE = "nothing more"
YEAR = 2025
"""Of a day that does not say it."""
BERLIN = ZoneInfo("Europe/Berlin")

_BLOCK = re.compile(r"^(?P<indent> *)```example\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_DAY = r"[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2}(?: \d{4})?"
_LINE = re.compile(rf"(?P<day>{_DAY})(?: (?P<time>\d\d:\d\d))? {{2,}}(?P<what>\S.*)")
_MONTHS = {words.day(date(YEAR, month, 1)).split()[2]: month for month in range(1, 13)}


_GPT45 = make_deprecation()


@dataclass(frozen=True)
class Setting:
    """How things are when the story begins: unless it says so, those of the GPT-4.5 Preview case."""

    deprecation: Deprecation = _GPT45
    owners: tuple[str, ...] = ("Ada",)
    calendars: tuple[tuple[str, Calendar], ...] = ()
    freezes: tuple[Freeze, ...] = ()
    missing: tuple[str, ...] = ()
    """Audiences that have no address."""
    policy: Policy = DEFAULT_POLICY
    rhythm: Rhythm = "each day"
    first_call: tuple[date, time] = (date(YEAR, 4, 1), time())
    shown_from: date = date(YEAR, 1, 1)

    def owner(self, names: tuple[str, ...] | None = None) -> Owner:
        """Of a service that belongs to `names`; they live where the first one lives."""
        people = self.owners if names is None else names
        if not people:
            return NOBODY
        calendar = replace(dict(self.calendars).get(people[0], Calendar(BERLIN)), freezes=self.freezes)
        nobody: dict[str, object] = {"manager": (), "director": (), "oncall": (), "incident": None, "team": None}
        missing = {"channel" if who == "team" else who: nobody[who] for who in self.missing}
        everybody = tuple(f"{name.lower()}@example.com" for name in people)
        return make_owner(people=everybody, calendar=calendar, **missing)


@dataclass(frozen=True)
class Happening:
    """`what` happens at `at`, or is told then, or holds then."""

    at: datetime
    what: str
    refused: str | None = None
    """Of an act: the reason why it is not done."""


@dataclass(frozen=True)
class Example:
    name: str
    """The rule's section, and the line of the document."""
    setting: Setting
    happenings: tuple[Happening, ...]

    @property
    def ends_at(self) -> datetime:
        """With the day of the last line."""
        return self.happenings[-1].at.replace(hour=0, minute=0) + timedelta(days=1)


def read_examples(document: Path) -> Iterator[Example]:
    text = document.read_text()
    for block in _BLOCK.finditer(text):
        heading = [found[1] for found in _HEADING.finditer(text, 0, block.start())][-1]
        yield read_example(dedent(block["text"]), name=f"{heading}, line {text.count(chr(10), 0, block.start()) + 1}")


def read_example(text: str, *, name: str) -> Example:
    setting, happenings = Setting(), list[Happening]()
    zone: ZoneInfo | None = None
    for line in text.splitlines():
        dated = _LINE.fullmatch(line)
        if dated is None:
            if happenings:
                raise ValueError(f"{line!r} has no day")
            setting = _settle(setting, line)
            continue
        zone = zone or setting.owner().zone
        what, _, refused = dated["what"].partition("; refused: ")
        at = datetime.combine(day_in(dated["day"]), time.fromisoformat(dated["time"] or "12:00"), zone)
        if happenings and at < happenings[-1].at:
            raise ValueError(f"{line!r} is before the line above it")
        happenings.append(Happening(at, what, refused or None))
        if (names := names_in(what)) is not None:
            zone = setting.owner(names).zone
    if not happenings or not is_shown(happenings[-1].what):
        raise ValueError("it has no end: the last line says who is notified, the state, or `nothing more`")
    return Example(name, setting, tuple(happenings))


def day_in(text: str) -> date:
    """`Mon 14 Jul`, `Thu 8 Jan 2026`. Raises ValueError for a day that is none, or of another weekday."""
    if not re.fullmatch(_DAY, text):
        raise ValueError(f"{text!r} is no day")
    _, number, month, *year = text.split()
    day = date(int(year[0]) if year else YEAR, _MONTHS[month], int(number))
    if not words.day(day).startswith(f"{text} {YEAR}" if not year else text):
        raise ValueError(f"{text!r} is a {words.day(day)}")
    return day


def names_in(text: str) -> tuple[str, ...] | None:
    """`Ada and Ben own it`, `nobody owns it`. None: it says nothing of owners."""
    found = re.fullmatch(r"(?:nobody|(?P<one>[A-Z][a-z]+)(?: and (?P<other>[A-Z][a-z]+))?) owns? it", text)
    return tuple(filter(None, found.groups())) if found else None


def is_told(text: str) -> bool:
    """`owner, team get -30d`"""
    return re.match(r"[a-z]+(?:, [a-z]+)* gets? ", text) is not None


def is_shown(text: str) -> bool:
    """Whether it says what is told or seen, and not what is done."""
    return is_told(text) or text == NOTHING_MORE or state_in(text) is not None


def act_in(text: str) -> Act | None:
    """`Ada snoozes until Thu 15 May`. None: it is no act."""
    found = re.fullmatch(
        rf"(?P<by>[A-Z][a-z]+) (?P<verb>acknowledges|reopens|snoozes until|commits to|waives until)"
        rf"(?: (?P<day>{_DAY}))?(?:: (?P<reason>.+))?",
        text,
    )
    if found is None:
        return None
    by, day, reason = found["by"].lower(), found["day"], found["reason"]
    match found["verb"], day is not None, reason is not None:
        case "acknowledges", False, False:
            return Acknowledge(by)
        case "reopens", False, False:
            return Reopen(by)
        case "snoozes until", True, False:
            return Snooze(by, day_in(day))
        case "commits to", True, False:
            return Commit(by, day_in(day))
        case "waives until", True, _:
            return Waive(by, day_in(day), reason or "")
    raise ValueError(f"{text!r} is no act")


def state_in(text: str) -> State | None:
    """`it is quiet`. None: it says nothing of a state."""
    state = text.removeprefix("it is ")
    return next((one for one in get_args(State) if one == state and text != state), None)


def policy_in(text: str) -> Policy | None:
    """`policy -30d: owner; 0d: owner, team; +1d: owner, each day`. None: it is none."""
    if not text.startswith("policy "):
        return None
    return policy_from_json({"name": "example", "steps": [_step_in(one) for one in text[len("policy ") :].split("; ")]})


def _step_in(text: str) -> dict[str, Any]:
    at, _, who = text.partition(": ")
    audiences, _, repeat = who.partition(", each ")
    tell = audiences.split(", ")
    if unknown := set(tell) - set(get_args(Audience)):
        raise ValueError(f"{text!r} tells {unknown}")
    if repeat not in {"", "day"}:
        raise ValueError(f"{text!r} repeats each {repeat!r}")
    return {"at": at, "tell": tell} | ({"repeat": "1d"} if repeat else {})


def _settle(setting: Setting, line: str) -> Setting:
    if (names := names_in(line)) is not None:
        return replace(setting, owners=names)
    if policy := policy_in(line):
        return replace(setting, policy=policy)
    return _settle_dates(setting, line) or _settle_people(setting, line) or _unknown(line)


def _settle_dates(setting: Setting, line: str) -> Setting | None:
    record = setting.deprecation
    if found := re.fullmatch(rf"from (?P<day>{_DAY})", line):
        return replace(setting, shown_from=day_in(found["day"]))
    if found := re.fullmatch(rf"announced (?P<day>{_DAY})", line):
        return replace(setting, deprecation=replace(record, announced=day_in(found["day"])))
    plain: dict[str, dict[str, Any]] = {
        "only reported": {"standing": "reported"},
        "no announcement on record": {"announced": None},
    }
    if line in plain:
        return replace(setting, deprecation=replace(record, **plain[line]))
    if found := re.fullmatch(rf"shutdown (?P<soft>no sooner than )?(?P<day>{_DAY})", line):
        shutdown = Shutdown(day_in(found["day"]), "no_sooner_than" if found["soft"] else "exact")
        return replace(setting, deprecation=replace(record, shutdown=shutdown))
    rhythms = "|".join(get_args(Rhythm))
    if found := re.fullmatch(rf"calls (?P<rhythm>{rhythms}) since (?P<day>{_DAY})(?: (?P<time>\d\d:\d\d))?", line):
        rhythm: Rhythm = next(one for one in get_args(Rhythm) if one == found["rhythm"])
        first = day_in(found["day"]), time.fromisoformat(found["time"] or "00:00")
        return replace(setting, rhythm=rhythm, first_call=first)
    return None


def _settle_people(setting: Setting, line: str) -> Setting | None:
    if found := re.fullmatch(r"(?P<name>[A-Z][a-z]+) is in (?P<zone>[\w/]+)(?:, country (?P<country>[A-Z]{2}))?", line):
        calendar = Calendar(ZoneInfo(found["zone"]), country=found["country"])
        return replace(setting, calendars=(*setting.calendars, (found["name"], calendar)))
    if found := re.fullmatch(rf"freeze (?P<begin>{_DAY}) to (?P<end>{_DAY})", line):
        freeze = Freeze(day_in(found["begin"]), day_in(found["end"]), "freeze")
        return replace(setting, freezes=(*setting.freezes, freeze))
    if found := re.fullmatch(r"no (?P<who>manager|director|oncall|incident|team)", line):
        return replace(setting, missing=(*setting.missing, found["who"]))
    return None


def _unknown(line: str) -> Setting:
    raise ValueError(f"{line!r} is not understood")
