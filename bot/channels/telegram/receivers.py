"""Receive updates by long polling: a batch is stored before the next request acknowledges it to Telegram."""

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
_BATCH = 100  #: the most updates of one answer
_HEAD_START = 1.0  #: seconds to remove a webhook before the first request; after that both continue side by side

_log = structlog.get_logger(__name__)


class Poller:
    """Polls for updates until ``stop`` is set.

    Telegram keeps the offset: an update that was not acknowledged comes again after a restart, and the store knows it.
    """

    def __init__(self, api: TelegramApi, updates: UpdateReceiver, *, hold: int = _POLL_SECONDS) -> None:
        self._api = api
        self._updates = updates
        self._hold = hold
        self._offset: int | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Register the bot and poll until ``stop`` is set.

        Raises:
            Refused: Telegram does not accept the token.
        """
        await cancel_on(stop, register_bot(self._api, {}))
        if not stop.is_set():
            async with run_in_background((remove_webhook(self._api), announce_commands(self._api))) as tasks:
                await cancel_on(stop, asyncio.wait(tasks[:1], timeout=_HEAD_START))
                await self._poll(stop, tasks)

    async def _poll(self, stop: asyncio.Event, beside: Sequence[asyncio.Task[None]]) -> None:
        """Poll again and again; a failed request never ends the loop."""
        backoff = Backoff()
        while not stop.is_set():
            try:
                await self.poll_once(stop)
            except ChannelError as error:
                await cancel_on(stop, self._recover(error, backoff, webhook=not beside[0].done()))
            except Exception as error:  # noqa: BLE001 - an update that was not stored is not acknowledged and comes again
                _log.error("updates_not_taken", channel=CHANNEL, error=type(error).__name__)
                await cancel_on(stop, asyncio.sleep(backoff.next()))
            else:
                backoff.reset()
                beside[0].cancel()  # a poll is only answered without a webhook

    async def poll_once(self, stop: asyncio.Event) -> None:
        """Make one request: acknowledge stored updates, receive new ones, and store them.

        Raises:
            ChannelError: nothing was received and nothing is lost.
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
            raise ChannelError  # updates without numbers cannot be acknowledged: wait before asking again

    async def _recover(self, error: ChannelError, backoff: Backoff, *, webhook: bool) -> None:
        """Log a failed poll and wait; ``webhook`` tells that one may still be set."""
        if isinstance(error, Unsupported):
            _log.error("no_updates", channel=CHANNEL, method="getUpdates", hint="this server wants a webhook")
        elif isinstance(error, Conflict) and webhook:
            _log.warning("webhook_still_set", channel=CHANNEL, method="deleteWebhook")
        elif isinstance(error, Conflict):
            _log.error("another_program_receives_this_bot", channel=CHANNEL, hint="stop it, or use another token")
        else:
            _log.warning("no_updates", channel=CHANNEL, error=type(error).__name__)
        await asyncio.sleep(max(backoff.next(), error.after if isinstance(error, RetryLater) else 0.0))
