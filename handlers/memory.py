"""The ports in memory: for the screens page and for tests of the conversation.

As strict as the store's: the same moves are refused, codes count up, one chat sees its own requests only.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from handlers.ports import World
from handlers.requests.model import AMENDABLE, MOVES, MUST_STAY, OPEN, Content, Request, State, Step
from rules.pack import Pack

BY = "subscriber"


@dataclass
class MemoryRequests:
    """A ``RequestBook``."""

    now: datetime
    kept: dict[str, Request] = field(default_factory=dict)
    issued: int = 0

    async def mine(self) -> tuple[Request, ...]:
        """The newest first."""
        return tuple(reversed(self.kept.values()))

    async def get(self, code: str) -> Request | None:
        """By code."""
        return self.kept.get(code)

    async def open_for(self, certificate_key: str, procedure: str) -> Request | None:
        """An open request for the same."""
        wanted = (certificate_key, procedure)
        known = (r for r in self.kept.values() if r.state in OPEN)
        return next((r for r in known if (r.content.certificate_key, r.content.procedure) == wanted), None)

    async def register(self, content: Content, state: State = State.SUBMITTED) -> Request:
        """Under the next code."""
        self.issued += 1
        code = f"YC-{self.now.year}-{self.issued:06}"
        self.kept[code] = Request(code=code, state=state, content=content, history=(self._step(state),))
        return self.kept[code]

    async def amend(self, code: str, content: Content) -> Request | None:
        """Where the state allows it."""
        known = self.kept.get(code)
        if known is None or known.state not in AMENDABLE:
            return None
        self.kept[code] = known.model_copy(update={"content": content})
        return self.kept[code]

    async def move(self, code: str, to: State) -> Request | None:
        """Where the state allows it."""
        known = self.kept.get(code)
        if known is None or to not in MOVES[known.state]:
            return None
        self.kept[code] = known.model_copy(update={"state": to, "history": (*known.history, self._step(to))})
        return self.kept[code]

    def _step(self, state: State) -> Step:
        return Step(state=state, at=self.now, by=BY)


@dataclass
class MemoryOwnData:
    """An ``OwnData`` over the same requests."""

    requests: MemoryRequests

    async def export(self) -> dict[str, Any]:
        """The requests."""
        return {"requests": [request.model_dump(mode="json") for request in self.requests.kept.values()]}

    async def erase(self) -> tuple[str, ...]:
        """All but what must stay."""
        kept = {code: request for code, request in self.requests.kept.items() if request.state in MUST_STAY}
        self.requests.kept = kept
        return tuple(kept)


def memory_world(pack: Pack, now: datetime, **changes: Any) -> World:
    """A world with nothing in it yet."""
    requests = MemoryRequests(now)
    world = {"channel": "memory", "requests": requests, "own_data": MemoryOwnData(requests), **changes}
    return World(now=now, pack=pack, **world)
