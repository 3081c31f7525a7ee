"""Broadcasts as people with a role see and move them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.store.broadcasts import preview
from bot.store.broadcasts.audience import resolve_recipients
from bot.store.broadcasts.lifecycle import BroadcastActions
from bot.store.broadcasts.preview import TestSend
from bot.store.broadcasts.repository import BroadcastQueries, DraftRepository
from bot.store.broadcasts.results import RecipientResults
from bot.store.context import StoreContext
from bot.store.journal import StoredJournal
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


@dataclass(frozen=True, slots=True)
class StoredBroadcasts:
    """Implements ``handlers.core.broadcast_ports.Broadcasts``."""

    acting: StoreContext
    shelf: BroadcastQueries
    drafting: DraftRepository
    hand: BroadcastActions
    results: RecipientResults
    trial: TestSend

    @classmethod
    def of(cls, acting: StoreContext, journal: StoredJournal) -> "StoredBroadcasts":
        """Within a transaction."""
        shelf = BroadcastQueries(acting)
        parts = (
            DraftRepository(acting, journal, shelf),
            BroadcastActions(acting, journal, shelf),
            RecipientResults(acting, journal, shelf),
        )
        return cls(acting, shelf, *parts, TestSend(acting, shelf))

    async def new(self, rights: Rights, draft: BroadcastDraft, document: bytes | None = None) -> Broadcast | None:
        """A draft of one's own."""
        return await self.drafting.new(rights, draft, document)

    async def change(
        self, rights: Rights, name: str, revision: int, draft: BroadcastDraft, document: bytes | None = None
    ) -> ActionResult:
        """Change one that is not approved."""
        return await self.drafting.change(rights, name, revision, draft, document)

    async def get(self, rights: Rights, name: str) -> Broadcast | None:
        """One of them."""
        return await self.shelf.get_visible(rights, name)

    async def latest(self, rights: Rights, limit: int, before: str | None = None) -> tuple[Broadcast, ...]:
        """The newest that nothing else made."""
        return await self.shelf.latest(rights, limit, before)

    async def steps(self, rights: Rights, name: str) -> tuple[Broadcast, ...]:
        """What one has made."""
        return await self.shelf.steps(rights, name)

    async def count(self, rights: Rights, audience: Audience) -> tuple[ChannelCounts, ...]:
        """Who is meant at this moment."""
        return await preview.count_audience(self.acting, rights, audience, self.acting.policy)

    async def resolve_names(
        self, rights: Rights, names: Sequence[RecipientName]
    ) -> Mapping[RecipientName, tuple[str, ...]]:
        """Chats by the names a list has for them."""
        return await resolve_recipients(self.acting, rights, names)

    async def request_check(self, rights: Rights, name: str) -> ActionResult:
        """Have the whole list gone through."""
        return await self.drafting.request_check(rights, name)

    async def last_check(self, rights: Rights, name: str) -> CheckReport | None:
        """What the last check found."""
        return await self.drafting.last_check(rights, name)

    async def sample(self, rights: Rights, name: str, limit: int) -> tuple[tuple[Recipient, Reply], ...]:
        """What the first recipients would get; nothing of one that may not be seen."""
        if await self.shelf.get_visible(rights, name) is None:
            return ()
        return await preview.sample_messages(self.acting, rights, name, self.acting.policy, limit)

    async def send_test(self, rights: Rights, name: str) -> bool:
        """Queue it for the person in this chat alone."""
        return await self.trial.send_test(rights, name)

    async def move(self, rights: Rights, name: str, to: BroadcastState, revision: int | None = None) -> ActionResult:
        """Approve, start, pause, resume or cancel."""
        return await self.hand.move(rights, name, to, revision)

    async def needs_second_person(self, rights: Rights, name: str) -> bool:
        """Whether somebody else has to approve it."""
        return await self.hand.needs_second_person(rights, name)

    async def tally(self, rights: Rights, name: str) -> DeliveryCounts:
        """How far it is."""
        return await self.results.tally(rights, name)

    async def recipients(
        self, rights: Rights, name: str, limit: int, after: str = "", state: str | None = None
    ) -> tuple[Recipient, ...]:
        """What became of it for each."""
        return await self.results.recipients(rights, name, limit, after, state)

    async def resend(self, rights: Rights, name: str, codes: Sequence[str] | None = None) -> int:
        """Queue again what is unknown."""
        return await self.results.resend(rights, name, codes)
