"""What holds of any input: decoding soon gives a value, the same with and without memory, with bounded words."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from service.adapters.catalog.files import load_platforms
from service.core.cleaning import event_of
from service.core.identity import use_platforms
from service.core.rollup import Rollup
from service.core.usage import Decoded, UsageEvent
from service.core.values import MAX_TEXT
from service.formats.decoder import Decoder, decode
from service.formats.dialects import NAMES
from service.formats.files import FileRecord

SLOW = 0.05
"""Seconds of CPU time that an input may take, whatever it is: others use the machine as well."""
PER_PART = 30e-6
"""And for each part beyond the first thousand."""
TRIES = 3
"""Times that an input is measured again before it counts as slow: the best one counts."""
FORMATS = (None, *NAMES)
"""By shape, or fixed for the topic."""
_HEADERS: Sequence[tuple[tuple[str, bytes], ...]] = (
    (),
    (),
    (("ce_specversion", b"1.0"), ("ce_source", b"/services/billing-api"), ("ce_time", b"2026-11-19T07:02:11Z")),
    (("content-encoding", b"gzip"), ("content-type", b"application/x-protobuf")),
    (("ce_time", b"\xff\xfe"), ("ce_source", b"\0"), ("", b"")),
)
_TIMESTAMPS = (1_795_323_600_000, 1_795_323_600_000, -1, 0, 2**62)
_MOST_KEYS = 5_000
_PRINTED = MAX_TEXT + len(" (logs)")


@dataclass(frozen=True, slots=True)
class Finding:
    kind: str
    """raised, differs, unbounded or slow."""
    detail: str


def record_of(value: bytes) -> FileRecord:
    """What stands beside the value follows from it, so that the value alone repeats what was found."""
    chance = crc32(value)
    fixed = chance % 4 == 0
    topic = FORMATS[chance // 4 % len(FORMATS)] if fixed else None
    return FileRecord(
        topic=topic or "by-shape",
        offset=0,
        value=value,
        headers=_HEADERS[chance // 64 % len(_HEADERS)],
        timestamp=_TIMESTAMPS[chance // 1024 % len(_TIMESTAMPS)],
    )


def new_decoder() -> Decoder:
    return Decoder({name: name for name in FORMATS if name is not None})


class Checker:
    """Keeps one Decoder over many inputs: what it remembers must change no answer."""

    def __init__(self) -> None:
        use_platforms(load_platforms())
        self._decoder = new_decoder()
        self._rollup = Rollup()
        self.slowest = 0.0
        self.slowest_value = b""

    def look(self, value: bytes) -> Finding | None:
        record = record_of(value)
        fixed = record.topic if record.topic in FORMATS else None
        try:
            started = time.thread_time()
            remembered = self._decoder.decode(record)
            between = time.thread_time()
            plain = decode(record, fixed)
            after = time.thread_time()
            self._count(plain)
            seconds = max(between - started, after - between) + time.thread_time() - after
            unbounded = trouble_of(plain)
        except Exception as error:  # whatever it is, it is found
            return Finding("raised", f"{type(error).__name__}: {error}")
        if seconds > self.slowest:
            allowed = SLOW + PER_PART * max(0, len(plain.calls) + len(plain.rejections) - 1000)
            if seconds > allowed:
                seconds = min(seconds, *(self._timed(record, fixed) for _ in range(TRIES)))
            if seconds > self.slowest:
                self.slowest, self.slowest_value = seconds, value
            if seconds > allowed:
                return Finding("slow", f"{seconds * 1000:.0f} ms for {len(value):,} bytes")
        if remembered != plain:
            return Finding("differs", f"with memory {remembered!r:.400}\nwithout     {plain!r:.400}")
        if (at_once := self._counted_at_once(record)) != (thorough := _counted(plain)):
            return Finding("differs", f"at once     {at_once!r:.400}\nthoroughly  {thorough!r:.400}")
        return Finding("unbounded", unbounded) if unbounded is not None else None

    def _counted_at_once(self, record: FileRecord) -> Rollup:
        """Twice: the first time may be what teaches its words."""
        rollup = Rollup()
        for _ in range(2):
            answer = self._decoder.counter(record.topic, rollup)(record)
            for call in answer.calls if isinstance(answer, Decoded) else () if answer is None else (answer,):
                rollup.add(call)
        return rollup

    def _count(self, decoded: Decoded) -> None:
        for call in decoded.calls:
            self._rollup.add(call)
        if len(self._rollup) > _MOST_KEYS:
            self._rollup = Rollup()

    def _timed(self, record: FileRecord, fixed: str | None) -> float:
        started = time.thread_time()
        self._count(decode(record, fixed))
        return time.thread_time() - started


def _counted(decoded: Decoded) -> Rollup:
    rollup = Rollup()
    for call in (*decoded.calls, *decoded.calls):
        rollup.add(call)
    return rollup


_FIELDS = tuple(UsageEvent.__struct_fields__)


def trouble_of(decoded: Decoded) -> str | None:
    """What came out that must not."""
    for event in map(event_of, decoded.calls):
        if not 2015 <= event.at.year < 2100 or event.at.utcoffset() is None:
            return f"at {event.at}"
        for name in _FIELDS:
            value: Any = getattr(event, name)
            if isinstance(value, str):
                if not 0 < len(value) <= _PRINTED or not value.isprintable():
                    return f"{name} {value!r:.100}"
            elif isinstance(value, int | float) and not 0 <= value < 2**53:
                return f"{name} {value!r}"
    for rejection in decoded.rejections:
        if len(rejection.detail) >= 500:
            return f"detail of {json.dumps(rejection.detail)[:100]}"
    return None
