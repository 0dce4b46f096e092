"""One door to Kafka: the subscription that reads, the log beside it, and a producer."""
