"""The context of a transaction: its queries, its moment, its chat; what is known of chats and sessions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Literal, NamedTuple

import structlog
from pydantic_core import from_json

from bot.messages import Chat
from bot.store.drivers import Driver, Query, RunQueries, to_micros
from bot.store.errors import SealError
from bot.store.power_seals import genuine_grants
from bot.store.sealing import UNREADABLE_ERRORS, Keyring, sealed_columns, unseal_or_none
from handlers.model import MACHINE, BroadcastPolicy, Role, format_code
from locales import LANGUAGES


@dataclass(frozen=True, slots=True)
class StoreContext:
    """The state of a transaction that its repositories share."""

    ask: RunQueries
    keyring: Keyring
    now: datetime
    channel: str  #: of the one who acts; "machine" on the command line
    chat: str = ""  #: id of the chat of the one who acts; empty on the command line
    policy: BroadcastPolicy = field(default_factory=BroadcastPolicy)  #: of broadcasts

    async def next_id(self, prefix: str) -> str:
        """Return a new id such as ``QT-000012``."""
        (((number,),),) = await self.ask(Query("next_number", {"name": prefix}))
        return format_code(prefix, number)

    async def person(self, actor: str) -> str:
        """Return the person who acts by a role, as keyed digests of all their chats; the machine is one person.

        The chats are those of this moment: parted afterwards, or given up, they still tell who it was.
        """
        return MACHINE if actor == MACHINE else " ".join(await self._digests(actor))

    async def is_person(self, sealed: str, actor: str) -> bool:
        """Tell whether ``person`` gave this for the one who acts by a role, in any of their chats of then or now."""
        if MACHINE in {sealed, actor}:
            return sealed == actor
        return not {*sealed.split()}.isdisjoint(await self._digests(actor))

    async def _digests(self, actor: str) -> list[str]:
        """Return a keyed digest for each chat of the one who acts by a role, the acting one first."""
        (rows,) = ([(self.chat,)],) if self.chat else await self.ask(Query("who_has", {"id": actor}))
        (own,) = await self.ask(Query("own_chats", {"chat": rows[0][0]})) if rows else ([],)
        chats = dict.fromkeys(str(chat) for (chat,) in (*rows, *sorted(own)))
        return [self.keyring.lookup("person", chat) for chat in chats] or [self.keyring.lookup("person")]


def chat_at(keyring: Keyring, channel: str, address: str) -> Chat:
    """Name the chat at an address by the id that it has in the database."""
    return Chat(sealed_columns.chat_id(keyring, channel, address), channel, address)


def chat_row(keyring: Keyring, chat: Chat, now: datetime) -> dict[str, object]:
    """Make the row of a chat that is met now."""
    address = keyring.seal(chat.address, sealed_columns.address(chat.id))
    return {"chat": chat.id, "channel": chat.channel, "address": address, "now": to_micros(now)}


@dataclass(frozen=True, slots=True)
class Chats:
    """The chats of all channels. Every method but ``at`` raises StoreError."""

    driver: Driver
    keyring: Keyring

    def at(self, channel: str, address: str) -> Chat:
        """Name the chat at an address, whether or not it ever wrote."""
        return chat_at(self.keyring, channel, address)

    async def find(self, chat: str) -> Chat | None:
        """Return a chat by its id; ``None`` where it is not known, or its address cannot be read."""
        (rows,) = await self.driver.run(Query("chat_place", {"chat": chat}))
        if not rows:
            return None
        ((channel, sealed),) = rows
        address = unseal_or_none(self.keyring, sealed, sealed_columns.address(chat))
        return Chat(chat, str(channel), address) if address else None

    async def language(self, chat: Chat) -> str | None:
        """Return the language that the person of a chat has chosen; ``None`` where that is not known."""
        (rows,) = await self.driver.run(Query("chat_language", {"chat": chat.id}))
        return rows[0][0] if rows else None

    async def roles(self, chat: Chat) -> frozenset[Role]:
        """Return the roles of the person in a chat at this moment, without ``OFFICER``."""
        (rows,) = await self.driver.run(Query("my_grants", {"chat": chat.id}))
        return frozenset(Role(row[1]) for row in genuine_grants(self.keyring, rows))

    async def find_by_grant(self, grant: str) -> str | None:
        """Return the id of the chat whose person has this role (QT-000012); ``None`` where nobody has it."""
        (rows,) = await self.driver.run(Query("chat_of_grant", {"id": grant}))
        return next((str(row[4]) for row in genuine_grants(self.keyring, rows)), None)

    async def mark_blocked(self, chat: Chat, now: datetime) -> None:
        """Note that the platform says: this person has blocked the assistant. A chat that never wrote stays unknown."""
        await self.driver.run(Query("block_chat", {"chat": chat.id, "now": to_micros(now)}), durable=True)

    async def mark_unblocked(self, chat: Chat) -> None:
        """Note that the platform says: this person lets the assistant write again."""
        await self.driver.run(Query("unblock_chat", {"chat": chat.id}), durable=True)


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


Language = Literal["vi", "en"]


def session_language(session: str) -> Language | None:
    """Return the language of a session in JSON; ``None`` where it names none that there is."""
    return _language_of(_session_fields(session))


def has_consent(session: str) -> bool:
    """Tell whether the person of a session has agreed that data about them are kept."""
    return _session_fields(session).get("consented_at") is not None


class SessionFacts(NamedTuple):
    """The facts of a session in JSON that are stored beside it, unsealed."""

    language: Language | None  #: ``None`` where it names none that there is
    consented: bool
    identity_until: int | None  #: by when the personal numbers in it must be gone; ``None`` where it never had any

    @classmethod
    def of(cls, session: str) -> "SessionFacts":
        """Read all of them at once: a session is long."""
        fields = _session_fields(session)
        forms = fields.get("forms")
        until = forms.get("identity_until") if isinstance(forms, dict) else None
        deadline = to_micros(datetime.fromisoformat(until)) if until else None
        return cls(_language_of(fields), fields.get("consented_at") is not None, deadline)


def _language_of(fields: Mapping[str, Any]) -> Language | None:
    language: Language | None = fields.get("language")
    return language if language in LANGUAGES else None


def _session_fields(session: str) -> dict[str, Any]:
    try:
        stored = from_json(session)
    except ValueError:
        return {}
    return stored if isinstance(stored, dict) else {}


#: Sessions a transaction: others may write in between.
CONSENT_BATCH = 500


_log = structlog.get_logger(__name__)


async def backfill_consents(driver: Driver, keyring: Keyring) -> int:
    """Note beside each session whether it holds a consent, and drop those without; how many were looked into.

    What cannot be unsealed counts as no consent and stays as it is, with a line in the log.
    """
    read, after = 0, ""
    while True:
        async with driver.transaction() as transaction:
            (rows,) = await transaction.run(Query("consents_unread", {"after": after, "limit": CONSENT_BATCH}))
            if not rows:
                return read
            calls = [call for chat, sealed in rows if (call := _consent_query(keyring, chat, sealed))]
            await transaction.run(*calls, commit=True)
        read, after = read + len(calls), rows[-1][0]


def _consent_query(keyring: Keyring, chat: str, sealed: bytes) -> Query | None:
    try:
        session = keyring.unseal(sealed, sealed_columns.session(chat))
    except SealError as error:
        _log.error("consent_unreadable", chat_id=chat, kind=type(error).__name__)
        return None
    return Query("note_consent", {"chat": chat}) if has_consent(session) else Query("note_no_consent", {"chat": chat})
