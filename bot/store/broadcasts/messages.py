"""What one person's message is filled with, and what keeps it from them."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from bot.messages import DeliveryState
from bot.store.broadcasts.audience import Person, expiry_window
from bot.store.broadcasts.snapshot import BroadcastSnapshot
from bot.store.drivers.base import Driver, Query
from bot.store.errors import SealBroken, UnknownKey
from bot.store.power_seals import unseal_warrant
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from bot.store.sealing.readable import unseal_or_none
from handlers.broadcasts.rendering import render_broadcast
from handlers.core.replies import Attachment, Reply
from handlers.model.broadcast import BroadcastDraft, BroadcastPolicy, DeliveryReason, PlaceholderValues
from rules.outcome import Procedure


@dataclass(frozen=True)
class RecipientValues:
    """For one broadcast on one day."""

    keyring: Keyring
    policy: BroadcastPolicy
    written: BroadcastSnapshot
    today: date

    def values(self, person: Person, day: date | None = None) -> PlaceholderValues:
        """The person's values; ``day`` is what {han} means to this person, where that is known already."""
        return PlaceholderValues(
            language=person.language or self.policy.language,
            name=self._name(person),
            unit=person.unit_name,
            day=day or self.written.deadline or self._end(person),
            to_do=_open_procedures(person),
        )

    def reason_to_withhold(self, person: Person) -> tuple[DeliveryState, DeliveryReason] | None:
        """The end of the row at once, where the message is kept from the person."""
        if person.stopped:
            return DeliveryState.SKIPPED, DeliveryReason.STOPPED
        if person.blocked:
            return DeliveryState.BLOCKED, DeliveryReason.BLOCKED_BEFORE
        if person.done:
            return DeliveryState.SKIPPED, DeliveryReason.DONE
        if person.later_on is not None and person.later_on > self.today:
            return DeliveryState.SKIPPED, DeliveryReason.LATER
        if person.had >= self.policy.reminders_per_week:
            return DeliveryState.SKIPPED, DeliveryReason.CAPPED
        return None

    def _name(self, person: Person) -> str | None:
        """On the newest certificate that has one."""
        for known in person.certificates:
            place = sealed_columns.subscriber(known.standing)
            if (name := unseal_or_none(self.keyring, known.subscriber, place)) is not None:
                return name
        return None

    def _end(self, person: Person) -> date | None:
        """The first end of a certificate that is still to come, or lies in the window that was asked for."""
        first, last = self._window
        known = (one.not_after for one in person.certificates)
        end = min((end for end in known if end is not None and first <= end <= last), default=None)
        return None if end is None else date.fromordinal(end)

    @cached_property
    def _window(self) -> tuple[int, int]:
        asked = expiry_window(self.written.draft.audience, self.today)
        return asked or (self.today.toordinal(), date.max.toordinal())


def _open_procedures(person: Person) -> tuple[Procedure, ...]:
    return tuple(dict.fromkeys(one for known in person.certificates for one in known.to_do))


#: Broadcasts kept open: as many as may run side by side. A document has up to 50 MB.
_CACHE_SIZE = 4


@dataclass(frozen=True, slots=True)
class BroadcastMessage:
    """A broadcast's text and file."""

    broadcast: str
    draft: BroadcastDraft
    documents: tuple[Attachment, ...]
    a_week: int  #: reminders at most

    def render_for(self, values: PlaceholderValues, today: date, *, first: bool) -> Reply:
        """As one person reads it on a day in Viet Nam; ``first``: who never had a reminder."""
        reply = render_broadcast(self.broadcast, self.draft, values, today, first=self.a_week if first else None)
        return reply.model_copy(update={"attachments": self.documents}) if self.documents else reply


@dataclass(frozen=True, slots=True)
class BroadcastMessages:
    """The few that are being sent. Text and file of a broadcast that runs do not change any more."""

    driver: Driver
    keyring: Keyring
    a_week: int
    _open: dict[str, BroadcastMessage] = field(default_factory=dict)

    async def load(self, broadcast: str) -> BroadcastMessage | SealBroken | UnknownKey:
        """What it says, or why that cannot be read."""
        letter = self._open.pop(broadcast, None) or await self._read(broadcast)
        if isinstance(letter, BroadcastMessage):
            self._open[broadcast] = letter
            while len(self._open) > _CACHE_SIZE:
                del self._open[next(iter(self._open))]
        return letter

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
