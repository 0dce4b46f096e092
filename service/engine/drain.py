"""Processes work in batches, some in parallel: the database works on one while another is being decided."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def drain(batch: Callable[[], Awaitable[T | None]], *, at_once: int) -> list[T]:
    """Run batches, `at_once` in parallel, until each finds nothing (None). The first error ends all of them.

    The first batch runs alone, because usually there is nothing to do.
    """
    first = await batch()
    if first is None:
        return []

    async def one_after_another() -> list[T]:
        done: list[T] = []
        while (some := await batch()) is not None:
            done.append(some)
        return done

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one_after_another()) for _ in range(at_once)]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [first, *(some for task in tasks for some in task.result())]
