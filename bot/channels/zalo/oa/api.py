"""Call the Official Account's interface: every call within the minute's budget, with a token that is good now."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import structlog
from pydantic import SecretStr

from bot.channels import Gone, Unreachable
from bot.channels.http import read_bounded
from bot.channels.zalo.http import ZaloHttp
from bot.channels.zalo.oa.errors import OA_ERRORS, ZNS_ERRORS, ErrorClass, OaError
from bot.channels.zalo.oa.pace import CallBucket
from bot.channels.zalo.oa.tokens import TokenKeeper
from bot.setting_values import is_loopback

#: Kinds of accounts: of a firm, and of an authority.
BUSINESS, GOVERNMENT = 2, 4  #: as ``oa_type`` numbers them
_PATHS = {"v3": "/v3.0/oa/message/cs", "v2": "/v2.0/oa/message"}
_UPLOAD_TIMEOUT = 60.0
#: Redirects that a file may take, within the hosts that are allowed.
_MOST_REDIRECTS = 3

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """The addresses and secrets of calls."""

    url: str
    secret: SecretStr  #: of the app, for the proof
    proof: bool  #: whether the console asks for a proof with each token
    file_hosts: tuple[str, ...]  #: hosts from which files are fetched; their subdomains too


@dataclass(frozen=True, slots=True)
class Interface:
    """One of the interfaces that take the account's token."""

    url: str
    errors: Mapping[int, ErrorClass]
    vital: bool = True  #: what it refuses for want of a right or a package, the whole account lacks


@dataclass(frozen=True, slots=True)
class SentMessage:
    """The answer to a message that was taken."""

    id: str
    quota: str = ""  #: the quota that pays for it; empty where that is not said

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "SentMessage":
        """Read an answer; the interfaces name the id in two ways."""
        quota = data.get("quota")
        kind = quota.get("quota_type") if isinstance(quota, Mapping) else ""
        return cls(str(data.get("message_id") or data.get("msg_id") or ""), str(kind or ""))


@dataclass(frozen=True, slots=True)
class Profile:
    """Carries the description that an account gives of itself."""

    kind: int | None
    name: str
    verified: bool
    package: str
    package_ends: datetime | None

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Profile":
        """Read what ``getoa`` answers; whatever cannot be read is left out."""
        kind = str(data.get("oa_type", ""))
        verified = str(data.get("is_verified")).lower() in {"true", "1"}
        texts = [str(data.get(name) or "")[:200] for name in ("name", "package_name")]
        return cls(int(kind) if kind.isdecimal() else None, texts[0], verified, texts[1], _read_day(data))

    @property
    def endpoint(self) -> str:
        """Return the version of the endpoint that suits the kind of account."""
        return "v2" if self.kind == GOVERNMENT else "v3"


def _read_day(data: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.strptime(str(data.get("package_valid_through_date")), "%d/%m/%Y").replace(tzinfo=UTC)
    except ValueError:
        return None


class ZaloApi:
    """Calls of one account. Each raises OaError, and what ``TokenKeeper`` and ``ZaloHttp`` raise."""

    def __init__(self, settings: ApiSettings, http: ZaloHttp, tokens: TokenKeeper, bucket: CallBucket) -> None:
        self._settings = settings
        self._http = http
        self._tokens = tokens
        self._bucket = bucket
        self._account = Interface(settings.url, OA_ERRORS)
        self._failing: ErrorClass | None = None

    @property
    def is_accepted(self) -> bool:
        """Tell whether Zalo lets the assistant act for the account, as far as is known."""
        return self._tokens.is_connected and self._failing not in {ErrorClass.OWNER, ErrorClass.SETUP}

    async def profile(self) -> Profile:
        """Ask the account what it is."""
        return Profile.read(await self._get("/v2.0/oa/getoa"))

    async def send(self, endpoint: str, user: str, message: Mapping[str, Any], *, urgent: bool) -> SentMessage:
        """Send a message of consultation."""
        body = {"recipient": {"user_id": user}, "message": message}
        return SentMessage.read(await self._call("POST", _PATHS[endpoint], urgent=urgent, json=body))

    async def upload(self, name: str, content: bytes, media_type: str, *, urgent: bool) -> str:
        """Upload a file and return its token, which is good for seven days."""

        def form() -> aiohttp.FormData:
            made = aiohttp.FormData(quote_fields=False)
            made.add_field("file", content, filename=name, content_type=media_type)
            return made

        data = await self._call("POST", "/v2.0/oa/upload/file", urgent=urgent, form=form, read_timeout=_UPLOAD_TIMEOUT)
        token = data.get("token") or data.get("attachment_id")
        if not token:
            raise OaError(-201)
        return str(token)

    async def last_interaction(self, user: str) -> datetime | None:
        """Ask when a person last interacted: what counts for the windows."""
        data = await self._call("POST", "/v3.0/oa/quota/message", urgent=False, json={"user_id": user})
        found = str(data.get("last_interaction") or "")
        return datetime.fromtimestamp(int(found) / 1000, UTC) if found.isdecimal() and len(found) < 15 else None

    async def recent_chats(self, offset: int) -> list[Any]:
        """Return the last message of ten chats, the newest first."""
        return await self._list("/v2.0/oa/listrecentchat", {"offset": offset, "count": 10})

    async def conversation(self, user: str, offset: int) -> list[Any]:
        """Return ten messages of a chat, the newest first."""
        return await self._list("/v2.0/oa/conversation", {"user_id": user, "offset": offset, "count": 10})

    async def _list(self, path: str, asked: Mapping[str, Any]) -> list[Any]:
        found = (await self._answer("GET", path, urgent=False, params={"data": json.dumps(asked)})).get("data")
        return found if isinstance(found, list) else []

    async def _get(self, path: str) -> dict[str, Any]:
        return await self._call("GET", path, urgent=False)

    async def call(self, method: str, path: str, at: Interface, **request: Any) -> dict[str, Any]:
        """Make a call of another interface, which takes a place of the same minute, and return its data."""
        return await self._call(method, path, at=at, urgent=False, **request)

    async def _call(
        self, method: str, path: str, *, urgent: bool, at: Interface | None = None, **request: Any
    ) -> dict[str, Any]:
        data = (await self._answer(method, path, at=at, urgent=urgent, **request)).get("data")
        return data if isinstance(data, dict) else {}

    async def _answer(
        self, method: str, path: str, *, urgent: bool, at: Interface | None = None, **request: Any
    ) -> Mapping[str, Any]:
        """Make a call, a second time with another token where the first one was refused."""
        at = at or self._account
        token = await self._tokens.access()
        try:
            return await self._once(method, path, at, token, urgent=urgent, **request)
        except OaError as error:
            if error.kind is not ErrorClass.TOKEN:
                raise
        return await self._once(method, path, at, await self._tokens.renew(token), urgent=urgent, **request)

    async def _once(  # noqa: PLR0913 - a call has that many parts
        self, method: str, path: str, at: Interface, token: str, *, urgent: bool, form: Any = None, **request: Any
    ) -> Mapping[str, Any]:
        await self._bucket.take(urgent=urgent)
        if form:
            request["data"] = form()
        try:
            answer = await self._http.exchange(method, at.url + path, headers=self._headers(token), **request)
        finally:
            self._bucket.give_back()
        self._bucket.learn(answer.limit, answer.remaining)
        code = _code(answer.fields.get("error"))
        if code == 0:
            self._failing = None if at.vital else self._failing
            return answer.fields
        error = OaError(code, at.errors)
        self._note(error, path, at)
        raise error

    def _note(self, error: OaError, path: str, at: Interface) -> None:
        _log.info("zalo_error", code=error.code, kind=error.kind.value, method=path)
        if error.kind is ErrorClass.WAIT:
            self._bucket.exhaust()
        if at.vital and error.kind in {ErrorClass.OWNER, ErrorClass.SETUP}:
            self._failing = error.kind

    def _headers(self, token: str) -> dict[str, str]:
        if not self._settings.proof:
            return {"access_token": token}
        secret = self._settings.secret.get_secret_value().encode()
        return {"access_token": token, "appsecret_proof": hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()}

    async def download(self, reference: str, limit: int) -> bytes:
        """Fetch a file that a person sent; ``reference`` is its digest and its address.

        Raises:
            TooLarge: it has more than ``limit`` bytes.
            Gone: it is not there, not whole, or not at a host that files may come from.
            Unreachable: the host cannot be reached.
        """
        digest, _, url = reference.partition(" ")
        content = await self._fetch(self._to_allowed(url), limit)
        if digest and hashlib.md5(content, usedforsecurity=False).hexdigest() != digest.lower():
            _log.warning("zalo_file_altered")
            raise Gone
        return content

    async def _fetch(self, url: str, limit: int) -> bytes:
        timeout = aiohttp.ClientTimeout(total=120.0, connect=15.0, sock_read=20.0)
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                async with self._http.session.get(url, timeout=timeout, allow_redirects=False) as response:
                    if 300 <= response.status < 400:
                        url = self._to_allowed(urljoin(url, response.headers.get("Location", "")))
                        continue
                    if response.status != 200:
                        raise Unreachable if response.status >= 500 else Gone
                    return await read_bounded(response, limit)
        except (aiohttp.InvalidURL, ValueError):
            raise Gone from None
        except (aiohttp.ClientError, TimeoutError):
            raise Unreachable from None
        raise Gone

    def _to_allowed(self, url: str) -> str:
        """Return the address with https; raise Gone for one that nothing is fetched from."""
        try:
            parts = urlsplit(url)
            host, _ = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise Gone from None
        known = any(host == one or host.endswith(f".{one}") for one in self._settings.file_hosts)
        if not known or parts.scheme not in {"http", "https"} or parts.username or parts.password:
            _log.warning("zalo_file_elsewhere")
            raise Gone
        return url if is_loopback(host) else parts._replace(scheme="https").geturl()


def _code(found: object) -> int:
    """Return the number of an error; one that cannot be read is that of an unclear failure."""
    try:
        return int(str(found))
    except ValueError:
        return -200


_BY_PERSON, _BY_PHONE = "/v3.0/oa/message/template", "/message/template"
_TEMPLATE = "/template/info/v2"
#: Characters of our own id of a message by telephone.
TRACKING_LENGTH = 48


@dataclass(frozen=True, slots=True)
class ZbsApi:
    """Calls of the service of approved texts (ZBS). Each raises as ``ZaloApi.call`` does.

    Messages by person go to the account's own interface, all else to the service's, whose errors have other numbers.
    """

    api: ZaloApi
    account_url: str
    url: str

    @property
    def _account(self) -> Interface:
        return Interface(self.account_url, OA_ERRORS, vital=False)

    @property
    def _service(self) -> Interface:
        return Interface(self.url, ZNS_ERRORS, vital=False)

    async def template(self, template: str) -> Mapping[str, Any]:
        """Ask for an approved text: its state, its parameters, its prices."""
        return await self.api.call("GET", _TEMPLATE, self._service, params={"template_id": template})

    async def send_to_person(self, user: str, template: str, parameters: Mapping[str, str]) -> SentMessage:
        """Send a text to a person by their id."""
        body = {"user_id": user, "template_id": template, "template_data": dict(parameters)}
        return SentMessage.read(await self.api.call("POST", _BY_PERSON, self._account, json=body))

    async def send_to_phone(
        self, phone: str, template: str, parameters: Mapping[str, str], tracking: str
    ) -> SentMessage:
        """Send a text to a telephone number, ``84`` and the rest; ``tracking``: our own id of it."""
        body = {"phone": phone, "template_id": template, "template_data": dict(parameters), "tracking_id": tracking}
        return SentMessage.read(await self.api.call("POST", _BY_PHONE, self._service, json=body))
