"""Lists that come back: planned against the requests as they stand, applied as one."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from bot.store.context import StoreContext
from bot.store.drivers.base import Query
from bot.store.encoding import from_micros, to_micros
from bot.store.journal import StoredJournal, format_span
from bot.store.request_filter import QueryConditions, scope_conditions
from bot.store.request_list import RequestMover, read_movable_requests
from bot.store.requests import SUBSCRIBER, steps_by_code
from bot.store.sealing import sealed_columns
from bot.store.sealing.readable import read_or_none
from handlers.model.imports import (
    CurrentRequest,
    ImportChange,
    ImportLine,
    ImportPlan,
    ImportResult,
    codes_needing_history,
    plan_import,
)
from handlers.model.request import RequestState
from handlers.model.rights import Act, Rights

IMPORT_TASK = "import"
_LINES = TypeAdapter(tuple[ImportLine, ...])
#: Codes that are asked for in one go.
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class StoredImports:
    """Implements ``handlers.core.ports.Imports``."""

    acting: StoreContext
    journal: StoredJournal

    async def plan(self, rights: Rights, lines: Sequence[ImportLine]) -> ImportPlan:
        """What the lines would change."""
        known: dict[str, CurrentRequest] = {}
        for codes in _batches(line.code for line in lines):
            known |= await self._read_known(rights, codes)
        for codes in _batches(codes_needing_history(lines, known)):
            known |= await self._read_history({code: known[code] for code in codes})
        return plan_import(lines, known)

    async def apply(self, rights: Rights, lines: Sequence[ImportLine], seen: str) -> ImportResult:
        """All of it or nothing: planned anew while nobody else can change what is to be changed."""
        plan = await self.plan(rights, lines)
        codes = [change.code for change in plan.changes]
        await self.acting.ask(Query("hold_requests", {"codes": json.dumps(codes)}))
        plan = await self.plan(rights, lines)
        if not plan.applicable or plan.mark != seen:
            return ImportResult(plan, applied=False)
        for (to, note), group in _group_by_move(plan.changes).items():
            await self._move(rights, to, note, group)
        unit = rights.journal_unit(Act.IMPORT_REQUESTS)
        await self.journal.record(rights, "request.import", format_span(codes), unit=unit, count=len(codes))
        return ImportResult(plan, applied=True)

    async def _move(self, rights: Rights, to: RequestState, note: str, codes: list[str]) -> None:
        these = QueryConditions().with_condition("coded_among", codes=json.dumps(codes))
        affairs = await read_movable_requests(self.acting, these, len(codes))
        done = await RequestMover(self.acting, rights.actor, to, note).move(affairs)
        if len(done.changed) != len(codes):
            raise RuntimeError("a request changed although it was held")

    async def save_lines(self, lines: Sequence[ImportLine]) -> str:
        """Keep them sealed, as a task that nobody works off."""
        acting = self.acting
        name = await acting.next_id("NL")
        spec = acting.keyring.seal(_LINES.dump_json(tuple(lines)), sealed_columns.task(name))
        row = {
            "id": name,
            "chat": acting.chat,
            "kind": IMPORT_TASK,
            "spec": spec,
            "progress": None,
            "total": len(lines),
        }
        await acting.ask(
            Query("drop_imports", {"chat": acting.chat, "kind": IMPORT_TASK}),
            Query("add_task", {**row, "now": to_micros(acting.now)}),
        )
        return name

    async def load_lines(self, name: str) -> tuple[ImportLine, ...] | None:
        """Lines that wait."""
        wanted = {"id": name, "chat": self.acting.chat, "kind": IMPORT_TASK}
        (rows,) = await self.acting.ask(Query("task_spec", wanted))
        if not rows:
            return None
        keyring, place = self.acting.keyring, sealed_columns.task(name)
        return read_or_none(keyring, place, lambda: _LINES.validate_json(keyring.unseal(rows[0][0], place)))

    async def drop_lines(self, name: str) -> None:
        """All that wait in this chat."""
        del name
        await self.acting.ask(Query("drop_imports", {"chat": self.acting.chat, "kind": IMPORT_TASK}))

    async def _read_known(self, rights: Rights, codes: Sequence[str]) -> dict[str, CurrentRequest]:
        """Those within reach, without their past."""
        reach = rights.reach(Act.IMPORT_REQUESTS)
        if not reach:
            return {}
        where, parameters = scope_conditions(reach)
        wanted = {**parameters, "codes": json.dumps(codes)}
        (rows,) = await self.acting.ask(Query("import_known", wanted, where=(*where, "coded_among")))
        return {
            code: CurrentRequest(RequestState(state), revision, from_micros(changed))
            for code, state, revision, changed in rows
        }

    async def _read_history(self, known: dict[str, CurrentRequest]) -> dict[str, CurrentRequest]:
        """The same, with who changed them, why, and what they were before."""
        (history,) = await self.acting.ask(Query("desk_history", {"codes": json.dumps(list(known))}))
        moves = defaultdict(list)
        for code, state, _, _, revision, _ in history:
            moves[code].append((revision, RequestState(state)))
        for code, steps in steps_by_code(self.acting.keyring, history).items():
            last, now = steps[-1], known[code]
            actor = last.by if last.at == now.changed_at else SUBSCRIBER
            known[code] = replace(now, actor=actor, note=last.note, moves=tuple(moves[code]))
        return known


def _batches(codes: Iterable[str]) -> Iterator[list[str]]:
    unique = list(dict.fromkeys(codes))
    return (unique[at : at + _BATCH] for at in range(0, len(unique), _BATCH))


def _group_by_move(changes: Iterable[ImportChange]) -> dict[tuple[RequestState, str], list[str]]:
    found = defaultdict(list)
    for change in changes:
        found[change.to, change.note].append(change.code)
    return found
