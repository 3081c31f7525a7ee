"""Work through many rows in batches that give way to answers: each is short, and followed by a rest."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import TypeVar

from bot.store.drivers import Query, RunQueries

T = TypeVar("T")

#: Seconds that a batch should take, the wait for its turn included: an answer hardly notices so much.
_WANTED = 0.02
#: Seconds of the longest rest: where a batch had to wait for others, others have had their turn.
_LONGEST_REST = 0.05
#: Rows of a batch. The fewest keep it going beside whatever else is done, so that it always comes to its end.
_FEWEST, _FIRST, _MOST = 100, 400, 1_000


class Batches:
    """Finds by itself how many rows fit into a short moment on this machine, beside what else is done there."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._size = min(_FIRST, most)

    async def run(self, batch: Callable[[int], Awaitable[T]], size: int | None = None) -> T:
        """Run a batch of at most so many rows, or of ``size``, and rest; its result."""
        begun = perf_counter()
        result = await batch(size or self._size)
        seconds = perf_counter() - begun
        factor = min(2.0, max(0.5, _WANTED / max(seconds, 1e-6)))
        self._size = min(self._most, max(_FEWEST, int(self._size * factor)))
        if size is None:
            await asyncio.sleep(min(seconds, _LONGEST_REST))
        return result


async def delete_in_batches(
    run: RunQueries, batches: Batches, query: str, parameters: Mapping[str, object], size: int | None = None
) -> int:
    """Repeat a query that deletes at most ``:limit`` rows and returns them until none are left; how many it were.

    Raises:
        StoreError: the batches before are deleted all the same; the same call goes on with the rest.
    """
    total = 0

    async def delete(limit: int) -> bool:
        nonlocal total
        (rows,) = await run(Query(query, {**parameters, "limit": limit}, anew=True))
        total += len(rows)
        return len(rows) >= limit

    while await batches.run(delete, size):
        pass
    return total
