"""The pages of links: one fetches a file, one takes one, one confirms an e-mail address, one ends letters.

Looking uses nothing up, for messengers and mail servers open each link to preview it. Whatever is wrong with a link,
used, late, forged or another's, the answer is the same, and takes the same look at the store.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels import AcceptUpdates
from bot.channels.web.inbox import FormTooLarge, FormUnreadable, is_from_elsewhere, read_form
from bot.channels.web.transfers import FileAnswer, NoRoom, TransferRoom
from bot.clock import Clock
from bot.messages import Chat, Incoming
from bot.pages import ProblemAnswer, Problems, page, reader_language
from bot.services.channels import CONFIRM_PATH, STOP_PATH, EmailDesk
from bot.services.links import LINK_PATH, UPLOAD_PATH, LinkDesk
from bot.store import Store, StoreError
from bot.store.links import TOKEN_PATTERN
from handlers.core import Attachment, Event, FileSent, MarkupTranslator, UnreadableReceived, format_size
from handlers.interview.secrets import has_secret_in_name
from handlers.model import LinkPurpose

_TOKEN = re.compile(TOKEN_PATTERN)


class LinkPages:
    """The pages below ``/t/``."""

    def __init__(self, desk: LinkDesk, language: str) -> None:
        """``language`` is that of the pages."""
        self._desk = desk
        self._language = language
        self._room = TransferRoom()

    def routes(self) -> list[Route]:
        """Return their addresses."""
        return [Route(f"{LINK_PATH}{{token}}", self._answer, methods=["GET", "POST"])]

    async def _answer(self, request: Request) -> Response:
        token = request.path_params["token"]
        try:
            if not _TOKEN.fullmatch(token):
                return self._nowhere()
            if request.method == "POST":
                load = partial(self._desk.fetch, token)
                return FileAnswer(self._room, load, self._nowhere(), self._language, once=True)
            return await self._show(request, token)
        except StoreError:
            return ProblemAnswer(Problems.LATER, 503, self._language)

    async def _show(self, request: Request, token: str) -> Response:
        file = await self._desk.look(token)
        if file is None:
            return self._nowhere()
        language = reader_language(request, self._language)
        size = format_size(MarkupTranslator(language), file.size)
        return page("link.html", language, name=file.name, size=size)

    def _nowhere(self) -> Response:
        return ProblemAnswer(Problems.LINK_GONE, 404, self._language)


_UNSTORABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff/\\\\]")
_LONGEST_NAME = 255
_UNREADABLE: Mapping[str, Literal["photo", "video", "audio"]] = {"image": "photo", "video": "video", "audio": "audio"}


@dataclass(frozen=True, slots=True)
class UploadSettings:
    """Holds the settings that the page needs."""

    address: str | None  #: of the web server
    language: str  #: of people who have not chosen one


class UploadPages:
    """The pages below ``/u/``."""

    def __init__(self, store: Store, clock: Clock, accept: AcceptUpdates, known: UploadSettings) -> None:
        self._store = store
        self._clock = clock
        self._accept = accept
        self._known = known
        self._room = TransferRoom()

    def routes(self) -> list[Route]:
        """Return their addresses."""
        return [Route(f"{UPLOAD_PATH}{{token}}", self._answer, methods=["GET", "POST"])]

    async def _answer(self, request: Request) -> Response:
        token, language = request.path_params["token"], self._known.language
        try:
            chat = await self._find(token)
            if chat is None:
                return ProblemAnswer(Problems.LINK_GONE, 404, language)
            language = await self._store.chats.language(chat) or language
            if request.method == "GET":
                return page("upload.html", language, problem="")
            if is_from_elsewhere(request, self._known.address or ""):
                return ProblemAnswer(Problems.STALE_FORM, 403, language)
            return await self._take(request, token, chat, language)
        except (StoreError, NoRoom):
            return ProblemAnswer(Problems.LATER, 503, language)

    async def _find(self, token: str) -> Chat | None:
        if not _TOKEN.fullmatch(token):
            return None
        owner = await self._store.links.owner(LinkPurpose.UPLOAD, token, self._clock.now())
        return await self._store.chats.find(owner) if owner else None

    async def _take(self, request: Request, token: str, chat: Chat, language: str) -> Response:
        async with self._room.receiving(request):
            try:
                form = await read_form(request, file=True)
            except FormTooLarge:
                return page("upload.html", language, status=413, problem="large")
            except FormUnreadable:
                return ProblemAnswer(Problems.STALE_FORM, 400, language)
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


_STOP = re.compile(r"[0-9a-f]{32}\.[0-9a-f]{32}")


class EmailPages:
    """The pages below ``/e/``."""

    def __init__(self, desk: EmailDesk, language: str) -> None:
        """``language`` is that of the pages."""
        self._desk = desk
        self._language = language

    def routes(self) -> list[Route]:
        """Return their addresses."""
        return [
            Route(f"{CONFIRM_PATH}{{token}}", self._confirm, methods=["GET", "POST"]),
            Route(f"{STOP_PATH}{{token}}", self._stop, methods=["GET", "POST"]),
        ]

    async def _confirm(self, request: Request) -> Response:
        token, language = request.path_params["token"], reader_language(request, self._language)
        try:
            address = await self._desk.look(token) if _TOKEN.fullmatch(token) else None
            if address is None:
                return ProblemAnswer(Problems.EMAIL_LINK_GONE, 404, self._language)
            if request.method == "GET":
                return page("email_confirm.html", language, address=address, done=False)
            if await self._desk.confirm(token):
                return page("email_confirm.html", language, address=address, done=True)
            return ProblemAnswer(Problems.EMAIL_LINK_GONE, 409, self._language)
        except StoreError:
            return ProblemAnswer(Problems.LATER, 503, self._language)

    async def _stop(self, request: Request) -> Response:
        """Show a button, or end it: a mail program posts without cookies and expects no redirect."""
        token, language = request.path_params["token"], reader_language(request, self._language)
        mailbox = self._desk.mailbox_of(token) if _STOP.fullmatch(token) else None
        if mailbox is None:
            return ProblemAnswer(Problems.EMAIL_LINK_GONE, 404, self._language)
        if request.method == "GET":
            return page("email_stop.html", language, done=False)
        try:
            if not await self._desk.stop(mailbox):
                return ProblemAnswer(Problems.EMAIL_LINK_GONE, 404, self._language)
        except StoreError:
            return ProblemAnswer(Problems.LATER, 503, self._language)
        return page("email_stop.html", language, done=True)
