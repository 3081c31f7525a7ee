"""Notices about requests in memory: whom they go to, how people want to be told, and what an officer learns."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from handlers.model import (
    ANSWERS_READ,
    UNFINISHED,
    NoticeTiming,
    RequestHandling,
    RequestOffice,
    Watcher,
    default_timing,
    mask_content,
    may_see_personal,
    nearest_offices,
    select_watchers,
    usual_days,
)
from handlers.requests.notices import format_new_request, format_placed_requests
from handlers.testing.tables import SUBSCRIBER, GrantRecord, MemoryContext, RequestRecord


@dataclass(frozen=True, slots=True)
class MemoryAnnouncer:
    """Tells those in whose scope a request is."""

    acting: MemoryContext

    def announce(self, code: str, *, again: bool = False) -> None:
        """Queue the notices for people who are told at once; the person in this chat is never among them."""
        acting, known = self.acting, self.acting.tables.requests[code]
        told = select_watchers(find_watchers(acting, known.unit), acting.chat, NoticeTiming.AT_ONCE)
        for chat, held in told.items():
            shown = known.content if may_see_personal(held) else mask_content(known.content)
            said = format_new_request(acting.language(chat), code, shown, again=again)
            acting.queue(chat, f"new:{code}:{known.revision}:{chat}", said)

    def announce_arrivals(self, codes: Iterable[str]) -> None:
        """Queue one notice a person about all unfinished requests that came to their units together."""
        acting, numbers = self.acting, Counter[str]()
        for known in (acting.tables.requests[code] for code in codes):
            watchers = find_watchers(acting, known.unit) if known.state in UNFINISHED else []
            numbers.update(chat for timing in NoticeTiming for chat in select_watchers(watchers, acting.chat, timing))
        for chat, number in numbers.items():
            said = format_placed_requests(acting.language(chat), number)
            acting.queue(chat, f"placed:{acting.now.isoformat()}:{chat}", said)


@dataclass(frozen=True, slots=True)
class MemoryRequestNotices:
    """Implements ``handlers.core.ports.RequestNotices``."""

    acting: MemoryContext

    async def timing(self) -> NoticeTiming:
        """Ask the roles where nothing was chosen."""
        chosen = self.acting.tables.timings.get(self.acting.chat)
        return chosen or default_timing(grant.role for grant in self.acting.tables.grants_of(self.acting.chat))

    async def choose(self, timing: NoticeTiming) -> None:
        """Keep it for this chat."""
        self.acting.tables.timings[self.acting.chat] = timing


def find_watchers(acting: MemoryContext, unit: str | None) -> list[Watcher]:
    """Return the roles in whose scope a unit lies, the nearest first."""
    units = acting.tables.units
    above = [unit, *(one.code for one in units.ancestors(unit))] if unit else []
    standing = [one for one in acting.tables.grants.values() if one.ended_at is None]
    covering = [one for one in standing if one.grant.unit is None or one.grant.unit in above]
    nearest = sorted(covering, key=lambda one: above.index(one.grant.unit) if one.grant.unit in above else len(above))
    return list(_watchers(acting, nearest))


def _watchers(acting: MemoryContext, grants: list[GrantRecord]) -> Iterator[Watcher]:
    for one in grants:
        chat = acting.tables.chats[one.chat]
        if chat.erased_at is None and chat.blocked_at is None:
            yield Watcher(chat.id, chat.channel, chat.language, acting.tables.timings.get(chat.id), one.grant)


def find_handling(acting: MemoryContext, known: RequestRecord) -> RequestHandling:
    """Return what the officer of a request may know about its handling."""
    actors = {step.by for _, step in known.moves}
    grants = [one.grant for name, one in acting.tables.grants.items() if name in actors]
    steps = {grant.id: RequestOffice(grant.role, grant.unit) for grant in grants}
    usual = usual_days(_answer_times(acting, known.unit)) if known.unit else None
    return RequestHandling(known.unit, nearest_offices(find_watchers(acting, known.unit)), usual, steps)


def _answer_times(acting: MemoryContext, unit: str | None) -> list[timedelta]:
    found = sorted((one for one in acting.tables.requests.values() if one.unit == unit), key=lambda one: -one.number)
    first = [next((step.at for _, step in one.moves if step.by != SUBSCRIBER), None) for one in found]
    waited = [at - one.registered_at for one, at in zip(found, first, strict=True) if at is not None]
    return waited[:ANSWERS_READ]
