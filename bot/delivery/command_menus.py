"""Shows each person with a role the menu of their commands, from the beginning of the role to its end."""

import asyncio

import structlog

from bot.cancellation import cancel_on
from bot.channels import ChannelError, MaybeSent, RetryLater, ShowMenu, Unreachable, Unsupported
from bot.clock import Clock
from bot.store.command_menus import DueMenu
from bot.store.errors import StoreError
from bot.store.store import Store
from handlers.registry import menu_digest

#: Seconds between two looks, and after a failure.
_LOOK_SECONDS, _FAILED_SECONDS = 5.0, 60.0
#: After these a menu is tried again later; any other failure is the chat's own and would come again.
_PASSING = (RetryLater, Unreachable, MaybeSent)

_log = structlog.get_logger(__name__)


class CommandMenuLoop:
    """Looks for chats that show another menu than their roles ask for; the store remembers what each shows.

    A menu that is set twice is the same menu: whoever is killed in between changes nothing.
    """

    def __init__(self, store: Store, channel: str, show: ShowMenu, clock: Clock) -> None:
        self._store = store
        self._channel = channel
        self._show = show
        self._clock = clock
        self._refused: dict[str, float] = {}  #: id of a chat -> when its menu was refused

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop, or until the platform turns out to know no menus."""
        while not stop.is_set():
            try:
                await self.work()
                pause = _LOOK_SECONDS
            except Unsupported:
                await stop.wait()
                return
            except (ChannelError, StoreError) as error:
                _log.warning("menu_not_set", channel=self._channel, error=type(error).__name__)
                pause = max(_FAILED_SECONDS, error.after if isinstance(error, RetryLater) else 0.0)
            await cancel_on(stop, self._clock.sleep(pause))

    async def work(self) -> int:
        """Set the menus that are due, and return how many those were.

        Raises:
            ChannelError: the platform takes none at the moment, or none at all (Unsupported).
            StoreError: the store cannot be used.
        """
        due = [one for one in await self._store.menus.due(self._channel, menu_digest) if self._may_try(one)]
        for one in due:
            await self._set(one)
        return len(due)

    def _may_try(self, due: DueMenu) -> bool:
        """Leave a chat alone for a while that took no menu: its person may not have written yet."""
        return self._clock.monotonic() - self._refused.get(due.chat.id, float("-inf")) >= _FAILED_SECONDS

    async def _set(self, due: DueMenu) -> None:
        try:
            await self._show(due.chat.address, due.roles)
        except (*_PASSING, Unsupported):
            raise
        except ChannelError as error:
            _log.info("menu_refused", channel=self._channel, error=type(error).__name__)
            if due.roles:
                self._refused[due.chat.id] = self._clock.monotonic()
                return
        self._refused.pop(due.chat.id, None)
        await self._store.menus.keep(due)
