"""Shipped records, what sources say, and what people decided -> the catalog in force, as catalog files again.

So identity, assembly and the rules of catalog files work for the result as for the shipped files.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replace_word
from datetime import date

from msgspec.structs import replace

from service.core.catalog.entry import entry_of_word, in_service, joined, overridden
from service.core.catalog.file import Entry, PlatformFile
from service.core.catalog.lifecycle import Shutdown
from service.core.catalog.proposal import Decision, Proposal, proposal_of, word_of_decision
from service.core.catalog.statement import Name, Statement
from service.core.catalog.suspicion import contradicts_itself
from service.core.catalog.word import Word, contradict, counting, word_of_entry, word_of_statement


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the company's own, in lastcall.yaml. It replaces the facts of a shipped one."""

    platform: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the catalog in force depends on, besides the shipped files."""

    statements: tuple[Statement, ...] = ()
    read_on: Mapping[str, date] = field(default_factory=dict)
    """Day of the last good reading, by source."""
    decisions: tuple[Decision, ...] = ()
    """The newest one on each proposal."""
    records: tuple[Record, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.statements or self.decisions or self.records)


@dataclass(frozen=True, slots=True)
class Judged:
    """All words about one model, and which of them counts."""

    platform: str
    id: str
    words: tuple[Word, ...]
    """Those with an end first, surest first."""
    counts: Word | None
    """None: no word gives an end; the model is in service."""

    @property
    def disagreeing(self) -> tuple[Word, ...]:
        """Words that contradict the one that counts, and do not merely repeat an earlier plan."""
        if self.counts is None:
            return ()
        as_sure = [word for word in self.words if word.rank == self.counts.rank]
        earlier = {word.shutdown for word in as_sure if word.said_on < self.counts.since}
        earlier.update(end for word in as_sure for end in word.before)
        return tuple(
            word
            for word in self.words
            if contradict(word.shutdown, self.counts.shutdown) and word.shutdown not in earlier
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    files: tuple[PlatformFile, ...]
    models: tuple[Judged, ...] = ()
    """Models about which somebody besides the shipped catalog says something."""
    proposals: tuple[Proposal, ...] = ()
    """Not decided yet."""
    unplaced: tuple[Name, ...] = ()
    """Names on platforms that the catalog does not have."""


def judge(shipped: Sequence[PlatformFile], evidence: Evidence) -> Judgement:
    """Depends on no clock: the same evidence gives the same catalog in every process."""
    by_platform = _sorted(evidence)
    files: list[PlatformFile] = []
    models: list[Judged] = []
    proposals: list[Proposal] = []
    for file in shipped:
        given = by_platform.pop(file.platform, None)
        if given is None:
            files.append(file)
            continue
        judged = _Platform(file, given, evidence).judge()
        files.append(judged.file)
        models += judged.models
        proposals += judged.proposals
    decided = {decision.proposal.id for decision in evidence.decisions}
    unplaced = {one.name for given in by_platform.values() for one in given.statements}
    return Judgement(
        tuple(files), tuple(models), tuple(one for one in proposals if one.id not in decided), tuple(sorted(unplaced))
    )


@dataclass(slots=True)
class _Given:
    statements: list[Statement] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


def _sorted(evidence: Evidence) -> defaultdict[str, _Given]:
    given: defaultdict[str, _Given] = defaultdict(_Given)
    for statement in evidence.statements:
        given[statement.finding.platform].statements.append(statement)
    for decision in evidence.decisions:
        if decision.verdict == "accepted" and decision.proposal.platform is not None:
            given[decision.proposal.platform].decisions.append(decision)
    for record in evidence.records:
        given[record.platform].records.append(record)
    return given


@dataclass(slots=True)
class _JudgedPlatform:
    file: PlatformFile
    models: list[Judged]
    proposals: list[Proposal]


class _Platform:
    """One platform's records, while they are judged."""

    def __init__(self, file: PlatformFile, given: _Given, evidence: Evidence) -> None:
        self._file = file
        self._read_on = evidence.read_on
        self._entries = {entry.id: entry for entry in file.models}
        self._owners = {name: entry.id for entry in reversed(file.models) for name in entry.names}
        self._records = {record.entry.id: record.entry for record in given.records}
        self._statements: defaultdict[str, list[Statement]] = defaultdict(list)
        for statement in given.statements:
            if not contradicts_itself(statement.finding, statement.since):
                self._statements[statement.finding.id].append(statement)
        self._decisions: defaultdict[str, list[Decision]] = defaultdict(list)
        for decision in given.decisions:
            self._decisions[decision.proposal.model_id or ""].append(decision)

    def judge(self) -> _JudgedPlatform:
        models: list[Judged] = []
        proposals: list[Proposal] = []
        aliases = [name for name in self._names() if self._owners.get(name, name) != name]
        for name in (*(name for name in self._names() if name not in set(aliases)), *aliases):
            judged = self._judge(name)
            models.append(judged)
            proposals += self._proposals(judged)
        entries = joined(self._entries.values())
        return _JudgedPlatform(replace(self._file, models=entries), models, proposals)

    def _names(self) -> list[str]:
        return sorted({*self._statements, *self._decisions, *self._records})

    def _judge(self, name: str) -> Judged:
        """Puts the entry in force in place."""
        owner = self._owners.get(name, name)
        base = self._entries.get(owner)
        words = [*self._words(name, base)]
        counts = counting(words)
        judged = Judged(self._file.platform, name, tuple(sorted(words, key=_surest_first)), counts)
        if (record := self._records.get(name)) is not None:
            self._put(name, overridden(base, record))
        elif counts is None:
            self._put_in_service(name, base, words)
        elif owner == name or self._is_apart(base, counts):
            self._put(name, entry_of_word(name, base, counts, words, page=self._file.source))
        return judged

    def _words(self, name: str, base: Entry | None) -> Iterator[Word]:
        """The shipped word is first. A report that a person has refuted by an accepted proposal does not count."""
        if (record := self._records.get(name)) is not None:
            yield word_of_entry(record, "operator")
        refuted_on = [one.on for one in self._decisions[name] if one.proposal.kind == "still_answered"]
        sources = [
            word_of_statement(statement, self._read_on.get(statement.source, statement.since))
            for statement in self._statements[name]
            if not statement.proposes
        ]
        shipped = [word_of_entry(base, "shipped")] if base is not None else []
        for word in (*shipped, *sources):
            if word.standing != "reported" or all(word.since > on for on in refuted_on):
                yield word
        for decision in self._decisions[name]:
            if decision.proposal.kind != "still_answered":
                yield word_of_decision(decision)

    def _is_apart(self, base: Entry | None, counts: Word) -> bool:
        """Whether an alias has an end of its own: a source that is as sure as the record of its model gives another."""
        return base is None or (counts.origin != "shipped" and counts.day != base.shutdown.day)

    def _put(self, name: str, entry: Entry) -> None:
        owner = self._owners.get(name, name)
        if owner != name:
            known = self._entries[owner]
            self._entries[owner] = replace(known, aliases=tuple(one for one in known.aliases if one != name))
        aliases = tuple(one for one in entry.aliases if self._owners.get(one, name) == name)
        self._entries[name] = replace(entry, aliases=aliases)
        self._owners.update(dict.fromkeys((name, *aliases), name))

    def _put_in_service(self, name: str, base: Entry | None, words: Sequence[Word]) -> None:
        """Only the provider's word makes an unknown model known: other lists have names of their own."""
        if base is not None:
            if any(word.origin == "shipped" for word in words) or self._owners[name] != name:
                return
            self._entries[name] = in_service(base)
        elif of_provider := [word for word in words if word.rank >= 2]:
            self._put(name, entry_of_word(name, None, of_provider[0], words, page=self._file.source))
        elif self._decisions[name] and (refuted := self._statements[name]):  # only a report has named the model
            word = replace_word(word_of_statement(refuted[0], refuted[0].since), shutdown=None, announced=None)
            self._put(name, entry_of_word(name, None, word, words, page=self._file.source))

    def _proposals(self, judged: Judged) -> Iterator[Proposal]:
        counts = judged.counts
        for word in judged.disagreeing:  # what a person overrode is not proposed again
            if word.origin in {"source", "shipped"} and (
                counts is None or counts.rank < 3 or word.since >= counts.since
            ):
                yield proposal_of(word, "another_end", judged.platform, judged.id, counts)
        for statement in self._statements[judged.id]:
            if not statement.proposes or statement.finding.shutdown is None:
                continue
            word = word_of_statement(statement, statement.since)
            if counts is None or contradict(word.shutdown, counts.shutdown):
                yield proposal_of(word, "new_end", judged.platform, judged.id, counts)


def _surest_first(word: Word) -> tuple[bool, int, date]:
    return not word.names_end, -word.rank, word.day or date.max


def known_ends(files: Iterable[PlatformFile]) -> dict[Name, Shutdown]:
    """The provider's ends in the files, by every name."""
    return {
        (file.platform, name): Shutdown(entry.shutdown.day, entry.shutdown.precision)
        for file in files
        for entry in file.models
        if entry.standing == "provider"
        for name in entry.names
    }
