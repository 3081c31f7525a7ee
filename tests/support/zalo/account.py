"""The state of an Official Account: its kind and plan, tokens, people, windows, uploads, and what was sent."""

import hashlib
import hmac
import secrets
import time
import unicodedata
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from typing import Any

HOUR, DAY = 3600.0, 86_400.0
VIET_NAM = timezone(timedelta(hours=7))
TOKEN_SECONDS, REFRESH_SECONDS, UPLOAD_SECONDS = 25 * HOUR, 90 * DAY, 7 * DAY
TEXT_LIMIT, BUTTON_LIMIT, TITLE_LIMIT, PAYLOAD_LIMIT = 2000, 5, 35, 1000
FILE_BYTES, FILE_KINDS = 5 * 1024 * 1024, ("pdf", "doc", "docx")
BUTTON_KINDS = ("oa.query.show", "oa.query.hide", "oa.open.url", "oa.open.phone", "oa.open.sms")


class OaError(Exception):
    """An error as the platform words it: a number below nothing, with HTTP 200."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message

    def body(self) -> dict[str, object]:
        return {"error": self.code, "message": self.message}


@dataclass
class User:
    """A person, with an id that is this account's alone and beyond 2^53."""

    id: str
    last_interaction: float | None = None
    follower: bool = False
    restricted: bool = False  #: refuses this kind of message


@dataclass(frozen=True)
class Sent:
    """A message that arrived at a person."""

    id: str
    user: str
    text: str
    buttons: tuple[dict[str, Any], ...] = ()
    file: str | None = None  #: name of a file
    content: bytes = b""
    endpoint: str = ""
    quota: str = "reply"
    template: dict[str, Any] | None = None


@dataclass
class Account:
    """One Official Account with one app."""

    kind: str = "business"  #: or ``government``
    plan: bool = True
    verified: bool = True
    buttons: bool = True
    proof: bool = False  #: the console asks for ``appsecret_proof``
    calls_per_minute: int = 100
    balance: int = 0  #: dong, for messages beyond the window of 48 hours
    free_messages: int = 0  #: of the plan, for the same
    package_ends: str = "31/12/2099"
    app_id: str = "360846524940903967"
    oa_id: str = "388613280878808645"
    app_secret: str = "app-secret-of-tests"
    oa_secret: str = "s3cret-OA-key"
    people: dict[str, User] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    uploads: dict[str, tuple[str, bytes, float]] = field(default_factory=dict)
    history: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    refreshes: int = 0
    reached: bool = False  #: -32 was given
    advance: float = 0.0  #: seconds that the account's clock is ahead
    _arrivals: deque[float] = field(default_factory=deque)
    _numbers: int = 0

    def __post_init__(self) -> None:
        self.issue_tokens()

    @property
    def now(self) -> float:
        return time.time() + self.advance

    def issue_tokens(self) -> tuple[str, str]:
        """A new pair; the former one dies at once."""
        self.access, self.refresh = secrets.token_urlsafe(48), secrets.token_urlsafe(48)
        self.access_ends, self.refresh_ends = self.now + TOKEN_SECONDS, self.now + REFRESH_SECONDS
        return self.access, self.refresh

    def renew(self, app_id: str, secret: str, refresh: str) -> dict[str, object]:
        """Use a refresh token, which works once."""
        if secret != self.app_secret or app_id != self.app_id:
            return {"error": -14004, "error_name": "Invalid app", "error_description": "invalid secret key"}
        if refresh != self.refresh or self.now > self.refresh_ends:
            return {"error": -14014, "error_name": "Invalid refresh token.", "error_description": "used or ended"}
        self.refreshes += 1
        access, refresh = self.issue_tokens()
        return {"access_token": access, "refresh_token": refresh, "expires_in": str(int(TOKEN_SECONDS))}

    def check_call(self, token: str, proof: str) -> tuple[int, int]:
        """Count a call; return limit and remainder of the minute."""
        now = self.now
        while self._arrivals and self._arrivals[0] <= now - 60:
            self._arrivals.popleft()
        if len(self._arrivals) >= self.calls_per_minute:
            self.reached = True
            raise OaError(-32, "Your application reached limit call api")
        self._arrivals.append(now)
        if not token:
            raise OaError(-216, "Access token is missing")
        if token != self.access or now > self.access_ends:
            raise OaError(-216, "Access token is invalid")
        if self.proof and proof != hmac.new(self.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest():
            raise OaError(-242, "appsecret_proof is invalid")
        return self.calls_per_minute, self.calls_per_minute - len(self._arrivals)

    def check_plan(self) -> None:
        if not self.verified:
            raise OaError(-221, "OA is not verified")
        if not self.plan:
            raise OaError(-224, "The OA needs to upgrade OA Tier Package to use this feature")

    def profile(self) -> dict[str, object]:
        return {
            "oaid": self.oa_id, "name": "UBND phường Thử", "oa_alias": "thu", "is_verified": self.verified,
            "oa_type": 4 if self.kind == "government" else 2, "cate_name": "Cơ quan", "num_follower": len(self.people),
            "avatar": "", "cover": "", "package_name": "Tăng trưởng" if self.plan else "Cơ bản",
            "package_valid_through_date": self.package_ends, "package_auto_renew_date": "", "linked_zca": "",
        }  # fmt: skip

    def user(self, interacted: float | None = 0.0, *, follower: bool = True) -> User:
        """A new person who interacted so many seconds ago; ``None``: never."""
        self._numbers += 1
        seen = None if interacted is None else self.now - interacted
        one = User(str(2**60 + 7_919 * self._numbers), seen, follower)
        self.people[one.id] = one
        return one

    def next_id(self) -> str:
        self._numbers += 1
        return hashlib.sha256(str(self._numbers).encode()).hexdigest()[:20]

    def send(self, endpoint: str, body: dict[str, Any]) -> dict[str, object]:
        """Deliver a consultation message by ``v3`` or ``v2``."""
        self.check_plan()
        if self.kind == "government" and endpoint == "v3":
            raise OaError(-235, "This API does not support this type of OA")
        if self.kind == "business" and endpoint == "v2":
            raise OaError(-240, "MessageV2 API has been shut down, please switch to MessageV3")
        if set(body) != {"recipient", "message"} or set(body["recipient"]) != {"user_id"}:
            raise OaError(-201, "recipient is invalid!")
        user, message = self.reachable(body["recipient"]["user_id"]), body["message"]
        text, buttons, file = self._read_message(message)
        quota = self._spend(user)
        name, content = (self.uploads[file][0], self.uploads[file][1]) if file else (None, b"")
        return self.deliver(Sent(self.next_id(), user.id, text, buttons, name, content, endpoint, quota))

    def deliver(self, sent: Sent) -> dict[str, object]:
        self.sent.append(sent)
        self.note(sent.user, {"src": 0, "message_id": sent.id, "message": sent.text, "type": "text"})
        return {
            "message_id": sent.id, "user_id": sent.user, "sent_time": str(int(self.now * 1000)),
            "quota": {"quota_type": sent.quota},
        }  # fmt: skip

    def note(self, user: str, item: dict[str, Any]) -> None:
        """Keep a message for ``listrecentchat`` and ``conversation``, the newest first."""
        ends = (self.oa_id, user) if item["src"] == 0 else (user, self.oa_id)
        row = {"time": int(self.now * 1000), "from_id": ends[0], "to_id": ends[1], **item}
        self.history.setdefault(user, []).insert(0, row)

    def reachable(self, user: object) -> User:
        """Return a person whom the account may write to at all."""
        if not isinstance(user, str):
            raise OaError(-201, "user_id is invalid!")
        found = self.people.get(user)
        if found is None or (not found.follower and found.last_interaction is None):
            raise OaError(-213, "User has not followed OA")
        if found.restricted:
            raise OaError(-244, "User restricts this type of message")
        return found

    def _spend(self, user: User) -> str:
        """Return the kind of quota that pays for a message now."""
        age = self.now - (user.last_interaction or 0.0)
        if age <= 48 * HOUR:
            return "reply"
        if age > 7 * DAY:
            raise OaError(-230, "User has not interacted with the OA in the past 7 days")
        if self.free_messages > 0:
            self.free_messages -= 1
            return "sub_quota"
        if self.balance < 55:
            raise OaError(-321, "ZCA has no balance")
        self.balance -= 55
        return "purchase_quota"

    def _read_message(self, message: Any) -> tuple[str, tuple[dict[str, Any], ...], str | None]:
        if (
            not isinstance(message, dict)
            or not set(message) <= {"text", "attachment", "quote_message_id"}
            or not message
        ):
            raise OaError(-201, "message is invalid!")
        text = message.get("text", "")
        if not isinstance(text, str) or ("attachment" not in message and not text):
            raise OaError(-201, "text is invalid!")
        if len(text) > TEXT_LIMIT:
            raise OaError(-210, "text is over limit")
        if "attachment" not in message:
            return text, (), None
        attachment = message["attachment"]
        if attachment.get("type") == "file":
            if text:
                raise OaError(-201, "text is invalid!")
            return "", (), self._upload(attachment["payload"]["token"])
        payload = attachment.get("payload", {})
        if attachment.get("type") != "template" or set(payload) != {"buttons"}:
            raise OaError(-201, "attachment is invalid!")
        return text, self._read_buttons(payload["buttons"]), None

    def _read_buttons(self, buttons: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
        if not self.buttons:
            raise OaError(-201, "attachment is invalid!")
        if not 1 <= len(buttons) <= BUTTON_LIMIT:
            raise OaError(-210, "buttons is over limit")
        for button in buttons:
            if button.get("type") not in BUTTON_KINDS or not 1 <= len(button.get("title", "")) <= TITLE_LIMIT:
                raise OaError(-201, "buttons is invalid!")
            if str(button["type"]).startswith("oa.query") and not 1 <= len(button.get("payload", "")) <= PAYLOAD_LIMIT:
                raise OaError(-201, "payload is invalid!")
        return tuple(buttons)

    def _upload(self, token: str) -> str:
        known = self.uploads.get(token)
        if known is None or self.now - known[2] > UPLOAD_SECONDS:
            raise OaError(-100, "attachment_id is expired")
        return token

    def upload_file(self, name: str, content: bytes) -> str:
        """Keep a file for seven days and return its token."""
        self.check_plan()
        if name.rpartition(".")[2].lower() not in FILE_KINDS or not content:
            raise OaError(-201, "file is invalid!")
        if len(content) > FILE_BYTES:
            raise OaError(-210, "file is over limit")
        token = secrets.token_urlsafe(32)
        self.uploads[token] = (name, content, self.now)
        return token

    def quota(self, user: str) -> dict[str, object]:
        found = self.reachable(user)
        last = int((found.last_interaction or 0.0) * 1000)
        return {"last_interaction": str(last), "cs_reply": {"type": "cs_reply"}, "promotion": {}}


def decomposed(text: str) -> str:
    """As some telephones type it: more characters than are seen."""
    return unicodedata.normalize("NFD", text)
