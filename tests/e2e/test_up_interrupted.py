"""`lastcall up` is ended while it makes its database for the first time."""

import signal
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.processes import PATIENCE, Running, data_folder, environment, lives, running, servers_of, until

ENVIRONMENT = environment(LASTCALL_WEB_PORT=0)


async def test_ctrl_c_during_the_first_start_leaves_nothing_running(tmp_path: Path) -> None:
    with data_folder() as data_dir:
        async with running("up", "--data-dir", data_dir, env=ENVIRONMENT, folder=tmp_path) as up:
            children = await making_its_database(up)
            assert await up.end(signal.SIGINT) == 130
            assert [child for child in children if lives(child)] == []
        assert servers_of(data_dir) == []


@pytest.mark.slow
async def test_kill_during_the_first_start_does_not_stop_the_next(tmp_path: Path) -> None:
    with data_folder() as data_dir:
        async with running("up", "--data-dir", data_dir, env=ENVIRONMENT, folder=tmp_path) as up:
            await making_its_database(up)
            await until(lambda: exists(data_dir / "postgres" / "PG_VERSION"))
            everybody = [*psutil.Process(up.pid).children(recursive=True), psutil.Process(up.pid)]
            for process in everybody:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            assert await up.ends(within=PATIENCE) == -signal.SIGKILL
        async with running("up", "--data-dir", data_dir, env=ENVIRONMENT, folder=tmp_path) as up:
            await up.says("To exit, press Ctrl-C")
            assert await up.end(signal.SIGINT) == 0


async def making_its_database(up: Running) -> list[psutil.Process]:
    """Waits for it. Returns the processes that are at it."""
    found: list[psutil.Process] = []

    async def begun() -> bool:
        found[:] = psutil.Process(up.pid).children(recursive=True)
        return any(child.name() == "initdb" for child in found if lives(child))

    await until(begun)
    return found


async def exists(path: Path) -> bool:
    return path.exists()  # noqa: ASYNC240  a moment
