"""What calls say of the end of their model: headers of the provider's answers, as findings for the catalog."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from service.core.catalog.finding import Finding, Reading
from service.core.catalog.lifecycle import Shutdown
from service.core.usage import EndHeader

ABOUT_MODEL: EndHeader = "x-model-deprecation-timestamp"
"""The other headers may be about an address of the API: a person must accept what they say."""


class AnsweredEnd(NamedTuple):
    """What the latest answer of a model says."""

    platform: str
    model: str
    header: EndHeader
    deprecated_on: date | None
    ends_on: date | None
    last_at: datetime


def readings_of(ends: Iterable[AnsweredEnd]) -> tuple[Reading, ...]:
    """One of headers about models, as the provider's word; one of all other headers, as proposals."""
    every = list(ends)
    sure = tuple(_finding(one) for one in every if one.header == ABOUT_MODEL)
    unsure = tuple(_finding(one) for one in every if one.header != ABOUT_MODEL)
    found = (
        Reading("answers", "provider", _RFC, sure),
        Reading("answer-headers", "provider", _RFC, unsure, proposes=True),
    )
    return tuple(one for one in found if one.findings)


_RFC = "https://www.rfc-editor.org/rfc/rfc8594"


def _finding(one: AnsweredEnd) -> Finding:
    end = Shutdown(one.ends_on, "exact") if one.ends_on else Shutdown(None, "unknown")
    return Finding(one.platform, one.model, announced=one.deprecated_on, shutdown=end)
