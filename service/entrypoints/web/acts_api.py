"""The HTTP API of acts: acknowledge, snooze, commit, waive, reopen; and to set the owner of a service."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from service.core.escalation.act import Acknowledge, Commit, Refused, Reopen, Snooze, Waive
from service.core.naming import Missing
from service.engine.act import act, offered_days
from service.engine.reassign import UNREACHABLE, is_reachable, reassign
from service.entrypoints.web.acting import Act, Author, Day, Name, NamedExposure, key_of, not_found
from service.entrypoints.web.api import refusals
from service.entrypoints.web.context import Here


class Acknowledging(Act):
    """The current step is not repeated for five business days."""

    act: Literal["acknowledge"]

    def asked(self) -> Acknowledge:
        return Acknowledge(self.author)


class Snoozing(Act):
    """No notification until the morning of a safe day."""

    act: Literal["snooze"]
    until: Day

    def asked(self) -> Snooze:
        return Snooze(self.author, self.until)


class Committing(Act):
    """A promise that the last call is made on a day, up to the shutdown."""

    act: Literal["commit"]
    on: Day

    def asked(self) -> Commit:
        return Commit(self.author, self.on)


class Waiving(Act):
    """The risk is accepted until the morning of a day within a year."""

    act: Literal["waive"]
    until: Day
    reason: str = Field(max_length=2_000)

    def asked(self) -> Waive:
        return Waive(self.author, self.until, self.reason)


class Reopening(Act):
    """Withdraws the acknowledgement, snooze, promise or waiver; or opens a closed campaign again."""

    act: Literal["reopen"]

    def asked(self) -> Reopen:
        return Reopen(self.author)


Asked = Annotated[Acknowledging | Snoozing | Committing | Waiving | Reopening, Field(discriminator="act")]


class ActAnswer(NamedExposure):
    """State of the campaign after an act."""

    act_in_force: str | None = Field(
        description="The acknowledgement, promise or hold in force, as a clause; null: none, steps are sent as they "
        "fall due.",
        examples=["ada@example.com has promised to be done by Wed 9 Jul 2025"],
    )
    next_step: str | None = Field(description="The next step if nothing changes.", examples=["-7d"])
    next_on: date | None = Field(description="Day of the next step, in the owner's time zone.")


class SafeDays(NamedExposure):
    safe_days: list[date] = Field(description="Days until which a snooze may last; empty: no day is safe.")


class NamedOwner(BaseModel):
    """Owner of a service from now on."""

    model_config = ConfigDict(extra="forbid")

    author: Author
    team: Annotated[str, Field(min_length=1, max_length=200, examples=["search"])]
    people: list[Name] = Field(
        default=[], max_length=20, description="People to notify first.", examples=[["ada@example.com"]]
    )
    channel: Name | None = Field(default=None, description="The team's channel.", examples=["#team-search"])


class Handed(NamedOwner):
    """Current owner of the service."""

    warning: str | None = Field(description="Null: a message reaches the owner or the team.", examples=[UNREACHABLE])


router = APIRouter(
    prefix="/api/v1",
    tags=["one exposure"],
    responses=refusals(
        {
            404: "The exposure or service does not exist; `remedy` lists those that do.",
            409: "Several exposures match, or the act is not possible in the current state.",
            422: "A field is invalid.",
            503: "The database does not answer.",
        }
    ),
)


@router.post("/exposures/acts", summary="Acknowledge, snooze, commit, waive or reopen")
async def do(here: Here, asked: Asked) -> ActAnswer:
    """Returns the state of the campaign afterwards; the next tick evaluates it. The history keeps each act; a repeated
    request changes nothing."""
    now = here.clock()
    key = await key_of(here, asked, now)
    app = here.app
    done = await act(app.database, await app.look(now=now), key, asked.asked(), now=now)
    if isinstance(done, Refused):
        raise refusal(done)
    following = done.next
    return ActAnswer(
        **key._asdict(),
        act_in_force=done.act_in_force,
        next_step=following.step.name if following else None,
        next_on=following.on if following else None,
    )


@router.get("/exposures/safe-days", summary="Days until which one exposure can be snoozed")
async def safe(here: Here, named: Annotated[NamedExposure, Query()]) -> SafeDays:
    now = here.clock()
    key = await key_of(here, named, now)
    app = here.app
    days = await offered_days(app.database, await app.look(now=now), key, now=now)
    return SafeDays(**key._asdict(), safe_days=list(days))


@router.post("/owners/{service:path}", summary="Set the owner of a service")
async def hand_over(here: Here, service: Annotated[Name, Path(examples=["search-api"])], new: NamedOwner) -> Handed:
    """The next tick hands over open campaigns: the new owner gets a first notice."""
    owner = await reassign(
        here.app.database,
        here.app.world,
        service,
        team=new.team,
        people=new.people,
        channel=new.channel,
        author=new.author,
        now=here.clock(),
    )
    if isinstance(owner, Missing):
        raise not_found(owner)
    if isinstance(owner, Refused):
        raise refusal(owner)
    reachable = await is_reachable(here.app.database, here.app.world, service, now=here.clock())
    return Handed(
        author=new.author,
        team=owner.team or "",
        people=list(owner.people),
        channel=owner.channel,
        warning=None if reachable else UNREACHABLE,
    )


def refusal(refused: Refused) -> HTTPException:
    status = 422 if refused.kind == "wrong_input" else 409
    return HTTPException(status, {"error": _sentence(refused.reason), "remedy": _sentence(refused.remedy)})


def _sentence(clause: str) -> str:
    return f"{clause[:1].upper()}{clause[1:]}."
