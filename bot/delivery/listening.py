"""What other processes signal, heard over a connection that is made anew whenever it breaks."""

import asyncio
from collections.abc import Callable

import structlog

from bot.delivery.backoff import Backoff
from bot.store.worker_api import WorkerBook

#: Seconds between two tries at most: meanwhile only the looks from time to time find what others made.
_LONGEST = 10.0

_log = structlog.get_logger(__name__)


class Listening:
    """``heard`` is told which table another process wrote to; "" where that may have been any."""

    def __init__(self, book: WorkerBook, heard: Callable[[str], None]) -> None:
        self._book = book
        self._heard = heard
        self._backoff = Backoff(first=0.1, longest=_LONGEST)

    async def run(self) -> None:
        """Until cancelled. A store of one process has nothing to tell."""
        while self._book.shared:
            try:
                await self._book.listen(self._on_change)
            except Exception as error:  # noqa: BLE001 - without signals the looks from time to time go on
                _log.warning("signals_interrupted", error=type(error).__name__)
            await asyncio.sleep(self._backoff.next())
        await asyncio.Event().wait()

    def _on_change(self, table: str) -> None:
        self._backoff.reset()
        self._heard(table)
