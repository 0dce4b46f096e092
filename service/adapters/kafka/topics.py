"""Which incarnation of a topic is this? Asked by a newer metadata request than aiokafka's, which knows no topic ids."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import NodeNotReadyError, for_code
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.types import Boolean, CompactArray, CompactString, Int16, Int32, Schema, TaggedFields

from service.adapters.embedded import EMBEDDED_CLUSTER

_METADATA = 3
_NO_ID = bytes(16)
_ALREADY_EXISTS = 36


class _Uuid(AbstractType[bytes]):  # type: ignore[misc]  # aiokafka has no types
    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        return data.read(16)


class _MetadataResponse(Response):  # type: ignore[misc]  # aiokafka has no types
    """KIP-516: version 10 is the first that gives topic ids."""

    API_KEY = _METADATA
    API_VERSION = 10
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString()),
                ("port", Int32),
                ("rack", CompactString()),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString()),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString()),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_authorized_operations", Int32),
        ("tags", TaggedFields),
    )


class _MetadataStruct(RequestStruct):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = _METADATA
    API_VERSION = 10
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _MetadataResponse
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Uuid), ("name", CompactString()), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _Metadata(Request[_MetadataStruct]):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = _METADATA

    def __init__(self, topics: Collection[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_MetadataStruct]) -> _MetadataStruct:
        return request_struct_class([(_NO_ID, name, {}) for name in self._topics], False, False, False, {})


@dataclass(frozen=True, slots=True)
class Topics:
    """What the cluster says of some topics."""

    cluster_id: str
    incarnations: Mapping[str, str] = field(default_factory=dict)
    """Of the topics that exist: the topic id, or the cluster's id where the broker gives topics none."""

    @property
    def embedded(self) -> bool:
        """The broker that lastcall brings along, which forgets its topics when it ends."""
        return self.cluster_id.startswith(EMBEDDED_CLUSTER)


async def describe_topics(client: AIOKafkaClient, names: Collection[str]) -> Topics:
    """Raises KafkaError when no broker answers, or one refuses."""
    node = client.get_random_node()
    if node is None:
        raise NodeNotReadyError("no broker is known")
    try:
        answer: Any = await client.send(node, _Metadata(names))
    except NotImplementedError:  # how aiokafka says that the broker speaks no version of a request's
        older: Any = await client.send(node, MetadataRequest(sorted(names)))
        found = {topic[1]: _NO_ID for topic in older.topics if topic[0] == 0}
        return _topics(older.cluster_id, found)
    errors = {topic[0] for topic in answer.topics} - {0, 3, 5}  # fine, no such topic, no leader yet
    if errors:
        raise for_code(min(errors))()
    return _topics(answer.cluster_id, {topic[1]: topic[2] for topic in answer.topics if topic[0] == 0})


def _topics(cluster_id: str | None, ids: Mapping[str, bytes]) -> Topics:
    cluster = cluster_id or ""
    named = {name: str(uuid.UUID(bytes=topic_id)) if topic_id != _NO_ID else cluster for name, topic_id in ids.items()}
    return Topics(cluster, named)


async def create_topics(connection: Mapping[str, Any], names: Collection[str], *, partitions: int) -> None:
    """Those that exist already are left alone. One replica: meant for the embedded broker."""
    admin = AIOKafkaAdminClient(**connection)
    await admin.start()
    try:
        answer = await admin.create_topics([NewTopic(name, partitions, 1) for name in names])
    finally:
        await admin.close()
    for topic in answer.topic_errors:
        if topic[1] not in {0, _ALREADY_EXISTS}:
            raise for_code(topic[1])(topic[0])
