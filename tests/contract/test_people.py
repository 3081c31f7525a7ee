"""Roles are given by invitation, once, within reach; they end at once, and the last owner's never does."""

from datetime import timedelta

import pytest

from bot.store.store import Store
from handlers.model.request_list import NewInvitation, Refusal
from handlers.model.rights import Grant, Rights, Role
from tests.support.ground import Ground
from tests.support.office import OPERATOR, end, given, invited, office, redeem, rights
from tests.support.storing import NOW

HOSTILE = ['=HYPERLINK("http://x")', "<b>An</b>", "\u202eAn", "x" * 300]


def acts(ground: Ground) -> list[tuple[str, str, str]]:
    """Actors, acts and subjects of the journal, in order."""
    return [row[:3] for row in ground.journal()]


async def test_an_invitation_gives_its_role_once(store: Store, ground: Ground) -> None:
    made = await invited(store, Role.ADMIN, "DN.NT", label="Chị Lan")

    grant = await redeem(store, "lan", made.code)

    assert grant == Grant("QT-000001", Role.ADMIN, "DN.NT", "Chị Lan")
    assert await redeem(store, "nam", made.code) is Refusal.USED
    assert (await rights(store, "lan")).grants == (grant,)
    assert (await rights(store, "nam")).grants == ()
    assert acts(ground) == [
        ("machine", "invite", "LM-000001"),
        ("QT-000001", "redeem", "LM-000001 QT-000001"),
    ]


async def test_a_code_is_long_fits_a_deep_link_and_can_be_typed_in_capitals(store: Store) -> None:
    codes = {(await invited(store, Role.OWNER)).code for _ in range(20)}

    assert len(codes) == 20
    assert all(len(code) == 32 and code.isascii() and code.isalnum() for code in codes)
    assert isinstance(await redeem(store, "an", f" {codes.pop().upper()} "), Grant)


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
async def test_a_guessed_code_opens_nothing(store: Store, code: str, ground: Ground) -> None:
    await invited(store, Role.OWNER)
    before = acts(ground)

    assert await redeem(store, "an", code) is Refusal.UNKNOWN
    assert acts(ground) == before


async def test_a_revoked_invitation_is_unknown(store: Store) -> None:
    made = await invited(store, Role.ADMIN, "DN.NT")

    assert await end(store, OPERATOR, made.id) is None
    assert await redeem(store, "an", made.code) is Refusal.UNKNOWN
    assert await end(store, OPERATOR, made.id) is Refusal.UNKNOWN


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
    store: Store, ground: Ground, role: Role, unit: str | None, refusal: Refusal | None
) -> None:
    await given(store, "an", Role.ADMIN, "DN.NT")
    before, admin = len(acts(ground)), await rights(store, "an")

    async with office(store) as at:
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


async def test_a_role_is_ended_within_reach_only_and_at_once(store: Store, ground: Ground) -> None:
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
    assert acts(ground)[-1] == (near.id, "end_role", below.id)


async def test_what_somebody_invited_to_ends_with_their_role(store: Store, ground: Ground) -> None:
    near = await given(store, "an", Role.ADMIN, "DN.NT")
    made = await invited(store, Role.FOCAL, "DN.NT.VP", by=await rights(store, "an"))

    await end(store, OPERATOR, near.id)

    assert await redeem(store, "bình", made.code) is Refusal.UNKNOWN
    assert acts(ground)[-2:] == [
        ("machine", "end_role", near.id),
        ("machine", "end_with_role", f"{made.id} {near.id}"),
    ]


async def test_the_last_owner_stays(store: Store) -> None:
    first, second = await given(store, "an", Role.OWNER), await given(store, "bình", Role.OWNER)

    assert await end(store, OPERATOR, first.id) is None
    assert await end(store, OPERATOR, second.id) is Refusal.LAST_OWNER
    assert await end(store, await rights(store, "bình"), second.id) is Refusal.LAST_OWNER
    assert (await rights(store, "bình")).grants == (second,)


async def test_ids_that_are_none_end_nothing(store: Store) -> None:
    await given(store, "an", Role.OWNER)

    for holder in ("", "QT-999999", "LM-999999", "LM", "' OR 1=1 --"):
        assert await end(store, OPERATOR, holder) is Refusal.UNKNOWN


async def test_what_the_roles_that_are_left_could_still_make_stays(store: Store, ground: Ground) -> None:
    lost = await given(store, "an", Role.ADMIN, "DN.DP")
    await given(store, "an", Role.ADMIN, "DN.NT")
    await given(store, "xa", Role.ADMIN, "DN.DP")
    an = await rights(store, "an")
    near = await invited(store, Role.FOCAL, "DN.NT.VP", by=an)
    far = await invited(store, Role.FOCAL, "DN.DP", by=an)

    assert await end(store, await rights(store, "xa"), lost.id) is None

    assert isinstance(await redeem(store, "bình", near.code), Grant)
    assert await redeem(store, "cúc", far.code) is Refusal.UNKNOWN
    assert ("QT-000003", "end_with_role", f"{far.id} {lost.id}") in acts(ground)
    assert near.id not in {subject.split()[0] for _, act, subject in acts(ground) if act.startswith("end")}


async def test_an_invitation_outlives_neither_its_makers_right_nor_its_unit(store: Store, ground: Ground) -> None:
    await given(store, "an", Role.ADMIN, "DN.NT")
    made = await invited(store, Role.FOCAL, "DN.NT.VP", by=await rights(store, "an"))
    closed = await invited(store, Role.ADMIN, "DN.DP")
    ground.end_all_roles()
    ground.close_unit("DN.DP")

    assert await redeem(store, "bình", made.code) is Refusal.UNKNOWN
    assert await redeem(store, "cúc", closed.code) is Refusal.UNKNOWN
    assert (await rights(store, "bình")).grants == (await rights(store, "cúc")).grants == ()
    async with office(store) as at:
        still_open = await at.admin.people.invitations(OPERATOR)
    assert [one.id for one in reversed(still_open)] == [made.id, closed.id]
