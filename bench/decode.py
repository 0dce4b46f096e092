"""What decoding and counting cost a call, of each dialect and in each envelope, without Kafka. Run by `make bench`.

Every row is also decoded by a *bare* typed decode of the fields that counting needs, which checks nothing. The rows
take turns, each time is the least of several rounds, in CPU time. Every row's calls and tokens are checked.
"""

import argparse
import gc
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord

from bench import calls, flood
from bench.rows import bedrock, gateways, otlp, wrapped
from bench.rows.row import Row
from service.adapters.catalog.files import load_platforms
from service.core.batch import Batch, Partition
from service.core.identity import use_platforms
from service.formats.decoder import Decoder

MEASURES = ("bare", "decode", "count")
LONG = 1.0
"""Seconds: what takes longer is far from any bound, and is measured in the first round only."""


@dataclass(slots=True)
class Measured:
    """Microseconds a call, the least seen."""

    row: Row
    records: list[ConsumerRecord]
    us: dict[str, float] = field(default_factory=dict)
    wrong: str | None = None
    """What was counted, where that is not what was written."""


@dataclass(frozen=True, slots=True)
class Bound:
    """`row` takes at most `most` times what `base` takes."""

    row: str
    base: str
    most: float


@dataclass(frozen=True, slots=True)
class Verdict:
    bound: Bound
    ratio: float

    @property
    def kept(self) -> bool:
        return self.ratio <= self.bound.most


BARE = "bare typed decode"
"""Base of a bound."""
ENVELOPES = (*wrapped.one_envelope(), wrapped.debezium())
BOUNDS = (
    Bound(wrapped.FLAT, BARE, 2.5),
    *(Bound(row.name, wrapped.FLAT, 1.5) for row in ENVELOPES),
    *(Bound(row.name, wrapped.FLAT, 1.5) for row in wrapped.compressed()),
    *(Bound(row.name, wrapped.FLAT, 1.2) for row in wrapped.many()),
    Bound(gateways.KONG_EMPTY_LIST, gateways.KONG, 1.3),
    Bound(gateways.KONG_EMPTY_OBJECT, gateways.KONG, 1.3),
)

BASES = {bound.base for bound in BOUNDS}


def rows() -> Iterator[Row]:
    yield wrapped.flat()
    yield from ENVELOPES
    yield from wrapped.compressed()
    yield from wrapped.many()
    yield from gateways.rows()
    yield from bedrock.rows()
    yield from otlp.rows()


# --- measuring --------------------------------------------------------------------------------------------------------


def records_of(row: Row, number_of_calls: int) -> list[ConsumerRecord]:
    """A topic that holds nothing else."""
    return [
        record_of(row.name, offset, row.build(offset * row.calls), row.headers)
        for offset in range(number_of_calls // row.calls)
    ]


def record_of(topic: str, offset: int, value: bytes, headers: Sequence[tuple[str, bytes]] = ()) -> ConsumerRecord:
    recorded = int(calls.moment(offset).timestamp() * 1000)
    return ConsumerRecord(topic, 0, offset, recorded, 0, None, value, None, 0, len(value), headers)


def bare(one: Measured, decoder: Decoder) -> None:
    decode = one.row.bare
    for record in one.records:
        decode(record.value)


def decode(one: Measured, decoder: Decoder) -> None:
    read = decoder.reader(one.row.name)
    for record in one.records:
        read(record)


def count(one: Measured, decoder: Decoder) -> Batch:
    batch = Batch()
    flood.count_all(one.records, decoder, batch, batch.span(Partition(one.row.name, 0), 0))
    return batch


RUNS: dict[str, Callable[[Measured, Decoder], object]] = {"bare": bare, "decode": decode, "count": count}


def measure(number_of_calls: int, rounds: int, only: str) -> list[Measured]:
    every = [Measured(row, records_of(row, number_of_calls)) for row in rows() if only in row.name or row.name in BASES]
    decoders = {id(one): Decoder() for one in every}
    for one in every:
        one.wrong = wrong(one, count(one, decoders[id(one)]))
    gc.collect()
    gc.freeze()  # as the consumer does once it has started
    for _ in range(rounds):
        for one in every:
            for name in MEASURES:
                if one.us.get(name, 0.0) * number_of_calls > LONG * 1e6:
                    continue
                started = time.process_time()
                RUNS[name](one, decoders[id(one)])
                us = (time.process_time() - started) / number_of_calls * 1e6
                one.us[name] = min(us, one.us.get(name, us))
    return every


def wrong(one: Measured, batch: Batch) -> str | None:
    numbers = range(len(one.records) * one.row.calls)
    totals = batch.rollup.totals.values()
    counted = [sum(part) for part in zip(*((t.calls, t.input_tokens, t.output_tokens) for t in totals), strict=True)]
    written = [len(numbers), sum(map(calls.input_tokens, numbers)), sum(map(calls.output_tokens, numbers))]
    return None if counted == written else f"calls, input and output tokens: {counted or 'none'} of {written}"


# --- judging ----------------------------------------------------------------------------------------------------------


def verdicts(every: Sequence[Measured]) -> list[Verdict]:
    """Of the rows that were measured. A bound holds of all that a consumer does with a call: it decodes and counts it,
    at once where it can."""
    by_name = {one.row.name: one for one in every}
    known = [b for b in BOUNDS if b.row in by_name and (b.base == BARE or b.base in by_name)]
    return [Verdict(bound, ratio(bound, by_name)) for bound in known]


def ratio(bound: Bound, by_name: dict[str, Measured]) -> float:
    """What is unpacked costs what zlib or zstd take by themselves; that stands on both sides."""
    one = by_name[bound.row]
    if bound.base == BARE:
        return one.us["count"] / one.us["bare"]
    base = by_name[bound.base]
    unpacking = one.us["bare"] - base.us["bare"] if bound.row in (wrapped.GZIP, wrapped.ZSTD) else 0.0
    return one.us["count"] / (base.us["count"] + unpacking)


def table(every: Sequence[Measured], judged: Sequence[Verdict]) -> Iterator[str]:
    yield f"{'us a call':26}{'bare':>8}{'decode':>8}{'+ count':>8}   {'decode':>7}{'+ count':>8}   bound"
    yield f"{'':26}{'':24}   {'/ bare':>7}{'/ bare':>8}"
    for one in every:
        us = one.us
        line = f"{one.row.name:26}{us['bare']:8.2f}{us['decode']:8.2f}{us['count']:8.2f}"
        line += f"   {us['decode'] / us['bare']:7.2f}{us['count'] / us['bare']:8.2f}"
        for verdict in judged:
            if verdict.bound.row == one.row.name:
                line += f"   {verdict.ratio:.2f} x {verdict.bound.base}, at most {verdict.bound.most}"
                line += "" if verdict.kept else "  MISSED"
        yield line
        if one.wrong is not None:
            yield f"  WRONG: {one.wrong}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=12_000, help="of each row; more than lastcall remembers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="rows whose name holds this")
    parser.add_argument("--no-flood", action="store_true")
    given = parser.parse_args()
    use_platforms(load_platforms())
    every = measure(given.calls, given.rounds, given.only)
    judged = verdicts(every)
    print("\n".join(table(every, judged)), flush=True)
    bounded = given.no_flood or flood.report()
    right = all(one.wrong is None for one in every)
    return 0 if right and bounded and all(verdict.kept for verdict in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
