"""The `lastcall` command. A command's module is imported only when the command runs, so a command that only reads the
catalog does not load database, Kafka and web code."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import Annotated, Any, NamedTuple
from unicodedata import category

import typer
from typer.core import TyperCommand, TyperGroup

from service.entrypoints.cli.output import console, fail

RUN, READ, ASK, ACT, CARE = "Run", "Read logs", "Query", "Act", "Maintain"


class _Entry(NamedTuple):
    panel: str
    """Panel of the help text."""
    place: str
    """`module:function` in this package, or `module:app` for a group of commands."""
    about: str
    """The first sentence of the command's help."""


COMMANDS = {
    "up": _Entry(RUN, "run:up", "Run everything in one process: consumer, scheduler and web."),
    "demo": _Entry(RUN, "demo:demo", "Simulate the GPT-4.5 Preview shutdown of 2025 in about a minute."),
    "consume": _Entry(RUN, "run:consume", "Read records from Kafka into the database."),
    "schedule": _Entry(RUN, "run:schedule", "Run a tick every half minute: decide, record and send what is due."),
    "web": _Entry(RUN, "run:web", "Serve the page, the API, health and metrics."),
    "migrate": _Entry(RUN, "run:migrate", "Update the database schema."),
    "ingest": _Entry(READ, "ingest:ingest", "Count the calls in log files."),
    "send": _Entry(READ, "run:send", "Send records from files to a Kafka topic."),
    "decode": _Entry(READ, "decode:decode", "Show how lastcall reads the records in log files."),
    "resolve": _Entry(READ, "resolve:resolve", "Show the platform, model, kind and deprecation of each id."),
    "who": _Entry(ASK, "ask:who", "List the services that call a model."),
    "service": _Entry(ASK, "ask:service", "List the models that a service calls, and their deprecations."),
    "due": _Entry(ASK, "ask:due", "List the services that break within a time span if nobody acts."),
    "compare": _Entry(
        ASK, "compare:compare", "Compare two models: cost on the tokens of the last 28 days, latency and end."
    ),
    "owners": _Entry(ASK, "owners:owners", "List the owner of each service, and candidates for services without one."),
    "plan": _Entry(ASK, "plan:plan", "Show past and upcoming notifications: who, what, when."),
    "explain": _Entry(ASK, "explain:explain", "Explain why a notification was sent, or why nobody was notified."),
    "rehearse": _Entry(ASK, "rehearse:rehearse", "Show the services that break on one day if nobody acts."),
    "digest": _Entry(ASK, "digest:digest", "Record and queue the missing digests of a week, and show them."),
    "ack": _Entry(ACT, "act:ack", "Acknowledge: do not repeat the current step for five business days."),
    "snooze": _Entry(ACT, "act:snooze", "Stop notifications until a day, at the latest the day of the next step."),
    "commit": _Entry(ACT, "act:commit", "Promise that the last call is made by a day."),
    "waive": _Entry(ACT, "act:waive", "Accept the risk: stop all steps until a day."),
    "reopen": _Entry(
        ACT, "act:reopen", "Withdraw a promise, snooze, waiver or acknowledgement, or open a closed campaign."
    ),
    "reassign": _Entry(ACT, "act:reassign", "Set the owner of a service."),
    "checklist": _Entry(ACT, "checklist:checklist", "Show the checklist of a migration, or tick its items."),
    "tick": _Entry(CARE, "tick:tick", "Run one tick as of a time: decide, record and send what is due."),
    "doctor": _Entry(CARE, "doctor:doctor", "Check configuration, connections and schema, and suggest fixes."),
    "erase": _Entry(CARE, "erase:erase", "Remove a person's name from all stored data."),
    "policy": _Entry(CARE, "policy:app", "Check the escalation policies, and show which services each one applies to."),
    "catalog": _Entry(ASK, "catalog:app", "Show the shutdown date of each model, and how certain it is."),
}


def _load(name: str) -> Any:
    """A click command. Raises KeyError for an unknown name."""
    panel, place, _ = COMMANDS[name]
    module, _, attribute = place.partition(":")
    found = getattr(_import(f"{__name__}.{module}"), attribute)
    alone = typer.Typer(rich_markup_mode="rich")
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name, rich_help_panel=panel)
    else:
        alone.command(name, rich_help_panel=panel)(found)
    return _without_flag_types(typer.main.get_group(alone).commands[name])


def _import(module: str) -> ModuleType:
    """Module contents are never garbage. Repeated collections over them would cost a fifth of the start-up time."""
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()


def _listed(name: str) -> TyperCommand:
    """A command with its help line only."""
    entry = COMMANDS[name]
    return TyperCommand(name, help=entry.about, rich_help_panel=entry.panel)


def _without_flag_types(command: Any) -> Any:
    """The help text does not show the type of flags."""
    _leave_out_type(command.get_params(typer.Context(command)))
    for each in getattr(command, "commands", {}).values():
        _without_flag_types(each)
    return command


def _leave_out_type(params: Iterable[Any]) -> None:
    for param in params:
        if getattr(param, "is_flag", False):
            param.metavar = ""


EXAMPLES = {
    "--now": "Example: --now 2025-07-14T09:00",
    "--on": "Example: --on 2025-07-14",
    "--reason": 'Example: --reason "it is switched off in May"',
    "--team": "Example: --team search",
    "--until": "Example: --until 2025-07-14",
}
"""Added to the error when a required option is missing."""


class _Commands(Mapping[str, Any]):
    def __init__(self, find: Callable[[str], Any]) -> None:
        self._find = find

    def __getitem__(self, name: str) -> Any:
        return self._find(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Group(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Commands(_load)  # type: ignore[assignment]  # only ever read

    def format_help(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Lists the commands without importing their modules."""
        commands, self.commands = self.commands, _Commands(_listed)  # type: ignore[assignment]
        super().format_help(ctx, formatter)
        self.commands = commands

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Rejects arguments that no database can store: Python keeps undecodable bytes as surrogate characters."""
        for text in args:
            if text != text.encode(errors="replace").decode():
                fail(
                    f"{text!a} is not UTF-8",
                    "write it in UTF-8; pass a file with such a name on standard input, as -",
                )
            if any(category(one) == "Cc" and one not in "\n\t" for one in text):
                fail(f"{text[:80]!a} contains control characters", "remove them: names from logs contain none")
        return super().parse_args(ctx, args)

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        params: list[Any] = super().get_params(ctx)
        _leave_out_type(params)
        return params

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Adds an example to the error for a missing option."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            if not error.message and error.param is not None:
                error.message = EXAMPLES.get(error.param.opts[0], "")
            raise


app = typer.Typer(
    name="lastcall",
    cls=_Group,
    help="Last call for deprecated models: detects the services that still call an AI model that is going away, and "
    "notifies their owners in time.\n\nStart with `lastcall demo`, then `lastcall up`. Every command that prints data "
    "takes --json. Exit codes: 0 success, 1 the answer is bad news, 2 bad usage, bad input or an "
    "unknown name, 3 a required server is not reachable.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415  imports half of `email`

        console.print(f"lastcall {version('lastcall')}")
        raise typer.Exit


@app.callback()
def _lastcall(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Typer makes a group, although no command is registered."""


def main() -> None:
    app()
