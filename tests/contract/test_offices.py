"""Receiving offices that admins set, over every backend: whose unit, beside which, and what others learn of it."""

from contextlib import AbstractAsyncContextManager
from datetime import date
from typing import Any

import pytest

from bot.services.unit_of_work import AdminTransaction
from handlers.core import AdminServices
from handlers.model import ChosenOffice, OfficeDraft, OfficeOutcome, OfficeResult, Rights, Role, list_offices
from rules.loading import load_pack
from rules.offices import OfficeDirectory, OfficeStatus
from rules.outcome import Procedure
from tests.support.backends import Backend
from tests.support.people import UNITS, grant_role
from tests.support.store import CHANNEL, NOW, open_admin_transaction

CHANGE, REVOKE = Procedure.CHANGE_INFORMATION, Procedure.REVOKE
DRAFT = OfficeDraft(
    name="Phòng Chuyển đổi số",
    telephone="0251 3822 501",
    source="hỏi qua điện thoại",
    procedures=(CHANGE,),
    status=OfficeStatus.CONFIRMED,
    last_checked=date(2026, 11, 24),
)


def acting(ground: Backend, name: str) -> AbstractAsyncContextManager[AdminTransaction]:
    chat = ground.store.chats.at(CHANNEL, name)
    return open_admin_transaction(ground.store, NOW, chat=chat.id, channel=CHANNEL)


async def rights_of(at: AdminServices) -> Rights:
    return Rights.of(await at.people.mine(), UNITS)


async def add(ground: Backend, who: str, unit: str | None, **changes: Any) -> OfficeResult:
    """Set an office as a person with a role."""
    async with acting(ground, who) as at:
        result = await at.admin.offices.add(await rights_of(at.admin), unit, DRAFT.model_copy(update=changes))
        await at.commit()
    return result


async def saved(ground: Backend, who: str, unit: str | None, **changes: Any) -> ChosenOffice:
    result = await add(ground, who, unit, **changes)
    assert result.outcome is OfficeOutcome.SAVED
    assert result.office is not None
    return result.office


@pytest.fixture
async def admin(ground: Backend) -> str:
    """An admin of Xã Nhơn Trạch."""
    await grant_role(ground.store, "lan", Role.ADMIN, "DN.NT")
    return "lan"


async def test_an_office_that_was_set_is_read_by_every_process_as_it_was_typed(ground: Backend, admin: str) -> None:
    made = await saved(ground, admin, "DN.NT")
    assert (made.unit, made.revision, made.office.telephone) == ("DN.NT", 1, "0251 3822 501")
    assert await ground.store.offices.read() == (made.office,)
    assert await ground.store.offices.version() > 0


async def test_the_nearest_unit_s_choice_prevails_over_one_above_and_both_over_the_pack(
    ground: Backend, admin: str
) -> None:
    await grant_role(ground.store, "tinh", Role.OWNER, None)
    everybody = await saved(ground, "tinh", None, name="Sở Nội vụ")
    province = await saved(ground, "tinh", "DN", name="Sở Tài chính")
    commune = await saved(ground, admin, "DN.NT", name="UBND xã Nhơn Trạch")
    directory = OfficeDirectory.of(load_pack().offices, "Văn phòng", await ground.store.offices.read())
    assert directory.find(CHANGE, ("DN.NT.VP", "DN.NT", "DN")) == commune.office
    assert directory.find(CHANGE, ("DN.DP", "DN")) == province.office
    assert directory.find(CHANGE) == everybody.office
    named = directory.find(REVOKE, ("DN.NT", "DN"))
    assert named is not None
    assert named.name == "Văn phòng"


async def test_an_admin_sees_what_counts_for_the_unit_and_changes_only_what_lies_within(
    ground: Backend, admin: str
) -> None:
    await grant_role(ground.store, "tinh", Role.ADMIN, "DN")
    above, far = await saved(ground, "tinh", "DN"), await saved(ground, "tinh", "DN.DP")
    async with acting(ground, admin) as at:
        rights = await rights_of(at.admin)
        seen = await at.admin.offices.chosen(rights)
        change = await at.admin.offices.change(rights, above.office.id, 1, DRAFT)
        gone = await at.admin.offices.withdraw(rights, far.office.id, 1)
        elsewhere = await at.admin.offices.add(rights, "DN.DP", DRAFT)
    assert [one.office.id for one in seen] == [above.office.id]
    assert [one.outcome for one in (change, gone, elsewhere)] == ["unknown", "unknown", "not_yours"]
    lines = list_offices(OfficeDirectory.of(load_pack().offices), seen, ("DN.NT", "DN"))
    assert {line.chosen.unit for line in lines if line.chosen} == {"DN"}


async def test_two_offices_of_one_unit_never_receive_the_same(ground: Backend, admin: str) -> None:
    first = await saved(ground, admin, "DN.NT")
    refused = await add(ground, admin, "DN.NT", procedures=(REVOKE, CHANGE))
    assert (refused.outcome, refused.office) == (OfficeOutcome.TAKEN, first)
    beside = await saved(ground, admin, "DN.NT", procedures=(REVOKE,))
    await saved(ground, admin, "DN.NT.VP")
    async with acting(ground, admin) as at:
        both = DRAFT.model_copy(update={"procedures": (CHANGE, REVOKE)})
        wider = await at.admin.offices.change(await rights_of(at.admin), beside.office.id, 1, both)
    assert (wider.outcome, wider.office) == (OfficeOutcome.TAKEN, first)


async def test_what_was_changed_meanwhile_is_neither_overwritten_nor_taken_back(ground: Backend, admin: str) -> None:
    made = await saved(ground, admin, "DN.NT")
    async with acting(ground, admin) as at:
        rights, offices = await rights_of(at.admin), at.admin.offices
        news = DRAFT.model_copy(update={"telephone": "0251 3822 502"})
        changed = await offices.change(rights, made.office.id, 1, news)
        late = await offices.change(rights, made.office.id, 1, DRAFT)
        gone = await offices.withdraw(rights, made.office.id, 1)
        await at.commit()
    assert changed.office is not None
    assert (changed.outcome, changed.office.revision) == (OfficeOutcome.SAVED, 2)
    assert (late.outcome, late.office) == (gone.outcome, gone.office) == (OfficeOutcome.OVERTAKEN, changed.office)
    assert await ground.store.offices.read() == (changed.office.office,)


async def test_an_office_is_not_confirmed_by_what_it_was_assumed_by(ground: Backend, admin: str) -> None:
    made = await saved(ground, admin, "DN.NT", status=OfficeStatus.ASSUMED)
    sure = OfficeDraft.of(made.office, made.office.procedures).confirmed(made.office.last_checked)
    async with acting(ground, admin) as at:
        rights, offices = await rights_of(at.admin), at.admin.offices
        refused = await offices.change(rights, made.office.id, 1, sure)
        asked = sure.model_copy(update={"source": "hỏi tại quầy ngày 23/11/2026"})
        done = await offices.change(rights, made.office.id, 1, asked)
        again = await offices.change(rights, made.office.id, 2, asked)  # looked at once more
    assert (refused.outcome, refused.office) == (OfficeOutcome.NO_SOURCE, made)
    assert (done.outcome, again.outcome) == (OfficeOutcome.SAVED, OfficeOutcome.SAVED)


async def test_one_that_is_taken_back_counts_no_more(ground: Backend, admin: str) -> None:
    made = await saved(ground, admin, "DN.NT")
    before = await ground.store.offices.version()
    async with acting(ground, admin) as at:
        gone = await at.admin.offices.withdraw(await rights_of(at.admin), made.office.id, 1)
        await at.commit()
    assert gone.outcome is OfficeOutcome.WITHDRAWN
    assert await ground.store.offices.read() == ()
    assert await ground.store.offices.version() > before


@pytest.mark.parametrize(
    "changes",
    [
        {"telephone": "123"},
        {"email": "an@gmail.com"},
        {"name": "1"},
        {"hours": "luôn luôn"},
        {"source": "001099012345"},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_a_field_that_cannot_be_used_is_stored_by_nobody(
    ground: Backend, admin: str, changes: dict[str, str]
) -> None:
    assert (await add(ground, admin, "DN.NT", **changes)).outcome is OfficeOutcome.INVALID
    assert await ground.store.offices.read() == ()


@pytest.mark.parametrize("unit", ["DN.XX", None, "DN"])
async def test_no_office_is_set_for_a_unit_that_is_unknown_or_out_of_reach(
    ground: Backend, admin: str, unit: str | None
) -> None:
    assert (await add(ground, admin, unit)).outcome is OfficeOutcome.NOT_YOURS


async def test_the_journal_names_each_change_and_the_others_of_the_unit_are_told_once(
    ground: Backend, admin: str
) -> None:
    await grant_role(ground.store, "dau-moi", Role.FOCAL, "DN.NT")
    await grant_role(ground.store, "tinh", Role.OWNER, None)
    await grant_role(ground.store, "xa-khac", Role.ADMIN, "DN.DP")
    made = await saved(ground, admin, "DN.NT")
    async with acting(ground, admin) as at:
        rights = await rights_of(at.admin)
        again = DRAFT.model_copy(update={"last_checked": date(2026, 11, 25)})
        await at.admin.offices.change(rights, made.office.id, 1, again)
        rows = await at.admin.journal.latest(rights, 2)
        await at.commit()
    assert [(row.act, row.subject, row.unit) for row in rows] == [
        ("confirm_office", made.office.id, "DN.NT"),
        ("set_office", made.office.id, "DN.NT"),
    ]
    told = await ground.store.outbox.claim(CHANNEL, 100, NOW)
    assert sorted(row.chat.address for row in told) == ["dau-moi", "tinh"]
    (text,) = {"\n".join(row.reply.paragraphs) for row in told}
    assert "0251 3822 501" in text
    assert "/noinhan" in text
