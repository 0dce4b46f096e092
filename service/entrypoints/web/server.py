"""uvicorn inside a process that has more to do: it leaves signals alone and says which port it got."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI


class WebServer:
    """Serves from `start`, which returns once it listens, to `stop`, which waits for answers under way."""

    def __init__(self, application: FastAPI, *, host: str, port: int) -> None:
        self._socket = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        """Bound at once: a port that is taken is an OSError here, and port 0 is known before anything starts."""
        self._host = host
        self._server = _Server(
            uvicorn.Config(application, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=5)
        )
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
        self._socket.close()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
