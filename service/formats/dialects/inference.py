"""Which spans and log events are calls: one inference asked of a provider, told by kind, operation and structure.

A model's name alone proves nothing: gateways write the alias that the client used onto their server, database and cache
spans, agents repeat what their children did, and prompts and retrievers carry the words of the calls beside them.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from service.core.identity.provider_words import read_word
from service.core.values import memoised
from service.formats import operations

OPENINFERENCE_KIND = "openinference.span.kind"
_KINDS: Mapping[str, frozenset[str]] = {
    OPENINFERENCE_KIND: frozenset({"llm", "embedding", "reranker"}),
    "traceloop.span.kind": frozenset(),
    "langsmith.span.kind": frozenset({"llm", "embedding"}),
    "langfuse.observation.type": frozenset({"generation", "embedding"}),
    "gen_ai.span.kind": frozenset({"llm", "embedding", "reranker"}),
    "lmnr.span.type": frozenset({"llm", "embedding"}),
    "mlflow.spantype": frozenset({"llm", "chat_model", "embedding", "reranker"}),
    "mlflow.spanType": frozenset({"llm", "chat_model", "embedding", "reranker"}),
}
"""A framework's own word for what a span is, and which of the words are calls. It has the last say.

arize-ai/openinference spec/semantic_conventions.md; traceloop/openllmetry (the word stands on workflows, tasks, agents
and tools only); langchain-ai/langsmith-sdk _otel_exporter.py (prompts get the operation `chat`, retrievers
`embeddings`); langfuse-js; alibaba/loongsuite; lmnr-ai/lmnr; mlflow/mlflow.
"""
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
_WRAPPERS = frozenset({("livekit-agents", "llm_node")})
"""(scope, span): what asks a model only by a span of its own below it, which may come with another record.
livekit/agents pull request 4689."""

_MODEL = frozenset(
    {"gen_ai.request.model", "gen_ai.response.model", "llm.request.model_name", "llm.response.model_name"}
    | {"llm.model_name", "embedding.model_name", "ai.model.id", "langfuse.observation.model.name", "mlflow.llm.model"}
)
_PROVIDER = frozenset({"gen_ai.provider.name", "gen_ai.system"})
_EVIDENCE = frozenset(
    {"gen_ai.response.model", "gen_ai.response.id", "gen_ai.response.finish_reasons", "llm.response.model_name"}
    | {"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.prompt_tokens"}
    | {"gen_ai.usage.completion_tokens", "llm.usage.total_tokens"}
)
"""Of an answer."""
_ERROR = "error.type"
_TRANSPORT = frozenset(
    {"http.route", "http.request.method", "http.method", "http.target", "url.path", "rpc.system", "messaging.system"}
    | {"db.system", "db.system.name", "db.operation.name", "graphql.operation.type"}
)
"""Of spans about a request, a query or a message, whatever else was written onto them."""
_INTERNAL = frozenset({1, "SPAN_KIND_INTERNAL"})
_OTHER_SIDES = frozenset({2, 4, 5, "SPAN_KIND_SERVER", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"})

WANTED = _MODEL | _PROVIDER | _EVIDENCE | _TRANSPORT | _KINDS.keys() | {_VERCEL_OPERATION, _OPERATION, _ERROR}


class _Names(NamedTuple):
    """What the names of a span's attributes tell, whatever stands in them."""

    kind: str | None
    """Name of the first kind attribute that is present."""
    is_vercel: bool
    has_model: bool
    has_provider: bool
    is_answered: bool
    has_transport: bool
    is_openllmetry: bool


def _read_names(names: frozenset[str]) -> _Names:
    return _Names(
        next((key for key in _KINDS if key in names), None),
        _VERCEL_OPERATION in names,
        not _MODEL.isdisjoint(names),
        not _PROVIDER.isdisjoint(names),
        not _EVIDENCE.isdisjoint(names),
        not _TRANSPORT.isdisjoint(names),
        _OPENLLMETRY_OPERATION in names,
    )


_names: Callable[[frozenset[str]], _Names] = memoised(_read_names)
"""One instrumentation writes the same names span by span."""


def is_call(attributes: Mapping[str, Any], *, name: Any = None, kind: Any = None, scope: str = "") -> bool:
    """`name`, `kind` and `scope` are a span's. A wrapper and its child may both be taken for calls here."""
    names = _names(frozenset(attributes))
    if names.kind is not None:
        return _word(attributes[names.kind]) in _KINDS[names.kind]
    if names.is_vercel:
        return _word(attributes[_VERCEL_OPERATION]).rpartition(".")[2].startswith("do")
    operation = attributes.get(_OPERATION)
    if operation in _NO_CALLS or _first_word(name) in _NO_CALLS or (scope, name) in _WRAPPERS:
        return False
    if operation is None:
        other_work = kind in _OTHER_SIDES or names.has_transport
        known = names.is_answered or names.is_openllmetry or names.has_provider
        return names.has_model and (known or kind not in _INTERNAL) and not other_work
    other_work = kind in _OTHER_SIDES and names.has_transport
    if operation in _CALLS:
        says_so = names.has_model or names.is_answered or _ERROR in attributes
        return not other_work and (says_so or not _is_framework(attributes))
    return names.has_model and (names.is_answered or operation in operations.WORDS) and not other_work


def is_tool(attributes: Mapping[str, Any]) -> bool:
    """What a tool asks of a model is its own business: a call above it is no wrapper of calls below."""
    return attributes.get(_OPERATION) == "execute_tool" or _word(attributes.get(OPENINFERENCE_KIND)) == "tool"


def operation_of_kind(attributes: Mapping[str, Any]) -> str | None:
    kind = _names(frozenset(attributes)).kind
    return _OPERATION_OF_KIND.get(_word(attributes[kind])) if kind is not None else None


def _is_framework(attributes: Mapping[str, Any]) -> bool:
    """The provider's word is that of a framework, which runs prompts and retrievers as well."""
    words = [word for key in _PROVIDER if isinstance(word := attributes.get(key), str)]
    return bool(words) and all(read_word(word).platform is None for word in words)


def _word(value: Any) -> str:
    """Lower case, and without the quotation marks of JSON."""
    return value.strip('"').lower() if isinstance(value, str) else ""


def _first_word(name: Any) -> str:
    return name.partition(" ")[0] if isinstance(name, str) else ""
