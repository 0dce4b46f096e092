"""How a request names one exposure and who acts, and how it is refused where that is not enough.

An exposure has the same four names in an address, in a body and in the command: service, model, environment, platform.
A path would not do: models and services have slashes in their names, and an environment may have no name.
"""

import re
from datetime import date, datetime
from typing import Annotated

from fastapi import HTTPException
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from service.core.author import LONGEST_AUTHOR, parse_author
from service.core.exposure import ExposureKey
from service.core.naming import Ambiguous, Missing
from service.engine.which import which
from service.entrypoints.web.context import Context


def _one_line(text: str) -> str:
    """PostgreSQL takes no NUL, and no name in a log has any control character: formats clean them away."""
    if any(character < " " or character == "\x7f" for character in text):
        raise ValueError("has control characters in it")
    return text


Name = Annotated[str, Field(max_length=300), AfterValidator(_one_line)]
Author = Annotated[
    str,
    Field(
        max_length=LONGEST_AUTHOR, description="Who does it: an e-mail address or a name.", examples=["ada@example.com"]
    ),
    AfterValidator(parse_author),
]


def _day(given: object) -> date:
    """A number would be taken as seconds since 1970."""
    if isinstance(given, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given):
        return date.fromisoformat(given)
    raise ValueError("a day is text such as 2025-07-14")


Day = Annotated[date, BeforeValidator(_day)]


class NamedExposure(BaseModel):
    """As much of the four names as tells it from the service's other exposures."""

    model_config = ConfigDict(extra="forbid")

    service: Name = Field(description="As the logs spell it.", examples=["search-api"])
    model: Name | None = Field(
        default=None, description="Canonical, or as requests spell it.", examples=["gpt-4.5-preview"]
    )
    environment: Name | None = Field(
        default=None, description="Empty: that of calls whose log names none.", examples=["production"]
    )
    platform: Name | None = Field(default=None, examples=["openai-api"])


class Act(NamedExposure):
    """What somebody does about one exposure: the body of a POST."""

    author: Author


async def key_of(here: Context, named: NamedExposure, now: datetime) -> ExposureKey:
    """The one exposure that is meant. Raises HTTPException: 404 where there is none, 409 where there are several."""
    answer = await which(
        here.app.database,
        here.app.world,
        named.service,
        model=named.model,
        environment=named.environment,
        platform=named.platform,
        now=now,
    )
    match answer:
        case Missing():
            raise HTTPException(404, {"error": answer.error, "remedy": answer.remedy})
        case Ambiguous():
            raise HTTPException(409, {"error": answer.error, "remedy": answer.remedy})
        case ExposureKey():
            return answer
