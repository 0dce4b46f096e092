"""The `lastcall` command. Each command's module is imported when the command is run, not before: one that only reads
the catalog does not wait for database, Kafka and web."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import Annotated, Any, NamedTuple
from unicodedata import category

import typer
from typer.core import TyperCommand, TyperGroup

from service.entrypoints.cli.output import console, fail

RUN, READ, ASK, ACT, CARE = "Run it", "Read logs", "Ask", "Act", "Look after it"


class _Entry(NamedTuple):
    panel: str
    """Of the help."""
    place: str
    """`module:function` in this package, or `module:app` for a group of commands."""
    about: str
    """The first sentence of the command's help."""


COMMANDS = {
    "up": _Entry(RUN, "run:up", "Run everything in one process: consumer, scheduler and web."),
    "demo": _Entry(RUN, "demo:demo", "Play the GPT-4.5 Preview case of 2025 in about a minute."),
    "consume": _Entry(RUN, "run:consume", "Read records from Kafka into the database."),
    "schedule": _Entry(RUN, "run:schedule", "Decide, record and send what is due, every half minute."),
    "web": _Entry(RUN, "run:web", "Serve the page, the API, health and metrics."),
    "migrate": _Entry(RUN, "run:migrate", "Bring the database's schema up to date."),
    "ingest": _Entry(READ, "ingest:ingest", "Count the records of these files."),
    "send": _Entry(READ, "run:send", "Write records to a topic that lastcall reads."),
    "decode": _Entry(READ, "decode:decode", "Show what lastcall understands of the records in these files."),
    "resolve": _Entry(READ, "resolve:resolve", "Show platform, model, kind and deprecation of each id."),
    "who": _Entry(ASK, "ask:who", "List the services that call a model, in any spelling."),
    "service": _Entry(ASK, "ask:service", "List the models that a service calls, and what happens to each."),
    "due": _Entry(ASK, "ask:due", "List what breaks, and for whom, if nobody acts."),
    "owners": _Entry(ASK, "owners:owners", "List the owner of each service, who says so, and who may own the others."),
    "plan": _Entry(ASK, "plan:plan", "Show who is told what, and when."),
    "explain": _Entry(ASK, "explain:explain", "Explain why somebody was told something, or was not."),
    "rehearse": _Entry(ASK, "rehearse:rehearse", "Show what breaks on a day, and for whom, if nobody acts."),
    "digest": _Entry(ASK, "digest:digest", "Show the digests of a week, or record and queue those that are missing."),
    "ack": _Entry(ACT, "act:ack", "Acknowledge: the current step is not repeated for five business days."),
    "snooze": _Entry(ACT, "act:snooze", "Send nothing until a day, at the latest that of the next step."),
    "commit": _Entry(ACT, "act:commit", "Promise to be done by a day."),
    "waive": _Entry(ACT, "act:waive", "Accept the risk: send no step until a day."),
    "reopen": _Entry(ACT, "act:reopen", "Take back what was asked, or open a closed campaign."),
    "reassign": _Entry(ACT, "act:reassign", "Set the owner of a service."),
    "checklist": _Entry(ACT, "checklist:checklist", "Show the checklist of a migration, and tick its items."),
    "tick": _Entry(CARE, "tick:tick", "Decide, record and send what is due as of a time, once."),
    "doctor": _Entry(CARE, "doctor:doctor", "Check what lastcall needs, and say what to do about what is wrong."),
    "erase": _Entry(CARE, "erase:erase", "Take a person's name out of all that is stored."),
    "policy": _Entry(CARE, "policy:app", "Check the escalation policies, and show whom each one is for."),
    "catalog": _Entry(ASK, "catalog:app", "Show when each model goes, and how sure that is."),
}


def _load(name: str) -> Any:
    """A click command. Raises KeyError for a name that is none."""
    panel, place, _ = COMMANDS[name]
    module, _, attribute = place.partition(":")
    found = getattr(_import(f"{__name__}.{module}"), attribute)
    alone = typer.Typer(rich_markup_mode="rich")
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name, rich_help_panel=panel)
    else:
        alone.command(name, rich_help_panel=panel)(found)
    return _bare(typer.main.get_group(alone).commands[name])


def _import(module: str) -> ModuleType:
    """What modules define stays: to look for garbage in it again and again costs a fifth of the start."""
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()


def _listed(name: str) -> TyperCommand:
    """A command that has nothing but its line in the help."""
    entry = COMMANDS[name]
    return TyperCommand(name, help=entry.about, rich_help_panel=entry.panel)


def _bare(command: Any) -> Any:
    """Its help, without the word that what takes no value is of type bool."""
    _leave_out_type(command.get_params(typer.Context(command)))
    for each in getattr(command, "commands", {}).values():
        _bare(each)
    return command


def _leave_out_type(params: Iterable[Any]) -> None:
    for param in params:
        if getattr(param, "is_flag", False):
            param.metavar = ""


EXAMPLES = {
    "--now": "Such as: --now 2025-07-14T09:00",
    "--on": "Such as: --on 2025-07-14",
    "--reason": 'Such as: --reason "it is switched off in May"',
    "--team": "Such as: --team search",
    "--until": "Such as: --until 2025-07-14",
}
"""What is said when one that is needed is missing."""


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
        """The list of commands needs no module of theirs."""
        commands, self.commands = self.commands, _Commands(_listed)  # type: ignore[assignment]
        super().format_help(ctx, formatter)
        self.commands = commands

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Of all that follows `lastcall`. Python keeps bytes that are no text as characters that nothing can store."""
        for text in args:
            if text != text.encode(errors="replace").decode():
                fail(
                    f"{text!a} is not UTF-8",
                    "spell it in UTF-8; give a file of such a name on standard input, as -",
                )
            if any(category(one) == "Cc" and one not in "\n\t" for one in text):
                fail(f"{text[:80]!a} has control characters in it", "leave them out: no name in a log has any")
        return super().parse_args(ctx, args)

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        params: list[Any] = super().get_params(ctx)
        _leave_out_type(params)
        return params

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """What is missing is said with an example."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            if not error.message and error.param is not None:
                error.message = EXAMPLES.get(error.param.opts[0], "")
            raise


app = typer.Typer(
    name="lastcall",
    cls=_Group,
    help="Last call for deprecated models: finds the services that still call an AI model that is going away, and "
    "tells their owners in time.\n\nStart with `lastcall demo`, then `lastcall up`. Every command that prints data "
    "takes --json. Exit codes: 0 fine, 1 the answer is bad news, 2 bad usage or input, or a name that is not "
    "known, 3 something needed is not "
    "reachable.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415  brings half of `email` along

        console.print(f"lastcall {version('lastcall')}")
        raise typer.Exit


@app.callback()
def _lastcall(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which release this is.")
    ] = False,
) -> None:
    """With this, typer makes a group of what has no command registered."""


def main() -> None:
    app()
