"""Plans are worked out one at a time, and kept for the pages of one answer."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from service.core.escalation.plan import Planned
from service.entrypoints.web.plans import KEPT_FOR, MOST_KEPT, BusyError, Plans

NOW = datetime(2025, 7, 2, 12, tzinfo=UTC)


class Work:
    """Counts, and ends when it may."""

    def __init__(self, *, is_free: bool = True) -> None:
        self.begun = self.at_once = self.most_at_once = 0
        self.may_end, self.has_begun, self.has_ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        if is_free:
            self.may_end.set()

    async def __call__(self) -> Sequence[Planned]:
        self.begun += 1
        self.has_begun.set()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.may_end.wait()
        await asyncio.sleep(0)
        self.at_once -= 1
        self.has_ended.set()
        return []


async def test_pages_of_one_answer_are_planned_once() -> None:
    plans, work = Plans(), Work()
    for _ in range(3):
        await plans.get("june", work, now=NOW)
    await plans.get("june", work, now=NOW + KEPT_FOR - timedelta(seconds=1))
    assert work.begun == 1


@pytest.mark.parametrize(
    ("key", "later"),
    [
        pytest.param("july", timedelta(), id="another question"),
        pytest.param("june", KEPT_FOR, id="too long ago"),
    ],
)
async def test_another_answer_is_planned_anew(key: str, later: timedelta) -> None:
    plans, work = Plans(), Work()
    await plans.get("june", work, now=NOW)
    await plans.get(key, work, now=NOW + later)
    assert work.begun == 2


async def test_of_many_answers_the_oldest_is_forgotten() -> None:
    plans, work = Plans(), Work()
    for number in range(MOST_KEPT + 1):
        await plans.get(number, work, now=NOW)
    await plans.get(MOST_KEPT, work, now=NOW)
    assert work.begun == MOST_KEPT + 1
    await plans.get(0, work, now=NOW)
    assert work.begun == MOST_KEPT + 2


async def test_who_asks_at_the_same_time_waits() -> None:
    plans, work = Plans(), Work()
    await asyncio.gather(*(plans.get(number, work, now=NOW) for number in (1, 2, 2, 3)))
    assert (work.begun, work.most_at_once) == (3, 1)


async def test_who_waits_too_long_is_told_so() -> None:
    plans, work = Plans(wait_seconds=0.01), Work(is_free=False)
    first = asyncio.create_task(plans.get("june", work, now=NOW))
    with pytest.raises(BusyError):
        await asyncio.gather(asyncio.sleep(0), plans.get("july", Work(), now=NOW))
    work.may_end.set()
    assert await first == []


async def test_plan_of_somebody_who_went_away_keeps_its_turn() -> None:
    plans, work = Plans(wait_seconds=0.01), Work(is_free=False)
    gone = asyncio.create_task(plans.get("june", work, now=NOW))
    await work.has_begun.wait()
    gone.cancel()
    with pytest.raises(BusyError):
        await plans.get("july", Work(), now=NOW)
    work.may_end.set()
    await work.has_ended.wait()
    await plans.get("june", work, now=NOW)
    assert work.begun == 1


async def test_plan_that_fails_leaves_its_turn_to_others() -> None:
    async def fail() -> Sequence[Planned]:
        raise ValueError("too much")

    plans, work = Plans(wait_seconds=0.01), Work()
    with pytest.raises(ValueError, match="too much"):
        await plans.get("june", fail, now=NOW)
    await plans.get("june", work, now=NOW)
    assert work.begun == 1
