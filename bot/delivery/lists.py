"""Spreadsheets from people who may import one; of nobody else is a spreadsheet opened."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.exports.sheets import is_spreadsheet, read_sheet
from bot.store.api import Chat, Store
from handlers.office.importing import Sheet, SheetTrouble
from handlers.office.rights import Act, held_by

#: Whether the person of a chat holds a role that may import lists.
MayImport = Callable[[Chat], Awaitable[bool]]
ReadSheet = Callable[[bytes], Awaitable[Sheet]]
_ENDING = ".xlsx"


async def nobody(chat: Chat) -> bool:
    """May import lists."""
    del chat
    return False


def importers(store: Store) -> MayImport:
    """By the roles that the store knows of at that moment."""

    async def may_import(chat: Chat) -> bool:
        return held_by(await store.roles(chat), Act.IMPORT_REQUESTS)

    return may_import


class Lists:
    """Reads one list at a time: it may take a hundred times what a certificate takes."""

    def __init__(self, may_import: MayImport = nobody, sheets: ReadSheet = read_sheet) -> None:
        self._may_import = may_import
        self._sheets = sheets
        self._turn = asyncio.Semaphore(1)

    async def wanted(self, chat: Chat, name: str, data: bytes = b"") -> bool:
        """Whether it is a spreadsheet, or called one, and its sender may import it. Raises StoreError."""
        called = name.lower().endswith(_ENDING)
        return (called or is_spreadsheet(data)) and await self._may_import(chat)

    async def read(self, data: bytes) -> Sheet:
        """What it says, once every list that came before is read."""
        if not is_spreadsheet(data):
            return Sheet(trouble=SheetTrouble.BROKEN)
        async with self._turn:
            return await self._sheets(data)
