"""One call to a model as a log tells it, and what to say of a record that could not be read.

These are built once per call on the path of every record, so they are msgspec structs: about a fifth of the cost of a
frozen dataclass of the same width.
"""

from datetime import datetime
from typing import Literal

import msgspec

Format = Literal["otlp_traces", "otlp_logs", "litellm", "kong", "lastcall"]
"""A log dialect that lastcall reads. The name is public: `decode --json`, metrics and lastcall.yaml use it."""

FieldKind = Literal["model", "deployment", "alias"]
"""What kind of field an id was read from: a model's own name, or free text that somebody chose (an Azure deployment, a
gateway's alias). Free text is never read as a model, even when it looks like one."""

Reason = Literal[
    "empty",  # a null or empty value
    "too_large",  # over the size limit, compressed or not
    "bad_compression",  # broken gzip or zstd
    "bad_encoding",  # not UTF-8 (or marked UTF-16) text where text must be
    "bad_json",  # looks like JSON and is not
    "bad_protobuf",  # named or shaped as OTLP protobuf and is not
    "too_deep",  # nested beyond the limit
    "unknown_format",  # well-formed, but no dialect that lastcall reads
    "bad_field",  # the dialect is known, and a field it must have is missing or of the wrong type
    "bad_time",  # no usable time, or one outside 2015-2100
]
"""Why a record, or a part of it, was not understood. Public: metrics, the dead-letter header and `decode` carry it."""


class UsageEvent(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One call understood. Text comes from the log, bounded in length and free of control characters, else untrusted.

    `None` means that the log does not say; a count of tokens that the log leaves out is unknown, not zero.
    """

    format: Format
    reporter: str
    """Who wrote the call down: an instrumentation's scope, an SDK's own spans, a gateway. Part of the rollup's key."""
    at: datetime
    """Start of the call, aware, UTC."""
    service: str | None = None
    """The calling service."""
    environment: str | None = None
    provider: str | None = None
    """The provider as the log names it ("openai", "aws.bedrock", "azure"): a hint for identity, see `core.identity`."""
    host: str | None = None
    """Host name of the endpoint called, lower case, no port. It overrules `provider`."""
    requested_id: str | None = None
    """What the caller asked for, as the log says."""
    requested_field: FieldKind = "model"
    served_id: str | None = None
    """What answered, as the log says."""
    operation: str | None = None
    """chat, text_completion, embeddings, generate_content, rerank, image, speech ..., or else the log's own word."""
    status: int | None = None
    """HTTP status towards the provider (or the nearest the log has)."""
    error_code: str | None = None
    """The provider's code or the error's class ("model_not_found", "NotFoundError")."""
    end_of_life: bool = False
    """The error says, in this platform's own words, that the model is gone (`formats.errors` has the words)."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    latency_ms: float | None = None
    streaming: bool | None = None
    request_id: str | None = None
    key_owner: str | None = None
    """Who made or holds the API key that the call was made with: an e-mail address, or a team. Somebody of the company,
    whom the keeper of the gateway wrote down with the key: the same for each call with it, whoever the service works
    for. Who asked the service for something (`user`, `end_user`) is an end user, and is never read."""

    @property
    def failed(self) -> bool:
        """An error has a status of 400 or more, or an error code."""
        return self.error_code is not None or (self.status is not None and self.status >= 400)


class Rejection(msgspec.Struct, frozen=True, gc=False):
    """A record, or one item of it, that was not understood.

    `detail` is for the operator ("expected number at $.startTime"): it never quotes a value from the record.
    """

    reason: Reason
    detail: str = ""
    format: Format | None = None


class Decoded(msgspec.Struct, frozen=True):
    """All that one Kafka record holds: 0..N calls, and 0..N parts not understood. Neither: a known non-call."""

    events: tuple[UsageEvent, ...] = ()
    rejections: tuple[Rejection, ...] = ()
