"""Roles are given by invitation, once, within reach; they end at once, and the last owner's never does."""

import asyncio

import pytest

from bot.delivery.event_preparation import may_import_by_role
from bot.store import Store
from handlers.model import Grant, Refusal, Role
from tests.support.database import Database, OpenStore
from tests.support.people import OPERATOR, create_invitation, end_role, grant_role, insert_units, redeem_invitation
from tests.support.store import CHANNEL


@pytest.fixture(autouse=True)
def units(database: Database, store: Store) -> None:  # the store has made the tables
    insert_units(database.sql)


async def test_neither_code_nor_label_is_at_rest(store: Store, database: Database) -> None:
    made = await create_invitation(store, Role.ADMIN, "DN.NT", label="Nguyễn Thị Lan")
    held = database.bytes_at_rest()
    await redeem_invitation(store, "lan", made.code)
    held += database.bytes_at_rest()

    assert made.code.encode() not in held
    assert "Nguyễn Thị Lan".encode() not in held


async def test_the_label_goes_from_the_invitation_once_it_is_taken(store: Store, database: Database) -> None:
    await redeem_invitation(store, "lan", (await create_invitation(store, Role.ADMIN, "DN.NT", label="Lan")).code)

    assert database.sql("SELECT label FROM invitations") == [(None,)]


async def test_two_who_take_an_invitation_at_once_are_one(another: OpenStore, store: Store) -> None:
    made, other = await create_invitation(store, Role.OWNER), await another()

    taken = await asyncio.gather(redeem_invitation(store, "an", made.code), redeem_invitation(other, "bình", made.code))

    assert sorted(isinstance(one, Grant) for one in taken) == [False, True]
    assert Refusal.USED in taken


@pytest.mark.parametrize("round_", range(3))
async def test_two_processes_that_end_two_owners_at_once_leave_one(
    another: OpenStore, store: Store, round_: int
) -> None:
    owners = [await grant_role(store, f"chủ {n} {round_}", Role.OWNER) for n in range(2)]
    other = await another()

    done = await asyncio.gather(end_role(store, OPERATOR, owners[0].id), end_role(other, OPERATOR, owners[1].id))

    assert sorted(map(str, done)) == ["None", str(Refusal.LAST_OWNER)]


@pytest.mark.parametrize(("role", "may"), [(None, False), (Role.FOCAL, False), (Role.ADMIN, True), (Role.OWNER, True)])
async def test_lists_are_taken_from_those_whose_role_may_import_them(
    store: Store, database: Database, role: Role | None, may: bool
) -> None:
    if role is not None:
        await grant_role(store, "somebody", role, None if role is Role.OWNER else "DN.NT")
    may_import, chat = may_import_by_role(store), store.chats.at(CHANNEL, "somebody")

    assert await may_import(chat) is may
    database.sql("UPDATE grants SET ended_at = 1, ended_by = 'machine'")
    assert not await may_import(chat)
