"""The menus of commands that chats of people with a role show on a platform."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bot.messages import Chat
from bot.store.drivers import Driver, Query
from bot.store.power_seals import genuine_grants
from bot.store.sealing import UNREADABLE_ERRORS, Keyring, sealed_columns
from handlers.model import Role


@dataclass(frozen=True, slots=True)
class DueMenu:
    """A chat that shows another menu than its roles ask for; no roles: the menu of everybody."""

    chat: Chat
    roles: frozenset[Role]
    menu: str  #: digest of the menu to show; empty for that of everybody


@dataclass(frozen=True, slots=True)
class CommandMenus:
    """Compares what chats show with what their roles ask for. Every method raises StoreError."""

    driver: Driver
    keyring: Keyring

    async def due(self, channel: str, digest: Callable[[frozenset[Role]], str]) -> list[DueMenu]:
        """Return the chats of a channel that show another menu than they should.

        Args:
            channel: The channel.
            digest: The digest of the menu of a person with these roles.
        """
        held, ended = await self.driver.run(
            Query("menus_to_show", {"channel": channel}), Query("menus_to_drop", {"channel": channel})
        )
        genuine = [tuple(row) for row in genuine_grants(self.keyring, held)]
        wanted = [_to_roles(list(rows)) for _, rows in groupby(genuine, key=lambda row: row[4])]
        lacking = [
            (chat, address, roles, digest(roles)) for chat, address, roles, shown in wanted if shown != digest(roles)
        ]
        gone = [(chat, address, frozenset[Role](), "") for chat, address, _ in ended]
        return list(self._readable([*lacking, *gone], channel))

    def _readable(self, rows: Iterable[tuple[str, bytes, frozenset[Role], str]], channel: str) -> Iterable[DueMenu]:
        """Leave out chats whose address cannot be read: it is told of where it matters."""
        for chat, sealed, roles, menu in rows:
            try:
                address = self.keyring.unseal(sealed, sealed_columns.address(chat))
            except UNREADABLE_ERRORS:
                continue
            yield DueMenu(Chat(chat, channel, address), roles, menu)

    async def keep(self, shown: DueMenu) -> None:
        """Store that a chat shows a menu now."""
        if shown.menu:
            await self.driver.run(Query("keep_menu", {"chat": shown.chat.id, "menu": shown.menu}))
        else:
            await self.driver.run(Query("drop_menu", {"chat": shown.chat.id}))


def _to_roles(rows: Sequence[tuple[Any, ...]]) -> tuple[str, bytes, frozenset[Role], str | None]:
    first = rows[0]
    return first[4], first[12], frozenset(Role(row[1]) for row in rows), first[13]
