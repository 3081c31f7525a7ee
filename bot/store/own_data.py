"""What is held about the person in a chat, within a turn: all of it shown, nearly all of it deleted."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.store import places
from bot.store.api import PendingTurn
from bot.store.drivers import Call, Rows
from bot.store.moments import moment, stored
from bot.store.reading import readable, readable_text
from bot.store.request_book import Ask, StoredRequestBook
from bot.store.sealing import Keyring, Place
from handlers.ports import People
from handlers.requests.model import MUST_STAY, Request


@dataclass(frozen=True, slots=True)
class StoredOwnData:
    """Implements ``handlers.ports.OwnData``."""

    ask: Ask
    keyring: Keyring
    pending: PendingTurn
    now: datetime
    requests: StoredRequestBook
    people: People

    async def export(self) -> dict[str, Any]:
        """Everything."""
        mine = {"chat": self.pending.chat.id}
        requests = [request.model_dump(mode="json") for request in await self.requests.mine()]
        chat, standings, roles, tasks, marks, received, outgoing = await self.ask(
            Call("my_chat", mine),
            Call("my_standings", mine),
            Call("my_roles", mine),
            Call("my_tasks", mine),
            Call("my_reminders", mine),
            Call("my_inbox", mine),
            Call("my_outbox", mine),
        )
        return {
            **self._chat(chat[0]),
            "standings": [self._standing(row) for row in standings],
            "roles": [self._role(row) for row in roles],
            "tasks": [_task(row) for row in tasks],
            "reminders": _reminders(chat[0], marks),
            "requests": requests,
            "received": [self._received(row) for row in received],
            "outgoing": [self._outgoing(row) for row in outgoing],
        }

    def _chat(self, row: tuple[Any, ...]) -> dict[str, Any]:
        first, last, blocked, session, unit = row[:5]
        chat = self.pending.chat
        held = {
            "channel": chat.channel,
            "address": chat.address,
            "first_contact_at": _iso(first),
            "last_contact_at": _iso(last),
            "blocked_at": _iso(blocked),
            "unit": unit,
        }
        return {"chat": held, "session": self._json(session, places.session(chat.id))}

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
        event = self._json(payload, places.update(self.pending.chat.id, update_id))
        return {"id": update_id, "state": state, "received_at": _iso(received_at), "event": event}

    def _outgoing(self, row: tuple[Any, ...]) -> dict[str, Any]:
        origin, payload, message, state, queued_at, broadcast, reason = row
        chat = self.pending.chat.id
        said = self._json(payload, places.payload(chat, origin))
        return {
            "state": state,
            "queued_at": _iso(queued_at),
            "message_id": self._text(message, places.message(chat, origin)),
            "broadcast": broadcast,
            "reason": reason,
            "reply": said if broadcast is None else None,
            "values": None if broadcast is None else said,
        }

    def _text(self, sealed: bytes | None, place: Place) -> str | None:
        return readable_text(self.keyring, sealed, place)

    def _json(self, sealed: bytes | None, place: Place) -> Any:
        """``None`` also where it cannot be read: the owners are told of it."""
        return None if sealed is None else readable(self.keyring, place, lambda: self._opened(sealed, place))

    def _opened(self, sealed: bytes, place: Place) -> Any:
        return json.loads(self.keyring.unseal(sealed, place))

    async def erase(self) -> tuple[str, ...]:
        """Delete all but the requests that must stay, lessened; their codes. The turn goes on and can still finish.

        Roles end, but for the last owner's. Requests are held first and the journal last, as moves do: two who go the
        opposite way would wait for each other.
        """
        await self.ask(Call("hold_my_requests", {"chat": self.pending.chat.id}))
        staying = [request for request in await self.requests.mine() if request.state in MUST_STAY]
        mine = {"chat": self.pending.chat.id}
        timed = {**mine, "now": stored(self.now)}
        await self.ask(
            Call("erase_inbox", {**timed, "inbox": self.pending.inbox_id}),
            Call("erase_tasks", mine),  # before what they may have told meanwhile
            Call("erase_outbox", mine),
            Call("erase_reminders", mine),
            Call("forget_author", mine),
            Call("erase_requests", mine),
            *(self._lessened(request) for request in staying if not request.content.unreadable),
            Call("erase_notes", mine),
            Call("erase_standings", mine),
            Call("erase_unreadable", {"place": f"chats.session {self.pending.chat.id} %"}),
            Call("erase_chat", timed),
        )
        await self.people.leave()
        return tuple(request.code for request in staying)

    def _lessened(self, request: Request) -> Call:
        content = self.keyring.seal(request.content.needed().model_dump_json(), places.content(request.code))
        return Call("lessen", {"code": request.code, "chat": self.pending.chat.id, "content": content})


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
