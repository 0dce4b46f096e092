"""Topics on which a word differs on each record: that may cost speed, and never memory or a call.

Each kind runs in a process of its own, so that the peak of memory is its own. Counted calls are let go as often as a
consumer writes them down.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka import ConsumerRecord

from bench import calls
from bench.memory import peak_mb
from service.adapters.catalog.files import load_platforms
from service.config.settings import Settings
from service.core.batch import Batch, OffsetSpan, Partition
from service.core.identity import use_platforms
from service.core.usage import Call
from service.formats.decoder import Decoder

RECORDS = 200_000
SETTLED = 60_000
"""Records after which all that is remembered is full."""
MOST_GROWTH_MB = 8.0
HOUR = datetime(2025, 6, 2, 9, tzinfo=UTC)
CHUNK = 1_000


def _callers(number: int) -> dict[str, Any]:
    return {"service": f"worker-{number:08x}"}


def _models(number: int) -> dict[str, Any]:
    return {"model": f"tuned-{number:08x}", "served_model": f"tuned-{number:08x}"}


def _errors(number: int) -> dict[str, Any]:
    message = f"The model was not found. Include the request id req_{number:016x} when you contact us."
    return {"status": 404, "error_message": message}


def _hosts(number: int) -> dict[str, Any]:
    return {"host": f"https://tenant-{number:08x}.openai.azure.com/openai/deployments/chat"}


def _counts(number: int) -> dict[str, Any]:
    return {"input_tokens": str(calls.input_tokens(number))} if number % 2 else {}


def _all(number: int) -> dict[str, Any]:
    return _callers(number) | _models(number) | _errors(number) | _hosts(number)


KINDS: dict[str, Callable[[int], dict[str, Any]]] = {
    "no word": lambda _: {},
    "half: a text": _counts,
    "callers": _callers,
    "models": _models,
    "error messages": _errors,
    "hosts": _hosts,
    "all of these": _all,
}


def run(kind: str) -> dict[str, float]:
    use_platforms(load_platforms())
    decoder, decoded_calls, cpu, settled = Decoder(), 0, 0.0, 0.0
    keys = Settings().flush_keys
    batch = Batch()
    for first in range(0, RECORDS, CHUNK):
        records = [_record(number, KINDS[kind]) for number in range(first, first + CHUNK)]
        started = time.process_time()
        span = batch.span(Partition("flood", 0), first)
        count_all(records, decoder, batch, span)
        cpu += time.process_time() - started
        if len(batch.rollup) >= keys or first + CHUNK == RECORDS:
            decoded_calls += sum(totals.calls for totals in batch.rollup.totals.values())
            batch = Batch()
        if first < SETTLED:
            settled = peak_mb()
    return {"us": cpu / RECORDS * 1e6, "peak_mb": peak_mb(), "growth_mb": peak_mb() - settled, "calls": decoded_calls}


def count_all(records: Sequence[ConsumerRecord], decoder: Decoder, batch: Batch, span: OffsetSpan) -> None:
    """As the consumer does it, for records of one topic."""
    count, add = decoder.counter(records[0].topic, batch.rollup), batch.rollup.add
    for record in records:
        answer = count(record)
        if answer is None:
            continue
        if type(answer) is Call:
            add(answer)
        else:
            batch.add(span, record, answer, HOUR)


def _record(number: int, words: Callable[[int], dict[str, Any]]) -> ConsumerRecord:
    value = json.dumps(calls.fields(number) | words(number)).encode()
    return ConsumerRecord("flood", 0, number, 1_748_854_800_000, 0, None, value, None, 0, len(value), ())


def report() -> bool:
    print(f"\na topic of {RECORDS:,} calls on which each record differs in")
    kept = True
    for kind in KINDS:
        done = subprocess.run([sys.executable, "-m", "bench.flood", kind], stdout=subprocess.PIPE, check=True)
        found = json.loads(done.stdout)
        good = found["growth_mb"] <= MOST_GROWTH_MB and found["calls"] == RECORDS
        kept = kept and good
        print(
            f"  {kind:16} {found['us']:7.2f} us a call   peak {found['peak_mb']:4.0f} MB, of that"
            f" {found['growth_mb']:4.1f} after the first {SETTLED:,}, at most {MOST_GROWTH_MB:.0f}"
            f"   {found['calls']:,.0f} calls{'' if good else '  MISSED'}",
            flush=True,
        )
    return kept


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    print(json.dumps(run(parser.parse_args().kind)))
