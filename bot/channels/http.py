"""Limits of what is exchanged with platforms: all that they answer or send ends in time and takes little memory."""

import asyncio
from collections.abc import Awaitable
from functools import lru_cache
from typing import TYPE_CHECKING

import aiohttp
import structlog

from bot.channels import TooLarge

if TYPE_CHECKING:  # loaded where it is served: who polls needs no web framework
    from starlette.requests import Request

#: Seconds to connect, and those that a whole exchange may take beyond that and the longest silence: an upload over a
#: slow line is one, and so is an answer that never ends.
CONNECT_SECONDS, _SLACK_SECONDS = 15.0, 60.0
#: The largest answer read, in bytes; a hundred updates of the longest texts are a few megabytes.
ANSWER_BYTES = 16 * 1024 * 1024
_CHUNK = 64 * 1024
#: The largest body of a call that is read, in bytes; an update has a few thousand.
_CALL_BYTES = 1024 * 1024
#: aiohttp raises these before a request leaves.
NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)

_log = structlog.get_logger(__name__)


@lru_cache(maxsize=16)  # few are used, each for every request
def limit_time(read_timeout: float) -> aiohttp.ClientTimeout:
    """Return the limits of an exchange in which a server may be silent for ``read_timeout`` seconds."""
    return aiohttp.ClientTimeout(
        total=CONNECT_SECONDS + read_timeout + _SLACK_SECONDS,
        connect=CONNECT_SECONDS,
        sock_connect=CONNECT_SECONDS,
        sock_read=read_timeout,
    )


async def read_bounded(response: aiohttp.ClientResponse, limit: int = ANSWER_BYTES) -> bytes:
    """Read a body, whatever length it announced. Raises TooLarge where it has more bytes than ``limit``."""
    content = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        content += chunk
        if len(content) > limit:
            raise TooLarge
    return bytes(content)


async def read_call(request: "Request") -> bytes | None:
    """Read the body of a platform's call; return ``None`` if it is over the limit, whatever length it announced."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _CALL_BYTES:
            return None
    return bytes(body)


async def store_call(storing: Awaitable[object], within: float, channel: str) -> int:
    """Return the status to answer a platform's call with, once what it brought is stored.

    Args:
        storing: Stores it.
        within: Seconds that the platform waits for the answer.
        channel: The platform's name in the log.

    Returns:
        200; 503 where it was not stored, so that the platform comes again.
    """
    try:
        async with asyncio.timeout(within):
            await storing
    except Exception as error:  # noqa: BLE001 - not acknowledged, so it comes again
        _log.error("update_not_stored", channel=channel, error=type(error).__name__)
        return 503
    return 200
