"""The services of one person's own conversation in memory: requests, register, reminders, all that is held."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from pydantic_core import from_json

from handlers.core import Reply
from handlers.model import (
    AMENDABLE_STATES,
    EMAIL,
    OPEN_STATES,
    REQUEST_TRANSITIONS,
    RETAINED_STATES,
    Act,
    DeliveryReason,
    EmailContact,
    EmailOffer,
    InterviewStatus,
    LinkPurpose,
    Request,
    RequestContent,
    RequestHandling,
    RequestState,
    RequestStep,
    Rights,
    is_official,
    mask_session,
)
from handlers.testing.people import MemoryPeople
from handlers.testing.request_list import MemoryAnnouncer, find_handling
from handlers.testing.tables import (
    BROADCAST,
    SUBSCRIBER,
    ChatRecord,
    DossierRow,
    MarkRecord,
    MemoryContext,
    MessageRecord,
    RequestRecord,
    StatusRecord,
    TaskRecord,
    chat_id,
)
from rules.calendar import to_vietnam_day

#: More codes than a year will see.
_CODES_A_YEAR = 1_000_000_000
_OWN_DATA_TASK = "own_data"


@dataclass(slots=True)
class MemoryLinks:
    """Implements ``handlers.core.ports.OneTimeLinks``."""

    made: list[LinkPurpose] = field(default_factory=list)

    async def make(self, purpose: LinkPurpose) -> str | None:
        """Count them: each is another one."""
        self.made.append(purpose)
        path = "desk/sign-in" if purpose is LinkPurpose.SIGN_IN else "t"
        return f"https://troly.test/{path}/{len(self.made):022}"


@dataclass(frozen=True, slots=True)
class MemoryEmail:
    """Implements ``handlers.core.ports.EmailAddresses``; ``confirm`` stands for the link of the first message."""

    acting: MemoryContext
    domains: tuple[str, ...] = ("gov.vn",)

    async def mine(self) -> EmailContact | None:
        """Look it up."""
        return self.acting.tables.emails.get(self.acting.chat)

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
        """Open the link."""
        emails = self.acting.tables.emails
        emails[self.acting.chat] = replace(emails[self.acting.chat], confirmed=True)

    async def choose(self, *, first: bool, files: bool) -> None:
        """Change nothing of an address that is not confirmed."""
        known = await self.mine()
        if known is not None and known.confirmed:
            self.acting.tables.emails[self.acting.chat] = replace(known, first=first, files=files)

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
        self.acting.tables.emails.pop(self.acting.chat, None)


@dataclass(frozen=True, slots=True)
class MemoryOwnRequests:
    """Implements ``handlers.core.ports.OwnRequests``."""

    acting: MemoryContext

    @property
    def kept(self) -> dict[str, Request]:
        """All of them by code, the oldest first."""
        return {one.code: one.to_request() for one in reversed(self._mine())}

    def _mine(self) -> list[RequestRecord]:
        return self.acting.tables.requests_of(self.acting.chat)

    def _find(self, code: str) -> RequestRecord | None:
        known = self.acting.tables.requests.get(code)
        return known if known is not None and known.chat == self.acting.chat else None

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
        """Number it within its year, and return its code."""
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
    """Implements ``handlers.core.ports.InterviewRegister``."""

    acting: MemoryContext

    @property
    def standings(self) -> dict[int, InterviewStatus]:
        """The interviews of this chat, by their numbers."""
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
        """The answers to each campaign: the day that was asked for; ``None``: done."""
        mine = (one for one in self.acting.tables.marks.values() if one.chat == self.acting.chat)
        return {one.series: one.later_on for one in mine}

    async def is_stopped(self) -> bool:
        """Ask the chat."""
        return self.acting.tables.chats[self.acting.chat].stopped_at is not None

    async def stop(self) -> int:
        """Note it, and skip what waits."""
        chats, now = self.acting.tables.chats, self.acting.now
        known = chats[self.acting.chat]
        chats[known.id] = replace(known, stopped_at=known.stopped_at or now)
        return self._skip(self._reminders(), DeliveryReason.STOPPED)

    async def resume(self) -> None:
        """Forget the wish."""
        chats = self.acting.tables.chats
        chats[self.acting.chat] = replace(chats[self.acting.chat], stopped_at=None)

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
        acting.tables.marks[series, acting.chat] = MarkRecord(series, acting.chat, done_at, day)
        self._skip([one for one in self._reminders() if self._series(one.broadcast or "") == series], reason)
        return True

    def _reminders(self) -> list[MessageRecord]:
        messages = self.acting.tables.messages.values()
        return [one for one in messages if one.chat == self.acting.chat and one.broadcast is not None]

    def _series(self, broadcast: str) -> str | None:
        """The campaign, or the broadcast itself, where this chat had it."""
        known = self.acting.tables.broadcasts.get(broadcast)
        had = any(one.broadcast == broadcast for one in self._reminders())
        return known.series if known and had else None

    def _skip(self, messages: list[MessageRecord], reason: DeliveryReason) -> int:
        waiting = [one for one in messages if one.state == "queued"]
        for one in waiting:
            self.acting.settle(one.origin, "skipped", reason.value)
        return len(waiting)


@dataclass(frozen=True, slots=True)
class MemoryOwnData:
    """Implements ``handlers.core.ports.OwnData``; what a chat sent is not kept here, so ``received`` is empty."""

    acting: MemoryContext
    people: MemoryPeople

    async def order(self, language: str) -> bool:  # noqa: ARG002 - the files are not written here
        """Keep the order; one at a time."""
        acting = self.acting
        mine = [one for one in acting.tables.tasks.values() if (one.chat, one.kind) == (acting.chat, _OWN_DATA_TASK)]
        if any(one.is_open for one in mine):
            return False
        task = acting.next_id("DL")
        acting.tables.tasks[task] = TaskRecord(task, acting.chat, _OWN_DATA_TASK, acting.now)
        return True

    async def sections(self) -> AsyncIterator[tuple[str, Any]]:
        """Read table after table."""
        tables, chat = self.acting.tables, self.acting.tables.chats[self.acting.chat]
        times = {
            "first_contact_at": _moment(chat.first_contact_at),
            "last_contact_at": _moment(chat.last_contact_at),
            "blocked_at": _moment(chat.blocked_at),
        }
        yield (
            "chat",
            {
                "channel": chat.channel,
                "address": chat.address,
                **times,
                "unit": chat.unit,
                "told_of_requests": tables.timings.get(chat.id),
            },
        )
        yield "session", None if chat.session is None else mask_session(from_json(chat.session))
        yield "standings", [_status_fields(one) for one in tables.statuses.values() if one.chat == chat.id]
        yield "roles", self._roles()
        tasks = [one for one in tables.tasks.values() if one.chat == chat.id]
        yield (
            "tasks",
            [{"id": t.id, "kind": t.kind, "state": t.state, "created_at": _moment(t.created_at)} for t in tasks],
        )
        yield "dossiers", [_dossier_fields(one) for one in tables.dossiers.values() if one.chat == chat.id]
        yield "reminders", self._reminders()
        yield "requests", [one.to_request().model_dump(mode="json") for one in tables.requests_of(chat.id)]
        yield "received", []
        yield "outgoing", [_message_fields(one) for one in tables.messages.values() if one.chat == chat.id]
        if mail := tables.emails.get(chat.id):
            yield "email", asdict(mail)

    def _roles(self) -> list[dict[str, Any]]:
        mine = [one for one in self.acting.tables.grants.values() if one.chat == self.acting.chat]
        return [
            {
                "id": one.grant.id,
                "role": one.grant.role.value,
                "unit": one.grant.unit,
                "label": one.grant.label or None,
                "granted_at": _moment(one.granted_at),
                "ended_at": _moment(one.ended_at),
            }
            for one in mine
        ]

    def _reminders(self) -> dict[str, Any]:
        chat = self.acting.tables.chats[self.acting.chat]
        mine = sorted((one for one in self.acting.tables.marks.values() if one.chat == chat.id), key=lambda m: m.series)
        answers = [
            {
                "broadcast": one.series,
                "done_at": _moment(one.done_at),
                "later_on": one.later_on.isoformat() if one.later_on else None,
            }
            for one in mine
        ]
        return {"stopped_at": _moment(chat.stopped_at), "reminded_at": _moment(chat.reminded_at), "answers": answers}

    async def erase(self) -> tuple[str, ...]:
        """Drop the rows of this chat, and lessen the requests that must stay."""
        tables, chat = self.acting.tables, self.acting.chat
        staying = [one for one in tables.requests_of(chat) if one.state in RETAINED_STATES]
        tables.tasks = {name: one for name, one in tables.tasks.items() if one.chat != chat}
        tables.messages = {name: one for name, one in tables.messages.items() if one.chat != chat}
        tables.timings.pop(chat, None)
        tables.emails.pop(chat, None)
        tables.dossiers = {name: one for name, one in tables.dossiers.items() if one.chat != chat}
        tables.marks = {place: one for place, one in tables.marks.items() if one.chat != chat}
        tables.statuses = {place: one for place, one in tables.statuses.items() if one.chat != chat}
        tables.requests = {code: one for code, one in tables.requests.items() if one.chat != chat}
        tables.requests |= {one.code: _lessen(one) for one in reversed(staying)}
        for name, written in tables.broadcasts.items():
            if written.broadcast.chat == chat:
                tables.broadcasts[name] = replace(written, broadcast=replace(written.broadcast, chat=None))
        known = replace(tables.chats[chat], session=None, language=None, unit=None, reminded_at=None)
        tables.chats[chat] = replace(known, consented=False, erased_at=self.acting.now)
        await self.people.leave()
        return tuple(one.code for one in staying)


def _lessen(known: RequestRecord) -> RequestRecord:
    moves = tuple((revision, step.model_copy(update={"note": ""})) for revision, step in known.moves)
    return replace(known, content=known.content.to_minimal(), moves=moves)


def _dossier_fields(row: DossierRow) -> dict[str, Any]:
    times = {"created_at": _moment(row.created_at), "changed_at": _moment(row.changed_at)}
    return {"id": row.record.id, "unit": row.record.unit, **times}


def _status_fields(known: StatusRecord) -> dict[str, Any]:
    told = known.status.model_dump(mode="json", exclude={"certificate_key"})
    return {**told, "known_at": _moment(known.known_at), "changed_at": _moment(known.changed_at)}


def _message_fields(known: MessageRecord) -> dict[str, Any]:
    values = known.values.model_dump(mode="json") if known.values else None
    return {
        "state": known.state,
        "queued_at": _moment(known.queued_at),
        "message_id": known.message,
        "broadcast": known.broadcast,
        "reason": known.reason,
        "reply": _without_files(known.reply) if known.reply and known.kind != BROADCAST else None,
        "values": values,
    }


def _without_files(reply: Reply) -> dict[str, Any]:
    """A reply with the names and sizes of its files in place of what they hold."""
    files = [{"name": one.name, "media_type": one.media_type, "size": len(one.content)} for one in reply.attachments]
    return {**reply.model_dump(mode="json"), "attachments": files}


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
