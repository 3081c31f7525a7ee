"""E-mail addresses: whose they are, what goes there, and what their mail servers said."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.messages import NOTICE, REPLY, Chat, DeliveryState, Settlement
from bot.store.context import chat_at
from bot.store.drivers import Driver, Query, RunQueries, from_micros, to_micros
from bot.store.links import LETTER_AGE
from bot.store.messages import OutboxMessage, OutboxRecipient, message_query
from bot.store.person_channels import new_person
from bot.store.sealing import Keyring, sealed_columns, unseal_or_none
from handlers.model import EMAIL, WEB, DeliveryReason, EmailContact

#: Addresses that are forgotten at one look; the next is a minute later.
_UNUSED_AT_ONCE = 1_000


class MailAddress(NamedTuple):
    """A person's mailbox: its chat, and what goes there."""

    chat: str  #: id of the chat of the address
    first: bool  #: before the person's own chat
    files: bool  #: with the files that the person has made


class StaffAddress(NamedTuple):
    """An imported address."""

    address: str
    unit: str | None
    stopped: bool
    blocked: bool


def offer_queries(keyring: Keyring, owner: str, address: str, unit: str | None, now: datetime) -> list[Query]:
    """Note that a person gives an address for themselves; it counts once it is confirmed."""
    chat, at = chat_at(keyring, EMAIL, address), to_micros(now)
    return [
        _chat_query(keyring, chat, unit, at),
        Query("email_address_row", {"chat": chat.id}),
        Query("email_leave", {"owner": owner, "chat": chat.id}),
        Query("email_offer", {"owner": owner, "chat": chat.id, "now": at}),
    ]


def import_queries(keyring: Keyring, address: str, unit: str | None, now: datetime) -> list[Query]:
    """Note that an address is of staff of a unit."""
    chat, at = chat_at(keyring, EMAIL, address), to_micros(now)
    return [_chat_query(keyring, chat, unit, at), Query("email_import", {"chat": chat.id, "now": at})]


def _chat_query(keyring: Keyring, chat: Chat, unit: str | None, at: int) -> Query:
    address = keyring.seal(chat.address, sealed_columns.address(chat.id))
    row = {"chat": chat.id, "channel": EMAIL, "address": address, "unit": unit, "now": at}
    return Query("email_chat", row)


async def read_contact(ask: RunQueries, keyring: Keyring, owner: str) -> EmailContact | None:
    """Return the address that a person gave; ``None`` where there is none, or it cannot be read."""
    (rows,) = await ask(Query("email_contact", {"owner": owner}))
    if not rows:
        return None
    chat, sealed, confirmed, first, files, stopped, blocked = rows[0]
    address = unseal_or_none(keyring, sealed, sealed_columns.address(chat))
    if address is None:
        return None
    working = stopped is None and blocked is None
    return EmailContact(
        address=address, confirmed=confirmed is not None, first=bool(first), files=bool(files), working=working
    )


async def read_reached(ask: RunQueries, owners: Collection[str]) -> Mapping[str, MailAddress]:
    """Return where those of these people can be reached who have confirmed an address that works."""
    if not owners:
        return {}
    (rows,) = await ask(Query("email_reached", {"owners": json.dumps(sorted(owners))}))
    return {owner: MailAddress(chat, bool(first), bool(files)) for owner, chat, first, files in rows}


#: A server puts a letter off for two days at most: an older mark is of a letter that went another way.
_DEFERRAL_AGE = timedelta(days=4)
#: What surely did not arrive.
_NOT_ARRIVED = frozenset({DeliveryState.BLOCKED, DeliveryState.INVALID, DeliveryState.FAILED})


def _is_for_mail(one: Settlement) -> bool:
    """Tell whether an end calls for a letter: it surely did not arrive, or the page that shows it may be closed.

    A message of a broadcast goes on to the next channel of its person by itself.
    """
    if one.row.chat.channel == EMAIL or one.row.priority == REPLY or one.row.reply.action != "send":
        return False
    return one.row.broadcast is None and (one.state in _NOT_ARRIVED or one.row.chat.channel == WEB)


async def letters_instead(
    ask: RunQueries, keyring: Keyring, settlements: Sequence[Settlement], now: datetime
) -> list[Query]:
    """Queue what did not get through, or may not be seen, for the addresses of its people; files only where they asked.

    A notice in the web chat goes there as well for whoever chose e-mail first; each is queued once.
    """
    ended = [one for one in settlements if _is_for_mail(one)]
    mails = await read_reached(ask, {one.row.chat.id for one in ended})
    found = []
    for one in ended:
        mail = mails.get(one.row.chat.id)
        if mail is None or not (mail.first or one.state in _NOT_ARRIVED):
            continue
        files = one.row.reply.attachments if mail.files else ()
        reply = one.row.reply.model_copy(update={"attachments": files, "choices": (), "target": None})
        if not (reply.paragraphs or files):
            continue
        to = OutboxRecipient(mail.chat, EMAIL)
        found.append(message_query(keyring, OutboxMessage(to, f"email:{one.row.origin}", reply, NOTICE), now))
    return found


@dataclass(frozen=True, slots=True)
class EmailRepository:
    """Addresses beside any turn. Every method raises StoreError."""

    driver: Driver
    keyring: Keyring

    async def confirm(self, owner: str, chat: str, now: datetime) -> bool:
        """Note that whoever reads the mailbox is the person; false where another person has confirmed it."""
        where = {"owner": owner, "chat": chat, "now": to_micros(now)}
        async with self.driver.transaction() as transaction:
            (confirmed,) = await transaction.run(Query("email_confirm", where))
            if confirmed:
                mine, placed = {"chat": chat}, {**where, "person": new_person()}
                await transaction.run(Query("email_take_over", mine), Query("email_open", mine))
                await transaction.run(Query("email_place_owner", placed), Query("email_place_address", placed))
            await transaction.run(commit=True)
        return bool(confirmed)

    async def language(self, chat: str) -> str | None:
        """Return the language of whoever reads a mailbox; ``None`` where that is not known."""
        (rows,) = await self.driver.run(Query("email_language", {"chat": chat}))
        return rows[0][0] if rows else None

    async def find(self, address: str) -> Chat | None:
        """Return the chat of an address that is known here."""
        chat = chat_at(self.keyring, EMAIL, address)
        (rows,) = await self.driver.run(Query("email_known", {"chat": chat.id}))
        return chat if rows else None

    async def staff(self) -> Sequence[StaffAddress]:
        """Return the imported addresses, unit by unit."""
        (rows,) = await self.driver.run(Query("email_staff"))
        return [
            StaffAddress(
                unseal_or_none(self.keyring, sealed, sealed_columns.address(chat)) or "",
                unit,
                stopped is not None,
                blocked is not None,
            )
            for chat, sealed, unit, stopped, blocked in rows
        ]

    async def note_deferred(self, chat: str, now: datetime) -> datetime:
        """Note that the server of an address asks to be tried again; return since when it does."""
        marked = {"chat": chat, "now": to_micros(now), "stale": to_micros(now - _DEFERRAL_AGE)}
        (rows,) = await self.driver.run(Query("email_deferred", marked))
        return from_micros(rows[0][0]) if rows else now

    async def note_taken(self, chat: str) -> None:
        """Note that the server took a message."""
        await self.driver.run(Query("email_took", {"chat": chat}))

    async def stop(self, chat: str, now: datetime) -> bool:
        """Note that the reader wants no more messages, even of a forgotten address; false: no mailbox."""
        nobody = self.keyring.seal("", sealed_columns.address(chat))
        stopped = {"chat": chat, "nobody": nobody, "now": to_micros(now)}
        (rows,) = await self.driver.run(Query("email_stop", stopped), durable=True)
        return bool(rows)

    async def note_bounce(
        self, row: int, chat: str, state: DeliveryState, now: datetime, *, ends_address: bool
    ) -> bool:
        """Give a message that came back its end; ``ends_address``: nothing more is sent there. False: known already."""
        reason = DeliveryReason.REFUSED.value if state is DeliveryState.INVALID else None
        ended = {"row": row, "chat": chat, "state": state.value, "reason": reason}
        blocked = (Query("block_chat", {"chat": chat, "now": to_micros(now)}),) if ends_address else ()
        (rows, *_) = await self.driver.run(Query("email_bounced", ended), *blocked)
        return bool(rows)

    async def sweep(self, now: datetime) -> None:
        """Forget addresses that were not confirmed in time, and those that are nobody's any more."""
        await self.driver.run(Query("email_unconfirmed", {"before": to_micros(now - LETTER_AGE)}))
        unused = ("unused_address",)
        (rows,) = await self.driver.look(Query("unused_addresses", {"limit": _UNUSED_AT_ONCE}, where=unused))
        if rows:
            these = {"now": to_micros(now), "chats": json.dumps([chat for (chat,) in rows])}
            await self.driver.run(Query("forget_addresses", these, where=unused))
