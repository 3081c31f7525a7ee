"""The repository of the request list: pages of it, guarded changes to any number of requests, lists that come back."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from bot.store.conditions import QueryConditions, request_conditions, scope_conditions
from bot.store.context import StoreContext, session_language
from bot.store.drivers import Query, Rows, from_micros, to_micros
from bot.store.messages import OutboxMessage, message_query
from bot.store.requests import SUBSCRIBER, assign_unit, content_for_display, steps_by_code
from bot.store.sealing import UNREADABLE_ERRORS, read_or_none, sealed_columns
from handlers.model import (
    REQUEST_TRANSITIONS,
    CurrentRequest,
    Filter,
    ImportLine,
    Reach,
    Request,
    RequestRow,
    RequestState,
    RequestStep,
)
from locales import LANGUAGES


class MovableRequest(NamedTuple):
    """A row of ``desk_meant``: a request, and the chat that registered it."""

    code: str
    state: str
    procedure: str
    unit: str | None
    revision: int
    chat: str
    channel: str
    session: bytes | None  #: sealed; ``read_language`` opens it
    erased_at: int | None  #: the officer asked to be forgotten, and gets no notice


@dataclass(frozen=True, slots=True)
class RequestListRepository:
    """Requests of all chats, as far as a reach goes; ``bot.services.request_list`` decides who may do what."""

    context: StoreContext

    async def select(self, reach: Reach, wanted: Filter, *, personal_words: bool) -> QueryConditions | None:
        """Select requests (``request_conditions``); ``None`` where there can be none."""
        return await request_conditions(self.context, reach, wanted, personal_words=personal_words)

    async def count(self, selection: QueryConditions) -> int:
        """Count the selected requests."""
        (((number,),),) = await self.context.ask(replace(selection.to_query("desk_count"), wide=True))
        return int(number)

    async def page(self, selection: QueryConditions, limit: int, before: int | None = None) -> tuple[RequestRow, ...]:
        """Read the newest ``limit`` of them with their history; with ``before``, only those with a smaller number."""
        older = selection if before is None else selection.with_condition("numbered_below", before=before)
        (rows,) = await self.context.ask(replace(older.to_query("desk_page", limit=limit), wide=True))
        steps = await self._read_histories(rows)
        return tuple(self._to_request_row(row, steps.get(row[0], [])) for row in rows)

    async def get(self, reach: Reach, code: str) -> RequestRow | None:
        """Read the request with this code, if it lies within reach."""
        within = await self.select(reach, Filter(), personal_words=False)
        if within is None:
            return None
        return next(iter(await self.page(within.with_condition("coded", code=code), 1)), None)

    async def read_movable(self, selection: QueryConditions, limit: int) -> list[MovableRequest]:
        """Read the oldest ``limit`` of them, as a move needs them."""
        (rows,) = await self.context.ask(selection.to_query("desk_meant", limit=limit))
        return [MovableRequest(*row) for row in rows]

    async def read_movable_at(self, reach: Reach, code: str, revision: int) -> list[MovableRequest]:
        """Read the request with this code, if it lies within reach and still has this revision."""
        return await self._read_movable_within(reach, 1, coded={"code": code}, seen_at={"revision": revision})

    async def read_movable_among(self, reach: Reach, codes: Sequence[str]) -> list[MovableRequest]:
        """Read the requests with these codes that lie within reach."""
        return await self._read_movable_within(reach, len(codes), coded_among={"codes": json.dumps(codes)})

    async def _read_movable_within(
        self, reach: Reach, limit: int, **conditions: dict[str, object]
    ) -> list[MovableRequest]:
        """Read by code: the index of units would bring far more requests than there are codes."""
        within = await self.select(reach, Filter(), personal_words=False)
        if within is None:
            return []
        named = within.for_scan()
        for condition, parameters in conditions.items():
            named = named.with_condition(condition, **parameters)
        return await self.read_movable(named, limit)

    async def move(self, requests: Sequence[MovableRequest], to: RequestState) -> list[MovableRequest]:
        """Move requests that are still as they were read, in one round trip.

        Returns:
            The requests that were moved. One that has another revision by now, or whose state has no way to ``to``,
            is left as it is.
        """
        if not requests:
            return []
        answers = await self.context.ask(*(self._move_query(request, to) for request in requests))
        return [request for request, answer in zip(requests, answers, strict=True) if answer]

    async def take_back(self, requests: Sequence[MovableRequest], to: RequestState) -> list[MovableRequest]:
        """Let requests that are still as they were read have an earlier state again; return those that were."""
        if not requests:
            return []
        answers = await self.context.ask(*(self._take_back_query(request, to) for request in requests))
        return [request for request, answer in zip(requests, answers, strict=True) if answer]

    async def record_moves(
        self,
        moved: Sequence[MovableRequest],
        to: RequestState,
        actor: str,
        note: str,
        notices: Iterable[OutboxMessage],
    ) -> None:
        """Add the moves to the history and the notices to the outbox, in one round trip."""
        keyring, now = self.context.keyring, self.context.now
        calls = [self._record_query(request, to, actor, note) for request in moved]
        calls += [message_query(keyring, notice, now) for notice in notices]
        if calls:
            await self.context.ask(*calls)

    def read_language(self, request: MovableRequest) -> str:
        """Read the language of the officer's conversation; Vietnamese where there is none, or none that can be read."""
        if request.session is None:
            return LANGUAGES[0]
        try:
            session = self.context.keyring.unseal(request.session, sealed_columns.session(request.chat))
        except UNREADABLE_ERRORS:  # noted, and the owners told, when the officer writes again
            return LANGUAGES[0]
        return session_language(session) or LANGUAGES[0]

    async def assign_unit(self, code: str, revision: int, unit: str) -> bool:
        """Place a request on a unit; false where it no longer has this revision."""
        return await assign_unit(self.context, code, revision, unit)

    def _move_query(self, request: MovableRequest, to: RequestState) -> Query:
        now = to_micros(self.context.now)
        ended = None if REQUEST_TRANSITIONS[to] else now
        seen = {"code": request.code, "revision": request.revision}
        return Query("desk_move", {**seen, "state": to.value, "ended": ended, "now": now})

    def _take_back_query(self, request: MovableRequest, to: RequestState) -> Query:
        seen = {"code": request.code, "revision": request.revision, "seen": request.state}
        return Query("desk_take_back", {**seen, "state": to.value, "now": to_micros(self.context.now)})

    def _record_query(self, request: MovableRequest, to: RequestState, actor: str, note: str) -> Query:
        code, revision = request.code, request.revision + 1
        sealed = self.context.keyring.seal(note, sealed_columns.note(code, revision)) if note else None
        row = {"code": code, "state": to.value, "now": to_micros(self.context.now), "revision": revision}
        return Query("record_move", {**row, "actor": actor, "note": sealed})

    async def _read_histories(self, rows: Rows) -> dict[str, list[RequestStep]]:
        if not rows:
            return {}
        codes = json.dumps([row[0] for row in rows])
        (history,) = await self.context.ask(Query("desk_history", {"codes": codes}))
        return steps_by_code(self.context.keyring, history)

    def _to_request_row(self, row: tuple[Any, ...], steps: list[RequestStep]) -> RequestRow:
        code, number, state, sealed, unit, registered_at, changed_at, revision, procedure = row
        context = self.context
        content = content_for_display(context.keyring, code, sealed, procedure, language=context.policy.language)
        changed = from_micros(changed_at)
        return RequestRow(
            Request(code=code, state=RequestState(state), content=content, history=tuple(steps)),
            number,
            unit,
            from_micros(registered_at),
            changed,
            revision,
            note=steps[-1].note if steps else "",
            actor=next((step.by for step in steps[-1:] if step.at == changed), SUBSCRIBER),  # only they amend
        )


IMPORT_TASK = "import"
_LINES = TypeAdapter(tuple[ImportLine, ...])


@dataclass(frozen=True, slots=True)
class ImportRepository:
    """Requests by their codes, and sealed lines of one chat; ``bot.services.request_list`` decides what they change."""

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
