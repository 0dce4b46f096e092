"""What a source says, kept from reading to reading, and what a new reading changes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from service.core.catalog.finding import Finding, Reading
from service.core.catalog.lifecycle import Shutdown, Standing

Name = tuple[str, str]
"""Platform, and id as requests on it spell it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a source says about one model."""

    source: str
    standing: Standing
    finding: Finding
    url: str
    since: date
    """Day of the first reading that said it, in UTC."""
    proposes: bool = False
    left_on: date | None = None
    """First reading of the provider's whole list without the model. `finding` is then what the list said before."""
    before: tuple[Shutdown, ...] = ()
    """Other ends that this source gave before, oldest first."""

    @property
    def name(self) -> Name:
        return (self.finding.platform, self.finding.id)

    def has_ended(self, day: date) -> bool:
        return (end := deadline_of(self.finding)) is not None and end <= day


@dataclass(frozen=True, slots=True)
class Changes:
    """What a reading changes in the statements of its source."""

    said: tuple[Statement, ...]
    """New statements, and those that replace another of the same name."""
    dropped: tuple[Statement, ...]
    """No longer said, and replaced by nothing."""

    @property
    def are_none(self) -> bool:
        return not self.said and not self.dropped


def compare(reading: Reading, current: Mapping[Name, Statement], *, on: date) -> Changes:
    """A model that is missing from a whole list has left it; one whose end is past stays as it was, as does what has
    left already. Of two findings of one name the first counts."""
    said: list[Statement] = []
    found: set[Name] = set()
    for finding in reading.findings:
        new = Statement(
            reading.source,
            finding.standing or reading.standing,
            finding,
            finding.url or reading.url,
            on,
            reading.proposes,
        )
        if new.name in found:
            continue
        found.add(new.name)
        if (known := current.get(new.name)) is None or not _says_the_same(known, new):
            said.append(new)
    missing = [one for one in current.values() if one.name not in found and not one.has_ended(on) and not one.left_on]
    left = [replace(one, since=on, left_on=on) for one in missing if one.finding.platform in reading.whole]
    dropped = [one for one in missing if one.finding.platform not in reading.whole]
    return Changes((*said, *left), tuple(dropped))


def _says_the_same(known: Statement, new: Statement) -> bool:
    return (known.finding, known.standing, known.proposes, known.left_on) == (
        new.finding,
        new.standing,
        new.proposes,
        new.left_on,
    )


def deadline_of(finding: Finding) -> date | None:
    return finding.shutdown.deadline if finding.shutdown is not None else None
