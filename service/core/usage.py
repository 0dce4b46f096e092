"""The types of a decoded record: calls, raw and cleaned, rejections, and passed-over parts.

`Call` and `Who` are built for every call, so they are msgspec structs: a fifth of the cost of a frozen dataclass.
"""

from datetime import date, datetime
from typing import Any, Literal, final

import msgspec

Format = str
"""Name of a log dialect that lastcall reads (`service.formats.dialects` has them all). Public: `decode --json`, metrics
and lastcall.yaml use it."""

FieldKind = Literal["model", "deployment", "alias"]
"""Kind of the field that contained an id: a model's own name, or free text that somebody chose (an Azure deployment, a
gateway's alias). Free text is never read as a model, even if it looks like one."""

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
"""Why a record or a part of it was rejected. Public: in metrics, the dead-letter header and `decode`."""


OF_LOGS = " (logs)"
"""Suffix of the reporter of log events. A span and a log event of one call have the same scope; as two reporters, they
do not count the call twice."""
Scalar = str | int | float | bool | None
"""Any JSON value that is hashable."""
Words = Scalar | tuple["Words", ...]
"""A raw word of a log, or several in order of preference: the first usable one counts."""


class EndWords(msgspec.Struct, frozen=True, gc=False):
    """Headers of the provider's answer that announce an end, as the log spells them."""

    sunset: Words = None
    deprecation: Words = None
    model_deprecation: Words = None
    """x-model-deprecation-timestamp"""


class Who(msgspec.Struct, frozen=True, gc=False):
    """The raw words of a call that identity, attribution and outcome depend on, as the log spells them.

    Calls with equal words are cleaned once (`core.cleaning`). Values that differ from call to call do not belong here,
    except the text of an error. Construction with positional arguments takes a fifth of the time.
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
    """None: the kind of an SDK's `model` argument on that platform: a deployment on Azure, a model elsewhere."""
    served_id: Words = None
    operation: Words = None
    status: Words = None
    """HTTP status, number or text."""
    error_code: Words = None
    """The provider's own code."""
    error_text: str | None = None
    """The provider's answer. Read for its code and for an end of life, and never stored."""
    streaming: Scalar = None
    key_owner: Words = None
    either_id: Words = None
    """The response's model if there was a response, else the requested one."""
    failed: bool | None = None
    """Whether the log says that the call failed. None: it follows from status and error."""
    error_class: Words = None
    """Name of the error if there is no code: an exception's class, or an HTTP status."""
    end: EndWords | None = None

    def __repr__(self) -> str:
        """Without the words: they are not checked for secrets yet."""
        return f"Who({self.format})"


EndHeader = Literal["x-model-deprecation-timestamp", "sunset", "deprecation"]


class EndNotice(msgspec.Struct, frozen=True, gc=False):
    """An end that the provider's answer announces. Days are UTC; None: the answer names none."""

    header: EndHeader
    """The one that says most: in the order of `EndHeader`."""
    deprecated_on: date | None
    ends_on: date | None


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
    """A cleaned call. Its text is bounded in length and free of control characters, but otherwise untrusted.

    `None`: the log has no value. A missing token count is unknown, not zero.
    """

    format: Format
    reporter: str
    """Author of the log entry: an instrumentation's scope, an SDK's own spans, a gateway. Part of the rollup's key."""
    at: datetime
    """Start of the call, aware, UTC."""
    service: str | None = None
    """The calling service."""
    environment: str | None = None
    provider: str | None = None
    """The provider as the log names it ("openai", "aws.bedrock", "azure"): a hint for identity, see `core.identity`."""
    host: str | None = None
    """Host name of the endpoint, lower case, no port. It has precedence over `provider`."""
    requested_id: str | None = None
    """The requested model, as in the log."""
    requested_field: FieldKind = "model"
    served_id: str | None = None
    """The served model, as in the log."""
    operation: str | None = None
    """chat, text_completion, embeddings, generate_content, rerank, image, speech ..., or else the log's own word."""
    status: int | None = None
    """HTTP status towards the provider (or the nearest the log has)."""
    error_code: str | None = None
    """The provider's code or the error's class ("model_not_found", "NotFoundError")."""
    end_of_life: bool = False
    """The error reports that the model is gone, in the wording of the platform's catalog file."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    latency_ms: float | None = None
    streaming: bool | None = None
    request_id: str | None = None
    end_notice: EndNotice | None = None
    """What the provider's answer says of the model's end."""
    key_owner: str | None = None
    """Who made or has the API key of the call: an e-mail address or a team of the company, as recorded with the key in
    the gateway. It is the same for each call with the key. End users (`user`, `end_user`) are never read."""

    @property
    def failed(self) -> bool:
        """Whether the call has a status of 400 or more, or an error code."""
        return self.error_code is not None or (self.status is not None and self.status >= 400)


class Rejection(msgspec.Struct, frozen=True, gc=False):
    """A record, or a part of it, that could not be read.

    `detail` is for the operator ("expected number at $.startTime"), and never quotes a value from the record.
    """

    reason: Reason
    detail: str = ""
    format: Format | None = None


class PassedOver(msgspec.Struct, frozen=True, gc=False):
    """Parts of a record that are known and are not calls. They are counted to show why they are not calls."""

    kind: str
    """A key of `passes` of the dialect or envelope."""
    format: Format
    """The dialect or envelope that passed them over."""
    parts: int = 1


class Decoded(msgspec.Struct, frozen=True):
    """Contents of one record: 0..N calls, rejections and passed-over parts."""

    calls: tuple[Call, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    passed: tuple[PassedOver, ...] = ()
