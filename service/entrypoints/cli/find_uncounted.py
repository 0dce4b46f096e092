"""Findings of `lastcall doctor` about records without a call: rejected and passed-over ones."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from service.adapters.queries.operation import PassedOverAnswer, RejectionAnswer, read_passed_over, read_rejections
from service.app import App
from service.core.batch import topic_in_words
from service.core.words import plural
from service.entrypoints.cli.findings import MAX_NAMED, Finding
from service.entrypoints.cli.uncounted import REMEDIES, shape_in_words
from service.formats.decoder import why_passed_over


async def find_rejected(app: App, now: datetime) -> AsyncIterator[Finding]:
    """The rejections of the last day, by topic, and the most frequent shapes of unknown formats."""
    async with app.database.connect() as connection:
        rejected = await read_rejections(connection, now=now, days=1)
    by_topic: dict[str, list[RejectionAnswer]] = {}
    for each in rejected:
        by_topic.setdefault(topic_in_words(each.source, each.topic), []).append(each)
    for topic, some in by_topic.items():
        reasons = Counter[str]()
        for each in some:
            reasons[each.reason] += each.rejected
        why = ", ".join(f"{count:,} x {reason}" for reason, count in reasons.most_common())
        detail = f"{topic}: {plural(reasons.total(), 'record')} of the last day could not be read: {why}"
        remedies = [f"{reason}: {REMEDIES[reason]}" for reason, _ in reasons.most_common() if reason in REMEDIES]
        where = "the page shows a sample record of each; `lastcall decode` shows what lastcall reads"
        yield Finding("rejected", "note", detail, "; ".join((*remedies, where)))
        for finding in _unknown_shapes(topic, [each for each in some if each.reason == "unknown_format"]):
            yield finding


def _unknown_shapes(topic: str, unknown: Sequence[RejectionAnswer]) -> Iterator[Finding]:
    """`unknown` is ordered by frequency, highest first."""
    for each in unknown[:MAX_NAMED]:
        detail = f"{topic}: {each.rejected:,} x {shape_in_words(each.shape)}, for instance {each.sample}"
        yield Finding("unknown format", "note", detail)
    if len(unknown) > MAX_NAMED:
        more = plural(len(unknown) - MAX_NAMED, "more shape")
        yield Finding("unknown format", "note", f"{topic}: {more}", "the page lists them")


async def find_passed_over(app: App, now: datetime) -> AsyncIterator[Finding]:
    """Passed-over parts of the last 7 days: a note for each topic without a call in that time. Beside calls they are
    usual, and for files `lastcall ingest` has reported them."""
    async with app.database.connect() as connection:
        passed = await read_passed_over(connection, now=now)
    by_topic = {topic: [*some] for topic, some in groupby(sorted(passed, key=_topic), key=_topic)}
    without = [topic for topic, some in by_topic.items() if not some[0].calls]
    for topic in without[:MAX_NAMED]:
        kinds = by_topic[topic]
        remedy = "; ".join(f"{each.kind}: {why_passed_over(each.format, each.kind)}" for each in kinds)
        yield Finding("passed over", "note", f"{topic}: no call in 7 days, but {_in_words(kinds)}", remedy)
    if len(without) > MAX_NAMED:
        more = plural(len(without) - MAX_NAMED, "more topic")
        yield Finding("passed over", "note", f"{more} without a call", "the page lists them")
    for topic, kinds in by_topic.items():
        if kinds[0].calls and kinds[0].source == "kafka":
            yield Finding("passed over", "good", f"{topic}: beside calls, in 7 days: {_in_words(kinds)}")


def _in_words(kinds: Sequence[PassedOverAnswer]) -> str:
    """Most frequent kind first."""
    return ", ".join(f"{each.parts:,} x {each.kind} ({each.format})" for each in kinds)


def _topic(each: PassedOverAnswer) -> str:
    return topic_in_words(each.source, each.topic)
