"""Bytewax: its Kafka source in batches of 10,000, and orjson."""

import os

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow
from bytewax.testing import run_main

from bench.loops.counting import Counts, Task


def run(task: Task) -> None:
    counts = Counts(task.records)

    def count(message: KafkaSourceMessage) -> bool:
        counts.clock.start()
        counts.add_fields(orjson.loads(message.value))
        if counts.seen():
            counts.report()
            os._exit(0)  # without its own way down, which takes seconds
        return False

    flow = Dataflow("bench")
    records = op.input("in", flow, KafkaSource([task.kafka], [task.topic], batch_size=10_000))
    op.output("out", op.filter("count", records, count), StdOutSink())
    run_main(flow)


if __name__ == "__main__":
    run(Task.given())
