"""Brokers that are asked at once, some of which are down."""

import pytest
from aiokafka.errors import KafkaConnectionError, RequestTimedOutError

from service.adapters.kafka.log import answers


async def well(offset: int) -> int:
    return offset


async def down(error: Exception) -> int:
    raise error


async def test_brokers_that_are_down_leave_the_answers_of_the_others() -> None:
    asked = [well(3), down(KafkaConnectionError()), well(5), down(OSError()), down(TimeoutError())]

    assert await answers(asked) == [3, 5]


async def test_nobody_to_ask_is_no_trouble() -> None:
    assert await answers([]) == []


async def test_trouble_is_raised_when_no_broker_answers() -> None:
    with pytest.raises(RequestTimedOutError):
        await answers([down(RequestTimedOutError()), down(OSError())])


async def test_fault_of_our_own_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await answers([well(3), down(ZeroDivisionError())])
