"""The services of one person's own conversation in memory: requests, register, reminders, all that is held."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from handlers.model import (
    AMENDABLE_STATES,
    EMAIL,
    OPEN_STATES,
    REQUEST_TRANSITIONS,
    Act,
    DeliveryReason,
    EmailContact,
    EmailOffer,
    InterviewStatus,
    Request,
    RequestContent,
    RequestHandling,
    RequestState,
    RequestStep,
    Rights,
    is_official,
)
from handlers.testing.request_list import MemoryAnnouncer, find_handling
from handlers.testing.tables import (
    SUBSCRIBER,
    ChatRecord,
    MarkRecord,
    MemoryContext,
    MessageRecord,
    PlaceRecord,
    RequestRecord,
    StatusRecord,
    chat_id,
)
from rules.calendar import to_vietnam_day

#: More codes than a year will see.
_CODES_A_YEAR = 1_000_000_000


@dataclass(frozen=True, slots=True)
class MemoryEmail:
    """Implements ``handlers.core.ports.EmailAddresses``; ``confirm`` stands for the link of the first message."""

    acting: MemoryContext
    domains: tuple[str, ...] = ("gov.vn",)

    async def mine(self) -> EmailContact | None:
        """Look it up."""
        return self.acting.tables.contact_of(self.acting.chat)

    async def offer(self, address: str, language: str) -> EmailOffer:
        """Keep it until it is confirmed; no message is written."""
        del language
        if not is_official(address, self.domains):
            return EmailOffer.ELSEWHERE
        known = await self.mine()
        same = known is not None and known.confirmed and known.address == address
        emails = self.acting.tables.emails
        emails[self.acting.chat] = replace(known, working=True) if known and same else EmailContact(address, False)
        return EmailOffer.ASKED

    def confirm(self) -> None:
        """Open the link: the address is a channel of its person from then on."""
        tables, chat, now = self.acting.tables, self.acting.chat, self.acting.now
        known = tables.emails[chat] = replace(tables.emails[chat], confirmed=True)
        mailbox = chat_id(EMAIL, known.address)
        row = ChatRecord(mailbox, EMAIL, known.address, now, now, consented=True)
        tables.chats[mailbox] = replace(tables.chats.get(mailbox, row), stopped_at=None, blocked_at=None)
        mine = tables.places.setdefault(chat, PlaceRecord(secrets.token_hex(16), 1, now))
        last = max(tables.places[one].place for one in tables.own_chats(chat))
        tables.places.setdefault(mailbox, PlaceRecord(mine.person, last + 1, now))

    async def choose(self, *, first: bool, files: bool) -> None:
        """Change nothing of an address that is not confirmed."""
        known = await self.mine()
        if known is not None and known.confirmed:
            self.acting.tables.emails[self.acting.chat] = replace(known, files=files)
            if known.first != first:
                self._place(known.address, first=first)

    def _place(self, address: str, *, first: bool) -> None:
        places, mailbox = self.acting.tables.places, chat_id(EMAIL, address)
        all_of_them = [places[one].place for one in self.acting.tables.own_chats(mailbox)]
        place = min(all_of_them) - 1 if first else max(all_of_them) + 1
        places[mailbox] = replace(places[mailbox], place=place)

    async def import_staff(self, rights: Rights, unit: str | None, addresses: Sequence[str]) -> None:
        """Keep them as people who consented."""
        reach = rights.reach(Act.WRITE_BROADCASTS, unit)
        if not reach or (unit is None and not reach.everything):
            return
        tables, now = self.acting.tables, self.acting.now
        for address in addresses:
            known = chat_id(EMAIL, address)
            tables.chats.setdefault(known, ChatRecord(known, EMAIL, address, now, now, unit, consented=True))

    async def remove(self) -> None:
        """Forget it."""
        self.acting.tables.remove_mailbox(self.acting.chat)


@dataclass(frozen=True, slots=True)
class MemoryOwnRequests:
    """Implements ``handlers.core.ports.OwnRequests``."""

    acting: MemoryContext

    @property
    def kept(self) -> dict[str, Request]:
        """Return all requests of this chat by code, the oldest first."""
        return {one.code: one.to_request() for one in reversed(self._mine())}

    def _mine(self) -> list[RequestRecord]:
        tables = self.acting.tables
        mine = [one for chat in tables.own_chats(self.acting.chat) for one in tables.requests_of(chat)]
        return sorted(mine, key=lambda one: -one.number)

    def _find(self, code: str) -> RequestRecord | None:
        known = self.acting.tables.requests.get(code)
        own = self.acting.tables.own_chats(self.acting.chat)
        return known if known is not None and known.chat in own else None

    async def mine(self) -> tuple[Request, ...]:
        """List them."""
        return tuple(one.to_request() for one in self._mine())

    async def get(self, code: str) -> Request | None:
        """Look it up."""
        known = self._find(code)
        return known.to_request() if known else None

    async def open_for(self, certificate_key: str, procedure: str) -> Request | None:
        """Compare keys of certificates."""
        wanted = certificate_key, procedure
        found = (one for one in self._mine() if one.state in OPEN_STATES)
        same = (one for one in found if (one.content.certificate_key, one.content.procedure) == wanted)
        return next((one.to_request() for one in same), None)

    async def register(self, content: RequestContent, state: RequestState = RequestState.SUBMITTED) -> Request:
        """Tell of it where it is no draft."""
        code = self.add(content, state)
        if state is RequestState.SUBMITTED:
            MemoryAnnouncer(self.acting).announce(code)
        return self.acting.tables.requests[code].to_request()

    def add(self, content: RequestContent, state: RequestState = RequestState.SUBMITTED) -> str:
        """Add a request with a number of its year, and return its code."""
        acting, year = self.acting, to_vietnam_day(self.acting.now).year
        number = acting.tables.next_number(f"YC-{year}")
        code = f"YC-{year}-{number:06d}"
        unit = content.unit_code if content.unit_code in acting.tables.units.units else None
        made = RequestRecord(
            code,
            year * _CODES_A_YEAR + number,
            acting.chat,
            unit,
            state,
            content,
            acting.now,
            acting.now,
            ((0, self._step(state)),),
            ended_at=self._ended_at(state),
        )
        acting.tables.requests[code] = made
        return code

    async def amend(self, code: str, content: RequestContent) -> Request | None:
        """Replace the content, where the state allows it."""
        known, acting = self._find(code), self.acting
        if known is None or known.state not in AMENDABLE_STATES:
            return None
        unit = content.unit_code if content.unit_code in acting.tables.units.units else None
        changed = replace(known, content=content, unit=unit, revision=known.revision + 1, changed_at=acting.now)
        acting.tables.requests[code] = changed
        if changed.state is RequestState.SUBMITTED and unit not in {None, known.unit}:
            MemoryAnnouncer(acting).announce(code)
        return changed.to_request()

    async def move(self, code: str, to: RequestState) -> Request | None:
        """Move it, where there is a way from its state."""
        known = self._find(code)
        if known is None or to not in REQUEST_TRANSITIONS[known.state]:
            return None
        revision = known.revision + 1
        moved = replace(
            known,
            state=to,
            moves=(*known.moves, (revision, self._step(to))),
            revision=revision,
            changed_at=self.acting.now,
            ended_at=self._ended_at(to),
        )
        self.acting.tables.requests[code] = moved
        if to is RequestState.SUBMITTED:
            MemoryAnnouncer(self.acting).announce(code, again=True)
        return moved.to_request()

    async def handling(self, code: str) -> RequestHandling:
        """Look at roles and at the past."""
        known = self._find(code)
        return find_handling(self.acting, known) if known else RequestHandling()

    def _step(self, state: RequestState) -> RequestStep:
        return RequestStep(state=state, at=self.acting.now, by=SUBSCRIBER)

    def _ended_at(self, state: RequestState) -> datetime | None:
        return None if REQUEST_TRANSITIONS[state] else self.acting.now


@dataclass(slots=True)
class MemoryInterviewRegister:
    """The register of units and certificates, to which the interview in one chat adds."""

    acting: MemoryContext

    @property
    def standings(self) -> dict[int, InterviewStatus]:
        """Return the interviews of this chat by their numbers."""
        mine = (one for one in self.acting.tables.statuses.values() if one.chat == self.acting.chat)
        return {one.status.interview: one.status for one in mine}

    async def save_status(self, standing: InterviewStatus) -> None:
        """Keep it; the same certificate, asked about again, is known once."""
        tables, now, chat = self.acting.tables, self.acting.now, self.acting.chat
        tables.chats[chat] = replace(tables.chats[chat], unit=standing.unit)
        known, key = tables.statuses.get((chat, standing.interview)), standing.certificate_key
        older = [place for place, one in tables.statuses.items() if one.chat == chat and key is not None]
        for place in [place for place in older if tables.statuses[place].status.certificate_key == key]:
            if place[1] != standing.interview:
                del tables.statuses[place]
        kept = StatusRecord(chat, standing, known.known_at if known else now, now)
        tables.statuses[chat, standing.interview] = kept


@dataclass(frozen=True, slots=True)
class MemoryReminders:
    """Implements ``handlers.core.broadcast_ports.Reminders``."""

    acting: MemoryContext

    @property
    def marks(self) -> dict[str, date | None]:
        """Return the answers to each campaign: the day that was asked for; ``None``: done."""
        mine = (one for one in self.acting.tables.marks.values() if one.chat == self.acting.chat)
        return {one.series: one.later_on for one in mine}

    async def is_stopped(self) -> bool:
        """Ask the chat."""
        return self.acting.tables.chats[self.acting.chat].stopped_at is not None

    async def stop(self) -> int:
        """Note it, and skip what waits."""
        chats, now = self.acting.tables.chats, self.acting.now
        for known in self._talking():
            chats[known.id] = replace(known, stopped_at=known.stopped_at or now)
        return self._skip(self._reminders(), DeliveryReason.STOPPED)

    async def resume(self) -> None:
        """Forget the wish."""
        for known in self._talking():
            self.acting.tables.chats[known.id] = replace(known, stopped_at=None)

    def _talking(self) -> list[ChatRecord]:
        """List the person's chats without mailboxes, which are stopped by themselves."""
        tables = self.acting.tables
        own = (tables.chats[one] for one in tables.own_chats(self.acting.chat))
        return [one for one in own if one.channel != EMAIL]

    async def latest(self) -> str | None:
        """Look for what was sent last."""
        sent = [one for one in self._reminders() if one.state == "sent"]
        last = max(enumerate(sent), key=lambda one: (one[1].settled_at or one[1].queued_at, one[0]), default=None)
        return last[1].broadcast if last else None

    async def has_received(self, broadcast: str) -> bool:
        """Look for a message of it."""
        return self._series(broadcast) is not None

    async def mark_done(self, broadcast: str) -> bool:
        """Note it, and skip what waits of the campaign."""
        return self._mark(broadcast, DeliveryReason.DONE, self.acting.now, None)

    async def postpone(self, broadcast: str, day: date) -> bool:
        """Note the day, and skip what waits of the campaign."""
        return self._mark(broadcast, DeliveryReason.LATER, None, day)

    def _mark(self, broadcast: str, reason: DeliveryReason, done_at: datetime | None, day: date | None) -> bool:
        series = self._series(broadcast)
        if series is None:
            return False
        acting = self.acting
        for known in self._talking():
            acting.tables.marks[series, known.id] = MarkRecord(series, known.id, done_at, day)
        self._skip([one for one in self._reminders() if self._series(one.broadcast or "") == series], reason)
        return True

    def _reminders(self) -> list[MessageRecord]:
        messages, own = self.acting.tables.messages.values(), self.acting.tables.own_chats(self.acting.chat)
        return [one for one in messages if one.chat in own and one.broadcast is not None]

    def _series(self, broadcast: str) -> str | None:
        """Return the campaign, or the broadcast itself, where this chat had it."""
        known = self.acting.tables.broadcasts.get(broadcast)
        had = any(one.broadcast == broadcast for one in self._reminders())
        return known.series if known and had else None

    def _skip(self, messages: list[MessageRecord], reason: DeliveryReason) -> int:
        waiting = [one for one in messages if one.state == "queued"]
        for one in waiting:
            self.acting.settle(one.origin, "skipped", reason.value)
        return len(waiting)
