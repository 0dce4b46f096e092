"""How a command gets its App: settings from the environment, the embedded database where none is named."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr, ValidationError

from service.adapters.embedded import (
    EmbeddedFailed,
    EmbeddedMissing,
    FolderEmpty,
    FolderInUse,
    FolderUnusable,
    attach,
    default_data_dir,
)
from service.adapters.postgres.database import REVISION, UnknownRevision, Unreachable, current_revision
from service.app import App, open_app
from service.config.company import ConfigError
from service.config.settings import Settings, problems_of
from service.entrypoints.cli.output import Exit, fail
from service.entrypoints.logs import configure_logging

T = TypeVar("T")
UP_OR_OTHER_FOLDER = (
    "run `lastcall up`, or set LASTCALL_DATABASE_URL; an `up` that runs already may use another folder: its first "
    "lines say which LASTCALL_DATA_DIR to export here"
)
"""What to do where there is no database yet."""


def read_settings() -> Settings:
    """Settings of this process; ends the command when a variable cannot be read. Configures logging."""
    try:
        settings = Settings(_secrets_dir=os.environ.get("LASTCALL_SECRETS_DIR"))
    except ValidationError as error:
        fail("\n".join(problems_of(error)), "docs/configuration.md lists every variable and what it takes")
    configure_logging(settings)
    return settings


def data_dir_of(settings: Settings) -> Path:
    return settings.data_dir or default_data_dir()


@asynccontextmanager
async def with_database(settings: Settings, *, create: bool = False) -> AsyncIterator[Settings]:
    """The settings with a database: the one named, else the embedded one of the data folder for the while. `create`:
    make it if there is none; else FolderEmpty is raised."""
    if settings.database_url is not None:
        yield settings
        return
    async with attach(data_dir_of(settings), create=create) as addresses:
        if addresses.database_url is None:
            fail(
                f"the lastcall that runs in {data_dir_of(settings)} uses a database of its own",
                "set LASTCALL_DATABASE_URL to the same one",
            )
        yield settings.model_copy(
            update={
                "database_url": SecretStr(addresses.database_url),
                "kafka_bootstrap_servers": settings.kafka_bootstrap_servers or addresses.kafka_bootstrap_servers,
            }
        )


def run(command: Callable[[App], Awaitable[T]], *, migrated: bool = True) -> T:
    """Run `command` with an App, closed afterwards. `migrated`: a schema that is not up to date ends the command."""

    async def main() -> T:
        async with with_database(read_settings(), create=not migrated) as settings, open_app(settings) as app:
            if migrated:
                await _require_migrated(app)
            return await command(app)

    return plainly(main())


def plainly(work: Awaitable[T]) -> T:
    """`asyncio.run`, with the failures that a user can mend told as such."""

    async def main() -> T:
        if (task := asyncio.current_task()) and threading.current_thread() is threading.main_thread():
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        raise SystemExit(128 + signal.SIGTERM) from None
    except ConfigError as error:
        fail(str(error), "mend the file; docs/configuration.md says what it takes")
    except Unreachable as error:
        fail(str(error), "check LASTCALL_DATABASE_URL, and that the server takes connections", Exit.UNREACHABLE)
    except UnknownRevision as error:
        fail(str(error), "run the lastcall that made it, or name an empty database")
    except FolderEmpty as error:
        fail(str(error), UP_OR_OTHER_FOLDER)
    except FolderInUse as error:
        fail(str(error), "or set LASTCALL_DATABASE_URL to use another database", Exit.UNREACHABLE)
    except FolderUnusable as error:
        fail(str(error), "name a folder that can be written to with LASTCALL_DATA_DIR; `lastcall up` takes --data-dir")
    except (EmbeddedMissing, EmbeddedFailed) as error:
        fail(
            str(error),
            "or name servers of your own: LASTCALL_DATABASE_URL and LASTCALL_KAFKA_BOOTSTRAP_SERVERS",
            Exit.UNREACHABLE,
        )


async def _require_migrated(app: App) -> None:
    revision = await current_revision(app.database)
    if revision is None:
        fail("the database is empty", "`lastcall migrate` makes the tables; `lastcall up` does so by itself")
    if revision != REVISION:
        fail(
            f"the database is at revision {revision}, this lastcall needs {REVISION}",
            "run `lastcall migrate` with the newer of the two",
        )
