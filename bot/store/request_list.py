"""The repository of the request list: pages of it, and guarded changes to any number of requests."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot.store.context import StoreContext
from bot.store.drivers.base import Query, Rows
from bot.store.encoding import content_for_display, from_micros, session_language, to_micros
from bot.store.messages import OutboxMessage, message_query
from bot.store.request_filter import QueryConditions, request_conditions
from bot.store.requests import SUBSCRIBER, steps_by_code
from bot.store.sealing import sealed_columns
from bot.store.sealing.readable import UNREADABLE_ERRORS
from bot.store.units import assign_unit
from handlers.model.request import REQUEST_TRANSITIONS, Request, RequestState, RequestStep
from handlers.model.request_list import Filter, RequestRow
from handlers.model.rights import Reach
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
        (((number,),),) = await self.context.ask(selection.to_query("desk_count"))
        return int(number)

    async def page(self, selection: QueryConditions, limit: int, before: int | None = None) -> tuple[RequestRow, ...]:
        """Read the newest ``limit`` of them with their history; with ``before``, only those with a smaller number."""
        older = selection if before is None else selection.with_condition("numbered_below", before=before)
        (rows,) = await self.context.ask(older.to_query("desk_page", limit=limit))
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
