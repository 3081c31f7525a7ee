"""The request list in memory, and what an export reads of it."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from handlers.model import (
    ANSWERS_READ,
    MAX_BULK_MOVES,
    REQUEST_TRANSITIONS,
    UNFINISHED,
    Act,
    BulkMoveResult,
    BulkPreview,
    Filter,
    MoveOutcome,
    MoveResult,
    NoticeTiming,
    RequestHandling,
    RequestOffice,
    RequestRow,
    RequestState,
    RequestStep,
    Rights,
    Watcher,
    check_reason,
    find_way_back,
    lacks_serial,
    mask_content,
    mask_row,
    may_see_personal,
    nearest_offices,
    select_watchers,
    transitions_from,
    usual_days,
)
from handlers.notices import format_acting_office, format_new_request, format_placed_requests
from handlers.requests import format_move_taken_back, format_request_moved
from handlers.testing.tables import SUBSCRIBER, GrantRecord, MemoryContext, MemoryJournal, RequestRecord, format_span
from rules.calendar import to_vietnam_day
from rules.language.spelling import fold
from rules.outcome import Procedure


@dataclass(frozen=True, slots=True)
class RequestMoves:
    """Moves any number of requests."""

    acting: MemoryContext

    def move(
        self, found: Sequence[RequestRecord], rights: Rights, to: RequestState, note: str
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Move those that can be moved there: their codes, and the codes of those that were left."""
        fitting = [one for one in found if to in transitions_from(one.state)]
        for one in fitting:
            self._move_one(one, rights, to, note)
        changed = tuple(one.code for one in fitting)
        return changed, tuple(one.code for one in found if one.code not in set(changed))

    def take_back(self, known: RequestRecord, rights: Rights, to: RequestState) -> None:
        """Let one stand where it stood before its last move."""
        self._move_one(known, rights, to, "", format_move_taken_back)

    def _move_one(
        self, known: RequestRecord, rights: Rights, to: RequestState, note: str, said: Any = format_request_moved
    ) -> None:
        acting, revision = self.acting, known.revision + 1
        step = RequestStep(state=to, at=acting.now, by=rights.actor, note=note)
        acting.tables.requests[known.code] = replace(
            known,
            state=to,
            moves=(*known.moves, (revision, step)),
            revision=revision,
            changed_at=acting.now,
            ended_at=None if REQUEST_TRANSITIONS[to] else acting.now,
        )
        if acting.tables.chats[known.chat].erased_at is None:
            language = acting.language(known.chat)
            office = format_acting_office(language, rights, known.unit)
            notice = said(language, known.code, known.content.procedure, to, note, office)
            acting.queue(known.chat, f"request:{known.code}:{revision}", notice)


@dataclass(frozen=True, slots=True)
class MemoryRequestList:
    """Implements ``handlers.core.request_ports.RequestList``."""

    acting: MemoryContext
    journal: MemoryJournal
    moves: RequestMoves

    async def count(self, rights: Rights, wanted: Filter, act: Act = Act.SEE_REQUESTS) -> int:
        """Count what is meant."""
        return len(find_requests(self.acting, rights, act, wanted))

    async def page(
        self, rights: Rights, wanted: Filter, limit: int, before: int | None = None
    ) -> tuple[RequestRow, ...]:
        """Show the newest, masked where the rights say so."""
        found = find_requests(self.acting, rights, Act.SEE_REQUESTS, wanted)
        older = [one for one in reversed(found) if before is None or one.number < before]
        return tuple(_to_row(rights, one) for one in older[:limit])

    async def get(self, rights: Rights, code: str) -> RequestRow | None:
        """Look it up within reach."""
        return self._get(rights, Act.SEE_REQUESTS, code)

    def _get(self, rights: Rights, act: Act, code: str) -> RequestRow | None:
        found = (one for one in find_requests(self.acting, rights, act, Filter()) if one.code == code)
        return next((_to_row(rights, one) for one in found), None)

    async def move(self, rights: Rights, code: str, to: RequestState, revision: int, note: str = "") -> MoveResult:
        """Move it as it was seen, or say why not."""
        seen = self._get(rights, Act.CHANGE_REQUESTS, code)
        if seen is None:
            return MoveResult(MoveOutcome.UNKNOWN)
        if seen.revision != revision:
            return MoveResult(MoveOutcome.OVERTAKEN, seen)
        if to not in transitions_from(seen.request.state):
            return MoveResult(MoveOutcome.NOT_ALLOWED, seen)
        if (why := check_reason(to, note)) is None:
            return MoveResult(MoveOutcome.NO_REASON, seen)
        self.moves.move([self.acting.tables.requests[code]], rights, to, why)
        await self.journal.record(rights, "request.move", code, unit=seen.unit)
        return MoveResult(MoveOutcome.MOVED, self._get(rights, Act.CHANGE_REQUESTS, code))

    async def preview_move_all(self, rights: Rights, wanted: Filter) -> BulkPreview:
        """Count and mark what is meant."""
        found = find_requests(self.acting, rights, Act.CHANGE_REQUESTS, wanted)
        return BulkPreview(len(found), _selection_mark(found[:MAX_BULK_MOVES]))

    async def move_all(
        self, rights: Rights, wanted: Filter, to: RequestState, note: str = "", *, seen: str | None = None
    ) -> BulkMoveResult:
        """Move them with one row of the journal."""
        if not rights.reach(Act.CHANGE_REQUESTS, wanted.unit):
            return BulkMoveResult(())
        if (why := check_reason(to, note)) is None:
            return BulkMoveResult((), outcome=MoveOutcome.NO_REASON)
        found = find_requests(self.acting, rights, Act.CHANGE_REQUESTS, wanted)
        if len(found) > MAX_BULK_MOVES:
            return BulkMoveResult((), outcome=MoveOutcome.TOO_MANY, meant=len(found))
        if seen is not None and seen != _selection_mark(found):
            return BulkMoveResult((), outcome=MoveOutcome.OVERTAKEN, meant=len(found))
        changed, left = self.moves.move(found, rights, to, why)
        if changed:
            subject, unit = f"{to}: {format_span(changed)}", rights.journal_unit(Act.CHANGE_REQUESTS, wanted.unit)
            await self.journal.record(rights, "request.move_all", subject, unit=unit, count=len(changed))
        return BulkMoveResult(changed, left, meant=len(found), at=self.acting.now)

    async def take_back(self, rights: Rights, wanted: Filter) -> BulkMoveResult:
        """Take back what can be, with one row of the journal."""
        found = find_requests(self.acting, rights, Act.CHANGE_REQUESTS, wanted)
        if len(found) > MAX_BULK_MOVES:
            return BulkMoveResult((), outcome=MoveOutcome.TOO_MANY, meant=len(found))
        ways = {one.code: find_way_back(_to_row(rights, one), rights.actor, self.acting.now) for one in found}
        changed = tuple(sorted(code for code, way in ways.items() if way))
        for one in found:
            if way := ways[one.code]:
                self.moves.take_back(one, rights, way)
        if changed:
            unit = rights.journal_unit(Act.CHANGE_REQUESTS, wanted.unit)
            await self.journal.record(rights, "request.take_back", format_span(changed), unit=unit, count=len(changed))
        left = tuple(one.code for one in found if one.code not in set(changed))
        return BulkMoveResult(changed, left, meant=len(found), at=self.acting.now)

    async def assign_unit(self, rights: Rights, code: str, unit: str) -> MoveResult:
        """Give it to the unit; where it is there already, nothing is written."""
        seen = self._get(rights, Act.CHANGE_REQUESTS, code)
        if seen is None:
            return MoveResult(MoveOutcome.UNKNOWN)
        target = rights.units.get(unit)
        is_open = target is not None and target.is_open(to_vietnam_day(self.acting.now))
        if not is_open or not rights.may(Act.CHANGE_REQUESTS, unit):
            return MoveResult(MoveOutcome.NOT_THERE, seen)
        if seen.unit == unit:
            return MoveResult(MoveOutcome.MOVED, seen)
        assign_unit(self.acting, self.acting.tables.requests[code], unit)
        if seen.request.state in UNFINISHED:
            MemoryAnnouncer(self.acting).announce(code)
        await self.journal.record(rights, "request.place", code, unit=unit)
        return MoveResult(MoveOutcome.MOVED, self._get(rights, Act.CHANGE_REQUESTS, code))


@dataclass(frozen=True, slots=True)
class MemoryExportReader:
    """Reads requests for exports."""

    acting: MemoryContext

    async def extent(self, rights: Rights, wanted: Filter) -> tuple[int, int]:
        """Count, and name the newest number."""
        found = find_requests(self.acting, rights, Act.EXPORT_REQUESTS, wanted)
        return len(found), max((one.number for one in found), default=0)

    async def batch(
        self, rights: Rights, wanted: Filter, limit: int, *, after: int, last: int
    ) -> tuple[RequestRow, ...]:
        """Read on from a number."""
        found = find_requests(self.acting, rights, Act.EXPORT_REQUESTS, wanted)
        beyond = [one for one in found if after < one.number <= last]
        return tuple(_without_history(_to_row(rights, one), one) for one in beyond[:limit])


def assign_unit(acting: MemoryContext, known: RequestRecord, unit: str) -> None:
    """Place a request; its officer neither moved nor amended it: its day stays."""
    content = known.content.model_copy(update={"unit_code": unit})
    placed = replace(known, unit=unit, content=content, revision=known.revision + 1)
    acting.tables.requests[known.code] = placed


def find_requests(acting: MemoryContext, rights: Rights, act: Act, wanted: Filter) -> list[RequestRecord]:
    """Find the requests of a filter that the act may be done to, the oldest first."""
    reach = rights.reach(act, wanted.unit)
    if not reach:
        return []
    words = set(fold(wanted.text).split())
    search = _search_words if rights.may_search(wanted.unit) else _open_words
    near = (one for one in acting.tables.requests.values() if acting.tables.is_within(reach, one.unit))
    found = (one for one in near if _matches(acting, one, wanted) and (not words or words <= search(one)))
    return sorted(found, key=lambda one: one.number)


def _is_incomplete(acting: MemoryContext, known: RequestRecord) -> bool:
    content = known.content
    homeless = known.unit is None and bool(acting.tables.units)
    endless = content.not_after is None and content.procedure is not Procedure.ISSUE_NEW
    return known.state is RequestState.SENT_BACK or homeless or endless or lacks_serial(content)


def _matches(acting: MemoryContext, known: RequestRecord, wanted: Filter) -> bool:
    day, ends = to_vietnam_day(known.registered_at), known.content.not_after
    return (
        (not wanted.procedures or known.content.procedure in wanted.procedures)
        and (not wanted.states or known.state in wanted.states)
        and (wanted.since is None or day >= wanted.since)
        and (wanted.until is None or day <= wanted.until)
        and (wanted.expires_from is None or (ends is not None and ends >= wanted.expires_from))
        and (wanted.expires_until is None or (ends is not None and ends <= wanted.expires_until))
        and (not wanted.without_unit or known.unit is None)
        and (not wanted.incomplete or _is_incomplete(acting, known))
        and (wanted.changed_at is None or known.changed_at == wanted.changed_at)
        and (not wanted.codes or known.code in wanted.codes)
    )


def _search_words(known: RequestRecord) -> set[str]:
    content = known.content
    return _words(content.subscriber, content.certificate_name or "", content.unit, content.serial or "", known.code)


def _open_words(known: RequestRecord) -> set[str]:
    """Return the words that find a request for a person who sees the rest masked, and must not guess it either."""
    return _words(known.content.unit, known.code)


def _words(*texts: str) -> set[str]:
    return {word for text in texts for word in fold(text).split()}


def _selection_mark(found: Iterable[RequestRecord]) -> str:
    named = "\n".join(f"{one.code} {one.revision}" for one in found)
    return hashlib.sha256(named.encode()).hexdigest()[:16]


def _to_row(rights: Rights, known: RequestRecord) -> RequestRow:
    steps = [step for _, step in known.moves]
    row = RequestRow(
        known.to_request(),
        known.number,
        known.unit,
        known.registered_at,
        known.changed_at,
        known.revision,
        note=steps[-1].note,
        actor=steps[-1].by if steps[-1].at == known.changed_at else SUBSCRIBER,
    )
    return row if rights.may(Act.SEE_PERSONAL, known.unit) else mask_row(row)


def _without_history(row: RequestRow, known: RequestRecord) -> RequestRow:
    """Return a row as files show it: with its last move alone, and no decision."""
    content = row.request.content.model_copy(update={"decision": ""})
    request = row.request.model_copy(update={"content": content, "history": ()})
    _, last = known.moves[-1]
    return replace(row, request=request, actor=last.by)


@dataclass(frozen=True, slots=True)
class MemoryAnnouncer:
    """Tells those in whose scope a request is."""

    acting: MemoryContext

    def announce(self, code: str, *, again: bool = False) -> None:
        """Queue the notices for people who are told at once; the person in this chat is never among them."""
        acting, known = self.acting, self.acting.tables.requests[code]
        watchers, own = find_watchers(acting, known.unit), acting.tables.own_chats(acting.chat)
        told = select_watchers([one for one in watchers if one.chat not in own], acting.chat, NoticeTiming.AT_ONCE)
        for chat, held in told.items():
            shown = known.content if may_see_personal(held) else mask_content(known.content)
            said = format_new_request(acting.language(chat), code, shown, again=again)
            acting.queue(chat, f"new:{code}:{known.revision}:{chat}", said)

    def announce_arrivals(self, codes: Iterable[str]) -> None:
        """Queue one notice a person about all unfinished requests that came to their units together."""
        acting, numbers = self.acting, Counter[str]()
        for known in (acting.tables.requests[code] for code in codes):
            watchers = find_watchers(acting, known.unit) if known.state in UNFINISHED else []
            numbers.update(chat for timing in NoticeTiming for chat in select_watchers(watchers, acting.chat, timing))
        for chat, number in numbers.items():
            said = format_placed_requests(acting.language(chat), number)
            acting.queue(chat, f"placed:{acting.now.isoformat()}:{chat}", said)


def find_watchers(acting: MemoryContext, unit: str | None) -> list[Watcher]:
    """Return the roles in whose scope a unit lies, the nearest first."""
    units = acting.tables.units
    above = [unit, *(one.code for one in units.ancestors(unit))] if unit else []
    standing = [one for one in acting.tables.grants.values() if one.ended_at is None]
    covering = [one for one in standing if one.grant.unit is None or one.grant.unit in above]
    nearest = sorted(covering, key=lambda one: above.index(one.grant.unit) if one.grant.unit in above else len(above))
    return list(_watchers(acting, nearest))


def _watchers(acting: MemoryContext, grants: list[GrantRecord]) -> Iterator[Watcher]:
    for one in grants:
        chat = acting.tables.chats[one.chat]
        if chat.erased_at is None and chat.blocked_at is None:
            yield Watcher(chat.id, chat.channel, chat.language, acting.tables.timings.get(chat.id), one.grant)


def find_handling(acting: MemoryContext, known: RequestRecord) -> RequestHandling:
    """Return what the officer of a request may know about its handling."""
    actors = {step.by for _, step in known.moves}
    grants = [one.grant for name, one in acting.tables.grants.items() if name in actors]
    steps = {grant.id: RequestOffice(grant.role, grant.unit) for grant in grants}
    usual = usual_days(_answer_times(acting, known.unit)) if known.unit else None
    return RequestHandling(known.unit, nearest_offices(find_watchers(acting, known.unit)), usual, steps)


def _answer_times(acting: MemoryContext, unit: str | None) -> list[timedelta]:
    found = sorted((one for one in acting.tables.requests.values() if one.unit == unit), key=lambda one: -one.number)
    first = [next((step.at for _, step in one.moves if step.by != SUBSCRIBER), None) for one in found]
    waited = [at - one.registered_at for one, at in zip(found, first, strict=True) if at is not None]
    return waited[:ANSWERS_READ]
