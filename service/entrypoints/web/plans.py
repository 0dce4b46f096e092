"""Plans that this process computes: one at a time, each cached briefly because its pages belong to one answer."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from datetime import datetime, timedelta

from service.core.escalation.plan import Planned

KEPT_FOR = timedelta(minutes=2)
MOST_KEPT = 4
"""A plan may have a hundred thousand messages."""
WAIT_SECONDS = 10.0
"""Maximum wait for other plans."""


class BusyError(Exception):
    """Other plans are still being computed: retry later."""


class Plans:
    def __init__(self, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._turn = asyncio.Lock()
        self._kept: OrderedDict[Hashable, tuple[datetime, Sequence[Planned]]] = OrderedDict()
        self._wait_seconds = wait_seconds

    async def get(
        self, key: Hashable, work_out: Callable[[], Awaitable[Sequence[Planned]]], *, now: datetime
    ) -> Sequence[Planned]:
        """The plan of `key`, which contains all that it depends on. Raises `BusyError`, and whatever `work_out`
        raises."""
        kept = self._fresh(key, now)
        if kept is not None:
            return kept
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._turn.acquire()
        except TimeoutError as error:
            raise BusyError from error
        # The client may disconnect; the planning thread continues, so it must keep the lock.
        return await asyncio.shield(asyncio.create_task(self._in_turn(key, work_out, now)))

    async def _in_turn(
        self, key: Hashable, work_out: Callable[[], Awaitable[Sequence[Planned]]], now: datetime
    ) -> Sequence[Planned]:
        try:
            kept = self._fresh(key, now)  # another request may have computed it
            if kept is not None:
                return kept
            found = await work_out()
            self._kept[key] = now, found
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return found
        finally:
            self._turn.release()

    def _fresh(self, key: Hashable, now: datetime) -> Sequence[Planned] | None:
        for old in [one for one, (at, _) in self._kept.items() if now - at >= KEPT_FOR]:
            del self._kept[old]
        return self._kept[key][1] if key in self._kept else None
