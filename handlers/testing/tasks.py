"""Keep in memory what is made outside a turn: exports, one's own data; and lists that come back."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json

from handlers.channels import format_erased
from handlers.core import Reply
from handlers.model import (
    EMAIL,
    RETAINED_STATES,
    Act,
    CurrentRequest,
    ExportOrder,
    ExportStatus,
    ImportLine,
    ImportPlan,
    ImportResult,
    RequestState,
    Rights,
    channel_kind,
    mask_session,
    plan_import,
)
from handlers.testing.people import MemoryPeople
from handlers.testing.request_list import MemoryExportReader, RequestMoves
from handlers.testing.tables import (
    BROADCAST,
    EXPORT_TASK,
    SUBSCRIBER,
    ChatRecord,
    DossierRow,
    MemoryContext,
    MemoryJournal,
    MessageRecord,
    RequestRecord,
    StatusRecord,
    TaskRecord,
    export_origin,
    format_span,
)

IMPORT_TASK = "import"


@dataclass(frozen=True, slots=True)
class MemoryRequestFiles(MemoryExportReader):
    """Implements ``handlers.core.request_ports.RequestFiles``; nobody writes the files here."""

    journal: MemoryJournal
    moves: RequestMoves

    async def start(self, rights: Rights, order: ExportOrder, total: int, said: Reply) -> str | None:
        """Keep the order, and queue the message that shows how far it is."""
        if not rights.reach(Act.EXPORT_REQUESTS) or await self.running():
            return None
        acting, task = self.acting, self.acting.next_id("XD")
        acting.tables.tasks[task] = TaskRecord(task, acting.chat, EXPORT_TASK, acting.now, order=order, total=total)
        acting.queue(acting.chat, export_origin(task), said)
        unit = rights.journal_unit(Act.EXPORT_REQUESTS, order.wanted.unit)
        await self.journal.record(rights, "export_start", f"{task} {order.form}", unit=unit, count=total)
        return task

    async def running(self) -> ExportStatus | None:
        """Look for an order that has not ended."""
        found = self._running()
        return ExportStatus(found.id, found.done, found.total) if found else None

    async def cancel(self, rights: Rights, said: Reply) -> bool:
        """End the order; the message is changed where it was sent."""
        found = self._running()
        if found is None or found.order is None:
            return False
        self.acting.tables.tasks[found.id] = replace(found, state="cancelled")
        unit = rights.journal_unit(Act.EXPORT_REQUESTS, found.order.wanted.unit)
        await self.journal.record(rights, "export_cancel", found.id, unit=unit, count=found.done)
        if edited := self.acting.edit(export_origin(found.id), said):
            self.acting.queue(self.acting.chat, export_origin(found.id, "end"), edited)
        return True

    def _running(self) -> TaskRecord | None:
        mine = (one for one in self.acting.tables.tasks.values() if one.chat == self.acting.chat)
        return next((one for one in mine if one.kind == EXPORT_TASK and one.is_open), None)

    async def plan(self, rights: Rights, lines: Sequence[ImportLine]) -> ImportPlan:
        """Compare the lines with the requests within reach."""
        reach, tables = rights.reach(Act.IMPORT_REQUESTS), self.acting.tables
        found = (tables.requests[line.code] for line in lines if line.code in tables.requests)
        near = {one.code: _to_current(one) for one in found if reach and tables.is_within(reach, one.unit)}
        return plan_import(lines, near)

    async def apply(self, rights: Rights, lines: Sequence[ImportLine], seen: str) -> ImportResult:
        """Make all changes of the plan that was seen, or none."""
        plan = await self.plan(rights, lines)
        if not plan.applicable or plan.mark != seen:
            return ImportResult(plan, applied=False)
        grouped: defaultdict[tuple[RequestState, str], list[str]] = defaultdict(list)
        for change in plan.changes:
            grouped[change.to, change.note].append(change.code)
        for (to, note), codes in grouped.items():
            self.moves.move([self.acting.tables.requests[code] for code in codes], rights, to, note)
        codes = [change.code for change in plan.changes]
        unit = rights.journal_unit(Act.IMPORT_REQUESTS)
        await self.journal.record(rights, "request.import", format_span(codes), unit=unit, count=len(codes))
        return ImportResult(plan, applied=True)

    async def save_lines(self, lines: Sequence[ImportLine]) -> str:
        """Keep them as a task that nobody works off."""
        name, acting = self.acting.next_id("NL"), self.acting
        await self.drop_lines()
        kept = TaskRecord(name, acting.chat, IMPORT_TASK, acting.now, lines=tuple(lines), total=len(lines))
        acting.tables.tasks[name] = kept
        return name

    async def load_lines(self, name: str) -> tuple[ImportLine, ...] | None:
        """Find them by id, in this chat alone."""
        known = self.acting.tables.tasks.get(name)
        mine = known and (known.chat, known.kind) == (self.acting.chat, IMPORT_TASK)
        return known.lines if known and mine else None

    async def drop_lines(self) -> None:
        tasks = self.acting.tables.tasks
        for task in [one.id for one in tasks.values() if (one.chat, one.kind) == (self.acting.chat, IMPORT_TASK)]:
            del tasks[task]


def _to_current(known: RequestRecord) -> CurrentRequest:
    _, last = known.moves[-1]
    actor = last.by if last.at == known.changed_at else SUBSCRIBER
    moves = tuple((revision, step.state) for revision, step in known.moves)
    return CurrentRequest(known.state, known.revision, known.changed_at, actor, last.note, moves)


_OWN_DATA_TASK = "own_data"


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
        """Read this chat, and behind it the other chats of its person."""
        tables, chat = self.acting.tables, self.acting.chat
        for section in self._sections(chat):
            yield section
        own = [tables.chats[one] for one in tables.own_chats(chat)]
        others = [one.id for one in own if one.id != chat and one.channel != EMAIL]
        numbers = {chat: 1, **{one: number for number, one in enumerate(others, 2)}}
        if len(own) > 1:
            yield "channels", [self._channel(one, numbers.get(one.id)) for one in own]
        for number, other in enumerate(others, 2):
            for name, value in self._sections(other):
                yield f"{name}_{number}", value

    def _channel(self, one: ChatRecord, number: int | None) -> dict[str, Any]:
        linked = _moment(self.acting.tables.places[one.id].linked_at)
        return {"channel": one.channel, "address": one.address, "linked_at": linked, "number": number}

    def _sections(self, of: str) -> Iterator[tuple[str, Any]]:
        """Read table after table."""
        tables, chat = self.acting.tables, self.acting.tables.chats[of]
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
        yield "roles", self._roles(of)
        tasks = [one for one in tables.tasks.values() if one.chat == chat.id]
        yield (
            "tasks",
            [{"id": t.id, "kind": t.kind, "state": t.state, "created_at": _moment(t.created_at)} for t in tasks],
        )
        yield "dossiers", [_dossier_fields(one) for one in tables.dossiers.values() if one.chat == chat.id]
        yield "reminders", self._reminders(of)
        yield "requests", [one.to_request().model_dump(mode="json") for one in tables.requests_of(chat.id)]
        yield "received", []
        yield "outgoing", [_message_fields(one) for one in tables.messages.values() if one.chat == chat.id]
        if mail := tables.contact_of(chat.id):
            yield "email", asdict(mail)

    def _roles(self, of: str) -> list[dict[str, Any]]:
        mine = [one for one in self.acting.tables.grants.values() if one.chat == of]
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

    def _reminders(self, of: str) -> dict[str, Any]:
        chat = self.acting.tables.chats[of]
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
        """Drop the rows of all chats of the person, tell the others, and lessen the requests that must stay."""
        acting = self.acting
        own = [acting.tables.chats[one] for one in acting.tables.own_chats(acting.chat)]
        talking = sorted((one for one in own if one.channel != EMAIL), key=lambda one: one.id != acting.chat)
        kept = [code for one in talking for code in self._erase_chat(one.id)]
        for one in talking[1:]:
            said = format_erased(one.language, channel_kind(acting.channel))
            acting.queue(one.id, f"erased:{acting.now.isoformat()}:{one.id}", said)
        for one in talking:
            await replace(self.people, acting=replace(acting, chat=one.id)).leave()
        return tuple(sorted(kept, reverse=True))

    def _erase_chat(self, chat: str) -> list[str]:
        tables = self.acting.tables
        staying = [one for one in tables.requests_of(chat) if one.state in RETAINED_STATES]
        tables.tasks = {name: one for name, one in tables.tasks.items() if one.chat != chat}
        tables.messages = {name: one for name, one in tables.messages.items() if one.chat != chat}
        tables.timings.pop(chat, None)
        tables.remove_mailbox(chat)
        tables.places.pop(chat, None)
        tables.offers = {giver: one for giver, one in tables.offers.items() if chat not in {giver, one.taker}}
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
        return [one.code for one in staying]


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
    """Return a reply with the names and sizes of its files in place of what they hold."""
    files = [{"name": one.name, "media_type": one.media_type, "size": len(one.content)} for one in reply.attachments]
    return {**reply.model_dump(mode="json"), "attachments": files}


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
