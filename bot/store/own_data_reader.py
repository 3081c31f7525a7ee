"""What is held about a person, read part by part and page by page: however much it is, little of it is in memory."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

from bot.store import places
from bot.store.api import Chat, Delivery
from bot.store.drivers import Call, Rows
from bot.store.moments import moment
from bot.store.outbox import LARGE
from bot.store.reading import readable, readable_text
from bot.store.request_book import Ask, StoredRequestBook
from bot.store.sealing import Keyring, Place

#: The newest messages of each state that are listed one by one; of what came before only numbers and times are held.
LISTED = 5_000
#: Rows of a page; a request has kilobytes.
_PAGE, _REQUESTS = 500, 50


class _Messages(NamedTuple):
    """What is asked for messages of one kind, state by state."""

    states: tuple[str, ...]  #: what is over comes first: a message that is handled meanwhile is not listed twice
    page: Call
    before: Call
    counted: Call


_INBOX = _Messages(
    ("failed", "done", "waiting"), Call("my_inbox"), Call("my_inbox_before"), Call("my_inbox_before_count")
)
_OUTBOX = _Messages(
    tuple(sorted(Delivery, key=lambda state: state in (Delivery.SENDING, Delivery.QUEUED))),
    Call("my_outbox"),
    Call("my_outbox_before"),
    Call("my_outbox_before_count"),
)


@dataclass(frozen=True, slots=True)
class HeldData:
    """All of one chat. ``sections`` gives what ``handlers.ports.OwnData.sections`` says."""

    ask: Ask
    keyring: Keyring
    chat: Chat
    requests: StoredRequestBook
    _earlier: dict[str, int] = field(default_factory=dict)

    async def sections(self) -> AsyncIterator[tuple[str, Any]]:
        """Part by part; long lists in pages under the same name."""
        mine = {"chat": self.chat.id}
        chat, standings, roles, tasks, marks = await self.ask(
            Call("my_chat", mine),
            Call("my_standings", mine),
            Call("my_roles", mine),
            Call("my_tasks", mine),
            Call("my_reminders", mine),
        )
        if not chat:  # erased meanwhile
            return
        for name, value in self._chat(chat[0]).items():
            yield name, value
        yield "standings", [self._standing(row) for row in standings]
        yield "roles", [self._role(row) for row in roles]
        yield "tasks", [_task(row) for row in tasks]
        yield "reminders", _reminders(chat[0], marks)
        async for page in self._requests():
            yield "requests", page
        async for page in self._messages("received", _INBOX, self._received):
            yield "received", page
        async for page in self._messages("outgoing", _OUTBOX, self._outgoing):
            yield "outgoing", page
        if self._earlier:
            yield "earlier", dict(self._earlier)

    async def _requests(self) -> AsyncIterator[list[dict[str, Any]]]:
        yield []
        before: int | None = None
        while page := await self.requests.page(before, _REQUESTS):
            yield [request.model_dump(mode="json") for _, request in page]
            before = page[-1][0]

    async def _messages(
        self, name: str, kept: "_Messages", told: Callable[[tuple[Any, ...]], dict[str, Any]]
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """State by state, in order; nothing of another chat's waiting is kept up by it."""
        yield []
        for state in kept.states:
            of = {"chat": self.chat.id, "state": str(state), "longest": LARGE, "limit": _PAGE, "listed": LISTED}
            after = await self._newest_counted(name, kept, of)
            while rows := await self._page(replace(kept.page, parameters={**of, "after": after})):
                yield await asyncio.to_thread(lambda rows=rows: [told(row[1:]) for row in rows])  # type: ignore[misc]
                after = rows[-1][0]

    async def _newest_counted(self, name: str, kept: "_Messages", of: dict[str, object]) -> int:
        """The id up to which messages are counted only."""
        (rows,) = await self.ask(replace(kept.before, parameters=of))
        if not rows:
            return 0
        ((last,),) = rows
        (((number,),),) = await self.ask(replace(kept.counted, parameters={**of, "last": last}))
        self._earlier[name] = self._earlier.get(name, 0) + number
        return int(last)

    async def _page(self, call: Call) -> Rows:
        return (await self.ask(call))[0]

    def _chat(self, row: tuple[Any, ...]) -> dict[str, Any]:
        first, last, blocked, session, unit = row[:5]
        held = {
            "channel": self.chat.channel,
            "address": self.chat.address,
            "first_contact_at": _iso(first),
            "last_contact_at": _iso(last),
            "blocked_at": _iso(blocked),
            "unit": unit,
        }
        return {"chat": held, "session": self._json(session, places.session(self.chat.id))}

    def _standing(self, row: tuple[Any, ...]) -> dict[str, Any]:
        standing, unit, not_after, owed, subscriber, known_at, changed_at = row
        return {
            "interview": int(standing.rpartition(":")[2]),
            "unit": unit,
            "subscriber": self._text(subscriber, places.subscriber(standing)),
            "not_after": _day(not_after),
            "owed": None if owed is None else owed.split(",") if owed else [],
            "known_at": _iso(known_at),
            "changed_at": _iso(changed_at),
        }

    def _role(self, row: tuple[Any, ...]) -> dict[str, Any]:
        grant, role, unit, label, given, ended = row
        return {
            "id": grant,
            "role": role,
            "unit": unit,
            "label": self._text(label, places.grant_label(grant)),
            "granted_at": _iso(given),
            "ended_at": _iso(ended),
        }

    def _received(self, row: tuple[Any, ...]) -> dict[str, Any]:
        update_id, payload, state, received_at = row
        event = self._json(payload, places.update(self.chat.id, update_id))
        return {"id": update_id, "state": state, "received_at": _iso(received_at), "event": event}

    def _outgoing(self, row: tuple[Any, ...]) -> dict[str, Any]:
        origin, payload, message, state, queued_at, broadcast, reason = row
        chat = self.chat.id
        said = self._json(payload, places.payload(chat, origin))
        return {
            "state": state,
            "queued_at": _iso(queued_at),
            "message_id": self._text(message, places.message(chat, origin)),
            "broadcast": broadcast,
            "reason": reason,
            "reply": _without_files(said) if broadcast is None else None,
            "values": None if broadcast is None else said,
        }

    def _text(self, sealed: bytes | None, place: Place) -> str | None:
        return readable_text(self.keyring, sealed, place)

    def _json(self, sealed: bytes | None, place: Place) -> Any:
        """``None`` also where it cannot be read: the owners are told of it."""
        return None if sealed is None else readable(self.keyring, place, lambda: self._opened(sealed, place))

    def _opened(self, sealed: bytes, place: Place) -> Any:
        return json.loads(self.keyring.unseal(sealed, place))


def _without_files(said: Any) -> Any:
    """A message with the names and sizes of its files in place of what they hold: one order must not feed the next."""
    if not isinstance(said, dict) or not said.get("attachments"):
        return said
    files = [
        {"name": file.get("name"), "media_type": file.get("media_type"), "size": _bytes_of(file.get("content", ""))}
        for file in said["attachments"]
    ]
    return {**said, "attachments": files}


def _bytes_of(base64: str) -> int:
    return len(base64) * 3 // 4 - base64[-2:].count("=")


def _task(row: tuple[Any, ...]) -> dict[str, Any]:
    task, kind, state, created_at = row
    return {"id": task, "kind": kind, "state": state, "created_at": _iso(created_at)}


def _reminders(chat: tuple[Any, ...], marks: Rows) -> dict[str, Any]:
    stopped, reminded = chat[5:]
    answered = [{"broadcast": name, "done_at": _iso(done), "later_on": _day(later)} for name, done, later in marks]
    return {"stopped_at": _iso(stopped), "reminded_at": _iso(reminded), "answers": answered}


def _day(number: int | None) -> str | None:
    return None if number is None else date.fromordinal(number).isoformat()


def _iso(number: int | None) -> str | None:
    return None if number is None else moment(number).isoformat()
