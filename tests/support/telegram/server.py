"""The HTTP side: https://core.telegram.org/bots/api#making-requests, and a socket on this machine."""

import asyncio
import re
import socket
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.support.telegram.account import Account
from tests.support.telegram.errors import ApiError, bad_request
from tests.support.telegram.faults import ConnectionDroppedError, Faults, RawAnswerError
from tests.support.telegram.forms import Form, read
from tests.support.telegram.limits import Limits
from tests.support.telegram.methods import LIMITED, METHODS, PAID


@dataclass(frozen=True)
class Call:
    """A call and its answer; the code 0 means that the connection was reset."""

    method: str  #: in lower case
    fields: Mapping[str, str]
    code: int
    description: str = ""
    result: Any = None

    @property
    def ok(self) -> bool:
        return self.code == 200


TOKEN = re.compile(r"\d+:[\w-]{35}", re.ASCII)


class Gate:
    """Checks a call, performs it, and logs it."""

    def __init__(self, account: Account, limits: Limits) -> None:
        self.account, self.limits = account, limits
        self.faults = Faults()
        self.calls: list[Call] = []
        self.arrived: Counter[str] = Counter()  #: calls by method, those still waiting for their answer included
        self._awaited: dict[str, asyncio.Event] = {}

    async def call(self, request: Request) -> Response:
        method = request.path_params["method"].lower()
        form = Form({})
        self._arrives(method)
        try:
            self.check_token(request.path_params["token"])
            form = await read(request)
            result = await self._perform(method, form)
        except ApiError as error:
            self.calls.append(Call(method, form.fields, error.code, error.description))
            return JSONResponse(error.body(), error.code)
        except RawAnswerError as raw:
            self.calls.append(Call(method, form.fields, raw.status, "not an answer"))
            return Response(raw.body, raw.status, media_type=raw.media_type)
        except (ConnectionDroppedError, ClientDisconnect, asyncio.CancelledError):  # cancelled: the server ends
            self.calls.append(Call(method, form.fields, 0, "connection dropped"))
            return _Dropped()
        self.calls.append(Call(method, form.fields, 200, result=result))
        return JSONResponse({"ok": True, "result": result})

    def _arrives(self, method: str) -> None:
        self.arrived[method] += 1
        if method in self._awaited:
            self._awaited.pop(method).set()

    async def next_call(self, method: str) -> None:
        """Wait until the next call of ``method`` arrives, answered or not."""
        await self._awaited.setdefault(method.lower(), asyncio.Event()).wait()

    def check_token(self, token: str) -> None:
        """Answer 404 for a malformed token, and 401 for one of no bot."""
        if not TOKEN.fullmatch(token):
            raise ApiError(404, "Not Found")
        if token != self.account.token or self.account.revoked:
            raise ApiError(401, "Unauthorized")

    async def _perform(self, method: str, form: Form) -> Any:
        if method not in METHODS:
            raise ApiError(404, "Not Found: method not found")
        chat = form.number("chat_id")
        await self.faults.meet(method, chat, "before")
        if method in LIMITED and chat in self.account.chats:
            self.limits.check(chat, paid=method in PAID and form.flag("allow_paid_broadcast"))
        result = await METHODS[method](self.account, form)
        await self.faults.meet(method, chat, "after")
        return result

    async def download(self, request: Request) -> Response:
        """https://core.telegram.org/bots/api#file"""
        try:
            self.check_token(request.path_params["token"])
            await self.faults.meet("download", 0, "before")
            document = self.account.files.get(request.path_params["path"].removeprefix("documents/"))
            if document is None:
                raise bad_request("wrong file_id or the file is temporarily unavailable")
        except ApiError as error:
            return JSONResponse(error.body(), error.code)
        except RawAnswerError as raw:
            return Response(raw.body, raw.status, media_type=raw.media_type)
        except ConnectionDroppedError:
            return _Dropped()
        return Response(document.content, media_type="application/octet-stream")

    def app(self) -> Starlette:
        download = Route("/file/bot{token}/{path:path}", self.download)
        return Starlette(routes=[download, Route("/bot{token}/{method}", self.call, methods=["GET", "POST"])])


class _Protocol(H11Protocol):
    """Allows an answer to be a reset connection: each connection's transport is in the state of its requests."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the parent
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Dropped(Response):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["transport"].abort()
        while (await receive())["type"] != "http.disconnect":
            pass


def _listen(port: int) -> socket.socket:
    """Name the protocol, because only then does asyncio turn off Nagle's algorithm, which adds 40 ms to an answer."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


@asynccontextmanager
async def serving(app: Starlette, port: int = 0) -> AsyncIterator[str]:
    """Serve on this machine only and yield ``http://127.0.0.1:PORT``; at the end, running requests are cut off."""
    with _listen(port) as listener:
        config = uvicorn.Config(app, http=_Protocol, ws="none", lifespan="off", log_config=None, access_log=False)
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[listener])  # without run(): signals stay with whoever runs the tests
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            await _stop(server)


async def _stop(server: uvicorn.Server) -> None:
    for listening in server.servers:
        listening.close()
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    await asyncio.sleep(0)  # the transports tell their protocols
    for task in server.server_state.tasks:
        task.cancel()
    await asyncio.gather(*server.server_state.tasks)
