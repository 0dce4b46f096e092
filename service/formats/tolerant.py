"""Reading a record of which some field has a wrong type: the field is unknown, the rest counts."""

from collections.abc import Iterable
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec

_Record = TypeVar("_Record", bound=msgspec.Struct)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


def decode(decoder: msgspec.json.Decoder[_Record], body: bytes | msgspec.Raw) -> _Record:
    """`decoder.decode`, and again without the optional parts that do not fit: Lua writes an empty table as `[]`.

    Raises what msgspec raises: the text is no JSON object, or a field that must be there is missing or does not fit.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        return decoder.decode(_without_misfits(bytes(body), decoder.type))


def _without_misfits(text: bytes, type_: Any) -> bytes:
    """A JSON text without its optional parts that are not of the type they have in `type_`."""
    for kind in get_args(type_) if get_origin(type_) in (Union, UnionType) else (type_,):
        if text[:1] == b"{" and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return _object(_fitting_fields(text, kind))
        if text[:1] == b"{" and get_origin(kind) is dict:
            inner = get_args(kind)[1]
            return _object((key, fit) for key, one in _OBJECT.decode(text).items() if (fit := _fitting(one, inner)))
        if text[:1] == b"[" and get_origin(kind) is list:
            (inner,) = get_args(kind)
            return b"[%b]" % b",".join(fit for one in _ARRAY.decode(text) if (fit := _fitting(one, inner)))
    return text


def _fitting_fields(text: bytes, type_: type[msgspec.Struct]) -> Iterable[tuple[str, bytes]]:
    parts = _OBJECT.decode(text)
    for field in msgspec.structs.fields(type_):
        part = parts.get(field.encode_name)
        if part is not None and (fit := _fitting(part, field.type) or (bytes(part) if field.required else b"")):
            yield field.encode_name, fit


def _fitting(part: msgspec.Raw, type_: Any) -> bytes:
    """Empty when the part does not fit at all."""
    text = _without_misfits(bytes(part), type_)
    try:
        msgspec.json.decode(text, type=type_)
    except msgspec.ValidationError:
        return b""
    return text


def _object(fields: Iterable[tuple[str, bytes]]) -> bytes:
    return b"{%b}" % b",".join(b"%b:%b" % (msgspec.json.encode(key), text) for key, text in fields)
