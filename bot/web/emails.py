"""The pages of letters: one confirms an address, one ends messages to it, with one click of a mail program (RFC 8058).

Looking changes nothing, for mail servers open each link to look for harm.
"""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.pages import page
from bot.services.email import CONFIRM_PATH, STOP_PATH, EmailDesk
from bot.store import StoreError
from bot.store.links import TOKEN_PATTERN

_TOKEN = re.compile(TOKEN_PATTERN)
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
        token = request.path_params["token"]
        try:
            address = await self._desk.look(token) if _TOKEN.fullmatch(token) else None
            if address is None:
                return page("email_gone.html", self._language, status=404)
            if request.method == "GET":
                return page("email_confirm.html", self._language, address=address, done=False)
            if await self._desk.confirm(token):
                return page("email_confirm.html", self._language, address=address, done=True)
            return page("email_gone.html", self._language, status=409)
        except StoreError:
            return page("link_later.html", self._language, status=503)

    async def _stop(self, request: Request) -> Response:
        """Show a button, or end it: a mail program posts without cookies and expects no redirect."""
        token = request.path_params["token"]
        mailbox = self._desk.mailbox_of(token) if _STOP.fullmatch(token) else None
        if mailbox is None:
            return page("email_gone.html", self._language, status=404)
        if request.method == "GET":
            return page("email_stop.html", self._language, done=False)
        try:
            await self._desk.stop(mailbox)
        except StoreError:
            return page("link_later.html", self._language, status=503)
        return page("email_stop.html", self._language, done=True)
