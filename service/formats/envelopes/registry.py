"""Schema Registry framing: a zero byte, the schema's number in four bytes, then the content.

https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
JSON Schema's content is JSON text. Avro and Protobuf cannot be read without the schema.
"""

from service.formats.contract import Context, Envelope, Inner, NeedsSchema

_HEAD = 5


def _open(body: bytes, context: Context) -> Inner | NeedsSchema:
    content = body[_HEAD:]
    if content[:1] == b"{" or content.lstrip()[:1] in (b"{", b"["):
        return Inner(content, context)
    return NeedsSchema(str(int.from_bytes(body[1:_HEAD], "big")))


SCHEMA_REGISTRY = Envelope(
    "schema_registry",
    "Confluent Schema Registry's framing of JSON",
    lambda body: body[:1] == b"\0" and len(body) > _HEAD,
    _open,
)
