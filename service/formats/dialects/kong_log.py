"""Shape of Kong's log record."""

from typing import Any, TypeAlias, TypeVar

import msgspec

from service.core.usage import Scalar

JUDGE = "ai-llm-as-judge"
"""The plugin's name, and the name of its entry in another plugin's."""
_T = TypeVar("_T")
_Table: TypeAlias = _T | tuple[()] | None
"""A Lua table with names; an empty one may be written as `[]`."""
_List: TypeAlias = list[_T] | dict[str, msgspec.Raw] | None
"""A Lua table with numbers; an empty one may be written as `{}`."""


class Meta(msgspec.Struct, gc=False):
    provider_name: Scalar = None
    request_model: Scalar = None
    response_model: Scalar = None
    llm_latency: Any = None
    request_mode: Scalar = None
    azure_deployment_id: Scalar = None
    azure_instance_id: Scalar = None


class _TokenDetails(msgspec.Struct, gc=False):
    cached_tokens: Any = None


class Usage(msgspec.Struct, gc=False):
    prompt_tokens: Any = None
    completion_tokens: Any = None
    prompt_token: Any = None
    completion_token: Any = None
    input_tokens: Any = None
    output_tokens: Any = None
    prompt_tokens_details: _Table[_TokenDetails] = None


class LookUp(msgspec.Struct, gc=False):
    """A semantic look-up, which called an embeddings model."""

    cache_status: Scalar = None
    embeddings_provider: Scalar = None
    embeddings_model: Scalar = None
    embeddings_latency: Any = None
    embeddings_tokens: Any = None


class _Payload(msgspec.Struct, gc=False):
    response: Any = None


class Judge(msgspec.Struct, gc=False):
    meta: _Table[Meta] = None
    usage: _Table[Usage] = None


class Target(msgspec.Struct, gc=False):
    provider: Scalar = None
    model: Scalar = None
    host: Scalar = None


class Plugin(LookUp, gc=False):
    meta: _Table[Meta] = None
    tried_targets: _List[Target] = None
    usage: _Table[Usage] = None
    cache: _Table[LookUp] = None
    rag: _Table[LookUp] = msgspec.field(name="rag-inject", default=None)
    payload: _Table[_Payload] = None
    judge: _Table[Judge] = msgspec.field(name=JUDGE, default=None)


class _RequestHeaders(msgspec.Struct, gc=False):
    consumer: Scalar = msgspec.field(name="x-consumer-username", default=None)


class Request(msgspec.Struct, gc=False):
    id: Any = None
    uri: Scalar = None
    headers: _Table[_RequestHeaders] = None


class _ResponseHeaders(msgspec.Struct, gc=False):
    cache_status: Scalar = msgspec.field(name="x-cache-status", default=None)
    sunset: Scalar = None
    deprecation: Scalar = None
    model_deprecation: Scalar = msgspec.field(name="x-model-deprecation-timestamp", default=None)


class _Response(msgspec.Struct, gc=False):
    status: Scalar = None
    headers: _Table[_ResponseHeaders] = None


class _Consumer(msgspec.Struct, gc=False):
    username: Scalar = None
    custom_id: Scalar = None
    tags: _List[Any] = None


class _Latencies(msgspec.Struct, gc=False):
    """Only its presence matters: it distinguishes Kong's records from other traffic."""


class Log(msgspec.Struct, gc=False, kw_only=True):
    ai: _Table[dict[str, _Table[Plugin]]] = None
    latencies: _Table[_Latencies] = None
    started_at: Any = None
    request: _Table[Request] = None
    response: _Table[_Response] = None
    consumer: _Table[_Consumer] = None
    upstream_uri: Scalar = None
    upstream_status: Scalar = None
