"""Import a list of units: what it would change with all that follows from it, and the change itself."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.units.import_plan import UnitImportPlan, plan_import
from bot.units.list_reader import UnitList
from handlers.core import Units
from handlers.model import (
    Refusal,
    Rights,
    UnitAssignment,
    UnitDirectory,
    UnitHoldings,
    UnitSuccession,
    plan_succession,
)


@dataclass(frozen=True, slots=True)
class ImportEffects:
    """The effects of an import beside the units themselves."""

    fates: tuple[UnitSuccession, ...]
    placing: tuple[UnitAssignment, ...]
    held: Mapping[str, UnitHoldings]  #: the requests, people and roles on each unit

    @property
    def differs(self) -> bool:
        """Return whether anything moves."""
        return bool(self.placing) or any(fate.has_transfer for fate in self.fates)


async def plan_unit_import(
    book: Units, read: UnitList, stored: UnitDirectory, today: date
) -> tuple[UnitImportPlan, ImportEffects]:
    """Plan an import; nothing is written.

    Args:
        book: the units of a transaction.
        read: the list.
        stored: the units as they are now.
        today: the day in Viet Nam.

    Raises:
        FaultyUnitsError: rows are wrong; all faults of the file are named.
    """
    planned = plan_import(read.rows, stored, text=read.notes.text)
    held = await book.count_holdings()
    fates = plan_succession(planned.units, held, today)
    return planned, ImportEffects(fates, await book.find_unassigned(planned.units), held)


async def apply_unit_import(book: Units, rights: Rights, planned: UnitImportPlan, settled: ImportEffects) -> bool:
    """Store what was planned; false where nothing differs, or the rights do not allow it: nothing is written then."""
    if not (planned.changes or settled.differs):
        return False
    changed = frozenset(change.unit.code for change in planned.changes)
    refused: Refusal | None = await book.save(rights, planned.units, changed, settled.placing)
    return refused is None


def plan_mark(planned: UnitImportPlan, settled: ImportEffects) -> str:
    """Return a mark of all that an import changes: another plan has another one."""
    moves = [(fate.unit.code, fate.heir.code if fate.heir else "") for fate in settled.fates if fate.has_transfer]
    placed = [(one.code, one.unit) for one in settled.placing]
    told = repr((planned.changes, [planned.units.successors(one.unit.code) for one in planned.changes], moves, placed))
    return hashlib.sha256(told.encode()).hexdigest()[:32]
