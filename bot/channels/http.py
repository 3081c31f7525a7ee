"""Limits of requests to platforms: whatever a server answers, or fails to, ends in time and takes little memory."""

from functools import lru_cache

import aiohttp

from bot.channels import TooLarge

#: Seconds to connect, and those that a whole exchange may take beyond that and the longest silence: an upload over a
#: slow line is one, and so is an answer that never ends.
CONNECT_SECONDS, _SLACK_SECONDS = 15.0, 60.0
#: The largest answer read, in bytes; a hundred updates of the longest texts are a few megabytes.
ANSWER_BYTES = 16 * 1024 * 1024
_CHUNK = 64 * 1024
#: aiohttp raises these before a request leaves.
NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)


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
