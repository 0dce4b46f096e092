"""The web application of a small company on a test's own database, asked over ASGI."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from pydantic import SecretStr

from service.adapters.postgres.database import Database
from service.app import App
from service.config.settings import Settings
from service.config.world import World
from service.core.health import ConsumerHealth
from service.engine.world import Worlds
from service.entrypoints.web import create_web
from tests.rows import NOW, WORLD


def make_app(database: Database, *, host: str = "127.0.0.1", token: str | None = None, world: World = WORLD) -> App:
    return App(
        settings=Settings(web_host=host, api_token=SecretStr(token) if token else None),
        worlds=Worlds(world),
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
    world: World = WORLD,
) -> AsyncIterator[httpx.AsyncClient]:
    """`host` and `token` are the settings; `headers` go with every request."""
    web = create_web(make_app(database, host=host, token=token, world=world), clock=lambda: NOW, consumer=consumer)
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
