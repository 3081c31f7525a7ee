"""An invitation gives what its maker could still give, whoever ends what role meanwhile."""

import asyncio
from datetime import timedelta

import pytest

from bot.store import Store
from handlers.model import NewInvitation, Refusal, Role
from tests.support.database import Database, OpenStore
from tests.support.people import (
    OPERATOR,
    admin_transaction,
    end_role,
    grant_role,
    insert_units,
    load_rights,
    redeem_invitation,
)
from tests.support.store import NOW


@pytest.fixture(autouse=True)
def units(database: Database, store: Store) -> None:  # the store has made the tables
    insert_units(database.sql)


async def test_nobody_invites_by_a_role_that_is_about_to_end(another: OpenStore, store: Store) -> None:
    near = await grant_role(store, "an", Role.ADMIN, "DN.NT")
    an, other = await load_rights(store, "an"), await another()

    async def invite() -> NewInvitation | Refusal:
        async with admin_transaction(other) as at:
            return await at.admin.people.invite(an, Role.FOCAL, "DN.NT.VP", "", NOW + timedelta(hours=1))

    async with admin_transaction(store) as at:
        await at.admin.people.end(OPERATOR, near.id)
        inviting = asyncio.create_task(invite())
        await asyncio.sleep(0.2)

    assert await inviting is Refusal.NOT_YOURS


@pytest.mark.parametrize("round_", range(5))
async def test_an_invitation_that_races_with_the_end_of_its_maker_gives_nothing(
    another: OpenStore, store: Store, round_: int
) -> None:
    near, other = await grant_role(store, f"an {round_}", Role.ADMIN, "DN.NT"), await another()
    an = await load_rights(store, f"an {round_}")

    async def invite() -> NewInvitation | Refusal:
        async with admin_transaction(other) as at:
            return await at.admin.people.invite(an, Role.FOCAL, "DN.NT.VP", "", NOW + timedelta(hours=1))

    made, ended = await asyncio.gather(invite(), end_role(store, OPERATOR, near.id))

    assert ended is None
    assert made is Refusal.NOT_YOURS or (
        isinstance(made, NewInvitation) and await redeem_invitation(store, "bình", made.code) is Refusal.UNKNOWN
    )
