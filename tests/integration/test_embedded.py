"""The embedded servers: one owner a folder, a clean end, and no trace of a killed one that stops the next."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import text

from service.adapters.embedded import (
    Embedded,
    EmbeddedFailed,
    FolderEmpty,
    FolderInUse,
    ServerAddresses,
    attach,
    read_running,
)
from service.adapters.embedded.folder import announced, make_folder, owned
from service.adapters.postgres.database import open_database
from tests.processes import PATIENCE

UP = """
import asyncio, sys
from pathlib import Path
from service.adapters.embedded import Embedded

async def main():
    async with Embedded(Path(sys.argv[1])) as addresses:
        print(addresses.kafka_bootstrap_servers, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, for the socket's sake, and open to PostgreSQL's own user when the tests run as root."""
    with TemporaryDirectory(prefix="lastcall-", ignore_cleanup_errors=True) as name:
        yield Path(name)


async def answers(url: str | None) -> int:
    assert url is not None
    database = open_database(url)
    async with database.connect() as connection:
        answer = int((await connection.execute(text("SELECT 1"))).scalar_one())
    await database.dispose()
    return answer


async def test_folder_has_one_owner_and_any_number_of_readers(folder: Path) -> None:
    async with Embedded(folder) as addresses:
        with pytest.raises(FolderInUse):
            async with Embedded(folder):
                pass
        async with attach(folder) as found:
            assert found == addresses
        assert await answers(addresses.database_url) == 1
    assert read_running(folder) is None


async def test_commands_share_a_database_that_nobody_else_runs(folder: Path) -> None:
    async with attach(folder, create=True) as first:
        async with attach(folder) as second:
            assert second == first
        assert await answers(first.database_url) == 1
        assert first.kafka_bootstrap_servers is None
    assert not (folder / "postgres" / "postmaster.pid").exists()


async def test_up_with_a_database_of_its_own_is_found(folder: Path) -> None:
    make_folder(folder)
    elsewhere = ServerAddresses(None, "127.0.0.1:9092")
    with owned(folder), announced(folder, elsewhere, None):
        async with attach(folder) as found:
            assert found == elsewhere
    with pytest.raises(FolderEmpty):
        async with attach(folder):
            pass


async def test_broker_that_dies_ends_what_runs_on_it(folder: Path) -> None:
    async def run() -> None:
        async with Embedded(folder, database=False):
            os.kill(json.loads((folder / "run.json").read_text())["broker_pid"], signal.SIGKILL)
            await asyncio.Event().wait()

    with pytest.raises(EmbeddedFailed, match="the embedded broker has ended"):
        await asyncio.wait_for(asyncio.create_task(run()), PATIENCE)
    assert read_running(folder) is None


async def test_killed_owner_leaves_nothing_that_stops_the_next(folder: Path) -> None:
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", UP, str(folder)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert owner.stdout is not None
    broker = (await asyncio.wait_for(owner.stdout.readline(), PATIENCE)).decode().strip()
    owner.send_signal(signal.SIGKILL)
    await owner.wait()

    assert read_running(folder) is None
    async with Embedded(folder) as addresses:
        assert await answers(addresses.database_url) == 1
        assert await connects(addresses.kafka_bootstrap_servers)
        assert addresses.kafka_bootstrap_servers == broker or not await connects(broker)
    assert not await connects(broker)


async def connects(address: str | None) -> bool:
    assert address is not None
    host, port = address.split(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    return True
