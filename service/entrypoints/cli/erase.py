"""`lastcall erase`: remove a person's name from all stored data."""

from typing import Annotated

import typer
from rich.markup import escape

from service.core.author import parse_author
from service.core.words import plural
from service.engine.erase import erase as engine_erase
from service.entrypoints.cli.output import Json, console, emit, fail
from service.entrypoints.cli.session import run


def erase(
    person: Annotated[
        str, typer.Argument(help="Name to erase, as in acts and owners: an e-mail address, a name, a Slack id.")
    ],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Erase the name. Default: only count the rows.")] = False,
    as_json: Json = False,
) -> None:
    """Remove a person's name from all stored data. This cannot be undone.

    The person's acts stay in the history, with "(erased)" as their author. First remove the name from lastcall.yaml and
    from the directories; otherwise lastcall stores it again. Notifications that still have to be sent to the person
    keep the address until they are sent.
    """
    try:
        name = parse_author(person)
    except ValueError as error:
        fail(str(error), "give one name, as in `lastcall owners` and the history of acts")
    counts = run(lambda app: engine_erase(app.database, name, only_count=not yes))
    if not counts:
        fail(f"no stored data contains {name}", "spell the name as in acts and owners")
    if as_json:
        emit({"person": name, "erased": yes, "rows": counts})
        return
    for table, rows in counts.items():
        console.print(f"{table:<18} {plural(rows, 'row')}", soft_wrap=True)
    said = (
        f"{escape(name)} is erased."
        if yes
        else "Nothing was changed. To erase the name, add --yes. This cannot be undone."
    )
    console.print(said, soft_wrap=True)
