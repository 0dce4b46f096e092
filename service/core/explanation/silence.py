"""Uses that nobody is notified of: an unknown model, no known deprecation, or an error in the evaluation."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from service.core import words
from service.core.catalog.lifecycle import Deprecation
from service.core.condition import Condition
from service.core.explanation.answer import Explanation, Wrong, points, sentence, use_of
from service.core.exposure import Exposure


@dataclass(frozen=True, slots=True)
class Untracked:
    """A use of a model that nobody is notified of."""

    service: str
    environment: str
    platform: str | None
    model: str
    """Canonical id; for an unknown model, the id in the log."""
    is_known: bool
    calls_28d: int


def explain_untracked(use: Untracked, record: Deprecation | None, today: date) -> Explanation[Untracked]:
    wrong = None
    if use.is_known and not use.platform:
        mend = "let the log name the provider, or the host that is called"
        wrong = Wrong.of(f"it is not known when {use.model} goes on the platform where it is called", mend)
    elif not use.is_known:
        mend = f"`lastcall resolve {use.model}` says what is known; an alias in the catalog makes it known"
        wrong = Wrong.of(f"it is not known whether {use.model} is going away", mend)
    return _explained(use, _why(use, record, today), wrong)


def explain_undecidable(exposure: Exposure, trouble: Condition, today: date) -> Explanation[Untracked]:
    """An exposure that escalation cannot evaluate."""
    month = sum(use.calls for use in exposure.days if use.day > today - timedelta(days=28))
    use = Untracked(*exposure.key, is_known=True, calls_28d=month)
    return _explained(use, [sentence(trouble.detail)], Wrong.of(trouble.detail, trouble.remedy))


def _explained(use: Untracked, why: Iterable[str], wrong: Wrong | None) -> Explanation[Untracked]:
    calls = f"{words.plural(use.calls_28d, 'call')} in the last 28 days."
    about = f"{use_of(use.service, use.environment, use.model, use.platform)}."
    return Explanation(about, points(why_nobody_was_told=why, evidence=[calls]), wrong, use)


def _why(use: Untracked, record: Deprecation | None, today: date) -> Iterator[str]:
    if not use.is_known:
        yield f"lastcall does not know the model {use.model}, so it cannot know whether it is going away."
    elif not use.platform:
        yield f"The log does not say on which platform {use.model} is called, and each platform has dates of its own."
    elif record is None:
        yield f"The catalog has no record of {use.model} on this platform: no end of it is known."
    elif not record.is_deprecated:
        yield "The provider has not announced an end of it."
    elif record.announced and record.announced > today:
        yield f"Its end will be announced on {words.day(record.announced)}."
    else:
        yield "It is announced to go, and lastcall has not looked at these calls yet."
