"""What was set aside because it could not be handled: the owners are told, once a day for each kind."""

from datetime import datetime
from enum import StrEnum

from bot.store.api import NOTICE
from bot.store.drivers import Call, Driver
from bot.store.outbox import Message, Recipient, sending
from bot.store.powers import genuine_grants
from bot.store.sealing import Keyring
from handlers.office.aside_words import clock_leapt, message_aside, restored, task_aside, update_aside, update_unstored
from handlers.voice import Voice
from locales import LANGUAGES
from rules.calendar import vietnamese_day


class SetAside(StrEnum):
    """A row that is not tried any more."""

    UPDATE = "update"  #: of the inbox
    UNSTORED = "unstored"  #: not even a row: an update that the store refused
    MESSAGE = "message"  #: of the outbox
    TASK = "task"
    RESTORED = "restored"  #: not one row: the whole database is an older copy
    CLOCK = "clock"  #: the clock leapt by so many days


_WORDS = {
    SetAside.UPDATE: update_aside,
    SetAside.UNSTORED: update_unstored,
    SetAside.MESSAGE: message_aside,
    SetAside.TASK: task_aside,
    SetAside.RESTORED: restored,
    SetAside.CLOCK: clock_leapt,
}


async def tell_owners(driver: Driver, keyring: Keyring, now: datetime, what: SetAside, row: int | str) -> None:
    """Queue a notice for every owner; of the same kind one a day, however many rows there are; of each older copy one.

    To be called before the row gets its end: a crash in between tells of it again, which changes nothing.
    """
    (rows,) = await driver.run(Call("owners"))
    owners = {(row[4], *row[-2:]) for row in genuine_grants(keyring, rows)}
    once = vietnamese_day(now).isoformat() + (f":{row}" if what is SetAside.RESTORED else "")
    words = _WORDS[what]
    notices = [
        Message(Recipient(chat, channel), f"aside:{what}:{once}:{chat}", words(_voice(language), row), NOTICE)
        for chat, channel, language in sorted(owners)
    ]
    if notices:
        await driver.run(*(sending(keyring, notice, now) for notice in notices))


def _voice(language: str | None) -> Voice:
    return Voice(language or LANGUAGES[0])
