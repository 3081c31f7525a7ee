"""The page that takes a file to a conversation whose channel carries none: its link works for one file.

Looking uses nothing up. The file is stored first and the link ends last, so that a kill in between loses nothing: the
same link brings the same update, which is known by then.
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels import AcceptUpdates
from bot.channels.web.inbox import FormTooLarge, FormUnreadable, is_from_elsewhere, read_form
from bot.clock import Clock
from bot.messages import Chat, Incoming
from bot.pages import page
from bot.services.links import UPLOAD_PATH
from bot.store import Store, StoreError
from bot.store.links import TOKEN_PATTERN
from handlers.core import Attachment, Event, FileSent, UnreadableReceived
from handlers.interview.secrets import has_secret_in_name
from handlers.model import LinkPurpose

_TOKEN = re.compile(TOKEN_PATTERN)
_UNSTORABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff/\\\\]")
_LONGEST_NAME = 255
_UNREADABLE: Mapping[str, Literal["photo", "video", "audio"]] = {"image": "photo", "video": "video", "audio": "audio"}
#: Files in memory at the same time.
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class UploadSettings:
    """What the page knows of its surroundings."""

    address: str | None  #: of the web server
    language: str  #: of people who have not chosen one


class UploadPages:
    """The pages below ``/u/``."""

    def __init__(self, store: Store, clock: Clock, accept: AcceptUpdates, known: UploadSettings) -> None:
        self._store = store
        self._clock = clock
        self._accept = accept
        self._known = known
        self._room = asyncio.Semaphore(_AT_ONCE)

    def routes(self) -> list[Route]:
        """Return their addresses."""
        return [Route(f"{UPLOAD_PATH}{{token}}", self._answer, methods=["GET", "POST"])]

    async def _answer(self, request: Request) -> Response:
        token, language = request.path_params["token"], self._known.language
        try:
            chat = await self._find(token)
            if chat is None:
                return page("link_gone.html", language, status=404)
            language = await self._store.chats.language(chat) or language
            if request.method == "GET":
                return page("upload.html", language, problem="")
            if is_from_elsewhere(request, self._known.address or ""):
                return page("chat_form.html", language, status=403)
            return await self._take(request, token, chat, language)
        except StoreError:
            return page("link_later.html", language, status=503)

    async def _find(self, token: str) -> Chat | None:
        if not _TOKEN.fullmatch(token):
            return None
        owner = await self._store.links.owner(LinkPurpose.UPLOAD, token, self._clock.now())
        return await self._store.chats.find(owner) if owner else None

    async def _take(self, request: Request, token: str, chat: Chat, language: str) -> Response:
        async with self._room:
            try:
                form = await read_form(request)
            except FormTooLarge:
                return page("upload.html", language, status=413, problem="large")
            except FormUnreadable:
                return page("chat_form.html", language, status=400)
            if form.file is None or not form.file.content:
                return page("upload.html", language, status=400, problem="none")
            update = f"upload-{hashlib.sha256(f'{chat.id} {token}'.encode()).hexdigest()[:32]}"
            event = await self._keep(chat, update, form.file)
        await self._accept([Incoming(chat.channel, update, chat.address, event)])
        await self._store.links.use(LinkPurpose.UPLOAD, token, self._clock.now())
        return page("upload_done.html", language)

    async def _keep(self, chat: Chat, update: str, file: Attachment) -> Event:
        if kind := _UNREADABLE.get(file.media_type.partition("/")[0]):
            return UnreadableReceived(what=kind)
        name = _UNSTORABLE.sub("_", file.name)[:_LONGEST_NAME]
        secret = has_secret_in_name(name)
        named = file.model_copy(update={"name": "" if secret else name})
        await self._store.web.keep_upload(chat, update, named, self._clock.now())
        return FileSent(reference=f"{chat.id} {update}", name=named.name, size=len(file.content), secret=secret)
