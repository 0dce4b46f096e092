"""The web application of a small company on a test's own database, asked over ASGI."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import httpx
from pydantic import SecretStr

from service.adapters.postgres.database import Database
from service.app import App
from service.config.company import Company
from service.config.settings import Settings
from service.core.catalog.lifecycle import Catalog, Deprecation, Replacement, Shutdown
from service.core.health import ConsumerHealth
from service.core.ownership import Owner, OwnerRule
from service.entrypoints.web import create_web
from tests.builders import make_world
from tests.rows import NOW

GPT_45 = Deprecation(
    platform="openai-api",
    model="gpt-4.5-preview",
    id="gpt-4.5-preview",
    announced=date(2025, 4, 14),
    shutdown=Shutdown(date(2025, 7, 14), "exact"),
    replacements=(Replacement("gpt-4.1", "gpt-4.1"),),
    sources=("https://provider.example/deprecations",),
)
O1 = Deprecation(
    platform="openai-api",
    model="o1-preview",
    id="o1-preview",
    announced=date(2025, 4, 28),
    shutdown=Shutdown(date(2025, 7, 28), "exact"),
)
HAIKU = Deprecation(
    platform="anthropic-api",
    model="claude-haiku",
    id="claude-haiku",
    announced=date(2025, 6, 1),
    shutdown=Shutdown(date(2025, 7, 7), "no_sooner_than"),
)
CURRENT = Deprecation(platform="openai-api", model="gpt-4.1", id="gpt-4.1")

SEARCH = Owner("search", people=("ada@example.com",), channel="#team-search", rule="owners[0]")
COMPANY = Company(owners=(OwnerRule(("search-*",), SEARCH), OwnerRule(("billing-*",), Owner("billing"))))


def make_app(database: Database, *, host: str = "127.0.0.1", token: str | None = None) -> App:
    return App(
        settings=Settings(web_host=host, api_token=SecretStr(token) if token else None),
        world=make_world(Catalog([GPT_45, O1, HAIKU, CURRENT], digest="test"), COMPANY),
        database=database,
    )


@asynccontextmanager
async def web_client(
    database: Database,
    *,
    host: str = "127.0.0.1",
    token: str | None = None,
    consumer: Callable[[], ConsumerHealth] | None = None,
    headers: httpx.Headers | dict[str, str] | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    """`host` and `token` are the settings; `headers` go with every request."""
    web = create_web(make_app(database, host=host, token=token), clock=lambda: NOW, consumer=consumer)
    transport = httpx.ASGITransport(web)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", headers=headers) as client:
        yield client


async def get_json(database: Database, path: str, **params: Any) -> Any:
    async with web_client(database) as client:
        response = await client.get(path, params=params)
    assert response.status_code == 200, response.text
    return response.json()


async def get_page(database: Database, path: str, **params: Any) -> str:
    async with web_client(database) as client:
        response = await client.get(path, params=params)
    assert response.status_code == 200, response.text
    return response.text
