"""rota: look up the people on duty when a message is sent, and store the answer as a fallback."""

from collections.abc import Callable
from datetime import datetime

import structlog

from service.adapters.directory.pagerduty import PagerDuty
from service.adapters.postgres.database import Database
from service.adapters.postgres.directory_store import last_good, remember
from service.core.address import Address, OnCall
from service.core.directory.answer import Unavailable
from service.core.directory.duty import LastAnswer, Nobody, OnDuty, fall_back_to_last_answer

NO_TOKEN = Unavailable("no_pagerduty_token", "Set LASTCALL_PAGERDUTY_TOKEN where lastcall delivers.", is_refusal=True)


log = structlog.get_logger(__name__)


class Rota:
    """`adapters.slack.addresses.OnDutyLookup`, with stored earlier answers."""

    def __init__(self, database: Database, door: Callable[[], PagerDuty | None]) -> None:
        self._database, self._door = database, door

    async def on_call(self, address: OnCall, *, now: datetime) -> OnDuty:
        """E-mail addresses of the people on duty."""
        pagerduty = self._door()
        answer = NO_TOKEN if pagerduty is None else await pagerduty.on_duty(address, now)
        return await self.believe(address, answer, now=now)

    async def believe(self, address: Address, answer: OnDuty, *, now: datetime) -> OnDuty:
        """Stores a valid answer. Otherwise returns the last one, if it is not too old."""
        if not isinstance(answer, Unavailable):
            async with self._database.begin() as connection:
                await remember(connection, _directory(address), str(address), said_of(answer), now=now)
            return answer
        async with self._database.connect() as connection:
            stored = await last_good(connection, _directory(address), str(address))
        last = LastAnswer(tuple(stored.answer["people"]), stored.fetched_at) if stored else None
        told = fall_back_to_last_answer(answer, last, now)
        if last and told is not answer:
            log.warning("on duty by the last good answer", address=str(address), as_of=last.at.isoformat(),
                        hours_old=round((now - last.at).total_seconds() / 3600, 1), reason=answer.reason)  # fmt: skip
        return told


def said_of(answer: tuple[str, ...] | Nobody) -> dict[str, list[str]]:
    """The stored form of an answer."""
    return {"people": [] if isinstance(answer, Nobody) else list(answer)}


def _directory(address: Address) -> str:
    return "pagerduty" if isinstance(address, OnCall) else "slack"
