"""What calls say of the end of their model: headers of the provider's answers, as findings for the catalog."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from service.core.catalog.finding import Finding, Reading
from service.core.catalog.lifecycle import Shutdown
from service.core.usage import EndHeader

ANSWERS, ANSWER_HEADERS = "answers", "answer-headers"
ANSWER_SOURCES = (ANSWERS, ANSWER_HEADERS)
"""Sources in the company's own logs: what headers about a model say, as the provider's word; what other headers say, as
proposals. They ask nobody, and are always read."""
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


def reading_of(source: str, ends: Iterable[AnsweredEnd], pages: Mapping[str, str | None]) -> Reading:
    """What `source`, one of `ANSWER_SOURCES`, says. `pages`: each platform's page of deprecations."""
    proposes = source == ANSWER_HEADERS
    findings = (_finding(one, pages) for one in ends if (one.header != ABOUT_MODEL) == proposes)
    return Reading(source, "provider", _RFC, tuple(findings), proposes=proposes)


_RFC = "https://www.rfc-editor.org/rfc/rfc8594"


def _finding(one: AnsweredEnd, pages: Mapping[str, str | None]) -> Finding:
    end = Shutdown(one.ends_on, "exact") if one.ends_on else Shutdown(None, "unknown")
    return Finding(
        one.platform, one.model, announced=one.deprecated_on, shutdown=end, url=pages.get(one.platform) or _RFC
    )
