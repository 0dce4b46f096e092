"""Answers about the catalog: records with every source's word, sources, proposals, differences."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from service.adapters.postgres.catalog_store import StoredSource
from service.adapters.queries.lifecycle import Lifecycle, lifecycle_of
from service.adapters.queries.paging import AnswerModel
from service.core.catalog.difference import Difference
from service.core.catalog.file import Entry
from service.core.catalog.judgement import Judged
from service.core.catalog.lifecycle import Deprecation, Precision, Shutdown, Standing
from service.core.catalog.proposal import Kind, Proposal
from service.core.catalog.word import Origin, Word


class End(AnswerModel):
    """The end of a model, as somebody gives it."""

    shutdown_on: date | None = Field(description="Null: no day is named.")
    precision: Precision


class WordAnswer(AnswerModel):
    """What one source says about a model."""

    source: str = Field(examples=["openai"], description="`shipped`: the catalog of the release.")
    origin: Origin = Field(description="operator: a record of lastcall.yaml. accepted: a proposal that was accepted.")
    standing: Standing
    counts: bool = Field(description="True: the dates in force are this source's.")
    end: End | None = Field(description="Null: it gives no end.")
    announced_on: date | None
    replacements: list[str]
    url: str
    since: date = Field(description="Day on which it began to say so, as far as lastcall knows.")
    said_on: date = Field(description="Newest day on which it was seen to say so.")


class RecordAnswer(Lifecycle):
    """A record of the catalog in force."""

    by_operator: bool = Field(description="True: a record of lastcall.yaml or an accepted proposal gives the dates.")
    words: list[WordAnswer] = Field(
        description="What each source says, surest first; empty if only the shipped catalog says something."
    )


class SourceAnswer(AnswerModel):
    """A configured source of the catalog."""

    source: str = Field(examples=["openai"])
    tried_at: datetime | None = Field(description="Null: it was never asked.")
    read_at: datetime | None = Field(description="Last good reading that was not held back.")
    error: str | None = Field(examples=["http_401"], description="Null: the last attempt did not fail.")
    remedy: str | None
    held: list[str] = Field(description="Why its newest reading is held back; empty: it is not.")


class ProposalAnswer(AnswerModel):
    """A proposal to change the catalog."""

    id: str = Field(examples=["3f2a9c01"])
    kind: Kind
    source: str
    standing: Standing
    platform: str | None = Field(description="Null: the proposal is a whole reading.")
    model_id: str | None
    end: End | None = Field(description="The proposed end; null: no end, or a whole reading.")
    in_force: End | None = Field(description="The end that counts now.")
    in_force_source: str | None
    announced_on: date | None
    replacements: list[str]
    url: str
    since: date
    why: list[str] = Field(description="Of a whole reading: why it is held back.")


class DifferenceAnswer(AnswerModel):
    """A record that is not as the release has it."""

    platform: str
    id: str
    change: Literal["added", "changed", "now_an_alias"]
    shipped: End | None
    in_force: End | None
    standing: Standing | None
    source: str | None = Field(description="Address of the source that counts.")


def record_answer(record: Deprecation, models: Mapping[tuple[str, str], Judged], *, today: date) -> RecordAnswer:
    """`models`: those about which a source says something, by platform and id."""
    judged = [
        found for name in (record.id, *record.aliases) if (found := models.get((record.platform, name))) is not None
    ]
    words = [word_answer(word, counts=word is one.counts) for one in judged for word in one.words]
    return RecordAnswer(**lifecycle_of(record, today).model_dump(), by_operator=record.by_operator, words=words)


def word_answer(word: Word, *, counts: bool) -> WordAnswer:
    return WordAnswer(
        source=word.source,
        origin=word.origin,
        standing=word.standing,
        counts=counts,
        end=_end(word.shutdown),
        announced_on=word.announced,
        replacements=list(word.replacements),
        url=word.url,
        since=word.since,
        said_on=word.said_on,
    )


def source_answers(names: Sequence[str], stored: Sequence[StoredSource]) -> list[SourceAnswer]:
    known = {one.source: one for one in stored}
    return [_source_answer(name, known.get(name)) for name in names]


def _source_answer(name: str, one: StoredSource | None) -> SourceAnswer:
    if one is None:
        return SourceAnswer(source=name, tried_at=None, read_at=None, error=None, remedy=None, held=[])
    held = [each.detail for each in one.held.suspicions] if one.held is not None else []
    return SourceAnswer(
        source=name, tried_at=one.tried_at, read_at=one.read_at, error=one.error, remedy=one.remedy, held=held
    )


def proposal_answer(one: Proposal) -> ProposalAnswer:
    return ProposalAnswer(
        id=one.id,
        kind=one.kind,
        source=one.source,
        standing=one.standing,
        platform=one.platform,
        model_id=one.model_id,
        end=_end(one.shutdown),
        in_force=_end(one.in_force),
        in_force_source=one.in_force_source,
        announced_on=one.announced,
        replacements=list(one.replacements),
        url=one.url,
        since=one.since,
        why=[each.detail for each in one.suspicions],
    )


def difference_answer(one: Difference) -> DifferenceAnswer:
    change: Literal["added", "changed", "now_an_alias"] = (
        "added" if one.shipped is None else "now_an_alias" if one.in_force is None else "changed"
    )
    return DifferenceAnswer(
        platform=one.platform,
        id=one.id,
        change=change,
        shipped=_end_of(one.shipped),
        in_force=_end_of(one.in_force),
        standing=one.in_force.standing if one.in_force is not None else None,
        source=one.in_force.sources[0].url if one.in_force is not None else None,
    )


def _end(shutdown: Shutdown | None) -> End | None:
    return End(shutdown_on=shutdown.on, precision=shutdown.precision) if shutdown is not None else None


def _end_of(entry: Entry | None) -> End | None:
    if entry is None or (entry.shutdown.day is None and entry.announced is None):
        return None
    return End(shutdown_on=entry.shutdown.day, precision=entry.shutdown.precision)
