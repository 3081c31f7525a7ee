"""Post to the Bot API over aiohttp, and tell exactly how a request failed.

A delivery must know whether a request left: aiohttp tells a connection that was never made from one that broke.
"""

import json
import math
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from bot.channels import ChannelError, Invalid, MaybeSent, RetryLater, Unreachable, Unsupported

_CONNECT_TIMEOUT = 15.0  #: seconds to connect, and to wait for an answer if the caller names no time
_DEFAULT_RETRY_SECONDS = 5.0  #: seconds to wait after a 429 without a time
_LONGEST_RETRY_SECONDS = 3600.0  #: the most seconds that a 429 can make us wait
_TIMEOUT_SLACK = 60.0  #: seconds beyond the read timeout for a whole exchange, even an upload over a slow line
_SHORT = 2000  #: a shorter body, in bytes, may be an error although its status says otherwise
#: These statuses concern the method rather than the message, from whichever server.
_NOT_OFFERED = (405, 501)
#: These statuses from a proxy mean the same; from the Bot API itself the description decides.
_NOT_PASSED_ON = (401, 403, 404)
#: aiohttp raises these before a request leaves.
_NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that goes along with a request."""

    content: bytes
    name: str

    @property
    def media_type(self) -> str:
        """Return the media type that the name stands for."""
        return mimetypes.guess_type(self.name, strict=False)[0] or "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a server that speaks the Bot API."""

    status: int  #: of HTTP, or the one that the body names
    fields: Mapping[str, Any]

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status <= 299


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names for an address."""
    parts = urlsplit(url)
    bypassed = not parts.hostname or proxy_bypass(parts.hostname)
    return None if bypassed else getproxies().get(parts.scheme)


class HttpPool:
    """Makes requests over one pool of connections, opened on first use."""

    def __init__(self, connections: int, proxy: str | None = None) -> None:
        self._connections = connections
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """Return the open session, with a fixed proxy: aiohttp would read the environment for every request."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections)
            self._session = aiohttp.ClientSession(connector=connector, proxy=self._proxy)
        return self._session

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, url: str, parameters: Mapping[str, Any], read_timeout: float) -> Answer:
        """Post the parameters that are not None, and return the answer, also one that tells an error.

        Args:
            url: The address of a method.
            parameters: Values for JSON, or files.
            read_timeout: Seconds to wait for an answer; the only timeout that the caller names.

        Raises:
            ChannelError: its kind tells whether the request was carried out.
        """
        try:
            status, payload = await self._exchange(url, parameters, read_timeout)
        except _NOT_SENT:
            failure: ChannelError = Unreachable()
        except (aiohttp.ClientError, TimeoutError):
            failure = MaybeSent()
        else:
            return _read_answer(status, payload)
        raise failure  # outside the handler: the original quotes an address, which holds the token

    async def _exchange(self, url: str, parameters: Mapping[str, Any], read_timeout: float) -> tuple[int, bytes]:
        request = self.session.post(url, timeout=_client_timeout(read_timeout), **_request_body(parameters))
        async with request as response:
            return response.status, await response.read()


def _client_timeout(read_timeout: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=_CONNECT_TIMEOUT + read_timeout + _TIMEOUT_SLACK,
        connect=_CONNECT_TIMEOUT,
        sock_connect=_CONNECT_TIMEOUT,
        sock_read=read_timeout,
    )


def _request_body(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body as aiohttp takes it: JSON, or a form where files go along. Each value is a text or JSON."""
    given = {name: value for name, value in parameters.items() if value is not None}
    files = {name: value for name, value in given.items() if isinstance(value, UploadedFile)}
    fields = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in given.items()
        if name not in files
    }
    if not files:
        return {"data": json.dumps(fields).encode(), "headers": {"Content-Type": "application/json"}}
    form = aiohttp.FormData(quote_fields=False)  # Telegram shows the name unquoted
    for name, value in fields.items():
        form.add_field(name, value)
    for name, file in files.items():
        form.add_field(name, file.content, filename=file.name, content_type=file.media_type)
    return {"data": form}


def _read_answer(status: int, payload: bytes) -> Answer:
    """Return the answer of a server.

    Raises:
        ChannelError: the status tells by itself, or nothing can be read.
    """
    status = _effective_status(status, payload)
    if failure := _failure_of_status(status, payload):
        raise failure
    answer = Answer(status, _parse_answer(payload))
    if not answer.fields and answer.succeeded:
        raise MaybeSent
    return answer


def _effective_status(status: int, payload: bytes) -> int:
    """Return the true status: some servers answer everything with 200 and put the error only into the body."""
    if not 200 <= status <= 299 or len(payload) > _SHORT or b"error_code" not in payload:
        return status
    answer = _parse_answer(payload)
    code = answer.get("error_code") if answer.get("ok") is False else None
    return code if isinstance(code, int) and 400 <= code <= 599 else status


def _failure_of_status(status: int, payload: bytes) -> ChannelError | None:
    """Return the failure that a status means by itself; ``None`` leaves it to the body."""
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
