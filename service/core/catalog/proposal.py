"""Proposals to change the catalog, which a person accepts or refuses."""

import hashlib
from datetime import date
from typing import Literal

import msgspec
from msgspec import Struct

from service.core.catalog.lifecycle import Shutdown, Standing
from service.core.catalog.suspicion import Suspicion
from service.core.catalog.word import Word

Kind = Literal["another_end", "new_end", "still_answered", "held_reading"]
"""another_end: a source contradicts the end in force. new_end: a source whose findings are only proposed gives one.
still_answered: calls are answered after a day that is only reported. held_reading: a whole reading is held back."""
Verdict = Literal["accepted", "refused"]
MAX_REASON = 500


class Proposal(Struct, frozen=True, kw_only=True):
    """Without a platform and an id: a whole reading."""

    kind: Kind
    source: str
    standing: Standing
    url: str
    since: date
    """Day on which the source began to say so; of a model that still answers, the last day of answered calls."""
    platform: str | None = None
    model_id: str | None = None
    """As requests spell it."""
    shutdown: Shutdown | None = None
    """None: no end."""
    announced: date | None = None
    replacements: tuple[str, ...] = ()
    in_force: Shutdown | None = None
    """The end that counts now. None: there is none."""
    in_force_source: str | None = None
    digest: str | None = None
    """Of a held reading."""
    suspicions: tuple[Suspicion, ...] = ()
    """Why it is held."""

    @property
    def id(self) -> str:
        """The same as long as the source says the same: what was refused once is not proposed again."""
        doubted = self.in_force if self.kind == "still_answered" else None
        said = (self.kind, self.source, self.platform, self.model_id, self.shutdown, doubted, self.digest)
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:8]


class Decision(Struct, frozen=True, kw_only=True):
    """What a person said about a proposal."""

    proposal: Proposal
    verdict: Verdict
    author: str
    reason: str
    on: date


def proposal_of(word: Word, kind: Kind, platform: str, model_id: str, counts: Word | None) -> Proposal:
    return Proposal(
        kind=kind,
        source=word.source,
        standing=word.standing,
        url=word.url,
        since=word.since,
        platform=platform,
        model_id=model_id,
        shutdown=word.shutdown,
        announced=word.announced,
        replacements=word.replacements,
        in_force=counts.shutdown if counts is not None else None,
        in_force_source=counts.source if counts is not None else None,
    )


def word_of_decision(decision: Decision) -> Word:
    """Of an accepted one: an override with the source that it came from."""
    said = decision.proposal
    return Word(
        "accepted",
        said.source,
        said.standing,
        said.shutdown,
        said.announced,
        said.replacements,
        said.url,
        decision.on,
        decision.on,
    )
