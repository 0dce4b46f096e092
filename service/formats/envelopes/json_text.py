"""JSON around records: arrays, one text per line, a text inside a text."""

import json
import re
from collections.abc import Iterator, Sequence

import msgspec

from service.core.usage import Rejection
from service.formats.contract import Context, Envelope, Inner, Item
from service.formats.rejecting import UnreadableError, is_json

MAX_ITEMS = 10_000
"""Maximum number of elements of an array, or lines of a value."""
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_STRING = msgspec.json.Decoder(str)
_TEXTS = json.JSONDecoder()
_LINES_LOOKED_AT = 10
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f]")
"""Found in binary values such as protobuf."""


def _open_array(body: bytes, context: Context) -> Iterator[Item]:
    yield from _each(_ARRAY.decode(body), context)


def _open_lines(body: bytes, context: Context) -> Iterator[Item]:
    yield from _each(lines_of(body), context)


def lines_of(body: bytes) -> list[bytes]:
    """The lines, at most one more than the maximum; that one has the rest. A final line break begins no line."""
    return body.rstrip().split(b"\n", MAX_ITEMS)


def _each(items: Sequence[bytes | msgspec.Raw], context: Context) -> Iterator[Item]:
    if len(items) > MAX_ITEMS:
        yield Rejection("too_large", f"more than {MAX_ITEMS} items")
        return
    for item in items:
        body = bytes(item).strip()
        if body:
            yield Inner(body, context)


def _open_joined(body: bytes, context: Context) -> Iterator[Item]:
    text, at = body.decode(), 0
    for _ in range(MAX_ITEMS):
        try:
            _, end = _TEXTS.raw_decode(text, at)
        except ValueError as error:
            raise UnreadableError("bad_json", "one of several JSON texts") from error
        yield Inner(text[at:end], context)
        at = end + len(text[end : end + 8]) - len(text[end : end + 8].lstrip())
        if at >= len(text):
            return
    yield Rejection("too_large", f"more than {MAX_ITEMS} items")


def _open_text(body: bytes, context: Context) -> Inner:
    return Inner(_STRING.decode(body).encode(), context, text=True)


def _is_array(body: bytes) -> bool:
    return body[:1] == b"[" and (b"\n" not in body or is_json(body) or not _are_lines(body))


def _are_lines(body: bytes) -> bool:
    """True: there are several lines, and the first is a complete JSON text, or most of the first ones are. A rotated
    file may begin with a part of a line."""
    if b"\n" not in body:
        return False
    if body[:1] in (b"{", b"[") and is_json(body[: body.index(b"\n")]):
        return True
    first, *others = body.split(b"\n", _LINES_LOOKED_AT)[:_LINES_LOOKED_AT]
    whole = sum(line[:1] == b"{" and is_json(line) for line in others)
    return whole > 1 and whole * 2 > len(others) and _CONTROL.search(first) is None


def _are_joined(body: bytes) -> bool:
    """True: concatenated JSON texts, as Firehose writes them. Call it only if the whole is no JSON text."""
    return body[:1] == b"{" and re.search(rb"\}\s{0,8}\{", body) is not None and not is_json(body)


ARRAY = Envelope("array", "a JSON array of records", _is_array, _open_array, several=True)
LINES = Envelope("lines", "one JSON text per line", _are_lines, _open_lines, several=True)
JOINED = Envelope("joined", "concatenated JSON texts", _are_joined, _open_joined, several=True)
TEXT = Envelope("text", "JSON text in a JSON string", lambda body: body[:1] == b'"', _open_text)
