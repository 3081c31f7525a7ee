"""Reads all that is held about a person part by part and page by page: little of it is in memory."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

from bot.messages import Chat, DeliveryState
from bot.store.drivers import Query, Rows, RunQueries, from_micros
from bot.store.email import read_contact
from bot.store.messages import LARGE_MESSAGE
from bot.store.requests import StoredOwnRequests
from bot.store.sealing import Keyring, SealContext, read_or_none, sealed_columns, unseal_or_none
from bot.store.zalo import read_zalo_person
from handlers.model import EMAIL, mask_identities, mask_session

#: The newest messages of each state that are listed one by one; of what came before only numbers and times are held.
MOST_LISTED = 5_000
#: Rows of a page; a request has kilobytes.
_PAGE_SIZE, _REQUEST_PAGE_SIZE = 500, 50


class _MessageQueries(NamedTuple):
    """The queries for messages of one kind, state by state."""

    states: tuple[str, ...]  #: what is over comes first: a message that is handled meanwhile is not listed twice
    page: Query
    before: Query
    counted: Query


_INBOX_QUERIES = _MessageQueries(
    ("failed", "done", "waiting"), Query("my_inbox"), Query("my_inbox_before"), Query("my_inbox_before_count")
)
_OUTBOX_QUERIES = _MessageQueries(
    tuple(sorted(DeliveryState, key=lambda state: state in (DeliveryState.SENDING, DeliveryState.QUEUED))),
    Query("my_outbox"),
    Query("my_outbox_before"),
    Query("my_outbox_before_count"),
)


@dataclass(frozen=True, slots=True)
class PersonalDataReader:
    """Reads all of one chat; ``sections`` gives what ``handlers.core.ports.OwnData.sections`` says."""

    ask: RunQueries
    keyring: Keyring
    chat: Chat
    requests: StoredOwnRequests
    _earlier: dict[str, int] = field(default_factory=dict)

    async def sections(self) -> AsyncIterator[tuple[str, Any]]:
        """Read part by part; long lists come in pages under the same name."""
        mine = {"chat": self.chat.id}
        chat, standings, roles, tasks, marks, dossiers = await self.ask(
            Query("my_chat", mine),
            Query("my_standings", mine),
            Query("my_roles", mine),
            Query("my_tasks", mine),
            Query("my_reminders", mine),
            Query("dossiers_held", mine),
        )
        if not chat:  # erased meanwhile
            return
        for name, value in self._chat(chat[0]).items():
            yield name, value
        yield "standings", [self._standing(row) for row in standings]
        yield "roles", [self._role(row) for row in roles]
        yield "tasks", [_task_fields(row) for row in tasks]
        yield "dossiers", [_dossier_fields(row) for row in dossiers]
        yield "reminders", _reminder_fields(chat[0], marks)
        async for page in self._requests():
            yield "requests", page
        async for page in self._messages("received", _INBOX_QUERIES, self._format_received):
            yield "received", page
        async for page in self._messages("outgoing", _OUTBOX_QUERIES, self._format_outgoing):
            yield "outgoing", page
        async for name, value in self._elsewhere():
            yield name, value
        if waiting := await self._waiting_files():
            yield "waiting_files", waiting
        async for page in self._web_messages():
            yield "web_messages", page
        if self._earlier:
            yield "earlier", dict(self._earlier)

    async def _elsewhere(self) -> AsyncIterator[tuple[str, Any]]:
        """Read where else the person is reached."""
        if mail := await read_contact(self.ask, self.keyring, self.chat.id):
            yield "email", asdict(mail)
        zalo = await read_zalo_person(self.ask, self.keyring, self.chat.id)
        if zalo and any(zalo):
            last = zalo.last_interaction
            yield "zalo", {"phone": zalo.phone, "last_interaction": last.isoformat() if last else None}

    async def _waiting_files(self) -> list[dict[str, Any]]:
        """Read the files behind a link, and those of the web chat."""
        mine = {"chat": self.chat.id}
        links, files = await self.ask(Query("my_links", mine), Query("my_web_files", mine))
        linked = [
            {**self._file(about, sealed_columns.link_about(digest)), "at": _format_moment(made)}
            | {"expires_at": _format_moment(expires)}
            for digest, about, made, expires in links
        ]
        kept = [
            {**self._file(about, sealed_columns.web_file_about(name)), "at": _format_moment(at)}
            for name, about, _, at in files
        ]
        return [*linked, *kept]

    def _file(self, about: bytes, place: SealContext) -> dict[str, Any]:
        facts = self._json(about, place)
        return {"name": facts.get("name"), "size": facts.get("size")} if isinstance(facts, dict) else {}

    async def _web_messages(self) -> AsyncIterator[list[dict[str, Any]]]:
        """Read what stands in the web chat, the newest page first."""
        before = 2**62
        while rows := await self._page(
            Query("web_page", {"chat": self.chat.id, "before": before, "limit": _PAGE_SIZE})
        ):
            yield await asyncio.to_thread(lambda rows=rows: [self._web_message(row) for row in reversed(rows)])  # type: ignore[misc]
            before = rows[-1][0]

    def _web_message(self, row: tuple[Any, ...]) -> dict[str, Any]:
        _, origin, _, payload, at = row
        content = self._json(payload, sealed_columns.web_payload(self.chat.id, origin))
        told = content if isinstance(content, dict) else {}
        return {"side": told.get("side"), "text": told.get("html"), "at": _format_moment(at)}

    async def _requests(self) -> AsyncIterator[list[dict[str, Any]]]:
        yield []
        before: int | None = None
        while page := await self.requests.page(before, _REQUEST_PAGE_SIZE):
            yield [request.model_dump(mode="json") for _, request in page]
            before = page[-1][0]

    async def _messages(
        self, name: str, queries: "_MessageQueries", to_data: Callable[[tuple[Any, ...]], dict[str, Any]]
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """Read messages state by state, in order; other chats do not wait for it."""
        yield []
        for state in queries.states:
            of = {
                "chat": self.chat.id,
                "state": str(state),
                "longest": LARGE_MESSAGE,
                "limit": _PAGE_SIZE,
                "listed": MOST_LISTED,
            }
            after = await self._newest_counted(name, queries, of)
            while rows := await self._page(replace(queries.page, parameters={**of, "after": after})):
                yield await asyncio.to_thread(lambda rows=rows: [to_data(row[1:]) for row in rows])  # type: ignore[misc]
                after = rows[-1][0]

    async def _newest_counted(self, name: str, queries: "_MessageQueries", of: dict[str, object]) -> int:
        """Return the id up to which messages are counted only."""
        (rows,) = await self.ask(replace(queries.before, parameters=of))
        if not rows:
            return 0
        ((last,),) = rows
        (((number,),),) = await self.ask(replace(queries.counted, parameters={**of, "last": last}))
        self._earlier[name] = self._earlier.get(name, 0) + number
        return int(last)

    async def _page(self, call: Query) -> Rows:
        return (await self.ask(call))[0]

    def _chat(self, row: tuple[Any, ...]) -> dict[str, Any]:
        first, last, blocked, session, unit = row[:5]
        held = {
            "channel": self.chat.channel,
            "address": self.chat.address,
            "first_contact_at": _format_moment(first),
            "last_contact_at": _format_moment(last),
            "blocked_at": _format_moment(blocked),
            "unit": unit,
            "told_of_requests": row[7],
        }
        told = mask_session(self._json(session, sealed_columns.session(self.chat.id)))
        return {"chat": held, "session": told}

    def _standing(self, row: tuple[Any, ...]) -> dict[str, Any]:
        standing, unit, not_after, owed, subscriber, known_at, changed_at = row
        return {
            "interview": int(standing.rpartition(":")[2]),
            "unit": unit,
            "subscriber": self._text(subscriber, sealed_columns.subscriber(standing)),
            "not_after": _format_day(not_after),
            "owed": None if owed is None else owed.split(",") if owed else [],
            "known_at": _format_moment(known_at),
            "changed_at": _format_moment(changed_at),
        }

    def _role(self, row: tuple[Any, ...]) -> dict[str, Any]:
        grant, role, unit, label, given, ended = row
        return {
            "id": grant,
            "role": role,
            "unit": unit,
            "label": self._text(label, sealed_columns.grant_label(grant)),
            "granted_at": _format_moment(given),
            "ended_at": _format_moment(ended),
        }

    def _format_received(self, row: tuple[Any, ...]) -> dict[str, Any]:
        update_id, payload, state, received_at = row
        event = mask_identities(self._json(payload, sealed_columns.update(self.chat.id, update_id)))
        return {"id": update_id, "state": state, "received_at": _format_moment(received_at), "event": event}

    def _format_outgoing(self, row: tuple[Any, ...]) -> dict[str, Any]:
        origin, payload, message, state, queued_at, broadcast, reason = row
        chat = self.chat.id
        said = self._json(payload, sealed_columns.payload(chat, origin))
        return {
            "state": state,
            "queued_at": _format_moment(queued_at),
            "message_id": self._text(message, sealed_columns.message(chat, origin)),
            "broadcast": broadcast,
            "reason": reason,
            "reply": _without_files(said) if broadcast is None else None,
            "values": None if broadcast is None else said,
        }

    def _text(self, sealed: bytes | None, place: SealContext) -> str | None:
        return unseal_or_none(self.keyring, sealed, place)

    def _json(self, sealed: bytes | None, place: SealContext) -> Any:
        """Return what was sealed; ``None`` also where it cannot be read, which the owners are told."""
        return None if sealed is None else read_or_none(self.keyring, place, lambda: self._unseal(sealed, place))

    def _unseal(self, sealed: bytes, place: SealContext) -> Any:
        return json.loads(self.keyring.unseal(sealed, place))


async def read_person(
    ask: RunQueries, keyring: Keyring, chat: Chat, requests: StoredOwnRequests
) -> AsyncIterator[tuple[str, Any]]:
    """Read all of a person: this chat, and behind it each of their other chats, whose parts carry its number."""
    async for section in PersonalDataReader(ask, keyring, chat, requests).sections():
        yield section
    (rows,) = await ask(Query("own_channels", {"chat": chat.id}))
    if len(rows) == 1:
        return
    others = []
    listed = []
    for row in rows:
        at, channel, sealed, linked = row[0], row[1], row[2], row[5]
        address = unseal_or_none(keyring, sealed, sealed_columns.address(at))
        known = {"channel": channel, "address": address, "linked_at": _format_moment(linked)}
        number = None
        if at != chat.id and channel != EMAIL and address is not None:
            others.append(Chat(at, channel, address))
            number = len(others) + 1
        listed.append({**known, "number": number or (1 if at == chat.id else None)})
    yield "channels", listed
    for number, other in enumerate(others, 2):
        theirs = StoredOwnRequests(ask, keyring, other.id, requests.now)
        async for name, value in PersonalDataReader(ask, keyring, other, theirs).sections():
            yield f"{name}_{number}", value


def _without_files(said: Any) -> Any:
    """Put names and sizes of files in place of what they hold: one order must not feed the next."""
    if not isinstance(said, dict) or not said.get("attachments"):
        return said
    files = [
        {"name": file.get("name"), "media_type": file.get("media_type"), "size": _decoded_size(file.get("content", ""))}
        for file in said["attachments"]
    ]
    return {**said, "attachments": files}


def _decoded_size(base64: str) -> int:
    return len(base64) * 3 // 4 - base64[-2:].count("=")


def _dossier_fields(row: tuple[Any, ...]) -> dict[str, Any]:
    dossier, unit, created, changed = row
    times = {"created_at": _format_moment(created), "changed_at": _format_moment(changed)}
    return {"id": dossier, "unit": unit, **times}


def _task_fields(row: tuple[Any, ...]) -> dict[str, Any]:
    task, kind, state, created_at = row
    return {"id": task, "kind": kind, "state": state, "created_at": _format_moment(created_at)}


def _reminder_fields(chat: tuple[Any, ...], marks: Rows) -> dict[str, Any]:
    stopped, reminded = chat[5:7]
    answered = [
        {"broadcast": name, "done_at": _format_moment(done), "later_on": _format_day(later)}
        for name, done, later in marks
    ]
    return {"stopped_at": _format_moment(stopped), "reminded_at": _format_moment(reminded), "answers": answered}


def _format_day(number: int | None) -> str | None:
    return None if number is None else date.fromordinal(number).isoformat()


def _format_moment(number: int | None) -> str | None:
    return None if number is None else from_micros(number).isoformat()
