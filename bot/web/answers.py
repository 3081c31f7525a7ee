"""Word the errors, pack the pages and set the headers of every answer on its way out.

What fails gets a number, which stands on the page and in the log: so a person can name it without telling anything.

Pages are packed with gzip, where that tells a stranger nothing. A page holds secrets, the token of its forms and
people's names, beside words of its address. Whoever could make a browser ask for it with words of their choice, and see
how long the answers are on the line, would guess a secret letter by letter (BREACH). What another site makes a browser
ask for is therefore never packed: the browser says so itself (Sec-Fetch-Site), and one that says nothing gets
everything as it is.
"""

import gzip
import secrets
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.pages import ProblemAnswer, Problems, problem_page
from locales import LANGUAGES

_log = structlog.get_logger(__name__)

_PROBLEMS = {404: Problems.NOT_FOUND, 405: Problems.NOT_THIS_WAY}
#: Places of the program that the log names, the innermost last; neither a message nor a value, for they quote people.
_PLACES = 5
_ROOT = Path(__file__).parents[2]


class ProblemPages:
    """An ASGI application of routes that tells every error as a page, or as JSON to scripts."""

    def __init__(self, routes: Sequence[BaseRoute], language: str, *, scripts_only: bool = False) -> None:
        """``language`` is that of people who come for the first time; a ``scripts_only`` site is read by no person."""
        self._language = language
        self._scripts_only = scripts_only
        self._app = ExceptionMiddleware(Router(routes), handlers={HTTPException: self._tell})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. Nothing that fails is passed on: the server would log whatever it quotes."""
        scope = {**scope, "app": self}  # the router then leaves to us what leads nowhere
        # No database takes a null byte, and nobody types one: with the sign for what is unreadable it leads nowhere.
        scope["path"] = scope["path"].replace("\x00", "\ufffd")
        scope["query_string"] = scope["query_string"].replace(b"%00", b"%EF%BF%BD")
        if self._scripts_only:
            scope["headers"] = [*scope["headers"], (b"x-troly", b"1")]
        begun = False

        async def send_answer(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_answer)
        except ClientDisconnect:  # nobody is there any more to be told
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the person gets a page
            number = secrets.token_hex(4)
            _log.error("page_failed", number=number, error=type(error).__name__, at=_places(error), begun=begun)
            if not begun:
                await ProblemAnswer(Problems.FAILED, 500, self._language, values={"number": number})(
                    scope, receive, send
                )

    async def _tell(self, request: Request, error: Exception) -> Response:  # noqa: ARG002 - as Starlette calls it
        known = error if isinstance(error, HTTPException) else HTTPException(404)
        problem = _PROBLEMS.get(known.status_code, Problems.UNREADABLE)
        return ProblemAnswer(problem, known.status_code, self._language, headers=known.headers)


def _places(error: Exception) -> list[str]:
    """Name the places of the program that the error went through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if Path(one.filename).is_relative_to(_ROOT) and ".venv" not in one.filename]
    return [f"{Path(one.filename).relative_to(_ROOT)}:{one.lineno}" for one in (ours or frames)[-_PLACES:]]


def unreadable_page() -> bytes:
    """Return the page for what is no request at all; nothing is known of its reader."""
    return bytes(problem_page(Problems.UNREADABLE, LANGUAGES[0], 400).body)


#: What the person asked for: from a page of ours, or by typing, a bookmark, a link of another program.
_OWN = frozenset({"same-origin", "none"})
#: Bytes below which packing gains nothing, and how hard it tries: a page of 100 KB takes a millisecond.
_SMALLEST, _LEVEL = 1000, 5


class PackedPages:
    """An ASGI application whose whole pages are packed; files, streams and what is packed already pass as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or not _may_pack(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        head: Message | None = None

        async def send_packed(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start" and _is_page(MutableHeaders(scope=message)):
                head = message
                return
            if head is not None:
                start, head = head, None
                message = _pack(start, message)
                await send(start)
            await send(message)

        await self._app(scope, receive, send_packed)


def _may_pack(asked: Headers) -> bool:
    return asked.get("sec-fetch-site") in _OWN and "gzip" in asked.get("accept-encoding", "")


def _is_page(headers: MutableHeaders) -> bool:
    return headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers


def _pack(head: Message, body: Message) -> Message:
    """Pack a body that is whole; one in several parts stays as it is."""
    content = body.get("body", b"")
    if body.get("more_body") or len(content) < _SMALLEST:
        return body
    packed = gzip.compress(content, _LEVEL, mtime=0)
    headers = MutableHeaders(scope=head)
    headers["content-encoding"] = "gzip"
    headers["content-length"] = str(len(packed))
    headers.add_vary_header("accept-encoding")
    headers.add_vary_header("sec-fetch-site")
    return {**body, "body": packed}


_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(), microphone=(), payment=(), usb=()",
    "x-robots-tag": "noindex, nofollow",
}
#: Two years, as https://hstspreload.org/ asks; other sites of the domain decide for themselves.
_TLS_ONLY = {"strict-transport-security": "max-age=63072000"}


class SecurityHeaders:
    """An ASGI application whose answers carry the headers, each unless the answer has its own; none is kept."""

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self._app = app
        self._headers: Mapping[str, str] = {**HEADERS, **(_TLS_ONLY if tls else {}), "cache-control": "no-store"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
