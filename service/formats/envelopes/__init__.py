"""Envelopes in the order in which they are tried. To add one, add a file and a line here."""

from service.formats.contract import AnyEnvelope
from service.formats.envelopes import (
    cloudevents,
    cloudwatch,
    compression,
    connect,
    debezium,
    json_text,
    registry,
    shippers,
    text,
)

ENVELOPES: tuple[AnyEnvelope, ...] = (
    debezium.ROW,
    debezium.CHANGE,
    cloudevents.STRUCTURED,
    connect.CONNECT,
    cloudwatch.SUBSCRIPTION,
    shippers.VECTOR,
    shippers.FILEBEAT,
    shippers.FLUENT_BIT,
    compression.GZIP,
    compression.ZSTD,
    text.UTF16,
    text.UTF8_MARK,
    registry.SCHEMA_REGISTRY,
    json_text.ARRAY,
    json_text.LINES,
    json_text.JOINED,
    json_text.TEXT,
)
