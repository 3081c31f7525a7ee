"""The routes of a site, with every error worded: what leads nowhere, what is not taken, what fails in the program.

What fails gets a number, which stands on the page and in the log: so a person can name it without telling anything.
"""

import secrets
import traceback
from collections.abc import Sequence
from pathlib import Path

import structlog
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Router
from starlette.types import Message, Receive, Scope, Send

from bot.pages import FAILED, NOT_FOUND, NOT_THIS_WAY, UNREADABLE, ProblemAnswer, problem_page
from locales import LANGUAGES

_log = structlog.get_logger(__name__)

_PROBLEMS = {404: NOT_FOUND, 405: NOT_THIS_WAY}
#: Places of the program that the log names, the innermost last; neither a message nor a value, for they quote people.
_PLACES = 5
_ROOT = Path(__file__).parents[2]


class ProblemPages:
    """An ASGI application of routes that tells every error as a page, or as JSON to scripts."""

    def __init__(self, routes: Sequence[BaseRoute], language: str, *, scripts_only: bool = False) -> None:
        """``language`` is that of people who come for the first time; ``scripts_only``: no person reads this site."""
        self._language = language
        self._scripts_only = scripts_only
        self._app = ExceptionMiddleware(Router(routes), handlers={HTTPException: self._tell})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. Nothing that fails is passed on: the server would log whatever it quotes."""
        scope = {**scope, "app": self}  # the router then leaves to us what leads nowhere
        # No database takes a null byte, and nobody types one: an address with it leads nowhere, a parameter loses it.
        scope["query_string"] = scope["query_string"].replace(b"%00", b"")
        if self._scripts_only:
            scope["headers"] = [*scope["headers"], (b"x-troly", b"1")]
        begun = False

        async def send_answer(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            if "\x00" in scope["path"]:
                await ProblemAnswer(NOT_FOUND, 404, self._language)(scope, receive, send_answer)
            else:
                await self._app(scope, receive, send_answer)
        except ClientDisconnect:  # nobody is there any more to be told
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the person gets a page
            number = secrets.token_hex(4)
            _log.error("page_failed", number=number, error=type(error).__name__, at=_places(error), begun=begun)
            if not begun:
                await ProblemAnswer(FAILED, 500, self._language, number=number)(scope, receive, send)

    async def _tell(self, request: Request, error: Exception) -> Response:  # noqa: ARG002 - as Starlette calls it
        known = error if isinstance(error, HTTPException) else HTTPException(404)
        problem = _PROBLEMS.get(known.status_code, UNREADABLE)
        return ProblemAnswer(problem, known.status_code, self._language, headers=known.headers)


def _places(error: Exception) -> list[str]:
    """Name the places of the program that the error went through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if Path(one.filename).is_relative_to(_ROOT) and ".venv" not in one.filename]
    return [f"{Path(one.filename).relative_to(_ROOT)}:{one.lineno}" for one in (ours or frames)[-_PLACES:]]


def unreadable_page() -> bytes:
    """Return the page for what is no request at all; nothing is known of its reader."""
    return bytes(problem_page(UNREADABLE, LANGUAGES[0], 400).body)
