"""Reads a record in which some field has a wrong type: the field is left out, the rest counts."""

import re
from functools import cache
from types import UnionType
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin

import msgspec

_Record = TypeVar("_Record", bound=msgspec.Struct)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_UNFIT: Any = object()
_FIELD = re.compile(r" - at `\$\.([^.\[`]+)")
"""In msgspec's error: the field of the outermost object, unless its name has a dot."""


def decode(type_: type[_Record], body: bytes | str | msgspec.Raw) -> _Record:
    """The record; if it does not fit, the record without the optional parts that do not fit. Bytes that are not UTF-8
    are replaced, so a prompt that was cut inside a character does not cost its call.

    Raises what msgspec raises: the text is no JSON object, or a field that must be there is missing or does not fit.
    """
    text = body.encode() if isinstance(body, str) else bytes(body)
    try:
        return _decode(type_, text)
    except UnicodeDecodeError:
        return _decode(type_, text.decode(errors="replace").encode())


def _decode(type_: type[_Record], text: bytes) -> _Record:
    try:
        return decoder_of(type_).decode(text)  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        found = _fitting_part(text, type_, error)
        return found if found is not _UNFIT else decoder_of(type_).decode(_required_part(text, type_))  # type: ignore[no-any-return]


class _Parts(NamedTuple):
    """What a type can be: an object of this struct, or with values of one type; an array of one type."""

    struct: type[msgspec.Struct] | None = None
    fields: tuple[msgspec.structs.FieldInfo, ...] = ()
    values: Any = None
    items: Any = None


@cache
def decoder_of(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_)


@cache
def _parts(type_: Any) -> _Parts:
    parts = _Parts()
    for kind in get_args(type_) if get_origin(type_) in (Union, UnionType) else (type_,):
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            parts = parts._replace(struct=kind, fields=msgspec.structs.fields(kind))
        elif get_origin(kind) is dict:
            parts = parts._replace(values=get_args(kind)[1])
        elif get_origin(kind) is list:
            parts = parts._replace(items=get_args(kind)[0])
    return parts


@cache
def _left_raw(struct: type[msgspec.Struct], key: str) -> tuple[Any, msgspec.json.Decoder[Any] | None]:
    """An optional field, and a decoder of the struct that leaves it raw."""
    field = next((one for one in _parts(struct).fields if one.encode_name == key and not one.required), None)
    if field is None:
        return None, None
    raw = (field.name, msgspec.Raw, msgspec.field(name=key, default=msgspec.Raw()))
    return field, msgspec.json.Decoder(msgspec.defstruct(f"{struct.__name__}WithRaw", [raw], bases=(struct,)))


def fields_of(body: bytes) -> dict[str, msgspec.Raw]:
    """The fields of an object, raw. Like a typed decode, it accepts any bytes in names that it does not know."""
    try:
        return _OBJECT.decode(body)
    except UnicodeDecodeError:
        return _OBJECT.decode(body.decode(errors="replace").encode())


def _fitting(part: msgspec.Raw, type_: Any) -> Any:
    """The value, or the part of it that fits its type, or `_UNFIT`. Most parts fit as they are."""
    try:
        return decoder_of(type_).decode(part)
    except msgspec.ValidationError as error:
        return _fitting_part(bytes(part), type_, error)


def _fitting_part(text: bytes, type_: Any, error: msgspec.ValidationError) -> Any:
    """The part that fits, of a text that does not fit as a whole: `error` says why."""
    parts = _parts(type_)
    if text[:1] == b"{" and parts.struct is not None:
        found = _with_one_field_fitted(text, parts.struct, error)
        return found if found is not None else _with_each_field_fitted(text, parts)
    if text[:1] == b"{" and parts.values is not None:
        fitting = ((key, _fitting(one, parts.values)) for key, one in fields_of(text).items())
        return {key: value for key, value in fitting if value is not _UNFIT}
    if text[:1] == b"[" and parts.items is not None:
        return [value for one in _ARRAY.decode(text) if (value := _fitting(one, parts.items)) is not _UNFIT]
    return _UNFIT


def _with_one_field_fitted(text: bytes, struct: type[msgspec.Struct], error: msgspec.ValidationError) -> Any:
    """For an object in which only the field that the error names does not fit. None: other fields do not fit either."""
    named = _FIELD.search(str(error))
    field, decoder = _left_raw(struct, named[1]) if named is not None else (None, None)
    if field is None or decoder is None:
        return None
    try:
        found = decoder.decode(text)
    except msgspec.ValidationError:
        return None
    value = _fitting(getattr(found, field.name), field.type)
    setattr(found, field.name, value if value is not _UNFIT else field.default)
    return found


def _with_each_field_fitted(text: bytes, parts: _Parts) -> Any:
    found, values = fields_of(text), {}
    for field in parts.fields:
        part = found.get(field.encode_name)
        value = _fitting(part, field.type) if part is not None else _UNFIT
        if value is not _UNFIT:
            values[field.name] = value
        elif field.required:
            return _UNFIT
    return parts.struct(**values)  # type: ignore[misc]  # it has one


def _required_part(text: bytes, type_: type[msgspec.Struct]) -> bytes:
    """An object without its optional fields: what msgspec says of it names a field that must be there."""
    found, required = fields_of(text), {one.encode_name for one in _parts(type_).fields if one.required}
    return msgspec.json.encode({key: part for key, part in found.items() if key in required})
