"""What a decoder is given: one Kafka record, raw. aiokafka's ConsumerRecord fits as it is."""

from typing import Protocol

from service.core.batch import RawRecord


class Record(RawRecord, Protocol):
    @property
    def timestamp(self) -> int:
        """Kafka's record time in ms since 1970; -1 when the broker has none."""
