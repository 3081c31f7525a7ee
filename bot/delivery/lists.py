"""Lists from people who may import one; nobody else's spreadsheet is opened."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.exports.sheets import is_own_archive, is_spreadsheet, read_sheet
from bot.store.api import Chat, Store
from handlers.office.importing import Sheet
from handlers.office.rights import Act, held_by

#: Whether the person of a chat holds a role that may import lists.
MayImport = Callable[[Chat], Awaitable[bool]]
ReadSheet = Callable[[bytes], Awaitable[Sheet]]
#: How a list is called, or what is sent in its place.
_ENDINGS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".tsv", ".jsonl", ".docx")


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

    async def is_wanted(self, chat: Chat, name: str, data: bytes = b"") -> bool:
        """Whether it is a list, or called one, and its sender may import it. Raises StoreError."""
        called = name.lower().endswith(_ENDINGS)
        return (called or is_spreadsheet(data) or is_own_archive(data)) and await self._may_import(chat)

    async def read(self, data: bytes) -> Sheet:
        """What it says, once every list that came before is read."""
        async with self._turn:
            return await self._sheets(data)
