"""Shared arguments of the commands that act on one exposure: the exposure, and the person who acts."""

from datetime import datetime
from getpass import getuser
from typing import Annotated

import typer

from service.app import App
from service.core.author import parse_author
from service.core.exposure import ExposureKey
from service.engine.reconcile import catch_up
from service.engine.which import which
from service.entrypoints.cli.output import fail

Service = Annotated[str, typer.Argument(help="Service name, as in the logs.")]
ModelName = Annotated[
    str | None,
    typer.Argument(
        help="Model id, canonical or as in the requests. Optional if the service calls only one such model."
    ),
]
Environment = Annotated[
    str | None, typer.Option(help="Environment. Required if the service calls the model in more than one.")
]
Platform = Annotated[
    str | None, typer.Option(help="Platform. Required if the service calls the model on more than one.")
]
By = Annotated[str | None, typer.Option(help="E-mail address of the person who acts. Default: your login name.")]


def author_of(by: str | None) -> str:
    """Ends the command if the person cannot be determined."""
    try:
        return parse_author(getuser() if by is None else by)
    except (ValueError, OSError, KeyError) as error:
        fail(f"--by: {error}" if isinstance(error, ValueError) else "your name is unknown", "give it: --by EMAIL")


async def the_one(
    app: App, service: str, model: str | None, *, environment: str | None, platform: str | None, now: datetime
) -> ExposureKey:
    """The exposure that the arguments identify, after a catch-up. Ends the command unless exactly one matches."""
    await catch_up(app.database, app.world, now=now)
    answer = await which(
        app.database, app.world, service, model=model, environment=environment, platform=platform, now=now
    )
    if not isinstance(answer, ExposureKey):
        fail(answer.error, answer.remedy)
    return answer
