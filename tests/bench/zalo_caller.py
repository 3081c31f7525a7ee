"""Zalo's calls to the webhook, in a process of their own: signed events at a steady rate, over connections kept open.

A call is timed from the moment at which it was due, so that one that waits behind a slow one shows.
"""

import asyncio
import hashlib
import json
import multiprocessing
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECTIONS = 64


@dataclass(frozen=True)
class Calls:
    """Events to make: so many a second, of these people in turn."""

    hook: str
    app: str
    secret: str
    people: tuple[str, ...]
    per_second: int
    seconds: float
    text: str
    prefix: str  #: of the ids of messages: each event is a new one


@dataclass(frozen=True)
class Answered:
    """Seconds that each call took, and the statuses that were none of 200."""

    took: list[float]
    refused: list[int]


def make_calls(calls: Calls) -> Answered:
    """Make the calls in a process of their own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_make, (calls,))


def _make(calls: Calls) -> Answered:
    return asyncio.run(_Caller(calls).run())


class _Caller:
    def __init__(self, calls: Calls) -> None:
        self.calls, self.where = calls, urlsplit(calls.hook)
        self.answered = Answered([], [])
        self.free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def run(self) -> Answered:
        for _ in range(CONNECTIONS):
            self.free.put_nowait(await asyncio.open_connection(self.where.hostname, self.where.port))
        requests = [self._request(number) for number in range(int(self.calls.per_second * self.calls.seconds))]
        begun = time.perf_counter() + 0.1
        every = 1 / self.calls.per_second
        await asyncio.gather(*(self._one(request, begun + number * every) for number, request in enumerate(requests)))
        return self.answered

    async def _one(self, request: bytes, due: float) -> None:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        reader, writer = await self.free.get()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        self.answered.took.append(time.perf_counter() - due)
        if b" 200 " not in head[:15]:
            self.answered.refused.append(int(head[9:12]))
        self.free.put_nowait((reader, writer))

    def _request(self, number: int) -> bytes:
        calls, stamp = self.calls, str(int(time.time() * 1000) + number)
        message = {"msg_id": f"{calls.prefix}{number}", "text": calls.text}
        body = json.dumps({
            "app_id": calls.app, "sender": {"id": calls.people[number % len(calls.people)]},
            "recipient": {"id": "388613280878808645"}, "event_name": "user_send_text", "message": message,
            "timestamp": stamp,
        }).encode()  # fmt: skip
        mac = hashlib.sha256(calls.app.encode() + body + stamp.encode() + calls.secret.encode()).hexdigest()
        head = (
            f"POST {self.where.path} HTTP/1.1\r\nHost: {self.where.netloc}\r\nContent-Type: application/json\r\n"
            f"X-ZEvent-Signature: mac={mac}\r\nX-ZEvent-Timestamp: {stamp}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body
