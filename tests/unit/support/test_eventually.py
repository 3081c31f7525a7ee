"""Waiting in tests ends: with what was waited for, with the error of whoever was to bring it, or with the time."""

import asyncio

import pytest

from tests.support.delivery import eventually


async def test_it_ends_with_what_is_waited_for_whether_that_is_asked_or_awaited() -> None:
    came = asyncio.Event()

    async def has_come() -> bool:
        return came.is_set()

    asyncio.get_running_loop().call_soon(came.set)
    await eventually(has_come)
    await eventually(came.is_set)


async def test_it_fails_with_the_error_of_the_task_that_was_to_bring_it() -> None:
    async def breaks() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await eventually(lambda: False, of=asyncio.create_task(breaks()))


async def test_it_fails_where_the_task_came_to_its_end_without_it() -> None:
    with pytest.raises(AssertionError, match="never came to hold"):
        await eventually(lambda: False, of=asyncio.create_task(asyncio.sleep(0)))


async def test_what_a_task_brought_with_its_last_step_counts() -> None:
    brought: list[int] = []

    async def brings() -> None:
        brought.append(1)

    task = asyncio.create_task(brings())
    await eventually(lambda: task.done() and brought, of=task)


async def test_it_fails_when_the_time_is_over() -> None:
    with pytest.raises(TimeoutError):
        await eventually(lambda: False, 0.01)
