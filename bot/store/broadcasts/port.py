"""Broadcasts as people with a role see and move them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.store.broadcasts import looking
from bot.store.broadcasts.drafting import Drafting
from bot.store.broadcasts.moving import Hand
from bot.store.broadcasts.naming import chats_named
from bot.store.broadcasts.results import Results
from bot.store.broadcasts.shelf import Shelf
from bot.store.broadcasts.trial import Trial
from bot.store.office.acting import Acting
from bot.store.office.journal import StoredJournal
from handlers.broadcasts.model import (
    Audience,
    Broadcast,
    Checked,
    Counted,
    Draft,
    Life,
    Outcome,
    Recipient,
    Tally,
)
from handlers.office.rights import Rights
from handlers.replies import Reply


@dataclass(frozen=True, slots=True)
class StoredBroadcasts:
    """Implements ``handlers.broadcasts.ports.Broadcasts``."""

    acting: Acting
    shelf: Shelf
    drafting: Drafting
    hand: Hand
    results: Results
    trial: Trial

    @classmethod
    def of(cls, acting: Acting, journal: StoredJournal) -> "StoredBroadcasts":
        """Within a transaction."""
        shelf = Shelf(acting)
        parts = Drafting(acting, journal, shelf), Hand(acting, journal, shelf), Results(acting, journal, shelf)
        return cls(acting, shelf, *parts, Trial(acting, shelf))

    async def new(self, rights: Rights, draft: Draft, document: bytes | None = None) -> Broadcast | None:
        """A draft of one's own."""
        return await self.drafting.new(rights, draft, document)

    async def change(
        self, rights: Rights, name: str, revision: int, draft: Draft, document: bytes | None = None
    ) -> Outcome:
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

    async def count(self, rights: Rights, audience: Audience) -> tuple[Counted, ...]:
        """Who is meant at this moment."""
        return await looking.count(self.acting, rights, audience, self.acting.policy)

    async def resolve_names(self, rights: Rights, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Chats by the names a list has for them."""
        return await chats_named(self.acting, rights, names)

    async def request_check(self, rights: Rights, name: str) -> Outcome:
        """Have the whole list gone through."""
        return await self.drafting.request_check(rights, name)

    async def last_check(self, rights: Rights, name: str) -> Checked | None:
        """What the last check found."""
        return await self.drafting.last_check(rights, name)

    async def sample(self, rights: Rights, name: str, limit: int) -> tuple[tuple[Recipient, Reply], ...]:
        """What the first recipients would get; nothing of one that may not be seen."""
        if await self.shelf.get_visible(rights, name) is None:
            return ()
        return await looking.sample(self.acting, rights, name, self.acting.policy, limit)

    async def send_test(self, rights: Rights, name: str) -> bool:
        """Queue it for the person in this chat alone."""
        return await self.trial.send_test(rights, name)

    async def move(self, rights: Rights, name: str, to: Life, revision: int | None = None) -> Outcome:
        """Approve, start, pause, resume or cancel."""
        return await self.hand.move(rights, name, to, revision)

    async def needs_second_person(self, rights: Rights, name: str) -> bool:
        """Whether somebody else has to approve it."""
        return await self.hand.needs_second_person(rights, name)

    async def tally(self, rights: Rights, name: str) -> Tally:
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
