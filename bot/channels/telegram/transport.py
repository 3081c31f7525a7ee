"""HTTP for python-telegram-bot over aiohttp: half the work of the library's own per request, and exact about failures.

What matters to a delivery is whether a request left. aiohttp tells a connection that was never made from one that
broke; a 429 is told apart here because the library's own exception for it warns on use.
"""

import io
import json
import math
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from bot.channels.base import ChannelError, Invalid, MaybeSent, RetryLater, Unreachable, Unsupported

_CONNECT_TIMEOUT = 15.0  #: seconds to connect, and to wait for an answer where the caller names no time
_DEFAULT_RETRY_SECONDS = 5.0  #: seconds to wait after a 429 that does not say
_LONGEST_RETRY_SECONDS = 3600.0  #: seconds that a 429 may make us wait, whatever it says
_TIMEOUT_SLACK = 60.0  #: seconds beyond the patience for a whole exchange, an upload over a slow line included
_SHORT = 2000  #: bytes of an answer that may be an error although its status says otherwise
#: What is said of a method rather than of a message, whoever says it.
_NOT_OFFERED = (405, 501)
#: The same from a proxy; where the Bot API itself says it, its description tells more.
_NOT_PASSED_ON = (401, 403, 404)
#: Raised before a request leaves.
_NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)


class RequestFailedError(TelegramError):
    """Carries an outcome through the library, which lets its own errors pass."""

    def __init__(self, outcome: ChannelError) -> None:
        super().__init__("Request failed")
        self.outcome = outcome


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for an address."""
    parts = urlsplit(url)
    bypassed = not parts.hostname or proxy_bypass(parts.hostname)
    return None if bypassed else getproxies().get(parts.scheme)


class AiohttpRequest(BaseRequest):
    """Requests over one pool of connections, opened when first used."""

    def __init__(self, connections: int, proxy: str | None = None) -> None:
        self._connections = connections
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        return _CONNECT_TIMEOUT

    @property
    def session(self) -> aiohttp.ClientSession:
        """The open session. Its proxy is settled once: aiohttp would look the environment up for every request."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections)
            self._session = aiohttp.ClientSession(connector=connector, proxy=self._proxy)
        return self._session

    async def initialize(self) -> None:
        """Nothing to do: the session opens with the first request."""

    async def shutdown(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        *_: Any,
        **times: Any,
    ) -> tuple[int, bytes]:
        """Status and body. Of the times to wait only ``read_timeout`` is heard.

        Raises:
            RequestFailedError: with what became of the request.
        """
        named = times.get("read_timeout")
        patience = named if isinstance(named, int | float) else _CONNECT_TIMEOUT
        outcome: ChannelError
        try:
            status, payload = await self._exchange(method, url, request_data, patience)
        except _NOT_SENT:
            outcome = Unreachable()
        except (aiohttp.ClientError, TimeoutError):
            outcome = MaybeSent()
        else:
            status = _effective_status(status, payload)
            known = _failure_of_status(status, payload)
            if known is None:
                return status, payload
            outcome = known
        raise RequestFailedError(outcome)

    async def _exchange(self, method: str, url: str, data: RequestData | None, patience: float) -> tuple[int, bytes]:
        request = self.session.request(
            method, url, data=_request_body(data), headers=_request_headers(data), timeout=_client_timeout(patience)
        )
        async with request as response:
            return response.status, await response.read()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """A JSON object; the library's own logs what it cannot read, and with it what people wrote."""
        answer = _parse_answer(payload)
        if not answer:
            raise RequestFailedError(MaybeSent())
        return answer


def _client_timeout(patience: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=_CONNECT_TIMEOUT + patience + _TIMEOUT_SLACK,
        connect=_CONNECT_TIMEOUT,
        sock_connect=_CONNECT_TIMEOUT,
        sock_read=patience,
    )


def _request_body(data: RequestData | None) -> bytes | aiohttp.FormData | None:
    if data is None:
        return None
    if not data.contains_files:
        return data.json_payload
    form = aiohttp.FormData(quote_fields=False)  # Telegram shows the name as it is written
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, media_type) in data.multipart_data.items():
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, stream, filename=filename, content_type=media_type)
    return form


def _request_headers(data: RequestData | None) -> dict[str, str]:
    return {} if data is None or data.contains_files else {"Content-Type": "application/json"}


def _effective_status(status: int, payload: bytes) -> int:
    """Some servers answer everything with 200 and say only in the body what went wrong."""
    if not 200 <= status <= 299 or len(payload) > _SHORT or b"error_code" not in payload:
        return status
    answer = _parse_answer(payload)
    code = answer.get("error_code") if answer.get("ok") is False else None
    return code if isinstance(code, int) and 400 <= code <= 599 else status


def _failure_of_status(status: int, payload: bytes) -> ChannelError | None:
    """Tell what the status alone says, where the library would take it for something else; ``None``: let it read."""
    if status == 429:
        return RetryLater(_retry_after(payload))
    if status in _NOT_OFFERED:
        return Unsupported()
    if status == 413:
        return Invalid()
    if not 400 <= status <= 499 or "ok" in _parse_answer(payload):
        return None
    return Unsupported() if status in _NOT_PASSED_ON else ChannelError()


def _parse_answer(payload: bytes) -> dict[str, Any]:
    """The JSON object of an answer; empty where it is none."""
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _retry_after(payload: bytes) -> float:
    """Seconds to wait, an hour at most; a few where the answer does not say."""
    try:
        asked = float(json.loads(payload)["parameters"]["retry_after"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return _DEFAULT_RETRY_SECONDS
    return min(max(1.0, asked), _LONGEST_RETRY_SECONDS) if math.isfinite(asked) else _DEFAULT_RETRY_SECONDS
