"""The commands that run: up, consume, schedule, web, migrate, send."""

import shlex
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from rich.markup import escape

from service.adapters.embedded import Embedded, default_data_dir, read_running
from service.adapters.kafka.log import KafkaTrouble
from service.adapters.kafka.producer import open_producer
from service.adapters.postgres.migration import migrate as migrate_database
from service.app import App, formats_of, load_world, open_app
from service.config.settings import Settings
from service.config.world import World
from service.core import words
from service.core.tally import Tally
from service.entrypoints import process
from service.entrypoints.cli.output import Exit, console, emit, fail, stderr
from service.entrypoints.cli.session import data_dir_of, plainly, read_settings, run
from service.entrypoints.cli.show import show_message
from service.entrypoints.cli.uncounted import end_where_nothing_is_read, show_passed_over, show_rejections
from service.entrypoints.logs import leave_kafka_to_the_command
from service.formats.decoder import Decoder
from service.formats.files import UnreadableFileError, read_records

FIRST_RECORD = '{"model": "gpt-4o", "provider": "openai", "service": "my-first-service"}'


def up(
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the embedded servers.")] = None,
) -> None:
    """Run everything in one process: consumer, scheduler and web.

    Without any configuration it starts an embedded PostgreSQL and broker. Ctrl-C stops everything.
    """
    settings = read_settings()
    if data_dir is not None:
        settings = settings.model_copy(update={"data_dir": data_dir})
    plainly(_up(settings))


async def _up(settings: Settings) -> None:
    own_database, own_broker = settings.database_url is None, settings.kafka_bootstrap_servers is None
    async with Embedded(data_dir_of(settings), database=own_database, broker=own_broker) as addresses:
        if addresses.database_url is not None:
            settings = settings.model_copy(update={"database_url": SecretStr(addresses.database_url)})
        if addresses.kafka_bootstrap_servers is not None:
            settings = settings.model_copy(update={"kafka_bootstrap_servers": addresses.kafka_bootstrap_servers})
        async with open_app(settings) as app:
            await migrate_database(app.database)
            await _serve(app, process.Parts(consume=True, schedule=True), lambda url: _say_up(app, url))


def _say_up(app: App, url: str) -> None:
    settings = app.settings
    file, folder = settings.config_file, data_dir_of(settings).absolute()
    where = {
        "page": url,
        "outbox": f"{url}/outbox",
        "API": f"{url}/api/openapi.json",
        "Kafka": f"{settings.kafka_bootstrap_servers}, topics {', '.join(app.world.topics)}",
        "database": app.database.url.set(drivername="postgresql").render_as_string(),
        "Slack": "no token: messages go to the outbox page and to this terminal"
        if settings.slack_token is None
        else settings.slack_api_url,
        "owners": f"from {file.absolute()}" if file else "no lastcall.yaml here: write one, or set LASTCALL_CONFIG",
    }
    console.print("[bold green]lastcall is up[/]")
    for name, value in where.items():
        console.print(f"  [bold]{name:<9}[/] {escape(value)}", soft_wrap=True)
    console.print("Send a first record from another terminal:")
    if folder != default_data_dir().absolute():
        console.print(f"  export LASTCALL_DATA_DIR={shlex.quote(str(folder))}", soft_wrap=True, markup=False)
    console.print(f"  echo {shlex.quote(FIRST_RECORD)} | {_command()} send -", soft_wrap=True, markup=False)
    console.print("To exit, press Ctrl-C.\n", style="dim")


def _command() -> str:
    """How to call this command from the current shell: by its path if its virtual environment is not active."""
    beside = Path(sys.executable).with_name("lastcall")
    return "lastcall" if shutil.which("lastcall") or not beside.exists() else shlex.quote(str(beside))


def consume() -> None:
    """Read records from Kafka into the database. Run at most as many of these as the topics have partitions."""
    _run_parts(process.Parts(consume=True))


def schedule() -> None:
    """Run a tick every half minute: decide, record and send what is due. Run one or more of these processes."""
    _run_parts(process.Parts(schedule=True))


def web() -> None:
    """Serve the page, the API, health and metrics."""
    _run_parts(process.Parts())


def _run_parts(parts: process.Parts) -> None:
    settings = read_settings()
    if parts.consume and settings.kafka_bootstrap_servers is None:
        fail("no Kafka is configured", "set LASTCALL_KAFKA_BOOTSTRAP_SERVERS; `lastcall up` includes a broker")
    run(lambda app: _serve(app, parts, lambda url: stderr.print(f"serving {escape(url)}")))


async def _serve(app: App, parts: process.Parts, announce: Callable[[str], None]) -> None:
    try:
        await process.serve(app, parts, show=show_message, announce=announce)
    except OSError as error:
        settings = app.settings
        fail(
            f"cannot listen on {settings.web_host}:{settings.web_port}: {error.strerror or error}",
            "set LASTCALL_WEB_PORT to another port, or to 0 for any free one",
            Exit.UNREACHABLE,
        )


def migrate(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Update the database schema. Safe to repeat, and to run while the previous release is running."""

    async def main(app: App) -> None:
        before, after = await migrate_database(app.database)
        if as_json:
            emit({"before": before, "after": after})
        else:
            console.print(
                f"up to date at {after}" if before == after else f"migrated from {before or 'nothing'} to {after}"
            )

    run(main, migrated=False)


def send(
    files: Annotated[list[Path], typer.Argument(help="Files of records, one JSON text per line; - for stdin.")],
    topic: Annotated[str | None, typer.Option(help="Topic. Default: the first topic that lastcall reads.")] = None,
) -> None:
    """Send records from files to a Kafka topic. Use it for a first try, or to replay a file."""

    async def main() -> None:
        settings = _with_broker(read_settings())
        world = load_world(settings)
        target = topic or world.topics[0]
        tally = await _send_all(settings, world, files, target)
        sent = f"sent {words.plural(tally.records, 'record')} to {escape(target)}"
        if target in world.topics:
            console.print(f"{sent}: {_counts(tally)}", soft_wrap=True)
            show_rejections(tally.uncounted, console)
            show_passed_over(tally.uncounted, console)
            end_where_nothing_is_read(tally.rejected_records, tally.call_records)
        else:
            console.print(sent, soft_wrap=True)
            read = escape(words.listed(world.topics))
            stderr.print(f"[yellow]lastcall does not read {escape(target)}[/]: it reads {read}.", soft_wrap=True)

    plainly(main())


def _with_broker(settings: Settings) -> Settings:
    """The settings with the configured broker, else the broker of a running `lastcall up`."""
    if settings.kafka_bootstrap_servers is not None:
        return settings
    running = read_running(data_dir_of(settings))
    if running is None or running.kafka_bootstrap_servers is None:
        fail("no Kafka is configured", "start `lastcall up`, or set LASTCALL_KAFKA_BOOTSTRAP_SERVERS", Exit.UNREACHABLE)
    return settings.model_copy(update={"kafka_bootstrap_servers": running.kafka_bootstrap_servers})


def _counts(tally: Tally) -> str:
    """How lastcall will count the records, in the wording of `lastcall ingest`."""
    return (
        f"{words.plural(tally.volume.calls, 'call')} in {words.plural(tally.call_records, 'record')}, "
        f"{tally.rejected_records:,} rejected, {tally.other_records:,} without a call"
    )


async def _send_all(settings: Settings, world: World, files: Sequence[Path], topic: str) -> Tally:
    """Decodes each record as the consumer will, with the current time as Kafka's record time."""
    leave_kafka_to_the_command()
    tally, formats = Tally(), formats_of(settings, world.company)
    decoder = Decoder({name: fixed for name, fixed in formats.items() if fixed is not None})
    try:
        async with open_producer(settings) as producer:
            if not await producer.knows(topic):
                fail(
                    f"{settings.kafka_bootstrap_servers} has no topic {topic}",
                    "create it, or give another one with --topic; `lastcall up` creates its topics on its own broker",
                )
            for path in files:
                try:
                    for record in read_records(path):
                        at = int(time.time() * 1000)
                        await producer.send(
                            topic, record.value, key=record.key, headers=record.headers, timestamp_ms=at
                        )
                        decoded = decoder.decode(replace(record, topic=topic, timestamp=at))
                        tally.add(decoded)
                        for call in decoded.calls:
                            tally.add_call(call, world.resolver)
                except UnreadableFileError as error:
                    await producer.flush()
                    before = f"; {words.plural(tally.records, 'record')} before it were sent" if tally.records else ""
                    fail(f"{path}: {error}{before}", "give files of records, or - for standard input")
    except KafkaTrouble as error:
        fail(
            f"{settings.kafka_bootstrap_servers}: {error}", "`lastcall doctor` checks the connection", Exit.UNREACHABLE
        )
    return tally
