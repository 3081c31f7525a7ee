"""What failed is tried again: how long it waits between, when it ends, and what it tells nobody."""

import asyncio

import pytest
import stamina
import structlog.testing

from bot.concurrency import retry, retry_while_unavailable
from bot.store.errors import StoreUnavailable


class Failing:
    """Fails with each of the errors in turn, then succeeds."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.tries = 0

    async def __call__(self) -> str:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    really = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await really(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return waits


def _always(_: Exception) -> bool:
    return True


async def test_it_waits_longer_after_each_failure_but_never_longer_than_allowed(slept: list[float]) -> None:
    assert await retry(Failing(*[OSError()] * 8), _always, longest=5.0) == "done"
    lowest = [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0]
    assert all(low <= wait <= min(5.0, low + 0.25) for low, wait in zip(lowest, slept, strict=True))


async def test_it_waits_as_long_as_the_error_asks_and_ever_longer_where_it_asks_for_little(slept: list[float]) -> None:
    assert await retry(Failing(*[OSError()] * 5), lambda _: 1.5, longest=3.0) == "done"
    assert slept == [1.5, 1.5, 2.0, 3.0, 3.0]


async def test_after_its_attempts_the_last_error_is_raised() -> None:
    operation = Failing(OSError(), ValueError("the last"), OSError())
    with stamina.set_testing(True, attempts=9, cap=True), pytest.raises(ValueError, match="the last"):
        await retry(operation, _always, attempts=2)
    assert operation.tries == 2


async def test_an_error_that_is_not_to_be_retried_is_raised_at_once() -> None:
    operation = Failing(ValueError())
    with pytest.raises(ValueError):  # noqa: PT011 - it has no text
        await retry(operation, lambda error: isinstance(error, OSError))
    assert operation.tries == 1


async def test_a_cancellation_ends_it_whatever_is_retried() -> None:
    operation = Failing(asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await retry(operation, _always)
    assert operation.tries == 1


async def test_a_store_that_is_away_is_waited_for_and_the_log_quotes_nobody(slept: list[float]) -> None:
    with structlog.testing.capture_logs() as logs:
        assert await retry_while_unavailable(Failing(StoreUnavailable("Lan 0901234567"))) == "done"
    assert len(slept) == 1
    assert logs == [{"event": "store_unavailable", "error": "StoreUnavailable", "log_level": "warning"}]
