"""What the conversation needs of broadcasts. Implemented in ``bot``; every call belongs to the turn's transaction."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from handlers.core.replies import Reply
from handlers.model.broadcast import (
    ActionResult,
    Audience,
    Broadcast,
    BroadcastDraft,
    BroadcastState,
    ChannelCounts,
    CheckReport,
    DeliveryCounts,
    Recipient,
    RecipientName,
)
from handlers.model.rights import Rights


class Broadcasts(Protocol):
    """Broadcasts within the rights of the one who asks (``SEE_BROADCASTS``, ``WRITE_``, ``APPROVE_``)."""

    async def new(self, rights: Rights, draft: BroadcastDraft, document: bytes | None = None) -> Broadcast | None:
        """A draft of one's own; ``None`` where the rights do not reach its audience's unit."""

    async def change(
        self, rights: Rights, name: str, revision: int, draft: BroadcastDraft, document: bytes | None = None
    ) -> ActionResult:
        """Change a draft, or one that is checked and is a draft again then; without bytes the document stays."""

    async def get(self, rights: Rights, name: str) -> Broadcast | None:
        """One of them."""

    async def latest(self, rights: Rights, limit: int, before: str | None = None) -> tuple[Broadcast, ...]:
        """The newest that stand alone or are campaigns; ``before`` is an id: only older ones."""

    async def steps(self, rights: Rights, name: str) -> tuple[Broadcast, ...]:
        """What a campaign has made so far, or a broadcast for those who asked to hear it again, the oldest first."""

    async def count(self, rights: Rights, audience: Audience) -> tuple[ChannelCounts, ...]:
        """Who is meant at this moment, by channel and reachability."""

    async def resolve_names(
        self, rights: Rights, names: Sequence[RecipientName]
    ) -> Mapping[RecipientName, tuple[str, ...]]:
        """Return chats (``Audience.chats``) by the names that a list file has for them, as far as the rights reach.

        A name that means nobody is left out; a person's code may mean two.
        """

    async def request_check(self, rights: Rights, name: str) -> ActionResult:
        """Have the whole list gone through; it is done outside the turn, and its author is told."""

    async def last_check(self, rights: Rights, name: str) -> CheckReport | None:
        """What the last check found."""

    async def sample(self, rights: Rights, name: str, limit: int) -> tuple[tuple[Recipient, Reply], ...]:
        """What the first recipients would get, with their real values."""

    async def send_test(self, rights: Rights, name: str) -> bool:
        """Queue it for the person in this chat alone, as the first recipient would get it; False where it cannot be."""

    async def move(self, rights: Rights, name: str, to: BroadcastState, revision: int | None = None) -> ActionResult:
        """Approve, start, pause, resume or cancel; the journal has a row. The steps of a campaign go with it.

        ``SECOND_PERSON``: so many are meant, at the check or by now, that whoever wrote it last cannot approve it.
        """

    async def needs_second_person(self, rights: Rights, name: str) -> bool:
        """Whether an approval by whoever asks would be ``SECOND_PERSON``, as many as are meant at this moment."""

    async def tally(self, rights: Rights, name: str) -> DeliveryCounts:
        """How far it is; of a campaign nothing: its steps have the rows."""

    async def recipients(
        self, rights: Rights, name: str, limit: int, after: str = "", state: str | None = None
    ) -> tuple[Recipient, ...]:
        """What became of it for each, in the order of codes; ``after`` is a code.

        People who share a code come together: a page may be a little longer than ``limit``.
        """

    async def resend(self, rights: Rights, name: str, codes: Sequence[str] | None = None) -> int:
        """Queue again what is ``unknown``: all of it, or these people's; how many. The journal has a row.

        Not for whoever has stopped reminders since, or says it is done. One that had finished runs again.
        """


class Reminders(Protocol):
    """What the person in this chat says to reminders."""

    async def is_stopped(self) -> bool:
        """No reminders are wanted."""

    async def stop(self) -> int:
        """No reminders from now on, those already queued included; how many of these."""

    async def resume(self) -> None:
        """Take that back."""

    async def latest(self) -> str | None:
        """The broadcast that came to this chat last; ``None`` where none has."""

    async def has_received(self, broadcast: str) -> bool:
        """Whether a broadcast was sent to this chat."""

    async def mark_done(self, broadcast: str) -> bool:
        """Done, for the whole campaign of a broadcast that was sent to this chat; False where none was."""

    async def postpone(self, broadcast: str, day: date) -> bool:
        """Remind on that day again, and not before, in the campaign of a broadcast that was sent to this chat."""
