"""The tree of units, changed as a whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.store.drivers import Call
from bot.store.office.acting import Acting
from bot.store.office.handing_on import hand_on, held_by_unit
from bot.store.office.journal import StoredJournal
from bot.store.office.places_in_tree import Place, places_of
from bot.store.office.placing import homeless, put
from bot.store.office.units import read_units
from handlers.office.handing_on import Held, Placing, fates
from handlers.office.model import Refusal
from handlers.office.rights import Act, Rights
from handlers.office.units import Succession, Unit, UnitDirectory
from rules.calendar import vietnamese_day

#: Of the counter that grows with every import: by it others notice that they must read the units anew.
COUNTER = "units"
#: Statements of one batch: a whole country's units in one would hold the database's thread too long.
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class StoredUnitBook:
    """Implements ``handlers.ports.UnitBook``."""

    acting: Acting
    journal: StoredJournal

    async def load_for_update(self) -> UnitDirectory:
        """All units; the counter, which is moved first, keeps others waiting."""
        await self.acting.ask(Call("next_number", {"name": COUNTER}))
        return await read_units(self.acting.ask)

    async def count_holdings(self) -> Mapping[str, Held]:
        """What lies on each unit."""
        return await held_by_unit(self.acting)

    async def find_unassigned(self, units: UnitDirectory) -> tuple[Placing, ...]:
        """Requests of no unit whose managing body is one of these units."""
        return await homeless(self.acting, units)

    async def save(
        self, rights: Rights, units: UnitDirectory, changed: frozenset[str], placing: Sequence[Placing] = ()
    ) -> Refusal | None:
        """Every unit gets its place anew; names and successions are written where they changed.

        What lies on ended units is given to their heirs in the same transaction.
        """
        if not rights.may(Act.MAINTAIN_UNITS):
            return Refusal.NOT_YOURS
        calls = list(_calls(units, changed))
        for start in range(0, len(calls), _BATCH):
            await self.acting.ask(*calls[start : start + _BATCH])
        moved = await self._hand_on(units)
        for one in placing:
            await put(self.acting, one.code, one.revision, one.unit)
        await self.journal.record(rights, Act.MAINTAIN_UNITS, COUNTER, count=len(changed | moved))
        return None

    async def _hand_on(self, units: UnitDirectory) -> frozenset[str]:
        """What lies on ended units goes to their heirs; the codes of those units."""
        found = fates(units, await self.count_holdings(), vietnamese_day(self.acting.now))
        moving = [fate for fate in found if fate.has_transfer]
        for fate in moving:
            await hand_on(self.acting, fate)
        return frozenset(fate.unit.code for fate in moving)


def _calls(units: UnitDirectory, changed: frozenset[str]) -> Iterator[Call]:
    """Superiors before those below them, and all units before what refers to them."""
    for code, place in places_of(units).items():
        yield Call("keep_unit", _row(units.units[code], place))
    for code in sorted(changed):
        yield Call("drop_unit_names", {"code": code})
        yield Call("drop_successions", {"code": code})
        yield from _names(units.units[code])
        yield from (Call("keep_succession", _step(step)) for step in units.successors(code))


def _row(unit: Unit, place: Place) -> dict[str, object]:
    closed = unit.closed_on.toordinal() if unit.closed_on else None
    return {
        "code": unit.code,
        "parent": unit.parent,
        "name": unit.name,
        "closed_on": closed,
        "place": place.place,
        "last": place.last,
    }


def _names(unit: Unit) -> Iterator[Call]:
    for kind, names in (("alias", unit.aliases), ("former", unit.former_names)):
        for name in names:
            yield Call("keep_unit_name", {"code": unit.code, "name": name, "kind": kind})


def _step(step: Succession) -> dict[str, object]:
    return {
        "former": step.former,
        "successor": step.successor,
        "became": step.became.value,
        "since": step.since.toordinal(),
        "source": step.source,
    }
