"""The flat record in each envelope that lastcall opens, and many of them in one record."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator

import msgspec
import zstandard

from bench import calls
from bench.rows.row import Row

FLAT = "flat record"
MANY = 50
ARRAY = f"array of {MANY}"
GZIP, ZSTD = "gzip", "zstd"

_call = msgspec.json.Decoder(calls.Call)
_Wrap = Callable[[int, str], str]
"""The call's number and its record -> the record in its envelope."""


class _Data(msgspec.Struct, gc=False):
    data: calls.Call


class _Message(msgspec.Struct, gc=False):
    message: str


class _Log(msgspec.Struct, gc=False):
    log: str


class _Payload(msgspec.Struct, gc=False):
    payload: calls.Call


class _Change(msgspec.Struct, gc=False):
    op: str
    after: calls.Call


def flat() -> Row:
    return Row(FLAT, calls.record, _call.decode)


def one_envelope() -> Iterator[Row]:
    message, log = msgspec.json.Decoder(_Message).decode, msgspec.json.Decoder(_Log).decode
    headers = (("ce_specversion", b"1.0"), ("ce_type", b"com.acme.llm.request"), ("ce_source", b"/services/gateway"))
    yield Row("CloudEvents", _in(_cloud_event), msgspec.json.Decoder(_Data).decode)
    yield Row("CloudEvents, in headers", calls.record, _call.decode, headers=headers)
    yield Row("Filebeat", _in(_filebeat), lambda value: _call.decode(message(value).message))
    yield Row("Fluent Bit", _in(_fluent_bit), lambda value: _call.decode(log(value).log))
    yield Row("Vector", _in(_vector), lambda value: _call.decode(message(value).message))
    yield Row("Kafka Connect", _in(_connect), msgspec.json.Decoder(_Payload).decode)
    yield Row("Schema Registry frame", lambda n: b"\0\0\0\0\7" + calls.record(n), lambda value: _call.decode(value[5:]))


def debezium() -> Row:
    return Row("Debezium", _in(_debezium), msgspec.json.Decoder(_Change).decode)


def compressed() -> Iterator[Row]:
    unzstd = zstandard.ZstdDecompressor()
    yield Row(
        GZIP, lambda n: gzip.compress(calls.record(n), mtime=0), lambda value: _call.decode(zlib.decompress(value, 31))
    )
    yield Row(ZSTD, lambda n: zstandard.compress(calls.record(n)), lambda value: _call.decode(unzstd.decompress(value)))


def many() -> Iterator[Row]:
    array = msgspec.json.Decoder(list[calls.Call])
    yield Row(ARRAY, lambda n: b"[" + b", ".join(_records(n)) + b"]", array.decode, MANY)
    yield Row(f"{MANY} lines", lambda n: b"\n".join(_records(n)), _call.decode_lines, MANY)


def _records(first: int) -> list[bytes]:
    return [calls.record(number) for number in range(first, first + MANY)]


def _in(wrap: _Wrap) -> Callable[[int], bytes]:
    return lambda number: wrap(number, calls.record(number).decode()).encode()


def _cloud_event(number: int, record: str) -> str:
    event = {
        "specversion": "1.0",
        "type": "com.acme.llm.request",
        "source": f"/services/{calls.service_of(number)}",
        "id": f"{number:032x}",
        "time": calls.time_of(number),
        "datacontenttype": "application/json",
    }
    return f'{json.dumps(event)[:-1]}, "data": {record}}}'


def _filebeat(number: int, record: str) -> str:
    return json.dumps(
        {
            "@timestamp": calls.time_of(number),
            "@metadata": {"beat": "filebeat", "type": "_doc", "version": "9.1.4"},
            "log": {"offset": number * 601, "file": {"path": "/var/log/llm/calls.log"}},
            "message": record,
            "input": {"type": "filestream"},
            "ecs": {"version": "8.0.0"},
            "host": {"name": "node-1"},
            "agent": {"type": "filebeat", "version": "9.1.4", "name": "node-1"},
        }
    )


def _fluent_bit(number: int, record: str) -> str:
    return json.dumps(
        {
            "@timestamp": calls.moment(number).timestamp(),
            "stream": "stdout",
            "_p": "F",
            "log": record + "\n",
            "kubernetes": {
                "pod_name": f"{calls.service_of(number)}-7c9d-fghij",
                "namespace_name": "payments",
                "labels": {"app": calls.service_of(number)},
                "container_name": "app",
            },
        }
    )


def _vector(number: int, record: str) -> str:
    return json.dumps(
        {
            "file": "/var/log/llm/access.log",
            "host": "node-1",
            "message": record,
            "source_type": "file",
            "timestamp": calls.time_of(number),
        }
    )


def _connect(number: int, record: str) -> str:
    return f'{{"schema": null, "payload": {record}}}'


def _debezium(number: int, record: str) -> str:
    """A row inserted into a table of calls, as the JSON converter writes it without schemas."""
    at = int(calls.moment(number).timestamp() * 1000)
    source = {
        "version": "3.2.0.Final",
        "connector": "postgresql",
        "name": "gateway",
        "ts_ms": at,
        "snapshot": "false",
        "db": "gateway",
        "schema": "public",
        "table": "llm_calls",
        "txId": number,
        "lsn": 24_000_000 + number,
    }
    tail = json.dumps({"source": source, "transaction": None, "op": "c", "ts_ms": at + 40})
    return f'{{"before": null, "after": {record}, {tail[1:]}'
