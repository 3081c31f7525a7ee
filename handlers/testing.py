"""The ports in memory: for the screens page and for tests of the conversation.

As strict as the store's, held to it by the same tests. One chat; its session and messages are kept elsewhere.
"""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from handlers.core.ports import Services
from handlers.model.codes import format_request_code
from handlers.model.request import (
    AMENDABLE_STATES,
    OPEN_STATES,
    REQUEST_TRANSITIONS,
    RETAINED_STATES,
    Request,
    RequestContent,
    RequestState,
    RequestStep,
)
from handlers.model.request_list import InterviewStatus, Refusal
from handlers.model.rights import Grant
from rules.calendar import to_vietnam_day
from rules.pack import Pack

SUBSCRIBER = "subscriber"


@dataclass
class MemoryOwnRequests:
    """A ``RequestBook``."""

    now: datetime
    kept: dict[str, Request] = field(default_factory=dict)
    issued: Counter[int] = field(default_factory=Counter)  #: by year

    async def mine(self) -> tuple[Request, ...]:
        """The newest first."""
        return tuple(reversed(self.kept.values()))

    async def get(self, code: str) -> Request | None:
        """By code."""
        return self.kept.get(code)

    async def open_for(self, certificate_key: str, procedure: str) -> Request | None:
        """The newest open request for the same."""
        wanted = (certificate_key, procedure)
        known = (r for r in await self.mine() if r.state in OPEN_STATES)
        return next((r for r in known if (r.content.certificate_key, r.content.procedure) == wanted), None)

    async def register(self, content: RequestContent, state: RequestState = RequestState.SUBMITTED) -> Request:
        """Under the next code."""
        year = to_vietnam_day(self.now).year
        self.issued[year] += 1
        code = format_request_code(year, self.issued[year])
        self.kept[code] = Request(code=code, state=state, content=content, history=(self._step(state),))
        return self.kept[code]

    async def amend(self, code: str, content: RequestContent) -> Request | None:
        """Where the state allows it."""
        known = self.kept.get(code)
        if known is None or known.state not in AMENDABLE_STATES:
            return None
        self.kept[code] = known.model_copy(update={"content": content})
        return self.kept[code]

    async def move(self, code: str, to: RequestState) -> Request | None:
        """Where the state allows it."""
        known = self.kept.get(code)
        if known is None or to not in REQUEST_TRANSITIONS[known.state]:
            return None
        self.kept[code] = known.model_copy(update={"state": to, "history": (*known.history, self._step(to))})
        return self.kept[code]

    def _step(self, state: RequestState) -> RequestStep:
        return RequestStep(state=state, at=self.now, by=SUBSCRIBER)


@dataclass
class MemoryReminders:
    """``Reminders`` of broadcasts ``sent`` to the chat, and of ``waiting`` ones that a stop withholds."""

    sent: set[str] = field(default_factory=set)
    waiting: int = 0
    wanted: bool = True
    marks: dict[str, date | None] = field(default_factory=dict)  #: broadcast -> the day asked for; ``None``: done

    async def is_stopped(self) -> bool:
        """No reminders are wanted."""
        return not self.wanted

    async def stop(self) -> int:
        """None from now on."""
        withheld, self.waiting, self.wanted = self.waiting, 0, False
        return withheld

    async def resume(self) -> None:
        """Take that back."""
        self.wanted = True

    async def latest(self) -> str | None:
        """The one with the greatest number."""
        return max(self.sent, default=None)

    async def has_received(self, broadcast: str) -> bool:
        """Where it was sent."""
        return broadcast in self.sent

    async def mark_done(self, broadcast: str) -> bool:
        """Where it was sent."""
        return self._mark(broadcast, None)

    async def postpone(self, broadcast: str, day: date) -> bool:
        """Where it was sent."""
        return self._mark(broadcast, day)

    def _mark(self, broadcast: str, day: date | None) -> bool:
        if broadcast in self.sent:
            self.marks[broadcast] = day
        return broadcast in self.sent


@dataclass
class MemoryOwnData:
    """An ``OwnData`` over the same requests."""

    requests: MemoryOwnRequests
    register: "MemoryInterviewRegister"
    channel: str = "memory"
    reminders: MemoryReminders = field(default_factory=MemoryReminders)
    ordered: bool = False

    async def order(self, language: str) -> bool:  # noqa: ARG002 - the port's signature
        """Once; nobody makes the files here."""
        before, self.ordered = self.ordered, True
        return not before

    async def sections(self) -> AsyncIterator[tuple[str, Any]]:
        """The chat and its requests."""
        for section in (await self._held()).items():
            yield section

    async def _held(self) -> dict[str, Any]:
        now = self.requests.now.astimezone(UTC).isoformat()
        times = {"first_contact_at": now, "last_contact_at": now, "blocked_at": None, "unit": None}
        return {
            "chat": {"channel": self.channel, "address": "me", **times},
            "session": None,
            "standings": [_status_data(standing, now) for standing in self.register.standings.values()],
            "roles": [],
            "tasks": [],
            "reminders": _reminder_data(self.reminders, now),
            "requests": [request.model_dump(mode="json") for request in await self.requests.mine()],
            "received": [],
            "outgoing": [],
        }

    async def erase(self) -> tuple[str, ...]:
        """All but what must stay, cut down to what it needs."""
        staying = [request for request in self.requests.kept.values() if request.state in RETAINED_STATES]
        self.requests.kept = {request.code: _reduce_request(request) for request in staying}
        self.register.standings = {}
        self.reminders.marks = {}
        return tuple(reversed(self.requests.kept))


def _status_data(standing: InterviewStatus, now: str) -> dict[str, Any]:
    told = standing.model_dump(mode="json", exclude={"certificate_key"})
    return {**told, "known_at": now, "changed_at": now}


def _reminder_data(reminders: MemoryReminders, now: str) -> dict[str, Any]:
    answers = [
        {"broadcast": name, "done_at": None if day else now, "later_on": day.isoformat() if day else None}
        for name, day in sorted(reminders.marks.items())
    ]
    return {"stopped_at": None if reminders.wanted else now, "reminded_at": None, "answers": answers}


def _reduce_request(request: Request) -> Request:
    history = tuple(step.model_copy(update={"note": ""}) for step in request.history)
    return request.model_copy(update={"content": request.content.to_minimal(), "history": history})


class MemoryInterviewRegister:
    """A ``Register`` that remembers each interview's last standing."""

    def __init__(self) -> None:
        self.standings: dict[int, InterviewStatus] = {}

    async def save_status(self, standing: InterviewStatus) -> None:
        """The same certificate, asked about again, is known once."""
        key = standing.certificate_key
        kept = {n: one for n, one in self.standings.items() if key is None or one.certificate_key != key}
        self.standings = {**kept, standing.interview: standing}


class _MemoryPeople:
    """``People`` of somebody without any role."""

    async def mine(self) -> tuple[Grant, ...]:
        """None."""
        return ()

    async def redeem(self, code: str) -> Refusal:  # noqa: ARG002 - the port's signature
        """No invitation is known."""
        return Refusal.UNKNOWN


class MemoryAdminServices:
    """The ``Office`` as somebody without a role meets it; what admins do is tried on the real store."""

    def __init__(self) -> None:
        self.people = _MemoryPeople()


def build_memory_services(pack: Pack, now: datetime, **changes: Any) -> Services:
    """A world with nothing in it yet."""
    requests, register = MemoryOwnRequests(now), changes.get("register") or MemoryInterviewRegister()
    reminders = changes.get("reminders") or MemoryReminders()
    world: dict[str, Any] = {
        "channel": "memory",
        "requests": requests,
        "own_data": MemoryOwnData(requests, register, reminders=reminders),
        "register": register,
        "admin": MemoryAdminServices(),
        "reminders": reminders,
        **changes,
    }
    return Services(now=now, pack=pack, **world)
