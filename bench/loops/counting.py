"""What every loop is measured by, and what the loops other than lastcall's count into: a dictionary.

Imported by environments that have nothing of lastcall: needs msgspec alone.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from typing import Any

from bench.calls import Call
from bench.memory import peak_mb

Totals = tuple[int, int, int]
"""Calls, input tokens, output tokens."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a loop's process is asked for on its command line."""

    kafka: str
    topic: str
    records: int

    @classmethod
    def given(cls) -> "Task":
        parser = argparse.ArgumentParser()
        parser.add_argument("--kafka", required=True)
        parser.add_argument("--topic", required=True)
        parser.add_argument("--records", type=int, required=True)
        return cls(**vars(parser.parse_args()))


class Clock:
    """From the first record that comes in to the last one counted."""

    def __init__(self) -> None:
        self._started: tuple[float, float] | None = None
        self._taken: tuple[float, float] | None = None

    def start(self) -> None:
        """Again: nothing."""
        if self._started is None:
            self._started = _now()

    def stop(self) -> None:
        self._taken = _now()

    def report(self, totals: Totals) -> None:
        """One line of JSON: what `bench/ingest.py` reads."""
        assert self._started is not None
        assert self._taken is not None
        wall, cpu = (end - start for start, end in zip(self._started, self._taken, strict=True))
        print(json.dumps({"seconds": wall, "cpu_seconds": cpu, "peak_mb": peak_mb(), "totals": totals}))
        sys.stdout.flush()


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


class Counts:
    """Calls and tokens by (service, environment, provider, model, served model, hour)."""

    def __init__(self, records: int) -> None:
        self._expected = records
        self._seen = 0
        self._by_key: dict[tuple[str, ...], list[int]] = {}
        self.clock = Clock()

    def add(self, call: Call) -> None:
        key = (call.service, call.environment, call.provider, call.model, call.served_model, call.time[:13])
        self._add(key, call.input_tokens, call.output_tokens)

    def add_fields(self, call: dict[str, Any]) -> None:
        key = (
            call["service"],
            call["environment"],
            call["provider"],
            call["model"],
            call["served_model"],
            call["time"][:13],
        )
        self._add(key, call["input_tokens"], call["output_tokens"])

    def _add(self, key: tuple[str, ...], input_tokens: int, output_tokens: int) -> None:
        found = self._by_key.get(key)
        if found is None:
            self._by_key[key] = [1, input_tokens, output_tokens]
        else:
            found[0] += 1
            found[1] += input_tokens
            found[2] += output_tokens

    def seen(self, records: int = 1) -> bool:
        """True once all are counted; the clock has stopped then."""
        self._seen += records
        if self._seen < self._expected:
            return False
        self.clock.stop()
        return True

    def report(self) -> None:
        rows = self._by_key.values()
        self.clock.report((sum(row[0] for row in rows), sum(row[1] for row in rows), sum(row[2] for row in rows)))
