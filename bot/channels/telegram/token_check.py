"""Whether a 401 or a 404 is about the token or about one method: getMe decides.

Telegram itself gives both answers for a token that is not right. A server made elsewhere gives them for a method that
it lacks, and a proxy for an address that it does not pass on.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from bot.channels.errors import ChannelError, Refused, Unreachable, Unsupported
from bot.channels.naming import TELEGRAM

#: Seconds for which a method that getMe proved to be missing is held to be so without asking again.
_TRUSTED = 30.0
#: Seconds for which a token that getMe refused is held to be so: what failed together asks once.
_MOMENT = 1.0

_log = structlog.get_logger(__name__)


class TokenCheck:
    """Judges failures of one bot's calls; ``refused`` tells whether the token was not accepted the last time."""

    def __init__(self, get_me: Callable[[], Awaitable[object]], now: Callable[[], float] = time.monotonic) -> None:
        """``get_me`` raises ``ChannelError``, ``Refused`` where the token is not accepted."""
        self._get_me = get_me
        self._now = now
        self._asking = asyncio.Lock()
        self._missing: dict[str, float] = {}  #: method -> when getMe proved that only this method is at fault
        self._refused_at = float("-inf")
        self.refused = False

    async def judge(self, method: str, failure: ChannelError) -> ChannelError:
        """What a failed call of ``method`` means: ``Unsupported`` with its name, ``Refused``, or as it stands.

        ``Unreachable`` where getMe does not answer either: nothing was carried out, and nobody knows why.
        """
        if not isinstance(failure, Refused | Unsupported):
            return failure
        async with self._asking:
            if self._missing.get(method, float("-inf")) + _TRUSTED > self._now():
                return Unsupported(method)
            if self._refused_at + _MOMENT > self._now():
                return Refused()
            return await self._ask(method)

    def note_accepted(self) -> None:
        """A call went well: the token is right."""
        if self.refused:
            self.refused = False
            _log.info("token_accepted_again", channel=TELEGRAM)

    async def _ask(self, method: str) -> ChannelError:
        try:
            await self._get_me()
        except Refused:
            self._refused_at, self.refused = self._now(), True
            _log.error("token_refused", channel=TELEGRAM, method=method, hint="ask @BotFather for the current token")
            return Refused()
        except ChannelError as error:
            _log.warning("token_not_checked", channel=TELEGRAM, method=method, error=type(error).__name__)
            return Unreachable()
        self._missing[method] = self._now()
        self.note_accepted()
        _log.warning("method_not_offered", channel=TELEGRAM, method=method)
        return Unsupported(method)
