"""Roles are given by invitation, once, within reach; they end at once, and the last owner's never does."""

from datetime import timedelta

import pytest

from bot.store import Store
from handlers.model import Grant, NewInvitation, Refusal, Rights, Role
from tests.support.backends import Backend
from tests.support.people import (
    OPERATOR,
    admin_transaction,
    create_invitation,
    end_role,
    grant_role,
    load_rights,
    redeem_invitation,
)
from tests.support.store import NOW

HOSTILE = ['=HYPERLINK("http://x")', "<b>An</b>", "\u202eAn", "x" * 300]


def acts(ground: Backend) -> list[tuple[str, str, str]]:
    """Actors, acts and subjects of the journal, in order."""
    return [row[:3] for row in ground.journal()]


async def test_an_invitation_gives_its_role_once(store: Store, ground: Backend) -> None:
    made = await create_invitation(store, Role.ADMIN, "DN.NT", label="Chị Lan")

    grant = await redeem_invitation(store, "lan", made.code)

    assert grant == Grant("QT-000001", Role.ADMIN, "DN.NT", "Chị Lan")
    assert await redeem_invitation(store, "nam", made.code) is Refusal.USED
    assert (await load_rights(store, "lan")).grants == (grant,)
    assert (await load_rights(store, "nam")).grants == ()
    assert acts(ground) == [
        ("machine", "invite", "LM-000001"),
        ("QT-000001", "redeem", "LM-000001 QT-000001"),
    ]


async def test_a_code_is_long_fits_a_deep_link_and_can_be_typed_in_capitals(store: Store) -> None:
    codes = {(await create_invitation(store, Role.OWNER)).code for _ in range(20)}

    assert len(codes) == 20
    assert all(len(code) == 32 and code.isascii() and code.isalnum() for code in codes)
    assert isinstance(await redeem_invitation(store, "an", f" {codes.pop().upper()} "), Grant)


@pytest.mark.parametrize("label", HOSTILE)
async def test_a_label_comes_back_as_it_was_given(store: Store, label: str) -> None:
    await grant_role(store, "an", Role.OWNER, label=label)

    async with admin_transaction(store) as at:
        assert [holder.label for holder in await at.admin.people.holders(OPERATOR)] == [label]


async def test_an_invitation_can_be_taken_until_it_expires(store: Store) -> None:
    in_time, late = (
        await create_invitation(store, Role.OWNER, hours=1),
        await create_invitation(store, Role.OWNER, hours=1),
    )

    assert isinstance(await redeem_invitation(store, "an", in_time.code, minutes=59), Grant)
    assert await redeem_invitation(store, "bình", late.code, hours=1) is Refusal.EXPIRED


@pytest.mark.parametrize("code", ["", "x", "a" * 32, "LM-000001", "' OR 1=1 --", "\N{BELL}", "á" * 64])
async def test_a_guessed_code_opens_nothing(store: Store, code: str, ground: Backend) -> None:
    await create_invitation(store, Role.OWNER)
    before = acts(ground)

    assert await redeem_invitation(store, "an", code) is Refusal.UNKNOWN
    assert acts(ground) == before


async def test_a_revoked_invitation_is_unknown(store: Store) -> None:
    made = await create_invitation(store, Role.ADMIN, "DN.NT")

    assert await end_role(store, OPERATOR, made.id) is None
    assert await redeem_invitation(store, "an", made.code) is Refusal.UNKNOWN
    assert await end_role(store, OPERATOR, made.id) is Refusal.UNKNOWN


async def test_the_same_role_twice_is_one_role_and_another_unit_is_another(store: Store) -> None:
    first = await grant_role(store, "an", Role.ADMIN, "DN.NT")
    again = await grant_role(store, "an", Role.ADMIN, "DN.NT")
    more = await grant_role(store, "an", Role.FOCAL, "DN.DP")

    assert again == first
    assert (await load_rights(store, "an")).grants == (first, more)


async def test_a_role_that_ended_can_be_given_again(store: Store) -> None:
    first = await grant_role(store, "an", Role.ADMIN, "DN.NT")
    await end_role(store, OPERATOR, first.id)

    again = await grant_role(store, "an", Role.ADMIN, "DN.NT")

    assert again.id != first.id
    assert (await load_rights(store, "an")).grants == (again,)


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
    store: Store, ground: Backend, role: Role, unit: str | None, refusal: Refusal | None
) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    before, admin = len(acts(ground)), await load_rights(store, "an")

    async with admin_transaction(store) as at:
        made = await at.admin.people.invite(admin, role, unit, "", NOW + timedelta(hours=1))

    assert isinstance(made, NewInvitation) if refusal is None else made is refusal
    assert len(acts(ground)) == before + (refusal is None)


@pytest.mark.parametrize(
    ("role", "unit"),
    [(Role.OWNER, "DN"), (Role.ADMIN, None), (Role.ADMIN, "nowhere"), (Role.FOCAL, "DN.PD"), (Role.ADMIN, "")],
)
async def test_an_owner_has_no_unit_and_others_have_one_that_is_open(
    store: Store, role: Role, unit: str | None
) -> None:
    async with admin_transaction(store) as at:
        made = await at.admin.people.invite(OPERATOR, role, unit, "", NOW + timedelta(hours=1))

    assert made is Refusal.UNKNOWN


async def test_who_sees_whom(store: Store) -> None:
    owner = await grant_role(store, "chủ", Role.OWNER)
    near = await grant_role(store, "an", Role.ADMIN, "DN.NT")
    below = await grant_role(store, "bình", Role.FOCAL, "DN.NT.VP")
    far = await grant_role(store, "cúc", Role.ADMIN, "DN.DP")
    asked = await create_invitation(store, Role.FOCAL, "DN.DP")
    seen = {}
    for address in ("chủ", "an", "bình", "cúc", "người lạ"):
        theirs = await load_rights(store, address)
        async with admin_transaction(store) as at:
            holders, open_ones = await at.admin.people.holders(theirs), await at.admin.people.invitations(theirs)
        seen[address] = [one.id for one in (*holders, *open_ones)]

    assert seen == {
        "chủ": [far.id, below.id, near.id, owner.id, asked.id],
        "an": [below.id, near.id],
        "bình": [],
        "cúc": [far.id, asked.id],
        "người lạ": [],
    }


async def test_a_role_is_ended_within_reach_only_and_at_once(store: Store, ground: Backend) -> None:
    owner = await grant_role(store, "chủ", Role.OWNER)
    near = await grant_role(store, "an", Role.ADMIN, "DN.NT")
    below = await grant_role(store, "bình", Role.FOCAL, "DN.NT.VP")
    far = await grant_role(store, "cúc", Role.ADMIN, "DN.DP")
    an, binh = await load_rights(store, "an"), await load_rights(store, "bình")

    refused = [await end_role(store, an, one.id) for one in (owner, far)]
    assert refused == [Refusal.UNKNOWN, Refusal.UNKNOWN]
    assert await end_role(store, binh, below.id) is Refusal.NOT_YOURS
    assert await end_role(store, Rights(), near.id) is Refusal.NOT_YOURS
    assert await end_role(store, an, below.id) is None

    assert (await load_rights(store, "bình")).grants == ()
    assert (await load_rights(store, "cúc")).grants == (far,)
    assert acts(ground)[-1] == (near.id, "end_role", below.id)


async def test_what_somebody_invited_to_ends_with_their_role(store: Store, ground: Backend) -> None:
    near = await grant_role(store, "an", Role.ADMIN, "DN.NT")
    made = await create_invitation(store, Role.FOCAL, "DN.NT.VP", by=await load_rights(store, "an"))

    await end_role(store, OPERATOR, near.id)

    assert await redeem_invitation(store, "bình", made.code) is Refusal.UNKNOWN
    assert acts(ground)[-2:] == [
        ("machine", "end_role", near.id),
        ("machine", "end_with_role", f"{made.id} {near.id}"),
    ]


async def test_the_last_owner_stays(store: Store) -> None:
    first, second = await grant_role(store, "an", Role.OWNER), await grant_role(store, "bình", Role.OWNER)

    assert await end_role(store, OPERATOR, first.id) is None
    assert await end_role(store, OPERATOR, second.id) is Refusal.LAST_OWNER
    assert await end_role(store, await load_rights(store, "bình"), second.id) is Refusal.LAST_OWNER
    assert (await load_rights(store, "bình")).grants == (second,)


async def test_ids_that_are_none_end_nothing(store: Store) -> None:
    await grant_role(store, "an", Role.OWNER)

    for holder in ("", "QT-999999", "LM-999999", "LM", "' OR 1=1 --"):
        assert await end_role(store, OPERATOR, holder) is Refusal.UNKNOWN


async def test_what_the_roles_that_are_left_could_still_make_stays(store: Store, ground: Backend) -> None:
    lost = await grant_role(store, "an", Role.ADMIN, "DN.DP")
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    await grant_role(store, "xa", Role.ADMIN, "DN.DP")
    an = await load_rights(store, "an")
    near = await create_invitation(store, Role.FOCAL, "DN.NT.VP", by=an)
    far = await create_invitation(store, Role.FOCAL, "DN.DP", by=an)

    assert await end_role(store, await load_rights(store, "xa"), lost.id) is None

    assert isinstance(await redeem_invitation(store, "bình", near.code), Grant)
    assert await redeem_invitation(store, "cúc", far.code) is Refusal.UNKNOWN
    assert ("QT-000003", "end_with_role", f"{far.id} {lost.id}") in acts(ground)
    assert near.id not in {subject.split()[0] for _, act, subject in acts(ground) if act.startswith("end")}


async def test_an_invitation_outlives_neither_its_makers_right_nor_its_unit(store: Store, ground: Backend) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    made = await create_invitation(store, Role.FOCAL, "DN.NT.VP", by=await load_rights(store, "an"))
    closed = await create_invitation(store, Role.ADMIN, "DN.DP")
    ground.end_all_roles()
    ground.close_unit("DN.DP")

    assert await redeem_invitation(store, "bình", made.code) is Refusal.UNKNOWN
    assert await redeem_invitation(store, "cúc", closed.code) is Refusal.UNKNOWN
    assert (await load_rights(store, "bình")).grants == (await load_rights(store, "cúc")).grants == ()
    async with admin_transaction(store) as at:
        still_open = await at.admin.people.invitations(OPERATOR)
    assert [one.id for one in reversed(still_open)] == [made.id, closed.id]
