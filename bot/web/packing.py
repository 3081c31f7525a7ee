"""Pages are packed with gzip, where that tells a stranger nothing.

A page holds secrets, the token of its forms and people's names, beside words of its address. Whoever could make a
browser ask for it with words of their choice, and see how long the answers are on the line, would guess a secret letter
by letter (BREACH). What another site makes a browser ask for is therefore never packed: the browser says so itself
(Sec-Fetch-Site), and one that says nothing gets everything as it is.
"""

import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
