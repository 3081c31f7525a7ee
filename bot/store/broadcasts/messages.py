"""What a broadcast says, opened once for all its recipients."""

from dataclasses import dataclass, field
from datetime import date

from bot.store import places
from bot.store.drivers import Call, Driver
from bot.store.errors import SealBroken, UnknownKey
from bot.store.powers import warrant_of
from bot.store.sealing import Keyring
from handlers.broadcasts.model import Draft, Values
from handlers.broadcasts.rendering import rendered
from handlers.replies import Attachment, Reply

#: Broadcasts kept open: as many as may run side by side. A document has up to 50 MB.
_KEPT = 4


@dataclass(frozen=True, slots=True)
class Letter:
    """A broadcast's text and file."""

    broadcast: str
    draft: Draft
    documents: tuple[Attachment, ...]
    a_week: int  #: reminders at most

    def render_for(self, values: Values, today: date, *, first: bool) -> Reply:
        """As one person reads it on a day in Viet Nam; ``first``: who never had a reminder."""
        reply = rendered(self.broadcast, self.draft, values, today, first=self.a_week if first else None)
        return reply.model_copy(update={"attachments": self.documents}) if self.documents else reply


@dataclass(frozen=True, slots=True)
class Letters:
    """The few that are being sent. Text and file of a broadcast that runs do not change any more."""

    driver: Driver
    keyring: Keyring
    a_week: int
    _open: dict[str, Letter] = field(default_factory=dict)

    async def load(self, broadcast: str) -> Letter | SealBroken | UnknownKey:
        """What it says, or why that cannot be read."""
        letter = self._open.pop(broadcast, None) or await self._read(broadcast)
        if isinstance(letter, Letter):
            self._open[broadcast] = letter
            while len(self._open) > _KEPT:
                del self._open[next(iter(self._open))]
        return letter

    async def _read(self, broadcast: str) -> Letter | SealBroken | UnknownKey:
        (((content, sealed, *proof),),) = await self.driver.run(Call("broadcast_said", {"broadcast": broadcast}))
        try:
            text = self.keyring.unseal(content, places.broadcast_content(broadcast))
            document = self._document(broadcast, sealed)
            draft = Draft.model_validate_json(text)
        except (SealBroken, UnknownKey) as error:
            return error
        except ValueError:
            return SealBroken("broadcasts")
        warrant = warrant_of(self.keyring, proof)
        if warrant is None or not warrant.covers(text, document):
            return SealBroken("broadcasts")  # nobody who may has approved this text
        return Letter(broadcast, draft, _attached(draft, document), self.a_week)

    def _document(self, broadcast: str, sealed: bytes | None) -> bytes | None:
        return None if sealed is None else self.keyring.unseal_bytes(sealed, places.broadcast_document(broadcast))


def _attached(draft: Draft, document: bytes | None) -> tuple[Attachment, ...]:
    if document is None or draft.document is None:
        return ()
    return (Attachment.of(draft.document, draft.document_type, document),)
