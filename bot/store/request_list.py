"""The request list."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot.messages import NOTICE
from bot.store.context import StoreContext
from bot.store.drivers.base import Query, Rows
from bot.store.encoding import content_for_display, from_micros, to_micros
from bot.store.journal import StoredJournal, format_span
from bot.store.messages import OutboxMessage, OutboxRecipient, message_query
from bot.store.request_filter import QueryConditions, request_conditions
from bot.store.requests import SUBSCRIBER, steps_by_code
from bot.store.sealing import sealed_columns
from bot.store.sealing.readable import UNREADABLE_ERRORS
from bot.store.units import assign_unit
from handlers.access.masking import mask_row
from handlers.core.session import Session
from handlers.model.request import REQUEST_TRANSITIONS, Request, RequestState, RequestStep
from handlers.model.request_list import (
    MAX_BULK_MOVES,
    BulkMoveResult,
    BulkPreview,
    Filter,
    MoveOutcome,
    MoveResult,
    RequestRow,
    check_reason,
    transitions_from,
)
from handlers.model.rights import Act, Rights
from handlers.requests.text import format_request_moved
from locales import LANGUAGES
from rules.calendar import to_vietnam_day
from rules.outcome import Procedure


class MovableRequest(NamedTuple):
    """A row of ``desk_meant``: a request, and the chat that registered it."""

    code: str
    state: str
    procedure: str
    unit: str | None
    revision: int
    chat: str
    channel: str
    session: bytes | None
    erased_at: int | None


class AppliedMoves(NamedTuple):
    """Codes, in the order of registration."""

    changed: tuple[str, ...]
    left: tuple[str, ...]


async def read_movable_requests(acting: StoreContext, these: QueryConditions, limit: int) -> list[MovableRequest]:
    """The oldest that are meant, at most so many."""
    (rows,) = await acting.ask(these.to_query("desk_meant", limit=limit))
    return [MovableRequest(*row) for row in rows]


def selection_mark(affairs: Iterable[MovableRequest]) -> str:
    """Tells whether these are others, or the same at another revision."""
    named = "\n".join(f"{affair.code} {affair.revision}" for affair in affairs)
    return hashlib.sha256(named.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class RequestMover:
    """One move, made to any number of requests in the present transaction."""

    acting: StoreContext
    actor: str
    to: RequestState
    note: str

    async def move(self, affairs: Sequence[MovableRequest]) -> AppliedMoves:
        """Move those that can be moved there, as they were read; in two goes to the database, however many they are."""
        fitting = [affair for affair in affairs if self.to in transitions_from(RequestState(affair.state))]
        answers = await self.acting.ask(*map(self._guarded_query, fitting)) if fitting else []
        changed = [affair for affair, answer in zip(fitting, answers, strict=True) if answer]
        if changed:
            await self.acting.ask(*(call for affair in changed for call in self._record_queries(affair)))
        codes = {affair.code for affair in changed}
        return AppliedMoves(_codes(changed), _codes(affair for affair in affairs if affair.code not in codes))

    def _guarded_query(self, affair: MovableRequest) -> Query:
        now = to_micros(self.acting.now)
        ended = None if REQUEST_TRANSITIONS[self.to] else now
        seen = {"code": affair.code, "revision": affair.revision}
        return Query("desk_move", {**seen, "state": self.to.value, "ended": ended, "now": now})

    def _record_queries(self, affair: MovableRequest) -> Iterable[Query]:
        """The move in the history; and to the officer, unless they asked to be forgotten."""
        code, revision = affair.code, affair.revision + 1
        note = self.acting.keyring.seal(self.note, sealed_columns.note(code, revision)) if self.note else None
        row = {"code": code, "state": self.to.value, "now": to_micros(self.acting.now), "revision": revision}
        yield Query("record_move", {**row, "actor": self.actor, "note": note})
        if affair.erased_at is None:
            reply = format_request_moved(self._language(affair), code, Procedure(affair.procedure), self.to, self.note)
            to = OutboxRecipient(affair.chat, affair.channel)
            notice = OutboxMessage(to, f"request:{code}:{revision}", reply, NOTICE)
            yield message_query(self.acting.keyring, notice, self.acting.now)

    def _language(self, affair: MovableRequest) -> str:
        """Of the officer's conversation; Vietnamese where there is none, or none that can be read."""
        if affair.session is None:
            return LANGUAGES[0]
        try:
            return Session.load(
                self.acting.keyring.unseal(affair.session, sealed_columns.session(affair.chat))
            ).language
        except (*UNREADABLE_ERRORS, TypeError, AttributeError):  # found, and told of, when the officer writes again
            return LANGUAGES[0]


def _codes(affairs: Iterable[MovableRequest]) -> tuple[str, ...]:
    return tuple(affair.code for affair in affairs)


@dataclass(frozen=True, slots=True)
class StoredRequestList:
    """Implements ``handlers.core.ports.RequestList``."""

    acting: StoreContext
    journal: StoredJournal

    async def count(self, rights: Rights, wanted: Filter, act: Act = Act.SEE_REQUESTS) -> int:
        """How many requests are meant."""
        these = await request_conditions(self.acting, rights, act, wanted)
        return 0 if these is None else await self._count(these)

    async def page(
        self, rights: Rights, wanted: Filter, limit: int, before: int | None = None
    ) -> tuple[RequestRow, ...]:
        """The newest of them, older than ``before``."""
        these = await request_conditions(self.acting, rights, Act.SEE_REQUESTS, wanted)
        if these is None:
            return ()
        return await self._read(
            rights, these if before is None else these.with_condition("numbered_below", before=before), limit
        )

    async def get(self, rights: Rights, code: str) -> RequestRow | None:
        """One of them."""
        return await self._get(rights, Act.SEE_REQUESTS, code)

    async def move(self, rights: Rights, code: str, to: RequestState, revision: int, note: str = "") -> MoveResult:
        """Move one as it was seen."""
        seen = await self._get(rights, Act.CHANGE_REQUESTS, code)
        if seen is None:
            return MoveResult(MoveOutcome.UNKNOWN)
        if seen.revision != revision:
            return MoveResult(MoveOutcome.OVERTAKEN, seen)
        if to not in transitions_from(seen.request.state):
            return MoveResult(MoveOutcome.NOT_ALLOWED, seen)
        if (why := check_reason(to, note)) is None:
            return MoveResult(MoveOutcome.NO_REASON, seen)
        these = QueryConditions().with_condition("coded", code=code).with_condition("seen_at", revision=revision)
        done = await RequestMover(self.acting, rights.actor, to, why).move(
            await read_movable_requests(self.acting, these, 1)
        )
        if done.changed:
            await self.journal.record(rights, "request.move", code, unit=seen.unit)
        now = await self._get(rights, Act.CHANGE_REQUESTS, code)
        return MoveResult(MoveOutcome.MOVED if done.changed else MoveOutcome.OVERTAKEN, now)

    async def preview_move_all(self, rights: Rights, wanted: Filter) -> BulkPreview:
        """What ``move_all`` would go through."""
        these = await request_conditions(self.acting, rights, Act.CHANGE_REQUESTS, wanted)
        if these is None:
            return BulkPreview(0, selection_mark(()))
        return BulkPreview(
            await self._count(these), selection_mark(await read_movable_requests(self.acting, these, MAX_BULK_MOVES))
        )

    async def move_all(
        self, rights: Rights, wanted: Filter, to: RequestState, note: str = "", *, seen: str | None = None
    ) -> BulkMoveResult:
        """Move all that are meant and may be moved, as one: with one row of the journal."""
        these = await request_conditions(self.acting, rights, Act.CHANGE_REQUESTS, wanted)
        if these is None:
            return BulkMoveResult(())
        if (why := check_reason(to, note)) is None:
            return BulkMoveResult((), outcome=MoveOutcome.NO_REASON)
        number = await self._count(these)
        if number > MAX_BULK_MOVES:
            return BulkMoveResult((), outcome=MoveOutcome.TOO_MANY, meant=number)
        affairs = await read_movable_requests(self.acting, these, MAX_BULK_MOVES)
        if seen is not None and seen != selection_mark(affairs):
            return BulkMoveResult((), outcome=MoveOutcome.OVERTAKEN, meant=number)
        done = await RequestMover(self.acting, rights.actor, to, why).move(affairs)
        if done.changed:
            subject, unit = f"{to}: {format_span(done.changed)}", rights.journal_unit(Act.CHANGE_REQUESTS, wanted.unit)
            await self.journal.record(rights, "request.move_all", subject, unit=unit, count=len(done.changed))
        return BulkMoveResult(done.changed, done.left, meant=number)

    async def assign_unit(self, rights: Rights, code: str, unit: str) -> MoveResult:
        """Give one to a unit; where it is there already, nothing is written."""
        seen = await self._get(rights, Act.CHANGE_REQUESTS, code)
        if seen is None:
            return MoveResult(MoveOutcome.UNKNOWN)
        target = rights.units.get(unit)
        open_ = target is not None and target.is_open(to_vietnam_day(self.acting.now))
        if not open_ or not rights.may(Act.CHANGE_REQUESTS, unit):
            return MoveResult(MoveOutcome.NOT_THERE, seen)
        if seen.unit == unit:
            return MoveResult(MoveOutcome.MOVED, seen)
        if not await assign_unit(self.acting, code, seen.revision, unit):
            return MoveResult(MoveOutcome.OVERTAKEN, seen)
        await self.journal.record(rights, "request.place", code, unit=unit)
        return MoveResult(MoveOutcome.MOVED, await self._get(rights, Act.CHANGE_REQUESTS, code))

    async def _count(self, these: QueryConditions) -> int:
        (((number,),),) = await self.acting.ask(these.to_query("desk_count"))
        return int(number)

    async def _get(self, rights: Rights, act: Act, code: str) -> RequestRow | None:
        these = await request_conditions(self.acting, rights, act, Filter())
        if these is None:
            return None
        return next(iter(await self._read(rights, these.with_condition("coded", code=code), 1)), None)

    async def _read(self, rights: Rights, these: QueryConditions, limit: int) -> tuple[RequestRow, ...]:
        (rows,) = await self.acting.ask(these.to_query("desk_page", limit=limit))
        steps = await self._read_histories(rows)
        found = (self._to_request_row(row, steps.get(row[0], [])) for row in rows)
        return tuple(one if rights.may(Act.SEE_PERSONAL, one.unit) else mask_row(one) for one in found)

    async def _read_histories(self, rows: Rows) -> dict[str, list[RequestStep]]:
        if not rows:
            return {}
        codes = json.dumps([row[0] for row in rows])
        (history,) = await self.acting.ask(Query("desk_history", {"codes": codes}))
        return steps_by_code(self.acting.keyring, history)

    def _to_request_row(self, row: tuple[Any, ...], steps: list[RequestStep]) -> RequestRow:
        code, number, state, sealed, unit, registered_at, changed_at, revision, procedure = row
        acting = self.acting
        content = content_for_display(acting.keyring, code, sealed, procedure, language=acting.policy.language)
        changed = from_micros(changed_at)
        return RequestRow(
            Request(code=code, state=RequestState(state), content=content, history=tuple(steps)),
            number,
            unit,
            from_micros(registered_at),
            changed,
            revision,
            note=steps[-1].note if steps else "",
            actor=next((step.by for step in steps[-1:] if step.at == changed), SUBSCRIBER),  # who else amends?
        )
