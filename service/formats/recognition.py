"""Detects the dialect or envelope of a JSON object by its keys. Everything follows from the two ordered tuples.

Two ways give one answer. `recognise` looks at the keys of an object. The fast reader decodes an object as a form's
`guarded` shape, which fails for each object that `recognise` might give to another form: the shape requires the keys of
the form's own mark, and forbids one key of each mark that is tried before it.
"""

from collections.abc import Collection, Iterator, Set
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from service.formats.contract import AnyDialect, AnyEnvelope, Dialect, Envelope, Mark
from service.formats.dialects import DIALECTS
from service.formats.envelopes import ENVELOPES

Thing = AnyDialect | AnyEnvelope


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One mark of a dialect or an envelope of JSON objects."""

    thing: Thing
    mark: Mark
    shape: type[Any]
    known: frozenset[str]
    """Keys of the shape."""
    guarded: type[msgspec.Struct]
    """The shape, with fields that reject an object which `recognise` may give to another form."""

    def guarded_around(self, body: type[Any] | None) -> type[msgspec.Struct]:
        """`guarded` with the envelope's content decoded as `body`, if the envelope contains it as raw JSON."""
        place = self.thing.body if isinstance(self.thing, Envelope) else None
        if body is None or place is None:
            return self.guarded
        fields: list[tuple[str, Any, Any]] = [
            (
                one.name,
                body if one.name == place and one.type is msgspec.Raw else one.type,
                msgspec.field(name=one.encode_name, default=one.default),
            )
            for one in msgspec.structs.fields(self.guarded)
        ]
        return struct_of(f"{self.guarded.__name__}With{body.__name__}", fields, self.mark)

    def fits(self, keys: Set[str]) -> bool:
        return keys >= self.mark.keys and (not self.mark.alone or self.known.issuperset(keys))


def recognise(keys: Set[str]) -> Form | None:
    """The form of an object with these keys. None: no format that lastcall reads."""
    return next((form for form in FORMS if form.fits(keys)), None)


def recognise_row(keys: Set[str]) -> Form | None:
    """The dialect of an object that is no envelope."""
    return next((form for form in FORMS if isinstance(form.thing, Dialect) and form.fits(keys)), None)


@cache
def form_of(dialect: AnyDialect) -> Form:
    """The form of a fixed dialect: an object is the dialect's if it has all that the shape requires and is not an
    outermost envelope. If the shape requires nothing, all envelopes are tried first."""
    known = keys_of(dialect.shape)
    mark = Mark(frozenset(one.encode_name for one in msgspec.structs.fields(dialect.shape) if one.required))
    before = (envelope for envelope in ENVELOPES if envelope.outermost or not mark.keys)
    objects = (envelope for envelope in before if isinstance(envelope.matches, tuple))
    barred = {_barred_key(envelope, other, mark, known) for envelope in objects for other in envelope.matches}  # type: ignore[union-attr]
    return Form(dialect, mark, dialect.shape, known, _guarded(dialect.shape, mark, barred))


def keys_of(shape: type[Any]) -> frozenset[str]:
    return frozenset(one.encode_name for one in msgspec.structs.fields(shape))


def _marks_in_order() -> Iterator[tuple[Thing, Mark]]:
    objects = [(envelope, envelope.matches) for envelope in ENVELOPES if isinstance(envelope.matches, tuple)]
    yield from ((envelope, mark) for envelope, marks in objects if envelope.outermost for mark in marks)
    yield from ((dialect, mark) for dialect in DIALECTS for mark in dialect.marks if not mark.weak)
    yield from ((dialect, mark) for dialect in DIALECTS for mark in dialect.marks if mark.weak)
    yield from ((envelope, mark) for envelope, marks in objects if not envelope.outermost for mark in marks)


def _forms() -> Iterator[Form]:
    before: list[tuple[Thing, Mark]] = []
    for thing, mark in _marks_in_order():
        if thing.shape is None:
            raise ValueError(f"{thing.name} has marks and no shape")
        known = keys_of(thing.shape)
        barred = {_barred_key(other, earlier, mark, known) for other, earlier in before if other is not thing}
        yield Form(thing, mark, thing.shape, known, _guarded(thing.shape, mark, barred))
        before.append((thing, mark))


def _barred_key(thing: Thing, earlier: Mark, later: Mark, known: Collection[str]) -> str:
    """The key of `thing`'s earlier mark that an object with the later mark must not have, or it would be `thing`'s.

    Of several, one that the later shape does not read, and that most marks of `thing` share: fewer keys are barred.
    """
    marks = thing.marks if isinstance(thing, Dialect) else thing.matches
    keys = earlier.keys - later.keys
    if not keys:
        raise ValueError(f"the mark {sorted(later.keys)} is never tried: {sorted(earlier.keys)} comes before it")
    return min(keys, key=lambda key: (key in known, -sum(key in mark.keys for mark in marks), key))  # type: ignore[union-attr]


def _guarded(shape: type[msgspec.Struct], mark: Mark, barred: set[str]) -> type[msgspec.Struct]:
    """The shape, in its order, with the mark's keys required and the barred keys rejected, whatever their values."""
    fields: list[tuple[str, Any, Any]] = []
    for own in msgspec.structs.fields(shape):
        key, required = own.encode_name, own.required or own.encode_name in mark.keys
        name = msgspec.field(name=key) if required else msgspec.field(name=key, default=own.default)
        fields.append((own.name, msgspec.UnsetType if key in barred else own.type, name))
    known = keys_of(shape)
    others: list[tuple[str, Any, Any]] = [(key, msgspec.Raw, msgspec.NODEFAULT) for key in sorted(mark.keys - known)]
    others += [(key, msgspec.UnsetType, msgspec.UNSET) for key in sorted(barred - known)]
    fields += [
        (f"other_{number}", type_, msgspec.field(name=key, default=default))
        for number, (key, type_, default) in enumerate(others)
    ]
    return struct_of(f"Guarded{shape.__name__}", fields, mark)


def struct_of(name: str, fields: list[tuple[str, Any, Any]], mark: Mark) -> type[msgspec.Struct]:
    return msgspec.defstruct(name, fields, kw_only=True, gc=False, forbid_unknown_fields=mark.alone)


FORMS = tuple(_forms())
