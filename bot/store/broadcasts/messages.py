"""Text and file of broadcasts that are being sent, kept open."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from bot.store.drivers.base import Driver, Query
from bot.store.errors import SealBroken, UnknownKey
from bot.store.power_seals import unseal_warrant
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from handlers.core.replies import Attachment, Reply
from handlers.model.broadcast import BroadcastDraft, PlaceholderValues

#: Broadcasts kept open: as many as may run side by side. A document has up to 50 MB.
_CACHE_SIZE = 4


@dataclass(frozen=True, slots=True)
class BroadcastMessage:
    """A broadcast's text and file."""

    broadcast: str
    draft: BroadcastDraft
    documents: tuple[Attachment, ...]
    a_week: int  #: reminders at most


#: Writes a message out as one person reads it on a day in Viet Nam; the last argument: the person never had a reminder.
RenderMessage = Callable[[BroadcastMessage, PlaceholderValues, date, bool], Reply]


@dataclass(frozen=True, slots=True)
class BroadcastMessages:
    """The few that are being sent. Text and file of a broadcast that runs do not change any more."""

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
        return BroadcastMessage(broadcast, draft, _to_attachments(draft, document), self.a_week)

    def _document(self, broadcast: str, sealed: bytes | None) -> bytes | None:
        return (
            None if sealed is None else self.keyring.unseal_bytes(sealed, sealed_columns.broadcast_document(broadcast))
        )


def _to_attachments(draft: BroadcastDraft, document: bytes | None) -> tuple[Attachment, ...]:
    if document is None or draft.document is None:
        return ()
    return (Attachment.of(draft.document, draft.document_type, document),)
