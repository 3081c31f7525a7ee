"""Rows in bulk, for data that no conversation made: a province for trying. Sealed as everything else is.

Each method is one transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.store.bulk_rows import MadeChat, MadeGrant, Rowmaker
from bot.store.drivers import Call, Driver
from bot.store.errors import HoldsData
from bot.store.moments import moment
from bot.store.office.acting import Acting
from bot.store.office.journal import End, chained, columns, continued
from bot.store.office.opening import open_office
from bot.store.sealing import Keyring
from handlers.office.model import JournalEntry
from handlers.office.rights import MACHINE, Rights
from handlers.office.units import UnitDirectory

#: Counter that marks a database whose data are made up.
MARK = "demo"


@dataclass(frozen=True, slots=True)
class OfficeMove:
    """What somebody with a role moved at one moment to one state."""

    at: datetime
    actor: str
    state: str
    unit: str | None  #: of the role
    count: int
    first: str  #: code
    last: str


@dataclass(frozen=True, slots=True)
class Bulk:
    """Writes a made-up province."""

    driver: Driver
    keyring: Keyring

    async def begin(self) -> None:
        """Mark an empty database as one of made-up data; whoever begins at the same time waits.

        Raises:
            HoldsData: it is not empty, and nothing was changed.
        """
        async with self.driver.transaction() as transaction:
            _, marked, held = await transaction.run(Call("lock_migrations"), Call("made_up"), Call("holds_data"))
            if marked or held:
                raise HoldsData(made_up=bool(marked))
            await transaction.run(Call("put_counter", {"name": MARK, "value": 1}), commit=True)

    async def write_units(self, directory: UnitDirectory, at: datetime) -> None:
        """The tree of units, as an import would bring it."""
        async with open_office(self.driver.transaction(), lambda ask: Acting(ask, self.keyring, at, MACHINE)) as office:
            await office.admin.units.load_for_update()
            await office.admin.units.save(Rights.operator(directory), directory, frozenset(directory.units))
            await office.commit()

    async def write_grants(self, grants: Sequence[MadeGrant]) -> None:
        """People with a role, each with a chat of their own."""
        rows = Rowmaker(self.keyring)
        calls = [call for grant in grants for call in (rows.chat_query(grant.chat), rows.grant_query(grant))]
        await self.driver.run(*calls, Call("put_counter", {"name": "QT", "value": len(grants)}))

    async def write_chats(self, chats: Iterable[MadeChat]) -> None:
        """People with all that belongs to them."""
        rows = Rowmaker(self.keyring)
        await self.driver.run(*(call for chat in chats for call in rows.all_queries(chat)))

    async def write_code_counters(self, counts: dict[int, int]) -> None:
        """How many codes each year has given out."""
        await self.driver.run(
            *(Call("put_counter", {"name": f"YC-{year}", "value": count}) for year, count in counts.items())
        )

    async def read_admin_moves(self) -> list[OfficeMove]:
        """What people with a role moved, in the order of time."""
        (rows,) = await self.driver.run(Call("office_moves"))
        return [OfficeMove(moment(at), *rest) for at, *rest in rows]

    async def write_journal(self, entries: Sequence[JournalEntry]) -> None:
        """Rows for the end of the journal; their numbers are given here."""
        if not entries:
            return
        async with self.driver.transaction() as transaction:
            ((row,),) = await transaction.run(Call("journal_next", {"made": ""}))
            found = End(*row)
            calls = list(self._link_rows(entries, found.number, found.hash))
            number, linked = (calls[-1].parameters[name] for name in ("number", "hash"))
            seal = continued(self.keyring, found).with_row(number, linked).seal(self.keyring)
            end = Call("move_journal_end", {"number": number, "hash": linked, "seal": seal})
            await transaction.run(*calls, end, commit=True)

    def _link_rows(self, entries: Iterable[JournalEntry], number: int, previous: str) -> Iterator[Call]:
        for at, entry in enumerate(entries, number):
            numbered = entry.model_copy(update={"number": at})
            linked = chained(self.keyring, previous, numbered)
            yield Call("journal_add", {**columns(numbered), "previous": previous, "hash": linked})
            previous = linked


def grant_id(number: int) -> str:
    """As ``Acting.next_id`` numbers them."""
    return f"QT-{number:06d}"


async def holds_made_up_data(driver: Driver) -> bool:
    """Whether the data of a database are made up."""
    (rows,) = await driver.run(Call("made_up"))
    return bool(rows)
