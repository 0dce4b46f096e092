"""Which spans and log events are calls: one inference asked of a provider, told by kind, operation and structure.

A model's name alone proves nothing: gateways write the alias that the client used onto their server, database and cache
spans, agents repeat what their children did, and prompts and retrievers carry the words of the calls beside them.
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
"""A framework's own word for what a span is, and which of the words are calls. It has the last say.

arize-ai/openinference spec/semantic_conventions.md; traceloop/openllmetry (the word stands on workflows, tasks, agents
and tools); langchain-ai/langsmith-sdk _otel_exporter.py (prompts get the operation `chat`, retrievers `embeddings`);
langfuse-js; alibaba/loongsuite; lmnr-ai/lmnr; mlflow/mlflow.
"""
_ASKING_TASKS = "opentelemetry.instrumentation.llamaindex"
"""Its tasks that ask a model have the attributes of the call, and it silences the provider's own instrumentation.
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
"""(scope, span): what asks a model only by a span of its own below it, which may come with another record, and a turn
of the person who speaks. livekit/agents pull request 4689."""
_LOGFIRE_TYPE = "logfire.span_type"
_LOGFIRE_ASIDE = frozenset({"log", "pending_span"})
"""Beside the span of a call: one while it is under way, and one of its streamed answer. pydantic/logfire
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
"""Of an answer."""
_ERROR = "error.type"
_STORE = frozenset({"db.system", "db.system.name", "db.operation.name", "messaging.system", "graphql.operation.type"})
"""Of spans about a query or a message, whatever else was written onto them."""
_TRANSPORT = _STORE | {"http.route", "http.request.method", "http.method", "http.target", "url.path", "rpc.system"}
"""And about a request: where a gateway writes nothing but its SERVER span (LiteLLM from 1.81, agentgateway), or an SDK
hooks into its HTTP client (Bedrock's InvokeModel in Node and .NET), the call is there, with its answer or its error."""
_INTERNAL = frozenset({1, "SPAN_KIND_INTERNAL"})
_SERVER = frozenset({2, "SPAN_KIND_SERVER"})
_OTHER_SIDES = _SERVER | {4, 5, "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"}

WANTED = _MODEL | _PROVIDER | _EVIDENCE | _TRANSPORT | _KINDS.keys()
WANTED |= {_VERCEL_OPERATION, _OPERATION, _ERROR, _LOGFIRE_TYPE}


class _Names(NamedTuple):
    """What the names of a span's attributes tell, whatever stands in them."""

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
"""One instrumentation writes the same names span by span."""


def is_call(attributes: Mapping[str, Any], *, name: Any = None, kind: Any = None, scope: str = "") -> bool:
    """`name`, `kind` and `scope` are a span's. A wrapper and its child may both be taken for calls here."""
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
    """What a tool asks of a model is its own business: a call above it is no wrapper of calls below."""
    return attributes.get(_OPERATION) == "execute_tool" or _word(attributes.get(OPENINFERENCE_KIND)) == "tool"


def operation_of_kind(attributes: Mapping[str, Any]) -> str | None:
    kind = _names(frozenset(attributes)).kind
    return _OPERATION_OF_KIND.get(_word(attributes[kind])) if kind is not None else None


def _is_framework(attributes: Mapping[str, Any]) -> bool:
    """The provider's word is that of a framework, which runs prompts and retrievers as well."""
    words = [word for key in _PROVIDER if isinstance(word := attributes.get(key), str)]
    platforms = known_platforms()
    return bool(words) and all(read_word(platforms, word).platform is None for word in words)


def _word(value: Any) -> str:
    """Lower case, and without the quotation marks of JSON."""
    return value.strip('"').lower() if isinstance(value, str) else ""


def _first_word(name: Any) -> str:
    return name.partition(" ")[0] if isinstance(name, str) else ""
