"""Conditions: problems of lastcall itself. A closed union of typed facts, with their words.

`advice` is text: it comes from the tables of adapters (errors of Slack, of directories), which core cannot import.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

import msgspec
from msgspec import Struct

from service.core.condition_catalog import CatalogHeld, CatalogStale
from service.core.condition_ingest import (
    ConsumerBehind,
    DeadLettersWait,
    FetchFailing,
    Gap,
    NameFlood,
    OfKind,
    RejectionFlood,
    TopicMissing,
    TopicRecreated,
    ValuesRefused,
)
from service.core.directory.backstage import SkippedFiles
from service.core.directory.codeowners import UnreadLine
from service.core.exposure import ExposureKey


class Undecidable(OfKind, frozen=True, kw_only=True, tag="undecidable"):
    service: str
    environment: str
    platform: str
    model: str
    error: str
    """By name: its text may quote stored data, so only the log has it."""

    remedy: ClassVar[str] = "find the error in the log of `lastcall schedule`, and report it as a bug of lastcall"

    @property
    def subject(self) -> str:
        return ExposureKey(self.service, self.environment, self.platform, self.model).label

    @property
    def detail(self) -> str:
        return f"its escalation cannot be evaluated ({self.error}); until then nobody is notified"


class _OfDestination(OfKind, frozen=True, kw_only=True):
    destination: str

    @property
    def subject(self) -> str:
        return self.destination


class DeliveryBroke(_OfDestination, frozen=True, kw_only=True, tag="delivery_broke"):
    error: str
    """By name."""

    remedy: ClassVar[str] = "Please report it as a bug of lastcall, with the traceback from its log."

    @property
    def detail(self) -> str:
        return f"What waits for {self.destination} cannot be made into a message: {self.error}."


class SlackDestination(_OfDestination, frozen=True, kw_only=True, tag="slack_destination"):
    error: str
    """As Slack names it."""
    instead: str | None
    """The destination that is notified instead. None: there is none left."""
    advice: str | None
    """None: Slack has not answered."""

    @property
    def detail(self) -> str:
        instead = f"{self.instead} is notified instead" if self.instead else "No other destination is left"
        waits = "" if self.instead else "; the messages wait"
        return f"{self.destination} cannot be notified: {self.error}. {instead}{waits}."

    @property
    def remedy(self) -> str:
        return self.advice or "Look at the channel, and at Slack's status page."


class _OfSlack(OfKind, frozen=True, kw_only=True):
    subject: ClassVar[str] = "slack"


class _SlackWaits(_OfSlack, frozen=True, kw_only=True):
    error: str
    """As Slack names it."""

    @property
    def detail(self) -> str:
        return f"Slack takes no messages from lastcall: {self.error}. They wait in the outbox."


class SlackAuth(_SlackWaits, frozen=True, kw_only=True, tag="slack_auth"):
    advice: str

    @property
    def remedy(self) -> str:
        return self.advice


class SlackUnreachable(_SlackWaits, frozen=True, kw_only=True, tag="slack_unreachable"):
    remedy: ClassVar[str] = "Look at Slack's status page, and at the way from here to Slack."


class SlackTokenMissing(_OfSlack, frozen=True, kw_only=True, tag="slack_token_missing"):
    detail: ClassVar[str] = (
        "A process without a Slack token was to deliver; it left the messages to those that have one."
    )
    remedy: ClassVar[str] = "Set LASTCALL_SLACK_TOKEN wherever lastcall schedules or ticks on this database."


class _OfDirectory(OfKind, frozen=True, kw_only=True):
    directory: str

    @property
    def subject(self) -> str:
        return self.directory


class DirectoryDown(_OfDirectory, frozen=True, kw_only=True, tag="directory_down"):
    error: str
    """`http_500`, `timeout`"""
    as_of: datetime | None
    """Time of the answers in use, in UTC. None: it has never answered."""
    advice: str

    @property
    def detail(self) -> str:
        kept = (
            f"lastcall uses its answers of {self.as_of:%Y-%m-%d %H:%M} UTC" if self.as_of else "it has never answered"
        )
        return f"{self.directory} does not answer ({self.error}); {kept}"

    @property
    def remedy(self) -> str:
        return self.advice


class UnreadFiles(Struct, frozen=True, kw_only=True, tag="files"):
    """Files of a folder of Backstage."""

    files: SkippedFiles

    remedy: ClassVar[str] = "Correct these files, or use a folder without them: lastcall knows no owners from them."

    @property
    def detail(self) -> str:
        number = self.files.files
        files = "1 file is" if number == 1 else f"{number:,} files are"
        return f"{files} not YAML and skipped in the files of backstage; the first is {self.files.first}"


class UnreadLines(Struct, frozen=True, kw_only=True, tag="lines"):
    """Lines of a CODEOWNERS file."""

    number: int
    first: Annotated[tuple[UnreadLine, ...], msgspec.Meta(min_length=1)]
    """In the order of the file."""

    @property
    def detail(self) -> str:
        told = "; ".join(f"line {one.line}: {one.why}" for one in self.first)
        more = f"; and {self.number - len(self.first):,} more" if self.number > len(self.first) else ""
        many = "1 line of CODEOWNERS is" if self.number == 1 else f"{self.number:,} lines of CODEOWNERS are"
        return f"{many} skipped: {told}{more}"

    @property
    def remedy(self) -> str:
        return self.first[0].remedy


class DirectoryUnread(_OfDirectory, frozen=True, kw_only=True, tag="directory_unread"):
    unread: UnreadFiles | UnreadLines

    @property
    def detail(self) -> str:
        return self.unread.detail

    @property
    def remedy(self) -> str:
        return self.unread.remedy


class Unreadable(OfKind, frozen=True, kw_only=True, tag="unreadable"):
    """A condition whose facts this version cannot read."""

    stored_kind: str
    subject: str

    detail: ClassVar[str] = "another version of lastcall found this, and this version cannot read its facts"
    remedy: ClassVar[str] = "run `lastcall doctor` of the newest version that uses this database"

    @property
    def kind(self) -> str:
        return self.stored_kind


Condition = (
    TopicRecreated
    | TopicMissing
    | ConsumerBehind
    | Gap
    | ValuesRefused
    | NameFlood
    | RejectionFlood
    | DeadLettersWait
    | FetchFailing
    | Undecidable
    | DeliveryBroke
    | SlackDestination
    | SlackAuth
    | SlackUnreachable
    | SlackTokenMissing
    | DirectoryDown
    | DirectoryUnread
    | CatalogHeld
    | CatalogStale
    | Unreadable
)
"""Stored as JSON with the tag in `kind`."""


@dataclass(frozen=True, slots=True)
class OpenCondition:
    """A condition that holds."""

    condition: Condition
    since: datetime


@dataclass(frozen=True, slots=True)
class InWords:
    kind: str
    subject: str
    detail: str
    remedy: str

    @classmethod
    def of(cls, condition: Condition) -> "InWords":
        return cls(condition.kind, condition.subject, condition.detail, condition.remedy)


def read_condition(kind: str, subject: str, facts: object) -> Condition:
    """Total: another version may have stored the facts."""
    try:
        condition: Condition = msgspec.convert(facts, Condition)
    except msgspec.ValidationError:
        return Unreadable(stored_kind=kind, subject=subject)
    return condition
