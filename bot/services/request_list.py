"""The use cases of the request list: see requests as far as rights reach, move, place and import them."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.messages import NOTICE
from bot.services import format_span
from bot.store import (
    MovableRequest,
    OutboxMessage,
    OutboxRecipient,
    QueryConditions,
    RequestListRepository,
    RequestNoticeRepository,
    placing_origin,
    request_origin,
)
from handlers.core import Journal, Reply
from handlers.model import (
    MAX_BULK_MOVES,
    UNFINISHED,
    Act,
    BulkMoveResult,
    BulkPreview,
    Filter,
    MoveOutcome,
    MoveResult,
    NoticeTiming,
    RequestContent,
    RequestRow,
    RequestState,
    Rights,
    Watcher,
    check_reason,
    find_way_back,
    mask_content,
    mask_row,
    may_see_personal,
    select_watchers,
    transitions_from,
)
from handlers.notices import format_acting_office, format_new_request, format_placed_requests
from handlers.requests import format_move_taken_back, format_request_moved
from locales import LANGUAGES
from rules.calendar import to_vietnam_day
from rules.outcome import Procedure


def selection_mark(requests: Iterable[MovableRequest]) -> str:
    """Return a digest that changes when other requests are meant, or the same ones at another revision."""
    named = "\n".join(f"{request.code} {request.revision}" for request in requests)
    return hashlib.sha256(named.encode()).hexdigest()[:16]


#: Words the notice of a move: language, code, procedure, state, reason and office.
FormatMove = Callable[[str, str, Procedure, RequestState, str, str], Reply]


class AppliedMoves(NamedTuple):
    """Codes, in the order of registration."""

    changed: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequestMover:
    """One move, made to any number of requests in the present transaction; each officer gets a notice."""

    requests: RequestListRepository
    rights: Rights
    to: RequestState
    note: str  #: as ``check_reason`` returned it

    async def move(self, movable: Sequence[MovableRequest]) -> AppliedMoves:
        """Move those that can be moved there, as they were read; two round trips, however many they are."""
        fitting = [request for request in movable if self.to in transitions_from(RequestState(request.state))]
        changed = await self.requests.move(fitting, self.to)
        await self._record(changed, format_request_moved)
        codes = {request.code for request in changed}
        return AppliedMoves(_codes(changed), _codes(request for request in movable if request.code not in codes))

    async def take_back(self, movable: Sequence[MovableRequest]) -> tuple[str, ...]:
        """Let them stand where they stood before their last move, as they were read; return the codes of those."""
        changed = await self.requests.take_back(movable, self.to)
        await self._record(changed, format_move_taken_back)
        return _codes(changed)

    async def _record(self, changed: Sequence[MovableRequest], said: FormatMove) -> None:
        notices = [self._notice(request, said) for request in changed if request.erased_at is None]
        await self.requests.record_moves(changed, self.to, self.rights.actor, self.note, notices)

    def _notice(self, request: MovableRequest, said: FormatMove) -> OutboxMessage:
        """Tell the officer, in the language of their conversation."""
        language, procedure = self.requests.read_language(request), Procedure(request.procedure)
        office = format_acting_office(language, self.rights, request.unit)
        reply = said(language, request.code, procedure, self.to, self.note, office)
        origin = f"request:{request.code}:{request.revision + 1}"
        return OutboxMessage(OutboxRecipient(request.chat, request.channel), origin, reply, NOTICE)


def _codes(requests: Iterable[MovableRequest]) -> tuple[str, ...]:
    return tuple(request.code for request in requests)


async def select_requests(
    requests: RequestListRepository, rights: Rights, act: Act, wanted: Filter
) -> QueryConditions | None:
    """Select what the act may be done to; words find personal data only where none of it is masked."""
    reach = rights.reach(act, wanted.unit)
    return await requests.select(reach, wanted, personal_words=rights.may_search(wanted.unit))


@dataclass(frozen=True, slots=True)
class RequestAnnouncer:
    """Tells those in whose scope a request is, each once, in the transaction that made it theirs."""

    notices: RequestNoticeRepository

    async def announce(self, code: str, content: RequestContent, *, again: bool = False) -> None:
        """Queue the notices for people who are told at once; the person in this chat is never among them."""
        place, own = await self.notices.place(code), await self.notices.own_chats()
        watchers = [one for one in await self.notices.watchers(place.unit) if one.chat not in own]
        watching = select_watchers(watchers, self.notices.context.chat, NoticeTiming.AT_ONCE)
        for chat, held in watching.items():
            shown = content if may_see_personal(held) else mask_content(content)
            said = format_new_request(held[0].language or LANGUAGES[0], code, shown, again=again)
            await self.notices.queue(held[0], request_origin(code, place.revision, chat), said)

    async def announce_arrivals(self, arrived: Mapping[str, int]) -> None:
        """Queue one notice a person about all unfinished requests that came to their units together.

        It goes at once also to those who have chosen the overview of the morning: that tells of new requests only.

        Args:
            arrived: The number of requests by the unit that they came to.
        """
        numbers, people = Counter[str](), dict[str, Watcher]()
        for unit, number in arrived.items():
            watchers = await self.notices.watchers(unit)
            for timing in NoticeTiming:
                for chat, held in select_watchers(watchers, self.notices.context.chat, timing).items():
                    numbers[chat] += number
                    people[chat] = held[0]
        for chat, to in people.items():
            said = format_placed_requests(to.language or LANGUAGES[0], numbers[chat])
            await self.notices.queue(to, placing_origin(self.notices.context.now, chat), said)


@dataclass(frozen=True, slots=True)
class RequestListService:
    """Implements ``handlers.core.request_ports.RequestList``: decides rights, states and reasons, and masks rows."""

    requests: RequestListRepository
    journal: Journal
    now: datetime
    announcer: RequestAnnouncer

    async def count(self, rights: Rights, wanted: Filter, act: Act = Act.SEE_REQUESTS) -> int:
        """Count without reading a single request."""
        selection = await select_requests(self.requests, rights, act, wanted)
        return 0 if selection is None else await self.requests.count(selection)

    async def page(
        self, rights: Rights, wanted: Filter, limit: int, before: int | None = None
    ) -> tuple[RequestRow, ...]:
        """Mask each row whose unit lies outside the right to see personal data."""
        selection = await select_requests(self.requests, rights, Act.SEE_REQUESTS, wanted)
        if selection is None:
            return ()
        return tuple(_mask(rights, row) for row in await self.requests.page(selection, limit, before))

    async def get(self, rights: Rights, code: str) -> RequestRow | None:
        """Mask the row where its unit lies outside the right to see personal data."""
        return await self._get(rights, Act.SEE_REQUESTS, code)

    async def move(self, rights: Rights, code: str, to: RequestState, revision: int, note: str = "") -> MoveResult:
        """Check right, revision, state and reason in this order; the database checks revision and state again."""
        seen = await self._get(rights, Act.CHANGE_REQUESTS, code)
        if seen is None:
            return MoveResult(MoveOutcome.UNKNOWN)
        if seen.revision != revision:
            return MoveResult(MoveOutcome.OVERTAKEN, seen)
        if to not in transitions_from(seen.request.state):
            return MoveResult(MoveOutcome.NOT_ALLOWED, seen)
        if (reason := check_reason(to, note)) is None:
            return MoveResult(MoveOutcome.NO_REASON, seen)
        movable = await self.requests.read_movable_at(rights.reach(Act.CHANGE_REQUESTS), code, revision)
        done = await RequestMover(self.requests, rights, to, reason).move(movable)
        if done.changed:
            await self.journal.record(rights, "request.move", code, unit=seen.unit)
        now = await self._get(rights, Act.CHANGE_REQUESTS, code)
        return MoveResult(MoveOutcome.MOVED if done.changed else MoveOutcome.OVERTAKEN, now)

    async def preview_move_all(self, rights: Rights, wanted: Filter) -> BulkPreview:
        """Count all, and mark those that a single ``move_all`` may change."""
        selection = await select_requests(self.requests, rights, Act.CHANGE_REQUESTS, wanted)
        if selection is None:
            return BulkPreview(0, selection_mark(()))
        number = await self.requests.count(selection)
        return BulkPreview(number, selection_mark(await self.requests.read_movable(selection, MAX_BULK_MOVES)))

    async def move_all(
        self, rights: Rights, wanted: Filter, to: RequestState, note: str = "", *, seen: str | None = None
    ) -> BulkMoveResult:
        """Write one row of the journal for all of them."""
        selection = await select_requests(self.requests, rights, Act.CHANGE_REQUESTS, wanted)
        if selection is None:
            return BulkMoveResult(())
        if (reason := check_reason(to, note)) is None:
            return BulkMoveResult((), outcome=MoveOutcome.NO_REASON)
        number = await self.requests.count(selection)
        if number > MAX_BULK_MOVES:
            return BulkMoveResult((), outcome=MoveOutcome.TOO_MANY, meant=number)
        movable = await self.requests.read_movable(selection, MAX_BULK_MOVES)
        if seen is not None and seen != selection_mark(movable):
            return BulkMoveResult((), outcome=MoveOutcome.OVERTAKEN, meant=number)
        done = await RequestMover(self.requests, rights, to, reason).move(movable)
        if done.changed:
            subject, unit = f"{to}: {format_span(done.changed)}", rights.journal_unit(Act.CHANGE_REQUESTS, wanted.unit)
            await self.journal.record(rights, "request.move_all", subject, unit=unit, count=len(done.changed))
        return BulkMoveResult(done.changed, done.left, meant=number, at=self.now)

    async def take_back(self, rights: Rights, wanted: Filter) -> BulkMoveResult:
        """Write one row of the journal for all of them; whoever else changed one meanwhile prevails."""
        selection = await select_requests(self.requests, rights, Act.CHANGE_REQUESTS, wanted)
        if selection is None:
            return BulkMoveResult(())
        number = await self.requests.count(selection)
        if number > MAX_BULK_MOVES:
            return BulkMoveResult((), outcome=MoveOutcome.TOO_MANY, meant=number)
        rows = await self.requests.page(selection, MAX_BULK_MOVES)
        ways = {
            (row.request.code, row.revision): way for row in rows if (way := find_way_back(row, rights.actor, self.now))
        }
        movable = await self.requests.read_movable(selection, MAX_BULK_MOVES)
        changed: list[str] = []
        for to in dict.fromkeys(ways.values()):
            meant = [one for one in movable if ways.get((one.code, one.revision)) is to]
            changed += await RequestMover(self.requests, rights, to, "").take_back(meant)
        if changed:
            unit, span = rights.journal_unit(Act.CHANGE_REQUESTS, wanted.unit), format_span(sorted(changed))
            await self.journal.record(rights, "request.take_back", span, unit=unit, count=len(changed))
        left = tuple(one.code for one in movable if one.code not in set(changed))
        return BulkMoveResult(tuple(sorted(changed)), left, meant=number, at=self.now)

    async def assign_unit(self, rights: Rights, code: str, unit: str) -> MoveResult:
        """Write nothing where the request is on that unit already."""
        seen = await self._get(rights, Act.CHANGE_REQUESTS, code)
        if seen is None:
            return MoveResult(MoveOutcome.UNKNOWN)
        target = rights.units.get(unit)
        open_ = target is not None and target.is_open(to_vietnam_day(self.now))
        if not open_ or not rights.may(Act.CHANGE_REQUESTS, unit):
            return MoveResult(MoveOutcome.NOT_THERE, seen)
        if seen.unit == unit:
            return MoveResult(MoveOutcome.MOVED, seen)
        if not await self.requests.assign_unit(code, seen.revision, unit):
            return MoveResult(MoveOutcome.OVERTAKEN, seen)
        placed = await self.requests.get(rights.reach(Act.CHANGE_REQUESTS), code)
        if placed is not None and placed.request.state in UNFINISHED and not placed.request.content.unreadable:
            await self.announcer.announce(code, placed.request.content)
        await self.journal.record(rights, "request.place", code, unit=unit)
        return MoveResult(MoveOutcome.MOVED, placed and _mask(rights, placed))

    async def _get(self, rights: Rights, act: Act, code: str) -> RequestRow | None:
        row = await self.requests.get(rights.reach(act), code)
        return None if row is None else _mask(rights, row)


def _mask(rights: Rights, row: RequestRow) -> RequestRow:
    return row if rights.may(Act.SEE_PERSONAL, row.unit) else mask_row(row)
