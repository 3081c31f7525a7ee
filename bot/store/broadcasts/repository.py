"""Drafts: written, changed, sent to be checked."""

from dataclasses import dataclass
from typing import Any

from bot.store import places
from bot.store.broadcasts.rows import BROADCAST_ID, sealed_draft
from bot.store.broadcasts.shelf import Shelf
from bot.store.drivers import Call
from bot.store.moments import stored
from bot.store.office.acting import Acting
from bot.store.office.journal import StoredJournal
from bot.store.powers import Warrant, digest
from bot.store.reading import readable
from handlers.broadcasts.model import Broadcast, Checked, Draft, Life, Outcome
from handlers.office.rights import Act, Rights

#: Where nothing is frozen yet.
_OPEN_TO_CHANGE = frozenset({Life.DRAFT, Life.CHECKED})


@dataclass(frozen=True, slots=True)
class Drafting:
    """Within a transaction."""

    acting: Acting
    journal: StoredJournal
    shelf: Shelf

    async def new(self, rights: Rights, draft: Draft, document: bytes | None) -> Broadcast | None:
        """A draft, where its audience is within reach."""
        if not _may_write(rights, draft):
            return None
        name = await self.acting.next_id(BROADCAST_ID)
        writer = await self.acting.person(rights.actor)
        row = self._row(rights, name, draft, document, None, writer)
        await self.acting.ask(Call("add_broadcast", row), self._note_query(rights, name))
        await self.journal.record(rights, "broadcast_new", name, unit=draft.audience.unit)
        return await self.shelf.get_visible(rights, name)

    async def change(self, rights: Rights, name: str, revision: int, draft: Draft, document: bytes | None) -> Outcome:
        """Another draft in its place; both where it was and where it goes have to be within reach."""
        found, warrant = await self.shelf.get_for_act_with_warrant(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(found, Outcome):
            return found
        if not _may_write(rights, draft):
            return Outcome.NOT_YOURS
        if found.state not in _OPEN_TO_CHANGE or found.parent is not None:  # a step says what its campaign says
            return Outcome.NOT_ALLOWED
        kept = warrant.document if warrant and draft.document else None
        row = self._row(rights, name, draft, document, kept, await self.acting.person(rights.actor))
        changing = {**row, "revision": revision, "keeps": int(bool(draft.document))}
        (changed,) = await self.acting.ask(Call("change_broadcast", changing))
        if not changed:
            return Outcome.OVERTAKEN
        await self.acting.ask(self._note_query(rights, name))
        await self.journal.record(rights, "broadcast_change", name, unit=draft.audience.unit)
        return Outcome.DONE

    def _row(  # noqa: PLR0913, PLR0917 - each stands in the row
        self, rights: Rights, name: str, draft: Draft, document: bytes | None, kept: str | None, writer: str
    ) -> dict[str, Any]:
        """``kept`` is the digest of a document that stays where no other is given."""
        keyring, unit = self.acting.keyring, draft.audience.unit
        file = kept if document is None else digest(document)
        said = digest(draft.model_dump_json())
        warrant = Warrant(name, None, None, unit, rights.actor, None, said, file, writer)
        return {
            "id": name,
            "unit": unit,
            "warrant": warrant.seal(keyring),
            "author": rights.actor,
            "chat": self.acting.chat or None,
            "content": sealed_draft(keyring, name, draft),
            "document": None if document is None else keyring.seal(document, places.broadcast_document(name)),
            "starts_at": None if draft.starts_at is None else stored(draft.starts_at),
            "now": stored(self.acting.now),
        }

    def _note_query(self, rights: Rights, name: str) -> Call:
        row = {"id": name, "now": stored(self.acting.now), "state": Life.DRAFT.value, "actor": rights.actor}
        return Call("note_move", {**row, "why": None})

    async def request_check(self, rights: Rights, name: str) -> Outcome:
        """Have it checked; who asks again while that goes on is answered the same."""
        found = await self.shelf.get_for_act(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(found, Outcome):
            return found
        if found.state not in _OPEN_TO_CHANGE:
            return Outcome.NOT_ALLOWED
        (asked,) = await self.acting.ask(Call("ask_check", {"id": name, "now": stored(self.acting.now)}))
        if asked:
            await self.journal.record(rights, "broadcast_check", name, unit=found.unit)
        return Outcome.DONE

    async def last_check(self, rights: Rights, name: str) -> Checked | None:
        """What the last check found."""
        if await self.shelf.get_visible(rights, name) is None:
            return None
        (rows,) = await self.acting.ask(Call("broadcast_findings", {"id": name}))
        if not rows:
            return None
        keyring, place = self.acting.keyring, places.broadcast_findings(name)
        return readable(keyring, place, lambda: Checked.model_validate_json(keyring.unseal(rows[0][0], place)))


def _may_write(rights: Rights, draft: Draft) -> bool:
    """Whether the unit of its audience is known and within reach."""
    unit = draft.audience.unit
    known = unit is None or rights.units.get(unit) is not None
    return known and rights.may(Act.WRITE_BROADCASTS, unit)
