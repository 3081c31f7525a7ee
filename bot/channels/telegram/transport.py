"""Send HTTP requests for python-telegram-bot over aiohttp, and tell exactly how a request failed.

A delivery must know whether a request left. aiohttp tells a connection that was never made from one that broke, and
needs half the work per request of the library's own transport. A 429 is handled here because the library's own
exception for it warns on use.
"""

import io
import json
import math
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from bot.channels import ChannelError, Invalid, MaybeSent, RetryLater, TooLarge, Unreachable, Unsupported
from bot.channels.http import CONNECT_SECONDS, NOT_SENT, limit_time, read_bounded

_DEFAULT_RETRY_SECONDS = 5.0  #: seconds to wait after a 429 without a time
_LONGEST_RETRY_SECONDS = 3600.0  #: the most seconds that a 429 can make us wait
_SHORT = 2000  #: a shorter body, in bytes, may be an error although its status says otherwise
#: These statuses concern the method rather than the message, from whichever server.
_NOT_OFFERED = (405, 501)
#: These statuses from a proxy mean the same; from the Bot API itself the description decides.
_NOT_PASSED_ON = (401, 403, 404)


class RequestFailedError(TelegramError):
    """Carries a ``ChannelError`` through the library, which lets its own errors pass."""

    def __init__(self, outcome: ChannelError) -> None:
        super().__init__("Request failed")
        self.outcome = outcome


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names for an address."""
    parts = urlsplit(url)
    bypassed = not parts.hostname or proxy_bypass(parts.hostname)
    return None if bypassed else getproxies().get(parts.scheme)


@dataclass(frozen=True, slots=True)
class JsonBody:
    """The body of a request that is ready to be sent."""

    content: bytes


class AiohttpRequest(BaseRequest):
    """Makes requests over one pool of connections, opened on first use."""

    def __init__(self, connections: int, proxy: str | None = None) -> None:
        self._connections = connections
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        return CONNECT_SECONDS

    @property
    def session(self) -> aiohttp.ClientSession:
        """Return the open session, with a fixed proxy: aiohttp would read the environment for every request."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections)
            no_cookies = aiohttp.DummyCookieJar()
            self._session = aiohttp.ClientSession(connector=connector, proxy=self._proxy, cookie_jar=no_cookies)
        return self._session

    async def initialize(self) -> None:
        """Do nothing: the session opens with the first request."""

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post_json(self, url: str, parameters: dict[str, Any], read_timeout: float) -> Any:
        """Post parameters without files as the library would, and return the ``result``; raises what it raises."""
        said = {name: _to_json_text(value) for name, value in parameters.items() if value is not None}
        data = JsonBody(json.dumps(said).encode())
        payload = await self._request_wrapper(url, "POST", data, read_timeout)  # type: ignore[arg-type]  # comes back below
        return self.parse_json_payload(payload)["result"]

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | JsonBody | None = None,
        *_: Any,
        **times: Any,
    ) -> tuple[int, bytes]:
        """Send a request and return status and body; ``read_timeout`` is the only timeout that is used.

        Raises:
            RequestFailedError: carries the ``ChannelError``.
        """
        named = times.get("read_timeout")
        read_timeout = named if isinstance(named, int | float) else CONNECT_SECONDS
        outcome: ChannelError
        try:
            status, payload = await self._exchange(method, url, request_data, read_timeout)
        except NOT_SENT:
            outcome = Unreachable()
        except (aiohttp.ClientError, TimeoutError, TooLarge):
            outcome = MaybeSent()
        else:
            status = _effective_status(status, payload)
            known = _failure_of_status(status, payload)
            if known is None:
                return status, payload
            outcome = known
        raise RequestFailedError(outcome)

    async def _exchange(
        self, method: str, url: str, data: RequestData | JsonBody | None, read_timeout: float
    ) -> tuple[int, bytes]:
        request = self.session.request(
            method, url, data=_request_body(data), headers=_request_headers(data), timeout=limit_time(read_timeout)
        )
        async with request as response:
            return response.status, await read_bounded(response)

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Parse a JSON object; the library's own method would log unreadable answers, and people's texts with them."""
        answer = _parse_answer(payload)
        if not answer:
            raise RequestFailedError(MaybeSent())
        return answer


def _to_json_text(value: object) -> str:
    """Return a parameter as the library puts it into a JSON object: each is a text, whatever it is."""
    return value if isinstance(value, str) else json.dumps(value)


def _request_body(data: RequestData | JsonBody | None) -> bytes | aiohttp.FormData | None:
    if data is None:
        return None
    if isinstance(data, JsonBody):
        return data.content
    if not data.contains_files:
        return data.json_payload
    form = aiohttp.FormData(quote_fields=False)  # Telegram shows the name unquoted
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, media_type) in data.multipart_data.items():
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, stream, filename=filename, content_type=media_type)
    return form


def _request_headers(data: RequestData | JsonBody | None) -> dict[str, str]:
    plain = isinstance(data, RequestData) and data.contains_files
    return {} if data is None or plain else {"Content-Type": "application/json"}


def _effective_status(status: int, payload: bytes) -> int:
    """Return the true status: some servers answer everything with 200 and put the error only into the body."""
    if not 200 <= status <= 299 or len(payload) > _SHORT or b"error_code" not in payload:
        return status
    answer = _parse_answer(payload)
    code = answer.get("error_code") if answer.get("ok") is False else None
    return code if isinstance(code, int) and 400 <= code <= 599 else status


def _failure_of_status(status: int, payload: bytes) -> ChannelError | None:
    """Return the failure that a status means by itself; ``None`` lets the library read the body."""
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
    """Return the JSON object of an answer; empty if there is none."""
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _retry_after(payload: bytes) -> float:
    """Return the seconds to wait, at most an hour; a few if the answer names none."""
    try:
        asked = float(json.loads(payload)["parameters"]["retry_after"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return _DEFAULT_RETRY_SECONDS
    return min(max(1.0, asked), _LONGEST_RETRY_SECONDS) if math.isfinite(asked) else _DEFAULT_RETRY_SECONDS
