"""Make HTTP requests to Zalo, and tell exactly how one failed; no answer, address or token is in any message."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.channels import Doubtful, TooLarge, Unreachable
from bot.channels.http import NOT_SENT, limit_time, read_bounded

_READ_TIMEOUT = 20.0
#: The largest answer read, in bytes.
_ANSWER_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request."""

    fields: Mapping[str, Any]
    status: int  #: of HTTP
    limit: str | None = None  #: calls a minute
    remaining: str | None = None  #: of them


class ZaloHttp:
    """A pool of connections, opened on first use."""

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """Return the open session."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections)
            self._session = aiohttp.ClientSession(
                connector=connector, trust_env=True, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def exchange(
        self, method: str, url: str, *, read_timeout: float = _READ_TIMEOUT, bare: int = 0, **request: Any
    ) -> Answer:
        """Make a request and return the answer, a JSON object; nothing needs to stand in one of the status ``bare``.

        Raises:
            Unreachable: the request has not left, or something before Zalo refused it.
            Doubtful: it has left, and no answer came that can be read.
        """
        timeout = limit_time(read_timeout)
        try:
            async with self.session.request(method, url, timeout=timeout, allow_redirects=False, **request) as response:
                status, head = response.status, response.headers
                payload = await read_bounded(response, _ANSWER_BYTES)
        except NOT_SENT:
            raise Unreachable from None
        except (aiohttp.ClientError, TimeoutError):
            raise Doubtful from None
        except TooLarge:
            raise Doubtful from None
        fields = _parse(payload)
        if fields is None and status == bare:
            return Answer({}, status)
        if fields is None and 300 <= status < 500:
            raise Unreachable  # a proxy, or another server: this never reached the account
        if fields is None or status >= 500:
            raise Doubtful
        return Answer(fields, status, head.get("X-RateLimit-Limit"), head.get("X-RateLimit-Remain"))


def _parse(payload: bytes) -> dict[str, Any] | None:
    """Return the JSON object of an answer; ``None`` where there is none."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
