"""The repository of imports: requests as a list that came back meets them, and lines that wait for a yes."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from bot.store.context import StoreContext
from bot.store.drivers.base import Query
from bot.store.encoding import from_micros, to_micros
from bot.store.request_filter import scope_conditions
from bot.store.requests import SUBSCRIBER, steps_by_code
from bot.store.sealing import sealed_columns
from bot.store.sealing.readable import read_or_none
from handlers.model.imports import CurrentRequest, ImportLine
from handlers.model.request import RequestState
from handlers.model.rights import Reach

IMPORT_TASK = "import"
_LINES = TypeAdapter(tuple[ImportLine, ...])


@dataclass(frozen=True, slots=True)
class ImportRepository:
    """Requests by their codes, and sealed lines of one chat; ``bot.services.imports`` decides what they change."""

    context: StoreContext

    async def read_current(self, reach: Reach, codes: Sequence[str]) -> dict[str, CurrentRequest]:
        """Read requests within reach by code, without their history."""
        if not reach:
            return {}
        where, parameters = scope_conditions(reach)
        wanted = {**parameters, "codes": json.dumps(codes)}
        (rows,) = await self.context.ask(Query("import_known", wanted, where=(*where, "coded_among")))
        return {
            code: CurrentRequest(RequestState(state), revision, from_micros(changed))
            for code, state, revision, changed in rows
        }

    async def add_history(self, known: dict[str, CurrentRequest]) -> dict[str, CurrentRequest]:
        """Return the same requests with the last actor, the last note and all moves."""
        (history,) = await self.context.ask(Query("desk_history", {"codes": json.dumps(list(known))}))
        moves = defaultdict(list)
        for code, state, _, _, revision, _ in history:
            moves[code].append((revision, RequestState(state)))
        for code, steps in steps_by_code(self.context.keyring, history).items():
            last, now = steps[-1], known[code]
            actor = last.by if last.at == now.changed_at else SUBSCRIBER
            known[code] = replace(now, actor=actor, note=last.note, moves=tuple(moves[code]))
        return known

    async def lock_requests(self, codes: Sequence[str]) -> None:
        """Keep others from changing these requests until the transaction ends."""
        await self.context.ask(Query("hold_requests", {"codes": json.dumps(codes)}))

    async def save_lines(self, lines: Sequence[ImportLine]) -> str:
        """Seal lines in place of all that wait in this chat, as a task that no worker takes; return its id."""
        context = self.context
        name = await context.next_id("NL")
        spec = context.keyring.seal(_LINES.dump_json(tuple(lines)), sealed_columns.task(name))
        row = {
            "id": name,
            "chat": context.chat,
            "kind": IMPORT_TASK,
            "spec": spec,
            "progress": None,
            "total": len(lines),
        }
        await context.ask(self._drop_query(), Query("add_task", {**row, "now": to_micros(context.now)}))
        return name

    async def load_lines(self, name: str) -> tuple[ImportLine, ...] | None:
        """Open lines that wait in this chat; ``None`` where there are none, or they cannot be read any more."""
        wanted = {"id": name, "chat": self.context.chat, "kind": IMPORT_TASK}
        (rows,) = await self.context.ask(Query("task_spec", wanted))
        if not rows:
            return None
        keyring, place = self.context.keyring, sealed_columns.task(name)
        return read_or_none(keyring, place, lambda: _LINES.validate_json(keyring.unseal(rows[0][0], place)))

    async def drop_lines(self) -> None:
        """Drop all lines that wait in this chat."""
        await self.context.ask(self._drop_query())

    def _drop_query(self) -> Query:
        return Query("drop_imports", {"chat": self.context.chat, "kind": IMPORT_TASK})
