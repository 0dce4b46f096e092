"""The types of a dialect and an envelope, as data. The decoder knows nothing else about them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from service.core.usage import Call, Decoded, Format, PassedOver, Rejection, Scalar, Words
from service.formats import times
from service.formats.record import Record
from service.formats.rejecting import UnreadableError

Shape = TypeVar("Shape")
NULL = msgspec.Raw(b"null")


class Context(msgspec.Struct, frozen=True, gc=False):
    """What surrounds a dialect's own bytes: the Kafka record with its topic, key and headers, and what envelopes
    say, in raw words."""

    record: Record
    at: Words = None
    """An envelope's time."""
    caller: Words = None
    """Who wrote the line, as an envelope knows it (a pod's label, a CloudEvents source): the caller where callers write
    their own records, and the gateway itself where a gateway does."""
    environment: Words = None
    """Where the line was written, from its labels and fields: used if the record itself does not say."""
    namespace: Scalar = None
    account: str | None = None
    region: str | None = None

    def time(self) -> datetime:
        """For a record that has none of its own. Raises UnreadableError."""
        if self.at is not None and (at := times.first(self.at)) is not None:
            return at
        if self.record.timestamp <= 0:
            raise UnreadableError("bad_time", "no time in the record, its wrapper or Kafka")
        return times.from_milliseconds(self.record.timestamp)


def within(
    context: Context, at: Words, caller: Words = None, environment: Words = None, namespace: Scalar = None
) -> Context:
    """The context inside an envelope: what the envelope says, then what the envelopes around it say."""
    return Context(
        context.record,
        at if context.at is None else (at, context.at),
        caller if context.caller is None else (caller, context.caller),
        environment if context.environment is None else (environment, context.environment),
        namespace or context.namespace,
        context.account,
        context.region,
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """Keys that together identify a JSON object."""

    keys: frozenset[str]
    weak: bool = False
    """Tried only after the marks of all dialects that are not weak."""
    alone: bool = False
    """The object must have no key beyond those of the shape."""


def mark(*keys: str, weak: bool = False, alone: bool = False) -> Mark:
    return Mark(frozenset(keys), weak, alone)


Answer = Call | Decoded


@dataclass(frozen=True, slots=True, eq=False)
class Flat:
    """For a dialect of flat objects: where `read` takes the parts of a call from, by key, which is the name of a field
    of the shape as well. `who` depends on all other keys of the shape, and on the context but for its time."""

    numbers: Mapping[str, tuple[str, ...]]
    """Field of `Call` -> its keys: the first one that is there counts."""
    uncounted: frozenset[str]
    """Keys of `Who`'s fields that no total depends on."""


@dataclass(frozen=True, slots=True, eq=False)
class Dialect(Generic[Shape]):
    """A log format of calls. It maps raw words, and cleans nothing: `core.cleaning` does."""

    name: Format
    about: str
    """What it is, for the command's help and the documentation."""
    shape: type[Shape]
    """A msgspec struct of the fields that are used, and no others."""
    marks: tuple[Mark, ...]
    """Any of them identifies it."""
    read: Callable[[Shape, Context], Answer]
    """Raises UnreadableError and what msgspec raises."""
    parse: Callable[[bytes], Any] | None = None
    """For a form that is not JSON: bytes -> what `read` takes; None: the bytes are something else."""
    passes: Mapping[str, str] = field(default_factory=dict)
    """Parts that are no calls, by the kind of a `PassedOver`: what such a part is, and what would make it count."""
    flat: Flat | None = None
    """Its records may be counted without a `Call` of each."""


class Inner(msgspec.Struct, frozen=True, gc=False):
    """The content of an envelope."""

    body: bytes | str | msgspec.Raw | None
    """None: the object itself, which is a dialect's record beside the envelope's keys."""
    context: Context
    text: bool = False
    """It was JSON text inside JSON."""


class NeedsSchema(msgspec.Struct, frozen=True, gc=False):
    """It cannot be read without this schema."""

    schema: str


Item = Inner | PassedOver | Rejection | NeedsSchema


def items_of(found: Item | Iterable[Item]) -> Iterable[Item]:
    return (found,) if isinstance(found, Item) else found


@dataclass(frozen=True, slots=True, eq=False)
class Envelope(Generic[Shape]):
    """A layer around records: a shipper's or a connector's object, compression, an array."""

    name: str
    about: str
    matches: tuple[Mark, ...] | Callable[[bytes], bool]
    """Marks of a JSON object; for anything else, a function of the bytes."""
    open: Callable[[Shape, Context], Item | Iterable[Item]]
    """Takes the shape of an object, else the bytes, and hands on the context of bytes as it is. Raises UnreadableError
    and what msgspec raises."""
    shape: type[Shape] | None = None
    """Of an object: a msgspec struct of the fields that are used."""
    body: str | None = None
    """Name of the shape's field that holds the inner record: as raw JSON, which the fast reader decodes together with
    the envelope, or as JSON text."""
    uncounted: frozenset[str] | None = None
    """Keys of the shape that no total of a flat dialect depends on, if each call has a time of its own. None: records
    inside are read one by one, and never counted at once. All other fields are words, hashable structs of words, or
    other places for what is inside."""
    several: bool = False
    """`open` yields any number of items."""
    outermost: bool = False
    """Tried before the dialects, because its objects have a dialect's keys beside its own."""
    passes: Mapping[str, str] = field(default_factory=dict)


AnyDialect = Dialect[Any]
AnyEnvelope = Envelope[Any]
