"""Each envelope around a value, by its name: what it holds is read as the same calls."""

import base64
import codecs
import gzip
import json
from collections.abc import Callable, Mapping
from typing import Any

import zstandard

from service.formats.recognition import recognise_row

_DELETED_ROW = b'{"schema": null, "payload": null}'


def _text(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _is_json(value: bytes) -> bool:
    """One text of one line, as a part of another text."""
    text = _text(value)
    return (
        text is not None and text.lstrip()[:1] in ("{", "[", '"') and "\n" not in text.strip() and bool(_parsed(text))
    )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _in_object(around: Mapping[str, Any], key: str) -> Callable[[bytes], bytes | None]:
    """The value as text under `key`."""

    def wrap(value: bytes) -> bytes | None:
        text = _text(value)
        return json.dumps({**around, key: text}).encode() if text is not None and _is_json(value) else None

    return wrap


def _in_json(start: bytes, end: bytes) -> Callable[[bytes], bytes | None]:
    return lambda value: start + value + end if _is_json(value) else None


def _row(value: bytes) -> bytes | None:
    fields = _parsed(_text(value) or "") if _is_json(value) else None
    if not isinstance(fields, dict) or recognise_row(fields.keys()) is None:
        return None
    return json.dumps({**fields, "__op": "c"}).encode()


def _event(value: bytes) -> bytes:
    event = {"specversion": "1.0", "type": "t", "source": "", "id": "1"}
    return json.dumps(event | {"data_base64": base64.b64encode(value).decode()}).encode()


def _subscription(value: bytes) -> bytes | None:
    text = _text(value)
    if text is None or not _is_json(value):
        return None
    return json.dumps({"messageType": "DATA_MESSAGE", "logGroup": "g", "logEvents": [{"message": text}]}).encode()


def _recoded(value: bytes) -> bytes | None:
    text = _text(value)
    return text.encode("utf-16") if text is not None and _is_json(value) else None


WRAPS: Mapping[str, Callable[[bytes], bytes | None]] = {
    "debezium_row": _row,
    "debezium": _in_json(b'{"op":"c","before":null,"source":{},"after":', b"}"),
    "cloudevents": _event,
    "connect": _in_json(b'{"schema":{"type":"struct"},"payload":', b"}"),
    "cloudwatch": _subscription,
    "vector": _in_object({"source_type": "file"}, "message"),
    "filebeat": _in_object({"agent": {"type": "filebeat"}, "log": {"offset": 1}}, "message"),
    "fluent_bit": _in_object({"stream": "stdout"}, "log"),
    "gzip": lambda value: gzip.compress(value, mtime=0),
    "zstd": zstandard.compress,
    "utf16": _recoded,
    "utf8_mark": lambda value: codecs.BOM_UTF8 + value if _is_json(value) else None,
    "schema_registry": lambda value: b"\0\0\0\0\7" + value if _is_json(value) and value[:1] in (b"{", b"[") else None,
    "array": _in_json(b"[", b"]"),
    "lines": lambda value: value + b"\n[]" if _is_json(value) and value[:1] in (b"{", b"[") else None,
    "joined": lambda value: (
        value + b'{"schema": null, "payload": null}' if _is_json(value) and value[:1] == b"{" else None
    ),
    "text": lambda value: json.dumps(_text(value)).encode() if _is_json(value) else None,
}
"""None: the envelope cannot hold this value."""


def wrapped(value: bytes, name: str) -> bytes:
    """In a CloudEvent, which can hold anything, where the envelope cannot hold the value."""
    found = WRAPS[name](value)
    return found if found is not None else _event(value)
