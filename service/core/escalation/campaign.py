"""A campaign: the life of one exposure's escalation, open to closed, and open again after a relapse."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from service.core import words
from service.core.escalation.hold import Acknowledged, Hold, KeptOpen, Promise
from service.core.escalation.policy import Policy
from service.core.ownership import Audience, Owner

CloseReason = Literal["migrated", "withdrawn", "misread"]
"""migrated: no call for longer than the caller's own quiet period. withdrawn: the model is not deprecated any more.
misread: the calls that were counted turned out to be of another model."""


@dataclass(frozen=True, slots=True)
class Done:
    """A step that is behind the campaign: told, or passed over because a higher one was due with it."""

    step: str
    at: datetime
    day: date | None = None
    """Which occurrence, of a step that repeats or was told again after a relapse."""
    told: tuple[Audience, ...] = ()
    """Empty: passed over."""
    held: tuple[Audience, ...] = ()
    """Who belongs to the step and hears once the owner has had a business day."""
    spared: tuple[Audience, ...] = ()
    """Who belongs to the step and was not told, because the calls were on their way to zero in time."""


@dataclass(frozen=True, slots=True)
class Answerable:
    """Who answered for the service when its owner was last told of it: enough to see that it changed hands."""

    team: str | None
    addresses: tuple[str, ...] = ()
    """Of the people, else of the team's channel; empty: nobody was known."""

    @classmethod
    def of(cls, owner: Owner) -> "Answerable":
        channel = (owner.channel,) if owner.channel else ()
        return cls(owner.team, owner.people or channel)

    def in_words(self) -> str | None:
        """None: nobody was known."""
        people = words.listed(map(words.address, self.addresses)) if self.addresses else None
        return " of ".join(filter(None, (people, self.team))) or None

    def has_handed_over_to(self, owner: Owner) -> bool:
        """Whether others answer now, or nobody. That one of several left, or that one more joined, is no hand-over."""
        before, now = set(self.addresses), set(Answerable.of(owner).addresses)
        return before != now and before.isdisjoint(now)


@dataclass(frozen=True, slots=True)
class Campaign:
    policy: Policy
    """As it was when the campaign opened: a later change of lastcall.yaml does not touch it."""
    opened_at: datetime
    deadline: date | None
    """The shutdown that the plan was made for."""
    frozen_from: date | None = None
    """The first day of the change freeze that the plan counts from. None: it counts from the shutdown."""
    plan_version: int = 1
    """Counts the moves of either day."""
    done: tuple[Done, ...] = ()
    """At most one entry a step, the latest; the steps of the policy oldest first."""
    owner: Answerable | None = None
    """None: nobody was told anything yet."""
    owner_told_at: datetime | None = None
    """When the owner first heard of this opening, or will hear once the quiet hours are over."""
    acknowledged: Acknowledged | None = None
    hold: Hold | None = None
    """The last one; whether it still holds, the clock says: `core.escalation.holding`."""
    promise: Promise | None = None
    """The last one of this opening."""
    kept_open: KeptOpen | None = None
    redirect_told_at: datetime | None = None
    """When the owner heard that another model answers. None: not yet."""
    reopened_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: CloseReason | None = None

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def in_force(self) -> Hold | Promise | None:
        """What was asked last; the clock may have ended it."""
        return self.hold or (self.promise if self.promise and self.promise.is_open else None)

    @property
    def promised_on(self) -> date | None:
        """The day of the open promise, also where a snooze or a waiver has taken its place."""
        return self.promise.on if self.promise and self.promise.is_open else None

    @property
    def promise_broken_on(self) -> date | None:
        """The day that was promised, and after which there were calls."""
        return self.promise.broken_on if self.promise else None

    def done_with(self, step: str) -> Done | None:
        return next((done for done in self.done if done.step == step), None)

    @property
    def level(self) -> Done | None:
        """The last step of the policy that was told to anybody."""
        steps = {step.name for step in self.policy.steps}
        return next((done for done in reversed(self.done) if done.told and done.step in steps), None)

    @property
    def holds_back(self) -> Done | None:
        """The step of which somebody has yet to hear."""
        return next((done for done in self.done if done.held), None)

    def with_done(self, *entries: Done) -> "Campaign":
        """The entries come last, replace those of the same steps, and settle whatever an earlier step still held."""
        names = {entry.step for entry in entries}
        kept = (done for done in self.done if done.step not in names)
        return replace(self, done=(*(replace(done, held=()) if done.held else done for done in kept), *entries))
