"""Each source asks its real address with its own credential, over TLS. All hosts lead to one server on loopback."""

import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from service.adapters.catalog.files import load_catalog
from service.adapters.sources.http import Http
from service.adapters.sources.source import Failed
from service.adapters.sources.table import SOURCES, Context
from service.config.settings import Settings
from tests.source_server import NOW

ACCOUNT = "/subscriptions/1/resourceGroups/ai/providers/Microsoft.CognitiveServices/accounts/acme"
GIVEN = {
    **{f"{name}_api_key": f"{name}-key" for name in ("openai", "anthropic", "mistral", "gemini", "cohere")},
    "azure_account": ACCOUNT,
    "azure_tenant_id": "acme.example",
    "azure_client_id": "client",
    "azure_client_secret": "azure-key",
    "aws_region": "eu-west-1",
    "aws_access_key_id": "AKIDEXAMPLE",
    "aws_secret_access_key": "aws-key",
}
CREDENTIALS = frozenset({"Authorization", "x-api-key", "x-goog-api-key", "X-Amz-Security-Token", "Cookie"})


@dataclass
class Everywhere(AbstractResolver):
    """Resolves each name to a port on loopback."""

    port: int

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=self.port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        pass


@dataclass
class Internet:
    context: Context
    port: int
    asked: list[str] = field(default_factory=list)
    """Method, address without query, and the credentials of each request."""


@pytest.fixture
async def internet() -> AsyncIterator[Internet]:
    async def answer(request: web.Request) -> web.Response:
        given = [f"{name}: {value}" for name, value in request.headers.items() if name in CREDENTIALS]
        found.asked.append(" ".join([request.method, f"{request.host}{request.path}", *given]))
        if request.path.endswith("/token"):
            assert (await request.post())["client_secret"] == "azure-key"
            return web.json_response({"access_token": "azure-token", "expires_in": 60})
        return web.Response(status=404)

    authority, trusted = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(trusted)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*{"127.0.0.1", *HOSTS}).configure_cert(serving)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=serving).start()
    port = runner.addresses[0][1]
    connector = aiohttp.TCPConnector(resolver=Everywhere(port), ssl=trusted)
    async with aiohttp.ClientSession(connector=connector) as session:
        settings = Settings.model_validate(GIVEN)
        found = Internet(Context(Http(session), settings, load_catalog().resolver), port)
        yield found
    await runner.cleanup()


ASKED: dict[str, list[str]] = {
    "openai": ["GET api.openai.com/v1/models Authorization: Bearer openai-key"],
    "anthropic": ["GET api.anthropic.com/v1/models x-api-key: anthropic-key"],
    "mistral": ["GET api.mistral.ai/v1/models Authorization: Bearer mistral-key"],
    "gemini": ["GET generativelanguage.googleapis.com/v1beta/models x-goog-api-key: gemini-key"],
    "cohere": ["GET api.cohere.com/v1/models Authorization: Bearer cohere-key"],
    "azure": [
        "POST login.microsoftonline.com/acme.example/oauth2/v2.0/token",
        f"GET management.azure.com{ACCOUNT}/models Authorization: Bearer azure-token",
    ],
    "litellm": ["GET raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"],
    "deprecations.info": ["GET deprecations.info/v1/deprecations.json"],
    "models.dev": ["GET models.dev/api.json"],
    "openai-page": ["GET developers.openai.com/api/docs/deprecations.md"],
    "anthropic-page": ["GET platform.claude.com/docs/en/about-claude/model-deprecations.md"],
}
BEDROCK = (
    "GET bedrock.eu-west-1.amazonaws.com/foundation-models Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"
)
HOSTS = {request.split()[1].partition("/")[0] for requests in (*ASKED.values(), [BEDROCK]) for request in requests}


async def ask(internet: Internet, name: str) -> Any:
    source = next(one for one in SOURCES if one.name == name)
    return await source.open(internet.context).read(None, NOW)


@pytest.mark.parametrize("name", ASKED)
async def test_source_asks_its_address_with_its_credential(internet: Internet, name: str) -> None:
    answered = await ask(internet, name)
    assert isinstance(answered, Failed)
    assert (internet.asked, answered.reason) == (ASKED[name], "http_404")


async def test_bedrock_is_asked_with_a_signature(internet: Internet) -> None:
    await ask(internet, "bedrock")
    (asked,) = internet.asked
    assert asked.startswith(BEDROCK)
    assert "aws-key" not in asked


def test_every_source_that_sends_requests_is_tested() -> None:
    packages = {"openai-package", "anthropic-package"}
    assert {one.name for one in SOURCES} == ASKED.keys() | {"bedrock"} | packages


async def test_server_without_a_trusted_certificate_gets_no_key(internet: Internet) -> None:
    connector = aiohttp.TCPConnector(resolver=Everywhere(internet.port))
    async with aiohttp.ClientSession(connector=connector) as session:
        doubting = Internet(replace(internet.context, http=Http(session)), internet.port)
        answered = await ask(doubting, "openai")
    assert isinstance(answered, Failed)
    assert (internet.asked, answered.reason) == ([], "no_connection")
