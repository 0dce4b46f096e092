"""What a record may be wrapped in, whether lastcall opens it or not."""

import base64
import codecs
import gzip
import json
import random
from collections.abc import Callable

import zstandard

Wrap = Callable[[bytes, random.Random], bytes]
MOST_REPEATED = 10_500
"""More than lastcall takes of one array."""
MOST_BYTES = 128 * 1024
"""An eighth of what a broker takes by default. A megabyte of small calls rightly takes longer than an input may."""


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _json(value: bytes) -> bytes:
    """As a part of a JSON text: what is none becomes a string."""
    return value if value[:1] in (b"{", b"[", b'"') else json.dumps(_text(value)).encode()


def _string(value: bytes, rng: random.Random) -> bytes:
    return json.dumps(_text(value)).encode()


def _times(value: bytes, rng: random.Random) -> int:
    """How often something is repeated: mostly a few times, seldom very often."""
    often = rng.random() < 0.001
    return min(rng.randint(1, MOST_REPEATED), MOST_BYTES // (len(value) + 1)) if often else rng.randint(1, 6)


def _array(value: bytes, rng: random.Random) -> bytes:
    return b"[" + b",".join([_json(value)] * _times(value, rng)) + b"]"


def _lines(value: bytes, rng: random.Random) -> bytes:
    return b"\n".join([value] * _times(value, rng))


def _spread(value: bytes, rng: random.Random) -> bytes:
    """An array over several lines."""
    return b"[\n" + b",\n".join([_json(value)] * rng.randint(1, 4)) + b"\n]"


def _gzip(value: bytes, rng: random.Random) -> bytes:
    return gzip.compress(value, 1, mtime=0) * (rng.randint(1, 200) if rng.random() < 0.01 else 1)


def _zstd(value: bytes, rng: random.Random) -> bytes:
    return zstandard.compress(value, 1)


def _bomb(value: bytes, rng: random.Random) -> bytes:
    """Expands up to a thousand times."""
    filler = b" " * rng.choice((60_000, 600_000, 9_000_000)) if rng.random() < 0.005 else b"  "
    return gzip.compress(filler + value, 1, mtime=0)


def _frame(value: bytes, rng: random.Random) -> bytes:
    return b"\0" + rng.randbytes(4) + value


def _recoded(value: bytes, rng: random.Random) -> bytes:
    text = _text(value)
    return rng.choice((codecs.BOM_UTF8 + value, text.encode("utf-16"), text.encode("utf-16-be"), b" \t\r\n" + value))


def _event(value: bytes, rng: random.Random) -> bytes:
    head = b'{"specversion":"1.0","type":"t","source":"/services/a","id":"1","time":"2026-11-19T07:02:11Z",'
    if rng.random() < 0.4:
        return head + b'"data_base64":"' + base64.b64encode(value) + b'"}'
    return head + b'"datacontenttype":"application/json","data":' + _json(value) + b"}"


def _connect(value: bytes, rng: random.Random) -> bytes:
    schema = rng.choice((b"null", b"{}", b'{"type":"struct","fields":[]}'))
    return b'{"schema":' + schema + b',"payload":' + _json(value) + b"}"


def _debezium(value: bytes, rng: random.Random) -> bytes:
    operation = rng.choice((b'"c"', b'"r"', b'"u"', b'"d"', b'"t"', b"null", b"7"))
    before = rng.choice((b"null", _json(value)))
    change = (
        b'"before":%b,"after":%b,"source":{"connector":"mysql","ts_ms":1795071731216},"op":%b,"ts_ms":1795071731216'
    )
    return b"{" + change % (before, _json(value), operation) + b"}"


def _filebeat(value: bytes, rng: random.Random) -> bytes:
    return (
        b'{"@timestamp":"2026-11-19T07:02:11.216Z","@metadata":{"beat":"filebeat"},"log":{"offset":1,"file":{"path":"p"}},'
        b'"agent":{"type":"filebeat"},"fields":{"service":"a"},"message":' + _string(value, rng) + b"}"
    )


def _fluent_bit(value: bytes, rng: random.Random) -> bytes:
    line = _string(value + rng.choice((b"", b"\n")), rng)
    processed = b',"log_processed":' + _json(value) if rng.random() < 0.3 else b""
    pod = b'"kubernetes":{"pod_name":"p","namespace_name":"n","labels":{"app":"a"}}'
    return b'{"@timestamp":1795071731.216,"stream":"stdout","_p":"F","log":' + line + processed + b"," + pod + b"}"


def _vector(value: bytes, rng: random.Random) -> bytes:
    cri = rng.choice((b"", b"2026-11-19T07:02:11.216004000Z stdout F "))
    return b'{"source_type":"file","timestamp":"2026-11-19T07:02:11Z","message":' + _string(cri + value, rng) + b"}"


def _cloudwatch(value: bytes, rng: random.Random) -> bytes:
    """A subscription's batch of log events."""
    event = b'{"id":"1","timestamp":1795071731216,"message":' + _string(value, rng) + b"}"
    events = b",".join([event] * rng.randint(1, 4))
    kind = rng.choice((b"DATA_MESSAGE", b"CONTROL_MESSAGE"))
    return b'{"messageType":"%b","owner":"1","logGroup":"g","logStream":"s","logEvents":[%b]}' % (kind, events)


WRAPS: tuple[Wrap, ...] = (
    _string,
    _array,
    _lines,
    _spread,
    _gzip,
    _zstd,
    _bomb,
    _frame,
    _recoded,
    _event,
    _connect,
    _debezium,
    _filebeat,
    _fluent_bit,
    _vector,
    _cloudwatch,
)
