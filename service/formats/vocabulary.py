"""The words that the records of a topic have in each field, and a shape that accepts no others.

Callers, models and the like repeat. A decoder that knows them gives one object for each, where it would make a new text
for each record; a field that has had one word only need not be looked at.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from service.core.usage import Scalar
from service.core.values import MAX_COUNT, MAX_MS, MAX_TEXT
from service.formats.contract import Flat
from service.formats.recognition import Form, struct_of

_MOST_WORDS = 2_000
"""Of one field. With more, each word is read as it is: a field with so many words has new ones all the time."""
_MOST_CHARACTERS = 64 * 1024
"""Of all words: bounds the memory, and the time that a shape takes to make, which stops everything else."""
_NUMBER_CHARACTERS = 8
"""What a word that is no text counts."""
_LARGEST = 2**31
"""A number from here on is no word: msgspec has no `Literal` of 2**63, and no status is near it."""
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
    """Of the records of one form, of a flat dialect."""

    def __init__(self, form: Form, flat: Flat) -> None:
        self._form = form
        self._flat = flat
        self._fields = msgspec.structs.fields(form.guarded)
        places = {key for keys in flat.numbers.values() for key in keys} | flat.uncounted
        self._words: dict[str, set[Any] | None] = {
            one.name: set() for one in self._fields if one.encode_name in form.known - places
        }
        """By field of the shape. None: it has too many words, or other values than words."""
        self._characters = dict.fromkeys(self._words, 0)
        """Of the words, by field."""
        self._places: dict[str, str] = {}
        """Key of a number -> field of `Call`, as the last record had it."""
        self.is_news = True
        """Something was learned since the last shape was made."""

    def learn(self, shape: Any) -> None:
        """From a record of this form that was read."""
        for name, words in self._words.items():
            word = getattr(shape, name)
            if words is not None and not (_is_word(word) and word in words):
                self.is_news = True
                if _is_word(word) and len(words) < _MOST_WORDS:
                    words.add(word)
                    self._characters[name] += len(word) if type(word) is str else _NUMBER_CHARACTERS
                    if sum(self._characters.values()) > _MOST_CHARACTERS:
                        self._forget(max(self._characters, key=self._characters.__getitem__))
                else:
                    self._forget(name)
        places = {
            next((key for key in keys if getattr(shape, key) is not None), keys[0]): name
            for name, keys in self._flat.numbers.items()
        }
        self.is_news = self.is_news or places != self._places
        self._places = places

    def _forget(self, name: str) -> None:
        self._words[name], self._characters[name] = None, 0

    def shape(self) -> type[msgspec.Struct]:
        """Accepts records of the form with words that are known, and with numbers where the last record had them. A
        number has the name that it has in `Call`, the words of the `varying` fields are `word_1` and so on."""
        self.is_news = False
        return struct_of(f"Known{self._form.shape.__name__}", list(self._typed_fields()), self._form.mark)

    def varying(self) -> tuple[str, ...]:
        """Fields of the shape that tell the words of two records apart. At least one."""
        names = [name for name, words in self._words.items() if words is None or len(words) > 1]
        return tuple(names) or tuple(self._words)[:1]

    def _typed_fields(self) -> Iterator[tuple[str, Any, Any]]:
        varying = {name: f"word_{number}" for number, name in enumerate(self.varying(), 1)}
        others = {key for keys in self._flat.numbers.values() for key in keys} - self._places.keys()
        for one in self._fields:
            key, default = one.encode_name, one.default
            if one.type is msgspec.UnsetType:
                yield one.name, one.type, msgspec.field(name=key, default=default)
            elif key in self._places:
                name = self._places[key]
                yield name, _NUMBERS[name], msgspec.field(name=key, default=None if name != "at" else msgspec.NODEFAULT)
            elif key in others:
                yield f"other_{key}", None, msgspec.field(name=key, default=default)
            elif one.name in self._words:
                type_, default = _typed(self._words[one.name], default)
                yield varying.get(one.name, one.name), type_, msgspec.field(name=key, default=default)
            else:
                yield one.name, one.type, msgspec.field(name=key, default=default)


def _is_word(word: Any) -> bool:
    if type(word) is str:
        return len(word) <= MAX_TEXT
    return word is None or (type(word) is int and abs(word) < _LARGEST)


def _typed(words: set[Any] | None, default: Any) -> tuple[Any, Any]:
    """The type and the default of a field. One that no record lacked is required."""
    if words is None:
        return Scalar, default
    if words == {None}:
        return None, default
    return Literal[tuple(words)], default if None in words else msgspec.NODEFAULT
