"""Files that Telegram has already: sent to many, a file is uploaded once.

https://core.telegram.org/bots/api#sending-files
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any

from telegram import InputFile

from bot.channels.errors import Gone

#: Files remembered; the one used longest ago is forgotten first.
_KEPT = 32

Send = Callable[[InputFile | str], Awaitable[Any]]


class Uploads:
    """Ids by whatever tells one file from another."""

    def __init__(self) -> None:
        self._known: dict[Hashable, str] = {}
        self._uploading: dict[Hashable, asyncio.Lock] = {}

    async def send(self, key: Hashable, file: Callable[[], InputFile], send: Send) -> Any:
        """Send it by its id; whoever comes while it is uploaded waits for that. Raises ChannelError."""
        if key not in self._known:
            async with self._uploading.setdefault(key, asyncio.Lock()):
                if key not in self._known:
                    return await self._upload(key, file, send)
        try:
            return await send(self._known[key])
        except Gone:  # Telegram has forgotten it
            return await self._upload(key, file, send)

    async def _upload(self, key: Hashable, file: Callable[[], InputFile], send: Send) -> Any:
        result = await send(file())
        file_id = _file_id(result)
        if file_id:
            self._keep(key, file_id)
        return result

    def _keep(self, key: Hashable, file_id: str) -> None:
        self._known.pop(key, None)
        self._known[key] = file_id
        while len(self._known) > _KEPT:
            oldest = next(iter(self._known))
            del self._known[oldest]
            self._uploading.pop(oldest, None)


def _file_id(result: object) -> str | None:
    document = result.get("document") if isinstance(result, dict) else None
    file_id = document.get("file_id") if isinstance(document, dict) else None
    return file_id if isinstance(file_id, str) and file_id else None
