"""Decides which spans and log events are calls: one inference by a provider, identified by kind, operation and
structure.

A model's name proves nothing: gateways write the client's alias onto their server, database and cache spans, agents
repeat attributes of their children, and prompts and retrievers have the attributes of nearby calls.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from service.core.identity.platforms import known_platforms
from service.core.identity.provider_words import read_word
from service.core.values import memoised
from service.formats import operations

OPENINFERENCE_KIND = "openinference.span.kind"
_TRACELOOP_KIND = "traceloop.span.kind"
_KINDS: Mapping[str, frozenset[str]] = {
    OPENINFERENCE_KIND: frozenset({"llm", "embedding", "reranker"}),
    _TRACELOOP_KIND: frozenset(),
    "langsmith.span.kind": frozenset({"llm", "embedding"}),
    "langfuse.observation.type": frozenset({"generation", "embedding"}),
    "gen_ai.span.kind": frozenset({"llm", "embedding", "reranker"}),
    "lmnr.span.type": frozenset({"llm", "embedding"}),
    "mlflow.spantype": frozenset({"llm", "chat_model", "embedding", "reranker"}),
    "mlflow.spanType": frozenset({"llm", "chat_model", "embedding", "reranker"}),
}
"""A framework's name for the kind of a span, and which kinds are calls. It overrides all other attributes.

arize-ai/openinference spec/semantic_conventions.md; traceloop/openllmetry (on workflows, tasks, agents and tools);
langchain-ai/langsmith-sdk _otel_exporter.py (prompts have the operation `chat`, retrievers `embeddings`); langfuse-js;
alibaba/loongsuite; lmnr-ai/lmnr; mlflow/mlflow.
"""
_ASKING_TASKS = "opentelemetry.instrumentation.llamaindex"
"""LlamaIndex: tasks that call a model have the call's attributes, and the provider's own instrumentation is off.
traceloop/openllmetry llamaindex/dispatcher_wrapper.py"""
_OPERATION_OF_KIND = {"llm": "chat", "chat_model": "chat", "embedding": "embeddings", "reranker": "rerank"}
_VERCEL_OPERATION = "ai.operationId"
"""vercel/ai: `ai.generateText` is the wrapper, `ai.generateText.doGenerate` the call."""
_OPERATION = "gen_ai.operation.name"
_OPENLLMETRY_OPERATION = "llm.request.type"

_CALLS = frozenset({"chat", "generate_content", "text_completion", "embeddings"})
_NO_CALLS = frozenset(
    {"invoke_agent", "create_agent", "invoke_workflow", "execute_tool", "plan", "retrieval", "agent", "tool", "task"}
    | {f"{verb}_memory" for verb in ("create", "search", "update", "upsert", "delete")}
    | {"create_memory_store", "delete_memory_store", "orchestrate_tools", "count_tokens", "evaluate", "framework"}
    | {"create_thread", "create_message", "list_messages", "start_thread_run", "get_thread_run", "submit_tool_outputs"}
)
_WRAPPERS = frozenset(("livekit-agents", name) for name in ("llm_node", "tts_node", "stt_node", "user_turn"))
"""(scope, span): spans whose calls are child spans, possibly in another record; and a turn of the human speaker.
livekit/agents pull request 4689."""
_LOGFIRE_TYPE = "logfire.span_type"
_LOGFIRE_ASIDE = frozenset({"log", "pending_span"})
"""Additional spans of a call: one while it is running, and one of its streamed answer. pydantic/logfire
`record_streaming`."""

_MODEL = frozenset(
    {"gen_ai.request.model", "gen_ai.response.model", "llm.request.model_name", "llm.response.model_name"}
    | {"llm.model_name", "embedding.model_name", "reranker.model_name", "ai.model.id", "mlflow.llm.model"}
    | {"langfuse.observation.model.name"}
)
_PROVIDER = frozenset({"gen_ai.provider.name", "gen_ai.system"})
_EVIDENCE = frozenset(
    {"gen_ai.response.model", "gen_ai.response.id", "gen_ai.response.finish_reasons", "llm.response.model_name"}
    | {"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.prompt_tokens"}
    | {"gen_ai.usage.completion_tokens", "llm.usage.total_tokens"}
)
"""Attributes of an answer."""
_ERROR = "error.type"
_STORE = frozenset({"db.system", "db.system.name", "db.operation.name", "messaging.system", "graphql.operation.type"})
"""Attributes of spans about a query or a message, whatever other attributes they have."""
_TRANSPORT = _STORE | {"http.route", "http.request.method", "http.method", "http.target", "url.path", "rpc.system"}
"""Attributes of spans about a request. If a gateway writes only its SERVER span (LiteLLM from 1.81, agentgateway), or
an SDK instruments its HTTP client (Bedrock's InvokeModel in Node and .NET), that span is the call, with its answer or
its error."""
_INTERNAL = frozenset({1, "SPAN_KIND_INTERNAL"})
_SERVER = frozenset({2, "SPAN_KIND_SERVER"})
_OTHER_SIDES = _SERVER | {4, 5, "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"}

WANTED = _MODEL | _PROVIDER | _EVIDENCE | _TRANSPORT | _KINDS.keys()
WANTED |= {_VERCEL_OPERATION, _OPERATION, _ERROR, _LOGFIRE_TYPE}


class _Names(NamedTuple):
    """What a span's attribute names show, whatever their values."""

    kind: str | None
    """Name of the first kind attribute that is present."""
    is_vercel: bool
    has_model: bool
    has_provider: bool
    is_answered: bool
    has_error: bool
    has_store: bool
    has_transport: bool
    is_openllmetry: bool


def _read_names(names: frozenset[str]) -> _Names:
    return _Names(
        next((key for key in _KINDS if key in names), None),
        _VERCEL_OPERATION in names,
        not _MODEL.isdisjoint(names),
        not _PROVIDER.isdisjoint(names),
        not _EVIDENCE.isdisjoint(names),
        _ERROR in names,
        not _STORE.isdisjoint(names),
        not _TRANSPORT.isdisjoint(names),
        _OPENLLMETRY_OPERATION in names,
    )


_names: Callable[[frozenset[str]], _Names] = memoised(_read_names)
"""Cached: an instrumentation writes the same names in every span."""


def is_call(attributes: Mapping[str, Any], *, name: Any = None, kind: Any = None, scope: str = "") -> bool:
    """`name`, `kind` and `scope`: the span's. May be true for both a wrapper and its child."""
    names = _names(frozenset(attributes))
    said = _said_by_a_framework(names, attributes, scope)
    if said is not None:
        return said
    operation = attributes.get(_OPERATION)
    if operation in _NO_CALLS or _first_word(name) in _NO_CALLS or (scope, name) in _WRAPPERS or names.has_store:
        return False
    if operation is None:
        return names.has_model and _asks_without_an_operation(names, kind)
    if names.has_transport and kind in _OTHER_SIDES:
        asks = operation in _CALLS or operation in operations.WORDS
        return asks and kind in _SERVER and names.has_model and _has_come_back(names)
    if operation in _CALLS:
        return names.has_model or _has_come_back(names) or not _is_framework(attributes)
    return names.has_model and (names.is_answered or operation in operations.WORDS)


def _said_by_a_framework(names: _Names, attributes: Mapping[str, Any], scope: str) -> bool | None:
    if attributes.get(_LOGFIRE_TYPE) in _LOGFIRE_ASIDE:
        return False
    if names.kind is not None:
        is_task = names.kind == _TRACELOOP_KIND and scope.startswith(_ASKING_TASKS)
        if not (is_task and attributes.get(_OPERATION) in _CALLS and _has_come_back(names)):
            return _word(attributes[names.kind]) in _KINDS[names.kind]
    if names.is_vercel:
        return _word(attributes[_VERCEL_OPERATION]).rpartition(".")[2].startswith("do")
    return None


def _asks_without_an_operation(names: _Names, kind: Any) -> bool:
    if kind in _SERVER:
        return names.has_provider and names.is_answered
    if kind in _OTHER_SIDES:
        return False
    if names.has_transport:
        return names.has_provider and _has_come_back(names)
    return names.is_answered or names.is_openllmetry or names.has_provider or kind not in _INTERNAL


def _has_come_back(names: _Names) -> bool:
    return names.is_answered or names.has_error


def is_tool(attributes: Mapping[str, Any]) -> bool:
    """True: a tool's span. Calls below a tool are separate work, so a call above it is no wrapper of them."""
    return attributes.get(_OPERATION) == "execute_tool" or _word(attributes.get(OPENINFERENCE_KIND)) == "tool"


def operation_of_kind(attributes: Mapping[str, Any]) -> str | None:
    kind = _names(frozenset(attributes)).kind
    return _OPERATION_OF_KIND.get(_word(attributes[kind])) if kind is not None else None


def _is_framework(attributes: Mapping[str, Any]) -> bool:
    """True: the provider is a framework, which also runs prompts and retrievers."""
    words = [word for key in _PROVIDER if isinstance(word := attributes.get(key), str)]
    platforms = known_platforms()
    return bool(words) and all(read_word(platforms, word).platform is None for word in words)


def _word(value: Any) -> str:
    """Lower case, without JSON's quotation marks."""
    return value.strip('"').lower() if isinstance(value, str) else ""


def _first_word(name: Any) -> str:
    return name.partition(" ")[0] if isinstance(name, str) else ""
