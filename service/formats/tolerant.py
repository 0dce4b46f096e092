"""Reading a record of which some field has a wrong type: the field is unknown, the rest counts."""

from collections.abc import Iterable
from functools import cache
from types import UnionType
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin

import msgspec

_Record = TypeVar("_Record", bound=msgspec.Struct)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


def decode(type_: type[_Record], body: bytes | str | msgspec.Raw) -> _Record:
    """The record, and at a second attempt the record without those of its optional parts that do not fit. Bytes that
    are no text are replaced: a cut prompt does not cost its call.

    Raises what msgspec raises: the text is no JSON object, or a field that must be there is missing or does not fit.
    """
    decoder = _decoder(type_)
    text = body.encode() if isinstance(body, str) else bytes(body)
    try:
        return decoder.decode(text)  # type: ignore[no-any-return]
    except UnicodeDecodeError:
        return decode(type_, text.decode(errors="replace"))
    except msgspec.ValidationError:
        return decoder.decode(_fitting_part(text, type_))  # type: ignore[no-any-return]


class _Field(NamedTuple):
    key: str
    type: Any
    required: bool


class _Parts(NamedTuple):
    """What a type can be: an object with these fields, or with values of one type; an array of one type."""

    fields: tuple[_Field, ...] | None = None
    values: Any = None
    items: Any = None


@cache
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_)


@cache
def _parts(type_: Any) -> _Parts:
    parts = _Parts()
    for kind in get_args(type_) if get_origin(type_) in (Union, UnionType) else (type_,):
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            own = msgspec.structs.fields(kind)
            parts = parts._replace(fields=tuple(_Field(one.encode_name, one.type, one.required) for one in own))
        elif get_origin(kind) is dict:
            parts = parts._replace(values=get_args(kind)[1])
        elif get_origin(kind) is list:
            parts = parts._replace(items=get_args(kind)[0])
    return parts


def fields_of(body: bytes) -> dict[str, msgspec.Raw]:
    """An object opened by one level. A typed decode passes over names that it does not know, whatever their bytes; so
    does this."""
    try:
        return _OBJECT.decode(body)
    except UnicodeDecodeError:
        return _OBJECT.decode(body.decode(errors="replace").encode())


def _fitting_part(text: bytes, type_: Any) -> bytes:
    """A JSON text without its optional parts that are not of the type they have in `type_`."""
    parts = _parts(type_)
    if text[:1] == b"{" and parts.fields is not None:
        return _object(_fitting_fields(text, parts.fields))
    if text[:1] == b"{" and parts.values is not None:
        fitting = ((key, _fitting(one, parts.values)) for key, one in fields_of(text).items())
        return _object((key, fit) for key, fit in fitting if fit)
    if text[:1] == b"[" and parts.items is not None:
        return b"[%b]" % b",".join(fit for one in _ARRAY.decode(text) if (fit := _fitting(one, parts.items)))
    return text


def _fitting_fields(text: bytes, fields: Iterable[_Field]) -> Iterable[tuple[str, bytes]]:
    found = fields_of(text)
    for key, type_, required in fields:
        part = found.get(key)
        if part is not None and (fit := _fitting(part, type_) or (bytes(part) if required else b"")):
            yield key, fit


def _fitting(part: msgspec.Raw, type_: Any) -> bytes:
    """Empty when the part does not fit at all. Most parts fit as they are."""
    text = bytes(part)
    if _fits(text, type_):
        return text
    text = _fitting_part(text, type_)
    return text if _fits(text, type_) else b""


def _fits(text: bytes, type_: Any) -> bool:
    try:
        _decoder(type_).decode(text)
    except msgspec.ValidationError:
        return False
    return True


def _object(fields: Iterable[tuple[str, bytes]]) -> bytes:
    return b"{%b}" % b",".join(b"%b:%b" % (msgspec.json.encode(key), text) for key, text in fields)
