"""Which spans are calls: by a framework's word for what a span is, by operation, by kind, by what stands around it."""

from typing import Any

import pytest

from service.formats.dialects.inference import is_call, is_tool

INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = 1, 2, 3, 4, 5
MODEL = {"gen_ai.request.model": "gpt-4o"}
ANSWERED = MODEL | {"gen_ai.response.model": "gpt-4o-2024-08-06", "gen_ai.usage.input_tokens": 30}
CHAT = ANSWERED | {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai"}


@pytest.mark.parametrize(
    ("key", "word", "expected"),
    [
        pytest.param("openinference.span.kind", "LLM", True, id="OpenInference: a model"),
        pytest.param("openinference.span.kind", "EMBEDDING", True, id="OpenInference: an embedding"),
        pytest.param("openinference.span.kind", "RERANKER", True, id="OpenInference: a reranker"),
        pytest.param("openinference.span.kind", "CHAIN", False, id="OpenInference: a chain"),
        pytest.param("openinference.span.kind", "AGENT", False, id="OpenInference: an agent"),
        pytest.param("openinference.span.kind", "TOOL", False, id="OpenInference: a tool"),
        pytest.param("openinference.span.kind", "RETRIEVER", False, id="OpenInference: a retriever"),
        pytest.param("openinference.span.kind", "PROMPT", False, id="OpenInference: a prompt"),
        pytest.param("openinference.span.kind", "GUARDRAIL", False, id="OpenInference: a guardrail"),
        pytest.param("openinference.span.kind", "EVALUATOR", False, id="OpenInference: an evaluator"),
        pytest.param("traceloop.span.kind", "workflow", False, id="OpenLLMetry: a workflow"),
        pytest.param("traceloop.span.kind", "task", False, id="OpenLLMetry: a task"),
        pytest.param("traceloop.span.kind", "agent", False, id="OpenLLMetry: an agent"),
        pytest.param("traceloop.span.kind", "tool", False, id="OpenLLMetry: a tool"),
        pytest.param("langsmith.span.kind", "llm", True, id="LangSmith: a model"),
        pytest.param("langsmith.span.kind", "embedding", True, id="LangSmith: an embedding"),
        pytest.param("langsmith.span.kind", "prompt", False, id="LangSmith: a prompt"),
        pytest.param("langsmith.span.kind", "retriever", False, id="LangSmith: a retriever"),
        pytest.param("langsmith.span.kind", "chain", False, id="LangSmith: a chain"),
        pytest.param("langfuse.observation.type", "generation", True, id="Langfuse: a generation"),
        pytest.param("langfuse.observation.type", "embedding", True, id="Langfuse: an embedding"),
        pytest.param("langfuse.observation.type", "span", False, id="Langfuse: a span"),
        pytest.param("langfuse.observation.type", "retriever", False, id="Langfuse: a retriever"),
        pytest.param("gen_ai.span.kind", "LLM", True, id="LoongSuite: a model"),
        pytest.param("gen_ai.span.kind", "ENTRY", False, id="LoongSuite: an entry"),
        pytest.param("lmnr.span.type", "LLM", True, id="Laminar: a model"),
        pytest.param("lmnr.span.type", "DEFAULT", False, id="Laminar: other work"),
        pytest.param("mlflow.spanType", '"CHAT_MODEL"', True, id="MLflow: a chat model, as JSON"),
        pytest.param("mlflow.spanType", '"PARSER"', False, id="MLflow: a parser"),
        pytest.param("mlflow.spantype", "EMBEDDING", True, id="MLflow: an embedding, in lower case"),
        pytest.param("openinference.span.kind", 7, False, id="a kind that is a number"),
        pytest.param("openinference.span.kind", "", False, id="a kind that is empty"),
    ],
)
@pytest.mark.parametrize("beside", [{}, CHAT], ids=["alone", "beside a call's attributes"])
def test_framework_has_the_last_say(key: str, word: Any, beside: dict[str, Any], expected: bool) -> None:
    assert is_call(beside | {key: word}) is expected


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("ai.generateText", False),
        ("ai.generateText.doGenerate", True),
        ("ai.streamText", False),
        ("ai.streamText.doStream", True),
        ("ai.generateObject.doGenerate", True),
        ("ai.embed", False),
        ("ai.embed.doEmbed", True),
        ("ai.embedMany.doEmbed", True),
        ("ai.toolCall", False),
        (7, False),
    ],
)
def test_wrapper_and_call_of_vercels_sdk_are_told_by_its_operation(operation: Any, expected: bool) -> None:
    assert is_call(ANSWERED | {"ai.operationId": operation, "ai.model.id": "gpt-4o"}, kind=INTERNAL) is expected


@pytest.mark.parametrize(
    ("attributes", "name", "kind", "expected"),
    [
        pytest.param(CHAT, "chat gpt-4o", CLIENT, True, id="the call"),
        pytest.param(CHAT, "chat gpt-4o", INTERNAL, True, id="the call, by an SDK that sets no kind"),
        pytest.param(MODEL, "auth", INTERNAL, False, id="authentication"),
        pytest.param(MODEL, "guardrail pii", INTERNAL, False, id="a guardrail"),
        pytest.param(MODEL, "proxy_pre_call", "SPAN_KIND_INTERNAL", False, id="kind by name"),
        pytest.param(MODEL | {"db.system.name": "postgresql"}, "postgres", CLIENT, False, id="the database"),
        pytest.param(MODEL | {"db.system": "redis"}, "redis", CLIENT, False, id="the cache, by its old name"),
        pytest.param(MODEL | {"http.route": "/v1/chat/completions"}, "POST", SERVER, False, id="the server"),
        pytest.param(MODEL, "POST /v1/chat/completions", SERVER, False, id="the server without its route"),
        pytest.param(MODEL | {"gen_ai.system": "openai"}, "POST", "SPAN_KIND_SERVER", False, id="the server, by name"),
        pytest.param(CHAT | {"db.system": "redis"}, "redis", CLIENT, False, id="the cache with all of the call's"),
        pytest.param(MODEL | {"http.request.method": "POST"}, "POST", CLIENT, False, id="the HTTP client below a call"),
    ],
)
def test_alias_on_a_gateways_other_spans_is_no_call(
    attributes: dict[str, Any], name: str, kind: Any, expected: bool
) -> None:
    assert is_call(attributes, name=name, kind=kind, scope="litellm") is expected


ROUTE = {"http.route": "/v1/chat/completions", "url.path": "/v1/chat/completions"}
INVOKE = {"rpc.system": "aws-api", "gen_ai.system": "aws.bedrock", "gen_ai.request.model": "anthropic.claude-v2"}
LLAMAINDEX = "opentelemetry.instrumentation.llamaindex"


@pytest.mark.parametrize(
    ("attributes", "name", "kind", "scope", "expected"),
    [
        pytest.param(CHAT | ROUTE, "POST", SERVER, "litellm", True, id="LiteLLM 1.81: its only span"),
        pytest.param(
            CHAT | ROUTE | {"gen_ai.operation.name": "acompletion"}, "POST", SERVER, "litellm", True, id="in its words"
        ),
        pytest.param(
            MODEL | ROUTE | {"gen_ai.operation.name": "acompletion", "error.type": "NotFoundError"},
            "POST",
            SERVER,
            "litellm",
            True,
            id="that failed",
        ),
        pytest.param(
            ANSWERED | {"gen_ai.system": "openai"}, "POST", SERVER, "litellm", True, id="without operation and route"
        ),
        pytest.param(
            MODEL | ROUTE | {"gen_ai.operation.name": "chat"}, "POST", SERVER, "litellm", False, id="no answer"
        ),
        pytest.param(
            INVOKE | {"gen_ai.response.finish_reasons": None},
            "BedrockRuntime.InvokeModel",
            CLIENT,
            "",
            True,
            id="an SDK's request with the answer",
        ),
        pytest.param(INVOKE, "BedrockRuntime.InvokeModel", CLIENT, "", False, id="an SDK's request with nothing of it"),
        pytest.param(
            CHAT | {"traceloop.span.kind": "task"}, "Anthropic.task", INTERNAL, LLAMAINDEX, True, id="LlamaIndex's task"
        ),
        pytest.param(
            MODEL | {"traceloop.span.kind": "task"}, "x.task", INTERNAL, LLAMAINDEX, False, id="another of its tasks"
        ),
        pytest.param(CHAT | {"logfire.span_type": "span"}, "chat", INTERNAL, "logfire", True, id="Logfire's span"),
        pytest.param(CHAT | {"logfire.span_type": "log"}, "chat", INTERNAL, "logfire", False, id="its streamed answer"),
        pytest.param(
            CHAT | {"logfire.span_type": "pending_span"}, "chat", INTERNAL, "logfire", False, id="while it is under way"
        ),
        pytest.param(
            MODEL | {"gen_ai.provider.name": "Deepgram"}, "user_turn", INTERNAL, "livekit-agents", False, id="a turn"
        ),
        pytest.param(
            MODEL | {"error.type": "HttpOperationException", "gen_ai.operation.name": "chat.completions"},
            "chat.completions m",
            CLIENT,
            "",
            True,
            id="Semantic Kernel's word, failed",
        ),
    ],
)
def test_call_that_has_no_span_of_its_own_is_found(
    attributes: dict[str, Any], name: str, kind: Any, scope: str, expected: bool
) -> None:
    assert is_call(attributes, name=name, kind=kind, scope=scope) is expected


@pytest.mark.parametrize("kind", [PRODUCER, CONSUMER, "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"])
def test_message_about_a_call_is_none(kind: Any) -> None:
    assert not is_call(CHAT | {"messaging.system": "kafka"}, name="chat", kind=kind)
    assert not is_call(ANSWERED, name="results publish", kind=kind)


@pytest.mark.parametrize(
    ("attributes", "name", "expected"),
    [
        pytest.param(CHAT | {"gen_ai.operation.name": "invoke_agent"}, "invoke_agent Billing", False, id="an agent"),
        pytest.param(CHAT, "invoke_agent Billing", False, id="an agent that says chat"),
        pytest.param(CHAT, "invoke_agent", False, id="an agent without a name"),
        pytest.param(CHAT, "execute_tool search", False, id="a tool that says chat"),
        pytest.param(CHAT, "invoke_agents_of chat", True, id="a name that only begins alike"),
        pytest.param(CHAT | {"gen_ai.agent.name": "chat"}, "chat", True, id="the call of an agent named chat"),
        pytest.param(CHAT | {"gen_ai.operation.name": "create_agent"}, "create_agent chat", False, id="agent chat"),
        pytest.param(CHAT | {"gen_ai.operation.name": "retrieval"}, "retrieval docs", False, id="a look-up"),
        pytest.param(CHAT | {"gen_ai.operation.name": "search_memory"}, "search_memory x", False, id="a memory"),
        pytest.param(CHAT | {"gen_ai.operation.name": "plan"}, "plan", False, id="planning"),
        pytest.param(CHAT, 7, True, id="a name that is a number"),
        pytest.param(CHAT, None, True, id="no name"),
    ],
)
def test_agent_and_tool_are_no_calls_whatever_they_carry(attributes: dict[str, Any], name: Any, expected: bool) -> None:
    assert is_call(attributes, name=name, kind=CLIENT) is expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param({"gen_ai.operation.name": "chat", "gen_ai.system": "langchain"}, False, id="a prompt named chat"),
        pytest.param(
            {"gen_ai.operation.name": "embeddings", "gen_ai.system": "Langchain"}, False, id="a retriever's embeddings"
        ),
        pytest.param({"gen_ai.operation.name": "chat", "gen_ai.system": "langchain"} | MODEL, True, id="with a model"),
        pytest.param(
            {"gen_ai.operation.name": "chat", "gen_ai.system": "langchain", "error.type": "NotFoundError"},
            True,
            id="failed",
        ),
        pytest.param({"gen_ai.operation.name": "chat", "gen_ai.system": "openai"}, True, id="a provider's"),
        pytest.param({"gen_ai.operation.name": "chat"}, True, id="nobody knows whose"),
        pytest.param({"gen_ai.operation.name": "chat", "gen_ai.system": 7}, True, id="a provider that is a number"),
    ],
)
def test_framework_that_names_no_model_runs_a_prompt(attributes: dict[str, Any], expected: bool) -> None:
    assert is_call(attributes, name="ChatPromptTemplate", kind=INTERNAL) is expected


@pytest.mark.parametrize(
    ("operation", "beside", "expected"),
    [
        pytest.param("responses", MODEL, True, id="a gateway's word for asking, and no answer: it may have failed"),
        pytest.param("acompletion", MODEL, True, id="LiteLLM's"),
        pytest.param("rerank", MODEL, True, id="a reranker"),
        pytest.param("responses", {}, False, id="a gateway's word without a model"),
        pytest.param("moderate_images", MODEL, False, id="a word that nobody knows, without an answer"),
        pytest.param("moderate_images", ANSWERED, True, id="a word that nobody knows, with an answer"),
        pytest.param("moderate_images", {"gen_ai.usage.input_tokens": 3}, False, id="an answer of nobody"),
        pytest.param("", MODEL, False, id="an empty word"),
        pytest.param(7, MODEL, False, id="a number"),
        pytest.param(True, ANSWERED, True, id="a truth"),
    ],
)
def test_operation_beyond_the_conventions_needs_a_model(operation: Any, beside: Any, expected: bool) -> None:
    assert is_call(beside | {"gen_ai.operation.name": operation}, kind=CLIENT) is expected


@pytest.mark.parametrize(
    ("attributes", "kind", "expected"),
    [
        pytest.param(MODEL, CLIENT, True, id="a model, asked by a client"),
        pytest.param(MODEL, None, True, id="a model, of no kind"),
        pytest.param(MODEL, INTERNAL, False, id="a model alone proves nothing"),
        pytest.param(MODEL | {"gen_ai.system": "openai"}, INTERNAL, True, id="a model and a provider"),
        pytest.param(MODEL | {"llm.request.type": "chat"}, INTERNAL, True, id="a model and OpenLLMetry's operation"),
        pytest.param(ANSWERED, INTERNAL, True, id="a model and an answer"),
        pytest.param({"gen_ai.system": "openai"}, CLIENT, False, id="a provider alone"),
        pytest.param({"llm.request.type": "chat", "gen_ai.system": "openai"}, CLIENT, False, id="no model"),
        pytest.param({}, CLIENT, False, id="nothing"),
    ],
)
def test_span_from_before_there_was_an_operation(attributes: dict[str, Any], kind: Any, expected: bool) -> None:
    assert is_call(attributes, kind=kind) is expected


@pytest.mark.parametrize(
    ("scope", "name", "expected"),
    [
        ("livekit-agents", "llm_node", False),
        ("livekit-agents", "llm_request", True),
        ("my.scope", "llm_node", True),
    ],
)
def test_wrapper_of_livekit_is_told_by_scope_and_name(scope: str, name: str, expected: bool) -> None:
    assert is_call(CHAT, name=name, kind=INTERNAL, scope=scope) is expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"gen_ai.operation.name": "execute_tool"}, True),
        ({"openinference.span.kind": "TOOL"}, True),
        ({"gen_ai.operation.name": "chat"}, False),
        ({}, False),
    ],
    ids=["by operation", "by kind", "a call", "nothing"],
)
def test_tool_is_told_by_operation_or_kind(attributes: dict[str, Any], expected: bool) -> None:
    assert is_tool(attributes) is expected
