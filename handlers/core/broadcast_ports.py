"""Ports for broadcasts and reminders, implemented in ``bot``.

As for ``handlers.core.ports``, every call belongs to the transaction of the present turn, and any call may raise
``StoreError``.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from handlers.core.messages import Attachment, Reply
from handlers.model import (
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
    Rights,
)


class Broadcasts(Protocol):
    """Broadcasts and campaigns within the rights of the caller.

    Every method demands ``rights``: reading needs ``SEE_BROADCASTS``, writing and moving ``WRITE_BROADCASTS``,
    approving ``APPROVE_BROADCASTS``. ``name`` is an id such as ``TB-000123``. A broadcast outside the caller's rights
    is treated as one that does not exist.
    """

    async def new(self, rights: Rights, draft: BroadcastDraft, document: bytes | None = None) -> Broadcast | None:
        """Create a draft.

        Args:
            rights: The caller's rights; the author of the draft is ``rights.actor``.
            draft: Texts, audience, buttons and plan.
            document: The bytes of the file to send along, if there is one; its name and type are in ``draft``.

        Returns:
            The stored draft, or ``None`` if the rights do not cover the unit of its audience.
        """

    async def change(
        self, rights: Rights, name: str, revision: int, draft: BroadcastDraft, document: bytes | None = None
    ) -> ActionResult:
        """Replace a draft; a broadcast that was already checked becomes a draft again.

        Args:
            rights: They must cover the unit of both the old and the new audience.
            name: The broadcast to change.
            revision: The revision that the caller saw.
            draft: The new content.
            document: The bytes of a new file; with ``None`` the stored file stays, as long as ``draft.document`` names
                one.

        Returns:
            ``DONE``, or the reason why nothing was changed: ``UNKNOWN``, ``NOT_ALLOWED``, ``NOT_YOURS`` or
            ``OVERTAKEN``.
        """

    async def get(self, rights: Rights, name: str) -> Broadcast | None:
        """Return one broadcast, or ``None`` if there is none of this id within reach or it cannot be decrypted."""

    async def document(self, rights: Rights, name: str) -> Attachment | None:
        """Return the file that goes along; ``None`` where there is none, or no such broadcast within reach."""

    async def latest(self, rights: Rights, limit: int, before: str | None = None) -> tuple[Broadcast, ...]:
        """Return the newest campaigns and single broadcasts, without the broadcasts that they made.

        Args:
            rights: The caller's rights.
            limit: The greatest number of broadcasts to return.
            before: An id; only broadcasts older than it are returned.
        """

    async def count_all(self, rights: Rights) -> int:
        """Count the campaigns and single broadcasts within reach, without the broadcasts that they made."""

    async def steps(self, rights: Rights, name: str) -> tuple[Broadcast, ...]:
        """Return the broadcasts that a campaign, or the postponed reminders of a broadcast, have made; oldest first."""

    async def count(self, rights: Rights, audience: Audience) -> tuple[ChannelCounts, ...]:
        """Count the people that the audience includes at this moment, by channel and reachability."""

    async def resolve_names(
        self, rights: Rights, names: Sequence[RecipientName]
    ) -> Mapping[RecipientName, tuple[str, ...]]:
        """Look up the chats that the names of a list file stand for, within the caller's rights.

        Args:
            rights: The caller's rights.
            names: Codes of requests (YC-2026-000123) or of people (N-3F2A91C0), or addresses in a channel.

        Returns:
            Ids of chats (as in ``Audience.chats``) by name. A name that matches nobody is left out; the code of a
            person may match two chats.
        """

    async def request_check(self, rights: Rights, name: str) -> ActionResult:
        """Order a check of the whole list; it runs after the turn, and the author is told when it ends.

        Returns:
            ``DONE`` (also while a check is under way), or the reason why none was ordered: ``UNKNOWN``, ``NOT_YOURS``
            or ``NOT_ALLOWED`` (from its state).
        """

    async def last_check(self, rights: Rights, name: str) -> CheckReport | None:
        """Return the report of the last check, or ``None`` if there was none or the broadcast is not within reach."""

    async def sample(self, rights: Rights, name: str, limit: int) -> tuple[tuple[Recipient, Reply], ...]:
        """Render the messages for the first recipients, with their real values.

        Returns:
            At most ``limit`` pairs of recipient and message; none if the broadcast is not within reach.
        """

    async def preview(
        self, rights: Rights, draft: BroadcastDraft, limit: int, skip: int = 0
    ) -> tuple[tuple[Recipient, Reply], ...]:
        """Render the messages of a draft that is not stored, as ``sample`` does.

        Args:
            rights: They must cover the unit of its audience.
            draft: What is being written.
            limit: The greatest number of recipients.
            skip: How many recipients are left out before the first of them.
        """

    async def send_test(self, rights: Rights, name: str) -> bool:
        """Queue a test message for the person in this chat only, as the first recipient would get it.

        Returns:
            False if the rights do not allow ``WRITE_BROADCASTS`` or there is no chat to send to (the command line).
        """

    async def move(self, rights: Rights, name: str, to: BroadcastState, revision: int | None = None) -> ActionResult:
        """Approve, start, pause, resume or cancel a broadcast, and record it in the journal.

        The open steps of a campaign are paused, resumed and cancelled with it.

        Args:
            rights: The caller's rights.
            name: The broadcast to move.
            to: The state to move it to.
            revision: The revision that the caller saw; ``None`` moves whatever is there now.

        Returns:
            ``DONE``, or the reason why nothing was moved: ``UNKNOWN``, ``NOT_YOURS``, ``OVERTAKEN``, ``NOT_ALLOWED``
            (from its state), ``PROBLEMS`` (an approval without a passed check) or ``SECOND_PERSON`` (the audience, at
            the check or by now, is too large for the person who wrote it last to approve it alone).
        """

    async def needs_second_person(self, rights: Rights, name: str) -> bool:
        """Return whether an approval by the caller would give ``SECOND_PERSON``, with the audience of this moment."""

    async def tally(self, rights: Rights, name: str) -> DeliveryCounts:
        """Count the rows of a broadcast by state; a campaign has none, because its steps have the rows."""

    async def recipients(
        self, rights: Rights, name: str, limit: int, after: str = "", state: str | None = None
    ) -> tuple[Recipient, ...]:
        """Return a page of recipients with the result for each, in the order of their codes.

        Two people who share a code stay together, so a page may be slightly longer than ``limit``.

        Args:
            rights: The caller's rights; names are masked where they may not be seen.
            name: The broadcast.
            limit: The usual length of a page.
            after: A code; only recipients with later codes are returned.
            state: A delivery state such as ``unknown``; with ``None`` all states are returned.
        """

    async def resend(self, rights: Rights, name: str, codes: Sequence[str] | None = None) -> int:
        """Queue again the messages with the state ``unknown``, and record it in the journal.

        People who have stopped reminders or reported the task as done since then are left out. A finished broadcast
        runs again.

        Args:
            rights: They must allow ``WRITE_BROADCASTS``.
            name: A broadcast that is running, paused or finished.
            codes: The people to send to again; with ``None`` all whose message is ``unknown``.

        Returns:
            The number of messages queued; 0 also if the rights or the state do not allow it.
        """


class Reminders(Protocol):
    """The answers that the person in this chat gives to reminders."""

    async def is_stopped(self) -> bool:
        """Return whether the person has stopped all reminders."""

    async def stop(self) -> int:
        """Stop all reminders to this chat, including those already queued.

        Returns:
            How many queued reminders were skipped.
        """

    async def resume(self) -> None:
        """Allow reminders to this chat again."""

    async def latest(self) -> str | None:
        """Return the id of the broadcast that was sent to this chat last, or ``None``."""

    async def has_received(self, broadcast: str) -> bool:
        """Return whether this broadcast was sent to this chat."""

    async def mark_done(self, broadcast: str) -> bool:
        """Record that the person has done the task, for the whole campaign of this broadcast.

        Returns:
            False if the broadcast was never sent to this chat.
        """

    async def postpone(self, broadcast: str, day: date) -> bool:
        """Remind the person on ``day`` again, and not before, in the campaign of this broadcast.

        Returns:
            False if the broadcast was never sent to this chat.
        """
