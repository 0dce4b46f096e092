"""One door to Kafka: the subscription that reads, the log beside it, and a producer.

FastStream and aiokafka are used as their documentation has them, but for what follows. Both are pinned below the next
minor version, and the tests on a broker fail when one of these changes.

- `faststream`: `broker.config.broker_config.builder` (`subscription.py`), which builds the consumer. FastStream takes
  no consumer from outside, and its own cannot go on after a header whose name is not UTF-8.
- `aiokafka.client.AIOKafkaClient`, `aiokafka.protocol` (`log.py`, `topics.py`): topic ids (KIP-516), the last stable
  offset beside the high watermark, one partition's records as bytes. No documented call gives any of these.
- `aiokafka.record.util`, `aiokafka.codec` (`record_batches.py`): checksum, varints and compression.
"""
