"""Rows of ``broadcasts``: drafts written and changed, read within a reach, or as the rows of recipients need them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from bot.store.conditions import scope_conditions
from bot.store.context import StoreContext
from bot.store.drivers import Query, Rows, RunQueries, from_micros, to_micros
from bot.store.errors import TurnTakenOver
from bot.store.power_seals import Warrant, content_digest, unseal_warrant
from bot.store.sealing import UNREADABLE_ERRORS, Keyring, read_or_none, sealed_columns
from handlers.model import BROADCAST_PREFIX, MACHINE, Broadcast, BroadcastDraft, BroadcastState, CheckReport, Reach
from rules.calendar import to_vietnam_day


def seal_draft(keyring: Keyring, broadcast: str, draft: BroadcastDraft) -> bytes:
    """Seal all that its author decides."""
    return keyring.seal(draft.model_dump_json(), sealed_columns.broadcast_content(broadcast))


def unseal_draft(keyring: Keyring, broadcast: str, sealed: bytes) -> BroadcastDraft:
    """Open a sealed draft.

    Raises:
        SealError: it does not open.
        pydantic.ValidationError: it is no draft.
    """
    return BroadcastDraft.model_validate_json(keyring.unseal(sealed, sealed_columns.broadcast_content(broadcast)))


def to_broadcast(keyring: Keyring, row: tuple[Any, ...]) -> Broadcast:
    """Read a row of ``broadcasts``; raises as ``unseal_draft`` does."""
    name, state, sealed, unit, author, revision, created_at, changed_at = row[:8]
    parent, step, chat, approver, checking, recipients, starts_at, held_until, why, finished_at = row[8:18]
    return Broadcast(
        id=name,
        state=BroadcastState(state),
        draft=unseal_draft(keyring, name, sealed),
        unit=unit,
        author=author,
        revision=revision,
        created_at=from_micros(created_at),
        changed_at=from_micros(changed_at),
        parent=parent,
        step=step,
        chat=chat,
        approver=approver,
        checking=bool(checking),
        recipients=recipients,
        starts_at=from_optional_micros(starts_at),
        held_until=from_optional_micros(held_until),
        why=why,
        finished_at=from_optional_micros(finished_at),
    )


def row_warrant(keyring: Keyring, row: tuple[Any, ...]) -> Warrant | None:
    """Return what a row of ``broadcasts`` proves of its author and its approver."""
    name, unit, author, parent, step, approver, warrant = row[0], row[3], row[4], row[8], row[9], row[11], row[18]
    return unseal_warrant(keyring, (name, parent, step, unit, author, approver, warrant))


def readable_broadcasts(keyring: Keyring, rows: Rows) -> Iterator[Broadcast]:
    """Yield those that can be read; the others must not stand in their way, and are noted."""
    for row in rows:
        try:
            yield to_broadcast(keyring, row)
        except UNREADABLE_ERRORS as error:
            keyring.damage.record("broadcasts", "content", row[0], error)


def from_optional_micros(number: int | None) -> datetime | None:
    """Convert a moment that need not be."""
    return None if number is None else from_micros(number)


#: Steps of the standing campaign, which come with their rows: this, and the day.
EXPIRY_STEP = "expiry:"
#: Steps for those who wanted to be reminded again: this, and the day.
LATER_STEP = "later:"


@dataclass(frozen=True, slots=True)
class BroadcastSnapshot:
    """A broadcast as its rows need it."""

    id: str
    draft: BroadcastDraft
    unit: str | None  #: it reaches nobody beyond this unit and those below it
    parent: str | None
    step: str | None
    state: BroadcastState
    revision: int
    frozen_to: str  #: the last chat that has its row; empty: none
    starts_at: datetime | None
    changed_at: datetime
    document_size: int | None  #: bytes
    approved: bool  #: it is proven that it was, with this very text
    alone: bool | None  #: by whoever wrote it; ``None``: not known

    @property
    def series(self) -> str:
        """Return the broadcast that a person's "done" and "later" are said to: the campaign, or itself."""
        return self.parent or self.id

    @property
    def deadline(self) -> date | None:
        """Return the day that is the same for all recipients."""
        return self.draft.plan.deadline if self.draft.plan else self.draft.deadline

    @property
    def is_of_expiry(self) -> bool:
        """Return whether its recipients are found by certificates that end."""
        return (self.step or "").startswith(EXPIRY_STEP)

    @property
    def postponed_to(self) -> date | None:
        """Return the day on which its people wanted to be reminded again; ``None``: it is no such step."""
        step = self.step or ""
        return date.fromisoformat(step.removeprefix(LATER_STEP)) if step.startswith(LATER_STEP) else None

    def day(self, now: datetime) -> date:
        """Return the day in Viet Nam on which it starts, as far as that is known."""
        return to_vietnam_day(max(now, self.starts_at or now))


async def read_snapshot(ask: RunQueries, keyring: Keyring, broadcast: str) -> BroadcastSnapshot | None:
    """Return the broadcast of an id; ``None`` where there is none."""
    (rows,) = await ask(Query("written", {"id": broadcast}))
    if not rows:
        return None
    content, size, unit, parent, step, state, revision, frozen_to, starts, changed, *proof = rows[0]
    plain = keyring.unseal_bytes(content, sealed_columns.broadcast_content(broadcast))
    draft, warrant = BroadcastDraft.model_validate_json(plain), unseal_warrant(keyring, proof)
    approved = warrant is not None and warrant.approver is not None and warrant.content == content_digest(plain)
    begins = None if starts is None else from_micros(starts)
    stands = BroadcastState(state), revision, frozen_to or "", begins, from_micros(changed)
    return BroadcastSnapshot(
        broadcast, draft, unit, parent, step, *stands, size, approved, warrant.alone if warrant else None
    )


class ProvenBroadcast(NamedTuple):
    """A broadcast, and what proves who wrote it; ``None``: nothing does."""

    broadcast: Broadcast
    warrant: Warrant | None


@dataclass(frozen=True, slots=True)
class BroadcastRepository:
    """Broadcasts of everybody, within a transaction."""

    context: StoreContext

    async def get(self, name: str, reach: Reach) -> ProvenBroadcast | None:
        """Return one within a reach; ``None`` also where it cannot be read, which is noted."""
        if not reach:
            return None
        near, parameters = scope_conditions(reach)
        named = Query("broadcasts", {**parameters, "id": name}, where=("broadcast_named", *near))
        (rows,) = await self.context.ask(named)
        keyring = self.context.keyring
        found = next(readable_broadcasts(keyring, rows), None)
        return ProvenBroadcast(found, row_warrant(keyring, rows[0])) if found else None

    async def revision(self, name: str) -> int | None:
        """Return the revision at which it stands; ``None`` where there is no such broadcast."""
        (rows,) = await self.context.ask(Query("broadcasts", {"id": name}, where=("broadcast_named",)))
        return int(rows[0][5]) if rows else None

    async def latest(self, reach: Reach, limit: int, before: str | None) -> tuple[Broadcast, ...]:
        """Return the newest within a reach that no other one made."""
        if not reach:
            return ()
        near, parameters = scope_conditions(reach)
        older = () if before is None else ("broadcast_before",)
        page = {**parameters, "limit": limit, "before": before}
        (rows,) = await self.context.ask(Query("latest_broadcasts", page, where=("broadcast_alone", *older, *near)))
        return tuple(readable_broadcasts(self.context.keyring, rows))

    async def count(self, reach: Reach) -> int:
        """Count those within a reach that no other one made; one that cannot be read counts too."""
        if not reach:
            return 0
        near, parameters = scope_conditions(reach)
        (((number,),),) = await self.context.ask(
            Query("count_broadcasts", parameters, where=("broadcast_alone", *near))
        )
        return int(number)

    async def steps(self, parent: str, reach: Reach) -> tuple[Broadcast, ...]:
        """Return what one has made, within a reach, the oldest first."""
        if not reach:
            return ()
        near, parameters = scope_conditions(reach)
        made = {**parameters, "parent": parent}
        (rows,) = await self.context.ask(Query("broadcasts", made, where=("broadcast_made_by", *near)))
        return tuple(readable_broadcasts(self.context.keyring, rows))

    async def add(self, draft: BroadcastDraft, document: bytes | None, author: str) -> str:
        """Write a new draft under the next id, which is returned."""
        name = await self.context.next_id(BROADCAST_PREFIX)
        row = await self._row(name, draft, document, None, author)
        await self.context.ask(Query("add_broadcast", row), self._note_draft_query(name, author))
        return name

    async def change(
        self, seen: ProvenBroadcast, revision: int, draft: BroadcastDraft, document: bytes | None, author: str
    ) -> bool:
        """Put another draft in the place of one; False where it is not at this revision, or no draft any more.

        Without bytes the document stays where the draft still names one.
        """
        name = seen.broadcast.id
        stored_digest = seen.warrant.document if seen.warrant and draft.document else None
        row = await self._row(name, draft, document, stored_digest, author)
        changing = {**row, "revision": revision, "keeps": int(bool(draft.document))}
        (changed,) = await self.context.ask(Query("change_broadcast", changing))
        if changed:
            await self.context.ask(self._note_draft_query(name, author))
        return bool(changed)

    async def _row(
        self, name: str, draft: BroadcastDraft, document: bytes | None, stored_digest: str | None, author: str
    ) -> dict[str, Any]:
        """Build the row; ``stored_digest`` is that of the document that stays where no other is given."""
        keyring, unit = self.context.keyring, draft.audience.unit
        file = stored_digest if document is None else content_digest(document)
        content, writer = content_digest(draft.model_dump_json()), await self.context.person(author)
        warrant = Warrant(name, None, None, unit, author, None, content, file, writer)
        return {
            "id": name,
            "unit": unit,
            "warrant": warrant.seal(keyring),
            "author": author,
            "chat": self.context.chat or None,
            "content": seal_draft(keyring, name, draft),
            "document": None if document is None else keyring.seal(document, sealed_columns.broadcast_document(name)),
            "starts_at": None if draft.starts_at is None else to_micros(draft.starts_at),
            "now": to_micros(self.context.now),
        }

    def _note_draft_query(self, name: str, author: str) -> Query:
        row = {"id": name, "now": to_micros(self.context.now), "state": BroadcastState.DRAFT.value, "actor": author}
        return Query("note_move", {**row, "why": None})

    async def request_check(self, name: str) -> bool:
        """Note that its list is to be gone through; False where that was asked for already."""
        (asked,) = await self.context.ask(Query("ask_check", {"id": name, "now": to_micros(self.context.now)}))
        return bool(asked)

    async def last_check(self, name: str) -> CheckReport | None:
        """Return what the last check found; ``None`` where there was none, or it cannot be read."""
        (rows,) = await self.context.ask(Query("broadcast_findings", {"id": name}))
        if not rows:
            return None
        keyring, place = self.context.keyring, sealed_columns.broadcast_findings(name)
        return read_or_none(keyring, place, lambda: CheckReport.model_validate_json(keyring.unseal(rows[0][0], place)))

    async def save_check(self, seen: BroadcastSnapshot, state: BroadcastState, report: CheckReport) -> None:
        """Keep what a check found, with the text that was checked, and put a draft into ``state``.

        Nothing is kept of one that was changed, or moved, meanwhile.
        """
        row = {"id": seen.id, "was": seen.state.value, "now": to_micros(report.at)}
        found = {
            **row,
            "revision": seen.revision,
            "state": state.value,
            "recipients": report.recipients,
            "findings": self.context.keyring.seal(report.model_dump_json(), sealed_columns.broadcast_findings(seen.id)),
        }
        try:
            await self.context.ask(Query("note_check", found, must=True), Query("note_life", row))
        except TurnTakenOver:
            return

    async def document(self, name: str) -> bytes | None:
        """Return the file that goes along; ``None`` where there is none, or it cannot be read."""
        (rows,) = await self.context.ask(Query("broadcast_document", {"id": name}))
        if not rows:
            return None
        keyring, place = self.context.keyring, sealed_columns.broadcast_document(name)
        return read_or_none(keyring, place, lambda: keyring.unseal_bytes(rows[0][0], place))

    async def holder_chat(self, actor: str) -> str | None:
        """Return the chat of the person who has or had a role; the machine is called by its own name."""
        if actor == MACHINE:
            return MACHINE
        (rows,) = await self.context.ask(Query("who_has", {"id": actor}))
        return rows[0][0] if rows else None
