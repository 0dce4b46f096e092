"""Reads a record in which some field has a wrong type: the field is left out, the rest counts."""

from functools import cache
from math import isfinite
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec

from service.formats.rejecting import MSGSPEC_ERRORS

_Record = TypeVar("_Record", bound=msgspec.Struct)
_PLAIN = msgspec.json.Decoder(float_hook=float)
"""Without types. A number out of range, an error with types, becomes infinite."""
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_UNFIT: Any = object()
_SCALARS = frozenset({str, int, float, bool, NoneType})
_MAYBE_INFINITE = frozenset({float, dict, list})
_SIMPLE = _SCALARS | {Any, msgspec.UnsetType, tuple[()]}


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
    except msgspec.ValidationError:
        found = _reader_of(type_).read(text)
        return found if found is not _UNFIT else decoder_of(type_).decode(_required_part(text, type_))  # type: ignore[no-any-return]


@cache
def decoder_of(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_)


@cache
def _reader_of(type_: Any) -> "_Reader":
    return _Reader(type_)


class _Reader:
    """Reads the parts of a value that fit a type, which is not recursive.

    The whole is decoded at once without types, so that many wrong parts take no longer than many right ones. It is
    decoded part by part if it cannot be decoded so, or if the type has raw parts or a kind that is not named here.
    """

    def __init__(self, type_: Any) -> None:
        kinds = set(get_args(type_) if get_origin(type_) in (Union, UnionType) else (type_,))
        self._type = type_
        self._as_they_are = (_SCALARS if Any in kinds else _SCALARS & kinds) - {float}
        self._if_finite = _MAYBE_INFINITE if Any in kinds else {float} & kinds
        self._convertible = ({int} if float in kinds else set()) | ({list} if tuple[()] in kinds else set())
        self._struct: type[msgspec.Struct] | None = None
        self._fields: dict[str, tuple[str, _Reader]] = {}
        self._required: set[str] = set()
        self._values: _Reader | None = None
        self._items: _Reader | None = None
        others: set[Any] = set()
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
                self._struct, fields = kind, msgspec.structs.fields(kind)
                self._fields = {one.encode_name: (one.name, _reader_of(one.type)) for one in fields}
                self._required = {one.name for one in fields if one.required}
            elif get_origin(kind) is dict:
                self._values = _reader_of(get_args(kind)[1])
            elif get_origin(kind) is list:
                self._items = _reader_of(get_args(kind)[0])
            else:
                others.add(kind)
        inner = (*(reader for _, reader in self._fields.values()), self._values, self._items)
        self._by_parts: bool = not others <= _SIMPLE or any(one._by_parts for one in inner if one is not None)

    def read(self, text: bytes | msgspec.Raw) -> Any:
        """The value, or the part of it that fits, or `_UNFIT`."""
        if not self._by_parts:
            try:
                return self._fitting(_PLAIN.decode(text))
            except MSGSPEC_ERRORS:
                pass  # half a character, for instance
        try:
            return decoder_of(self._type).decode(text)
        except msgspec.ValidationError:
            return self._fitting(self._raw_parts(bytes(text)))

    def _raw_parts(self, text: bytes) -> Any:
        if text[:1] == b"{" and (self._struct is not None or self._values is not None):
            return fields_of(text)
        return _ARRAY.decode(text) if text[:1] == b"[" and self._items is not None else _UNFIT

    def _fitting(self, value: Any) -> Any:
        """Of a value that was decoded without types, or as raw parts."""
        kind = type(value)
        if kind is msgspec.Raw:
            return self.read(value)
        if kind in self._as_they_are:
            return value
        if kind in self._if_finite:
            return value if _is_finite(value) else _UNFIT
        if kind is dict:
            return self._fitting_object(value)
        if kind is list and self._items is not None:
            return [part for one in value if (part := self._items._fitting(one)) is not _UNFIT]
        return self._converted(value) if kind in self._convertible else _UNFIT

    def _converted(self, value: Any) -> Any:
        try:
            return msgspec.convert(value, self._type)
        except msgspec.ValidationError:
            return _UNFIT

    def _fitting_object(self, value: dict[str, Any]) -> Any:
        if self._struct is None:
            if self._values is None:
                return _UNFIT
            fitting = ((key, self._values._fitting(one)) for key, one in value.items())
            return {key: part for key, part in fitting if part is not _UNFIT}
        found = {}
        for key, one in value.items():
            if (field := self._fields.get(key)) is not None:
                name, reader = field
                part = one if type(one) in reader._as_they_are else reader._fitting(one)
                if part is not _UNFIT:
                    found[name] = part
        return self._struct(**found) if self._required <= found.keys() else _UNFIT


def _is_finite(value: Any) -> bool:
    if type(value) is dict:
        return all(map(_is_finite, value.values()))
    return all(map(_is_finite, value)) if type(value) is list else type(value) is not float or isfinite(value)


def fields_of(body: bytes) -> dict[str, msgspec.Raw]:
    """The fields of an object, raw. Like a typed decode, it accepts any bytes in names that it does not know."""
    try:
        return _OBJECT.decode(body)
    except UnicodeDecodeError:
        return _OBJECT.decode(body.decode(errors="replace").encode())


def _required_part(text: bytes, type_: type[msgspec.Struct]) -> bytes:
    """An object without its optional fields: what msgspec says of it names a field that must be there."""
    found, required = fields_of(text), {one.encode_name for one in msgspec.structs.fields(type_) if one.required}
    return msgspec.json.encode({key: part for key, part in found.items() if key in required})
