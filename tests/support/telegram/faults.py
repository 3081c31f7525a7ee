"""Faults on the way, on demand."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from tests.support.telegram.errors import ApiError


class ConnectionDroppedError(Exception):
    """Resets the connection instead of answering."""


class RawAnswerError(Exception):
    """Answers with a status and bytes that no Bot API server sends, such as a proxy's page or nothing."""

    def __init__(self, status: int, body: bytes, media_type: str) -> None:
        super().__init__(status)
        self.status, self.body, self.media_type = status, body, media_type


#: ``Fault.times`` of a fault that lasts until it is mended.
ALWAYS = -1

#: Names of faults of servers of other makes; the original answers 404 to a method that it lacks.
Kind = Literal[
    "missing", "unauthorized", "forbidden", "not_allowed", "not_implemented", "unknown_method",
    "broken", "busy", "garbage", "page_404", "page_401", "page_413", "page_502", "nothing_502", "not_ok_200", "slow",
]  # fmt: skip
_PAGE = b"<html><head><title>Trouble</title></head><body>nginx</body></html>"
_ERRORS: dict[str, ApiError] = {
    "missing": ApiError(404, "Not Found: method not found"),
    "unauthorized": ApiError(401, "Unauthorized"),
    "forbidden": ApiError(403, "Forbidden: method not allowed"),
    "not_allowed": ApiError(405, "Method Not Allowed"),
    "not_implemented": ApiError(501, "Not Implemented"),
    "unknown_method": ApiError(400, "Bad Request: method is not implemented"),
    "broken": ApiError(500, "Internal Server Error"),
    "busy": ApiError(429, "Too Many Requests: retry after 1", retry_after=1),
}
_RAW: dict[str, tuple[int, bytes, str]] = {
    "garbage": (200, b'{"ok": tr', "application/json"),
    "page_404": (404, _PAGE, "text/html"),
    "page_401": (401, _PAGE, "text/html"),
    "page_413": (413, _PAGE, "text/html"),
    "page_502": (502, _PAGE, "text/html"),
    "nothing_502": (502, b"", "text/plain"),
    "not_ok_200": (200, b'{"ok": false, "error_code": 404, "description": "Not Found"}', "application/json"),
}


@dataclass
class Fault:
    """``before``: the call is not performed; ``after``: it is performed, but the caller does not learn it."""

    method: str
    when: Literal["before", "after"] = "before"
    error: ApiError | None = None  #: answered instead of a reset connection
    raw: tuple[int, bytes, str] | None = None  #: status, body and media type, answered as they stand
    delay: float = 0.0  #: seconds; with neither error nor drop the call is only slow
    drop: bool = False
    chat: int | None = None  #: only in this chat
    times: int = 1  #: or ``ALWAYS``

    @classmethod
    def of(cls, method: str, kind: Kind, times: int = ALWAYS) -> "Fault":
        """Return the fault of a method by its name; "slow" performs the call after a minute."""
        delay = 60.0 if kind == "slow" else 0.0
        return cls(method, error=_ERRORS.get(kind), raw=_RAW.get(kind), delay=delay, times=times)

    async def strike(self) -> None:
        await asyncio.sleep(self.delay)
        if self.error:
            raise self.error
        if self.raw:
            raise RawAnswerError(*self.raw)
        if self.drop:
            raise ConnectionDroppedError(self.method)


class Faults:
    """The faults still to come, in the order in which they were requested."""

    def __init__(self) -> None:
        self._coming: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self._coming.append(fault)
        return fault

    def mend(self, method: str) -> None:
        """Remove all faults of a method."""
        self._coming = [fault for fault in self._coming if fault.method.lower() != method.lower()]

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
                fault.times -= fault.times != ALWAYS
                if not fault.times:
                    self._coming.remove(fault)
                await fault.strike()
                return
