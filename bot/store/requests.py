"""The requests of one chat, within a turn."""

import json
from collections import defaultdict
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.store import places
from bot.store.contents import shown_content
from bot.store.drivers import Call, Rows
from bot.store.moments import moment, stored
from bot.store.reading import readable_text
from bot.store.request_words import open_columns, words_added, words_renewed
from bot.store.sealing import Keyring
from handlers.requests.model import MOVES, Content, Request, State, Step
from rules.calendar import vietnamese_day

#: Who moves a request from within its own conversation.
SUBSCRIBER = "subscriber"
#: More codes than a year will see.
CODES_A_YEAR = 1_000_000_000


class Ask(Protocol):
    """Run queries in the turn's transaction."""

    def __call__(self, *calls: Call) -> Awaitable[list[Rows]]: ...


@dataclass(frozen=True, slots=True)
class StoredRequestBook:
    """Implements ``handlers.ports.RequestBook``."""

    ask: Ask
    keyring: Keyring
    chat: str
    now: datetime

    async def mine(self) -> tuple[Request, ...]:
        """All of them, the newest first."""
        return await self._read("my_requests")

    async def page(self, before: int | None, limit: int) -> list[tuple[int, Request]]:
        """Some of them, each with its number, the newest first; those before a number, where one is named."""
        (rows,) = await self.ask(Call("my_requests_page", {"chat": self.chat, "before": before or 0, "limit": limit}))
        (history,) = await self.ask(Call("history_of", {"codes": json.dumps([code for _, code, *_ in rows])}))
        steps = steps_by_code(self.keyring, history)
        return [(number, self._request((code, *rest), steps[code])) for number, code, *rest in rows]

    async def get(self, code: str) -> Request | None:
        """One of mine."""
        return next(iter(await self._read("my_request", code=code)), None)

    async def open_for(self, certificate_key: str, procedure: str) -> Request | None:
        """The newest open one for this certificate and procedure."""
        looked_up = places.certificate_id(self.keyring, certificate_key)
        found = await self._read("my_open_request", certificate_key=looked_up, procedure=procedure)
        return next(iter(found), None)

    async def register(self, content: Content, state: State = State.SUBMITTED) -> Request:
        """A new one, under the next code of the year in Viet Nam."""
        year = vietnamese_day(self.now).year
        (((number,),),) = await self.ask(Call("next_number", {"name": f"YC-{year}"}))
        code, place = f"YC-{year}-{number:06d}", year * CODES_A_YEAR + number
        row = {"code": code, "number": place, "state": state.value, "ended": self._ended_at(state)}
        await self.ask(
            Call("register", {**self._columns(code, content), **row}),
            self._record_query(code, state),
            *words_added(self.keyring, code, place, content),
        )
        return Request(code=code, state=state, content=content, history=(self._step(state),))

    async def amend(self, code: str, content: Content) -> Request | None:
        """New content, where the state still allows it."""
        (changed,) = await self.ask(Call("amend", self._columns(code, content)))
        if not changed:
            return None
        ((number,),) = changed
        await self.ask(*words_renewed(self.keyring, code, number, content))
        return await self.get(code)

    async def move(self, code: str, to: State) -> Request | None:
        """A move by the subscriber, where there is one from the present state."""
        moved = {
            "code": code,
            "chat": self.chat,
            "state": to.value,
            "ended": self._ended_at(to),
            "now": stored(self.now),
        }
        (changed,) = await self.ask(Call("move", moved))
        if not changed:
            return None
        ((revision,),) = changed
        await self.ask(self._record_query(code, to, revision))
        return await self.get(code)

    async def _read(self, query: str, **parameters: str) -> tuple[Request, ...]:
        mine = {"chat": self.chat}
        rows, history = await self.ask(Call(query, {**mine, **parameters}), Call("my_history", mine))
        steps = steps_by_code(self.keyring, history)
        return tuple(self._request(row, steps[row[0]]) for row in rows)

    def _request(self, row: tuple[Any, ...], steps: Iterable[Step]) -> Request:
        code, state, sealed, procedure = row
        content = shown_content(self.keyring, code, sealed, procedure)
        return Request(code=code, state=State(state), content=content, history=tuple(steps))

    def _columns(self, code: str, content: Content) -> dict[str, object]:
        sealed = self.keyring.seal(content.model_dump_json(), places.content(code))
        return {
            "code": code,
            "chat": self.chat,
            "certificate_key": places.certificate_id(self.keyring, content.certificate_key),
            "content": sealed,
            "now": stored(self.now),
            **open_columns(content),
        }

    def _record_query(self, code: str, state: State, revision: int = 0) -> Call:
        row = {"code": code, "state": state.value, "now": stored(self.now), "revision": revision}
        return Call("record_move", {**row, "actor": SUBSCRIBER, "note": None})

    def _step(self, state: State) -> Step:
        return Step(state=state, at=self.now, by=SUBSCRIBER)

    def _ended_at(self, state: State) -> int | None:
        return None if MOVES[state] else stored(self.now)


def steps_by_code(keyring: Keyring, history: Rows) -> dict[str, list[Step]]:
    """Rows of a history (code, state, at, actor, revision, note) as steps, in the order they come in."""
    steps = defaultdict(list)
    for code, state, at, actor, revision, note in history:
        why = readable_text(keyring, note, places.note(code, revision)) or ""
        steps[code].append(Step(state=State(state), at=moment(at), by=actor, note=why))
    return steps
