"""Moving requests: each guarded by the state and the revision it is in, recorded, and told to its officer."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.store import places
from bot.store.api import NOTICE
from bot.store.drivers import Call
from bot.store.moments import stored
from bot.store.office.acting import Acting
from bot.store.office.filtering import Meant
from bot.store.outbox import Message, Recipient, sending
from bot.store.reading import UNREADABLE
from handlers.office.moving import moves_of
from handlers.requests.model import MOVES, State
from handlers.requests.notices import moved
from handlers.session import Session
from locales import LANGUAGES
from rules.outcome import Procedure


class Affair(NamedTuple):
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


class Done(NamedTuple):
    """Codes, in the order of registration."""

    changed: tuple[str, ...]
    left: tuple[str, ...]


async def affairs_of(acting: Acting, these: Meant, limit: int) -> list[Affair]:
    """The oldest that are meant, at most so many."""
    (rows,) = await acting.ask(these.to_query("desk_meant", limit=limit))
    return [Affair(*row) for row in rows]


def mark_of(affairs: Iterable[Affair]) -> str:
    """Tells whether these are others, or the same at another revision."""
    named = "\n".join(f"{affair.code} {affair.revision}" for affair in affairs)
    return hashlib.sha256(named.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Mover:
    """One move, made to any number of requests in the present transaction."""

    acting: Acting
    actor: str
    to: State
    note: str

    async def move(self, affairs: Sequence[Affair]) -> Done:
        """Move those that can be moved there, as they were read; in two goes to the database, however many they are."""
        fitting = [affair for affair in affairs if self.to in moves_of(State(affair.state))]
        answers = await self.acting.ask(*map(self._guarded_query, fitting)) if fitting else []
        changed = [affair for affair, answer in zip(fitting, answers, strict=True) if answer]
        if changed:
            await self.acting.ask(*(call for affair in changed for call in self._record_queries(affair)))
        codes = {affair.code for affair in changed}
        return Done(_codes(changed), _codes(affair for affair in affairs if affair.code not in codes))

    def _guarded_query(self, affair: Affair) -> Call:
        now = stored(self.acting.now)
        ended = None if MOVES[self.to] else now
        seen = {"code": affair.code, "revision": affair.revision}
        return Call("desk_move", {**seen, "state": self.to.value, "ended": ended, "now": now})

    def _record_queries(self, affair: Affair) -> Iterable[Call]:
        """The move in the history; and to the officer, unless they asked to be forgotten."""
        code, revision = affair.code, affair.revision + 1
        note = self.acting.keyring.seal(self.note, places.note(code, revision)) if self.note else None
        row = {"code": code, "state": self.to.value, "now": stored(self.acting.now), "revision": revision}
        yield Call("record_move", {**row, "actor": self.actor, "note": note})
        if affair.erased_at is None:
            reply = moved(self._language(affair), code, Procedure(affair.procedure), self.to, self.note)
            to = Recipient(affair.chat, affair.channel)
            notice = Message(to, f"request:{code}:{revision}", reply, NOTICE)
            yield sending(self.acting.keyring, notice, self.acting.now)

    def _language(self, affair: Affair) -> str:
        """Of the officer's conversation; Vietnamese where there is none, or none that can be read."""
        if affair.session is None:
            return LANGUAGES[0]
        try:
            return Session.load(self.acting.keyring.unseal(affair.session, places.session(affair.chat))).language
        except (*UNREADABLE, TypeError, AttributeError):  # found, and told of, when the officer writes again
            return LANGUAGES[0]


def _codes(affairs: Iterable[Affair]) -> tuple[str, ...]:
    return tuple(affair.code for affair in affairs)
