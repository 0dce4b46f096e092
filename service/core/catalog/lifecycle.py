"""Lifecycle facts: when a model was announced to go, when it goes, and how sure anybody can be of the day.

A date belongs to (platform, model), never to a model alone. Four dates stay apart: announced, first seen by us, not
before, firm shutdown. "No sooner than" is no deadline.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

Precision = Literal["exact", "tentative", "month", "no_sooner_than", "unknown"]
AfterShutdown = Literal["error", "redirect", "unsupported_but_served"]


@dataclass(frozen=True, slots=True)
class Shutdown:
    """The end of a model on its platform: from the start of day `on`, UTC, when the source gives no time."""

    on: date | None
    precision: Precision

    @property
    def deadline(self) -> date | None:
        """The day that calls are expected to break; None when the provider promised only "not before", or nothing."""
        return self.on if self.precision in {"exact", "tentative", "month"} else None


@dataclass(frozen=True, slots=True)
class Replacement:
    id: str
    """As the provider spells it on the same platform."""
    model: str | None
    """Canonical, when identity knows it."""
    recommended: bool = True


@dataclass(frozen=True, slots=True)
class Deprecation:
    """One record of the catalog: (platform, model), with its dates and the source of them.

    Providers date models in service as well ("not before"); `is_deprecated` tells those apart.
    """

    platform: str
    model: str
    """Canonical, as `core.identity` returns it."""
    id: str
    """As a request on that platform spells it."""
    aliases: tuple[str, ...] = ()
    released: date | None = None
    announced: date | None = None
    shutdown: Shutdown = Shutdown(None, "unknown")
    replacements: tuple[Replacement, ...] = ()
    after_shutdown: AfterShutdown = "error"
    redirect_to: str | None = None
    sources: tuple[str, ...] = ()
    last_verified: date | None = None
    second_hand: bool = False
    """No source is the provider's own: to be confirmed."""
    superseded: tuple[Shutdown, ...] = ()
    """Earlier plans, oldest first: why the day is another one than it was."""
    notes: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return (self.platform, self.model)

    @property
    def is_deprecated(self) -> bool:
        """The promise not to end a model before some day is no plan to end it; a notice or a named successor is."""
        promised = self.shutdown.on is not None and bool(self.replacements)
        return self.announced is not None or self.shutdown.deadline is not None or promised

    def known_on(self, day: date) -> bool:
        """Whether the deprecation was public on `day`. With no announcement on record it counts as always known."""
        return self.is_deprecated and (self.announced is None or self.announced <= day)


class Catalog:
    """All records by (platform, canonical model). Immutable; a change is a new Catalog with another `digest`."""

    def __init__(self, records: Iterable[Deprecation], *, digest: str) -> None:
        self.digest = digest
        """Hash of the source files: series resolved under another digest are resolved again."""
        self._by_key: Mapping[tuple[str, str], Deprecation] = {r.key: r for r in records}

    def get(self, platform: str | None, model: str | None) -> Deprecation | None:
        if platform is None or model is None:
            return None
        return self._by_key.get((platform, model))

    def __iter__(self) -> Iterator[Deprecation]:
        return iter(self._by_key.values())

    def __len__(self) -> int:
        return len(self._by_key)
