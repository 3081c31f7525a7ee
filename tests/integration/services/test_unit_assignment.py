"""A request that belongs to no unit, or to a wrong one, is given to the one it belongs to, on both databases."""

import asyncio

import pytest

from bot.store import Store
from handlers.model import MoveOutcome, Rights, Role
from tests.support.database import Command, Database
from tests.support.people import ADMIN, admin_transaction, grant_role, insert_units, list_codes, make_person_content
from tests.support.stored_dialogue import register_request

CODE = "YC-2026-000001"


@pytest.fixture
async def desk(store: Store, database: Database) -> Store:
    insert_units(database.sql)
    return store


async def place(store: Store, rights: Rights, unit: str, code: str = CODE) -> MoveOutcome:
    async with admin_transaction(store) as at:
        return (await at.admin.desk.assign_unit(rights, code, unit)).outcome


async def run(troly: Command, *arguments: str) -> tuple[int, str, str]:
    return await asyncio.to_thread(troly, "requests", "place", *arguments)


async def test_the_command_places_each_and_says_what_could_not_be(desk: Store, troly: Command) -> None:
    await register_request(desk, "1", make_person_content(), None)
    code, out, _ = await run(troly, "yc-2026-000001", "YC-2026-000009", "--to", "DN.NT")
    assert (code, out.splitlines()) == (1, [f"{CODE}: DN.NT", "YC-2026-000009: no such request within reach"])
    assert await list_codes(desk, ADMIN) == [CODE]


@pytest.mark.parametrize("unit", ["DN.PD", "không có", ""])
async def test_the_command_knows_open_units_only(desk: Store, troly: Command, unit: str) -> None:
    await register_request(desk, "1", make_person_content(), "DN.NT")
    code, out, error = await run(troly, CODE, "--to", unit)
    assert (code, out) == (2, "")
    assert "troly units find" in " ".join(error.replace("│", " ").split())


async def test_as_a_person_the_command_reaches_as_far_as_they_do(desk: Store, troly: Command) -> None:
    await register_request(desk, "1", make_person_content(), "DN.NT")
    admin = await grant_role(desk, "admin", Role.ADMIN, "DN.NT")
    focal = await grant_role(desk, "focal", Role.FOCAL, "DN.NT")
    assert (await run(troly, CODE, "--to", "DN.DP", "--as", admin.id))[0] == 3
    assert (await run(troly, CODE, "--to", "DN.NT.VP", "--as", focal.id))[0] == 3
    assert (await run(troly, CODE, "--to", "DN.NT.VP", "--as", admin.id))[0] == 0
