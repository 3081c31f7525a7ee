"""The tree of units in memory."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from handlers.model.request_list import Refusal
from handlers.model.rights import Act, Rights
from handlers.model.succession import (
    UnitAssignment,
    UnitHoldings,
    plan_succession,
    unit_of_managing_body,
)
from handlers.model.unit_directory import UnitDirectory
from handlers.testing.journal import MemoryJournal
from handlers.testing.request_list import assign_unit
from handlers.testing.tables import MemoryContext
from rules.calendar import to_vietnam_day

UNITS_COUNTER = "units"


@dataclass(frozen=True, slots=True)
class MemoryUnits:
    """Implements ``handlers.core.ports.Units``."""

    acting: MemoryContext
    journal: MemoryJournal

    async def load_for_update(self) -> UnitDirectory:
        """Show them as they are."""
        self.acting.tables.next_number(UNITS_COUNTER)
        return self.acting.tables.units

    async def count_holdings(self) -> Mapping[str, UnitHoldings]:
        """Count rows by their unit."""
        counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for what, units in self._held().items():
            for unit in units:
                if unit is not None:
                    counted[unit][what] += 1
        return {unit: UnitHoldings(**numbers) for unit, numbers in counted.items()}

    def _held(self) -> Mapping[str, Iterable[str | None]]:
        tables, now = self.acting.tables, self.acting.now
        return {
            "requests": [one.unit for one in tables.requests.values()],
            "officers": [one.unit for one in tables.chats.values()],
            "certificates": [one.status.unit for one in tables.statuses.values()],
            "roles": [one.grant.unit for one in tables.grants.values() if one.ended_at is None],
            "invitations": [one.unit for one in tables.invitations.values() if one.is_open(now)],
        }

    async def find_unassigned(self, units: UnitDirectory) -> tuple[UnitAssignment, ...]:
        """Look each managing body up by its name."""
        return tuple(self._unassigned(units))

    def _unassigned(self, units: UnitDirectory) -> Iterator[UnitAssignment]:
        today = to_vietnam_day(self.acting.now)
        homeless = (one for one in self.acting.tables.requests.values() if one.unit is None)
        for known in sorted(homeless, key=lambda one: one.number):
            if unit := unit_of_managing_body(units, known.content.unit, today):
                yield UnitAssignment(known.code, known.revision, unit)

    async def save(
        self, rights: Rights, units: UnitDirectory, changed: frozenset[str], placing: Sequence[UnitAssignment] = ()
    ) -> Refusal | None:
        """Keep the tree, and give what lies on ended units to their heirs."""
        if not rights.may(Act.MAINTAIN_UNITS):
            return Refusal.NOT_YOURS
        tables = self.acting.tables
        tables.units = units
        moved = await self._transfer(units)
        for one in placing:
            known = tables.requests.get(one.code)
            if known is not None and known.revision == one.revision:
                assign_unit(self.acting, known, one.unit)
        await self.journal.record(rights, Act.MAINTAIN_UNITS, UNITS_COUNTER, count=len(changed | moved))
        return None

    async def _transfer(self, units: UnitDirectory) -> frozenset[str]:
        """The codes of ended units from which something went to an heir."""
        found = plan_succession(units, await self.count_holdings(), to_vietnam_day(self.acting.now))
        moving = {one.unit.code: one.heir.code for one in found if one.has_transfer and one.heir}
        tables = self.acting.tables
        for code, request in tables.requests.items():
            if request.unit in moving:
                tables.requests[code] = replace(request, unit=moving[request.unit])
        for chat, person in tables.chats.items():
            if person.unit in moving:
                tables.chats[chat] = replace(person, unit=moving[person.unit])
        for place, known in tables.statuses.items():
            if known.status.unit in moving:
                status = known.status.model_copy(update={"unit": moving[known.status.unit]})
                tables.statuses[place] = replace(known, status=status)
        return frozenset(moving)
