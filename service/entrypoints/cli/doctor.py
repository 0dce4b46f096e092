"""`lastcall doctor`: checks configuration, connections and schema, and suggests fixes."""

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from service.adapters.catalog.files import load_platforms
from service.adapters.embedded import FolderEmpty
from service.adapters.kafka.log import KafkaLog, KafkaTrouble
from service.adapters.postgres.conditions import open_conditions
from service.adapters.postgres.database import REVISION, Unreachable, current_revision
from service.adapters.postgres.directory_store import read_directory_health
from service.adapters.postgres.watermark_store import accept_recreated
from service.adapters.queries.health import read_database_health
from service.adapters.slack.transport import open_slack
from service.app import App, formats_of, open_app
from service.config.company import Company, ConfigError, load_company
from service.config.settings import Settings
from service.core.delivery import Failed
from service.core.directory.owners import STALE_AFTER
from service.core.identity import use_platforms
from service.core.words import listed, plural
from service.engine.refresh import PAGERDUTY, UNREAD
from service.entrypoints.cli.find_uncounted import find_passed_over, find_rejected
from service.entrypoints.cli.findings import MAX_NAMED, Finding, find_unplaced, find_unread, unread_lines
from service.entrypoints.cli.output import Exit, console, emit
from service.entrypoints.cli.session import UP_OR_OTHER_FOLDER, plainly, read_settings, with_database
from service.entrypoints.logs import leave_kafka_to_the_command

QUIET_HEARTBEAT = timedelta(minutes=5)
PATIENCE_SECONDS = 10.0
NAME_WIDTH = 14


def doctor(
    accept_recreated_topic: Annotated[
        str | None,
        typer.Option(
            "--accept-recreated", metavar="TOPIC", help="Read a topic that was deleted and recreated, from its start."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """Check configuration, connections and schema, and suggest fixes. Exit code 1: a check failed."""

    findings = plainly(_findings(accept_recreated_topic))
    if as_json:
        emit(findings)
    else:
        _show(findings)
    if any(finding.verdict == "bad" for finding in findings):
        raise SystemExit(int(Exit.BAD_NEWS))


async def _findings(accepted_topic: str | None) -> list[Finding]:
    """An invalid lastcall.yaml is a finding; the other checks then run without it."""
    given = read_settings()
    leave_kafka_to_the_command()
    use_platforms(load_platforms())
    try:
        company = load_company(given.config_file)
        configuration = _configuration(company, given.config_file)
    except ConfigError as error:
        company = Company()
        remedy = "correct the file; docs/configuration.md describes its settings"
        configuration = Finding("lastcall.yaml", "bad", str(error), remedy)
    try:
        async with with_database(given) as settings, open_app(settings, company) as app:
            if accepted_topic is not None:
                return [await _accept(app, accepted_topic)]
            return [configuration, *[each async for each in examine(app, now=datetime.now(UTC))]]
    except FolderEmpty as error:
        if accepted_topic is not None:
            raise
        database = Finding("database", "bad", str(error), UP_OR_OTHER_FOLDER)
        topics = tuple(formats_of(given, company))
        return [configuration, database, await _kafka(given, topics), await _slack(given)]


async def examine(app: App, *, now: datetime) -> AsyncIterator[Finding]:
    """Ordered so that each check follows those it depends on."""
    database = await _database(app)
    yield database
    yield await _kafka(app.settings, app.world.topics)
    yield await _slack(app.settings)
    if database.verdict == "good":
        lines = await unread_lines(app)
        async for finding in _running(app, now, apart=() if lines is None else {(UNREAD, "codeowners")}):
            yield finding
        async for finding in _directories(app, now):
            yield finding
        for finding in find_unread(lines or ()):
            yield finding
        async for finding in _unwritten(app, now):
            yield finding
        async for finding in find_rejected(app, now):
            yield finding
        async for finding in find_passed_over(app, now):
            yield finding
        async for finding in find_unplaced(app, now):
            yield finding


def _configuration(company: Company, file: Path | None) -> Finding:
    if file is None:
        remedy = "write a lastcall.yaml; see docs/configuration.md"
        return Finding("lastcall.yaml", "note", f"none: every notice goes to {company.fallback_channel}", remedy)
    rules = len(company.owners)
    hint = None if rules else "add owners; until then, every notice goes to the fallback channel"
    return Finding("lastcall.yaml", "good" if rules else "note", f"{file}: {plural(rules, 'owner rule')}", hint)


async def _database(app: App) -> Finding:
    try:
        revision = await current_revision(app.database)
    except Unreachable as error:
        remedy = "check LASTCALL_DATABASE_URL, and that the server accepts connections"
        return Finding("database", "bad", str(error), remedy)
    if revision != REVISION:
        detail = f"at revision {revision or 'none'}, this version needs {REVISION}"
        return Finding("database", "bad", detail, "run `lastcall migrate`")
    return Finding("database", "good", f"{app.database.url.render_as_string()}, revision {revision}")


async def _kafka(settings: Settings, topics: Collection[str]) -> Finding:
    servers = settings.kafka_bootstrap_servers
    if servers is None:
        remedy = "set LASTCALL_KAFKA_BOOTSTRAP_SERVERS, or start `lastcall up`, which includes a broker"
        return Finding("Kafka", "note", "none configured and no `lastcall up` is running", remedy)
    log = KafkaLog(settings)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await log.start()
            existing = await log.incarnations({*topics, settings.kafka_dead_letter_topic})
    except KafkaTrouble as error:
        remedy = "check the address, LASTCALL_KAFKA_SECURITY_PROTOCOL and the credentials"
        return Finding("Kafka", "bad", f"{servers}: {type(error).__name__}", remedy)
    finally:
        await log.stop()
    if missing := set(topics) - existing.keys():
        found = sorted(set(topics) & existing.keys())
        read = f"; lastcall reads {', '.join(found)}" if found else ""
        detail = f"{servers}: no topic {', '.join(sorted(missing))}{read}"
        return Finding(
            "Kafka", "bad", detail, "create it, or change the topics in lastcall.yaml or LASTCALL_KAFKA_TOPICS"
        )
    if settings.kafka_dead_letter_topic not in existing:
        detail = f"{servers}: no dead-letter topic {settings.kafka_dead_letter_topic}"
        return Finding(
            "Kafka", "note", detail, "create it, or let `lastcall consume` create it if the broker permits that"
        )
    return Finding("Kafka", "good", f"{servers}, topics {', '.join(topics)}")


async def _slack(settings: Settings) -> Finding:
    token = settings.slack_token
    if token is None:
        remedy = "set LASTCALL_SLACK_TOKEN; see docs/slack.md"
        return Finding("Slack", "note", "no token: messages go to the outbox page and the terminal", remedy)
    async with open_slack(token, api_url=settings.slack_api_url, timeout_seconds=PATIENCE_SECONDS) as slack:
        failure = await slack.check()
    if failure is not None:
        remedy = failure.remedy if isinstance(failure, Failed) else "check LASTCALL_SLACK_API_URL, or try again"
        return Finding("Slack", "bad", f"{settings.slack_api_url}: {failure.reason}", remedy)
    return Finding("Slack", "good", settings.slack_api_url)


async def _running(app: App, now: datetime, *, apart: Collection[tuple[str, str]]) -> AsyncIterator[Finding]:
    """The scheduler, and open conditions except `apart`, which are reported elsewhere."""
    health = await read_database_health(app.database)
    beats = [beat.finished_at for beat in health.heartbeats]
    if not beats:
        yield Finding("scheduler", "note", "has never ticked", "start `lastcall schedule` or `lastcall up`")
    elif now - max(beats) > QUIET_HEARTBEAT:
        detail = f"last ticked at {max(beats):%Y-%m-%d %H:%M} UTC"
        yield Finding("scheduler", "bad", detail, "start `lastcall schedule` or `lastcall up`, and check its log")
    else:
        yield Finding("scheduler", "good", f"ticked {int((now - max(beats)).total_seconds())} s ago")
        latest = max(health.heartbeats, key=lambda beat: beat.finished_at)
        if latest.company not in {None, app.world.company.digest}:
            detail = "the running scheduler uses another lastcall.yaml"
            yield Finding("scheduler", "note", detail, "send it SIGHUP to reload the file")
    async with app.database.connect() as connection:
        for one in await open_conditions(connection):
            condition = one.condition
            if (condition.kind, condition.subject) in apart:
                continue
            detail = f"{condition.subject}: {condition.detail} (since {one.since:%Y-%m-%d %H:%M} UTC)"
            yield Finding(condition.kind, "bad", detail, condition.remedy)


async def _directories(app: App, now: datetime) -> AsyncIterator[Finding]:
    """The directories in lastcall.yaml, and PagerDuty if it has a key. A long outage is also a condition."""
    known = {one.directory: one for one in await read_directory_health(app.database)}
    named = [*app.world.company.directories.of_owners, *([PAGERDUTY] if app.settings.pagerduty_token else [])]
    for name in named:
        health = known.get(name)
        if health is None or health.fetched_at is None:
            why = f"it has not answered yet: {health.error}" if health and health.error else "not queried yet"
            yield Finding(name, "note", why, "`lastcall schedule` or `lastcall tick` queries it")
            continue
        kept = f"{plural(health.answers, 'answer')} of {health.fetched_at:%Y-%m-%d %H:%M} UTC"
        if health.error is not None:
            detail = f"{kept} in use: the last query failed with {health.error}"
            yield Finding(name, "note", detail, "lastcall retries by itself")
        elif now - health.fetched_at > STALE_AFTER:
            yield Finding(name, "note", f"{kept} in use: not queried since", "start `lastcall schedule`")
        else:
            yield Finding(name, "good", kept)


async def _unwritten(app: App, now: datetime) -> AsyncIterator[Finding]:
    """Owners that people set apply at once, but should also be in lastcall.yaml."""
    services = (await app.look(now=now)).owners.unwritten()
    if services:
        named = listed(
            [*services[:MAX_NAMED], *([f"{len(services) - MAX_NAMED} more"] if services[MAX_NAMED:] else [])]
        )
        detail = f"lastcall.yaml does not contain the owners that people set for {named}"
        yield Finding("owners", "note", detail, "`lastcall owners --as-yaml` prints the rules for the file")


async def _accept(app: App, topic: str) -> Finding:
    partitions = await accept_recreated(app.database, topic, now=datetime.now(UTC))
    if not partitions:
        remedy = "`lastcall doctor` lists the topics that are held"
        return Finding("topic", "bad", f"{topic}: this topic is not held", remedy)
    return Finding(
        "topic", "good", f"{topic}: {plural(partitions, 'partition')} to be read from the start; totals stay"
    )


def _show(findings: list[Finding]) -> None:
    marks = {"good": "[green]good[/]", "note": "[yellow]note[/]", "bad": "[bold red]bad[/] "}
    for finding in findings:
        name = f"[bold]{escape(finding.what):<{NAME_WIDTH}}[/]"
        console.print(f"{marks[finding.verdict]}  {name} {escape(finding.detail)}", soft_wrap=True)
        if finding.remedy is not None:
            console.print(f"{'':<{NAME_WIDTH + 7}}[dim]-> {escape(finding.remedy)}[/]", soft_wrap=True)
