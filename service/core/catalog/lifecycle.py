"""Lifecycle facts: the announcement of a shutdown, its date, and the precision of the date.

A date belongs to (platform, model), never to a model alone. Four dates are distinct: announced, first seen by lastcall,
not before, firm shutdown. "No sooner than" is not a deadline.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, Self

from service.core.identity.answer import Identified

Precision = Literal["exact", "month", "no_sooner_than", "unknown"]
Standing = Literal["provider", "reported", "inferred"]
"""provider: its page, API, SDK, or its own answer to a call. reported: trackers, feeds, resellers. inferred: derived
from other facts, or called provisional by the provider."""
AfterShutdown = Literal["error", "redirect", "unsupported_but_served"]


@dataclass(frozen=True, slots=True)
class Shutdown:
    """The end of the model on its platform: from the start of day `on`, UTC, if the source gives no time."""

    on: date | None
    precision: Precision

    @classmethod
    def earliest(cls, day: date) -> Self:
        """The provider promised not to end it before `day`."""
        return cls(day, "no_sooner_than")

    @property
    def deadline(self) -> date | None:
        """The day on which calls are expected to break. None: the provider promised only "not before", or nothing."""
        return self.on if self.precision in {"exact", "month"} else None


@dataclass(frozen=True, slots=True)
class Replacement:
    id: str
    """As the provider spells it on the same platform."""
    model: str | None
    """Canonical, if identity knows it."""
    recommended: bool = True


@dataclass(frozen=True, slots=True)
class Deprecation:
    """A record of the catalog: (platform, model), with dates and sources.

    Providers also give dates of models in service ("not before"); `is_deprecated` distinguishes them.
    """

    platform: str
    model: str
    """Canonical, as from `core.identity`."""
    id: str
    """As requests on that platform spell it."""
    aliases: tuple[str, ...] = ()
    maker_id: str | None = None
    """The id in the maker's own API, if this platform calls the model otherwise."""
    released: date | None = None
    announced: date | None = None
    shutdown: Shutdown = Shutdown(None, "unknown")
    replacements: tuple[Replacement, ...] = ()
    after_shutdown: AfterShutdown = "error"
    redirect_to: str | None = None
    sources: tuple[str, ...] = ()
    """Those that state the plan in force are first."""
    last_verified: date | None = None
    standing: Standing = "provider"
    by_operator: bool = False
    """A record of lastcall.yaml, or a proposal that a person accepted, gives the dates."""
    superseded: tuple[Shutdown, ...] = ()
    """Earlier plans, oldest first."""
    notes: str | None = None
    closed: bool = False
    """A maker's own model, without published weights: behind a router it ends as on this platform."""
    dates_of: str | None = None
    """The platform that gives these dates, if `platform` is a router in front of it."""
    versions: tuple[str, ...] = ()
    """Of an alias without a record of its own: the models that it stands for. Its end is the last of theirs."""

    @property
    def through(self) -> str | None:
        """The router through which calls reach the model, if the dates are those of the platform behind it."""
        return self.platform if self.dates_of else None

    @property
    def key(self) -> tuple[str, str]:
        return (self.platform, self.model)

    @property
    def is_reported(self) -> bool:
        """Whether only others give the dates, and not the provider."""
        return self.standing == "reported"

    @property
    def errors_count_after(self) -> date | None:
        """The day after which failed calls alone show that the model is gone. None: no firm day, or one that is only
        reported: then only the provider's answer that the model is gone shows it."""
        return None if self.is_reported else self.shutdown.deadline

    @property
    def is_deprecated(self) -> bool:
        """A promise not to end the model before a day is not a deprecation; an announcement or a named successor is."""
        promised = self.shutdown.on is not None and bool(self.replacements)
        return self.announced is not None or self.shutdown.deadline is not None or promised

    def known_on(self, day: date) -> bool:
        """Whether the deprecation was public on `day`. Without a recorded announcement it counts as always public."""
        return self.is_deprecated and (self.announced is None or self.announced <= day)


class Catalog:
    """All records by (platform, canonical model). Immutable; a change is a new Catalog with another `digest`."""

    def __init__(self, records: Iterable[Deprecation], *, digest: str, identity: str | None = None) -> None:
        self.digest = digest
        """Hash of what the records were made from."""
        self.identity = identity or digest
        """Hash of the names that identity knows: series resolved under another one are resolved again. A catalog in
        which only days differ has the same."""
        self._by_key: Mapping[tuple[str, str], Deprecation] = {r.key: r for r in records}

    def get(self, platform: str | None, model: str | None) -> Deprecation | None:
        if platform is None or model is None:
            return None
        return self._by_key.get((platform, model))

    def counted(self, models: Identified) -> Identified:
        """The models for which a call counts. A deprecated alias and the version of it that answered are one use: of
        the alias if its end is its own, else of the version."""
        requested, served = models.requested_model, models.served_model
        record = self.get(models.platform, requested)
        if served in {None, requested} or record is None or not record.is_deprecated:
            return models
        if models.served_is_another and served not in record.versions:
            return models
        model = served if record.versions else requested
        return models._replace(requested_model=model, served_model=model)

    def __iter__(self) -> Iterator[Deprecation]:
        return iter(self._by_key.values())

    def __len__(self) -> int:
        return len(self._by_key)
