"""Explanations: sentences in plain text, which quote names from logs, and their evidence."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from service.core import words

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Point:
    """One question, answered."""

    label: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A fault: somebody who should be notified is not."""

    error: str
    remedy: str

    @classmethod
    def of(cls, error: str, remedy: str) -> "Wrong":
        """From clauses."""
        return cls(sentence(error), sentence(remedy))


@dataclass(frozen=True, slots=True)
class Explanation(Generic[E]):
    about: str
    """One sentence: the subject of the explanation."""
    points: tuple[Point, ...]
    wrong: Wrong | None
    evidence: E


def points(**answers: Iterable[str]) -> tuple[Point, ...]:
    """Points by label (underscores become spaces); empty ones are left out."""
    said = ((label.replace("_", " "), tuple(sentences)) for label, sentences in answers.items())
    return tuple(Point(label, sentences) for label, sentences in said if sentences)


def sentence(clause: str) -> str:
    """Makes a clause a sentence. An address or an id at its start keeps its case."""
    said = clause if clause.endswith((".", "!", "?", "…")) else f"{clause}."
    first, _, _ = said.partition(" ")
    is_word = first.isalpha() and first.islower()
    return said[0].upper() + said[1:] if is_word else said


def use_of(service: str, environment: str, model: str, platform: str | None) -> str:
    """`search-api in production, gpt-4.5-preview on OpenAI API`"""
    where = f" in {environment}" if environment else ""
    return f"{service}{where}, {model}" + (f" on {words.platform_name(platform)}" if platform else "")


def samples(requested_ids: Sequence[str], request_ids: Sequence[str]) -> Iterator[str]:
    if requested_ids:
        yield f"Requested as {words.listed(requested_ids)}."
    if request_ids:
        yield f"Sample requests: {words.listed(request_ids)}."
