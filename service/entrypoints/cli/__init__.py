"""The `lastcall` command. Each command's module is imported when the command is run, not before: one that only reads
the catalog does not wait for database, Kafka and web."""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any
from unicodedata import category

import typer
from typer.core import TyperGroup

from service.entrypoints.cli.output import console, fail

RUN, READ, ASK, ACT, CARE = "Run it", "Read logs", "Ask", "Act", "Look after it"

COMMANDS = {
    "up": (RUN, "run:up"),
    "demo": (RUN, "demo:demo"),
    "consume": (RUN, "run:consume"),
    "schedule": (RUN, "run:schedule"),
    "web": (RUN, "run:web"),
    "migrate": (RUN, "run:migrate"),
    "ingest": (READ, "ingest:ingest"),
    "send": (READ, "run:send"),
    "decode": (READ, "decode:decode"),
    "resolve": (READ, "resolve:resolve"),
    "who": (ASK, "ask:who"),
    "service": (ASK, "ask:service"),
    "due": (ASK, "ask:due"),
    "owners": (ASK, "owners:owners"),
    "plan": (ASK, "plan:plan"),
    "explain": (ASK, "explain:explain"),
    "rehearse": (ASK, "rehearse:rehearse"),
    "digest": (ASK, "digest:digest"),
    "ack": (ACT, "act:ack"),
    "snooze": (ACT, "act:snooze"),
    "commit": (ACT, "act:commit"),
    "waive": (ACT, "act:waive"),
    "reopen": (ACT, "act:reopen"),
    "reassign": (ACT, "act:reassign"),
    "checklist": (ACT, "checklist:checklist"),
    "tick": (CARE, "tick:tick"),
    "doctor": (CARE, "doctor:doctor"),
    "policy": (CARE, "policy:app"),
    "catalog": (ASK, "catalog:app"),
}
"""name -> panel of the help, and `module:function` in this package, or `module:app` for a group of commands."""


def _load(name: str) -> Any:
    """A click command. Raises KeyError for a name that is none."""
    panel, place = COMMANDS[name]
    module, _, attribute = place.partition(":")
    found = getattr(import_module(f"{__name__}.{module}"), attribute)
    alone = typer.Typer(rich_markup_mode="rich")
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name, rich_help_panel=panel)
    else:
        alone.command(name, rich_help_panel=panel)(found)
    return _bare(typer.main.get_group(alone).commands[name])


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
    def __getitem__(self, name: str) -> Any:
        return _load(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Group(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Commands()  # type: ignore[assignment]  # only ever read

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
