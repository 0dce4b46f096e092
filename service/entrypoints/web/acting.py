"""How a request names an exposure and an author; the errors if it does not.

The names are the same in an address, in a body and in the command: service, model, environment, platform. They are no
path: models and services contain slashes, and an environment may be empty.
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
from service.entrypoints.web.context import WebContext


def _one_line(text: str) -> str:
    """PostgreSQL accepts no NUL. Names in logs have no control characters: formats remove them."""
    if any(character < " " or character == "\x7f" for character in text):
        raise ValueError("contains control characters")
    return text


Name = Annotated[str, Field(max_length=300), AfterValidator(_one_line)]
Author = Annotated[
    str,
    Field(
        max_length=LONGEST_AUTHOR,
        description="Author of the act: an e-mail address or a name.",
        examples=["ada@example.com"],
    ),
    AfterValidator(parse_author),
]


def _day(given: object) -> date:
    """Text only: pydantic reads a number as seconds since 1970."""
    if isinstance(given, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given):
        return date.fromisoformat(given)
    raise ValueError("a day is text such as 2025-07-14")


Day = Annotated[date, BeforeValidator(_day)]


class NamedExposure(BaseModel):
    """Names of one exposure: the service, and what distinguishes it from the service's other exposures."""

    model_config = ConfigDict(extra="forbid")

    service: Name = Field(description="Name of the service as in the logs.", examples=["search-api"])
    model: Name | None = Field(
        default=None, description="Canonical id, or as requests spell it.", examples=["gpt-4.5-preview"]
    )
    environment: Name | None = Field(
        default=None, description="Empty: calls whose log has no environment.", examples=["production"]
    )
    platform: Name | None = Field(default=None, examples=["openai-api"])


class Act(NamedExposure):
    """An act of a person on one exposure."""

    author: Author


async def key_of(here: WebContext, named: NamedExposure, now: datetime) -> ExposureKey:
    """The exposure with these names. Raises HTTPException: 404 if there is none, 409 if there are several."""
    answer = await which(
        here.app.database,
        await here.app.look(now=now),
        named.service,
        model=named.model,
        environment=named.environment,
        platform=named.platform,
        now=now,
    )
    if isinstance(answer, Missing | Ambiguous):
        raise not_found(answer)
    return answer


def not_found(answer: Missing | Ambiguous) -> HTTPException:
    """404 if nothing has these names, 409 if several exposures have."""
    return HTTPException(404 if isinstance(answer, Missing) else 409, {"error": answer.error, "remedy": answer.remedy})
