"""`lastcall plan`: past and upcoming notifications; from stored data, a scenario, or with another policy."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from service.adapters.queries.operation import read_heartbeats
from service.app import App, load_world
from service.config.company import Company, ConfigError, load_company
from service.config.scenario import load_scenario
from service.core.escalation.plan import Planned
from service.engine.plan import FARTHEST, PlanData, Review, plan_scenario, read_stored, review, review_scenario
from service.engine.plan import plan as engine_plan
from service.engine.reconcile import catch_up
from service.entrypoints.cli.days import DAY, parse_day
from service.entrypoints.cli.output import Json, emit, fail, stderr, within_reach
from service.entrypoints.cli.session import read_settings, run
from service.entrypoints.cli.show_plan import PlanSpan, reviewed, show_plan, show_review

DEFAULT_SPAN = timedelta(days=90)


def plan(
    *,
    begin: Annotated[
        date | None,
        typer.Option(
            "--from", parser=parse_day, metavar=DAY, help="First day, UTC. Default: today, or the scenario's first day."
        ),
    ] = None,
    end: Annotated[
        date | None,
        typer.Option(
            "--to", parser=parse_day, metavar=DAY, help="Last day. Default: 90 days later, or the scenario's last day."
        ),
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="Plan for the use in this file (docs/planning.md); needs no database or broker.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Plan as if the policies of this lastcall.yaml had always been in force.")
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show the notifications that --policy adds, moves and drops.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show past and upcoming notifications: who, what, when.

    Up to the last tick, the plan shows the recorded notifications and their outcomes. After it, the plan shows the
    notifications to come if the calls continue as they are.
    """
    if diff and policy is None:
        fail("--diff needs a policy to compare with the current one", "give its file: --policy new.yaml --diff")
    asked = PlanOptions(begin, end, policy, diff)
    try:
        span, answer = _of_scenario(scenario, asked) if scenario else _of_stored(asked)
    except ConfigError as error:
        fail(str(error), "correct the file; docs/configuration.md and docs/planning.md describe its settings")
    if isinstance(answer, Review):
        emit(reviewed(answer, span)) if as_json else show_review(answer, span)
    else:
        emit(answer) if as_json else show_plan(answer, span)


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """The options except --scenario."""

    begin: date | None
    end: date | None
    policy: Path | None
    diff: bool

    def span(self, first: date, last: date | None = None) -> PlanSpan:
        """The defaults are `first` and `last`."""
        begin = self.begin or first
        within_reach("--from", begin)
        end = self.end or (max(last, begin) if last else begin + DEFAULT_SPAN)
        within_reach("--to", end)
        if end < begin:
            fail(f"--to {end} is before --from {begin}", "swap the two")
        if end > (farthest := first + FARTHEST):
            fail(f"{end} is more than five years after {first}: too far to plan", f"use --to {farthest} or earlier")
        return PlanSpan(begin, end)

    def changed(self, company: Company) -> Company | None:
        """`company` with the policies of the given file. None: no file was given."""
        return replace(company, policies=load_company(self.policy).policies) if self.policy else None


Answer = Review | list[Planned]


def _of_scenario(path: Path, asked: PlanOptions) -> tuple[PlanSpan, Answer]:
    world = load_world(read_settings())
    file = load_scenario(path, world)
    company = replace(world.company, owners=(*file.owners, *world.company.owners))
    span = asked.span(file.scenario.first_day, file.scenario.last_day)
    changed = asked.changed(company)
    if changed and asked.diff:
        return span, review_scenario(file.scenario, company, changed, start=span.start, end=span.end)
    return span, plan_scenario(file.scenario, changed or company, start=span.start, end=span.end)


def _of_stored(asked: PlanOptions) -> tuple[PlanSpan, Answer]:
    now = datetime.now(UTC)
    span = asked.span(now.date())

    async def ask(app: App) -> tuple[PlanData, bool]:
        await catch_up(app.database, app.world, now=now)
        async with app.database.connect() as connection:
            ticked = bool(await read_heartbeats(connection))
        return await read_stored(app.database, await app.look(now=now), start=span.start, end=span.end), ticked

    stored, ticked = run(ask, logs=False)
    if not ticked:
        stderr.print("No tick has processed the calls yet: start `lastcall up` or `lastcall schedule`.", soft_wrap=True)
    changed = asked.changed(stored.world.company)
    if changed and asked.diff:
        return span, review(stored, changed)
    return span, engine_plan(stored, as_if=changed)
