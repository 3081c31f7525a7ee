"""Dossiers of whole units over every backend: each belongs to one chat, changes are guarded, requests move together."""

from contextlib import AbstractAsyncContextManager
from datetime import date

import pytest

from bot.services.unit_of_work import AdminTransaction
from handlers.core import AdminServices
from handlers.model import DossierRecord, InterviewStatus, ListedCertificate, Rights, Role, Source
from tests.support.backends import Backend
from tests.support.dialogue import read_own_data
from tests.support.people import UNITS, grant_role, make_person_content
from tests.support.store import CHANNEL, NOW, open_admin_transaction
from tests.support.stored_dialogue import StoredTurns

SOURCES = (Source(file="ds.xlsx", listed=ListedCertificate(line=2, name="Nguyễn Văn Mẫu", serial="0A01")),)


async def rights_of(at: AdminServices) -> Rights:
    return Rights.of(await at.people.mine(), UNITS)


async def begin(ground: Backend, name: str = "lan", role: Role = Role.FOCAL) -> DossierRecord:
    """Keep a dossier of Xã Nhơn Trạch for a person with a role."""
    await grant_role(ground.store, name, role, "DN.NT")
    async with acting(ground, name) as at:
        saved = await at.admin.dossiers.save(
            await rights_of(at.admin), DossierRecord(unit="DN.NT", sources=SOURCES, common={"token": "in_hand"})
        )
        await at.commit()
    assert saved is not None
    return saved


def acting(ground: Backend, name: str) -> AbstractAsyncContextManager[AdminTransaction]:
    """Open a transaction of the admins' side for a person."""
    chat = ground.store.chats.at(CHANNEL, name)
    return open_admin_transaction(ground.store, NOW, chat=chat.id, channel=CHANNEL)


async def test_what_was_kept_is_read_as_it_was_by_the_same_person_only(ground: Backend) -> None:
    saved = await begin(ground)
    await grant_role(ground.store, "an", Role.ADMIN, "DN.NT")

    async with acting(ground, "lan") as at:
        found = await at.admin.dossiers.get(await rights_of(at.admin), saved.id)
    async with acting(ground, "an") as at:
        others = await at.admin.dossiers.kept(await rights_of(at.admin))
    assert found == saved
    assert (found.revision, found.sources, others) == (1, SOURCES, ())


async def test_a_change_of_what_was_changed_meanwhile_is_refused(ground: Backend) -> None:
    saved = await begin(ground)
    async with acting(ground, "lan") as at:
        rights = await rights_of(at.admin)
        changed = await at.admin.dossiers.save(rights, saved.model_copy(update={"version": 1}))
        late = await at.admin.dossiers.save(rights, saved.model_copy(update={"common": {}}))
        await at.commit()

    assert (changed.revision if changed else None, late) == (2, None)


async def test_it_goes_to_the_nearest_admin_with_its_requests(ground: Backend) -> None:
    saved = await begin(ground)
    await grant_role(ground.store, "an", Role.ADMIN, "DN.NT")
    content = make_person_content().model_copy(update={"unit_code": "DN.NT"})
    async with acting(ground, "lan") as at:
        rights = await rights_of(at.admin)
        codes = await at.admin.dossiers.register(rights, saved.id, [content])
        again = await at.admin.dossiers.register(rights, saved.id, [content])
        await at.admin.dossiers.save(rights, saved.model_copy(update={"requests": codes}))
        office = await at.admin.dossiers.hand_over(rights, saved.id)
        await at.commit()
    assert (len(codes), again) == (1, ())
    assert office is not None
    assert (office.role, office.unit) == (Role.ADMIN, "DN.NT")

    async with acting(ground, "lan") as at:
        assert await at.admin.dossiers.get(await rights_of(at.admin), saved.id) is None
    async with acting(ground, "an") as at:
        found = await at.admin.dossiers.get(await rights_of(at.admin), saved.id)
    assert found is not None
    assert found.requests == codes


async def test_there_is_nobody_to_hand_it_to_where_no_admin_is(ground: Backend) -> None:
    saved = await begin(ground)
    async with acting(ground, "lan") as at:
        assert await at.admin.dossiers.hand_over(await rights_of(at.admin), saved.id) is None


async def test_it_goes_with_the_data_of_its_person(ground: Backend) -> None:
    saved = await begin(ground)
    turns = StoredTurns(ground.store, "lan")
    async with turns() as turn:
        held = await read_own_data(turn.own_data)
        await turn.own_data.erase()

    assert [(one["id"], one["unit"]) for one in held["dossiers"]] == [(saved.id, "DN.NT")]
    async with acting(ground, "lan") as at:
        assert await at.admin.dossiers.kept(Rights.operator(UNITS)) == ()


async def test_interviews_of_a_unit_are_told_to_whoever_may_see_personal_data(ground: Backend) -> None:
    await begin(ground)
    await grant_role(ground.store, "an", Role.ADMIN, "DN.NT")
    for name, unit in (("văn phòng", "DN.NT.VP"), ("xa", "DN.DP")):
        async with StoredTurns(ground.store, name)() as turn:
            asked = InterviewStatus(interview=1, unit=unit, subscriber=f"Cán bộ {name}", not_after=date(2027, 1, 31))
            await turn.register.save_status(asked)

    async with acting(ground, "an") as at:
        rights = await rights_of(at.admin)
        found = await at.admin.dossiers.interviewed(rights, "DN.NT")
        assert await at.admin.dossiers.interviewed(rights, "DN") == ()
    async with acting(ground, "lan") as at:
        assert await at.admin.dossiers.interviewed(await rights_of(at.admin), "DN.NT") == ()
    assert [(one.name, one.not_after) for one in found] == [("Cán bộ văn phòng", date(2027, 1, 31))]


async def test_it_goes_to_the_admin_that_was_chosen_and_to_no_one_else(ground: Backend) -> None:
    saved = await begin(ground)
    near = await grant_role(ground.store, "an", Role.ADMIN, "DN.NT")
    above = await grant_role(ground.store, "ba", Role.ADMIN, "DN")
    far = await grant_role(ground.store, "xa", Role.ADMIN, "DN.DP")
    async with acting(ground, "lan") as at:
        rights = await rights_of(at.admin)
        those = await at.admin.dossiers.receivers(rights, saved.id)
        refused = await at.admin.dossiers.hand_over(rights, saved.id, far.id)
        office = await at.admin.dossiers.hand_over(rights, saved.id, above.id)
        await at.commit()

    assert [one.id for one in those] == [near.id, above.id]
    assert (refused, office.unit if office else None) == (None, "DN")


#: Role and unit of somebody, and whether they may begin a dossier of Xã Nhơn Trạch.
ROLES = [
    (Role.OWNER, None, True),
    (Role.ADMIN, "DN", True),
    (Role.ADMIN, "DN.NT", True),
    (Role.ADMIN, "DN.DP", False),
    (Role.ADMIN, "DN.NT.VP", False),
    (Role.FOCAL, "DN.NT", True),
    (Role.FOCAL, "DN.DP", False),
    (None, None, False),
]


@pytest.mark.parametrize(("role", "unit", "begins"), ROLES)
async def test_nobody_else_sees_changes_registers_or_gives_it_whatever_their_role(
    ground: Backend, role: Role | None, unit: str | None, begins: bool
) -> None:
    saved = await begin(ground)
    if role:
        await grant_role(ground.store, "người khác", role, unit)
    content = make_person_content().model_copy(update={"unit_code": "DN.NT"})
    async with acting(ground, "người khác") as at:
        rights, dossiers = await rights_of(at.admin), at.admin.dossiers
        assert await dossiers.get(rights, saved.id) is None
        assert await dossiers.kept(rights) == ()
        assert await dossiers.save(rights, saved.model_copy(update={"unit": unit or "DN.NT", "common": {}})) is None
        assert await dossiers.register(rights, saved.id, [content]) == ()
        assert await dossiers.receivers(rights, saved.id) == ()
        assert await dossiers.hand_over(rights, saved.id) is None
        made = await dossiers.save(rights, DossierRecord(unit="DN.NT"))
        await at.commit()

    assert (made is not None) is begins
    async with acting(ground, "lan") as at:
        assert await at.admin.dossiers.get(await rights_of(at.admin), saved.id) == saved


async def test_whoever_lost_the_role_keeps_nothing_of_it(ground: Backend) -> None:
    saved = await begin(ground)
    nobody = Rights((), UNITS)
    async with acting(ground, "lan") as at:
        dossiers = at.admin.dossiers
        assert await dossiers.get(nobody, saved.id) is None
        assert await dossiers.kept(nobody) == ()
        assert await dossiers.save(nobody, saved) is None
        assert await dossiers.register(nobody, saved.id, [make_person_content()]) == ()
        assert await dossiers.hand_over(nobody, saved.id) is None
