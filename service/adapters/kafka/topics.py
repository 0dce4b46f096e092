"""Existing topics, their incarnations and leaders; and the creation of topics.

Uses a newer metadata request than aiokafka's, which has no topic ids.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import NodeNotReadyError, for_code
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.types import Boolean, CompactArray, CompactString, Int16, Int32, Schema, TaggedFields

from service.adapters.embedded import EMBEDDED_CLUSTER
from service.core.batch import Partition

_METADATA = 3
_NO_ID = bytes(16)
_NOT_THERE = {3, 5}
"""Error codes: no such topic; no leader yet."""
_CREATED = {0, 36}
"""Error codes: created; already exists."""


class _Uuid(AbstractType[bytes]):  # type: ignore[misc]  # aiokafka has no types
    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        return data.read(16)


class _MetadataResponse(Response):  # type: ignore[misc]  # aiokafka has no types
    """Version 10 is the first with topic ids (KIP-516)."""

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
    """The cluster's answer about some topics."""

    cluster_id: str
    incarnations: Mapping[str, str] = field(default_factory=dict)
    """Existing topics: the topic id, or the cluster's id if the broker has no topic ids."""
    leaders: Mapping[Partition, int] = field(default_factory=dict)
    """Partitions that have a leader."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Topics that lastcall may not see, with the name of the error."""

    @property
    def embedded(self) -> bool:
        """Whether this is the embedded broker, which loses its topics when it ends."""
        return self.cluster_id.startswith(EMBEDDED_CLUSTER)


async def describe_topics(client: AIOKafkaClient, names: Collection[str]) -> Topics:
    """Raises KafkaError if no broker answers."""
    node = client.get_random_node()
    if node is None:
        raise NodeNotReadyError("no broker is known")
    try:
        answer: Any = await client.send(node, _Metadata(names))
    except NotImplementedError:  # raised by aiokafka if the broker supports no version of the request
        older: Any = await client.send(node, MetadataRequest(sorted(names)))
        return _topics(older.cluster_id, [(code, name, _NO_ID, each) for code, name, *_, each in older.topics])
    topics = [(code, name, id_, each) for code, name, id_, _, each, *_ in answer.topics]
    return _topics(answer.cluster_id, topics)


_Described = tuple[int, str, bytes, Sequence[tuple[Any, ...]]]
"""Error code, name, id, and the partitions: error code, number, leader ..."""


def _topics(cluster_id: str | None, topics: Iterable[_Described]) -> Topics:
    cluster = cluster_id or ""
    incarnations: dict[str, str] = {}
    leaders: dict[Partition, int] = {}
    refused: dict[str, str] = {}
    for code, name, id_, partitions in topics:
        if code == 0:
            incarnations[name] = str(uuid.UUID(bytes=id_)) if id_ != _NO_ID else cluster
            leaders |= {Partition(name, number): leader for _, number, leader, *_ in partitions if leader >= 0}
        elif code not in _NOT_THERE:
            refused[name] = for_code(code).__name__
    return Topics(cluster, incarnations, leaders, refused)


@dataclass(frozen=True, slots=True)
class _ByDefault:
    """A topic for the admin client, with the broker's default numbers of partitions and replicas (KIP-464), which
    aiokafka's own NewTopic does not support."""

    name: str
    num_partitions: int = -1
    replication_factor: int = -1
    replica_assignments: Mapping[int, Sequence[int]] = field(default_factory=dict)
    topic_configs: Mapping[str, str] = field(default_factory=dict)


async def create_topics(connection: Mapping[str, Any], names: Collection[str]) -> Mapping[str, str]:
    """Create the topics; existing ones stay as they are. Returns those that the broker refused, with the name of the
    error."""
    admin = AIOKafkaAdminClient(**connection)
    await admin.start()
    try:
        answer = await admin.create_topics([_ByDefault(name) for name in names])
    finally:
        await admin.close()
    return {name: for_code(code).__name__ for name, code, *_ in answer.topic_errors if code not in _CREATED}
