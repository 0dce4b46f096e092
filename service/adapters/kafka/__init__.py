"""One door to Kafka. The consume loop itself is FastStream's, in `entrypoints.consumer`."""
