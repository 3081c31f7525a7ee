"""Messages of a broadcast: its text and file for recipients, and notices to its author and approvers."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from bot.messages import NOTICE
from bot.store.context import StoreContext
from bot.store.drivers import Driver, Query
from bot.store.errors import SealBroken, UnknownKey
from bot.store.messages import OutboxMessage, OutboxRecipient, format_edit, message_query
from bot.store.people import to_grants
from bot.store.power_seals import unseal_warrant
from bot.store.sealing import Keyring, sealed_columns, unseal_or_none
from handlers.core import Attachment, Reply
from handlers.model import EXPIRY_CAMPAIGN, BroadcastDraft, Grant, PlaceholderValues, ReminderKind

#: Broadcasts kept open: as many as may run side by side. A document has up to 50 MB.
_CACHE_SIZE = 4


@dataclass(frozen=True, slots=True)
class BroadcastMessage:
    """A broadcast's text and file."""

    broadcast: str
    draft: BroadcastDraft
    documents: tuple[Attachment, ...]
    a_week: int  #: reminders at most
    kind: ReminderKind = ReminderKind.ANY


def kind_of_reminder(draft: BroadcastDraft, parent: str | None) -> ReminderKind:
    """Return the subject of a broadcast; ``parent``: the campaign that made it."""
    if parent == EXPIRY_CAMPAIGN:
        return ReminderKind.EXPIRY
    return ReminderKind.DEADLINE if draft.deadline or draft.plan else ReminderKind.ANY


#: Writes a message out as one person reads it on a day in Viet Nam; the last argument: the person never had a reminder.
RenderMessage = Callable[[BroadcastMessage, PlaceholderValues, date, bool], Reply]


@dataclass(frozen=True, slots=True)
class BroadcastMessages:
    """Reads the few broadcasts that are being sent. Text and file of one that runs do not change any more."""

    driver: Driver
    keyring: Keyring
    a_week: int
    render: RenderMessage
    _open: dict[str, BroadcastMessage] = field(default_factory=dict)

    async def load(self, broadcast: str) -> BroadcastMessage | SealBroken | UnknownKey:
        """Return text and file, or why they cannot be read."""
        message = self._open.pop(broadcast, None) or await self._read(broadcast)
        if isinstance(message, BroadcastMessage):
            self._open[broadcast] = message
            while len(self._open) > _CACHE_SIZE:
                del self._open[next(iter(self._open))]
        return message

    async def _read(self, broadcast: str) -> BroadcastMessage | SealBroken | UnknownKey:
        (((content, sealed, *proof),),) = await self.driver.run(Query("broadcast_said", {"broadcast": broadcast}))
        try:
            text = self.keyring.unseal(content, sealed_columns.broadcast_content(broadcast))
            document = self._document(broadcast, sealed)
            draft = BroadcastDraft.model_validate_json(text)
        except (SealBroken, UnknownKey) as error:
            return error
        except ValueError:
            return SealBroken("broadcasts")
        warrant = unseal_warrant(self.keyring, proof)
        if warrant is None or not warrant.covers(text, document):
            return SealBroken("broadcasts")  # nobody who may has approved this text
        kind = kind_of_reminder(draft, warrant.parent)
        return BroadcastMessage(broadcast, draft, _to_attachments(draft, document), self.a_week, kind)

    def _document(self, broadcast: str, sealed: bytes | None) -> bytes | None:
        return (
            None if sealed is None else self.keyring.unseal_bytes(sealed, sealed_columns.broadcast_document(broadcast))
        )


def _to_attachments(draft: BroadcastDraft, document: bytes | None) -> tuple[Attachment, ...]:
    if document is None or draft.document is None:
        return ()
    return (Attachment.of(draft.document, draft.document_type, document),)


#: The mark of the message that moves.
SHOWN_MARK = "shown"


class BroadcastAuthor(NamedTuple):
    """The person who wrote a broadcast, where they can be told about it."""

    to: OutboxRecipient
    unit: str | None  #: of the broadcast


class ApproverRole(NamedTuple):
    """A role of somebody else than the author of a broadcast."""

    grant: Grant
    to: OutboxRecipient
    language: str | None  #: ``None``: not known
    unit: str | None  #: of the broadcast


class AuthorRole(NamedTuple):
    """The role by which a broadcast was written, and the name that the inviter wrote beside it."""

    id: str
    unit: str | None
    label: str


@dataclass(frozen=True, slots=True)
class NoticeRepository:
    """Reads and writes notices about broadcasts within a transaction."""

    context: StoreContext

    async def author(self, broadcast: str) -> BroadcastAuthor | None:
        """Return whom to tell about it; ``None`` where nobody has a chat."""
        (rows,) = await self.context.ask(Query("author_of", {"id": broadcast}))
        if not rows:
            return None
        chat, channel, unit = rows[0]
        return BroadcastAuthor(OutboxRecipient(chat, channel), unit)

    async def approver_roles(self, broadcast: str) -> tuple[ApproverRole, ...]:
        """Return roles of others while it is checked: of units that hold one another the inner one first."""
        (rows,) = await self.context.ask(Query("approvers", {"id": broadcast}))
        return tuple(
            ApproverRole(grant, OutboxRecipient(chat, channel), language, unit)
            for *held, chat, channel, language, unit in rows
            for grant in to_grants(self.context.keyring, [tuple(held)])
        )

    async def author_role(self, broadcast: str) -> AuthorRole | None:
        """Return the role of its author; ``None`` of the machine, and of a role without a name."""
        (rows,) = await self.context.ask(Query("author_grant", {"id": broadcast}))
        for grant, _, unit, sealed in rows:
            if sealed:
                label = unseal_or_none(self.context.keyring, sealed, sealed_columns.grant_label(grant))
                return AuthorRole(grant, unit, label or grant)
        return None

    async def is_waiting_for_others(self, chat: str) -> bool:
        """Return whether the chat still has something to be told, reminders aside."""
        (rows,) = await self.context.ask(Query("untold", {"chat": chat}))
        return bool(rows)

    async def format_edit(self, to: OutboxRecipient, broadcast: str, said: Reply) -> Reply | None:
        """Return ``said`` in place of the message that moves; ``None`` where that cannot be changed."""
        theirs = replace(self.context, chat=to.chat, channel=to.channel)
        return await format_edit(theirs, _origin(broadcast, SHOWN_MARK), said)

    async def queue(self, to: OutboxRecipient, broadcast: str, mark: str, said: Reply) -> None:
        """Queue a notice; the same mark again changes nothing."""
        await self._queue(OutboxMessage(to, _origin(broadcast, mark), said, NOTICE))

    async def queue_test(self, to: OutboxRecipient, broadcast: str, mark: str, said: Reply) -> None:
        """Queue a broadcast for somebody who tries it out; the same mark again changes nothing."""
        await self._queue(OutboxMessage(to, f"try:{broadcast}:{to.chat}:{mark}", said, NOTICE))

    async def _queue(self, message: OutboxMessage) -> None:
        await self.context.ask(message_query(self.context.keyring, message, self.context.now))

    async def recipient(self, chat: str) -> OutboxRecipient | None:
        """Return a chat as a message needs it; ``None`` where it is not known."""
        (rows,) = await self.context.ask(Query("chat_channel", {"chat": chat}))
        return OutboxRecipient(chat, rows[0][0]) if rows else None


def _origin(broadcast: str, mark: str) -> str:
    """Name what asks for a message about a broadcast; messages to its recipients have other origins."""
    return f"herald:{broadcast}:{mark}"
