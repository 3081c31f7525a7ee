"""The page of a one-time link: it names the file, and one button fetches it.

Looking uses nothing up, for messengers open each link to preview it. Whatever is wrong with a link, used, late, forged
or another's, the answer is the same, and takes the same look at the store.
"""

import asyncio
import re
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bot.pages import attachment_headers, page
from bot.services.links import LINK_PATH, LinkDesk
from bot.store import StoreError
from bot.store.links import TOKEN_PATTERN
from handlers.core import MarkupTranslator, format_size

_TOKEN = re.compile(TOKEN_PATTERN)
_CHUNK = 64 * 1024
#: Files in memory at the same time.
_AT_ONCE = 4


class LinkPages:
    """The pages below ``/t/``."""

    def __init__(self, desk: LinkDesk, language: str) -> None:
        """``language`` is that of the pages."""
        self._desk = desk
        self._language = language
        self._room = asyncio.Semaphore(_AT_ONCE)

    def routes(self) -> list[Route]:
        """Return their addresses."""
        return [Route(f"{LINK_PATH}{{token}}", self._answer, methods=["GET", "POST"])]

    async def _answer(self, request: Request) -> Response:
        token = request.path_params["token"]
        try:
            if not _TOKEN.fullmatch(token):
                return self._nowhere()
            return await (self._fetch(token) if request.method == "POST" else self._show(token))
        except StoreError:
            return page("link_later.html", self._language, status=503)

    async def _show(self, token: str) -> Response:
        file = await self._desk.look(token)
        if file is None:
            return self._nowhere()
        size = format_size(MarkupTranslator(self._language), file.size)
        return page("link.html", self._language, name=file.name, size=size)

    async def _fetch(self, token: str) -> Response:
        await self._room.acquire()
        try:
            fetched = await self._desk.fetch(token)
        except BaseException:
            self._room.release()
            raise
        if fetched is None:
            self._room.release()
            return self._nowhere()
        facts, content = fetched
        return StreamingResponse(
            self._stream(content),
            media_type="application/octet-stream",
            headers=attachment_headers(facts.name, len(content)),
        )

    async def _stream(self, content: bytes) -> AsyncIterator[bytes]:
        try:
            for start in range(0, len(content), _CHUNK):
                yield content[start : start + _CHUNK]
        finally:
            self._room.release()

    def _nowhere(self) -> Response:
        return page("link_gone.html", self._language, status=404)
