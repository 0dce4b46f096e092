"""`lastcall policy`: whether lastcall.yaml is valid, and which services each policy applies to."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from service.adapters.catalog.files import load_platforms
from service.config.company import Company, ConfigError, load_company
from service.config.located import Problem
from service.config.owner_checks import warnings_of_owners
from service.config.reading import read_located
from service.core import words
from service.core.escalation.policy import DEFAULT_POLICY, PolicyRule, policies_of, policy_to_json, remarks_on
from service.core.identity import use_platforms
from service.core.ownership import NOBODY
from service.entrypoints.cli.output import Exit, Json, console, emit, fail
from service.entrypoints.cli.session import read_settings

app = typer.Typer(
    help="Check the escalation policies, and show which services each one applies to.", no_args_is_help=True
)


@app.callback()
def _policy() -> None:
    """Typer makes a group, although there is only one command."""


@dataclass(frozen=True, slots=True)
class Covered:
    """An owner rule whose services a policy may apply to."""

    services: tuple[str, ...]
    team: str
    tier: str | None
    rule: str


@dataclass(frozen=True, slots=True)
class CheckedPolicy:
    name: str
    match: dict[str, str]
    """Empty: matches everything that earlier policies do not match."""
    steps: list[dict[str, Any]]
    owners: tuple[Covered, ...]
    unowned: bool
    """Whether the policy may apply to services without an owner rule."""
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    file: str | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    """The file is valid nevertheless."""
    policies: tuple[CheckedPolicy, ...] = ()


@app.command()
def check(
    file: Annotated[
        Path | None, typer.Argument(help="File to check. Default: the lastcall.yaml in use.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Check whether a lastcall.yaml is valid, and show the steps and services of each policy. Exit code 1: it is not.

    The check covers only owners that the file names; a directory may name more.
    """
    file = file or read_settings().config_file
    if file is not None and not file.exists():
        fail(f"{file}: no such file", "give a lastcall.yaml")
    checked = _check(file)
    if as_json:
        emit(checked)
    else:
        _show(checked)
    if checked.problems:
        raise typer.Exit(Exit.BAD_NEWS)


def _check(file: Path | None) -> Checked:
    name = None if file is None else str(file)
    use_platforms(load_platforms())
    try:
        company = load_company(file)
    except ConfigError as error:
        return Checked(name, problems=tuple(error.problems))
    written = tuple(_checked(rule, company) for rule in company.policies)
    default = _checked(PolicyRule(DEFAULT_POLICY), company)
    warnings = tuple(warnings_of_owners(read_located(file))) if file else ()
    policies = (*written, default) if default.owners or default.unowned else written
    return Checked(name, warnings=warnings, policies=policies)


def _checked(rule: PolicyRule, company: Company) -> CheckedPolicy:
    asked = ("platform", "environment", "team", "tier")
    return CheckedPolicy(
        name=rule.policy.name,
        match={name: pattern for name in asked if (pattern := getattr(rule, name)) is not None},
        steps=policy_to_json(rule.policy)["steps"],
        owners=tuple(
            Covered(one.services, one.owner.team or "", one.owner.tier, one.owner.rule)
            for one in company.owners
            if rule.policy in policies_of(company.policies, one.owner)
        ),
        unowned=rule.policy in policies_of(company.policies, NOBODY),
        remarks=remarks_on(rule.policy),
    )


def _show(checked: Checked) -> None:
    _show_problems(checked, checked.problems, "[red]error:[/]")
    if checked.problems:
        console.print(words.plural(len(checked.problems), "error"))
        return
    console.print(escape(f"{checked.file} is valid." if checked.file else "There is no lastcall.yaml."), soft_wrap=True)
    _show_problems(checked, checked.warnings, "[yellow]warning:[/]")
    for policy in checked.policies:
        console.print()
        _show_policy(policy)


def _show_problems(checked: Checked, problems: Iterable[Problem], kind: str) -> None:
    for problem in problems:
        place = checked.file if problem.line is None else f"{checked.file}:{problem.line}"
        console.print(f"{escape(str(place))}: {kind} {escape(problem.what)}", soft_wrap=True)
        console.print(f"    {escape(problem.remedy)}", soft_wrap=True)


def _show_policy(policy: CheckedPolicy) -> None:
    matched = ", ".join(f"{name} {pattern}" for name, pattern in policy.match.items()) or "everything else"
    console.print(f"[bold]{escape(policy.name)}[/]: {escape(matched)}", soft_wrap=True)
    for step in policy.steps:
        again = f", repeated {_again(step['repeat'])}" if "repeat" in step else ""
        console.print(f"  {words.step(step['at'])}{again}: {words.audiences(step['tell'])}", soft_wrap=True)
    for covered in _covered(policy):
        console.print(f"  for {escape(covered)}", soft_wrap=True)
    for remark in policy.remarks:
        console.print(f"  [yellow]note:[/] {remark}", soft_wrap=True)


def _again(repeat: str) -> str:
    return words.repeat(int(repeat.removesuffix("d")))


def _covered(policy: CheckedPolicy) -> list[str]:
    found = [f"{', '.join(one.services)} of {one.team}{_tier(one)}" for one in policy.owners]
    if policy.unowned:
        found.append("services without an owner")
    return found or ["no service with an owner in this file"]


def _tier(covered: Covered) -> str:
    return f" ({covered.tier})" if covered.tier else ""
