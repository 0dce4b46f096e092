"""A campaign: the escalation of one exposure, from open to closed, and open again after a relapse."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from service.core import words
from service.core.escalation.case import Case
from service.core.escalation.hold import Acknowledged, Hold, KeptOpen, Promise
from service.core.escalation.policy import Policy
from service.core.ownership import Audience, Owner

CloseReason = Literal["migrated", "withdrawn", "misattributed"]
"""migrated: no call for longer than the quiet period. withdrawn: the model is no longer deprecated. misattributed: the
calls turned out to be of another model."""


@dataclass(frozen=True, slots=True)
class Done:
    """A past step of the campaign: sent, or passed over because a higher one was due at the same time."""

    step: str
    at: datetime
    day: date | None = None
    """The occurrence, if the step repeats or was sent again after a relapse."""
    told: tuple[Audience, ...] = ()
    """Empty: passed over."""
    held: tuple[Audience, ...] = ()
    """Audiences of the step that are notified after the owner has had a business day. While the end is only reported,
    they wait for the provider's word, or for failing calls."""
    spared: tuple[Audience, ...] = ()
    """Audiences of the step that were not notified, because the forecast was in time."""


@dataclass(frozen=True, slots=True)
class NotifiedOwner:
    """Owner at the last notification, kept to detect a hand-over."""

    team: str | None
    addresses: tuple[str, ...] = ()
    """Of the people, else of the team's channel. Empty: the owner was unknown."""

    @classmethod
    def of(cls, owner: Owner) -> "NotifiedOwner":
        channel = (owner.channel,) if owner.channel else ()
        return cls(owner.team, owner.people or channel)

    def in_words(self) -> str | None:
        """None: the owner was unknown."""
        people = words.listed(map(words.address, self.addresses)) if self.addresses else None
        return " of ".join(filter(None, (people, self.team))) or None

    def has_handed_over_to(self, owner: Owner) -> bool:
        """Whether no former address remains. It is not a hand-over if one of several people leaves, or another
        joins."""
        before, now = set(self.addresses), set(NotifiedOwner.of(owner).addresses)
        return before != now and before.isdisjoint(now)


@dataclass(frozen=True, slots=True)
class Campaign:
    policy: Policy
    """As of the opening: a later change of lastcall.yaml does not affect it."""
    opened_at: datetime
    deadline: date | None
    """Shutdown date of the current plan."""
    frozen_from: date | None = None
    """First day of the change freeze from which the plan counts. None: it counts from the shutdown."""
    is_reported: bool = False
    """Whether the end of the current plan is only reported, and not the provider's."""
    plan_version: int = 1
    """Incremented when the plan changes: either day moves, or the end is confirmed or only reported from now on."""
    done: tuple[Done, ...] = ()
    """At most one entry per step, the latest; oldest first."""
    owner: NotifiedOwner | None = None
    """None: nobody has been notified yet."""
    owner_told_at: datetime | None = None
    """First notification of the owner since the opening; in the future if it waits for working hours."""
    acknowledged: Acknowledged | None = None
    hold: Hold | None = None
    """The latest one, possibly over: see `core.escalation.holding`."""
    promise: Promise | None = None
    """The latest one since the opening."""
    kept_open: KeptOpen | None = None
    redirect_told_at: datetime | None = None
    """When the owner was notified that another model answers. None: not yet."""
    reopened_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: CloseReason | None = None

    @classmethod
    def opened(cls, policy: Policy, case: Case) -> "Campaign":
        return cls(policy, case.now, case.deadline, case.frozen_from, case.exposure.deprecation.is_reported)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def in_force(self) -> Hold | Promise | None:
        """The latest hold or open promise; the clock may have ended it."""
        return self.hold or (self.promise if self.promise and self.promise.is_open else None)

    @property
    def promised_on(self) -> date | None:
        """Day of the open promise, even if a snooze or a waiver replaces it."""
        return self.promise.on if self.promise and self.promise.is_open else None

    @property
    def promise_broken_on(self) -> date | None:
        return self.promise.broken_on if self.promise else None

    def done_with(self, step: str) -> Done | None:
        return next((done for done in self.done if done.step == step), None)

    @property
    def level(self) -> Done | None:
        """The latest step of the policy that was sent."""
        steps = {step.name for step in self.policy.steps}
        return next((done for done in reversed(self.done) if done.told and done.step in steps), None)

    @property
    def holds_back(self) -> Done | None:
        """The step with audiences that are still held."""
        return next((done for done in self.done if done.held), None)

    def former_owner(self, owner: Owner) -> NotifiedOwner | None:
        """The notified owner, if the service was handed over to `owner` since."""
        return self.owner if self.owner and self.owner.has_handed_over_to(owner) else None

    def handed_over(self, owner: Owner) -> "Campaign":
        """The new owner is not notified yet, so the audiences above wait again."""
        return replace(self, owner_told_at=None, owner=NotifiedOwner.of(owner))

    def with_broken_promise(self) -> "Campaign":
        return replace(self, promise=self.promise.broken()) if self.promise else self

    def is_moved_from(self, before: "Campaign") -> bool:
        """Whether the shutdown or the freeze is another day than before."""
        return (self.deadline, self.frozen_from) != (before.deadline, before.frozen_from)

    def closed(self, now: datetime, reason: CloseReason) -> "Campaign":
        """Acts of people end with it, except a snooze or a waiver, which also applies to a relapse."""
        return replace(self, closed_at=now, close_reason=reason, promise=None, acknowledged=None, kept_open=None)

    def with_done(self, *entries: Done) -> "Campaign":
        """The entries come last, replace those of the same steps, and clear held audiences of earlier steps."""
        names = {entry.step for entry in entries}
        kept = (done for done in self.done if done.step not in names)
        return replace(self, done=(*(replace(done, held=()) if done.held else done for done in kept), *entries))
