"""The servers of one process: started, announced in the folder, and ended in reverse order."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType

from service.adapters.embedded.broker import Broker, open_broker
from service.adapters.embedded.folder import (
    FolderEmpty,
    ServerAddresses,
    announced,
    end_left_broker,
    is_owned,
    make_folder,
    mark_of_database,
    owned,
    read_running,
)
from service.adapters.embedded.postgres import open_postgres
from service.adapters.embedded.process import EmbeddedFailed


class Embedded:
    """The servers of one `lastcall up`: started on entry, ended on exit.

    Entering raises FolderInUse, FolderUnusable, EmbeddedMissing or EmbeddedFailed. It must happen in the main thread:
    the kernel ends the broker with the thread that started it. If the broker ends by itself, its records are lost: the
    body is cancelled, and leaving raises EmbeddedFailed.
    """

    def __init__(self, data_dir: Path, *, database: bool = True, broker: bool = True) -> None:
        self._data_dir = data_dir
        self._database = database
        self._broker = broker
        self._stack = contextlib.AsyncExitStack()
        self._watch: asyncio.Task[None] | None = None
        self._failure: EmbeddedFailed | None = None

    async def __aenter__(self) -> ServerAddresses:
        make_folder(self._data_dir)
        try:
            self._stack.enter_context(owned(self._data_dir))
            end_left_broker(self._data_dir)
            url = await self._stack.enter_async_context(open_postgres(self._data_dir)) if self._database else None
            broker = await self._stack.enter_async_context(open_broker(self._data_dir)) if self._broker else None
            addresses = ServerAddresses(url, broker.address if broker else None)
            self._stack.enter_context(announced(self._data_dir, addresses, broker.process.pid if broker else None))
        except BaseException:
            await self._stack.aclose()
            raise
        if broker is not None:
            self._watch = asyncio.create_task(self._cancel_when_ended(broker, asyncio.current_task()))
        return addresses

    async def _cancel_when_ended(self, broker: Broker, body: "asyncio.Task[object] | None") -> None:
        self._failure = await broker.ended()
        if body is not None:
            body.cancel()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watch is not None:
            self._watch.cancel()
        await self._stack.aclose()
        if self._failure is not None and isinstance(error, asyncio.CancelledError):
            raise self._failure from None


@asynccontextmanager
async def attach(data_dir: Path, *, create: bool = False) -> AsyncIterator[ServerAddresses]:
    """The database of `data_dir` for a short command: that of a running `lastcall up`, else one started for the
    duration.

    `kafka_bootstrap_servers` is None if no `up` runs. Several commands share one server; the last one ends it.
    `create`: create the database if there is none. Otherwise FolderEmpty is raised, and nothing is written.
    """
    running = read_running(data_dir)
    if running is None and not (create or mark_of_database(data_dir).exists() or is_owned(data_dir)):
        raise FolderEmpty(f"there is no database in {data_dir}")
    await asyncio.to_thread(make_folder, data_dir)
    if running is not None and running.database_url is None:  # that `up` uses another database
        yield running
        return
    async with open_postgres(data_dir) as url:
        yield ServerAddresses(url, running.kafka_bootstrap_servers if running else None)
