"""Looking again and again: at once while there is more to do, every second otherwise."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from bot.delivery.backoff import Backoff

#: Seconds between looks at the store.
_LOOK = 1.0

_log = structlog.get_logger(__name__)


class Looks:
    """One kind of look, repeated; whatever goes wrong with it, the turns of the process go on."""

    def __init__(self, look: Callable[[], Awaitable[bool]]) -> None:
        """``look``: True, where there is more to do at once."""
        self._look = look
        self._wake = asyncio.Event()
        self._failures = Backoff()

    def notify(self) -> None:
        """There may be something to do."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; a look that is under way then is finished."""
        stopping = asyncio.create_task(_then(stop, self.notify))
        while not stop.is_set():
            self._wake.clear()
            await self._rest(await self._poll_once())
        await stopping

    async def _poll_once(self) -> float:
        """Seconds until the next look."""
        try:
            again = await self._look()
        except Exception as error:  # noqa: BLE001 - as above
            _log.error("herald_failed", kind=type(error).__name__)
            return self._failures.next()
        self._failures.reset()
        return 0.0 if again else _LOOK

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()


async def _then(event: asyncio.Event, call: Callable[[], None]) -> None:
    await event.wait()
    call()
