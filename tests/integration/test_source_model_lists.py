"""What the providers' lists of models say: fields as in their Python packages."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from aiohttp import web
from pydantic import SecretStr
from yarl import URL

from service.adapters.directory.http import open_http
from service.adapters.sources.azure import AzureLogin, account_provider
from service.adapters.sources.bedrock import AwsKeys, Signer, region_provider
from service.adapters.sources.http import Http
from service.adapters.sources.listing import ModelList
from service.adapters.sources.model_lists import ANTHROPIC, COHERE, GEMINI, MISTRAL, OPENAI
from service.core.catalog.finding import Finding
from service.core.catalog.lifecycle import Shutdown, Standing
from tests.source_server import NOW, SourceServer, answer, by_id, failure, pages, reading

EPOCH = "1970-01-01T00:00:00Z"
ACCOUNT = "/subscriptions/1/resourceGroups/ai/providers/Microsoft.CognitiveServices/accounts/acme"


@pytest.fixture
async def server() -> AsyncIterator[SourceServer]:
    async with open_http(timeout_seconds=5) as session, SourceServer() as running:
        yield running.use(Http(session))


async def test_openai_gives_the_day_or_null(server: SourceServer) -> None:
    server.handler = answer(
        {
            "object": "list",
            "data": [
                {"id": "o3", "object": "model", "created": 1, "owned_by": "system", "shutdown_date": "2026-12-11"},
                {"id": "gpt-5.5", "object": "model", "created": 1, "owned_by": "system", "shutdown_date": None},
                {"id": "ft:gpt-4o:acme::1", "object": "model", "created": 1, "owned_by": "acme"},
            ],
        }
    )
    read = await reading(server.model_list(OPENAI))
    assert read.findings == (
        Finding("openai-api", "o3", shutdown=Shutdown(date(2026, 12, 11), "exact")),
        Finding("openai-api", "gpt-5.5"),
    )
    assert (read.source, read.standing, read.whole) == ("openai", "provider", frozenset({"openai-api"}))


async def test_model_that_vanished_is_missing_in_the_whole_list(server: SourceServer) -> None:
    server.scripted = pages({"data": [{"id": "o3"}, {"id": "o1"}]}, {"data": [{"id": "o3"}]})
    before, after = await reading(server.model_list(OPENAI)), await reading(server.model_list(OPENAI))
    assert (list(by_id(before)), list(by_id(after)), after.whole) == (["o3", "o1"], ["o3"], frozenset({"openai-api"}))


async def test_day_that_moved_is_the_new_day(server: SourceServer) -> None:
    first, second = ({"data": [{"id": "o3", "shutdown_date": day}]} for day in ("2026-12-11", "2027-03-01"))
    server.scripted = pages(first, second)
    await reading(server.model_list(OPENAI))
    assert by_id(await reading(server.model_list(OPENAI)))["o3"].shutdown == Shutdown(date(2027, 3, 1), "exact")


async def test_anthropic_lists_all_lifecycles_over_several_pages(server: SourceServer) -> None:
    retired = {"id": "claude-2.1", "lifecycle": "retired", "created_at": EPOCH, "retires_at": "2025-07-21T00:00:00Z"}
    active = {"id": "claude-opus-5", "lifecycle": "active", "created_at": "2026-07-24T00:00:00Z"}
    server.scripted = pages(
        {"data": [retired], "has_more": True, "first_id": "claude-2.1", "last_id": "claude-2.1"},
        {"data": [active], "has_more": False, "first_id": "claude-opus-5", "last_id": "claude-opus-5"},
    )
    assert (await reading(server.model_list(ANTHROPIC))).findings == (
        Finding("anthropic-api", "claude-2.1", shutdown=Shutdown(date(2025, 7, 21), "exact"), in_service=False),
        Finding("anthropic-api", "claude-opus-5", released=date(2026, 7, 24), in_service=True),
    )
    assert server.asked[1].query["after_id"] == "claude-2.1"
    assert server.asked[1].query.getall("lifecycle") == ["active", "deprecated", "retired"]


@pytest.mark.parametrize(
    ("retires_at", "shutdown"),
    [
        pytest.param("2026-11-30T00:00:00Z", Shutdown(date(2026, 11, 30), "exact"), id="overdue, not gone"),
        pytest.param("2027-01-22T00:00:00Z", Shutdown(date(2027, 1, 22), "exact"), id="ahead"),
        pytest.param("2027-01-22T00:00:00+08:00", Shutdown(date(2027, 1, 21), "exact"), id="midnight in Shanghai"),
        pytest.param("2027-01-21T23:00:00-08:00", Shutdown(date(2027, 1, 22), "exact"), id="evening in San Francisco"),
        pytest.param(None, Shutdown(None, "unknown"), id="no day yet"),
    ],
)
async def test_deprecated_model_of_anthropic_is_in_service(
    server: SourceServer, retires_at: str | None, shutdown: Shutdown
) -> None:
    model = {"id": "claude-opus-4-5-20251101", "lifecycle": "deprecated", "deprecated_at": "2026-11-23T00:00:00Z"}
    server.handler = answer({"data": [model | {"retires_at": retires_at, "created_at": EPOCH}], "has_more": False})
    (finding,) = (await reading(server.model_list(ANTHROPIC))).findings
    assert (finding.announced, finding.shutdown, finding.in_service) == (date(2026, 11, 23), shutdown, True)


async def test_unknown_lifecycle_is_unreadable(server: SourceServer) -> None:
    server.handler = answer({"data": [{"id": "claude-6", "lifecycle": "paused"}]})
    assert (await failure(server.model_list(ANTHROPIC))).reason == "unreadable_answer"


async def test_mistral_names_removal_replacement_and_aliases(server: SourceServer) -> None:
    aliases = ["mistral-medium-2508", "mistral-medium-latest", "mistral-medium"]
    model = {"id": "mistral-medium-2508", "type": "base", "capabilities": {}, "aliases": aliases[1:]}
    ends = {"deprecation": "2027-01-31T12:00:00Z", "deprecation_replacement_model": "mistral-medium-3-5"}
    floating = model | {"id": "mistral-medium-latest", "aliases": [aliases[0], aliases[2]], "deprecation": None}
    own = {"id": "ft:mistral-small:acme", "type": "fine-tuned", "aliases": None}
    server.handler = answer({"object": "list", "data": [model | ends, floating, own]})
    assert (await reading(server.model_list(MISTRAL))).findings == (
        Finding(
            "mistral-api",
            "mistral-medium-2508",
            aliases=("mistral-medium",),
            shutdown=Shutdown(date(2027, 1, 31), "exact"),
            replacements=("mistral-medium-3-5",),
        ),
        Finding("mistral-api", "mistral-medium-latest", aliases=("mistral-medium",)),
    )


async def test_gemini_says_what_is_in_service(server: SourceServer) -> None:
    server.scripted = pages(
        {"models": [{"name": "models/gemini-2.5-pro", "version": "2.5"}], "nextPageToken": "a+b="},
        {"models": [{"name": "models/gemini-embedding-001"}]},
    )
    read = await reading(server.model_list(GEMINI))
    assert read.findings == (
        Finding("gemini-api", "gemini-2.5-pro", in_service=True),
        Finding("gemini-api", "gemini-embedding-001", in_service=True),
    )
    assert (server.asked[1].query["pageToken"], read.whole) == ("a+b=", frozenset({"gemini-api"}))


async def test_cohere_says_that_a_model_is_deprecated(server: SourceServer) -> None:
    server.scripted = pages(
        {"models": [{"name": "command-r", "is_deprecated": True, "finetuned": False}], "next_page_token": "2"},
        {"models": [{"name": "command-a", "is_deprecated": False}, {"name": "own", "finetuned": True}]},
    )
    assert (await reading(server.model_list(COHERE))).findings == (
        Finding("cohere-api", "command-r", shutdown=Shutdown(None, "unknown")),
        Finding("cohere-api", "command-a"),
    )


async def test_bedrock_gives_firm_days_to_legacy_models_only(server: SourceServer) -> None:
    legacy = {
        "status": "LEGACY",
        "startOfLifeTime": "2025-09-29T00:00:00Z",
        "legacyTime": "2026-10-08T00:00:00Z",
        "publicExtendedAccessTime": "2027-01-08T00:00:00Z",
        "endOfLifeTime": "2027-04-08T00:00:00Z",
    }
    server.handler = answer(
        {
            "modelSummaries": [
                {"modelId": "anthropic.claude-sonnet-4-5-20250929-v1:0", "modelArn": "arn", "modelLifecycle": legacy},
                {"modelId": "a", "modelArn": "arn", "modelLifecycle": {**legacy, "legacyTime": "2027-01-01T00:00:00Z"}},
                {"modelId": "b", "modelArn": "arn", "modelLifecycle": {**legacy, "status": "ACTIVE"}},
                {"modelId": "c", "modelArn": "arn", "modelLifecycle": {"status": "LEGACY"}},
                {"modelId": "d", "modelArn": "arn"},
            ]
        }
    )
    keys = AwsKeys("AKIDEXAMPLE", SecretStr("secret"), SecretStr("session"))
    source = server.model_list(region_provider("eu-west-1"), Signer(keys, "eu-west-1"))
    read = await reading(source)
    sold, end = date(2025, 9, 29), date(2027, 4, 8)
    assert read.findings == (
        Finding(
            "aws-bedrock",
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
            released=sold,
            announced=date(2026, 10, 8),
            shutdown=Shutdown(end, "exact"),
            in_service=True,
        ),
        Finding("aws-bedrock", "a", released=sold, shutdown=Shutdown(end, "exact"), in_service=True),
        Finding("aws-bedrock", "b", released=sold, shutdown=Shutdown.earliest(end), in_service=True),
        Finding("aws-bedrock", "c", shutdown=Shutdown(None, "unknown"), in_service=True),
        Finding("aws-bedrock", "d", in_service=True),
    )
    assert read.whole == frozenset(), "other regions have other models"
    assert server.asked[0].headers["X-Amz-Security-Token"] == "session"


def azure_model(name: str, version: str, **fields: object) -> dict[str, object]:
    return {"name": name, "version": version, "format": "OpenAI", "lifecycleStatus": "GenerallyAvailable", **fields}


def ends(day: str, status: str | None) -> dict[str, object]:
    return {"inference": f"{day}T00:00:00Z", "fineTune": f"{day}T00:00:00Z", "deprecationStatus": status}


async def azure(server: SourceServer, *models: dict[str, object]) -> dict[str, Finding]:
    server.scripted = pages({"access_token": "t", "expires_in": 3600}, {"value": models})
    return by_id(await reading(azure_source(server)))


def azure_source(server: SourceServer) -> ModelList:
    login = AzureLogin(server.http, "acme", "client", SecretStr("secret"), login=str(server.url.origin()))
    return server.model_list(account_provider(ACCOUNT), login)


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        pytest.param("Planned", None, id="confirmed"),
        pytest.param("Tentative", "inferred", id="an estimate"),
        pytest.param(None, "inferred", id="not said"),
    ],
)
async def test_azure_says_whether_a_day_is_an_estimate(
    server: SourceServer, status: str | None, standing: Standing | None
) -> None:
    following = {"targetModelName": "gpt-5.1", "targetModelVersion": "2025-11-13"}
    model = azure_model("gpt-4o", "2024-08-06", deprecation=ends("2027-04-14", status), replacementConfig=following)
    found = await azure(server, model)
    assert found["gpt-4o-2024-08-06"] == Finding(
        "azure-openai",
        "gpt-4o-2024-08-06",
        shutdown=Shutdown(date(2027, 4, 14), "exact"),
        replacements=("gpt-5.1-2025-11-13",),
        standing=standing,
        in_service=True,
    )


@pytest.mark.parametrize(
    ("lifecycle", "shutdown", "in_service"),
    [
        pytest.param("Preview", None, True, id="preview"),
        pytest.param("Legacy", None, True, id="legacy"),
        pytest.param("Deprecating", Shutdown(None, "unknown"), True, id="deprecating"),
        pytest.param("Deprecated", Shutdown(None, "unknown"), False, id="retired: answers 410"),
    ],
)
async def test_azure_model_without_a_day(
    server: SourceServer, lifecycle: str, shutdown: Shutdown | None, in_service: bool
) -> None:
    found = await azure(server, azure_model("gpt-35-turbo", "0301", lifecycleStatus=lifecycle))
    assert found["gpt-35-turbo-0301"] == Finding(
        "azure-openai", "gpt-35-turbo-0301", shutdown=shutdown, in_service=in_service
    )


async def test_version_number_of_foundry_is_no_part_of_the_id(server: SourceServer) -> None:
    model = azure_model("DeepSeek-V3.1", "2", format="DeepSeek", isDefaultVersion=True)
    found = await azure(server, model, model | {"version": "1", "isDefaultVersion": False})
    assert found == {"DeepSeek-V3.1": Finding("azure-foundry", "DeepSeek-V3.1", in_service=True)}


async def test_azure_logs_in_once_for_several_pages(server: SourceServer) -> None:
    second = {"value": [azure_model("o3", "2025-04-16")]}
    server.scripted = pages(
        {"access_token": "t", "expires_in": 3600},
        {"value": [azure_model("o1", "2024-12-17")], "nextLink": str(server.url.with_query(skip="2"))},
        second,
        second,
    )
    source = azure_source(server)
    assert list(by_id(await reading(source))) == ["o1-2024-12-17", "o3-2025-04-16"]
    await source.read(None, NOW + timedelta(minutes=30))
    assert [one.method for one in server.asked] == ["POST", "GET", "GET", "GET"]
    assert {one.headers["Authorization"] for one in server.asked[1:]} == {"Bearer t"}


async def test_azure_asks_for_a_new_token_when_the_old_one_ends(server: SourceServer) -> None:
    token, models = {"access_token": "t", "expires_in": 3600}, {"value": [azure_model("o1", "2024-12-17")]}
    server.scripted = pages(token, models, token, models)
    source = azure_source(server)
    for minutes in (0, 60):
        await source.read(None, NOW + timedelta(minutes=minutes))
    assert [one.method for one in server.asked] == ["POST", "GET", "POST", "GET"]


async def test_azure_that_refuses_the_secret_names_the_settings(server: SourceServer) -> None:
    server.handler = answer({"error": "invalid_client"}, status=401)
    failed = await failure(azure_source(server))
    assert (failed.reason, failed.is_refusal) == ("http_401", True)
    assert "LASTCALL_AZURE_CLIENT_SECRET" in failed.remedy


async def test_request_to_bedrock_is_signed_for_the_host_that_is_asked(server: SourceServer) -> None:
    """The server signs the request again from what it received."""
    keys = AwsKeys("AKIDEXAMPLE", SecretStr("secret"))
    signer = Signer(keys, "us-east-1")

    async def check(request: web.Request) -> web.Response:
        expected = signer.headers(URL(f"http://{request.host}{request.path_qs}"), NOW)
        is_signed = request.headers["Authorization"] == expected["Authorization"]
        return web.json_response({"modelSummaries": []}, status=200 if is_signed else 403)

    server.handler = check
    assert (await reading(server.model_list(region_provider("us-east-1"), signer))).findings == ()
