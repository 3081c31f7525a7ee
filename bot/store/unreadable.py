"""What could not be read: noted for the owners, who are told once; a value that was in the way is kept aside."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bot.store.api import NOTICE
from bot.store.drivers import Call, Driver
from bot.store.moments import stored
from bot.store.outbox import Message, Recipient, sending
from bot.store.powers import genuine_grants
from bot.store.sealing import Keyring
from handlers.replies import Reply
from locales import LANGUAGES, N_, translator

#: Rows that one message names.
_NAMED = 20
_TOLD = N_(
    "{count} values in the database can no longer be read: {rows}. Everything else goes on; these rows are marked in"
    " lists and files. Please let the operator know: troly keys verify --every says more, and a copy of the database"
    " may have them whole."
)


async def note_damage(driver: Driver, keyring: Keyring, now: datetime) -> None:
    """Write down what this process met since the last time, and tell the owners of what nobody was told of."""
    met = dict(keyring.damage.unnoted)
    if not met:
        return
    async with driver.transaction() as transaction:
        found = await transaction.run(*(_noted(place, now) for place in met))
        fresh = [row for (_, row), rows in zip(met.items(), found, strict=True) if rows]
        if fresh:
            (owners,) = await transaction.run(Call("owners"))
            calls = list(_said(keyring, genuine_grants(keyring, owners), fresh, now))
            await transaction.run(*calls)
        await transaction.run(commit=True)
    for place in met:
        keyring.damage.unnoted.pop(place, None)


def _noted(place: str, now: datetime) -> Call:
    return Call("note_unreadable", {"place": place, "now": stored(now), "value": None})


def _said(keyring: Keyring, owners: Iterable[Sequence[Any]], rows: list[str], now: datetime) -> Iterable[Call]:
    named = ", ".join(rows[:_NAMED]) + (" …" if len(rows) > _NAMED else "")
    for chat, channel, language in {(row[4], *row[-2:]) for row in owners}:
        t = translator(str(language or LANGUAGES[0]))
        said = Reply(paragraphs=(t(_TOLD, count=len(rows), rows=named),))
        origin = f"unreadable:{rows[0]}:{stored(now)}:{chat}"
        yield sending(keyring, Message(Recipient(str(chat), str(channel)), origin, said, NOTICE), now)


def _kept(value: bytes | str | int) -> bytes:
    """Whatever lies there: in SQLite somebody may have written text or a number by hand."""
    return value if isinstance(value, bytes) else str(value).encode()


async def set_session_aside(driver: Driver, chat: str, now: datetime) -> None:
    """Keep a session that cannot be read where it is in nobody's way."""
    (rows,) = await driver.run(Call("session_of", {"chat": chat}))
    if not rows:
        return
    row = {"place": f"chats.session {chat} {stored(now)}", "now": stored(now), "value": _kept(rows[0][0]).hex()}
    await driver.run(Call("note_unreadable", row), Call("lose_session", {"chat": chat, "session": rows[0][0]}))
