"""Where the tests' PostgreSQL and broker come from: named by the environment, else Docker, else embedded.

Hypothesis draws the same examples each time, whatever the machine's speed; `make laws` has it draw others.
"""

import inspect
import os
import re
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from service.adapters.embedded import Embedded
from service.adapters.postgres.database import migrate, open_database

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("chance", deadline=None, print_blob=True)
settings.load_profile("same")

_READS_CLOCK = re.compile(r"datetime\.now\(|CliRunner")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test that asks for a broker runs on Apache Kafka as well, see `make test-kafka`; every one of a module that
    reads the real clock, or runs commands that do, runs on other days as well, see `make test-clocks`."""
    reads_clock: dict[object, bool] = {}
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.broker)
        module = item.getparent(pytest.Module)
        if module is not None:
            if module not in reads_clock:
                reads_clock[module] = bool(_READS_CLOCK.search(inspect.getsource(module.obj)))
            if reads_clock[module]:
                item.add_marker(pytest.mark.clock)


def docker_answers() -> bool:
    import docker  # noqa: PLC0415  only where no server is named

    try:
        docker.from_env(timeout=2).ping()
    except docker.errors.DockerException:
        return False
    return True


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """Not below pytest's own: another run of pytest changes that folder's mode, and PostgreSQL loses its files."""
    with tempfile.TemporaryDirectory(prefix="lastcall-test-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
async def postgres_server(server_folder: Path) -> AsyncIterator[str]:
    """URL of a PostgreSQL where the tests may create databases."""
    if url := os.environ.get("LASTCALL_TEST_DATABASE_URL"):
        yield url
    elif docker_answers():
        from testcontainers.postgres import PostgresContainer  # noqa: PLC0415

        with PostgresContainer("postgres:18-alpine") as container:
            yield container.get_connection_url()
    else:
        async with Embedded(server_folder / "postgres", broker=False) as addresses:
            assert addresses.database_url is not None
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing here outlives the machine
                await _execute(addresses.database_url, f"ALTER SYSTEM SET {setting} = off")
            await _execute(addresses.database_url, "SELECT pg_reload_conf()")
            yield addresses.database_url


@pytest.fixture(scope="session")
async def kafka(server_folder: Path) -> AsyncIterator[str]:
    """Bootstrap servers of a broker where the tests may make topics."""
    if servers := os.environ.get("LASTCALL_TEST_KAFKA"):
        yield servers
    elif docker_answers():
        from testcontainers.kafka import KafkaContainer  # noqa: PLC0415

        with KafkaContainer().with_kraft() as container:
            yield container.get_bootstrap_server()
    else:
        async with Embedded(server_folder / "kafka", database=False) as addresses:
            assert addresses.kafka_bootstrap_servers is not None
            yield addresses.kafka_bootstrap_servers


@pytest.fixture
def apache_kafka() -> str:
    """Bootstrap servers."""
    servers = os.environ.get("LASTCALL_TEST_KAFKA")
    assert servers, "no Apache Kafka: `make test-kafka` brings one, or name one in LASTCALL_TEST_KAFKA"
    return servers


@pytest.fixture(scope="session")
async def template_database(postgres_server: str) -> AsyncIterator[str]:
    """Name of a migrated database that each test's own is copied from."""
    name = f"lastcall_template_{uuid.uuid4().hex[:8]}"
    await _execute(postgres_server, f"CREATE DATABASE {name}")
    engine = open_database(_url(postgres_server, name))
    await migrate(engine)
    await engine.dispose()
    yield name
    await _execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database_url(postgres_server: str, template_database: str) -> AsyncIterator[str]:
    """URL of a fresh, migrated database of this test's own."""
    async with _fresh_database(postgres_server, template_database) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_database(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def another_database(postgres_server: str, template_database: str) -> AsyncIterator[AsyncEngine]:
    """As fresh, for what is to be compared."""
    async with _fresh_database(postgres_server, template_database) as url:
        engine = open_database(url)
        yield engine
        await engine.dispose()


@asynccontextmanager
async def _fresh_database(server: str, template: str) -> AsyncIterator[str]:
    name = f"lastcall_test_{uuid.uuid4().hex[:12]}"
    await _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _url(server, name)
    await _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _url(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


async def _execute(server: str, statement: str) -> None:
    engine = open_database(server).execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()
