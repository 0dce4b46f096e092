"""What a source says about models. Findings are judged before they change the catalog."""

from dataclasses import dataclass
from datetime import date

from service.core.catalog.lifecycle import Shutdown, Standing


@dataclass(frozen=True, slots=True)
class Finding:
    """One model on one platform, as a source describes it. What the source leaves out is None or empty."""

    platform: str
    id: str
    """As requests on that platform spell it."""
    aliases: tuple[str, ...] = ()
    released: date | None = None
    announced: date | None = None
    shutdown: Shutdown | None = None
    """None: the source names no end. `Shutdown(None, "unknown")`: deprecated, without a day."""
    replacements: tuple[str, ...] = ()
    """Ids on the same platform."""
    standing: Standing | None = None
    """Of this finding, where it differs from the reading's: a day that the provider itself calls an estimate."""
    in_service: bool | None = None
    """The source says whether calls are answered now, whatever the day: True with a past day means overdue, not gone.
    None: it does not say."""
    url: str | None = None
    """Where a person can read it: https. None: the source's own page."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a source said at one time."""

    source: str
    """The source's name: openai, anthropic, litellm."""
    standing: Standing
    url: str
    """The page or API that was read, as people find it: https, or the name of an own file."""
    findings: tuple[Finding, ...]
    whole: frozenset[str] = frozenset()
    """Platforms of which this is the complete list of models in service: a model that left it is gone."""
    proposes: bool = False
    """True: a person must accept each finding, as of a page that was parsed."""
