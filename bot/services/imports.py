"""The use cases of imports: plan a list that came back against the requests as they stand, apply it as one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.services.journal import format_span
from bot.services.request_list import RequestMover
from bot.store.imports import ImportRepository
from bot.store.request_list import RequestListRepository
from handlers.core.ports import Journal
from handlers.model.imports import (
    CurrentRequest,
    ImportChange,
    ImportLine,
    ImportPlan,
    ImportResult,
    codes_needing_history,
    plan_import,
)
from handlers.model.request import RequestState
from handlers.model.rights import Act, Rights

#: Codes that are asked for in one go.
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class ImportService:
    """Implements ``handlers.core.ports.Imports``: all changes of a list are made, or none."""

    imports: ImportRepository
    requests: RequestListRepository
    journal: Journal

    async def plan(self, rights: Rights, lines: Sequence[ImportLine]) -> ImportPlan:
        """Read the history of those requests alone whose lines depend on it."""
        reach = rights.reach(Act.IMPORT_REQUESTS)
        known: dict[str, CurrentRequest] = {}
        for codes in _batches(line.code for line in lines):
            known |= await self.imports.read_current(reach, codes)
        for codes in _batches(codes_needing_history(lines, known)):
            known |= await self.imports.add_history({code: known[code] for code in codes})
        return plan_import(lines, known)

    async def apply(self, rights: Rights, lines: Sequence[ImportLine], seen: str) -> ImportResult:
        """Plan anew once the requests are locked, so that nobody else can change what is about to be changed."""
        plan = await self.plan(rights, lines)
        codes = [change.code for change in plan.changes]
        await self.imports.lock_requests(codes)
        plan = await self.plan(rights, lines)
        if not plan.applicable or plan.mark != seen:
            return ImportResult(plan, applied=False)
        for (to, note), group in _group_by_move(plan.changes).items():
            await self._move(rights, to, note, group)
        unit = rights.journal_unit(Act.IMPORT_REQUESTS)
        await self.journal.record(rights, "request.import", format_span(codes), unit=unit, count=len(codes))
        return ImportResult(plan, applied=True)

    async def _move(self, rights: Rights, to: RequestState, note: str, codes: list[str]) -> None:
        meant = await self.requests.read_movable_among(rights.reach(Act.IMPORT_REQUESTS), codes)
        done = await RequestMover(self.requests, rights, to, note).move(meant)
        if len(done.changed) != len(codes):
            raise RuntimeError("a request changed although it was held")

    async def save_lines(self, lines: Sequence[ImportLine]) -> str:
        """Replace all lines that wait in this chat."""
        return await self.imports.save_lines(lines)

    async def load_lines(self, name: str) -> tuple[ImportLine, ...] | None:
        """Return ``None`` as well where they cannot be read any more."""
        return await self.imports.load_lines(name)

    async def drop_lines(self, name: str) -> None:
        """Drop all that wait in this chat."""
        del name
        await self.imports.drop_lines()


def _batches(codes: Iterable[str]) -> Iterator[list[str]]:
    unique = list(dict.fromkeys(codes))
    return (unique[at : at + _BATCH] for at in range(0, len(unique), _BATCH))


def _group_by_move(changes: Iterable[ImportChange]) -> dict[tuple[RequestState, str], list[str]]:
    found = defaultdict(list)
    for change in changes:
        found[change.to, change.note].append(change.code)
    return found
