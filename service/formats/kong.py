"""Kong Gateway's log records (`kafka-log` and its siblings) with the statistics of the AI plugins.

One record is one request through the gateway. Under `ai` stands one entry a plugin that called a model: `proxy`
(`ai-proxy` in 3.6 and 3.7), and transformers and judges beside it, each a call of its own. A record without `ai` is
other traffic.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from service.core.identity import answering_platform
from service.core.usage import Decoded, FieldKind, UsageEvent
from service.formats import errors, operations, tolerant
from service.formats.reading import NOTHING, Hints
from service.formats.rejecting import UnreadableError
from service.formats.times import from_milliseconds
from service.formats.values import Scalar, count, host, http_status, memoised, milliseconds, name, text

_PROXIES = frozenset({"proxy", "ai-proxy", "ai-proxy-advanced"})
_JUDGE = "ai-llm-as-judge"
_HIT = ("Hit", "hit", "HIT")
_OWNER_TAGS = ("owner:", "team:")


class _Meta(msgspec.Struct, gc=False):
    provider_name: Scalar = None
    request_model: Scalar = None
    response_model: Scalar = None
    llm_latency: Any = None
    request_mode: Any = None
    azure_deployment_id: Scalar = None
    azure_instance_id: Scalar = None


class _TokenDetails(msgspec.Struct, gc=False):
    cached_tokens: Any = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: Any = None
    completion_tokens: Any = None
    prompt_token: Any = None
    completion_token: Any = None
    input_tokens: Any = None
    output_tokens: Any = None
    prompt_tokens_details: _TokenDetails | None = None


class _Cache(msgspec.Struct, gc=False):
    cache_status: Any = None


class _Payload(msgspec.Struct, gc=False):
    response: Any = None


class _Judge(msgspec.Struct, gc=False):
    meta: _Meta | None = None
    usage: _Usage | None = None


class _Target(msgspec.Struct, gc=False):
    provider: Scalar = None
    model: Scalar = None
    host: Scalar = None


class _Plugin(msgspec.Struct, gc=False):
    meta: _Meta | None = None
    tried_targets: list[_Target] | None = None
    usage: _Usage | None = None
    cache: _Cache | None = None
    payload: _Payload | None = None
    judge: _Judge | None = msgspec.field(name=_JUDGE, default=None)


class _RequestHeaders(msgspec.Struct, gc=False):
    consumer: Any = msgspec.field(name="x-consumer-username", default=None)


class _Request(msgspec.Struct, gc=False):
    id: Any = None
    uri: Scalar = None
    headers: _RequestHeaders | None = None


class _ResponseHeaders(msgspec.Struct, gc=False):
    cache_status: Any = msgspec.field(name="x-cache-status", default=None)


class _Response(msgspec.Struct, gc=False):
    status: Any = None
    headers: _ResponseHeaders | None = None


class _Consumer(msgspec.Struct, gc=False):
    username: Scalar = None
    custom_id: Scalar = None
    tags: Any = None


class _Latencies(msgspec.Struct, gc=False):
    """Only its presence matters: it tells Kong's records of other traffic."""


class _Log(msgspec.Struct, gc=False, kw_only=True):
    ai: dict[str, _Plugin] | None = None
    latencies: _Latencies | None = None
    started_at: Any = None
    request: _Request | None = None
    response: _Response | None = None
    consumer: _Consumer | None = None
    upstream_uri: Scalar = None
    upstream_status: Scalar = None


class _Shaped(_Log, gc=False, kw_only=True):
    """What tells Kong's log apart, and the marks of the dialects that `detect` asks for first."""

    latencies: _Latencies
    started_at: Any
    call_type: Any = msgspec.UNSET
    resource_spans: Any = msgspec.field(name="resourceSpans", default=msgspec.UNSET)
    resource_logs: Any = msgspec.field(name="resourceLogs", default=msgspec.UNSET)


_NO_REQUEST = _Request()
_NO_META = _Meta()
_NO_USAGE = _Usage()
_LOG = msgspec.json.Decoder(_Log)
_SHAPED = msgspec.json.Decoder(_Shaped)


def read(body: bytes, hints: Hints) -> Decoded:
    log = tolerant.decode(_LOG, body)
    if log.ai is None and (log.latencies is None or log.started_at is None):
        raise UnreadableError("bad_field", "neither ai nor latencies and started_at")
    return _calls(log, hints)


def read_if_shaped(body: bytes, hints: Hints) -> Decoded:
    """`read` of what is Kong's log at the first look. Raises UnreadableError or ValidationError for any other."""
    log = _SHAPED.decode(body)
    unset = msgspec.UNSET
    if log.call_type is not unset or log.resource_spans is not unset or log.resource_logs is not unset:
        raise UnreadableError("unknown_format")
    return _calls(log, hints)


def _calls(log: _Log, hints: Hints) -> Decoded:
    if not log.ai:
        return NOTHING
    if _from_cache(log):
        return NOTHING
    events: list[UsageEvent] = []
    for plugin, entry in log.ai.items():
        if entry.meta is not None or entry.usage is not None:
            if plugin in _PROXIES:
                event = _proxied(log, entry, hints)
                events += [*_earlier_tries(log, entry, event, hints), event]
            else:
                events.append(_beside(log, plugin, entry, hints))
        if entry.judge is not None:
            events.append(_beside(log, _JUDGE, entry.judge, hints))
    return Decoded(tuple(events))


def _from_cache(log: _Log) -> bool:
    headers = log.response.headers if log.response is not None else None
    if headers is not None and headers.cache_status in _HIT:
        return True
    for entry in log.ai.values() if log.ai else ():
        if entry.cache is not None and entry.cache.cache_status in _HIT:
            return True
    return False


def _proxied(log: _Log, entry: _Plugin, hints: Hints) -> UsageEvent:
    """The call that the client asked for, with the outcome of the request."""
    status = _last_status(log.upstream_status)
    if status is None and log.response is not None:
        status = http_status(log.response.status)
    request = log.request or _NO_REQUEST
    event = _event(
        log,
        "kong",
        entry,
        hints,
        status=status,
        operation=operations.from_path(log.upstream_uri) or operations.from_path(request.uri),
    )
    if status is None or status < 400:
        return event
    answer = entry.payload.response if entry.payload is not None else None
    answer = answer if isinstance(answer, str) else None
    code = errors.code_in(answer)
    platform = answering_platform(event.provider, event.host)
    gone = errors.says_end_of_life(platform, code, answer, status)
    return msgspec.structs.replace(event, error_code=code, end_of_life=gone)


def _earlier_tries(log: _Log, entry: _Plugin, last: UsageEvent, hints: Hints) -> Iterator[UsageEvent]:
    """Those that failed before the one that was answered: a fallback would hide that a model is gone. They can be told
    where the log names a target for each status of `upstream_status`."""
    targets = entry.tried_targets or []
    statuses = log.upstream_status.split(",") if isinstance(log.upstream_status, str) else []
    if len(statuses) != len(targets):
        return
    for target, said in zip(targets[:-1], statuses[:-1], strict=True):
        status = http_status(said.strip())
        tried = _Plugin(meta=_Meta(provider_name=target.provider, request_model=target.model))
        event = _event(log, last.reporter, tried, hints, status=status, operation=last.operation)
        gone = errors.says_end_of_life(None, None, None, status)
        yield msgspec.structs.replace(event, host=host(target.host), end_of_life=gone)


def _beside(log: _Log, plugin: str, entry: _Plugin | _Judge, hints: Hints) -> UsageEvent:
    """A call of another plugin: the request's outcome and path say nothing about it."""
    return _event(log, text(plugin) or "kong", entry, hints, status=None, operation=None)


def _event(
    log: _Log, reporter: str, entry: _Plugin | _Judge, hints: Hints, *, status: int | None, operation: str | None
) -> UsageEvent:
    meta = entry.meta or _NO_META
    usage = entry.usage or _NO_USAGE
    provider = _said(meta.provider_name)
    requested_id, requested_field, endpoint = _requested(meta, provider)
    input_tokens = _first_count(usage.prompt_tokens, usage.prompt_token, usage.input_tokens)
    output_tokens = _first_count(usage.completion_tokens, usage.completion_token, usage.output_tokens)
    streaming = meta.request_mode == "stream" if meta.request_mode is not None else None
    if streaming and not input_tokens and not output_tokens:
        input_tokens = output_tokens = None
    cached = usage.prompt_tokens_details
    return UsageEvent(
        format="kong",
        reporter=reporter,
        at=_started(log.started_at, hints),
        service=_service(log),
        provider=provider,
        host=endpoint,
        requested_id=requested_id,
        requested_field=requested_field,
        served_id=_said(meta.response_model) if status is None or status < 400 else None,
        operation=operation,
        status=status,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=count(cached.cached_tokens) if cached is not None else None,
        latency_ms=milliseconds(meta.llm_latency),
        streaming=streaming,
        request_id=text(log.request.id) if log.request is not None else None,
        key_owner=_key_owner(log.consumer),
    )


def _requested(meta: _Meta, provider: str | None) -> tuple[str | None, FieldKind, str | None]:
    """Id, its kind, and the host where the record proves one.

    `request_model` is the model of the target that Kong chose. On Azure it is a label: the deployment was called.
    """
    if provider == "azure" and (deployment := _said(meta.azure_deployment_id)) is not None:
        instance = _said(meta.azure_instance_id)
        return deployment, "deployment", host(f"{instance}.openai.azure.com") if instance else None
    return _said(meta.request_model), "model", None


def _said(value: Scalar) -> str | None:
    return None if value == "UNSPECIFIED" else name(value)


def _first_count(first: Any, second: Any, third: Any) -> int | None:
    if first is not None:
        return count(first)
    return count(second if second is not None else third)


def _read_last_status(value: Scalar) -> int | None:
    """`upstream_status` lists one a try ("429, 200"); the last is the provider's answer."""
    return http_status(value.rpartition(",")[2].strip() if isinstance(value, str) else value)


_last_status = memoised(_read_last_status)


def _started(value: Any, hints: Hints) -> datetime:
    if type(value) is int or type(value) is float:
        return from_milliseconds(value)
    if value is None:
        return hints.time()
    raise UnreadableError("bad_time", "started_at is no number")


def _service(log: _Log) -> str | None:
    consumer = log.consumer
    if consumer is not None and (named := name(consumer.username) or name(consumer.custom_id)) is not None:
        return named
    headers = log.request.headers if log.request is not None else None
    return text(headers.consumer) if headers is not None else None


def _key_owner(consumer: _Consumer | None) -> str | None:
    """As a tag of the consumer says, `owner:ada@example.com` or `team:payments`. Its names are the caller's."""
    tags = consumer.tags if consumer is not None else None
    if not isinstance(tags, list):
        return None
    said = (tag[len(mark) :] for mark in _OWNER_TAGS for tag in tags if isinstance(tag, str) and tag.startswith(mark))
    return next(filter(None, map(name, said)), None)
