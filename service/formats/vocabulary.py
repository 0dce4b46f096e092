"""The keys and words that the objects of a topic have, and a shape that accepts no others.

Callers, models and the like repeat. A decoder that knows them gives one object for each, where it would make a new text
for each record; a field that has had one word only need not be looked at. A key that no record has had is no field: it
would be looked for, and filled, in each.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

import msgspec

from service.core.usage import Scalar
from service.core.values import MAX_COUNT, MAX_MS, MAX_TEXT
from service.formats.contract import Dialect, Envelope
from service.formats.recognition import Form

_MOST_KEYS = 200
"""Of all objects together. One with another key is not accepted."""
_MOST_WORDS = 2_000
"""Of one field. With more, each word is read as it is: a field with so many words has new ones all the time."""
_MOST_CHARACTERS = 64 * 1024
"""Of all words: bounds the memory, and the time that a shape takes to make, which stops everything else."""
_NUMBER_CHARACTERS = 8
"""What a word that is no text counts."""
_LARGEST = 2**31
"""A number from here on is no word: msgspec has no `Literal` of 2**63, and no status is near it."""
_NO_KEY = re.compile(r'["\\\x00-\x1f]')
"""What msgspec allows in no field's key."""
_Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)] | None
_NUMBERS: Mapping[str, Any] = {
    "at": Annotated[datetime, msgspec.Meta(tz=True)],
    "input_tokens": _Count,
    "output_tokens": _Count,
    "cached_tokens": _Count,
    "latency_ms": Annotated[float, msgspec.Meta(ge=0, le=MAX_MS)] | None,
    "request_id": Any,
}
"""The types of `Numbers`."""


class Vocabulary:
    """Of the objects of one form: records of a flat dialect, or envelopes."""

    def __init__(self, form: Form) -> None:
        thing = form.thing
        flat = thing.flat if isinstance(thing, Dialect) else None
        self._form = form
        self._fields = {one.encode_name: one for one in msgspec.structs.fields(form.guarded)}
        self._body = thing.body if isinstance(thing, Envelope) else None
        """Name of the field that holds what is inside."""
        self.holds_json = any(one.name == self._body and one.type is msgspec.Raw for one in self._fields.values())
        """Whether what is inside is decoded together with it."""
        self._uncounted = (thing.uncounted if isinstance(thing, Envelope) else flat and flat.uncounted) or frozenset()
        self._numbers: Mapping[str, tuple[str, ...]] = flat.numbers if flat is not None else {}
        others = self._uncounted.union(*self._numbers.values())
        self._words: dict[str, set[Any] | None] = {
            key: set() for key in form.known - others if _holds_words(self._fields[key].type)
        }
        """By key. None: it has too many words, or other values than words."""
        self._characters = dict.fromkeys(self._words, 0)
        """Of the words, by key."""
        self._keys: dict[str, None] = {}
        """Those that objects have had, in their order."""
        self._places: dict[str, str] = {}
        """Key of a number -> field of `Call`, as the last record had it."""
        self._shape_places: dict[str, str] = {}
        """As the last shape has them."""
        self.is_news = True
        """A key or a word was learned since the last shape was made."""

    def learn(self, shape: Any, keys: Iterable[str]) -> None:
        """From an object of this form that was read, as its guarded shape."""
        for key in keys:
            if key not in self._keys and len(self._keys) < _MOST_KEYS and _is_key(key):
                self._keys[key] = None
                self.is_news = True
        for key, words in self._words.items():
            word = getattr(shape, self._fields[key].name)
            if words is not None and not (_is_word(word) and word in words):
                self.is_news = True
                if _is_word(word) and len(words) < _MOST_WORDS:
                    words.add(word)
                    self._characters[key] += len(word) if type(word) is str else _NUMBER_CHARACTERS
                    if sum(self._characters.values()) > _MOST_CHARACTERS:
                        self._forget(max(self._characters, key=self._characters.__getitem__))
                else:
                    self._forget(key)
        self._places = {
            next((key for key in places if getattr(shape, key) is not None), places[0]): name
            for name, places in self._numbers.items()
        }

    @property
    def has_moved(self) -> bool:
        """The last record has a number at another place than the last shape. Records of two producers may take turns,
        so this may be true again and again."""
        return self._places != self._shape_places

    def _forget(self, key: str) -> None:
        self._words[key], self._characters[key] = None, 0

    def shape(self, inside: type[Any] | None) -> type[msgspec.Struct]:
        """Accepts objects of the form whose keys and words are known, with numbers where the last record had them. A
        number has the name that it has in `Call`, the words of the `varying` keys are `word_1` and so on. An envelope's
        `body` is of the type `inside`, if it is not text."""
        self.is_news, self._shape_places = False, self._places
        fields = list(self._typed_fields(inside))
        name = f"Known{self._form.shape.__name__}"
        return msgspec.defstruct(name, fields, kw_only=True, gc=False, forbid_unknown_fields=True)

    def varying(self) -> tuple[str, ...]:
        """Keys that tell the words of two objects apart."""
        return tuple(key for key in self._keys if key in self._words and len(self._words[key] or (0, 1)) > 1)

    def _typed_fields(self, inside: type[Any] | None) -> Iterator[tuple[str, Any, Any]]:
        varying = {key: f"word_{number}" for number, key in enumerate(self.varying(), 1)}
        bodies = [key for key, own in self._fields.items() if own.name == self._body]
        for number, key in enumerate(self._keys | dict.fromkeys([*self._places, *bodies])):
            own = self._fields.get(key)
            name, default = f"key_{number}", own.default if own is not None else None
            type_: Any = None  # another place for a number, or for what is inside: nothing may be there
            if key in self._places:
                name = self._places[key]
                type_, default = _NUMBERS[name], None if name != "at" else msgspec.NODEFAULT
            elif key in bodies:
                name, default = "body", msgspec.NODEFAULT
                type_ = inside or msgspec.Raw if own is not None and own.type is msgspec.Raw else str
            elif own is not None and key in self._words:
                name = varying.get(key, name)
                type_, default = _typed(own, self._words[key])
            elif key in self._uncounted or key not in self._form.known:
                type_ = msgspec.Raw
            yield name, type_, msgspec.field(name=key, default=default)


def _is_key(key: str) -> bool:
    return len(key) <= MAX_TEXT and _NO_KEY.search(key) is None


def _is_word(word: Any) -> bool:
    if type(word) is str:
        return len(word) <= MAX_TEXT
    return word is None or (type(word) is int and abs(word) < _LARGEST)


def _typed(own: msgspec.structs.FieldInfo, words: set[Any] | None) -> tuple[Any, Any]:
    """The type and the default of a field. One that no object lacked is required."""
    if words is None:
        return own.type if _is_struct(own.type) else Scalar, own.default
    if words == {None}:
        return None, own.default
    return Literal[tuple(words)], own.default if None in words else msgspec.NODEFAULT


def _holds_words(type_: Any) -> bool:
    return type_ is Any or set(get_args(type_)) >= set(get_args(Scalar)) or _is_struct(type_)


def _is_struct(type_: Any) -> bool:
    return any(isinstance(part, type) and issubclass(part, msgspec.Struct) for part in get_args(type_))
