"""Quix Streams: its own JSON deserializer and `update`, a commit each five seconds (its default)."""

import os
import uuid
from typing import Any

from quixstreams import Application

from bench.loops.counting import Counts, Task


def run(task: Task) -> None:
    counts = Counts(task.records)
    application = Application(
        broker_address=task.kafka,
        consumer_group=uuid.uuid4().hex,
        auto_offset_reset="earliest",
        loglevel="ERROR",
        commit_interval=5,
        consumer_poll_timeout=1,
    )

    def count(call: Any) -> None:
        counts.clock.start()
        counts.add_fields(call)
        if counts.seen():
            counts.report()
            os._exit(0)  # it knows no end of a topic

    frame = application.dataframe(application.topic(task.topic, value_deserializer="json"))
    frame.update(count)
    application.run()


if __name__ == "__main__":
    run(Task.given())
