"""What could not be read: noted for the owners, who are told once; a value that was in the way is kept aside."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.messages import NOTICE
from bot.store.drivers.base import Driver, Query
from bot.store.encoding import to_micros
from bot.store.messages import OutboxMessage, OutboxRecipient, message_query
from bot.store.power_seals import genuine_grants
from bot.store.sealing.keyring import Keyring
from handlers.admin.alerts import (
    format_clock_leap,
    format_database_restored,
    format_message_set_aside,
    format_task_set_aside,
    format_update_set_aside,
    update_unstored,
)
from handlers.core.replies import Reply
from handlers.core.text import MarkupTranslator
from locales import LANGUAGES, N_, translator
from rules.calendar import to_vietnam_day

#: Rows that one message names.
_NAMED = 20
_UNREADABLE_NOTICE = N_(
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
        found = await transaction.run(*(_note_query(place, now) for place in met))
        fresh = [row for (_, row), rows in zip(met.items(), found, strict=True) if rows]
        if fresh:
            (owners,) = await transaction.run(Query("owners"))
            calls = list(_notice_queries(keyring, genuine_grants(keyring, owners), fresh, now))
            await transaction.run(*calls)
        await transaction.run(commit=True)
    for place in met:
        keyring.damage.unnoted.pop(place, None)


def _note_query(place: str, now: datetime) -> Query:
    return Query("note_unreadable", {"place": place, "now": to_micros(now), "value": None})


def _notice_queries(
    keyring: Keyring, owners: Iterable[Sequence[Any]], rows: list[str], now: datetime
) -> Iterable[Query]:
    named = ", ".join(rows[:_NAMED]) + (" …" if len(rows) > _NAMED else "")
    for chat, channel, language in {(row[4], *row[-2:]) for row in owners}:
        t = translator(str(language or LANGUAGES[0]))
        said = Reply(paragraphs=(t(_UNREADABLE_NOTICE, count=len(rows), rows=named),))
        origin = f"unreadable:{rows[0]}:{to_micros(now)}:{chat}"
        yield message_query(keyring, OutboxMessage(OutboxRecipient(str(chat), str(channel)), origin, said, NOTICE), now)


def _kept(value: bytes | str | int) -> bytes:
    """Whatever lies there: in SQLite somebody may have written text or a number by hand."""
    return value if isinstance(value, bytes) else str(value).encode()


async def set_session_aside(driver: Driver, chat: str, now: datetime) -> None:
    """Keep a session that cannot be read where it is in nobody's way."""
    (rows,) = await driver.run(Query("session_of", {"chat": chat}))
    if not rows:
        return
    row = {"place": f"chats.session {chat} {to_micros(now)}", "now": to_micros(now), "value": _kept(rows[0][0]).hex()}
    await driver.run(Query("note_unreadable", row), Query("lose_session", {"chat": chat, "session": rows[0][0]}))


class AbandonedRow(StrEnum):
    """A row that is not tried any more."""

    UPDATE = "update"  #: of the inbox
    UNSTORED = "unstored"  #: not even a row: an update that the store refused
    MESSAGE = "message"  #: of the outbox
    TASK = "task"
    RESTORED = "restored"  #: not one row: the whole database is an older copy
    CLOCK = "clock"  #: the clock leapt by so many days


_NOTICES = {
    AbandonedRow.UPDATE: format_update_set_aside,
    AbandonedRow.UNSTORED: update_unstored,
    AbandonedRow.MESSAGE: format_message_set_aside,
    AbandonedRow.TASK: format_task_set_aside,
    AbandonedRow.RESTORED: format_database_restored,
    AbandonedRow.CLOCK: format_clock_leap,
}


async def notify_owners(driver: Driver, keyring: Keyring, now: datetime, what: AbandonedRow, row: int | str) -> None:
    """Queue a notice for every owner; of the same kind one a day, however many rows there are; of each older copy one.

    To be called before the row gets its end: a crash in between tells of it again, which changes nothing.
    """
    (rows,) = await driver.run(Query("owners"))
    owners = {(row[4], *row[-2:]) for row in genuine_grants(keyring, rows)}
    once = to_vietnam_day(now).isoformat() + (f":{row}" if what is AbandonedRow.RESTORED else "")
    words = _NOTICES[what]
    notices = [
        OutboxMessage(
            OutboxRecipient(chat, channel),
            f"aside:{what}:{once}:{chat}",
            words(_owner_translator(language), row),
            NOTICE,
        )
        for chat, channel, language in sorted(owners)
    ]
    if notices:
        await driver.run(*(message_query(keyring, notice, now) for notice in notices))


def _owner_translator(language: str | None) -> MarkupTranslator:
    return MarkupTranslator(language or LANGUAGES[0])
