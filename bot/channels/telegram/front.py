"""Where raw updates come in, whichever way they came: read, stored, their taps answered."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import structlog

from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.failures import QueryTooOld
from bot.channels.telegram.update import CHANNEL, Membership, Received, read_update
from bot.delivery.intake import Intake

#: Seconds that a stop waits for the answers to taps.
_FAREWELL = 2.0
#: Taps answered at the same time; the others wait their turn.
_ANSWERS_AT_ONCE = 16
#: Taps that wait for it; of a flood of them the rest is not answered: the button stops turning by itself.
_ANSWERS_WAITING = 256

_log = structlog.get_logger(__name__)


class Front:
    """``take`` returns once the updates are stored; ``ignored`` counts what was not for us, by reason."""

    def __init__(self, api: TelegramApi, intake: Intake) -> None:
        self._api = api
        self._intake = intake
        self._answers: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(_ANSWERS_AT_ONCE)
        self.ignored: Counter[str] = Counter()

    @property
    def username(self) -> str:
        """Of our bot, without @; empty until Telegram has told it."""
        return self._api.username

    async def receive(self, raw: Sequence[object]) -> int | None:
        """Store what is for us; the highest update id among them, None where there is none.

        An update that cannot be read is counted and passed: it must not hold up those behind it.
        """
        received = [self._parse(update) for update in raw]
        await self._intake.accept([one.incoming for one in received if one.incoming])
        for one in received:  # after what was said: the last of a batch is how it stands
            if one.membership:
                await self._record_block_change(one.membership)
        for one in received:
            if one.callback:
                self._answer_soon(one.callback)
        return max((one.update_id for one in received if one.update_id is not None), default=None)

    async def close(self) -> None:
        """Wait for the answers under way, but not for a server that takes its time."""
        if self._answers:
            _, late = await asyncio.wait(self._answers, timeout=_FAREWELL)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _record_block_change(self, membership: Membership) -> None:
        """A sign of being blocked that cannot be stored is missed: the next message shows it anyway."""
        try:
            await self._intake.record_block_change(CHANNEL, membership.address, blocked=membership.blocked)
        except Exception as error:  # noqa: BLE001 - those behind it must go on
            _log.error("membership_not_stored", channel=CHANNEL, error=type(error).__name__)

    def _parse(self, raw: object) -> Received:
        try:
            received = read_update(raw, self.username)
        except Exception as error:  # noqa: BLE001 - a poison update is counted, and its number still read
            _log.error("update_not_readable", channel=CHANNEL, error=type(error).__name__)
            number = raw.get("update_id") if isinstance(raw, dict) else None
            received = Received(number if isinstance(number, int) else None, ignored="not_readable")
        if received.ignored:
            self.ignored[received.ignored] += 1
            _log.debug("update_ignored", channel=CHANNEL, reason=received.ignored, total=self.ignored[received.ignored])
        return received

    def _answer_soon(self, callback: str) -> None:
        if len(self._answers) >= _ANSWERS_WAITING:
            return
        task = asyncio.create_task(self._answer(callback))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _answer(self, callback: str) -> None:
        """The button stops turning before the work begins; too late is no harm."""
        async with self._room:
            error = await self._api.try_call("answerCallbackQuery", {"callback_query_id": callback})
        if error is not None and not isinstance(error, QueryTooOld):
            kind = type(error).__name__
            _log.info("tap_not_answered", channel=CHANNEL, method="answerCallbackQuery", error=kind)
