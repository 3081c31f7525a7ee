"""Long polling: a batch is stored before the next request tells Telegram that it arrived."""

import asyncio
from collections.abc import Sequence

import structlog

from bot.cancellation import cancel_on, run_in_background
from bot.channels.base import ChannelError, Conflict, RetryLater, Unsupported
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.identity import announce_commands, register_bot, remove_webhook
from bot.channels.telegram.updates import CHANNEL, UPDATE_KINDS, UpdateReceiver
from bot.retry import Backoff

_POLL_SECONDS = 50  #: seconds that Telegram holds a request open
_BATCH = 100  #: the most it gives at once
_HEAD_START = 1.0  #: seconds that a webhook has to go before the first request; after that both go on side by side

_log = structlog.get_logger(__name__)


class Poller:
    """Asks for updates until told to stop.

    The offset lives with Telegram: what was not acknowledged comes again after a restart, and the store knows it.
    """

    def __init__(self, api: TelegramApi, updates: UpdateReceiver, *, hold: int = _POLL_SECONDS) -> None:
        self._api = api
        self._updates = updates
        self._hold = hold
        self._offset: int | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Poll.

        Raises:
            Refused: Telegram does not accept the token.
        """
        await cancel_on(stop, register_bot(self._api, {}))
        if not stop.is_set():
            async with run_in_background((remove_webhook(self._api), announce_commands(self._api))) as tasks:
                await cancel_on(stop, asyncio.wait(tasks[:1], timeout=_HEAD_START))
                await self._poll(stop, tasks)

    async def _poll(self, stop: asyncio.Event, beside: Sequence[asyncio.Task[None]]) -> None:
        """Ask again and again; whatever goes wrong with one request, the next is made."""
        backoff = Backoff()
        while not stop.is_set():
            try:
                await self.poll_once(stop)
            except ChannelError as error:
                await cancel_on(stop, self._recover(error, backoff, webhook=not beside[0].done()))
            except Exception as error:  # noqa: BLE001 - what could not be stored was not acknowledged: it comes again
                _log.error("updates_not_taken", channel=CHANNEL, error=type(error).__name__)
                await cancel_on(stop, asyncio.sleep(backoff.next()))
            else:
                backoff.reset()
                beside[0].cancel()  # where a poll is answered there is no webhook

    async def poll_once(self, stop: asyncio.Event) -> None:
        """One request: acknowledge what is stored, receive what is new, store it.

        Raises:
            ChannelError: nothing was received, nothing is lost.
        """
        wanted = {"offset": self._offset, "limit": _BATCH, "timeout": self._hold, "allowed_updates": list(UPDATE_KINDS)}
        request = self._api.call("getUpdates", wanted, patience=self._hold + 10.0)
        batch = await cancel_on(stop, request)
        if batch is None:
            return
        if not isinstance(batch, list):
            raise ChannelError
        highest = await self._updates.receive(batch)
        if highest is not None:
            self._offset = highest + 1
        elif batch:
            raise ChannelError  # updates without numbers cannot be acknowledged: do not ask for them in a hurry

    async def _recover(self, error: ChannelError, backoff: Backoff, *, webhook: bool) -> None:
        """``webhook``: one may still be set."""
        if isinstance(error, Unsupported):
            _log.error("no_updates", channel=CHANNEL, method="getUpdates", hint="this server wants a webhook")
        elif isinstance(error, Conflict) and webhook:
            _log.warning("webhook_still_set", channel=CHANNEL, method="deleteWebhook")
        elif isinstance(error, Conflict):
            _log.error("another_program_receives_this_bot", channel=CHANNEL, hint="stop it, or use another token")
        else:
            _log.warning("no_updates", channel=CHANNEL, error=type(error).__name__)
        await asyncio.sleep(max(backoff.next(), error.after if isinstance(error, RetryLater) else 0.0))
