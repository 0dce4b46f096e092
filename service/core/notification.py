"""A notification: the intent to tell one destination one thing, once. Its facts are what the message will say.

Facts are frozen when the decision falls, so that what a person reads is what was decided, and can be explained later.
How many days are left is none of them: a message can wait, and says what is true when it goes out.
They are msgspec structs because they are stored as JSON and read back.
"""

from datetime import date, datetime
from typing import Literal

import msgspec

from service.core.catalog.lifecycle import Precision
from service.core.exposure import State
from service.core.ownership import Audience


class Notice(msgspec.Struct, frozen=True, kw_only=True, tag="notice"):
    """One exposure at one step: what dies when, what the service calls, what to move to, what happens next."""

    service: str
    environment: str
    team: str | None
    platform: str
    model: str
    id: str
    """The model as a request on that platform spells it: the name that people know."""
    requested_ids: tuple[str, ...] = ()
    announced: date | None
    shutdown_on: date | None
    precision: Precision
    after_shutdown: str = "error"
    replacements: tuple[str, ...] = ()
    source: str | None = None
    second_hand: bool = False
    """No source of the record is the provider's own: the dates are to be confirmed."""
    state: State
    first_at: datetime
    last_at: datetime
    calls_7d: int
    errors_7d: int
    tokens_7d: int | None
    """None: no call of the week said its tokens."""
    calls_total: int
    step: str
    repeat_days: int | None = None
    """The step comes round again after so many days while calls go on. None: it is told once."""
    frozen_from: date | None = None
    """The first day of a change freeze that reaches up to the shutdown: steps before it are counted from this day."""
    freeze: str = ""
    """Its name."""
    known_since: date | None = None
    """When its campaign opened, which is when lastcall came to know of it. None: not noted."""
    missed: tuple[str, ...] = ()
    """Steps that were due before and were not told (late discovery, downtime): one message says so."""
    last_due: date | None = None
    """The latest day that one of `missed` had by the policy, in the owner's zone."""
    moved_on: date | None = None
    """The day on which the end became another one, where that made the step due."""
    next_step: str | None = None
    next_repeat_days: int | None = None
    """As `repeat_days`, of the next step."""
    next_at: date | None = None
    next_audiences: tuple[Audience, ...] = ()
    """Who really hears then: where an audience is empty, who stands in for it."""
    reopened: bool = False
    """The service had stopped calling, was taken as migrated, and calls again."""
    silent_since: date | None = None
    """Of a relapse: the day of its last call before the silence."""
    back_since: date | None = None
    """Of a relapse: the day of its first call after the silence."""
    calls_since_back: int | None = None
    served_id: str | None = None
    """The model that answers in its place, where another does and its name is known."""
    handed_over_from: str | None = None
    """The former owner, in words, or "nobody": this is what its new owner hears first."""
    promised_on: date | None = None
    """The team had promised to be done by this day; the day is past, and calls go on."""
    standing: str | None = None
    """The act in force, a clause: `acknowledged by ada on Mon 16 Jun 2025, until Mon 23 Jun 2025`."""
    forecast: str | None = None
    """When the calls reach zero at this pace: one sentence, plain text."""
    spared: tuple[Audience, ...] = ()
    """Who belongs to the step and is not told, because at this pace the calls end in time."""
    early: tuple[Audience, ...] = ()
    """Who hears before their step, because at this pace the calls do not end in time."""
    checklist_open: tuple[str, ...] = ()
    """Items of the migration checklist that nobody has ticked, once the shutdown is near."""
    planned_on: date | None = None
    """The step's day by the policy, in the owner's zone. None: not noted, or the step has none."""
    waited: tuple[str, ...] = ()
    """Why it is told later than that, or its day is not the one that the policy counts: clauses, plain text."""
    held: tuple[Audience, ...] = ()
    """Who belongs to the step and hears once the owner has had a business day."""
    stand_ins: tuple[tuple[Audience, Audience], ...] = ()
    """Audiences of which no address is known, each with who hears in its place."""
    owner_rule: str | None = None
    """By what the owner is the owner. None: not noted."""
    request_ids: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    """Who may own a service that nobody is known to own, the likeliest first: `who (why)`, plain text."""


class Migrated(msgspec.Struct, frozen=True, kw_only=True, tag="migrated"):
    """The exposure closed: no call for longer than the caller's own quiet period."""

    service: str
    environment: str
    platform: str
    model: str
    id: str
    last_at: datetime
    quiet_days: int
    shutdown_on: date | None
    second_hand: bool = False
    """As a notice has it."""


class DateMoved(msgspec.Struct, frozen=True, kw_only=True, tag="date_moved"):
    """The provider moved the day. Each owner hears once, with the old and the new date."""

    service: str
    environment: str
    platform: str
    model: str
    id: str
    before: date | None
    after: date | None
    source: str | None = None
    second_hand: bool = False
    """As a notice has it."""


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True, tag="withdrawn"):
    """The provider has taken the end back. Each owner hears once, and the campaign is closed."""

    service: str
    environment: str
    platform: str
    model: str
    id: str
    before: date | None
    """The shutdown that held until now."""
    source: str | None = None
    second_hand: bool = False
    """As a notice has it."""


class Redirected(msgspec.Struct, frozen=True, kw_only=True, tag="redirected"):
    """Another model answers than the one that is asked for. The owner hears once, before the day or after it."""

    service: str
    environment: str
    platform: str
    model: str
    id: str
    served_id: str | None = None
    """The model that answers; None: the log does not say which, or several do."""
    day: date
    """The last day with calls, which the two counts are of."""
    answered: int
    redirected: int
    """Calls that another model answered, of those that were answered."""
    since: date
    """The first day of which this held, without a break until `day`."""
    shutdown_on: date | None
    precision: Precision = "exact"
    source: str | None = None
    second_hand: bool = False
    """As a notice has it."""


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
    standing: str | None = None
    """What somebody has asked and is in force, as a clause: acknowledged, snoozed, promised or waived until when."""
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


Happened = Migrated | DateMoved | Withdrawn | Redirected
"""What happened to one exposure, and is no reminder."""
Facts = Notice | Happened | Digest | Trouble | Undeliverable
"""All that a message can be about. Stored as JSON with the tag in `type`."""
