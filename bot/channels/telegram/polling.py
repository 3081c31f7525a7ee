"""Long polling: a batch is stored before the next request tells Telegram that it arrived."""

import asyncio

import structlog

from bot.channels.errors import ChannelError, Conflict, RetryLater
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.front import Front
from bot.channels.telegram.greeting import introduce
from bot.channels.telegram.update import CHANNEL, KINDS
from bot.delivery.backoff import Backoff
from bot.delivery.stopping import unless

_LONG = 50  #: seconds that Telegram holds a request open
_BATCH = 100  #: the most it gives at once

_log = structlog.get_logger(__name__)


class Poller:
    """Asks for updates until told to stop.

    The offset lives with Telegram: what was not acknowledged comes again after a restart, and the store knows it.
    """

    def __init__(self, api: TelegramApi, front: Front, *, hold: int = _LONG) -> None:
        self._api = api
        self._front = front
        self._hold = hold
        self._offset: int | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Poll.

        Raises:
            Refused: Telegram does not accept the token.
        """
        await unless(stop, introduce(self._api, {}))
        backoff = Backoff()
        while not stop.is_set():
            try:
                await self.poll_once(stop)
            except ChannelError as error:
                await unless(stop, self._recover(error, backoff))
            else:
                backoff.reset()
        await self._front.close()

    async def poll_once(self, stop: asyncio.Event) -> None:
        """One request: acknowledge what is stored, receive what is new, store it.

        Raises:
            ChannelError: nothing was received, nothing is lost.
        """
        wanted = {"offset": self._offset, "limit": _BATCH, "timeout": self._hold, "allowed_updates": list(KINDS)}
        request = self._api.call("getUpdates", wanted, patience=self._hold + 10.0)
        batch = await unless(stop, request)
        if batch is None:
            return
        if not isinstance(batch, list):
            raise ChannelError
        highest = await self._front.take(batch)
        if highest is not None:
            self._offset = highest + 1
        elif batch:
            raise ChannelError  # updates without numbers cannot be acknowledged: do not ask for them in a hurry

    async def _recover(self, error: ChannelError, backoff: Backoff) -> None:
        if isinstance(error, Conflict):
            _log.error("another_program_receives_this_bot", channel=CHANNEL, hint="stop it, or use another token")
        else:
            _log.warning("no_updates", channel=CHANNEL, error=type(error).__name__)
        await asyncio.sleep(max(backoff.next(), error.after if isinstance(error, RetryLater) else 0.0))
