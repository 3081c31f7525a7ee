"""Files on their way to and from browsers: as many as fit into memory, and no slow browser keeps others waiting."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.channels.web.inbox import LARGEST_FILE, LARGEST_FORM, caller_of
from bot.pages import ProblemAnswer, Problems, attachment_headers
from bot.store import FileFacts, StoreError

#: Bytes in memory for all browsers of a room, and for those of one address, behind which a whole office may sit.
_MOST, _MOST_OF_ONE = 4 * LARGEST_FILE, 2 * LARGEST_FILE
#: Seconds that somebody waits for room, less than a connection may be silent, and between looks for it.
_PATIENCE, _LOOK = 8.0, 0.5
#: Seconds that everybody has for a file, and bytes a second below which a file must then make way for others.
_USUAL, _PACE = 30.0, 16 * 1024
#: Seconds behind which a file must make way whatever its pace; the largest one takes them at 1.4 Mbit/s.
_LONGEST = 120.0
#: Seconds without a byte behind which nobody takes a file any more that is there once.
_STALLED = 300.0
_CHUNK = 64 * 1024
_RETRY = {"retry-after": "30"}


class NoRoom(Exception):  # noqa: N818 - what happened
    """Too much is on its way to others."""


@dataclass(eq=False)
class Held:
    """A file in memory, on its way."""

    caller: str
    size: int = LARGEST_FILE  #: bytes; as long as nobody knows, it may be as large as any
    since: float = 0.0  #: the loop's time at which it was begun
    moved: int = 0  #: bytes that went over the line
    once: bool = False  #: nobody can ask for it again: it may be slow
    moved_at: float = 0.0  #: the loop's time at which bytes went over the line last
    begun: bool = False  #: its answer is on its way already
    request: Request | None = None  #: the one whose body it is
    deadline: asyncio.Timeout = field(default_factory=lambda: asyncio.timeout(None))

    def pace(self, now: float) -> float:
        """Return the bytes a second that its browser sends or takes."""
        moved = getattr(self.request.state, "received", 0) if self.request else self.moved
        return float(moved / max(now - self.since, 0.001))

    def must_make_way(self, now: float) -> bool:
        """Tell whether its browser had its time, where others wait; what is there once ends on a dead line alone."""
        if self.once:
            return now - max(self.since, self.moved_at) > _STALLED
        held = now - self.since
        return held > _LONGEST or (held > _USUAL and self.pace(now) < _PACE)


class TransferRoom:
    """Bounds the files in memory at the same time; where it is full, the slowest makes room for those who wait."""

    def __init__(self, most: int = _MOST, of_one: int = _MOST_OF_ONE) -> None:
        """``most`` is the bytes of all files, ``of_one`` those of one address."""
        self._most = most
        self._of_one = of_one
        self._held: set[Held] = set()
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def taken(self, held: Held) -> AsyncIterator[Held]:
        """Wait for room for a file.

        Raises:
            NoRoom: there is none within some seconds, or others needed what this one held for long.
        """
        try:
            async with asyncio.timeout(_PATIENCE):
                while not self._fits(held):
                    self._end_slowest()
                    await self._wait()
        except TimeoutError:
            raise NoRoom from None
        held.since = asyncio.get_running_loop().time()
        try:
            async with held.deadline:
                self._held.add(held)
                yield held
        except TimeoutError:
            raise NoRoom from None
        finally:
            self._held.discard(held)
            self._tell()

    @asynccontextmanager
    async def receiving(self, request: Request) -> AsyncIterator[None]:
        """Wait for room for the body of a request. A line is small: it waits for nobody's slow file.

        Raises:
            NoRoom: as ``taken``.
        """
        length = request.headers.get("content-length", "")
        size = min(int(length), LARGEST_FILE) if length.isdecimal() and len(length) < 19 else LARGEST_FILE
        if size <= LARGEST_FORM:
            yield
            return
        async with self.taken(Held(caller_of(request), size, request=request)):
            yield

    def shrink(self, held: Held, size: int) -> None:
        """Hold no more than a file has, now that it is known."""
        held.size = size
        self._tell()

    def _fits(self, new: Held) -> bool:
        mine = sum(one.size for one in self._held if one.caller == new.caller)
        return sum(one.size for one in self._held) + new.size <= self._most and mine + new.size <= self._of_one

    def _tell(self) -> None:
        self._freed.set()
        self._freed = asyncio.Event()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_LOOK):
                await self._freed.wait()
        except TimeoutError:
            return

    def _end_slowest(self) -> None:
        """End the slowest of those that had their time."""
        now = asyncio.get_running_loop().time()
        late = [one for one in self._held if one.must_make_way(now)]
        if late:
            min(late, key=lambda one: one.pace(now)).deadline.reschedule(now)


Load = Callable[[], Awaitable[tuple[FileFacts, bytes] | None]]


class FileAnswer(Response):
    """Answer with a file, which is read only once there is room for it."""

    def __init__(  # noqa: PLR0913 - what an answer is made of
        self, room: TransferRoom, load: Load, missing: Response, usual: str, *, shows: bool = False, once: bool = False
    ) -> None:
        """Prepare it.

        Args:
            room: Where it waits for its turn.
            load: Reads the file; it is called once there is room, so that nothing is used up in vain.
            missing: The answer where there is no file.
            usual: The language for somebody who has not been here before.
            shows: A picture of ours stands in the page; anything else is always saved.
            once: Reading the file uses its link up, so that a slow browser is not cut off.
        """
        super().__init__()
        self._once = once
        self._room, self._load, self._missing, self._usual, self._shows = room, load, missing, usual, shows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for room, read the file and send it; while others wait, what is not taken in time is cut off."""
        held = Held(caller_of(Request(scope)), once=self._once)
        try:
            async with self._room.taken(held):
                found = await self._load()
                if found is None:
                    await self._missing(scope, receive, send)
                else:
                    self._room.shrink(held, len(found[1]))
                    await self._send(*found, held, send)
        except (NoRoom, StoreError):
            if held.begun:
                return  # the server closes a connection whose answer has no end
            await ProblemAnswer(Problems.LATER, 503, self._usual, headers=_RETRY)(scope, receive, send)

    async def _send(self, facts: FileFacts, content: bytes, held: Held, send: Send) -> None:
        headers, media_type = attachment_headers(facts.name, len(content)), "application/octet-stream"
        if self._shows and facts.media_type == "image/png":
            headers["content-disposition"], media_type = "inline", facts.media_type
        await _send_in_parts(Response(content, headers=headers, media_type=media_type), held, send)


class HeldAnswer(Response):
    """Hand over what was made already, within the same bounds."""

    def __init__(self, room: TransferRoom, made: Response, usual: str) -> None:
        """``usual`` is the language for somebody who has not been here before."""
        super().__init__(status_code=made.status_code)
        self._room, self._made, self._usual = room, made, usual

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for room and send it."""
        held = Held(caller_of(Request(scope)), min(len(self._made.body), LARGEST_FILE))
        try:
            async with self._room.taken(held):
                await _send_in_parts(self._made, held, send)
        except NoRoom:
            if not held.begun:
                await ProblemAnswer(Problems.LATER, 503, self._usual, headers=_RETRY)(scope, receive, send)


async def _send_in_parts(made: Response, held: Held, send: Send) -> None:
    """Send an answer as fast as it is taken, so that its bytes are held no longer than that."""
    content = bytes(made.body)
    held.begun = True
    await send({"type": "http.response.start", "status": made.status_code, "headers": made.raw_headers})
    for start in range(0, len(content), _CHUNK):
        chunk = content[start : start + _CHUNK]
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        held.moved += len(chunk)
        held.moved_at = asyncio.get_running_loop().time()
    await send({"type": "http.response.body", "body": b""})
