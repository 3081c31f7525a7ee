"""Call the Bot Platform: it answers HTTP 200 to failures too, so only ``ok`` in the answer counts."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from pydantic import SecretStr

from bot.channels import ChannelError, Doubtful, Invalid, Refused
from bot.channels.zalo.http import ZaloHttp

#: Seconds that a request for updates may be held open by the platform, and what the line may add.
POLL_SECONDS, _SLACK = 30, 10.0
#: Numbers of errors; 403 is the platform's own failure ("Internal server error"), 408 an update that did not come.
_UNAUTHORISED, _FAILED, _NOTHING, _QUOTA = 401, 403, 408, 429
_MALFORMED = frozenset({400, 404, 413})

_log = structlog.get_logger(__name__)


class QuotaUsedUp(ChannelError):  # noqa: N818 - what happened
    """The platform takes no more for now: either it was too fast, or the month is used up; it does not say which."""


class BotApi:
    """Calls of one bot. Its token stands in each address, so no address is ever in a message or a log."""

    def __init__(self, token: SecretStr, url: str, http: ZaloHttp) -> None:
        """``url`` is that of the platform, without a slash at its end."""
        self._token = token
        self._url = url
        self._http = http
        self.is_accepted = True  #: whether the platform takes the token, as far as is known

    async def send_text(self, chat: str, text: str) -> str | None:
        """Send a text of at most 2,000 characters and return the id of the message.

        Raises:
            QuotaUsedUp: the platform takes no more for now.
            ChannelError: its kind decides the next state of the message.
        """
        result = await self.call("sendMessage", {"chat_id": chat, "text": text})
        return str(result.get("message_id") or "") or None if isinstance(result, Mapping) else None

    async def poll(self) -> Sequence[object]:
        """Wait for the next update; there is none where none came. What is handed over here never comes again.

        Raises:
            ChannelError: nothing was received.
        """
        try:
            found = await self.call("getUpdates", {"timeout": POLL_SECONDS}, read_timeout=POLL_SECONDS + _SLACK)
        except NothingCame:
            return ()
        return found if isinstance(found, list) else (found,) if isinstance(found, Mapping) else ()

    async def call(self, method: str, fields: Mapping[str, Any], *, read_timeout: float = 20.0) -> Any:
        """Call a method and return its result.

        Raises:
            NothingCame: the platform waited in vain.
            Refused: it does not take the token.
            Invalid: it cannot take this request.
            QuotaUsedUp: it takes no more for now.
            Unreachable: the request has not left.
            Doubtful: it may have been carried out all the same.
        """
        address = f"{self._url}/bot{self._token.get_secret_value()}/{method}"
        answer = await self._http.exchange("POST", address, json=dict(fields), read_timeout=read_timeout, bare=_NOTHING)
        if answer.fields.get("ok") is True:
            self.is_accepted = True
            return answer.fields.get("result")
        code = _code(answer.fields.get("error_code"), answer.status)
        if code != _NOTHING:
            _log.info("zalo_bot_error", code=code, method=method)
        if code == _UNAUTHORISED:
            self.is_accepted = False
        raise _to_error(code)


class NothingCame(Doubtful):
    """The platform waited in vain; of a message nobody knows whether it left."""


def _code(found: object, status: int) -> int:
    """Return the number of an error; one that names none has that of HTTP, and 200 is no error's."""
    text = str(found) if isinstance(found, int | str) and not isinstance(found, bool) else ""
    return int(text) if text.isdecimal() and len(text) < 6 else (status if status >= 400 else _FAILED)


def _to_error(code: int) -> ChannelError:
    if code in _MALFORMED:
        return Invalid()
    known = {_UNAUTHORISED: Refused, _NOTHING: NothingCame, _QUOTA: QuotaUsedUp}
    return known.get(code, Doubtful)()
