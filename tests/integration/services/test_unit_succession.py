"""A merger: what lies on a unit that ends goes to the one that takes its place, in the very import that ends it."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.store import Store
from handlers.model import Grant, InterviewStatus, Rights, Role, UnitDirectory
from tests.support.database import Command, Database
from tests.support.people import admin_transaction, create_invitation, list_codes, make_person_content
from tests.support.store import CHANNEL
from tests.support.stored_dialogue import StoredTurns, register_request
from tests.support.unit_lists import HEADERS, write_csv

OPEN = [("A", "xã A"), ("B", "xã B"), ("C", "xã C"), ("D", "xã D")]
NOTHING_DIFFERS = "Nothing differs"


def ended(code: str, *became: str, on: str = "01/7/2025", how: str = "sáp nhập thành đơn vị mới") -> tuple[str, ...]:
    """A row of a unit that is no more."""
    after = ("; ".join(became), how, "", "1/NQ-X") if became else ("", "", "", "")
    return (code, f"xã {code}", "", "", "", on, *after)


class Town:
    """Units that are imported one list after the other, and what lies on them."""

    def __init__(self, troly: Command, database: Database, store: Store) -> None:
        self._troly, self.database, self.store = troly, database, store

    async def imports(self, *rows: tuple[str, ...], apply: bool = True) -> str:
        """What the import said."""
        path = self.database.folder / "units.csv"
        path.write_bytes(write_csv(*(row + ("",) * (len(HEADERS) - len(row)) for row in rows)))
        code, out, err = await asyncio.to_thread(
            self._troly, "units", "import", str(path), *(["--apply"] if apply else [])
        )
        assert code == 0, err
        return out

    async def settles(self, unit: str) -> None:
        """A request, an officer with a certificate, an admin and an invitation on a unit."""
        await register_request(self.store, f"officer {unit}", make_person_content(), unit)
        async with StoredTurns(self.store, f"officer {unit}")() as turn:
            await turn.register.save_status(InterviewStatus(interview=1, unit=unit, subscriber="An"))
        now, by = datetime.now(UTC), Rights.operator(await self.store.units.read())
        made = await create_invitation(self.store, Role.ADMIN, unit, by=by, now=now)
        async with admin_transaction(self.store, self.store.chats.at(CHANNEL, f"officer {unit}"), now) as at:
            assert isinstance(await at.admin.people.redeem(made.code), Grant)
        await create_invitation(self.store, Role.FOCAL, unit, by=by, now=now)

    def lies(self, table: str) -> list[str | None]:
        """On which units."""
        return [unit for (unit,) in self.database.sql(f"SELECT unit FROM {table}") if unit]

    async def sees(self, unit: str) -> list[str]:
        """The requests that an admin of the unit sees."""
        units: UnitDirectory = await self.store.units.read()
        return await list_codes(self.store, Rights.of([Grant("QT-000009", Role.ADMIN, unit)], units))


@pytest.fixture
async def town(troly: Command, database: Database, store: Store) -> Town:
    found = Town(troly, database, store)
    await found.imports(*OPEN)
    await found.settles("A")
    return found


MOVING = ("requests", "chats", "standings")


async def test_the_admin_of_the_new_unit_sees_the_requests_of_the_one_that_ended(town: Town) -> None:
    assert await town.sees("B") == []
    await town.imports(ended("A", "B"))
    assert await town.sees("B") == ["YC-2026-000001"]
    assert await town.sees("A") == []
    assert {table: town.lies(table) for table in MOVING} == {table: ["B"] for table in MOVING}


async def test_roles_and_invitations_stay_on_the_unit_that_ended(town: Town) -> None:
    said = await town.imports(ended("A", "B"))
    assert town.lies("grants") == ["A"]
    assert set(town.lies("invitations")) == {"A"}
    assert "roles 1, open invitations 1" in said
    assert "Roles and invitations never move" in said


async def test_before_it_is_done_the_plan_says_what_lies_there_and_whither_it_goes(town: Town) -> None:
    said = await town.imports(ended("A", "B"), apply=False)
    assert "xã A (A) has ended. On it: requests 1, officers 1, certificates 1, roles 1, open invitations 1." in said
    assert "Requests, officers and certificates go to xã B (B)." in said
    assert town.lies("requests") == ["A"]


async def test_with_several_successors_all_stays_and_the_plan_says_so(town: Town) -> None:
    said = await town.imports(ended("A", "B", "C", how="chia tách"))
    assert "it became 2 units" in said
    assert {table: town.lies(table) for table in MOVING} == {table: ["A"] for table in MOVING}


@pytest.mark.parametrize("became", [(), ("C",)], ids=["nothing known", "an end without a successor"])
async def test_without_a_known_open_successor_all_stays(town: Town, became: tuple[str, ...]) -> None:
    said = await town.imports(ended("A", *became), ended("C"))
    assert "is not known" in said
    assert town.lies("requests") == ["A"]


async def test_a_part_whose_end_is_not_known_is_not_given_to_the_other(town: Town) -> None:
    await town.imports(ended("A", "B", "C", how="chia tách"), ended("C"))
    assert town.lies("requests") == ["A"]


async def test_a_chain_ends_at_the_unit_that_is_open(town: Town) -> None:
    await town.imports(ended("A", "B"), ended("B", "C"))
    assert town.lies("requests") == ["C"]


async def test_ways_that_meet_again_end_at_one_unit(town: Town) -> None:
    await town.imports(ended("A", "B", "C", how="chia tách"), ended("B", "D"), ended("C", "D"))
    assert town.lies("requests") == ["D"]


async def test_what_still_lies_on_a_unit_of_an_earlier_import_goes_with_the_next(town: Town) -> None:
    await town.imports(ended("A"))
    assert town.lies("requests") == ["A"]
    await town.imports(ended("A", "B"))
    assert town.lies("requests") == ["B"]


async def test_what_came_to_an_ended_unit_later_goes_though_the_list_is_the_same(town: Town) -> None:
    await town.imports(ended("A", "B"))
    await register_request(town.store, "late", make_person_content(), "A")
    assert "go to xã B" in await town.imports(ended("A", "B"))
    assert await town.sees("B") == ["YC-2026-000002", "YC-2026-000001"]
    assert NOTHING_DIFFERS in await town.imports(ended("A", "B"))


async def test_a_unit_that_will_end_keeps_what_it_has_until_its_day(town: Town) -> None:
    said = await town.imports(ended("A", "B", on="01/01/2900"))
    assert "has ended" not in said
    assert town.lies("requests") == ["A"]


async def test_the_journal_has_one_row_for_the_import_and_all_that_moved(town: Town) -> None:
    before = len(town.database.sql("SELECT number FROM audit"))
    await town.imports(ended("A", "B"))
    rows = town.database.sql("SELECT act, subject, count FROM audit ORDER BY number")
    assert rows[before:] == [("maintain_units", "units", 1)]


async def test_an_import_with_a_fault_moves_nothing(town: Town) -> None:
    with pytest.raises(AssertionError, match="Line 3"):
        await town.imports(ended("A", "B"), ("?", "xã X"))
    assert town.lies("requests") == ["A"]


@pytest.mark.parametrize(
    ("typed", "unit"),
    [
        ("XÃ  B", "B"),
        ("Ủy ban nhân dân xã b", "B"),
        ("xã A", "B"),
        ("xã C", None),
        ("B", None),
        ("xã B, tỉnh khác", None),
        ("=HYPERLINK(1)", None),
        ("\u202e", None),
    ],
)
async def test_a_request_that_names_one_unit_in_full_is_placed_with_the_import(
    town: Town, typed: str, unit: str | None
) -> None:
    request = await register_request(town.store, "x", make_person_content().model_copy(update={"unit": typed}), None)
    rows = (ended("A", "B"), ended("C", "B", "D", how="chia tách"))
    told = "whose managing body is now known by its full name: 1"
    assert (told in await town.imports(*rows, apply=False)) is (unit is not None)
    lies = "SELECT unit FROM requests WHERE code = ?"
    assert town.database.sql(lies, request.code) == [(None,)]
    await town.imports(*rows)
    assert town.database.sql(lies, request.code) == [(unit,)]
    assert NOTHING_DIFFERS in await town.imports(*rows)


async def test_a_request_that_cannot_be_read_stays_and_stops_no_import(town: Town) -> None:
    await register_request(town.store, "x", make_person_content().model_copy(update={"unit": "xã B"}), None)
    town.database.sql("UPDATE requests SET content = ? WHERE unit IS NULL", b"x" * 60)
    await town.imports(ended("A", "B"))
    assert town.lies("requests") == ["B"]
