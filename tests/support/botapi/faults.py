"""What may go wrong on the way, on demand."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from tests.support.botapi.errors import ApiError


class ConnectionDroppedError(Exception):
    """The answer never leaves: the connection is reset."""


@dataclass
class Fault:
    """``before``: nothing is performed; ``after``: performed, and the caller does not learn it."""

    method: str
    when: Literal["before", "after"] = "before"
    error: ApiError | None = None  #: answered instead of a reset connection
    delay: float = 0.0  #: seconds; with neither error nor drop the call is only slow
    drop: bool = False
    chat: int | None = None  #: only in this chat
    times: int = 1

    async def strike(self) -> None:
        await asyncio.sleep(self.delay)
        if self.error:
            raise self.error
        if self.drop:
            raise ConnectionDroppedError(self.method)


class Faults:
    """Faults still to come, in the order they were asked for."""

    def __init__(self) -> None:
        self._coming: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self._coming.append(fault)
        return fault

    @contextmanager
    def added(self, fault: Fault) -> Iterator[Fault]:
        self.add(fault)
        try:
            yield fault
        finally:
            if fault in self._coming:
                self._coming.remove(fault)

    async def meet(self, method: str, chat: int, when: Literal["before", "after"]) -> None:
        for fault in self._coming:
            if fault.when == when and fault.method.lower() == method and fault.chat in {None, chat}:
                fault.times -= 1
                if not fault.times:
                    self._coming.remove(fault)
                await fault.strike()
                return
