"""What the owners are told of the store itself: values that cannot be read, and rows that were given up."""

from collections.abc import Callable, Iterable, Iterator, Sequence
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
from handlers.core.replies import Reply
from locales import LANGUAGES
from rules.calendar import to_vietnam_day

#: Rows that one message names.
_NAMED = 20


class AbandonedRow(StrEnum):
    """A row that is not tried any more."""

    UPDATE = "update"  #: of the inbox
    UNSTORED = "unstored"  #: not even a row: an update that the store refused
    MESSAGE = "message"  #: of the outbox
    TASK = "task"
    RESTORED = "restored"  #: not one row: the whole database is an older copy
    CLOCK = "clock"  #: the clock leapt by so many days


#: Words a notice of an abandoned row in a language.
FormatAlert = Callable[[str, AbandonedRow, int | str], Reply]
#: Words in a language that so many values cannot be read any more, the places of some of which follow.
FormatDamage = Callable[[str, int, str], Reply]


@dataclass(frozen=True, slots=True)
class OwnerAlerts:
    """Notices for every owner, queued like any other message. Every method raises StoreError."""

    driver: Driver
    keyring: Keyring
    format_alert: FormatAlert
    format_damage: FormatDamage

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
                self.format_alert(language or LANGUAGES[0], what, row),
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
                calls = list(self._damage_queries(genuine_grants(self.keyring, owners), fresh, now))
                await transaction.run(*calls)
            await transaction.run(commit=True)
        for place in met:
            self.keyring.damage.unnoted.pop(place, None)

    def _damage_queries(self, owners: Iterable[Sequence[Any]], rows: list[str], now: datetime) -> Iterator[Query]:
        named = ", ".join(rows[:_NAMED]) + (" …" if len(rows) > _NAMED else "")
        for chat, channel, language in {(row[4], *row[-2:]) for row in owners}:
            said = self.format_damage(str(language or LANGUAGES[0]), len(rows), named)
            origin = f"unreadable:{rows[0]}:{to_micros(now)}:{chat}"
            to = OutboxRecipient(str(chat), str(channel))
            yield message_query(self.keyring, OutboxMessage(to, origin, said, NOTICE), now)


def _note_query(place: str, now: datetime) -> Query:
    return Query("note_unreadable", {"place": place, "now": to_micros(now), "value": None})
