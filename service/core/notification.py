"""A notification: the intent to tell one destination one thing, once. Its facts are what the message will say.

Facts are frozen when the decision falls, so that what a person reads is what was decided, and can be explained later.
How many days are left is none of them: a message can wait, and says what is true when it goes out.
They are msgspec structs because they are stored as JSON and read back.
"""

from datetime import date, datetime
from typing import Literal

import msgspec

from service.core.calendar import Freeze
from service.core.catalog.lifecycle import Precision, Shutdown
from service.core.escalation.cause import NewOwner, NewsCause, Relapse, StepCause
from service.core.escalation.delay import Delay
from service.core.escalation.hold import StandingAct
from service.core.exposure import State
from service.core.forecast import Forecast
from service.core.ownership import Audience

OVERTAKEN = "overtaken"
"""The outcome of good news that calls, or a provider, have overtaken: it was no longer so when it was to go out."""


class UseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls what."""

    service: str
    environment: str
    platform: str
    model: str
    id: str
    """The model as a request on that platform spells it: the name that people know."""


class EndFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the end of the model."""

    announced: date | None = None
    shutdown_on: date | None
    precision: Precision
    after_shutdown: str = "error"
    replacements: tuple[str, ...] = ()
    source: str | None = None
    second_hand: bool = False
    """No source of the record is the provider's own: the dates are to be confirmed."""

    @property
    def deadline(self) -> date | None:
        return Shutdown(self.shutdown_on, self.precision).deadline


class Owned(msgspec.Struct, frozen=True, kw_only=True):
    """Who answers for the service."""

    team: str | None
    rule: str = ""
    """By what they do, or why nobody is known."""
    candidates: tuple[str, ...] = ()
    """Who may, where nobody is known to, the likeliest first: `who (why)`, plain text."""


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """How the service calls the model."""

    state: State
    first_at: datetime
    last_at: datetime
    calls_7d: int
    errors_7d: int
    tokens_7d: int | None
    """None: no call of the week said its tokens."""
    calls_total: int
    requested_ids: tuple[str, ...] = ()
    request_ids: tuple[str, ...] = ()
    served_id: str | None = None
    """The model that answers in its place, where another does and its name is known."""


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """Steps that were due before and were not told (late discovery, downtime): one message says so."""

    steps: tuple[str, ...] = ()
    last_due: date | None = None
    """The latest day that one of them had by the policy, in the owner's zone."""
    moved_on: date | None = None
    """The day on which the end became another one, where that made the step due."""
    known_since: date | None = None
    """When its campaign opened, which is when lastcall came to know of it. None: not noted."""


class Hearers(msgspec.Struct, frozen=True, kw_only=True):
    """Who hears otherwise than the step says."""

    held: tuple[Audience, ...] = ()
    """They belong to the step, and hear once the owner has had a business day."""
    spared: tuple[Audience, ...] = ()
    """They belong to the step and are not told, because at this pace the calls end in time."""
    early: tuple[Audience, ...] = ()
    """They hear before their step, because at this pace the calls do not end in time."""
    stand_ins: tuple[tuple[Audience, Audience], ...] = ()
    """Audiences of which no address is known, each with who hears in its place."""


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """The step that comes next if nothing changes."""

    step: str
    repeat_days: int | None = None
    on: date | None = None
    audiences: tuple[Audience, ...] = ()
    """Who really hears then: where an audience is empty, who stands in for it."""


class Notice(msgspec.Struct, frozen=True, kw_only=True, tag="notice"):
    """One exposure at one step: what dies when, what the service calls, what to move to, what happens next."""

    cause: StepCause
    also: tuple[Relapse | NewOwner, ...] = ()
    """What is told with it: also of earlier notices, which were not sent in time."""
    use: UseFacts
    end: EndFacts
    traffic: Traffic
    owner: Owned
    freeze: Freeze | None = None
    """Of changes, up to the shutdown: steps before it are counted from its first day."""
    missed: Missed = Missed()
    hearers: Hearers = Hearers()
    following: Following | None = None
    promise_broken_on: date | None = None
    """The team had promised to be done by this day; the day is past, and calls go on."""
    standing: StandingAct | None = None
    forecast: Forecast | None = None
    """Of the calls, as long as the end is ahead."""
    checklist_open: tuple[str, ...] = ()
    """Items of the migration checklist that nobody has ticked, once the shutdown is near."""
    planned_on: date | None = None
    """The step's day by the policy, in the owner's zone. None: it has none."""
    delays: tuple[Delay, ...] = ()
    """Why it is told later than that, or its day is not the one that the policy counts."""

    @property
    def relapse(self) -> Relapse | None:
        return next((one for one in (self.cause, *self.also) if isinstance(one, Relapse)), None)

    @property
    def new_owner(self) -> NewOwner | None:
        return next((one for one in (self.cause, *self.also) if isinstance(one, NewOwner)), None)

    @property
    def forecast_in_words(self) -> str | None:
        end = self.freeze.begin if self.freeze else self.end.deadline
        return self.forecast.in_words(end) if self.forecast and end else None


class News(msgspec.Struct, frozen=True, kw_only=True, tag="news"):
    """What happened to one exposure, and is no reminder."""

    cause: NewsCause
    use: UseFacts
    end: EndFacts
    owner: Owned
    served_id: str | None = None
    """As of a notice."""


class DigestLine(msgspec.Struct, frozen=True, kw_only=True):
    """One exposure in a digest."""

    service: str
    environment: str
    team: str | None
    platform: str
    model: str
    id: str
    shutdown_on: date | None
    precision: Precision
    second_hand: bool = False
    """As a notice has it."""
    replacement: str | None
    state: State
    calls: int
    calls_before: int
    """Calls of the week before, so that the digest can say what moved."""
    told: bool
    """Whether anybody was told of it at all by the week's end."""
    new: bool = False
    """Its first call on record was in this week."""
    promised_on: date | None = None
    """The team had promised to be done by this day; the day is past, and calls went on."""
    standing: StandingAct | None = None
    waiver_ends_on: date | None = None
    """Of a waiver that ends in the week after."""
    ticked: int | None = None
    """Items of its migration checklist that are done. None: not noted."""
    checklist_open: tuple[str, ...] = ()
    """As a notice has it."""


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """What lastcall could not read or resolve in the week."""

    kind: Literal["rejection", "unresolved"]
    what: str
    """A reason of rejection, or an id that identity does not know."""
    count: int
    """Records rejected, or calls with the id."""
    where: tuple[str, ...]
    """The topic, or the services that use the id."""


class Unlisted(msgspec.Struct, frozen=True, kw_only=True):
    """Uses of one model beyond the lines that a digest lists."""

    platform: str
    model: str
    uses: int
    calls: int
    calls_before: int


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Of a week, for one audience. Whatever a digest lists, these count everything."""

    services: int
    """That call; the four that follow are numbers of services, too."""
    migrated: int
    new: int
    broken_promises: int
    unowned: int
    models: int
    """That are called."""
    calls: int
    calls_before: int
    """Calls of the week before, those of the migrated ones among them."""
    migrated_uses: int


class Digest(msgspec.Struct, frozen=True, kw_only=True, tag="digest"):
    """A week's picture for one audience."""

    week: str
    """ISO week, 2025-W27."""
    audience: str
    """A team's name, or "(organisation)"."""
    lines: tuple[DigestLine, ...]
    """As many as are read: of each model at least one, and all that broke a promise or whose waiver ends."""
    unlisted: tuple[Unlisted, ...] = ()
    migrated: tuple[DigestLine, ...] = ()
    unowned: tuple[str, ...] = ()
    totals: Totals
    candidates: dict[str, tuple[str, ...]] = {}
    """Who may own those, as a notice has it, by service."""
    unread: tuple[Unread, ...] = ()
    unread_more: int = 0
    """Ids that identity does not know, beyond those in `unread`."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True, tag="trouble"):
    """Something is wrong with lastcall itself; the operator hears once."""

    condition: str
    subject: str
    detail: str
    remedy: str


class Undeliverable(msgspec.Struct, frozen=True, kw_only=True, tag="undeliverable"):
    """A destination that Slack refuses for good; the original facts follow in the same message."""

    destination: str
    error: str


Facts = Notice | News | Digest | Trouble | Undeliverable
"""All that a message can be about. Stored as JSON with the tag in `type`."""


def read_facts(stored: object) -> Facts | None:
    """None: another release wrote them, and this one cannot read them."""
    try:
        facts: Facts = msgspec.convert(stored, Facts)
    except msgspec.ValidationError:
        return None
    return facts
