"""The pages of the web chat: the conversation, what is posted to it, its stream, its files, going on elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from hmac import compare_digest

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.channels.pace import Rate, TokenBuckets
from bot.channels.web.channel import Streams
from bot.channels.web.inbox import (
    LONGEST_TEXT,
    FormTooLarge,
    FormUnreadable,
    PostedForm,
    Sent,
    WebInbox,
    caller_of,
    is_from_elsewhere,
    new_key,
    read_form,
)
from bot.channels.web.transfers import FileAnswer, NoRoom, TransferRoom
from bot.channels.web.view import find_start, format_event, to_bubbles, to_change, to_event
from bot.clock import Clock
from bot.messages import Chat
from bot.pages import Problem, ProblemAnswer, Problems, forget_language, page, reader_language, remember_language
from bot.services.links import WebChatLinks
from bot.store import Store, StoreError
from bot.store.web_chat import WebChat, WebMessage

#: Messages on a page; older ones are a link away. Beyond the newest there is none.
_PAGE, _NEWEST = 60, 2**62
#: Changes of one look at the store.
_BATCH = 100
#: Seconds between signs of life of a stream: proxies end silent ones.
HEARTBEAT = 15.0
#: Seconds that a post without a script waits for its answer, and between looks of the page after that.
_PATIENCE = 3.0
#: Requests of one address, behind which a whole office may sit, and conversations that it may begin.
_ADDRESS_RATE, _BEGIN_RATE = Rate(20.0, 400), Rate(0.5, 200)
#: Six digits are guessed soon: tries of one address, and of all together.
_CODE_RATE, _ALL_CODES_RATE = Rate(1 / 60, 5), Rate(1 / 10, 60)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PageSettings:
    """Holds the few settings that the pages need."""

    address: str  #: of the web server, without a slash at its end
    language: str  #: of people who have not chosen one
    cookie_age: timedelta
    made_up: bool = False  #: all data are made up

    @property
    def cookie(self) -> str:
        """Return the name of the cookie; behind TLS one that no other site of the domain can set."""
        return "__Host-troly" if self.is_secure else "troly"

    @property
    def is_secure(self) -> bool:
        """Tell whether browsers come over TLS."""
        return self.address.startswith("https:")


Answer = Callable[[Request], Awaitable[Response]]


class ChatPages:
    """The routes of the web chat."""

    def __init__(self, store: Store, inbox: WebInbox, streams: Streams, clock: Clock, known: PageSettings) -> None:
        self._store = store
        self._inbox = inbox
        self._streams = streams
        self._clock = clock
        self._known = known
        self._links = WebChatLinks(store, clock)
        self._rates = {
            name: TokenBuckets(rate, clock)
            for name, rate in {"all": _ADDRESS_RATE, "begin": _BEGIN_RATE, "code": _CODE_RATE}.items()
        }
        self._all_codes = TokenBuckets(_ALL_CODES_RATE, clock)
        self._uploads, self._downloads = TransferRoom(), TransferRoom()

    def routes(self) -> list[Route]:
        """Return their addresses."""
        pages: dict[str, tuple[Answer, str]] = {
            "/": (self._show, "GET"),
            "/chat": (self._post, "POST"),
            "/chat/events": (self._stream, "GET"),
            "/chat/changes": (self._changes, "GET"),
            "/chat/older": (self._older, "GET"),
            "/chat/file/{file}": (self._file, "GET"),
            "/chat/continue": (self._continue, "GET"),
            "/chat/continue/new": (self._new_link, "POST"),
            "/chat/continue/code": (self._use_code, "POST"),
            "/c/{token}": (self._continue_link, "GET"),
            "/chat/continue/link/{token}": (self._use_link, "POST"),
        }
        return [Route(path, self._guard(answer), methods=[method]) for path, (answer, method) in pages.items()]

    def _guard(self, answer: Answer) -> Answer:
        """Bound how often an address asks, refuse what another site posts, and word what goes wrong."""

        async def guarded(request: Request) -> Response:
            if not self._rates["all"].try_take(caller_of(request)):
                return self._problem(Problems.TOO_FAST, 429)
            if request.method == "POST" and is_from_elsewhere(request, self._known.address):
                return self._problem(Problems.STALE_FORM, 403)
            try:
                return await answer(request)
            except FormTooLarge:
                return self._problem(Problems.TOO_LARGE, 413)
            except FormUnreadable:
                return self._problem(Problems.STALE_FORM, 400)
            except (StoreError, NoRoom) as error:
                _log.warning("web_chat_unavailable", error=type(error).__name__)
                return self._problem(Problems.LATER, 503)

        return guarded

    def _problem(self, problem: Problem, status: int, headers: Mapping[str, str] | None = None) -> Response:
        return ProblemAnswer(problem, status, self._known.language, headers=headers)

    def _cookie(self, request: Request) -> str:
        return request.cookies.get(self._known.cookie, "")[:64]

    async def _find(self, request: Request) -> WebChat | None:
        return await self._inbox.find(self._cookie(request))

    def _form_token(self, cookie: str) -> str:
        return self._store.keyring.lookup("web form", cookie)

    async def _language(self, chat: Chat) -> str:
        return await self._store.chats.language(chat) or self._known.language

    async def _show(self, request: Request) -> Response:
        found = await self._find(request)
        if found is None:
            start = request.query_params.get("start", "")[:64]
            return page(
                "chat_begin.html",
                reader_language(request, self._known.language),
                start=start,
                key=new_key(),
                made_up=self._known.made_up,
            )
        cookie, language = self._cookie(request), await self._language(found.chat)
        before = request.query_params.get("before", "")
        latest = (await self._store.web.latest((found.chat.id,))).get(found.chat.id, 0)  # before the messages: no gap
        messages = await self._store.web.page(found.chat, _PAGE + 1, _number(before, _NEWEST))
        bubbles = list(to_bubbles(messages[-_PAGE:], language))
        answer = page(
            "chat.html", language,
            bubbles=bubbles, has_older=len(messages) > _PAGE, is_older=bool(before), latest=latest,
            waits=not before and bool(bubbles) and bubbles[-1].is_mine, ended=found.ended,
            form_token=self._form_token(cookie), key=new_key(), made_up=self._known.made_up, longest=LONGEST_TEXT,
            start=find_start(request.query_params.get("start", "")),
        )  # fmt: skip
        if found.ended:
            self._drop_cookie(answer)
        else:
            await self._store.web.see(cookie, self._clock.now())
            self._set_cookie(answer, cookie)
            remember_language(answer, language, secure=self._known.is_secure)
        return answer

    def _set_cookie(self, answer: Response, cookie: str) -> None:
        age = int(self._known.cookie_age.total_seconds())
        answer.set_cookie(
            self._known.cookie, cookie, max_age=age, secure=self._known.is_secure, httponly=True, samesite="lax"
        )

    def _drop_cookie(self, answer: Response) -> None:
        forget_language(answer)
        answer.delete_cookie(self._known.cookie, secure=self._known.is_secure, httponly=True, samesite="lax")

    async def _post(self, request: Request) -> Response:
        """Take what was sent; a script is answered without a page, a form with the conversation."""
        async with self._uploads.receiving(request):
            form = await read_form(request, file=True)
        cookie, found = self._cookie(request), await self._find(request)
        sent = Sent(form.get("key"), form.get("text"), form.get("tap"), form.file)
        scripted = request.headers.get("x-troly") == "1"
        if found is None or found.ended:
            if scripted:
                return self._problem(Problems.NO_CONVERSATION, 410)
            return await self._begin(request, sent)
        if not self._is_genuine(form, cookie):
            return self._problem(Problems.STALE_FORM, 403)
        if not sent.is_empty:
            await self._inbox.take(found.chat, sent)
            self._streams.changed(found.chat.id)
        if scripted:
            return Response(status_code=204)
        await self._wait_for_answer(found.chat)
        return RedirectResponse("/#end", status_code=303)

    def _is_genuine(self, form: PostedForm, cookie: str) -> bool:
        return compare_digest(form.get("form").encode(), self._form_token(cookie).encode())

    async def _begin(self, request: Request, sent: Sent) -> Response:
        if not self._rates["begin"].try_take(caller_of(request)):
            return self._problem(Problems.TOO_FAST, 429)
        cookie, chat = await self._inbox.begin()
        await self._inbox.take(chat, Sent(sent.key, "/start") if sent.is_empty else sent)
        await self._wait_for_answer(chat)
        answer = RedirectResponse("/#end", status_code=303)
        self._set_cookie(answer, cookie)
        return answer

    async def _wait_for_answer(self, chat: Chat) -> None:
        """Wait a moment, so that the page that follows shows the answer already."""
        with self._streams.watch(chat.id) as news:
            try:
                async with asyncio.timeout(_PATIENCE):
                    while (messages := await self._store.web.page(chat, 1)) and _is_mine(messages[-1]):
                        await news.wait()
                        news.clear()
            except TimeoutError:
                return

    async def _stream(self, request: Request) -> Response:
        found, cookie = await self._find(request), self._cookie(request)
        if found is None:
            return self._problem(Problems.NO_CONVERSATION, 410)
        if not self._streams.has_room:
            return self._problem(Problems.LATER, 503, {"retry-after": "10"})
        version = _number(request.headers.get("last-event-id") or request.query_params.get("after", ""), 0)
        headers = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
        told = self._events(found.chat, cookie, version)
        return StreamingResponse(told, media_type="text/event-stream", headers=headers)

    async def _events(self, chat: Chat, cookie: str, version: int) -> AsyncIterator[str]:
        """Tell every change after a version, in order, and signs of life; end when another tab takes over."""
        language = await self._language(chat)
        with self._streams.open(cookie, chat.id) as (news, over):
            yield "retry: 2000\n\n"
            while not (over.is_set() or self._streams.closing.is_set()):
                news.clear()
                changed = await self._read(chat, version)
                for message in changed:
                    version = message.version
                    yield to_event(message, language)
                if len(changed) == _BATCH:
                    continue
                try:
                    async with asyncio.timeout(HEARTBEAT):
                        await news.wait()
                except TimeoutError:
                    yield ": still here\n\n"
            if over.is_set():
                yield format_event("elsewhere", "")

    async def _read(self, chat: Chat, version: int) -> list[WebMessage]:
        try:
            return await self._store.web.changed(chat, version, _BATCH)
        except StoreError:
            return []  # the next look may succeed

    async def _changes(self, request: Request) -> Response:
        """Tell a tab without a stream what it lacks."""
        found = await self._find(request)
        if found is None:
            return self._problem(Problems.NO_CONVERSATION, 410)
        changed = await self._store.web.changed(found.chat, _number(request.query_params.get("after", ""), 0), _BATCH)
        language = await self._language(found.chat)
        return JSONResponse([to_change(message, language) for message in changed])

    async def _older(self, request: Request) -> Response:
        found = await self._find(request)
        if found is None:
            return self._problem(Problems.NO_CONVERSATION, 410)
        before = request.query_params.get("before", "")
        messages = await self._store.web.page(found.chat, _PAGE + 1, _number(before, _NEWEST))
        language = await self._language(found.chat)
        bubbles = list(to_bubbles(messages[-_PAGE:], language))
        return page("chat_older.html", language, bubbles=bubbles, has_older=len(messages) > _PAGE)

    async def _file(self, request: Request) -> Response:
        found, missing = await self._find(request), self._problem(Problems.FILE_GONE, 404)
        if found is None:
            return missing
        load = partial(self._store.web.file, found.chat.id, request.path_params["file"])
        return FileAnswer(self._downloads, load, missing, self._known.language, shows="show" in request.query_params)

    async def _continue(self, request: Request) -> Response:
        found, cookie = await self._find(request), self._cookie(request)
        language = await self._language(found.chat) if found else reader_language(request, self._known.language)
        form_token = self._form_token(cookie) if found else ""
        return page("continue.html", language, has_chat=bool(found), form_token=form_token, made=None, wrong=False)

    async def _new_link(self, request: Request) -> Response:
        form, found, cookie = await read_form(request), await self._find(request), self._cookie(request)
        if found is None or not self._is_genuine(form, cookie):
            return self._problem(Problems.STALE_FORM, 403)
        made = await self._links.make(found.chat)
        address = f"{self._known.address}/c/{made.token}"
        language = await self._language(found.chat)
        return page(
            "continue.html", language, has_chat=True, form_token=self._form_token(cookie), wrong=False,
            made={"address": address, "code": f"{made.code[:3]} {made.code[3:]}"},
        )  # fmt: skip

    async def _use_code(self, request: Request) -> Response:
        if not (self._rates["code"].try_take(caller_of(request)) and self._all_codes.try_take("")):
            return self._problem(Problems.TOO_FAST, 429)
        code = "".join(filter(str.isdecimal, (await read_form(request)).get("code")[:20]))
        chat = await self._links.use_code(code)
        if chat is None:
            values = {"has_chat": False, "form_token": "", "made": None, "wrong": True}
            return page("continue.html", reader_language(request, self._known.language), status=404, **values)
        return await self._join(chat)

    async def _continue_link(self, request: Request) -> Response:
        """Show one button: a messenger that opens the link to preview it must not use it up."""
        language = reader_language(request, self._known.language)
        return page("continue_link.html", language, token=request.path_params["token"][:64])

    async def _use_link(self, request: Request) -> Response:
        chat = await self._links.use_token(request.path_params["token"])
        return self._problem(Problems.LINK_GONE, 404) if chat is None else await self._join(chat)

    async def _join(self, chat: Chat) -> Response:
        cookie, _ = await self._inbox.join(chat)
        answer = RedirectResponse("/#end", status_code=303)
        self._set_cookie(answer, cookie)
        return answer


def _number(text: str, otherwise: int) -> int:
    """Return a number of an address; another one for what is none, or too large for the store."""
    return int(text) if text.isdecimal() and len(text) < 19 else otherwise


def _is_mine(message: WebMessage) -> bool:
    return message.content is not None and message.content.side == "person"
