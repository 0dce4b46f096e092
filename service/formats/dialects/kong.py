"""Kong Gateway's log records (`kafka-log` and its siblings) with the statistics of the AI plugins.

One record is one request through the gateway. `ai` has one entry per plugin that called a model: `proxy` (in Kong 3.6
and 3.7 `ai-proxy`), and others for transformers and judges, each a separate call. A plugin with a semantic look-up
names the embeddings model that it called. A record without `ai` is other traffic.
https://developer.konghq.com/ai-gateway/ai-audit-log-reference/
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from service.core.usage import Call, Decoded, EndWords, FieldKind, PassedOver, Scalar, Who, Words
from service.core.values import http_status
from service.formats import operations
from service.formats.contract import Context, Dialect, mark
from service.formats.dialects.kong_log import JUDGE, Judge, Log, LookUp, Meta, Plugin, Request, Target, Usage
from service.formats.rejecting import UnreadableError
from service.formats.times import from_milliseconds

_PROXIES = frozenset({"proxy", "ai-proxy", "ai-proxy-advanced"})
_HIT = frozenset({"Hit", "hit", "HIT"})
_MOST_TRIES = 100
_MOST_PLUGINS = 100
_OWNER_TAGS = ("owner:", "team:")

_NO_REQUEST = Request()
_NO_META = Meta()
_NO_USAGE = Usage()
_NO_CACHE = LookUp()
_PASSED = {kind: Decoded(passed=(PassedOver(kind, "kong"),)) for kind in ("other_traffic", "cache_hit")}


def _read(log: Log, context: Context) -> Call | Decoded:
    if log.ai is None and (log.latencies is None or log.started_at is None):
        raise UnreadableError("bad_field", "neither ai nor latencies and started_at")
    if not log.ai:
        return _PASSED["other_traffic"]
    entries = [(plugin, entry) for plugin, entry in islice(log.ai.items(), _MOST_PLUGINS) if entry]
    answered = _from_cache(log, entries)
    calls: list[Call] = []
    for plugin, entry in entries:
        calls += _calls_of(log, plugin, entry, context, answered=answered)
    if calls:
        return calls[0] if len(calls) == 1 else Decoded(tuple(calls))
    return _PASSED["cache_hit" if answered else "other_traffic"]


def _calls_of(log: Log, plugin: str, entry: Plugin, context: Context, *, answered: bool) -> Iterator[Call]:
    """`answered`: the request was answered from a cache. The calls of other plugins were made nevertheless."""
    proxies = plugin in _PROXIES
    reporter = "kong" if proxies else plugin
    for look_up in (entry, entry.cache, entry.rag):
        if look_up and look_up.embeddings_model is not None:
            yield _embedded(log, reporter, look_up, context)
    if (entry.meta or entry.usage) and not proxies:
        yield _call(log, reporter, entry, context)
    elif (entry.meta or entry.usage) and not answered:
        yield from _earlier_tries(log, entry, context)
        yield _proxied(log, entry, context)
    if entry.judge and not answered:
        yield _call(log, JUDGE, entry.judge, context)


def _from_cache(log: Log, entries: list[tuple[str, Plugin]]) -> bool:
    headers = log.response.headers if log.response else None
    if headers and headers.cache_status in _HIT:
        return True
    return any((entry.cache or _NO_CACHE).cache_status in _HIT for _, entry in entries)


def _embedded(log: Log, reporter: str, look_up: LookUp, context: Context) -> Call:
    """A look-up's outcome is unknown: the request's outcome is another call's."""
    who = Who(
        format="kong",
        reporter=(reporter, "kong"),
        service=_service(log),
        environment=context.environment,
        provider=_said(look_up.embeddings_provider),
        requested_id=_said(look_up.embeddings_model),
        requested_field="model",
        operation="embeddings",
        key_owner=_key_owner(log),
    )
    tokens, latency = look_up.embeddings_tokens, look_up.embeddings_latency
    return Call(who, _started(log, context), tokens, None, None, latency, (log.request or _NO_REQUEST).id)


def _proxied(log: Log, entry: Plugin, context: Context) -> Call:
    """The client's call, with the outcome of the request."""
    status = http_status(_tries(log)[-1])
    if status is None and log.response:
        status = http_status(log.response.status)
    answer = entry.payload.response if entry.payload else None
    answer = answer if isinstance(answer, str) and status is not None and status >= 400 else None
    targets = _targets(entry)
    host = targets[-1].host if targets else None
    return _call(
        log,
        "kong",
        entry,
        context,
        status=status,
        operation=_operation(log),
        error_text=answer,
        host=host,
        end=_end(log),
    )


def _end(log: Log) -> EndWords | None:
    headers = log.response.headers if log.response else None
    if not headers or headers.sunset is headers.deprecation is headers.model_deprecation is None:
        return None
    return EndWords(headers.sunset, headers.deprecation, headers.model_deprecation)


def _earlier_tries(log: Log, entry: Plugin, context: Context) -> Iterator[Call]:
    """Failed attempts before the answered one: without them, a fallback would hide that a model is gone. They are
    known if the log names a target for each status of `upstream_status`."""
    targets, statuses = _targets(entry), _tries(log)
    if len(statuses) != len(targets):
        return
    for target, status in zip(targets[:-1], statuses[:-1], strict=True):
        tried = Plugin(meta=Meta(provider_name=target.provider, request_model=target.model))
        yield _call(log, "kong", tried, context, status=status, operation=_operation(log), host=target.host)


def _targets(entry: Plugin) -> list[Target]:
    return entry.tried_targets if isinstance(entry.tried_targets, list) else []


def _tries(log: Log) -> list[Scalar]:
    """`upstream_status` has one status per attempt ("429, 200"); the last is the provider's answer."""
    said = log.upstream_status
    return [one.strip() for one in said.split(",", _MOST_TRIES)[:_MOST_TRIES]] if isinstance(said, str) else [said]


def _operation(log: Log) -> str | None:
    return operations.from_path(log.upstream_uri) or operations.from_path((log.request or _NO_REQUEST).uri)


def _call(
    log: Log,
    reporter: str,
    entry: Plugin | Judge,
    context: Context,
    *,
    status: Scalar = None,
    operation: str | None = None,
    error_text: str | None = None,
    host: Scalar = None,
    end: EndWords | None = None,
) -> Call:
    """The call that `entry` describes. `status`, `operation` and `host` are given for a proxied call only: those of the
    request do not apply to what a plugin calls."""
    meta, usage = entry.meta or _NO_META, entry.usage or _NO_USAGE
    requested_id, requested_field, endpoint = _requested(meta)
    taken = _first(usage.prompt_tokens, usage.prompt_token, usage.input_tokens)
    given = _first(usage.completion_tokens, usage.completion_token, usage.output_tokens)
    streaming = meta.request_mode == "stream" if meta.request_mode is not None else None
    if streaming and not taken and not given:
        taken = given = None
    details = usage.prompt_tokens_details
    who = Who(
        format="kong",
        reporter=(reporter, "kong"),
        service=_service(log),
        environment=context.environment,
        provider=_said(meta.provider_name),
        host=host or endpoint,
        requested_id=requested_id,
        requested_field=requested_field,
        served_id=_said(meta.response_model),
        operation=operation,
        status=status,
        error_text=error_text,
        streaming=streaming,
        key_owner=_key_owner(log),
        end=end,
    )
    cached = details.cached_tokens if details else None
    request_id = log.request.id if log.request else None
    return Call(who, _started(log, context), taken, given, cached, meta.llm_latency, request_id)


def _requested(meta: Meta) -> tuple[Scalar, FieldKind, str | None]:
    """Id, its kind, and the host if the record proves it.

    `request_model` is the model of the target that Kong chose. On Azure it is only a label: the deployment was called.
    """
    if meta.provider_name == "azure" and (deployment := _said(meta.azure_deployment_id)) is not None:
        instance = _said(meta.azure_instance_id)
        return deployment, "deployment", f"{instance}.openai.azure.com" if instance else None
    return _said(meta.request_model), "alias" if meta.provider_name == "azure" else "model", None


def _said(value: Scalar) -> Scalar:
    return None if value == "UNSPECIFIED" else value


def _first(first: Any, second: Any, third: Any) -> Any:
    if first is not None:
        return first
    return second if second is not None else third


def _started(log: Log, context: Context) -> datetime:
    value = log.started_at
    if type(value) is int or type(value) is float:
        return from_milliseconds(value)
    if value is None:
        return context.time()
    raise UnreadableError("bad_time", "started_at is no number")


def _service(log: Log) -> Words:
    headers = log.request.headers if log.request else None
    in_header = headers.consumer if headers else None
    return (log.consumer.username, log.consumer.custom_id, in_header) if log.consumer else in_header


def _key_owner(log: Log) -> Words:
    """Key owner from a tag of the consumer: `owner:ada@example.com` or `team:payments`. The consumer's
    username and custom_id name the caller."""
    tags = log.consumer.tags if log.consumer else None
    if not isinstance(tags, list):
        return None
    words = [tag for tag in tags if isinstance(tag, str)]
    return tuple(tag[len(prefix) :] for prefix in _OWNER_TAGS for tag in words if tag.startswith(prefix))


DIALECT = Dialect(
    "kong",
    "Kong's log records with statistics of the AI plugins",
    Log,
    (mark("latencies", "started_at"), mark("ai", weak=True)),
    _read,
    passes={
        "other_traffic": "other traffic of the gateway, or an AI plugin without statistics: turn on "
        "`logging.log_statistics` of each AI plugin",
        "cache_hit": "answered from the gateway's cache; no provider was called",
    },
)
