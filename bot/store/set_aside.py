"""Large messages made ready before their transaction opens, so that nobody waits for their sealing."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO

from bot.store import places
from bot.store.drivers import Call
from bot.store.outbox import Message, sending
from bot.store.sealing import Keyring


@dataclass(frozen=True, slots=True)
class Ready:
    """A message in the queue as it will be; its sealed payload waits in a file without a name, not in memory."""

    row: Call
    payload: BinaryIO
    keyring: Keyring

    def to_query(self) -> Call:
        """With its payload; sealed anew where the key has changed since, for the older one may be gone soon."""
        self.payload.seek(0)
        place = places.payload(self.row.parameters["chat"], self.row.parameters["origin"])
        payload = self.keyring.reseal(self.payload.read(), place)
        return replace(self.row, parameters={**self.row.parameters, "payload": payload})


@asynccontextmanager
async def set_aside(
    keyring: Keyring, messages: Iterable[Callable[[], Message]], now: datetime
) -> AsyncIterator[list[Ready]]:
    """Make and seal them one after the other, off the event loop. Raises OSError where there is no room for them."""
    with ExitStack() as files:
        ready = []
        for message in messages:
            file = files.enter_context(tempfile.TemporaryFile())
            ready.append(await asyncio.to_thread(_sealed, keyring, message, now, file))
        yield ready


def _sealed(keyring: Keyring, message: Callable[[], Message], now: datetime, file: BinaryIO) -> Ready:
    row = sending(keyring, message(), now)
    file.write(row.parameters["payload"])
    return Ready(replace(row, parameters={**row.parameters, "payload": None}), file, keyring)
