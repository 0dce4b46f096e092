"""Conditions of the catalog's sources: typed facts, and their words."""

from datetime import datetime

from service.core.catalog.suspicion import Suspicion
from service.core.condition_ingest import OfKind


class _OfSource(OfKind, frozen=True, kw_only=True):
    source: str

    @property
    def subject(self) -> str:
        return self.source


class CatalogHeld(_OfSource, frozen=True, kw_only=True, tag="catalog_held"):
    """A reading that has no effect until a person has accepted it."""

    proposal: str
    """Id, for `lastcall catalog accept`."""
    suspicions: tuple[Suspicion, ...]

    @property
    def detail(self) -> str:
        why = "; ".join(one.detail for one in self.suspicions)
        return f"what {self.source} says now is held back, and has no effect: {why}. What it said before still holds"

    @property
    def remedy(self) -> str:
        return (
            f"look at it with `lastcall catalog proposals`, then run `lastcall catalog accept {self.proposal}`, or "
            f"`refuse {self.proposal}`"
        )


class CatalogStale(_OfSource, frozen=True, kw_only=True, tag="catalog_stale"):
    """A source without a good reading for days."""

    read_at: datetime | None
    """Time of the last good reading, in UTC. None: there was none."""
    error: str | None
    """Reason of the last failure, as a word. None: nobody has asked it, or what it says is held."""
    advice: str

    @property
    def detail(self) -> str:
        since = f"since {self.read_at:%Y-%m-%d %H:%M} UTC" if self.read_at else "yet"
        why = f" ({self.error})" if self.error else ""
        return f"{self.source} has given nothing {since}{why}; what the catalog has from it may be outdated"

    @property
    def remedy(self) -> str:
        return self.advice
