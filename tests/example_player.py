"""Plays an example hour by hour: its calls, what people do, and what the real `decide` tells of it."""

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args

from msgspec import structs

from service.core import words
from service.core.catalog.lifecycle import Deprecation, Shutdown, Standing
from service.core.escalation.act import Act, Refused, perform
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.cause import Relapse
from service.core.escalation.decide import decide
from service.core.escalation.decision import Telling, Wait
from service.core.escalation.holding import shown_state
from service.core.exposure import DayOfUse, Exposure
from service.core.ownership import Audience, Owner, recipients
from tests.builders import make_day, make_deprecation
from tests.examples import (
    YEAR,
    Answer,
    Example,
    Happening,
    Rhythm,
    act_in,
    day_in,
    is_shown,
    is_told,
    names_in,
    policy_in,
    state_in,
)

HOUR = timedelta(hours=1)
CALLS_AN_HOUR = 100


@dataclass
class Caller:
    """A service that calls once an hour, a hundred times."""

    rhythm: Rhythm
    first_call: datetime
    answer: Answer | None = None
    """None: it is answered until the shutdown, and not from then on."""
    last_call: datetime | None = None
    falls: tuple[date, date] | None = None
    """From the first of these days on, to none on the second."""
    days: dict[date, DayOfUse] = field(default_factory=dict)
    first_at: datetime | None = None
    last_at: datetime | None = None

    def call(self, now: datetime, deprecation: Deprecation) -> None:
        calls = self._calls_at(now)
        if not calls:
            return
        answer = self.answer or self._as_the_catalog_says(now, deprecation)
        gone = {"calls fail": calls, "a tenth of the calls fail": calls // 10}.get(answer, 0)
        before = self.days.get(now.date(), make_day(now.date(), calls=0))
        self.days[now.date()] = structs.replace(
            before,
            calls=before.calls + calls,
            errors=before.errors + gone,
            end_of_life=before.end_of_life + gone,
            redirected=before.redirected + (calls if answer == "another model answers" else 0),
        )
        self.first_at, self.last_at = self.first_at or now, now

    def _as_the_catalog_says(self, now: datetime, deprecation: Deprecation) -> Answer:
        deadline = deprecation.shutdown.deadline
        return "calls fail" if deadline and now.date() >= deadline else "calls are answered"

    def _calls_at(self, now: datetime) -> int:
        if now < self.first_call or (self.last_call and now > self.last_call):
            return 0
        day = now.date()
        if self.rhythm == "on weekdays" and day.weekday() > 4:
            return 0
        if self.rhythm == "at each month's end" and day.day != calendar.monthrange(day.year, day.month)[1]:
            return 0
        if self.falls is None or day < self.falls[0]:
            return CALLS_AN_HOUR
        begin, end = self.falls
        return max(0, CALLS_AN_HOUR * (end - day).days // (end - begin).days)


@dataclass(frozen=True)
class Told:
    at: datetime
    line: str


class Player:
    """`play` gives the messages of the example's span, in the example's own words."""

    def __init__(self, example: Example) -> None:
        setting = example.setting
        self.example, self.setting = example, setting
        self.deprecation, self.owner, self.policy = setting.deprecation, setting.owner(), setting.policy
        self.campaign: Campaign | None = None
        self.caller = Caller(setting.rhythm, _instant(self.owner, *setting.first_call))
        self.is_up = True
        self.unread_since: datetime | None = None
        self.unread: Exposure | None = None
        self.told: list[Told] = []

    def play(self) -> list[str]:
        ahead = list(self.example.happenings)
        now = self.caller.first_call
        while now < self.example.ends_at:
            due = [one for one in ahead if one.at <= now]
            ahead = ahead[len(due) :]
            for one in due:
                self._change(one)
            self.caller.call(now, self.deprecation)
            for one in due:
                self._act(one, now)
            if self.is_up:
                self._tick(now)
            for one in due:
                self._check(one, now)
            now += HOUR
        begin, end = _instant(self.setting.owner(), self.setting.shown_from, time()), self.example.ends_at
        return [one.line for one in sorted(self.told, key=lambda one: one.at) if begin <= one.at < end]

    def _change(self, happening: Happening) -> None:
        """What the world does."""
        what, at = happening.what, happening.at
        if is_shown(what) or act_in(what):
            return
        if what in get_args(Answer):
            self.caller.answer = next(one for one in get_args(Answer) if one == what)
        elif what in {"the scheduler stops", "the scheduler starts again"}:
            self.is_up = what == "the scheduler starts again"
        elif what in {"records wait to be read", "records are read"}:
            is_read = what == "records are read"
            self.unread_since, self.unread = (None, None) if is_read else (at.astimezone(UTC), self._exposure())
        elif (names := names_in(what)) is not None:
            self.owner = self.setting.owner(names)
        elif policy := policy_in(what):
            self.policy = policy
        elif not self._move_dates(what) and not self._change_calls(what, at):
            raise ValueError(f"{what!r} is not understood")

    def _move_dates(self, what: str) -> bool:
        if found := re.fullmatch(r"the shutdown moves to (.+)", what):
            shutdown = Shutdown(day_in(found[1]), "exact")
            self.deprecation = replace(self.deprecation, shutdown=shutdown)
        elif what in {"the provider confirms it", "only others report it"}:
            standing: Standing = "provider" if what == "the provider confirms it" else "reported"
            self.deprecation = replace(self.deprecation, standing=standing)
        elif found := re.fullmatch(r"the provider announces (.+)", what):
            shutdown = Shutdown(day_in(found[1]), "exact")
            self.deprecation = replace(self.deprecation, shutdown=shutdown, standing="provider")
        elif what == "the deprecation is taken back":
            self.deprecation = make_deprecation(announced=None, shutdown_on=None, precision="unknown", replacements=())
        else:
            return False
        return True

    def _change_calls(self, what: str, at: datetime) -> bool:
        if what == "last call":
            self.caller.last_call = at.astimezone(UTC)
        elif what == "calls again":
            self.caller.last_call = self.caller.falls = None
        elif found := re.fullmatch(r"calls fall, to none by (.+)", what):
            self.caller.falls = (at.date(), day_in(found[1]))
        else:
            return False
        return True

    def _act(self, happening: Happening, now: datetime) -> None:
        act: Act | None = act_in(happening.what)
        if act is None:
            return
        after = perform(act, self.campaign, Case(self._exposure(), self.owner, now), self.policy)
        if isinstance(after, Refused):
            assert happening.refused == after.reason, f"{happening.what}: {after.reason}"
        else:
            assert happening.refused is None, f"{happening.what}: it is done"
            self.campaign = after

    def _tick(self, now: datetime) -> None:
        if not self.caller.days:
            return
        exposure = self.unread or self._exposure()
        decision = decide(self.campaign, Case(exposure, self.owner, now, self.unread_since), self.policy)
        if isinstance(decision, Wait):
            return
        self.campaign = decision.campaign
        again = decide(self.campaign, Case(exposure, self.owner, now, self.unread_since), self.policy)
        assert isinstance(again, Wait), f"{now}: asking again changes it again: {again.reason}"
        self.told += [Told(one.not_before, self._line(one, decision.campaign)) for one in decision.tellings]

    def _exposure(self) -> Exposure:
        caller = self.caller
        assert caller.first_at, "nothing has called yet"
        assert caller.last_at
        return Exposure.of(
            "search-api",
            "production",
            self.deprecation,
            tuple(caller.days.values()),
            first_at=caller.first_at,
            last_at=caller.last_at,
        )

    def _check(self, happening: Happening, now: datetime) -> None:
        if wanted := state_in(happening.what):
            state = shown_state(self.campaign, Case(self._exposure(), self.owner, now))
            assert state == wanted, f"{stamp(happening.at)}: it is {state}"

    def _line(self, telling: Telling, campaign: Campaign) -> str:
        who = recipients(self.owner, telling.audiences)
        what = telling.step if telling.kind == "notice" else telling.kind.replace("_", " ")
        said = [f"{', '.join(who)} {'get' if len(who) > 1 else 'gets'} {what}"]
        aside: Sequence[tuple[str, Sequence[Audience]]] = (
            ("early", telling.early), ("later", telling.held), ("spared", telling.spared)
        )  # fmt: skip
        said += [f"{', '.join(recipients(self.owner, audiences))} {how}" for how, audiences in aside if audiences]
        said += [f"missed {', '.join(telling.missed)}"] if telling.missed else []
        said += ["it calls again"] if isinstance(telling.cause, Relapse) else []
        said += ["first notice to a new owner"] if telling.to_new_owner else []
        said += [f"promised {_day(campaign.promise_broken_on)}"] if campaign.promise_broken_on else []
        return f"{stamp(telling.not_before.astimezone(self.owner.zone))}  {'; '.join(said)}"


def messages_of(example: Example) -> list[str]:
    """What the example says that is told."""
    return [f"{stamp(one.at)}  {one.what}" for one in example.happenings if is_told(one.what)]


def stamp(at: datetime) -> str:
    return f"{_day(at.date())} {at:%H:%M}"


def _day(day: date) -> str:
    return words.day(day).removesuffix(f" {YEAR}")


def _instant(owner: Owner, day: date, at: time) -> datetime:
    return datetime.combine(day, at, owner.zone).astimezone(UTC)
