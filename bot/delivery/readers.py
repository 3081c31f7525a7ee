"""Strangers' files are read in two places, so that nobody's file waits behind others' slow ones for more than a moment.

What takes long is read apart, and so is what comes from those who sent such lately.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count

from bot.certificates.reader import CertificateReader
from bot.clock import Clock
from bot.messages import Chat
from handlers.model import FileProblemKind, Reading

#: Chats remembered; the one that took something longest ago is forgotten first.
_KEPT = 4096
#: Seconds after which half is forgotten.
_HALF_LIFE = 60.0


class Lately:
    """The seconds that each chat took lately, by a clock that does not jump."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._taken: dict[str, tuple[float, float]] = {}  #: seconds, as of when

    def add(self, chat: str, seconds: float) -> None:
        """Add seconds that a chat took."""
        taken = self.of(chat) + seconds
        self._taken.pop(chat, None)
        self._taken[chat] = taken, self._now()
        if len(self._taken) > _KEPT:
            del self._taken[next(iter(self._taken))]

    def of(self, chat: str) -> float:
        """Return the seconds of a chat that are not forgotten yet."""
        seconds, since = self._taken.get(chat, (0.0, 0.0))
        return seconds and float(seconds * 0.5 ** ((self._now() - since) / _HALF_LIFE))


#: Seconds of reading within the last minute or so after which somebody's files are read apart.
_MUCH = 1.0
#: What a file costs at least whose reading was given up: a new process has to start.
_GIVEN_UP = 3.0
_TROUBLES = frozenset({FileProblemKind.TOO_SLOW, FileProblemKind.TOO_MUCH_MEMORY})
#: Bytes for which a file gives way for a second to what comes behind it, and seconds for which it does at most.
_A_SECOND, _LONGEST = 10_000, 60.0


class ReadApart(Exception):  # noqa: N818 - says what is to be done
    """The file takes longer than others may wait: it is to be tried again, and is read apart then."""


def giving_way(size: int) -> float:
    """Return the seconds for which a file of so many bytes lets later ones go first."""
    return min(_LONGEST, size / _A_SECOND)


class Readers:
    """``quick`` gives up soon, ``slow`` as late as any file may take; without ``slow`` all is read in one place."""

    def __init__(self, quick: CertificateReader, slow: CertificateReader | None, clock: Clock) -> None:
        self._quick = _Place(quick)
        self._slow = _Place(slow) if slow else None
        self._clock = clock
        self._lately = Lately(clock.monotonic)

    def apart(self, chat: Chat) -> bool:
        """Tell whether this person's files are read apart from others'."""
        return self._slow is not None and self._lately.of(chat.id) >= _MUCH

    async def read(self, chat: Chat, data: bytes, name: str) -> Reading:
        """Read a file.

        Raises:
            ReadApart: it was slow; from now on this person's files are read apart.
        """
        place = self._slow if self._slow and self.apart(chat) else self._quick
        async with place.turn(self._clock.monotonic() + giving_way(len(data))):
            begun = self._clock.monotonic()
            reading = await place.reader.read(data, name)
            spent = self._clock.monotonic() - begun
        troubles = {problem.trouble for problem in reading.problems} & _TROUBLES
        self._lately.add(chat.id, max(spent, _GIVEN_UP) if troubles else spent)
        if FileProblemKind.TOO_SLOW in troubles and self._slow and place is not self._slow:
            raise ReadApart
        return reading


class _Place:
    """Reads one file at a time; the one with the earliest moment is next."""

    def __init__(self, reader: CertificateReader) -> None:
        self.reader = reader
        self._busy = False
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = count()

    @asynccontextmanager
    async def turn(self, moment: float) -> AsyncIterator[None]:
        if self._busy:
            await self._wait(moment)
        self._busy = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, moment: float) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (moment, next(self._count), mine))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # it was our turn already
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            *_, mine = heapq.heappop(self._waiting)
            if not mine.done():
                mine.set_result(None)
                return
        self._busy = False
