"""The only package that uses Kafka: the subscription (consumer group), the log (offsets, dead letters), and a producer.

FastStream and aiokafka are used as documented, with the following exceptions. Both are pinned below the next minor
version, and the tests with a broker fail if one of these changes.

- `faststream`: `broker.config.broker_config.builder` (`subscription.py`), which builds the consumer. FastStream accepts
  no external consumer, and its own cannot continue after a header whose name is not UTF-8.
- `aiokafka.client.AIOKafkaClient`, `aiokafka.protocol` (`log.py`, `topics.py`): topic ids (KIP-516), the last stable
  offset beside the high watermark, one partition's records as bytes. No documented call provides these.
- `aiokafka.record.util`, `aiokafka.codec` (`record_batches.py`): checksum, varints and compression.
"""
