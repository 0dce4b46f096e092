"""Who is on duty when a message goes out; and who was, while nobody can say."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from service.adapters.directory.pagerduty import SCHEME, PagerDuty
from service.adapters.postgres.database import Database
from service.adapters.postgres.directory_store import last_good, remember
from service.core.directory.answer import Unavailable

FORGOTTEN_AFTER = timedelta(days=7)
"""Who was on duty longer ago is not likely to be so now: somebody else is to hear instead."""
NO_TOKEN = Unavailable("no_pagerduty_token", "Set LASTCALL_PAGERDUTY_TOKEN where lastcall delivers.", is_refusal=True)


log = structlog.get_logger(__name__)


class Rota:
    def __init__(
        self,
        database: Database,
        pagerduty: PagerDuty | None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`clock`: duty is a question of the real time, also where a tick is as of another."""
        self._database, self._pagerduty, self._clock = database, pagerduty, clock

    async def on_call(self, address: str) -> tuple[str, ...] | Unavailable:
        """E-mail addresses of those on duty by `pagerduty:...`, at worst by its last good answer. Never empty."""
        answer = NO_TOKEN if self._pagerduty is None else await self._pagerduty.on_duty(address, self._clock())
        if isinstance(answer, Unavailable):
            return await self.last_known(address, answer.reason) or answer
        await self.remember(address, answer)
        return answer

    async def remember(self, address: str, people: Sequence[str]) -> None:
        """They are on duty: e-mail addresses for PagerDuty's, Slack's ids of users for a user group."""
        async with self._database.begin() as connection:
            said = {"people": list(people)}
            await remember(connection, _directory(address), address, said, now=self._clock())

    async def last_known(self, address: str, reason: str) -> tuple[str, ...]:
        """As they were remembered; `reason`: why nobody can say now. Empty: nobody, or too long ago."""
        async with self._database.connect() as connection:
            stored = await last_good(connection, _directory(address), address)
        if stored is None or (age := self._clock() - stored.fetched_at) > FORGOTTEN_AFTER:
            return ()
        log.warning("on duty by the last good answer", address=address, as_of=stored.fetched_at.isoformat(),
                    hours_old=round(age.total_seconds() / 3600, 1), reason=reason)  # fmt: skip
        return tuple(stored.answer["people"])


def _directory(address: str) -> str:
    return "pagerduty" if address.startswith(SCHEME) else "slack"
