"""What a provider field says of the platform, in whatever tool's spelling."""

import csv
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.catalog.files import load_catalog
from service.core.identity import Model, Unresolved, provider_words
from service.core.identity.provider_words import NOTHING

RESOLVER = load_catalog().resolver
PLATFORMS = RESOLVER.platforms
platform_of = partial(provider_words.platform_of, PLATFORMS)
read_word = partial(provider_words.read_word, PLATFORMS)
names_deployments = partial(provider_words.names_deployments, PLATFORMS)
answering_platform = partial(provider_words.answering_platform, PLATFORMS)


@pytest.mark.parametrize(
    ("word", "platform"),
    [
        # OpenTelemetry, now and earlier
        ("openai", "openai-api"),
        ("azure.ai.openai", "azure-openai"),
        ("az.ai.openai", "azure-openai"),
        ("azure.ai.inference", "azure-foundry"),
        ("az.ai.inference", "azure-foundry"),
        ("aws.bedrock", "aws-bedrock"),
        ("gcp.vertex_ai", "vertex-ai"),
        ("gcp.gemini", "gemini-api"),
        ("gcp.gen_ai", "gemini-api"),
        ("ibm.watsonx.ai", "watsonx"),
        ("mistral_ai", "mistral-api"),
        ("x_ai", "xai-api"),
        # Vercel's AI SDK: <provider>.<api>
        ("openai.chat", "openai-api"),
        ("openai.responses", "openai-api"),
        ("azure.chat", "azure-openai"),
        ("azure-openai.responses", "azure-openai"),
        ("anthropic.messages", "anthropic-api"),
        ("google.generative-ai", "gemini-api"),
        ("google.vertex.chat", "vertex-ai"),
        ("vertex.anthropic.messages", "vertex-ai"),
        ("groq.chat", "groq"),
        ("mistral.chat", "mistral-api"),
        ("xai.chat", "xai-api"),
        ("deepseek.chat", "deepseek-api"),
        ("moonshotai.chat", "moonshot-api"),
        ("togetherai.chat", "together-ai"),
        ("fireworks.embedding", "fireworks-serverless"),
        ("cerebras.chat", "cerebras"),
        ("deepinfra.completion", "deepinfra"),
        ("amazon-bedrock", "aws-bedrock"),
        ("azure.anthropic.messages", "azure-foundry"),
        # LangChain, LlamaIndex, Haystack: classes and packages
        ("ChatOpenAI", "openai-api"),
        ("AzureChatOpenAI", "azure-openai"),
        ("langchain_openai", "openai-api"),
        ("langchain_azure_openai", "azure-openai"),
        ("ChatBedrockConverse", "aws-bedrock"),
        ("ChatAnthropicVertex", "vertex-ai"),
        ("ChatGoogleGenerativeAI", "gemini-api"),
        ("ChatVertexAI", "vertex-ai"),
        ("MistralAI", "mistral-api"),
        ("TogetherLLM", "together-ai"),
        ("AmazonBedrockChatGenerator", "aws-bedrock"),
        ("AsyncAnthropicBedrock", "aws-bedrock"),
        ("ChatXAI", "xai-api"),
        ("ChatDeepSeek", "deepseek-api"),
        ("ChatOpenRouter", "openrouter"),
        ("ChatSnowflakeCortex", "snowflake-cortex"),
        ("ChatCloudflareWorkersAI", "cloudflare-workers-ai"),
        ("SagemakerEndpoint", "sagemaker"),
        ("AzureAIChatCompletionsModel", "azure-foundry"),
        ("AzureOpenAIResponsesClient", "azure-openai"),
        ("OpenAIChatCompletion", "openai-api"),
        ("google_vertexai", "vertex-ai"),
        ("google-vertex-anthropic", "vertex-ai"),
        ("oci_genai", "oci"),
        ("moonshotai-cn", "moonshot-api"),
        ("cohere.textEmbedding", "cohere-api"),
        ("workersai.chat", "cloudflare-workers-ai"),
        ("AzureOpenAITextEmbedder", "azure-openai"),
        # LiteLLM
        ("azure_ai", "azure-foundry"),
        ("azure_text", "azure-openai"),
        ("vertex_ai_beta", "vertex-ai"),
        ("vertex_ai-llama_models", "vertex-ai"),
        ("vertex_ai-code-chat-models", "vertex-ai"),
        ("bedrock_converse", "aws-bedrock"),
        ("together_ai", "together-ai"),
        ("fireworks_ai", "fireworks-serverless"),
        ("gemini", "gemini-api"),
        # others
        ("AWS", "aws-bedrock"),
        ("Vertexai", "vertex-ai"),
        ("google-gla", "gemini-api"),
        ("openai_agents", "openai-api"),
        ("az.ai.agents", "azure-foundry"),
        ("gcp.vertex.agent", "vertex-ai"),
        ("opentelemetry.instrumentation.groq", "groq"),
        ("text-completion-openai", "openai-api"),
        ("api.deepseek.com", "deepseek-api"),
        ("acme.openai.azure.com", "azure-openai"),
        (" Groq ", "groq"),
        ("GROQ-CHAT", "groq"),
    ],
)
def test_word_names_its_platform(word: str, platform: str) -> None:
    assert platform_of(word) == platform


@pytest.mark.parametrize(
    "word",
    [
        *("Langchain", "langchain", "LlamaIndex", "llama_index", "haystack", "crewai", "CrewAI", "strands-agents"),
        *("langchain4j", "ChatLiteLLM", "haystack-ai", "spring_ai"),
        *("semantic_kernel", "microsoft.agent_framework", "pydantic-ai", "litellm", "google_adk", "", "unknown"),
    ],
)
def test_frameworks_word_says_nothing(word: str) -> None:
    assert read_word(word) == NOTHING
    assert RESOLVER.resolve("gpt-4o-2024-08-06", provider=word) == RESOLVER.resolve("gpt-4o-2024-08-06")


@pytest.mark.parametrize(
    "word",
    [
        "acme-llm",
        "my-openai-proxy",
        "openai-compatible.chat",
        "OpenAILike",
        "custom_openai",
        "umbriel",
        "zephyrnova",
        "azure-cognitive-services",
        "llm.acme.internal",
        "gateway",
        "gpt",
    ],
)
def test_unknown_word_is_never_the_makers_own_api(word: str) -> None:
    assert platform_of(word) is None
    assert RESOLVER.resolve("gpt-4o-2024-08-06", provider=word) == Model(None, "gpt-4o-2024-08-06", "snapshot")
    assert RESOLVER.resolve("anthropic/claude-3-opus-20240229", provider=word) == Model(
        None, "claude-3-opus-20240229", "snapshot"
    )


@pytest.mark.parametrize("host", ["ai-gw.acme.internal", "api.zephyr.example", "10.0.0.7"])
def test_unknown_host_is_never_the_makers_own_api(host: str) -> None:
    assert RESOLVER.resolve("gpt-4o-2024-08-06", host=host) == Model(None, "gpt-4o-2024-08-06", "snapshot")
    assert RESOLVER.resolve("moonshotai/kimi-k2.5", provider="openai", host=host) == Model(
        None, "kimi-k2.5", "snapshot"
    )


def test_client_librarys_word_at_an_unknown_host_is_not_where_another_makers_model_is() -> None:
    host = "ai-gw.acme.internal"
    assert RESOLVER.resolve("kimi-k2.5", provider="openai", host=host) == Model(None, "kimi-k2.5", "snapshot")
    assert RESOLVER.resolve("gpt-4o", provider="openai", host=host) == Model("openai-api", "gpt-4o", "alias")
    assert RESOLVER.resolve("kimi-k2.5", provider="openai") == Unresolved("openai-api", "unknown_model")


@pytest.mark.parametrize(
    ("raw", "platform"),
    [
        ("us.anthropic.claude-3-haiku-20240307-v1:0", "aws-bedrock"),
        ("azure/gpt-4o-2024-08-06", "azure-openai"),
        ("groq/llama-3.1-8b-instant", "groq"),
        ("publishers/google/models/gemini-2.0-flash-001", "vertex-ai"),
    ],
)
def test_id_that_proves_a_host_proves_it_behind_an_unknown_word_too(raw: str, platform: str) -> None:
    assert RESOLVER.resolve(raw, provider="acme-llm", host="ai-gw.acme.internal").platform == platform


def test_agent_kits_word_gives_way_to_an_id_that_proves_another_place() -> None:
    resolved = RESOLVER.resolve("openai/gpt-4o-2024-08-06", provider="gcp.vertex.agent")
    assert resolved == Model("openai-api", "gpt-4o-2024-08-06", "snapshot")
    assert RESOLVER.resolve("gemini-2.0-flash", provider="gcp.vertex.agent").platform == "vertex-ai"


def test_host_overrules_the_word() -> None:
    assert platform_of("openai", "acme.openai.azure.com") == "azure-openai"
    assert platform_of("azure.chat", "api.openai.com") == "openai-api"
    assert platform_of("azure.chat", "apim.acme.example") == "azure-openai"


@pytest.mark.parametrize("word", [None, "Langchain"])
def test_scope_of_a_providers_library_is_asked_where_nothing_else_says(word: str | None) -> None:
    scope = "openinference.instrumentation.groq"
    assert platform_of(word, None, scope) == "groq"
    assert platform_of(word, "ai-gw.acme.internal", scope) is None
    identified = RESOLVER.identify(
        provider=word, host=None, requested_id="llama-3.1-70b-versatile", served_id=None, scope=scope
    )
    assert identified == ("groq", "llama-3.1-70b-versatile", None)


def test_scope_of_openais_library_proves_nothing() -> None:
    assert platform_of(None, None, "opentelemetry.instrumentation.openai_v2") is None
    assert platform_of("groq", None, "opentelemetry.instrumentation.openai_v2") == "groq"


@pytest.mark.parametrize(
    ("provider", "host", "deployment"),
    [
        ("azure.chat", None, True),
        ("AzureChatOpenAI", None, True),
        ("azure", "apim.acme.example", True),
        ("openai", "acme.openai.azure.com", True),
        ("openai", "acme.cognitiveservices.azure.com", True),
        ("sagemaker_chat", None, True),
        ("azure_ai", None, False),
        ("openai", None, False),
        (None, None, False),
        ("azure", "api.openai.com", False),
    ],
)
def test_requested_id_is_a_deployment_where_customers_name_them(
    provider: str | None, host: str | None, deployment: bool
) -> None:
    assert names_deployments(provider, host) is deployment


def test_error_behind_an_unknown_host_may_be_in_anybodys_words() -> None:
    assert answering_platform("openai", "ai-gw.acme.internal") is None
    assert answering_platform("openai", "api.moonshot.cn") == "moonshot-api"
    assert answering_platform("groq.chat") == "groq"


WORDS = st.sampled_from(sorted(PLATFORMS.words))
APIS = st.sampled_from(["chat", "responses", "messages", "completion", "embedding", "text"])


@given(word=WORDS, api=APIS, separator=st.sampled_from(".-_/ :"))
def test_api_behind_a_word_changes_nothing(word: str, api: str, separator: str) -> None:
    if word != "compat":  # a gateway's word for somebody else's API
        assert platform_of(f"{word}{separator}{api}") == PLATFORMS.words[word]


@given(word=WORDS, separator=st.sampled_from(".-_ "))
def test_separators_and_case_do_not_matter(word: str, separator: str) -> None:
    assert platform_of(word.replace("_", separator)) == PLATFORMS.words[word]
    assert platform_of(word.upper()) == PLATFORMS.words[word]


@given(word=st.text(max_size=200), host=st.one_of(st.none(), st.text(max_size=60)))
def test_every_word_has_an_answer(word: str, host: str | None) -> None:
    assert platform_of(word, host) in {None, *PLATFORMS.words.values()}


@given(word=WORDS, stranger=st.from_regex(r"zz[a-y]{2,8}", fullmatch=True))
def test_word_with_a_part_that_nobody_knows_is_unknown(word: str, stranger: str) -> None:
    assert not read_word(f"{word}.{stranger}").known
    assert not read_word(f"{stranger}-{word}").known


with (Path(__file__).parent / "data" / "unknown_places.csv").open(newline="", encoding="utf-8") as file:
    PLACES = list(csv.DictReader(file))


@pytest.mark.parametrize("row", PLACES, ids=lambda row: f"{row['provider']}|{row['raw']}")
def test_reseller_or_gateway_gets_no_makers_date(row: dict[str, str]) -> None:
    """Price tables name hundreds of them; none is the API of the model's maker."""
    answer = RESOLVER.resolve(row["raw"], provider=row["provider"])
    assert isinstance(answer, Model | Unresolved)
    assert answer.platform not in PLATFORMS.makers_apis
