"""Drafts: written, changed, sent to be checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store.context import StoreContext
from bot.store.drivers.base import Query, Rows
from bot.store.encoding import from_micros, to_micros
from bot.store.journal import StoredJournal
from bot.store.power_seals import Warrant, content_digest, unseal_warrant
from bot.store.request_filter import scope_conditions
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from bot.store.sealing.readable import UNREADABLE_ERRORS, read_or_none
from handlers.model import codes
from handlers.model.broadcast import ActionResult, Broadcast, BroadcastDraft, BroadcastState, CheckReport
from handlers.model.rights import Act, Rights


def seal_draft(keyring: Keyring, broadcast: str, draft: BroadcastDraft) -> bytes:
    """What is said, to whom, by which plan."""
    return keyring.seal(draft.model_dump_json(), sealed_columns.broadcast_content(broadcast))


def unseal_draft(keyring: Keyring, broadcast: str, sealed: bytes) -> BroadcastDraft:
    """The same, opened.

    Raises:
        SealError: it does not open.
        pydantic.ValidationError: it is no draft.
    """
    return BroadcastDraft.model_validate_json(keyring.unseal(sealed, sealed_columns.broadcast_content(broadcast)))


def to_broadcast(keyring: Keyring, row: tuple[Any, ...]) -> Broadcast:
    """A row of ``broadcasts``; raises as ``draft_of`` does."""
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
    """What a row of ``broadcasts`` proves of who wrote and who approved it."""
    name, unit, author, parent, step, approver, warrant = row[0], row[3], row[4], row[8], row[9], row[11], row[18]
    return unseal_warrant(keyring, (name, parent, step, unit, author, approver, warrant))


def readable_broadcasts(keyring: Keyring, rows: Rows) -> Iterator[Broadcast]:
    """Of several rows those that can be read; the others must not stand in their way."""
    for row in rows:
        try:
            yield to_broadcast(keyring, row)
        except UNREADABLE_ERRORS as error:
            keyring.damage.record("broadcasts", "content", row[0], error)


def from_optional_micros(number: int | None) -> datetime | None:
    """A moment that need not be."""
    return None if number is None else from_micros(number)


@dataclass(frozen=True, slots=True)
class BroadcastQueries:
    """Within a transaction."""

    acting: StoreContext

    async def get_visible(self, rights: Rights, name: str) -> Broadcast | None:
        """One that may be seen; none where it cannot be read, which is noted."""
        (found, _) = await self._seen(rights, name)
        return found

    async def _seen(self, rights: Rights, name: str) -> tuple[Broadcast | None, Warrant | None]:
        (rows,) = await self.acting.ask(Query("broadcasts", {"id": name}, where=("broadcast_named",)))
        near = [row for row in rows if rights.may(Act.SEE_BROADCASTS, row[3])]
        found = next(readable_broadcasts(self.acting.keyring, near), None)
        return found, row_warrant(self.acting.keyring, near[0]) if found else None

    async def warrant(self, rights: Rights, name: str) -> Warrant | None:
        """What proves who wrote one that may be seen."""
        return (await self._seen(rights, name))[1]

    async def get_for_act(self, rights: Rights, act: Act, name: str) -> Broadcast | ActionResult:
        """One that the act may be done to; or why it may not."""
        return (await self.get_for_act_with_warrant(rights, act, name))[0]

    async def get_for_act_with_warrant(
        self, rights: Rights, act: Act, name: str
    ) -> tuple[Broadcast | ActionResult, Warrant | None]:
        """The same, with what proves who wrote it."""
        found, warrant = await self._seen(rights, name)
        if found is None:
            return ActionResult.UNKNOWN, None
        return (found, warrant) if rights.may(act, found.unit) else (ActionResult.NOT_YOURS, None)

    async def latest(self, rights: Rights, limit: int, before: str | None) -> tuple[Broadcast, ...]:
        """The newest that nothing else made."""
        reached = _visible_conditions(rights)
        if reached is None:
            return ()
        near, parameters = reached
        older = () if before is None else ("broadcast_before",)
        page = {**parameters, "limit": limit, "before": before}
        (rows,) = await self.acting.ask(Query("latest_broadcasts", page, where=("broadcast_alone", *older, *near)))
        return tuple(readable_broadcasts(self.acting.keyring, rows))

    async def steps(self, rights: Rights, name: str) -> tuple[Broadcast, ...]:
        """What one has made."""
        reached = _visible_conditions(rights)
        if reached is None:
            return ()
        near, parameters = reached
        made = {**parameters, "parent": name}
        (rows,) = await self.acting.ask(Query("broadcasts", made, where=("broadcast_made_by", *near)))
        return tuple(readable_broadcasts(self.acting.keyring, rows))


def _visible_conditions(rights: Rights) -> tuple[tuple[str, ...], dict[str, Any]] | None:
    """The conditions of what may be seen; ``None``: nothing may."""
    reach = rights.reach(Act.SEE_BROADCASTS)
    return scope_conditions(reach) if reach else None


#: Where nothing is frozen yet.
_OPEN_TO_CHANGE = frozenset({BroadcastState.DRAFT, BroadcastState.CHECKED})


@dataclass(frozen=True, slots=True)
class DraftRepository:
    """Within a transaction."""

    acting: StoreContext
    journal: StoredJournal
    shelf: BroadcastQueries

    async def new(self, rights: Rights, draft: BroadcastDraft, document: bytes | None) -> Broadcast | None:
        """A draft, where its audience is within reach."""
        if not _may_write(rights, draft):
            return None
        name = await self.acting.next_id(codes.BROADCAST)
        writer = await self.acting.person(rights.actor)
        row = self._row(rights, name, draft, document, None, writer)
        await self.acting.ask(Query("add_broadcast", row), self._note_query(rights, name))
        await self.journal.record(rights, "broadcast_new", name, unit=draft.audience.unit)
        return await self.shelf.get_visible(rights, name)

    async def change(
        self, rights: Rights, name: str, revision: int, draft: BroadcastDraft, document: bytes | None
    ) -> ActionResult:
        """Another draft in its place; both where it was and where it goes have to be within reach."""
        found, warrant = await self.shelf.get_for_act_with_warrant(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(found, ActionResult):
            return found
        if not _may_write(rights, draft):
            return ActionResult.NOT_YOURS
        if found.state not in _OPEN_TO_CHANGE or found.parent is not None:  # a step says what its campaign says
            return ActionResult.NOT_ALLOWED
        kept = warrant.document if warrant and draft.document else None
        row = self._row(rights, name, draft, document, kept, await self.acting.person(rights.actor))
        changing = {**row, "revision": revision, "keeps": int(bool(draft.document))}
        (changed,) = await self.acting.ask(Query("change_broadcast", changing))
        if not changed:
            return ActionResult.OVERTAKEN
        await self.acting.ask(self._note_query(rights, name))
        await self.journal.record(rights, "broadcast_change", name, unit=draft.audience.unit)
        return ActionResult.DONE

    def _row(  # noqa: PLR0913, PLR0917 - each stands in the row
        self, rights: Rights, name: str, draft: BroadcastDraft, document: bytes | None, kept: str | None, writer: str
    ) -> dict[str, Any]:
        """``kept`` is the digest of a document that stays where no other is given."""
        keyring, unit = self.acting.keyring, draft.audience.unit
        file = kept if document is None else content_digest(document)
        said = content_digest(draft.model_dump_json())
        warrant = Warrant(name, None, None, unit, rights.actor, None, said, file, writer)
        return {
            "id": name,
            "unit": unit,
            "warrant": warrant.seal(keyring),
            "author": rights.actor,
            "chat": self.acting.chat or None,
            "content": seal_draft(keyring, name, draft),
            "document": None if document is None else keyring.seal(document, sealed_columns.broadcast_document(name)),
            "starts_at": None if draft.starts_at is None else to_micros(draft.starts_at),
            "now": to_micros(self.acting.now),
        }

    def _note_query(self, rights: Rights, name: str) -> Query:
        row = {
            "id": name,
            "now": to_micros(self.acting.now),
            "state": BroadcastState.DRAFT.value,
            "actor": rights.actor,
        }
        return Query("note_move", {**row, "why": None})

    async def request_check(self, rights: Rights, name: str) -> ActionResult:
        """Have it checked; who asks again while that goes on is answered the same."""
        found = await self.shelf.get_for_act(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(found, ActionResult):
            return found
        if found.state not in _OPEN_TO_CHANGE:
            return ActionResult.NOT_ALLOWED
        (asked,) = await self.acting.ask(Query("ask_check", {"id": name, "now": to_micros(self.acting.now)}))
        if asked:
            await self.journal.record(rights, "broadcast_check", name, unit=found.unit)
        return ActionResult.DONE

    async def last_check(self, rights: Rights, name: str) -> CheckReport | None:
        """What the last check found."""
        if await self.shelf.get_visible(rights, name) is None:
            return None
        (rows,) = await self.acting.ask(Query("broadcast_findings", {"id": name}))
        if not rows:
            return None
        keyring, place = self.acting.keyring, sealed_columns.broadcast_findings(name)
        return read_or_none(keyring, place, lambda: CheckReport.model_validate_json(keyring.unseal(rows[0][0], place)))


def _may_write(rights: Rights, draft: BroadcastDraft) -> bool:
    """Whether the unit of its audience is known and within reach."""
    unit = draft.audience.unit
    known = unit is None or rights.units.get(unit) is not None
    return known and rights.may(Act.WRITE_BROADCASTS, unit)
