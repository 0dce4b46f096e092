"""What calls say of the end of their model: headers of the provider's answers, as findings for the catalog."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from service.core.catalog.file import PlatformFile
from service.core.catalog.finding import Finding, Reading
from service.core.catalog.lifecycle import Shutdown
from service.core.usage import EndHeader

ANSWERS, ANSWER_HEADERS = "answers", "answer-headers"
ANSWER_SOURCES = (ANSWERS, ANSWER_HEADERS)
"""Sources in the company's own logs: what answers say as the provider's word, and what they say as proposals. They ask
nobody, and are always read."""
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


def reading_of(source: str, ends: Iterable[AnsweredEnd], files: Iterable[PlatformFile]) -> Reading:
    """What `source`, one of `ANSWER_SOURCES`, says. A log can hold anything, so a header is the provider's word only on
    platforms whose answers are known to announce ends."""
    platforms = {file.platform: file for file in files}
    proposes = source == ANSWER_HEADERS
    findings = (_finding(one, platforms.get(one.platform)) for one in ends if _is_word(one, platforms) != proposes)
    return Reading(source, "provider", _RFC, tuple(findings), proposes=proposes)


def _is_word(one: AnsweredEnd, platforms: Mapping[str, PlatformFile]) -> bool:
    platform = platforms.get(one.platform)
    return platform is not None and platform.announces_ends and one.header == ABOUT_MODEL


_RFC = "https://www.rfc-editor.org/rfc/rfc8594"


def _finding(one: AnsweredEnd, platform: PlatformFile | None) -> Finding:
    end = Shutdown(one.ends_on, "exact") if one.ends_on else Shutdown(None, "unknown")
    page = platform.source if platform is not None else None
    return Finding(one.platform, one.model, announced=one.deprecated_on, shutdown=end, url=page or _RFC)
