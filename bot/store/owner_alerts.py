"""What the owners are told of the store itself: values that cannot be read, and rows that were given up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class OwnerAlerts:
    """Notices for every owner, queued like any other message. Every method raises StoreError."""

    driver: Driver
    keyring: Keyring

    async def raise_alarm(self, what: AbandonedRow, row: int | str, now: datetime) -> None:
        """Queue a notice; of the same kind one a day, however many rows there are; of each older copy one.

        Call it before the row gets its end: a crash in between tells of it again, which changes nothing.
        """
        (rows,) = await self.driver.run(Query("owners"))
        owners = {(row[4], *row[-2:]) for row in genuine_grants(self.keyring, rows)}
        once = to_vietnam_day(now).isoformat() + (f":{row}" if what is AbandonedRow.RESTORED else "")
        notices = [
            OutboxMessage(
                OutboxRecipient(chat, channel),
                f"aside:{what}:{once}:{chat}",
                _NOTICES[what](MarkupTranslator(language or LANGUAGES[0]), row),
                NOTICE,
            )
            for chat, channel, language in sorted(owners)
        ]
        if notices:
            await self.driver.run(*(message_query(self.keyring, notice, now) for notice in notices))

    async def report_damage(self, now: datetime) -> None:
        """Write down the unreadable values met since the last time, and tell the owners of those not known yet."""
        met = dict(self.keyring.damage.unnoted)
        if not met:
            return
        async with self.driver.transaction() as transaction:
            found = await transaction.run(*(_note_query(place, now) for place in met))
            fresh = [row for (_, row), rows in zip(met.items(), found, strict=True) if rows]
            if fresh:
                (owners,) = await transaction.run(Query("owners"))
                calls = list(_notice_queries(self.keyring, genuine_grants(self.keyring, owners), fresh, now))
                await transaction.run(*calls)
            await transaction.run(commit=True)
        for place in met:
            self.keyring.damage.unnoted.pop(place, None)


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
