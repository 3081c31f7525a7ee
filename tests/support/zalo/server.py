"""The HTTP side of the account: its interface, its uploads, the files of its people, and the calls to our webhook."""

import asyncio
import hashlib
import io
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.telegram.server import _Dropped, serving
from tests.support.zalo.account import Account, OaError, User
from tests.support.zalo.zbs import Zbs

#: Seconds after which a webhook that could not be called is called again; then it is switched off.
RETRIES = (30, 300, 900, 1800, 3600)

#: The path below which the service of approved texts is found, which has an address of its own.
BUSINESS = "/business"

Handler = Callable[[Request], Awaitable[object]]


class FakeOa:
    """An account that is served; ``fail`` makes the next calls of a path go wrong."""

    def __init__(self, account: Account | None = None) -> None:
        self.account = account or Account()
        self.zbs = Zbs(self.account)
        self.url = self.hook = ""
        self.hook_off = False
        self.answers: list[int] = []  #: statuses of our webhook
        self.files: dict[str, bytes] = {}
        self.waiting: list[tuple[bytes, dict[str, str], int]] = []  #: events to be called again
        self.stalled = 0  #: calls that were carried out and get no answer until ``mended``
        self.mended = asyncio.Event()
        self._faults: dict[str, deque[str | int]] = defaultdict(deque)
        self._changed = asyncio.Event()
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    @asynccontextmanager
    async def start(cls, account: Account | None = None, port: int = 0) -> AsyncIterator["FakeOa"]:
        oa = cls(account)
        async with serving(oa.app(), port) as oa.url, aiohttp.ClientSession() as oa._session:
            yield oa

    def fail(self, path: str, *how: str | int) -> None:
        """Let the next calls of a path fail: a code, ``500``, ``dropped``; ``delivered`` and that, or ``stalled``."""
        self._faults[path].extend(how)

    def app(self) -> Starlette:
        posts: dict[str, Handler] = {
            "/v3.0/oa/message/cs": lambda one: self._send("v3", one),
            "/v2.0/oa/message": lambda one: self._send("v2", one),
            "/v3.0/oa/message/template": self._template,
            f"{BUSINESS}/message/template": self._template_by_phone,
            "/v2.0/oa/upload/file": self._upload,
            "/v3.0/oa/quota/message": self._quota,
        }
        gets: dict[str, Handler] = {
            "/v2.0/oa/getoa": self._profile,
            "/v2.0/oa/listrecentchat": self._recent,
            "/v2.0/oa/conversation": self._conversation,
            "/v3.0/oa/user/detail": self._detail,
            f"{BUSINESS}/template/info/v2": self._template_info,
        }
        routes = [Route(path, self._gate(path, act), methods=["POST"]) for path, act in posts.items()]
        routes += [Route(path, self._gate(path, act)) for path, act in gets.items()]
        routes += [
            Route("/v4/oa/access_token", self._token, methods=["POST"]),
            Route("/files/{name}", self._file),
        ]
        return Starlette(routes=routes)

    def _gate(self, path: str, act: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            fault = self._faults[path].popleft() if self._faults[path] else ""
            self.account.calls.append(path)
            headers: dict[str, str] = {}
            try:
                head = request.headers
                limits = self.account.check_call(head.get("access_token", ""), head.get("appsecret_proof", ""))
                headers = dict(zip(("X-RateLimit-Limit", "X-RateLimit-Remain"), map(str, limits), strict=True))
                if fault in {"dropped", "403", "500"}:
                    return _Dropped() if fault == "dropped" else Response("oops", int(fault))
                data = await act(request) if isinstance(fault, str) else None
                if fault == "delivered dropped":
                    return _Dropped()
                if fault == "delivered stalled":
                    self.stalled += 1
                    await self.mended.wait()
                    fault = ""
                if fault:
                    code = int(str(fault).removeprefix("delivered "))
                    return JSONResponse(OaError(code, "asked for by the test").body(), headers=headers)
            except OaError as error:
                if path.startswith(BUSINESS) and error.code in {-216, -220}:
                    error = OaError(-124, "Access token invalid")  # the service has numbers of its own
                return JSONResponse(error.body(), headers=headers)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                return JSONResponse({"error": -201, "message": f"{type(error).__name__} is invalid!"}, headers=headers)
            finally:
                self._changed.set()
                self._changed = asyncio.Event()
            return JSONResponse({"data": data, "error": 0, "message": "Success"}, headers=headers)

        return handle

    async def _token(self, request: Request) -> Response:
        fault = self._faults["token"].popleft() if self._faults["token"] else ""
        form = await request.form()
        if fault == "dropped":
            return _Dropped()
        if isinstance(fault, int):
            return JSONResponse({"error": fault, "error_name": "asked for by the test"})
        secret = request.headers.get("secret_key", "")
        if form.get("grant_type") == "authorization_code":
            known = form.get("code") == "kode" and secret == self.account.app_secret
            if not known:
                return JSONResponse({"error": -14019, "error_name": "Invalid code"})
            access, refresh = self.account.issue_tokens()
            return JSONResponse({"access_token": access, "refresh_token": refresh, "expires_in": "90000"})
        if form.get("grant_type") != "refresh_token":
            return JSONResponse({"error": -14000, "error_name": "Invalid grant"})
        answer = self.account.renew(str(form.get("app_id")), secret, str(form.get("refresh_token")))
        return _Dropped() if fault == "delivered dropped" else JSONResponse(answer)

    async def _send(self, endpoint: str, request: Request) -> object:
        return self.account.send(endpoint, await request.json())

    async def _template(self, request: Request) -> object:
        return self.zbs.send_to_person(await request.json())

    async def _template_by_phone(self, request: Request) -> object:
        return self.zbs.send_to_phone(await request.json())

    async def _template_info(self, request: Request) -> object:
        return self.zbs.info(request.query_params["template_id"])

    async def _upload(self, request: Request) -> object:
        async with request.form() as form:
            file = form["file"]
            if isinstance(file, str):
                raise OaError(-201, "file is invalid!")
            return {"token": self.account.upload_file(file.filename or "", await file.read())}

    async def _quota(self, request: Request) -> object:
        return self.account.quota((await request.json())["user_id"])

    async def _profile(self, _: Request) -> object:
        return self.account.profile()

    async def _detail(self, request: Request) -> object:
        user = self.account.people.get(_asked(request)["user_id"])
        if user is None or not user.follower:
            raise OaError(-213, "User has not followed OA")
        return {"user_id": user.id, "user_is_follower": True}

    async def _recent(self, request: Request) -> object:
        offset, count = _page(request)
        newest = sorted((rows[0] for rows in self.account.history.values()), key=lambda row: -row["time"])
        return newest[offset : offset + count]

    async def _conversation(self, request: Request) -> object:
        offset, count = _page(request)
        return self.account.history.get(_asked(request)["user_id"], [])[offset : offset + count]

    async def _file(self, request: Request) -> Response:
        content = self.files.get(request.path_params["name"])
        return Response(status_code=404) if content is None else Response(content)

    # -- What people do.

    async def says(self, user: User, text: str, **more: Any) -> str:
        """A person writes, or taps a button whose payload that is; return the id of the message."""
        return await self._message("user_send_text", user, {"text": text}, **more)

    async def sends_file(self, user: User, name: str, content: bytes, **more: Any) -> str:
        stored = hashlib.sha256(content).hexdigest()[:24]
        self.files[stored] = content
        payload = {
            "url": f"{self.url}/files/{stored}", "size": str(len(content)), "name": name,
            "checksum": hashlib.md5(content, usedforsecurity=False).hexdigest(), "type": name.rpartition(".")[2],
        }  # fmt: skip
        payload |= more.pop("payload", {})
        return await self._message(
            "user_send_file", user, {"attachments": [{"type": "file", "payload": payload}]}, **more
        )

    async def _message(self, name: str, user: User, message: dict[str, Any], **more: Any) -> str:
        user.last_interaction = self.account.now
        number = self.account.next_id()
        self.account.note(user.id, {"src": 1, "message_id": number, "message": message.get("text", ""), "type": "text"})
        await self.event(name, user, message={"msg_id": number, **message}, **more)
        return number

    async def submits(self, user: User, phone: str | int) -> None:
        """A person fills in the form that asks for their details."""
        user.last_interaction = self.account.now
        info = {"name": "Lan", "phone": phone, "full_address": {"user_city": "", "user_ward": "", "user_address": ""}}
        await self.event("user_submit_info", user, info=info)

    async def follows(self, user: User) -> None:
        user.follower, user.last_interaction = True, self.account.now
        await self.event("follow", user, follower={"id": user.id}, oa_id=self.account.oa_id, source="oa_profile")

    async def unfollows(self, user: User) -> None:
        user.follower = False
        await self.event("unfollow", user, follower={"id": user.id}, oa_id=self.account.oa_id, source="oa_profile")

    async def event(self, name: str, user: User, *, times: int = 1, lost: bool = False, **fields: Any) -> None:
        """Tell our webhook of an event; ``lost``: the connection fails and it comes again later."""
        ours = name.startswith(("oa_send", "user_received", "user_seen"))
        ends = (self.account.oa_id, user.id) if ours else (user.id, self.account.oa_id)
        body = {
            "app_id": self.account.app_id, "sender": {"id": ends[0]}, "user_id_by_app": "552177279717587730",
            "recipient": {"id": ends[1]}, "event_name": name, "timestamp": str(int(self.account.now * 1000)), **fields,
        }  # fmt: skip
        raw = json.dumps(body, ensure_ascii=False).encode()
        for _ in range(times):
            await self.call_hook(raw, self.signed(raw, body["timestamp"]), lost=lost)

    def signed(self, raw: bytes, timestamp: str) -> dict[str, str]:
        """The headers of an event: a plain SHA-256, no HMAC."""
        whole = self.account.app_id.encode() + raw + timestamp.encode() + self.account.oa_secret.encode()
        mac = hashlib.sha256(whole).hexdigest()
        return {"X-ZEvent-Signature": f"mac={mac}", "X-ZEvent-Timestamp": timestamp}

    async def call_hook(self, raw: bytes, headers: dict[str, str], *, lost: bool = False, tries: int = 0) -> int:
        """Call the webhook; it has two seconds."""
        assert self._session is not None
        if self.hook_off:
            return 0
        status = 0
        given = {**headers, "Content-Type": "application/json"} | ({"num_retry": str(tries)} if tries else {})
        if not lost:
            try:
                timeout = aiohttp.ClientTimeout(total=2.0)
                async with self._session.post(
                    self.hook, data=io.BytesIO(raw), headers=given, timeout=timeout
                ) as response:
                    status = response.status
            except (aiohttp.ClientError, TimeoutError):
                status = 0
        self.answers.append(status)
        if not status:
            self.waiting.append((raw, headers, tries))
            self.hook_off = tries >= len(RETRIES)
        return status

    async def call_again(self) -> None:
        """Let the next retry be due, with the body and the timestamp of the first call."""
        due, self.waiting = self.waiting, []
        for raw, headers, tries in due:
            self.account.advance += RETRIES[min(tries, len(RETRIES) - 1)]
            await self.call_hook(raw, headers, tries=tries + 1)

    async def until(self, ready: Callable[[], bool], seconds: float = 20.0) -> None:
        """Wait until a condition holds after a call."""
        async with asyncio.timeout(seconds):
            while not ready():
                changed = self._changed
                try:
                    await asyncio.wait_for(changed.wait(), 0.05)
                except TimeoutError:
                    continue


def _asked(request: Request) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(request.query_params["data"])
    return data


def _page(request: Request) -> tuple[int, int]:
    asked = _asked(request)
    if asked["count"] > 10:
        raise OaError(-210, "count is over limit")
    return asked["offset"], asked["count"]
