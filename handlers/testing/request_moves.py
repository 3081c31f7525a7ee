"""Moves of requests by people with a role, in memory: recorded, and told to the officer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from handlers.model.request import REQUEST_TRANSITIONS, RequestState, RequestStep
from handlers.model.request_list import transitions_from
from handlers.model.rights import Rights
from handlers.requests.notices import format_acting_office
from handlers.requests.text import format_request_moved
from handlers.testing.tables import MemoryContext, RequestRecord


@dataclass(frozen=True, slots=True)
class RequestMoves:
    """Moves any number of requests."""

    acting: MemoryContext

    def move(
        self, found: Sequence[RequestRecord], rights: Rights, to: RequestState, note: str
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Move those that can be moved there: their codes, and the codes of those that were left."""
        fitting = [one for one in found if to in transitions_from(one.state)]
        for one in fitting:
            self._move_one(one, rights, to, note)
        changed = tuple(one.code for one in fitting)
        return changed, tuple(one.code for one in found if one.code not in set(changed))

    def _move_one(self, known: RequestRecord, rights: Rights, to: RequestState, note: str) -> None:
        acting, revision = self.acting, known.revision + 1
        step = RequestStep(state=to, at=acting.now, by=rights.actor, note=note)
        acting.tables.requests[known.code] = replace(
            known,
            state=to,
            moves=(*known.moves, (revision, step)),
            revision=revision,
            changed_at=acting.now,
            ended_at=None if REQUEST_TRANSITIONS[to] else acting.now,
        )
        if acting.tables.chats[known.chat].erased_at is None:
            language = acting.language(known.chat)
            office = format_acting_office(language, rights, known.unit)
            said = format_request_moved(language, known.code, known.content.procedure, to, note, office)
            acting.queue(known.chat, f"request:{known.code}:{revision}", said)
