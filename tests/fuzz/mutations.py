"""A value -> another that no producer would write: bytes, structure, envelopes change. All chance is of one seed."""

import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import zstandard

from tests.fuzz.corpus import BIG, ODD, Corpus
from tests.fuzz.envelopes import MOST_BYTES, WRAPS, Wrap

_UNPACKED = 1024 * 1024
_LAYERS = (0, 0, 1, 1, 1, 2, 2, 3) * 8 + (9,)
"""How many envelopes, and how often."""


class Mutator:
    def __init__(self, corpus: Corpus, rng: random.Random) -> None:
        self._corpus = corpus
        self._rng = rng
        self._bytes: tuple[Callable[[bytes], bytes], ...] = (
            self._flip,
            self._cut,
            self._drop,
            self._insert,
            self._double,
            self._splice,
        )

    @classmethod
    def seeded(cls, corpus: Corpus, seed: int) -> "Mutator":
        return cls(corpus, random.Random(seed))

    def family(self) -> Iterator[bytes]:
        """A record of the corpus in some envelopes, as it is, which a decoder remembers; then changed ones like it."""
        value, layers = self._rng.choice(self._corpus.values), self._layers()
        yield self._wrapped(value, layers)
        for _ in range(6):
            yield self._changed_often(value, layers)

    def fresh(self) -> bytes:
        return self._changed_often(self._rng.choice(self._corpus.values), self._layers())

    def _changed_often(self, value: bytes, layers: Sequence[Wrap]) -> bytes:
        for _ in range(self._rng.choice((0, 1, 1, 1, 2, 5))):
            value = self.mutated(value)
        value = self._wrapped(value, layers)
        return (self._rng.choice(self._bytes)(value) if self._rng.random() < 0.1 else value)[:MOST_BYTES]

    def _layers(self) -> Sequence[Wrap]:
        return self._rng.choices(WRAPS, k=self._rng.choice(_LAYERS))

    def _wrapped(self, value: bytes, layers: Sequence[Wrap]) -> bytes:
        for wrap in layers:
            value = wrap(value, self._rng)[:MOST_BYTES]
        return value

    def mutated(self, value: bytes) -> bytes:
        """Changed once: in its structure where it has one, else in its bytes."""
        chance = self._rng.random()
        if chance < 0.25:
            return self._rng.choice(self._bytes)(value)
        if chance < 0.32:
            return self._wrapped(value, [self._rng.choice(WRAPS)])
        try:
            return self._restructured(value)
        except (msgspec.MsgspecError, ValueError, RecursionError, zlib.error, zstandard.ZstdError):
            return self._rng.choice(self._bytes)(value)

    def _restructured(self, value: bytes) -> bytes:
        if value[:2] == b"\x1f\x8b":
            unpacked = zlib.decompressobj(wbits=31).decompress(value, _UNPACKED)
            packer = zlib.compressobj(1, wbits=31)
            return packer.compress(self.mutated(unpacked)) + packer.flush()
        if value[:4] == b"\x28\xb5\x2f\xfd":
            unpacked = zstandard.ZstdDecompressor().stream_reader(value).read(_UNPACKED)  # whatever size it claims
            return zstandard.compress(self.mutated(unpacked), 1)
        return msgspec.json.encode(self._changed(msgspec.json.decode(value)))

    # --- bytes ----------------------------------------------------------------------------------------------------

    def _at(self, value: bytes) -> int:
        return self._rng.randint(0, len(value))

    def _flip(self, value: bytes) -> bytes:
        changed = bytearray(value)
        for _ in range(self._rng.choice((1, 1, 2, 8))):
            if changed:
                changed[self._rng.randrange(len(changed))] = self._rng.randrange(256)
        return bytes(changed)

    def _cut(self, value: bytes) -> bytes:
        return value[: self._at(value)]

    def _drop(self, value: bytes) -> bytes:
        at = self._at(value)
        return value[:at] + value[at + self._rng.choice((1, 2, 4, 16, 64)) :]

    def _insert(self, value: bytes) -> bytes:
        at = self._at(value)
        some = self._rng.choice((b"{", b"}", b"[", b'"', b",", b"\n", b"\0", b"\\", b"\xff", self._rng.randbytes(4)))
        return value[:at] + some * self._rng.choice((1, 1, 1, 20)) + value[at:]

    def _double(self, value: bytes) -> bytes:
        first, last = sorted((self._at(value), self._at(value)))
        return (value[:last] + value[first:])[:MOST_BYTES]

    def _splice(self, value: bytes) -> bytes:
        other = self._rng.choice(self._corpus.values)
        return value[: self._at(value)] + other[self._at(other) :]

    # --- structure ------------------------------------------------------------------------------------------------

    def _changed(self, tree: Any) -> Any:
        """A copy of which one place, most often a leaf, is another."""
        if isinstance(tree, dict) and tree and self._rng.random() < 0.85:
            key = self._rng.choice(list(tree))
            return tree | {key: self._changed(tree[key]) if self._rng.random() < 0.9 else self._part(key)}
        if isinstance(tree, list) and tree and self._rng.random() < 0.85:
            at = self._rng.randrange(len(tree))
            return [*tree[:at], self._changed(tree[at]), *tree[at + 1 :]]
        if isinstance(tree, str) and tree[:1] in ("{", "[") and self._rng.random() < 0.9:
            return self.mutated(tree.encode()).decode("utf-8", "replace")  # a log line in its wrapper
        return self._other(tree)

    def _other(self, tree: Any) -> Any:
        if isinstance(tree, dict) and self._rng.random() < 0.7:
            return self._other_object(tree)
        if isinstance(tree, list) and tree and self._rng.random() < 0.7:
            return self._other_list(tree)
        chance = self._rng.random()
        if chance < 0.6:
            return self._odd()
        if chance < 0.75:
            return [] if isinstance(tree, dict) else {}
        if chance < 0.85:
            return str(tree) if not isinstance(tree, dict | list) else [tree]
        return self._part(self._rng.choice(self._corpus.words))

    def _other_object(self, tree: dict[str, Any]) -> Any:
        word = self._rng.choice(self._corpus.words)
        chance = self._rng.random()
        if chance < 0.25:
            return tree | {word: self._part(word)}
        if chance < 0.5 and tree:
            gone = self._rng.choice(list(tree))
            return {key: part for key, part in tree.items() if key != gone}
        if chance < 0.65 and tree:
            key = self._rng.choice(list(tree))
            return {(word if one == key else one): part for one, part in tree.items()}
        if chance < 0.8 and tree:  # a key twice
            twice = msgspec.json.encode({self._rng.choice(list(tree)): self._rng.choice(ODD)})
            return msgspec.Raw(twice[:-1] + b"," + msgspec.json.encode(tree)[1:])
        other = msgspec.json.decode(self._json_value())
        return tree | other if isinstance(other, dict) else other  # two dialects in one

    def _json_value(self) -> bytes:
        value = self._rng.choice(self._corpus.values)
        return value if value[:1] == b"{" else b"{}"

    def _other_list(self, tree: list[Any]) -> Any:
        chance = self._rng.random()
        if chance < 0.4:
            return tree * self._rng.choice((2, 3, 10) if self._rng.random() < 0.99 else (100, 1_000))
        if chance < 0.7:
            return self._rng.sample(tree, self._rng.randint(0, len(tree)))
        return [*tree, self._odd()]

    def _odd(self) -> Any:
        return self._rng.choice(BIG if self._rng.random() < 0.002 else ODD)

    def _part(self, word: str) -> Any:
        return self._rng.choice(self._corpus.parts.get(word) or ODD)
