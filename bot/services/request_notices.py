"""Notices about requests: who is told of a registered one, what its officer learns, and the overview of the morning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.services.request_list import RequestAnnouncer, select_requests
from bot.store import (
    DigestPerson,
    RequestListRepository,
    RequestNoticeRepository,
    Store,
    StoreContext,
    StoredOwnRequests,
    digest_origin,
    read_units,
    since_yesterday,
)
from handlers.admin import format_request_row
from handlers.core import MarkupTranslator
from handlers.model import (
    MACHINE,
    MAX_DIGEST_ROWS,
    NEW_STATES,
    Act,
    Filter,
    NoticeTiming,
    Request,
    RequestContent,
    RequestHandling,
    RequestRow,
    RequestState,
    Rights,
    UnitDirectory,
    mask_row,
    nearest_offices,
    person_timing,
    pressing_filters,
    usual_days,
)
from handlers.notices import format_digest
from locales import LANGUAGES
from rules.calendar import to_vietnam_day


@dataclass(frozen=True, slots=True)
class OwnRequestService:
    """Implements ``handlers.core.ports.OwnRequests``: the requests of one chat, and who is told of them."""

    requests: StoredOwnRequests
    announcer: RequestAnnouncer

    async def mine(self) -> tuple[Request, ...]:
        """Read them from the store."""
        return await self.requests.mine()

    async def get(self, code: str) -> Request | None:
        """Read it from the store."""
        return await self.requests.get(code)

    async def open_for(self, certificate_key: str, procedure: str) -> Request | None:
        """Look it up in the store."""
        return await self.requests.open_for(certificate_key, procedure)

    async def register(self, content: RequestContent, state: RequestState = RequestState.SUBMITTED) -> Request:
        """Tell of it in the same transaction."""
        made = await self.requests.register(content, state)
        if state is RequestState.SUBMITTED:
            await self.announcer.announce(made.code, content)
        return made

    async def amend(self, code: str, content: RequestContent) -> Request | None:
        """Tell of it where it came to another unit."""
        before = await self.announcer.notices.place(code)
        changed = await self.requests.amend(code, content)
        if changed is None or changed.state is not RequestState.SUBMITTED:
            return changed
        if (await self.announcer.notices.place(code)).unit not in {None, before.unit}:
            await self.announcer.announce(code, content)
        return changed

    async def move(self, code: str, to: RequestState) -> Request | None:
        """Tell of a request that comes again."""
        moved = await self.requests.move(code, to)
        if moved is not None and to is RequestState.SUBMITTED:
            await self.announcer.announce(code, moved.content, again=True)
        return moved

    async def handling(self, code: str) -> RequestHandling:
        """Name offices only; who sits there is for those who may see it."""
        notices, request = self.announcer.notices, await self.requests.get(code)
        if request is None:
            return RequestHandling()
        unit = (await notices.place(code)).unit
        usual = usual_days(await notices.answer_times(unit)) if unit else None
        steps = await notices.offices({step.by for step in request.history})
        return RequestHandling(unit, nearest_offices(await notices.watchers(unit)), usual, steps)


@dataclass(frozen=True, slots=True)
class DigestSender:
    """Sends the overviews of a morning; a kill at any moment leaves each either sent once or still due."""

    store: Store

    async def send_due(self, now: datetime) -> int:
        """Queue the overview of everybody who has had none today; return how many were queued.

        Each is a transaction of its own: the mark of the day and the message are kept together or not at all.
        """
        today = to_vietnam_day(now)
        async with self.store.driver.transaction(reading=True) as transaction:
            people = await self._notices(transaction.run, now).digest_people(today)
            units = await read_units(transaction.run) if people else None
        sent = 0
        for person in people:
            if units is not None and person_timing(person.held) is NoticeTiming.MORNING:
                sent += await self._send(person, units, now)
        return sent

    def _notices(self, run: object, now: datetime) -> RequestNoticeRepository:
        store = self.store
        return RequestNoticeRepository(StoreContext(run, store.keyring, now, MACHINE, "", store.policy))  # type: ignore[arg-type]

    async def _send(self, person: DigestPerson, units: UnitDirectory, now: datetime) -> bool:
        today, to = to_vietnam_day(now), person.held[0]
        async with self.store.driver.transaction() as transaction:
            notices = self._notices(transaction.run, now)
            newest = await notices.newest_number()
            if not await notices.take_digest(to.chat, today, newest):
                return False
            digest = _DigestReader(RequestListRepository(notices.context), person, units, newest)
            total, rows = await digest.new_requests()
            if total:
                say = MarkupTranslator(to.language or LANGUAGES[0])
                named = [format_request_row(say, row) for row in rows]
                said = format_digest(say.language, total, named, await digest.pressing())
                await notices.queue(to, digest_origin(today, to.chat), said)
            await transaction.run(commit=True)
        return total > 0


@dataclass(frozen=True, slots=True)
class _DigestReader:
    """Counts and reads what one person's overview tells."""

    requests: RequestListRepository
    person: DigestPerson
    units: UnitDirectory
    newest: int

    @property
    def _rights(self) -> Rights:
        return Rights.of((one.grant for one in self.person.held), self.units)

    async def new_requests(self) -> tuple[int, Sequence[RequestRow]]:
        """Count what others registered since the last overview, and read the newest, masked as the roles demand."""
        now, seen = self.requests.context.now, self.person.seen
        since = to_vietnam_day(since_yesterday(now)) if seen is None else None
        wanted = Filter(states=NEW_STATES, since=since)
        selection = await select_requests(self.requests, self._rights, Act.SEE_REQUESTS, wanted)
        if selection is None:
            return 0, ()
        selection = selection.with_condition("numbered_within", above=seen or 0, newest=self.newest)
        selection = selection.with_condition("of_others", chat=self.person.held[0].chat)
        total = await self.requests.count(selection)
        rows = await self.requests.page(selection, MAX_DIGEST_ROWS) if total else ()
        return total, [self._mask(row) for row in rows]

    def _mask(self, row: RequestRow) -> RequestRow:
        return row if self._rights.may(Act.SEE_PERSONAL, row.unit) else mask_row(row)

    async def pressing(self) -> Mapping[str, int]:
        """Count what presses, by the keys of ``DIGEST_COUNTS``."""
        counts = {}
        for name, wanted in pressing_filters(to_vietnam_day(self.requests.context.now)).items():
            selection = await select_requests(self.requests, self._rights, Act.SEE_REQUESTS, wanted)
            counts[name] = await self.requests.count(selection) if selection else 0
        return counts
