"""`lastcall` in processes of its own: started, listened to, and ended by the test that started them."""

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import tempfile
import uuid
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

BIN = Path(sys.executable).parent
PATIENCE = 90.0
"""Seconds. Generous: several processes start at once on a machine with other work."""


def environment(**settings: object) -> dict[str, str]:
    """This process's, with none but these settings of lastcall, and where nobody has activated its environment."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LASTCALL_")}
    path = os.pathsep.join(folder for folder in os.get_exec_path() if not Path(folder, "lastcall").exists())
    return {**plain, "PATH": path, **{name: str(value) for name, value in settings.items()}}


def connected(kafka: str, database_url: str, topic: str, dead_letters: str, **settings: object) -> dict[str, str]:
    """The environment of a `lastcall` that reads this topic into this database. The web takes any free port."""
    return environment(
        LASTCALL_DATABASE_URL=database_url,
        LASTCALL_KAFKA_BOOTSTRAP_SERVERS=kafka,
        LASTCALL_KAFKA_TOPICS=topic,
        LASTCALL_KAFKA_GROUP=topic,
        LASTCALL_KAFKA_DEAD_LETTER_TOPIC=dead_letters,
        LASTCALL_WEB_PORT=0,
        **settings,
    )


async def until(holds: Callable[[], Awaitable[bool]], *, within: float = PATIENCE) -> None:
    async with asyncio.timeout(within):
        while not await holds():  # noqa: ASYNC110  what is awaited is in other processes
            await asyncio.sleep(0.05)


@dataclass(frozen=True)
class Ended:
    """A command that has run to its end."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        """What it printed, as JSON; the command has to have ended well."""
        assert self.code == 0, self.err
        return json.loads(self.out)


async def shell(line: str, *, env: Mapping[str, str], folder: Path) -> Ended:
    """A line as somebody types it."""
    process = await asyncio.create_subprocess_shell(
        line, env=env, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    return await _end_of(process)


async def lastcall(*args: str | Path, env: Mapping[str, str], folder: Path) -> Ended:
    """`folder` is where it is run. A lastcall.yaml there counts."""
    process = await asyncio.create_subprocess_exec(
        *(BIN / "lastcall", *args),
        env=env,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    return await _end_of(process)


async def _end_of(process: Process) -> Ended:
    try:
        async with asyncio.timeout(PATIENCE):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Ended(process.returncode or 0, out.decode(), err.decode())


async def readiness(url: str) -> tuple[int, Any]:
    """Status and answer of /readyz."""
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
        answer = await client.get(f"{url}/readyz")
    return answer.status_code, answer.json()


class Running:
    """A `lastcall` that stays up. What it says is kept in a file, so that nobody has to listen all the time."""

    def __init__(self, process: Process, log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def said(self) -> str:
        """All of stdout and stderr so far."""
        return self._log.read_text()

    async def says(self, pattern: str, *, within: float = PATIENCE) -> str:
        """Waits for it. Returns the first group, or all of the match."""

        async def found() -> bool:
            assert self._process.returncode is None or re.search(pattern, self.said), self.said
            return re.search(pattern, self.said) is not None

        try:
            await until(found, within=within)
        except TimeoutError:
            raise AssertionError(f"it never said {pattern}, but:\n{self.said}") from None
        match = re.search(pattern, self.said)
        assert match is not None
        return match[1] if match.lastindex else match[0]

    async def end(self, number: signal.Signals, *, within: float = 30) -> int:
        """Sends a signal and waits. Returns the exit code; negative: ended by that signal.

        SIGINT goes to its children too, as Ctrl-C in a terminal does.
        """
        if number is signal.SIGINT:
            os.killpg(self.pid, number)
        else:
            self._process.send_signal(number)
        return await self.ends(within=within)

    async def ends(self, *, within: float) -> int:
        """Waits until it ends by itself."""
        async with asyncio.timeout(within):
            return await self._process.wait()


@asynccontextmanager
async def running(*args: str | Path, env: Mapping[str, str], folder: Path) -> AsyncIterator[Running]:
    """Until the block ends, if the test has not ended it before."""
    log = folder / f"{args[0]}-{uuid.uuid4().hex[:8]}.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(BIN / "lastcall", *args),
            env=env,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    started = Running(process, log)
    try:
        yield started
    finally:
        if process.returncode is None:
            with contextlib.suppress(TimeoutError):
                await started.end(signal.SIGTERM)
        if process.returncode is None:
            await started.end(signal.SIGKILL)


@contextmanager
def data_folder() -> Iterator[Path]:
    """For embedded servers; not below pytest's own folder, see conftest.py. A test that fails half-way leaves none of
    them running."""
    with tempfile.TemporaryDirectory(prefix="lastcall-test-", ignore_cleanup_errors=True) as parent:
        folder = Path(parent) / "data"
        try:
            yield folder
        finally:
            for server in servers_of(folder):
                server.kill()


def servers_of(data_dir: Path) -> list[psutil.Process]:
    """PostgreSQL is no child of `up`: whoever uses it last ends it."""
    try:
        pid = int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
        return [psutil.Process(pid)]
    except (FileNotFoundError, psutil.NoSuchProcess):
        return []


def lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False
