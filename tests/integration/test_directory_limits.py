"""A directory may answer anything: what is bounded, and what is not followed."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from pydantic import SecretStr

from service.adapters.directory.backstage import BackstageApi
from service.adapters.directory.http import MAX_BYTES, open_http
from service.adapters.directory.pagerduty import PagerDuty
from service.adapters.postgres.database import Database
from service.config.company import Company
from service.config.directories import Backstage, Directories
from service.core.address import OnCall
from service.core.directory.answer import Unavailable
from service.engine.refresh import Clients, refresh
from service.engine.world import with_owners
from tests.backstage_server import BackstageServer, component, group
from tests.builders import make_world
from tests.directory_server import DirectoryServer, Fault
from tests.pagerduty_server import PagerDutyServer
from tests.processes import PATIENCE

NOW = datetime(2025, 6, 2, 9, tzinfo=UTC)
NESTED = [
    pytest.param(b'{"users":' + b"[" * 5_000, id="never closed"),
    pytest.param(b"[" * 100_000, id="far deeper"),
    pytest.param(b"[" * 100_000 + b"]" * 100_000, id="closed"),
    pytest.param(b'{"items":[' + b'{"a":' * 100_000, id="groups"),
]


async def entities(server: DirectoryServer) -> object:
    async with open_http(timeout_seconds=3) as session:
        return await BackstageApi(session, server.url, SecretStr("backstage-test")).entities()


def reason_of(answer: object) -> str:
    assert isinstance(answer, Unavailable)
    return answer.reason


@pytest.mark.parametrize("body", NESTED)
async def test_catalog_that_nests_without_end_is_unreadable(body: bytes) -> None:
    async with BackstageServer() as server:
        server.faults.append(Fault(body=body))
        assert reason_of(await entities(server)) == "unreadable_answer"


@pytest.mark.parametrize("body", NESTED)
async def test_schedule_that_nests_without_end_is_unreadable(body: bytes) -> None:
    async with PagerDutyServer(schedules={"PSCHED": ["ada@example.com"]}) as server, open_http() as session:
        server.faults.append(Fault(body=body))
        answer = await PagerDuty(session, server.url, SecretStr(server.token)).on_duty(
            OnCall("schedule", "PSCHED"), NOW
        )
    assert reason_of(answer) == "unreadable_answer"


async def test_owner_of_the_last_good_answer_hears_while_the_catalog_nests_without_end(database: Database) -> None:
    catalog = [component("search-api", "search"), group("search", slack="#search")]
    company = Company(directories=Directories(backstage=Backstage(url="https://backstage.example")))
    later = NOW + timedelta(minutes=15)
    async with BackstageServer(entities=catalog) as server, open_http() as session:
        clients = Clients(backstage=BackstageApi(session, server.url, SecretStr(server.token)))
        await refresh(database, make_world(company=company), clients, now=NOW)
        server.faults.append(Fault(body=b'{"items":' + b"[" * 100_000))
        failed = await refresh(database, make_world(company=company), clients, now=later)
    async with database.connect() as connection:
        found = (await with_owners(connection, make_world(company=company), now=later)).owners.of("search-api")
    assert (failed.errors, found.owner.channel) == ({"backstage": "unreadable_answer"}, "#search")


async def test_answer_is_read_no_further_than_its_bound() -> None:
    async with BackstageServer() as server:
        server.faults.append(Fault(body=b" " * (MAX_BYTES + 1)))
        assert reason_of(await entities(server)) == "answer_too_large"


class _Dripping(DirectoryServer):
    """Goes on for ever, a byte at a time: each read is quick."""

    def answer(self, request: web.Request) -> web.Response:
        return web.Response(body=self._drip(), content_type="application/json")

    async def _drip(self) -> AsyncIterator[bytes]:
        while not self._stopping.is_set():
            yield b" "
            await asyncio.sleep(0.05)


async def test_answer_that_goes_on_and_on_is_given_up() -> None:
    async with _Dripping() as server:
        begun = time.monotonic()
        assert reason_of(await entities(server)) == "timeout"
        assert time.monotonic() - begun < PATIENCE


class _Redirecting(DirectoryServer):
    elsewhere: str

    def answer(self, request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": self.elsewhere})


async def test_token_is_not_taken_elsewhere() -> None:
    async with BackstageServer() as elsewhere, _Redirecting() as server:
        server.elsewhere = elsewhere.url
        assert reason_of(await entities(server)) == "http_302"
        assert elsewhere.asked == []
