"""Roles are given by invitation, once, within reach; they end at once, and the last owner's never does."""

import asyncio
from datetime import timedelta

import pytest

from bot.delivery.event_preparation import may_import_by_role
from bot.store.store import Store
from handlers.model.request_list import NewInvitation, Refusal
from handlers.model.rights import Grant, Rights, Role
from tests.integration.store.conftest import Database, OpenStore
from tests.support.office import OPERATOR, end, given, invited, journal, office, redeem, rights, settle_units
from tests.support.storing import CHANNEL, NOW

HOSTILE = ['=HYPERLINK("http://x")', "<b>An</b>", "\u202eAn", "x" * 300]


@pytest.fixture(autouse=True)
def units(database: Database, store: Store) -> None:  # the store has made the tables
    settle_units(database.sql)


async def test_an_invitation_gives_its_role_once(store: Store, database: Database) -> None:
    made = await invited(store, Role.ADMIN, "DN.NT", label="Chị Lan")

    grant = await redeem(store, "lan", made.code)

    assert grant == Grant("QT-000001", Role.ADMIN, "DN.NT", "Chị Lan")
    assert await redeem(store, "nam", made.code) is Refusal.USED
    assert (await rights(store, "lan")).grants == (grant,)
    assert (await rights(store, "nam")).grants == ()
    assert journal(database.sql) == [
        ("machine", "invite", "LM-000001"),
        ("QT-000001", "redeem", "LM-000001 QT-000001"),
    ]


async def test_a_code_is_long_fits_a_deep_link_and_can_be_typed_in_capitals(store: Store) -> None:
    codes = {(await invited(store, Role.OWNER)).code for _ in range(20)}

    assert len(codes) == 20
    assert all(len(code) == 32 and code.isascii() and code.isalnum() for code in codes)
    assert isinstance(await redeem(store, "an", f" {codes.pop().upper()} "), Grant)


async def test_neither_code_nor_label_is_at_rest(store: Store, database: Database) -> None:
    made = await invited(store, Role.ADMIN, "DN.NT", label="Nguyễn Thị Lan")
    held = database.bytes_at_rest()
    await redeem(store, "lan", made.code)
    held += database.bytes_at_rest()

    assert made.code.encode() not in held
    assert "Nguyễn Thị Lan".encode() not in held


async def test_the_label_goes_from_the_invitation_once_it_is_taken(store: Store, database: Database) -> None:
    await redeem(store, "lan", (await invited(store, Role.ADMIN, "DN.NT", label="Lan")).code)

    assert database.sql("SELECT label FROM invitations") == [(None,)]


@pytest.mark.parametrize("label", HOSTILE)
async def test_a_label_comes_back_as_it_was_given(store: Store, label: str) -> None:
    await given(store, "an", Role.OWNER, label=label)

    async with office(store) as at:
        assert [holder.label for holder in await at.admin.people.holders(OPERATOR)] == [label]


async def test_an_invitation_can_be_taken_until_it_expires(store: Store) -> None:
    in_time, late = await invited(store, Role.OWNER, hours=1), await invited(store, Role.OWNER, hours=1)

    assert isinstance(await redeem(store, "an", in_time.code, minutes=59), Grant)
    assert await redeem(store, "bình", late.code, hours=1) is Refusal.EXPIRED


@pytest.mark.parametrize("code", ["", "x", "a" * 32, "LM-000001", "' OR 1=1 --", "\N{BELL}", "á" * 64])
async def test_a_guessed_code_opens_nothing(store: Store, code: str, database: Database) -> None:
    await invited(store, Role.OWNER)
    before = journal(database.sql)

    assert await redeem(store, "an", code) is Refusal.UNKNOWN
    assert journal(database.sql) == before


async def test_a_revoked_invitation_is_unknown(store: Store) -> None:
    made = await invited(store, Role.ADMIN, "DN.NT")

    assert await end(store, OPERATOR, made.id) is None
    assert await redeem(store, "an", made.code) is Refusal.UNKNOWN
    assert await end(store, OPERATOR, made.id) is Refusal.UNKNOWN


async def test_two_who_take_an_invitation_at_once_are_one(another: OpenStore, store: Store) -> None:
    made, other = await invited(store, Role.OWNER), await another()

    taken = await asyncio.gather(redeem(store, "an", made.code), redeem(other, "bình", made.code))

    assert sorted(isinstance(one, Grant) for one in taken) == [False, True]
    assert Refusal.USED in taken


async def test_the_same_role_twice_is_one_role_and_another_unit_is_another(store: Store) -> None:
    first = await given(store, "an", Role.ADMIN, "DN.NT")
    again = await given(store, "an", Role.ADMIN, "DN.NT")
    more = await given(store, "an", Role.FOCAL, "DN.DP")

    assert again == first
    assert (await rights(store, "an")).grants == (first, more)


async def test_a_role_that_ended_can_be_given_again(store: Store) -> None:
    first = await given(store, "an", Role.ADMIN, "DN.NT")
    await end(store, OPERATOR, first.id)

    again = await given(store, "an", Role.ADMIN, "DN.NT")

    assert again.id != first.id
    assert (await rights(store, "an")).grants == (again,)


@pytest.mark.parametrize(
    ("role", "unit", "refusal"),
    [
        (Role.ADMIN, "DN.NT", None),
        (Role.ADMIN, "DN.NT.VP", None),
        (Role.FOCAL, "DN.NT.VP", None),
        (Role.ADMIN, "DN", Refusal.NOT_YOURS),  # above
        (Role.FOCAL, "DN.DP", Refusal.NOT_YOURS),  # beside
        (Role.ADMIN, None, Refusal.NOT_YOURS),
        (Role.ADMIN, "nowhere", Refusal.NOT_YOURS),
        (Role.OWNER, None, Refusal.NOT_YOURS),
        (Role.OWNER, "DN.NT", Refusal.NOT_YOURS),
        (Role.OFFICER, "DN.NT", Refusal.NOT_YOURS),
        (Role.OPERATOR, "DN.NT", Refusal.NOT_YOURS),
    ],
)
async def test_an_admin_invites_within_their_unit_only(
    store: Store, database: Database, role: Role, unit: str | None, refusal: Refusal | None
) -> None:
    await given(store, "an", Role.ADMIN, "DN.NT")
    before, admin = len(journal(database.sql)), await rights(store, "an")

    async with office(store) as at:
        made = await at.admin.people.invite(admin, role, unit, "", NOW + timedelta(hours=1))

    assert isinstance(made, NewInvitation) if refusal is None else made is refusal
    assert len(journal(database.sql)) == before + (refusal is None)


@pytest.mark.parametrize(
    ("role", "unit"),
    [(Role.OWNER, "DN"), (Role.ADMIN, None), (Role.ADMIN, "nowhere"), (Role.FOCAL, "DN.PD"), (Role.ADMIN, "")],
)
async def test_an_owner_has_no_unit_and_others_have_one_that_is_open(
    store: Store, role: Role, unit: str | None
) -> None:
    async with office(store) as at:
        made = await at.admin.people.invite(OPERATOR, role, unit, "", NOW + timedelta(hours=1))

    assert made is Refusal.UNKNOWN


async def test_who_sees_whom(store: Store) -> None:
    owner = await given(store, "chủ", Role.OWNER)
    near = await given(store, "an", Role.ADMIN, "DN.NT")
    below = await given(store, "bình", Role.FOCAL, "DN.NT.VP")
    far = await given(store, "cúc", Role.ADMIN, "DN.DP")
    asked = await invited(store, Role.FOCAL, "DN.DP")
    seen = {}
    for address in ("chủ", "an", "bình", "cúc", "người lạ"):
        theirs = await rights(store, address)
        async with office(store) as at:
            holders, open_ones = await at.admin.people.holders(theirs), await at.admin.people.invitations(theirs)
        seen[address] = [one.id for one in (*holders, *open_ones)]

    assert seen == {
        "chủ": [far.id, below.id, near.id, owner.id, asked.id],
        "an": [below.id, near.id],
        "bình": [],
        "cúc": [far.id, asked.id],
        "người lạ": [],
    }


async def test_a_role_is_ended_within_reach_only_and_at_once(store: Store, database: Database) -> None:
    owner = await given(store, "chủ", Role.OWNER)
    near = await given(store, "an", Role.ADMIN, "DN.NT")
    below = await given(store, "bình", Role.FOCAL, "DN.NT.VP")
    far = await given(store, "cúc", Role.ADMIN, "DN.DP")
    an, binh = await rights(store, "an"), await rights(store, "bình")

    refused = [await end(store, an, one.id) for one in (owner, far)]
    assert refused == [Refusal.UNKNOWN, Refusal.UNKNOWN]
    assert await end(store, binh, below.id) is Refusal.NOT_YOURS
    assert await end(store, Rights(), near.id) is Refusal.NOT_YOURS
    assert await end(store, an, below.id) is None

    assert (await rights(store, "bình")).grants == ()
    assert (await rights(store, "cúc")).grants == (far,)
    assert journal(database.sql)[-1] == (near.id, "end_role", below.id)


async def test_what_somebody_invited_to_ends_with_their_role(store: Store, database: Database) -> None:
    near = await given(store, "an", Role.ADMIN, "DN.NT")
    made = await invited(store, Role.FOCAL, "DN.NT.VP", by=await rights(store, "an"))

    await end(store, OPERATOR, near.id)

    assert await redeem(store, "bình", made.code) is Refusal.UNKNOWN
    assert journal(database.sql)[-2:] == [
        ("machine", "end_role", near.id),
        ("machine", "end_with_role", f"{made.id} {near.id}"),
    ]


async def test_the_last_owner_stays(store: Store) -> None:
    first, second = await given(store, "an", Role.OWNER), await given(store, "bình", Role.OWNER)

    assert await end(store, OPERATOR, first.id) is None
    assert await end(store, OPERATOR, second.id) is Refusal.LAST_OWNER
    assert await end(store, await rights(store, "bình"), second.id) is Refusal.LAST_OWNER
    assert (await rights(store, "bình")).grants == (second,)


@pytest.mark.parametrize("round_", range(3))
async def test_two_processes_that_end_two_owners_at_once_leave_one(
    another: OpenStore, store: Store, round_: int
) -> None:
    owners = [await given(store, f"chủ {n} {round_}", Role.OWNER) for n in range(2)]
    other = await another()

    done = await asyncio.gather(end(store, OPERATOR, owners[0].id), end(other, OPERATOR, owners[1].id))

    assert sorted(map(str, done)) == ["None", str(Refusal.LAST_OWNER)]


async def test_ids_that_are_none_end_nothing(store: Store) -> None:
    await given(store, "an", Role.OWNER)

    for holder in ("", "QT-999999", "LM-999999", "LM", "' OR 1=1 --"):
        assert await end(store, OPERATOR, holder) is Refusal.UNKNOWN


@pytest.mark.parametrize(("role", "may"), [(None, False), (Role.FOCAL, False), (Role.ADMIN, True), (Role.OWNER, True)])
async def test_lists_are_taken_from_those_whose_role_may_import_them(
    store: Store, database: Database, role: Role | None, may: bool
) -> None:
    if role is not None:
        await given(store, "somebody", role, None if role is Role.OWNER else "DN.NT")
    may_import, chat = may_import_by_role(store), store.chats.at(CHANNEL, "somebody")

    assert await may_import(chat) is may
    database.sql("UPDATE grants SET ended_at = 1, ended_by = 'machine'")
    assert not await may_import(chat)
