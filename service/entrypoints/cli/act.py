"""Acts of people on a use of a model: `ack`, `snooze`, `commit`, `waive`, `reopen`, `reassign`."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, NoReturn

import typer
from rich.markup import escape

from service.app import App
from service.core import words
from service.core.escalation.act import Acknowledge, Act, Commit, Refused, Reopen, Snooze, Waive
from service.core.exposure import ExposureKey
from service.core.naming import Missing
from service.core.ownership import Owner
from service.engine.act import Acted, act, offered_days
from service.engine.reassign import UNREACHABLE, is_reachable
from service.engine.reassign import reassign as engine_reassign
from service.engine.reconcile import catch_up
from service.entrypoints.cli.acting import By, Environment, ModelName, Platform, Service, author_of, the_one
from service.entrypoints.cli.days import DAY, parse_day
from service.entrypoints.cli.output import Exit, Json, console, emit, fail, stderr
from service.entrypoints.cli.session import run


def ack(
    service: Service,
    model: ModelName = None,
    *,
    by: By = None,
    environment: Environment = None,
    platform: Platform = None,
    as_json: Json = False,
) -> None:
    """Acknowledge: do not repeat the current step for five business days. The next step is still sent."""
    _act(Acknowledge(author_of(by)), service, model, environment, platform, as_json=as_json)


def snooze(
    service: Service,
    model: ModelName = None,
    *,
    until: Annotated[
        date | None,
        typer.Option(
            parser=parse_day, metavar=DAY, help="Snooze until the morning of this day. Default: list safe days."
        ),
    ] = None,
    by: By = None,
    environment: Environment = None,
    platform: Platform = None,
    as_json: Json = False,
) -> None:
    """Stop notifications until a day, at the latest the day of the next step. Without --until: list the safe days."""
    if until is None:
        _show_safe_days(service, model, environment, platform, as_json=as_json)
    else:
        _act(Snooze(author_of(by), until), service, model, environment, platform, as_json=as_json)


def commit(
    service: Service,
    model: ModelName = None,
    *,
    on: Annotated[
        date, typer.Option(parser=parse_day, metavar=DAY, help="Day of the last call, up to the shutdown date.")
    ],
    by: By = None,
    environment: Environment = None,
    platform: Platform = None,
    as_json: Json = False,
) -> None:
    """Promise that the last call is made by a day. Steps wait as long as the promise is credible. lastcall reports a
    broken promise."""
    _act(Commit(author_of(by), on), service, model, environment, platform, as_json=as_json)


def waive(
    service: Service,
    model: ModelName = None,
    *,
    until: Annotated[date, typer.Option(parser=parse_day, metavar=DAY, help="End of the waiver, within a year.")],
    reason: Annotated[str, typer.Option(help="Reason for accepting the risk.")],
    by: By = None,
    environment: Environment = None,
    platform: Platform = None,
    as_json: Json = False,
) -> None:
    """Accept the risk: stop all steps until a day. The day may be after the shutdown. lastcall still reports a moved
    shutdown date."""
    _act(Waive(author_of(by), until, reason), service, model, environment, platform, as_json=as_json)


def reopen(
    service: Service,
    model: ModelName = None,
    *,
    by: By = None,
    environment: Environment = None,
    platform: Platform = None,
    as_json: Json = False,
) -> None:
    """Withdraw a promise, snooze, waiver or acknowledgement, or open a closed campaign.

    Silence does not close a reopened campaign before the shutdown.
    """
    _act(Reopen(author_of(by)), service, model, environment, platform, as_json=as_json)


def reassign(
    service: Service,
    *,
    team: Annotated[str, typer.Option(help="Team that owns the service from now on.")],
    person: Annotated[
        list[str] | None, typer.Option(metavar="EMAIL", help="Person to notify first. Repeatable.")
    ] = None,
    channel: Annotated[str | None, typer.Option(metavar="#CHANNEL", help="The team's channel.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Set the owner of a service. lastcall hands over its campaigns and sends the new owner a first notice."""
    author, now = author_of(by), datetime.now(UTC)

    async def work(app: App) -> tuple[Owner, bool] | Refused | Missing:
        await catch_up(app.database, app.world, now=now)
        named = await engine_reassign(
            app.database,
            app.world,
            service,
            team=team,
            people=person or (),
            channel=channel,
            author=author,
            now=now,
        )
        if not isinstance(named, Owner):
            return named
        return named, await is_reachable(app.database, app.world, service, now=now)

    answer = run(work)
    if isinstance(answer, Missing):
        fail(answer.error, answer.remedy)
    if isinstance(answer, Refused):
        _refuse(answer)
    owner, reachable = answer
    warning = None if reachable else UNREACHABLE
    if as_json:
        named = {"team": owner.team, "people": list(owner.people), "channel": owner.channel}
        emit({"service": service} | named | {"warning": warning})
        return
    addresses = [words.address(address) for address in (*owner.people, *filter(None, [owner.channel]))]
    notified = f" Notified: {words.listed(addresses)}." if addresses else ""
    console.print(f"Team {escape(owner.team or '')} now owns {escape(service)}.{escape(notified)}", soft_wrap=True)
    if warning:
        stderr.print(f"[yellow]{warning}[/] Use --person or --channel.", soft_wrap=True)
    console.print("Add it to lastcall.yaml: `lastcall owners --as-yaml` prints the rule.", soft_wrap=True)


def _act(
    asked: Act, service: str, model: str | None, environment: str | None, platform: str | None, *, as_json: bool
) -> None:
    now = datetime.now(UTC)

    async def work(app: App) -> Acted | Refused:
        key = await the_one(app, service, model, environment=environment, platform=platform, now=now)
        return await act(app.database, await app.look(now=now), key, asked, now=now)

    answer = run(work)
    if isinstance(answer, Refused):
        _refuse(answer)
    if as_json:
        emit(_as_json(answer))
        return
    console.print(
        f"{escape(_named(answer.key))}: {escape(answer.act_in_force or 'escalation continues')}.", soft_wrap=True
    )
    if answer.next:
        console.print(f"Next: step {answer.next.step.name}, on {words.day(answer.next.on)}.", soft_wrap=True)


def _refuse(refused: Refused) -> NoReturn:
    fail(refused.reason, refused.remedy, Exit.BAD_INPUT if refused.kind == "wrong_input" else Exit.BAD_NEWS)


def _as_json(answer: Acted) -> dict[str, Any]:
    following = answer.next
    return answer.key._asdict() | {
        "act_in_force": answer.act_in_force,
        "next_step": following.step.name if following else None,
        "next_on": following.on.isoformat() if following else None,
    }


def _named(key: ExposureKey) -> str:
    where = f" in {key.environment}" if key.environment else ""
    return f"{key.service}{where}, {key.model} on {words.platform_name(key.platform)}"


def _show_safe_days(
    service: str, model: str | None, environment: str | None, platform: str | None, *, as_json: bool
) -> None:
    now = datetime.now(UTC)

    async def work(app: App) -> tuple[ExposureKey, tuple[date, ...]]:
        key = await the_one(app, service, model, environment=environment, platform=platform, now=now)
        return key, await offered_days(app.database, await app.look(now=now), key, now=now)

    key, days = run(work)
    if as_json:
        emit(key._asdict() | {"safe_days": [day.isoformat() for day in days]})
    elif not days:
        console.print("There is no safe day to snooze until: the next step is near. Commit to a day, or waive.")
    else:
        span = words.day(days[0]) if len(days) == 1 else f"{words.day(days[0])} to {words.day(days[-1])}"
        console.print(f"{escape(_named(key))}: safe days to snooze until: business days, {span}.", soft_wrap=True)
        console.print(f"Choose one: --until {days[-1]}", soft_wrap=True)
