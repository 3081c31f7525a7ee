"""The repository of receiving offices that admins set in the chat: each is a sealed row of one unit."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from bot.store.conditions import scope_conditions
from bot.store.context import StoreContext
from bot.store.drivers import Driver, Query, Rows, from_micros, to_micros
from bot.store.sealing import Keyring, sealed_columns, unseal_or_none
from handlers.model import OFFICE_PREFIX, ChosenOffice, OfficeDraft, Reach
from rules.offices import ChosenOffices, Office

#: The name of the counter that grows with every change: by it others notice that they must read the offices anew.
OFFICES_COUNTER = "offices"


def _to_offices(keyring: Keyring, rows: Rows) -> tuple[ChosenOffice, ...]:
    """Return rows as offices; one that cannot be read, or was moved to another unit, is left out."""
    return tuple(found for row in rows if (found := _to_office(keyring, row)))


def _to_office(keyring: Keyring, row: tuple[Any, ...]) -> ChosenOffice | None:
    office_id, unit, content, revision, actor, changed = row
    text = unseal_or_none(keyring, content, sealed_columns.office(office_id))
    try:
        office = Office.model_validate_json(text) if text is not None else None
    except ValidationError:
        return None
    if office is None or office.id != office_id or office.units != ((unit,) if unit else ()):
        return None
    return ChosenOffice(office, revision, actor, from_micros(changed))


@dataclass(frozen=True, slots=True)
class OfficeReader:
    """The receiving offices of all units, to be read. Every method raises StoreError."""

    driver: Driver
    keyring: Keyring

    async def version(self) -> int:
        """Return a number that changes with every change of an office."""
        (rows,) = await self.driver.run(Query("offices_version"))
        return int(rows[0][0]) if rows else 0

    async def read(self) -> ChosenOffices:
        """Return all offices as they are now, the latest changed last."""
        (rows,) = await self.driver.run(Query("all_offices"))
        return ChosenOffices(one.office for one in _to_offices(self.keyring, rows))


@dataclass(frozen=True, slots=True)
class OfficeRepository:
    """Receiving offices, within a transaction; ``handlers.offices.service`` decides rights."""

    context: StoreContext

    async def hold(self) -> None:
        """Let everybody else who changes an office wait until the transaction ends, and note that one changes."""
        await self.context.ask(Query("next_number", {"name": OFFICES_COUNTER}))

    async def within(self, reach: Reach) -> tuple[ChosenOffice, ...]:
        """Return the offices of units within a reach, the latest changed last."""
        if not reach:
            return ()
        where, parameters = scope_conditions(reach)
        (rows,) = await self.context.ask(Query("offices_within", parameters, where=where))
        return _to_offices(self.context.keyring, rows)

    async def of_units(self, units: Iterable[str]) -> tuple[ChosenOffice, ...]:
        """Return the offices that were set for one of these units itself, or for everybody."""
        (rows,) = await self.context.ask(Query("offices_above", {"units": json.dumps(sorted(units))}))
        return _to_offices(self.context.keyring, rows)

    async def add(self, unit: str | None, draft: OfficeDraft, actor: str) -> ChosenOffice:
        """Store a new office."""
        office = draft.to_office(await self.context.next_id(OFFICE_PREFIX), unit)
        row = {"id": office.id, "unit": unit, "actor": actor, **self._content(office)}
        await self.context.ask(Query("add_office", row))
        return ChosenOffice(office, 1, actor, self.context.now)

    async def change(self, before: ChosenOffice, draft: OfficeDraft, actor: str, reach: Reach) -> ChosenOffice | None:
        """Replace an office as it was seen; ``None`` where it is not any more, or is out of reach."""
        office = draft.to_office(before.office.id, before.unit)
        where, parameters = scope_conditions(reach)
        row = {"id": office.id, "revision": before.revision, "actor": actor, **self._content(office), **parameters}
        (changed,) = await self.context.ask(Query("change_office", row, where=where))
        now = self.context.now
        return replace(before, office=office, revision=changed[0][0], by=actor, changed_at=now) if changed else None

    async def withdraw(self, before: ChosenOffice, reach: Reach) -> bool:
        """Delete an office as it was seen; false where it is not any more, or is out of reach."""
        where, parameters = scope_conditions(reach)
        row = {"id": before.office.id, "revision": before.revision, **parameters}
        (gone,) = await self.context.ask(Query("drop_office", row, where=where))
        return bool(gone)

    def _content(self, office: Office) -> dict[str, object]:
        sealed = self.context.keyring.seal(office.model_dump_json(), sealed_columns.office(office.id))
        return {"content": sealed, "now": to_micros(self.context.now)}
