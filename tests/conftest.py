"""Where the tests' PostgreSQL and broker come from: named by the environment, else Docker, else embedded.

Hypothesis draws the same examples each time, whatever the machine's speed; `make laws` has it draw others.
"""

import inspect
import os
import re
import tempfile
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from hypothesis import settings
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from service.adapters.catalog.files import load_platforms
from service.adapters.embedded import Embedded
from service.adapters.postgres.database import Database, open_database
from service.adapters.postgres.migration import migrate
from service.core.identity import use_platforms

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("chance", deadline=None, print_blob=True)
settings.load_profile("same")
use_platforms(load_platforms())

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


class Databases:
    """Migrated, empty databases of one server, each with a pool whose connections stay open from test to test: planning
    on a new connection takes several times as long as most tests. One that was used is emptied: a quarter of the time.
    """

    _OTHERS = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> ALL(:kept)
    """
    _EMPTY = """
        DO $$
        DECLARE
          name text;
          filled boolean;
          all_filled text[] := '{}';
        BEGIN
          SET LOCAL session_replication_role = replica;
          FOR name IN SELECT 'usage_hourly_' || to_char(month, 'YYYY_MM') FROM usage_months WHERE closed_at IS NULL
          LOOP
            EXECUTE format('DROP TABLE %s', name);
          END LOOP;
          FOR name IN SELECT quote_ident(relname) FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
          LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', name) INTO filled;
            IF filled THEN
              all_filled := all_filled || name;
            END IF;
          END LOOP;
          IF all_filled <> '{}' THEN
            EXECUTE format('TRUNCATE %s RESTART IDENTITY CASCADE', array_to_string(all_filled, ', '));
          END IF;
        END $$
    """
    """The trigger that keeps acts from being taken away sleeps meanwhile."""
    _SCHEMA = """
        SELECT md5(string_agg(concat_ws(' ', relname, relkind, attnum, attname, atttypid, atttypmod, attnotnull), ','
                              ORDER BY relname, attnum))
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid WHERE relnamespace = 'public'::regnamespace
    """

    _OF_SESSIONS = """
        SELECT EXISTS (SELECT FROM pg_class WHERE relpersistence = 't') OR EXISTS (
          SELECT FROM pg_locks JOIN pg_database ON database = pg_database.oid
          WHERE locktype = 'advisory' AND datname = current_database())
    """
    """Temporary tables, and locks that outlive a transaction."""

    def __init__(self, server: str, template: str, schema: str) -> None:
        self._server = server
        self._template = template
        self._schema = schema
        self._free: list[Database] = []
        self._backends: defaultdict[str, set[int]] = defaultdict(set)
        """Processes of the server that the pools had, by database."""

    @classmethod
    @asynccontextmanager
    async def open(cls, server: str) -> "AsyncIterator[Databases]":
        template = f"lastcall_template_{uuid.uuid4().hex[:8]}"
        await _execute(server, f"CREATE DATABASE {template}")
        engine = open_database(_url(server, template))
        await migrate(engine)
        async with engine.connect() as connection:
            schema = await connection.scalar(text(cls._SCHEMA))
        await engine.dispose()
        databases = cls(server, template, schema)
        yield databases
        for database in databases._free:
            await databases._drop(database)
        await _execute(server, f"DROP DATABASE {template} WITH (FORCE)")

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Database]:
        database = self._free.pop() if self._free else await self._make()
        yield database
        if await self._is_empty_again(database):
            self._free.append(database)
        else:
            await self._drop(database)

    async def _make(self) -> Database:
        name = f"lastcall_test_{uuid.uuid4().hex[:12]}"
        await _execute(self._server, f"CREATE DATABASE {name} TEMPLATE {self._template}")
        database = open_database(_url(self._server, name))

        def note(connection: DBAPIConnection, _record: object) -> None:
            self._backends[name].add(connection.driver_connection.get_server_pid())

        event.listen(database.sync_engine, "connect", note)
        return database

    async def _drop(self, database: Database) -> None:
        await database.dispose()
        await _execute(self._server, f"DROP DATABASE {database.url.database} WITH (FORCE)")

    async def _is_empty_again(self, database: Database) -> bool:
        """Not where a test changed the schema, may not disable triggers, or left a transaction or a lock open."""
        if cast(QueuePool, database.pool).checkedout():
            return False
        try:
            async with database.begin() as connection:
                kept = self._backends[str(database.url.database)]
                await connection.execute(text(self._OTHERS), {"kept": list(kept)})
                await connection.execute(text(self._EMPTY))
                if await connection.scalar(text(self._OF_SESSIONS)):
                    return False
                return bool(await connection.scalar(text(self._SCHEMA)) == self._schema)
        except DBAPIError:
            return False


@pytest.fixture(scope="session")
async def databases(postgres_server: str) -> AsyncIterator[Databases]:
    async with Databases.open(postgres_server) as opened:
        yield opened


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    """Empty, migrated, and nobody else's."""
    async with databases.one() as database:
        yield database


@pytest.fixture
async def database_url(database: Database) -> str:
    """For commands and other processes."""
    return database.url.render_as_string(hide_password=False)


@pytest.fixture
async def another_database(databases: Databases) -> AsyncIterator[Database]:
    """For what is to be compared."""
    async with databases.one() as database:
        yield database


def _url(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


async def _execute(server: str, statement: str) -> None:
    engine = open_database(server).execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()
