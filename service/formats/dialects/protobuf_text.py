"""Protobuf messages with text that is not valid UTF-8, which protobuf's own parser refuses completely.

An attribute cut inside a character would cost a batch of thousands of spans.
https://github.com/open-telemetry/opentelemetry-collector/issues/11449
"""

from typing import Any

from google.protobuf.descriptor import FieldDescriptor

_VARINT, _FIXED_64, _LENGTH, _FIXED_32 = 0, 1, 2, 5
_SIZES = {_FIXED_64: 8, _FIXED_32: 4}


def with_whole_text(body: bytes, message: Any) -> bytes | None:
    """The message with invalid bytes replaced, using its descriptor. None: it is no message of this type."""
    try:
        return bytes(_mended(body, message))
    except (IndexError, ValueError, RecursionError):
        return None


def _mended(body: bytes, message: Any) -> bytearray:
    mended = bytearray()
    at = 0
    while at < len(body):
        key, start = _varint(body, at)
        kind = key & 7
        if kind == _LENGTH:
            length, start_of_content = _varint(body, start)
            end = start_of_content + length
            content = _content(body[start_of_content:end], message.fields_by_number.get(key >> 3))
            mended += body[at:start] + _as_varint(len(content)) + content
        else:
            end = _varint(body, start)[1] if kind == _VARINT else start + _SIZES.get(kind, len(body))
            mended += body[at:end]
        if end > len(body):
            raise ValueError("cut short")
        at = end
    return mended


def _content(content: bytes, field: Any) -> bytes | bytearray:
    if field is None:
        return content
    if field.message_type is not None:
        return _mended(content, field.message_type)
    return content.decode(errors="replace").encode() if field.type == FieldDescriptor.TYPE_STRING else content


def _varint(body: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = body[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
        if shift > 63:
            raise ValueError("no number")


def _as_varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)
