"""One call to a model as a log tells it, raw and cleaned, and what to say of a record that holds none.

`Call` and `Who` are built for every call, so they are msgspec structs: a fifth of the cost of a frozen dataclass.
"""

from datetime import datetime
from typing import Any, Literal, final

import msgspec

Format = str
"""Name of a log dialect that lastcall reads (`service.formats.dialects` has them all). Public: `decode --json`, metrics
and lastcall.yaml use it."""

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
    "needs_schema",  # written with a schema that lastcall does not have (Avro, Protobuf)
]
"""Why a record, or a part of it, was not understood. Public: metrics, the dead-letter header and `decode` carry it."""


OF_LOGS = " (logs)"
"""Behind the scope of a log event's reporter: a span and a log event of one call come from one scope, and are two
reporters, or the call would count twice."""
Scalar = str | int | float | bool | None
"""Any JSON value that is hashable."""
Words = Scalar | tuple["Words", ...]
"""A raw word of a log, or several in order of preference: the first usable one counts."""


class Who(msgspec.Struct, frozen=True, gc=False):
    """The raw words of a call that identity, attribution and outcome depend on, as the log spells them.

    Calls that share them are cleaned once (`core.cleaning`). Whatever differs from call to call has no place here,
    except the text of an error. By position it is built at a fifth of the cost.
    """

    format: Format
    reporter: Words
    service: Words = None
    environment: Words = None
    provider: Words = None
    host: Words = None
    """URLs or host names."""
    requested_id: Words = None
    requested_field: FieldKind | None = None
    """None: what an SDK's `model` argument is on that platform, a deployment on Azure and a model elsewhere."""
    served_id: Words = None
    operation: Words = None
    status: Words = None
    """HTTP status, number or text."""
    error_code: Words = None
    """The provider's own code."""
    error_text: str | None = None
    """What the provider answered, read for its code and for words that the model is gone, and never kept."""
    streaming: Scalar = None
    key_owner: Words = None
    either_id: Words = None
    """The response's model where there was a response, else the request's."""
    failed: bool | None = None
    """Whether the log says that the call failed. None: status and error tell."""
    error_class: Words = None
    """Name of the error for want of a code: an exception's class, or an HTTP status."""

    def __repr__(self) -> str:
        """Without the words: nobody has looked yet whether one of them is a secret."""
        return f"Who({self.format})"


@final
class Call(msgspec.Struct, frozen=True, gc=False):
    """One call as a dialect maps it: who called what, and how much. Only the time is checked."""

    who: Who
    at: datetime
    """Start of the call, aware, UTC."""
    input_tokens: Any = None
    output_tokens: Any = None
    cached_tokens: Any = None
    latency_ms: Any = None
    request_id: Any = None

    def __repr__(self) -> str:
        """Without raw values, as `Who`."""
        return f"Call({self.who!r}, {self.at:%Y-%m-%dT%H:%M:%SZ})"


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
    """The error says, in this platform's own words, that the model is gone: those at the head of its catalog file."""
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


class PassedOver(msgspec.Struct, frozen=True, gc=False):
    """Parts of a record that lastcall knows and that are no calls. Counted, so that nobody waits in vain for them."""

    kind: str
    """Name of what they are: a key of the dialect's or the envelope's `passes`."""
    format: Format
    """The dialect or envelope that knows them."""
    parts: int = 1


class Decoded(msgspec.Struct, frozen=True):
    """All that one Kafka record holds: 0..N calls, and what was not understood or passed over."""

    calls: tuple[Call, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    passed: tuple[PassedOver, ...] = ()
