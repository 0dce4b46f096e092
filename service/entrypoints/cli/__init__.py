"""The `lastcall` command."""

import typer

from service.entrypoints.cli import ask, catalog, decode, demo, digest, doctor, ingest, plan, resolve, run

RUN, READ, ASK, CARE = "Run it", "Read logs", "Ask", "Look after it"

app = typer.Typer(
    name="lastcall",
    help="Last call for deprecated models: finds the services that still call an AI model that is going away, and "
    "tells their owners in time.\n\nStart with `lastcall demo`, then `lastcall up`. Every command that prints data "
    "takes --json. Exit codes: 0 fine, 1 the answer is bad news, 2 bad usage or input, 3 something needed is not "
    "reachable.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

for panel, commands in {
    RUN: (run.up, demo.demo, run.consume, run.schedule, run.web, run.migrate),
    READ: (ingest.ingest, run.send, decode.decode, resolve.resolve),
    ASK: (ask.who, ask.service, ask.due, plan.plan, digest.digest),
    CARE: (run.tick, doctor.doctor),
}.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
app.add_typer(catalog.app, name="catalog", rich_help_panel=ASK)


def main() -> None:
    app()
