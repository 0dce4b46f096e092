"""Opens the App of a command: settings from the environment, and the embedded database if none is configured."""

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

T = TypeVar("T")
UP_OR_OTHER_FOLDER = (
    "run `lastcall up`, or set LASTCALL_DATABASE_URL; a running `up` may use another folder: its first lines show the "
    "LASTCALL_DATA_DIR to export here"
)
"""Remedy if there is no database yet."""


def read_settings(*, logs: bool = True) -> Settings:
    """Settings of this process. Configures logging, unless nothing logs. Ends the command if a variable is invalid."""
    try:
        settings = Settings(_secrets_dir=os.environ.get("LASTCALL_SECRETS_DIR"))
    except ValidationError as error:
        fail("\n".join(problems_of(error)), "docs/configuration.md describes every variable")
    if logs:
        from service.entrypoints.logs import configure_logging  # noqa: PLC0415  slow to import

        configure_logging(settings)
    return settings


def data_dir_of(settings: Settings) -> Path:
    return settings.data_dir or default_data_dir()


@asynccontextmanager
async def with_database(settings: Settings, *, create: bool = False) -> AsyncIterator[Settings]:
    """The settings with a database: the configured one, else the embedded one of the data folder, started for the
    duration. If it does not exist, `create` creates it; without `create`, FolderEmpty is raised."""
    if settings.database_url is not None:
        yield settings
        return
    async with attach(data_dir_of(settings), create=create) as addresses:
        if addresses.database_url is None:
            fail(
                f"the lastcall that runs in {data_dir_of(settings)} uses another database",
                "set LASTCALL_DATABASE_URL to this database",
            )
        yield settings.model_copy(
            update={
                "database_url": SecretStr(addresses.database_url),
                "kafka_bootstrap_servers": settings.kafka_bootstrap_servers or addresses.kafka_bootstrap_servers,
            }
        )


def run(command: Callable[[App], Awaitable[T]], *, migrated: bool = True, logs: bool = True) -> T:
    """Run `command` with an App, closed afterwards. `migrated`: a schema that is not up to date ends the command.
    `logs`: False for a command that only asks, and logs nothing."""

    async def main() -> T:
        given = read_settings(logs=logs)
        async with with_database(given, create=not migrated) as settings, open_app(settings) as app:
            if migrated:
                await _require_migrated(app)
                await app.worlds.follow(app.database)
            return await command(app)

    return plainly(main())


def plainly(work: Awaitable[T]) -> T:
    """`asyncio.run`, with a plain error and remedy for failures that a user can fix."""

    async def main() -> T:
        if (task := asyncio.current_task()) and threading.current_thread() is threading.main_thread():
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        raise SystemExit(128 + signal.SIGTERM) from None
    except ConfigError as error:
        fail(str(error), "correct the file; docs/configuration.md describes its settings")
    except Unreachable as error:
        fail(str(error), "check LASTCALL_DATABASE_URL, and that the server accepts connections", Exit.UNREACHABLE)
    except UnknownRevision as error:
        fail(str(error), "use the lastcall version that created it, or an empty database")
    except FolderEmpty as error:
        fail(str(error), UP_OR_OTHER_FOLDER)
    except FolderInUse as error:
        fail(str(error), "or set LASTCALL_DATABASE_URL to another database", Exit.UNREACHABLE)
    except FolderUnusable as error:
        fail(str(error), "set LASTCALL_DATA_DIR to a writable folder; `lastcall up` also has --data-dir")
    except (EmbeddedMissing, EmbeddedFailed) as error:
        fail(
            str(error),
            "or use servers of your own: LASTCALL_DATABASE_URL and LASTCALL_KAFKA_BOOTSTRAP_SERVERS",
            Exit.UNREACHABLE,
        )


async def _require_migrated(app: App) -> None:
    revision = await current_revision(app.database)
    if revision is None:
        fail("the database is empty", "run `lastcall migrate` to create the tables; `lastcall up` does this by itself")
    if revision != REVISION:
        fail(
            f"the database has revision {revision}, this lastcall needs {REVISION}",
            "run `lastcall migrate` with the newer version of lastcall",
        )
