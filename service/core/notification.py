"""A notification: the intent to send one thing to one destination, once. Its facts are the contents of the message.

Facts are stored with the decision, so the message shows what was decided, and it can be explained later. They do not
include the number of days left: a message may wait, and is rendered when it is sent. They are msgspec structs because
they are stored as JSON.
"""

from datetime import date, datetime
from typing import Literal

import msgspec

from service.core.calendar import Freeze
from service.core.candidates import Candidate
from service.core.catalog.lifecycle import Precision, Shutdown, Standing
from service.core.comparison import Moving
from service.core.condition import Condition
from service.core.escalation.cause import NewOwner, NewsCause, Relapse, StepCause
from service.core.escalation.delay import Delay
from service.core.escalation.hold import ActInForce
from service.core.exposure import State
from service.core.forecast import Forecast
from service.core.ownership import Audience

OVERTAKEN = "overtaken"
"""Outcome of good news that was no longer true when it was due, because of new calls or the provider."""


class UseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The use that the notification is about."""

    service: str
    environment: str
    platform: str
    model: str
    id: str
    """The model as requests on that platform spell it."""


class EndFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The end of the model, as in the catalog."""

    announced: date | None = None
    shutdown_on: date | None
    precision: Precision
    after_shutdown: str = "error"
    replacements: tuple[str, ...] = ()
    source: str | None = None
    standing: Standing = "provider"
    dates_of: str | None = None
    """The platform behind the router that is called, if the dates are that platform's."""

    @property
    def is_reported(self) -> bool:
        """Whether only others say so, and not the provider."""
        return self.standing == "reported"

    @property
    def deadline(self) -> date | None:
        return Shutdown(self.shutdown_on, self.precision).deadline


class Owned(msgspec.Struct, frozen=True, kw_only=True):
    """The owner of the service."""

    team: str | None
    rule: str = ""
    """The rule that names the owner, or the reason why there is none."""
    candidates: tuple[Candidate, ...] = ()
    """Possible owners if there is none, likeliest first."""


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """How the service calls the model."""

    state: State
    first_at: datetime
    last_at: datetime
    calls_7d: int
    errors_7d: int
    tokens_7d: int | None
    """None: no call of the week reported tokens."""
    calls_total: int
    requested_ids: tuple[str, ...] = ()
    request_ids: tuple[str, ...] = ()
    served_id: str | None = None
    """The other model that answers, if there is one and its name is known."""


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """Steps that were due earlier and not sent (late detection, downtime)."""

    steps: tuple[str, ...] = ()
    last_due: date | None = None
    """The latest day of these steps by the policy, in the owner's zone."""
    moved_on: date | None = None
    reported_until: date | None = None
    """When the end became more than a report. None: not by this decision."""
    """Day on which the shutdown moved, if that made the step due."""
    known_since: date | None = None
    """Day on which the campaign opened. None: not recorded."""


class Recipients(msgspec.Struct, frozen=True, kw_only=True):
    """Audiences that differ from those of the step."""

    held: tuple[Audience, ...] = ()
    """Audiences of the step, notified after the owner has had a business day."""
    spared: tuple[Audience, ...] = ()
    """Audiences of the step, not notified because the forecast is in time."""
    early: tuple[Audience, ...] = ()
    """Audiences notified before their step, because the forecast is late."""
    substitutes: tuple[tuple[Audience, Audience], ...] = ()
    """(audience without an address, audience that replaces it)"""


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """The next step if nothing changes."""

    step: str
    repeat_days: int | None = None
    on: date | None = None
    audiences: tuple[Audience, ...] = ()
    """The audiences that will be notified, after replacements."""


class Notice(msgspec.Struct, frozen=True, kw_only=True, tag="notice"):
    """One exposure at one step: the end of the model, the calls, the replacement, the next step."""

    cause: StepCause
    also: tuple[Relapse | NewOwner, ...] = ()
    """Further causes, also of earlier notices that were not sent in time."""
    use: UseFacts
    end: EndFacts
    traffic: Traffic
    owner: Owned
    freeze: Freeze | None = None
    """A change freeze until the shutdown: steps before the shutdown count from its first day."""
    missed: Missed = Missed()
    recipients: Recipients = Recipients()
    following: Following | None = None
    promise_broken_on: date | None = None
    """Day of a broken promise."""
    act_in_force: ActInForce | None = None
    forecast: Forecast | None = None
    """Set while the end is ahead."""
    moving: Moving | None = None
    """What to move to. None: not looked up."""
    checklist_open: tuple[str, ...] = ()
    """Open items of the checklist, once the shutdown is near."""
    planned_on: date | None = None
    """Day of the step by the policy, in the owner's zone. None: it has none."""
    delays: tuple[Delay, ...] = ()
    """Reasons why it is sent later, or has another day than the policy gives."""

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
    """An event of one exposure, outside the steps."""

    cause: NewsCause
    use: UseFacts
    end: EndFacts
    owner: Owned
    served_id: str | None = None
    """As for a notice."""


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
    standing: Standing = "provider"
    dates_of: str | None = None
    """As for a notice."""
    replacement: str | None
    state: State
    calls: int
    calls_before: int
    """Calls of the week before, to show the change."""
    told: bool
    """Whether a message about it was delivered by the end of the week."""
    new: bool = False
    """Its first recorded call was in this week."""
    promised_on: date | None = None
    """Day of a broken promise."""
    act_in_force: ActInForce | None = None
    waiver_ends_on: date | None = None
    """Set if a waiver ends in the following week."""
    ticked: int | None = None
    """Number of ticked checklist items. None: not recorded."""
    checklist_open: tuple[str, ...] = ()
    """As for a notice."""


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """What lastcall could not read or resolve in the week."""

    kind: Literal["rejection", "unresolved", "stale_source"]
    what: str
    """A reason of rejection, an unknown id, or a source of the catalog."""
    count: int
    """Records rejected, calls with the id, or days since the last good reading."""
    where: tuple[str, ...]
    """The topic, or the services that use the id; of a source, nothing."""


class Unlisted(msgspec.Struct, frozen=True, kw_only=True):
    """Uses of one model beyond the lines that a digest lists."""

    platform: str
    model: str
    uses: int
    calls: int
    calls_before: int


class WeekTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Totals of a week for one audience, including what the digest does not list."""

    services: int
    """Services that call. The following four are numbers of services as well."""
    migrated: int
    new: int
    broken_promises: int
    unowned: int
    models: int
    """Models that are called."""
    calls: int
    calls_before: int
    """Calls of the week before, including those of migrated uses."""
    migrated_uses: int


class Digest(msgspec.Struct, frozen=True, kw_only=True, tag="digest"):
    """The weekly summary for one audience."""

    week: str
    """ISO week, 2025-W27."""
    audience: str
    """A team's name, or "(organisation)"."""
    lines: tuple[DigestLine, ...]
    """Bounded: at least one per model, and all with a broken promise or an ending waiver."""
    unlisted: tuple[Unlisted, ...] = ()
    migrated: tuple[DigestLine, ...] = ()
    unowned: tuple[str, ...] = ()
    totals: WeekTotals
    candidates: dict[str, tuple[Candidate, ...]] = {}
    """Possible owners of `unowned`, by service, as in a notice."""
    unread: tuple[Unread, ...] = ()
    unread_more: int = 0
    """Number of unknown ids that are not in `unread`."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True, tag="trouble"):
    """A problem of lastcall itself; the operator is notified once."""

    condition: Condition


class Undeliverable(msgspec.Struct, frozen=True, kw_only=True, tag="undeliverable"):
    """A destination that Slack permanently refuses; the same message contains the original facts."""

    destination: str
    error: str


Facts = Notice | News | Digest | Trouble | Undeliverable
"""Stored as JSON with the tag in `type`."""


def read_facts(stored: object) -> Facts | None:
    """None: another release stored them, and this one cannot read them."""
    try:
        facts: Facts = msgspec.convert(stored, Facts)
    except msgspec.ValidationError:
        return None
    return facts
