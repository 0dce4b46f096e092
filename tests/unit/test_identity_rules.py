"""What identity promises beyond single spellings: exactness, the reasons, the host, and both ids of a call."""

import pytest

from service.adapters.catalog.files import load_catalog
from service.core.identity import Identified, Knowledge, Maker, Model, Names, Resolver, Unresolved

RESOLVER = load_catalog().resolver


@pytest.mark.parametrize(
    ("provider", "raw", "other"),
    [
        ("openai", "gpt-4", "gpt-4o"),
        ("openai", "gpt-4-32k-0613", "gpt-4-0613"),
        ("openai", "gpt-4-turbo-preview", "gpt-4-turbo-2024-04-09"),
        ("openai", "gpt-4o-transcribe", "gpt-4o"),
        ("openai", "gpt-3.5-turbo", "gpt-3.5-turbo-16k"),
        ("openai", "o3-pro", "o3-2025-04-16"),
        ("openai", "gpt-5-codex", "gpt-5-2025-08-07"),
        ("openai", "text-davinci-002", "davinci-002"),
        ("openai", "babbage", "babbage-002"),
        ("openai", "gpt-4o-mini-audio-preview", "gpt-4o-mini-audio-preview-2024-12-17"),
        ("anthropic", "claude-2", "claude-2.0"),
        ("aws.bedrock", "anthropic.claude-v2", "claude-2.1"),
        ("anthropic", "claude-opus-4-1", "claude-opus-4-20250514"),
        ("gcp.gemini", "gemini-1.5-flash", "gemini-1.5-flash-8b"),
        ("gcp.gemini", "gemini-pro-latest", "gemini-1.0-pro"),
        ("gcp.gemini", "embedding-001", "gemini-embedding-001"),
        ("cohere", "command", "command-r-03-2024"),
        ("aws.bedrock", "deepseek.v3-v1:0", "deepseek-v3"),
        ("github_copilot", "gpt-41-copilot", "gpt-4.1-2025-04-14"),
    ],
    ids=str,
)
def test_neighbour_in_name_is_another_model(provider: str, raw: str, other: str) -> None:
    answer = RESOLVER.resolve(raw, provider=provider)
    assert isinstance(answer, Model)
    assert answer.model != other


@pytest.mark.parametrize(
    ("provider", "raw"),
    [
        ("openai", "gpt-4-5"),
        ("openai", "gpt-4o-2024-08-07"),
        ("openai", "o3-mini-high"),
        ("openai", "text-embedding-004"),
        ("anthropic", "claude-3-5-sonnet"),
        ("anthropic", "claude-v2"),
        ("aws.bedrock", "anthropic.claude-3-7-sonnet-20240620-v1:0"),
        ("aws.bedrock", "anthropic.claude-3-5-sonnet-20240620-v2:0"),
        ("aws.bedrock", "cn.anthropic.claude-3-haiku-20240307-v1:0"),
        ("openrouter", "anthropic/gpt-4"),
        ("gcp.vertex_ai", "claude-3-opus@20240228"),
        ("gcp.vertex_ai", "claude-3-5-sonnet-v2@20240620"),
        ("azure.ai.openai", "gpt-35-turbo-0614"),
    ],
    ids=str,
)
def test_id_that_nobody_published_is_unknown(provider: str, raw: str) -> None:
    answer = RESOLVER.resolve(raw, provider=provider)
    assert isinstance(answer, Unresolved)
    assert answer.reason == "unknown_model"


@pytest.mark.parametrize(
    ("provider", "raw", "reason"),
    [
        (None, " ", "empty"),
        (None, "%20", "empty"),
        (None, '"null"', "placeholder"),
        (None, "gpt-4o\x00", "not_an_id"),
        (None, "gpt-4o" * 50, "not_an_id"),
        (None, "ｇｐｔ-4o", "not_an_id"),  # full-width letters
        (None, "gro\u212a-4", "not_an_id"),  # the sign of the Kelvin, which is a k in lower case
        (None, "sk-proj-abcdefghijklmnopqrstuv", "not_an_id"),
        (None, "https://api.openai.com/v1/models/gpt-4o", "not_an_id"),
        (None, '["gpt-4o"]', "not_an_id"),
        ("azure.deployment", "gpt-4o", "free_text"),
        ("litellm.model_group", "gpt-4o", "free_text"),
        ("databricks", "my-endpoint", "free_text"),
        ("aws.bedrock", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2", "opaque"),
        ("aws.bedrock", "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/a1b2", "opaque"),
        (None, "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1", "opaque"),
        ("gcp.vertex_ai", "4611686018427387904", "opaque"),
        ("gcp.gemini", "tunedModels/triage-x1", "opaque"),
        ("fireworks", "accounts/acme/models/triage", "opaque"),
        ("openrouter", "openrouter/auto", "router"),
        ("openrouter", "~anthropic/claude-sonnet-latest", "router"),
        ("openrouter", "@preset/support", "router"),
        ("path", "/openai/v1/responses", "no_model_in_path"),
        ("path", "/healthz", "no_model_in_path"),
    ],
    ids=lambda value: f"{value!s:.40}",
)
def test_text_that_names_no_model_says_why(provider: str | None, raw: str, reason: str) -> None:
    answer = RESOLVER.resolve(raw, provider=provider)
    assert isinstance(answer, Unresolved)
    assert answer.reason == reason


@pytest.mark.parametrize(
    ("raw", "provider", "kind"),
    [
        ("gpt-4o-2024-08-06", "openai", "snapshot"),
        ("gpt-4.1", "openai", "snapshot"),
        ("gpt-4o", "openai", "alias"),
        ("github_copilot/gpt-4-o-preview", "litellm", "alias"),
        ("ft:gpt-4o-2024-08-06:acme::x:ckpt-step-50", "openai", "fine-tune"),
        ("arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-lite-v1:0:4k/abc", None, "fine-tune"),
    ],
    ids=["dated", "pinned alias", "floating alias", "spelling of a floating alias", "ft:", "custom-model ARN"],
)
def test_kind_tells_what_an_id_can_prove(raw: str, provider: str | None, kind: str) -> None:
    answer = RESOLVER.resolve(raw, provider=provider)
    assert isinstance(answer, Model)
    assert answer.kind == kind


@pytest.mark.parametrize(
    ("host", "platform"),
    [
        ("acme.openai.azure.com", "azure-openai"),
        ("acme.cognitiveservices.azure.com", "azure-openai"),
        ("bedrock-runtime.us-east-1.amazonaws.com", "aws-bedrock"),
        ("us-central1-aiplatform.googleapis.com", "vertex-ai"),
        ("generativelanguage.googleapis.com", "gemini-api"),
        ("openrouter.ai", "openrouter"),
        ("models.github.ai", "github-models"),
        ("in.api.openai.com", "openai-api"),
        ("production.api.cohere.ai", "cohere-api"),
        ("api.cloudflare.com", "cloudflare-workers-ai"),
        ("integrate.api.nvidia.com", "nvidia-nim"),
        ("router.huggingface.co", "huggingface"),
        ("api.inference.wandb.ai", "wandb-inference"),
    ],
)
def test_host_overrules_the_hint(host: str, platform: str) -> None:
    assert RESOLVER.resolve("nobody-knows-this", provider="openai", host=host).platform == platform


def test_host_that_is_a_gateway_or_a_lookalike_leaves_the_hint() -> None:
    for host in ("ai-gw.acme.internal", "127.0.0.1", "api.openai.com.evil.example", "xopenrouter.ai"):
        assert RESOLVER.resolve("gpt-4o", provider="openai", host=host) == Model("openai-api", "gpt-4o", "alias")


def test_deployment_name_is_not_a_model_but_what_answered_is() -> None:
    assert RESOLVER.identify(
        provider="azure.ai.openai",
        host=None,
        requested_id="gpt-4",
        requested_field="deployment",
        served_id="gpt-4o-2024-08-06",
    ) == Identified("azure-openai", None, "gpt-4o-2024-08-06")


def test_served_id_is_read_where_the_request_went() -> None:
    assert RESOLVER.identify(
        provider=None, host=None, requested_id="azure/gpt-5.5", served_id="gpt-5.5-2026-04-24"
    ) == Identified("azure-openai", "gpt-5.5-2026-04-24", "gpt-5.5-2026-04-24")


def test_served_id_of_another_platform_is_believed() -> None:
    assert RESOLVER.identify(
        provider="openai",
        host=None,
        requested_id="chat",
        requested_field="alias",
        served_id="us.anthropic.claude-3-haiku-20240307-v1:0",
    ) == Identified("aws-bedrock", None, "claude-3-haiku-20240307")


def test_failed_call_has_a_requested_model_only() -> None:
    identified = RESOLVER.identify(
        provider="openai", host="api.openai.com", requested_id="gpt-4.5-preview", served_id=None
    )
    assert identified == Identified("openai-api", "gpt-4.5-preview-2025-02-27", None)


def test_call_without_any_id_keeps_its_platform() -> None:
    identified = RESOLVER.identify(provider="aws.bedrock", host=None, requested_id=None, served_id=None)
    assert identified == Identified("aws-bedrock", None, None)


def test_second_look_at_a_call_is_remembered() -> None:
    asked = [RESOLVER.identify(provider="openai", host=None, requested_id="gpt-4o", served_id=None) for _ in range(2)]
    assert asked[0] is asked[1]


def test_platforms_own_names_win_over_the_makers() -> None:
    maker = Maker(Names(pinned={"m": "m-2026-04-23"}), api="openai-api")
    knowledge = Knowledge({"openai": maker}, {"azure-openai": Names(pinned={"m": "m-2026-04-24"})}, RESOLVER.platforms)
    resolver = Resolver(knowledge)
    assert resolver.resolve("m", provider="openai") == Model("openai-api", "m-2026-04-23", "snapshot")
    assert resolver.resolve("m", provider="azure") == Model("azure-openai", "m-2026-04-24", "snapshot")
