"""Lists that come back: planned against the requests as they stand, applied as one."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from bot.store import places
from bot.store.drivers import Call
from bot.store.moments import moment, stored
from bot.store.office.acting import Acting
from bot.store.office.filtering import Meant
from bot.store.office.journal import StoredJournal, span
from bot.store.office.moving import Mover, affairs_of
from bot.store.office.reaching import reaching
from bot.store.reading import readable
from bot.store.request_book import SUBSCRIBER, steps_by_code
from handlers.office.importing import Change, Imported, Known, Line, Plan, interesting, planned
from handlers.office.rights import Act, Rights
from handlers.requests.model import State

IMPORT = "import"
_LINES = TypeAdapter(tuple[Line, ...])
#: Codes that are asked for in one go.
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class StoredImports:
    """Implements ``handlers.ports.Imports``."""

    acting: Acting
    journal: StoredJournal

    async def plan(self, rights: Rights, lines: Sequence[Line]) -> Plan:
        """What the lines would change."""
        known: dict[str, Known] = {}
        for codes in _batches(line.code for line in lines):
            known |= await self._read_known(rights, codes)
        for codes in _batches(interesting(lines, known)):
            known |= await self._read_history({code: known[code] for code in codes})
        return planned(lines, known)

    async def apply(self, rights: Rights, lines: Sequence[Line], seen: str) -> Imported:
        """All of it or nothing: planned anew while nobody else can change what is to be changed."""
        plan = await self.plan(rights, lines)
        codes = [change.code for change in plan.changes]
        await self.acting.ask(Call("hold_requests", {"codes": json.dumps(codes)}))
        plan = await self.plan(rights, lines)
        if not plan.applicable or plan.mark != seen:
            return Imported(plan, applied=False)
        for (to, note), group in _grouped(plan.changes).items():
            await self._move(rights, to, note, group)
        unit = rights.journal_unit(Act.IMPORT_REQUESTS)
        await self.journal.record(rights, "request.import", span(codes), unit=unit, count=len(codes))
        return Imported(plan, applied=True)

    async def _move(self, rights: Rights, to: State, note: str, codes: list[str]) -> None:
        these = Meant().with_condition("coded_among", codes=json.dumps(codes))
        affairs = await affairs_of(self.acting, these, len(codes))
        done = await Mover(self.acting, rights.actor, to, note).move(affairs)
        if len(done.changed) != len(codes):
            raise RuntimeError("a request changed although it was held")

    async def save_lines(self, lines: Sequence[Line]) -> str:
        """Keep them sealed, as a task that nobody works off."""
        acting = self.acting
        name = await acting.next_id("NL")
        spec = acting.keyring.seal(_LINES.dump_json(tuple(lines)), places.task(name))
        row = {"id": name, "chat": acting.chat, "kind": IMPORT, "spec": spec, "progress": None, "total": len(lines)}
        await acting.ask(
            Call("drop_imports", {"chat": acting.chat, "kind": IMPORT}),
            Call("add_task", {**row, "now": stored(acting.now)}),
        )
        return name

    async def load_lines(self, name: str) -> tuple[Line, ...] | None:
        """Lines that wait."""
        wanted = {"id": name, "chat": self.acting.chat, "kind": IMPORT}
        (rows,) = await self.acting.ask(Call("task_spec", wanted))
        if not rows:
            return None
        keyring, place = self.acting.keyring, places.task(name)
        return readable(keyring, place, lambda: _LINES.validate_json(keyring.unseal(rows[0][0], place)))

    async def drop_lines(self, name: str) -> None:
        """All that wait in this chat."""
        del name
        await self.acting.ask(Call("drop_imports", {"chat": self.acting.chat, "kind": IMPORT}))

    async def _read_known(self, rights: Rights, codes: Sequence[str]) -> dict[str, Known]:
        """Those within reach, without their past."""
        reach = rights.reach(Act.IMPORT_REQUESTS)
        if not reach:
            return {}
        where, parameters = reaching(reach)
        wanted = {**parameters, "codes": json.dumps(codes)}
        (rows,) = await self.acting.ask(Call("import_known", wanted, where=(*where, "coded_among")))
        return {code: Known(State(state), revision, moment(changed)) for code, state, revision, changed in rows}

    async def _read_history(self, known: dict[str, Known]) -> dict[str, Known]:
        """The same, with who changed them, why, and what they were before."""
        (history,) = await self.acting.ask(Call("desk_history", {"codes": json.dumps(list(known))}))
        moves = defaultdict(list)
        for code, state, _, _, revision, _ in history:
            moves[code].append((revision, State(state)))
        for code, steps in steps_by_code(self.acting.keyring, history).items():
            last, now = steps[-1], known[code]
            actor = last.by if last.at == now.changed_at else SUBSCRIBER
            known[code] = replace(now, actor=actor, note=last.note, moves=tuple(moves[code]))
        return known


def _batches(codes: Iterable[str]) -> Iterator[list[str]]:
    unique = list(dict.fromkeys(codes))
    return (unique[at : at + _BATCH] for at in range(0, len(unique), _BATCH))


def _grouped(changes: Iterable[Change]) -> dict[tuple[State, str], list[str]]:
    found = defaultdict(list)
    for change in changes:
        found[change.to, change.note].append(change.code)
    return found
