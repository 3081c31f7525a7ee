"""Every call that demands rights, by those whose rights do not reach: nothing of another unit is shown or changed.

Written over the ports: a method that is added to them and not tried here fails.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import get_type_hints

import pytest

from handlers.core import AdminServices, Reply
from handlers.model import (
    Act,
    Audience,
    BroadcastDraft,
    BroadcastState,
    BroadcastText,
    DossierRecord,
    ExportForm,
    ExportOrder,
    Filter,
    ImportLine,
    JournalFilter,
    OfficeDraft,
    RequestState,
    Rights,
    Role,
)
from rules.calendar import to_vietnam_day
from rules.outcome import Procedure
from tests.support.backends import Backend
from tests.support.people import (
    ADMIN,
    FOCAL,
    OFFICER,
    OPERATOR,
    UNITS,
    admin_transaction,
    create_invitation,
    grant_role,
    make_person_content,
)
from tests.support.store import CHANNEL, NOW, open_admin_transaction
from tests.support.stored_dialogue import register_request

#: Stands in all that belongs to Xã Đại Phước.
SECRET = "Mật Đại Phước"
FAR = Filter(unit="DN.DP")
TODAY = to_vietnam_day(NOW)
DRAFT = BroadcastDraft(
    title=SECRET,
    text=BroadcastText(vi=SECRET, en=SECRET),
    audience=Audience(unit="DN.DP"),
    document=f"{SECRET}.pdf",
)
ORDER = ExportOrder(wanted=FAR, form=ExportForm.CSV)
SAID = Reply(paragraphs=("0 / 1",))
OFFICE = OfficeDraft(name=SECRET, source=SECRET, procedures=(Procedure.REVOKE,), last_checked=TODAY)


@dataclass(frozen=True)
class Other:
    """Ids of things that belong to the other unit."""

    request: str
    grant: str
    invitation: str
    broadcast: str
    dossier: str
    office: str

    @property
    def lines(self) -> list[ImportLine]:
        return [ImportLine(number=2, code=self.request, state=RequestState.ACCEPTED, revision=0)]


Call = Callable[[AdminServices, Rights, Other], Awaitable[object]]
#: Port and method -> how it is tried on what belongs to the other unit.
CALLS: dict[str, Call] = {
    "people.invite": lambda a, by, _: a.people.invite(by, Role.FOCAL, "DN.DP", "", NOW + timedelta(hours=1)),
    "people.holders": lambda a, by, _: a.people.holders(by),
    "people.invitations": lambda a, by, _: a.people.invitations(by),
    "people.end": lambda a, by, far: a.people.end(by, far.grant),
    "desk.count": lambda a, by, _: a.desk.count(by, FAR),
    "desk.page": lambda a, by, _: a.desk.page(by, Filter(), 100),
    "desk.get": lambda a, by, far: a.desk.get(by, far.request),
    "desk.move": lambda a, by, far: a.desk.move(by, far.request, RequestState.ACCEPTED, 0),
    "desk.preview_move_all": lambda a, by, _: a.desk.preview_move_all(by, FAR),
    "desk.move_all": lambda a, by, _: a.desk.move_all(by, FAR, RequestState.ACCEPTED),
    "desk.take_back": lambda a, by, _: a.desk.take_back(by, FAR),
    "desk.assign_unit": lambda a, by, far: a.desk.assign_unit(by, far.request, "DN.NT"),
    "lists.extent": lambda a, by, _: a.lists.extent(by, FAR),
    "lists.batch": lambda a, by, _: a.lists.batch(by, Filter(), 100, after=0, last=10**18),
    "journal.latest": lambda a, by, _: a.journal.latest(by, 100, wanted=JournalFilter(unit="DN.DP")),
    "journal.count": lambda a, by, _: a.journal.count(by, JournalFilter(unit="DN.DP")),
    "lists.cancel": lambda a, by, _: a.lists.cancel(by, SAID),
    "lists.plan": lambda a, by, far: a.lists.plan(by, far.lines),
    "lists.apply": lambda a, by, far: a.lists.apply(by, far.lines, "seen"),
    "units.numbers": lambda a, by, _: a.units.numbers(by, "DN.DP", TODAY, NOW),
    "units.burn_down": lambda a, by, _: a.units.burn_down(by, "DN.DP", TODAY, TODAY, TODAY),
    "units.keep_list": lambda a, by, _: a.units.keep_list(by, SECRET),
    "units.load_list": lambda a, by, _: a.units.load_list(by, "DV-000001"),
    "units.save": lambda a, by, _: a.units.save(by, UNITS, frozenset(UNITS.units)),
    "broadcasts.new": lambda a, by, _: a.broadcasts.new(by, DRAFT),
    "broadcasts.change": lambda a, by, far: a.broadcasts.change(by, far.broadcast, 0, DRAFT),
    "broadcasts.get": lambda a, by, far: a.broadcasts.get(by, far.broadcast),
    "broadcasts.document": lambda a, by, far: a.broadcasts.document(by, far.broadcast),
    "broadcasts.latest": lambda a, by, _: a.broadcasts.latest(by, 100),
    "broadcasts.count_all": lambda a, by, _: a.broadcasts.count_all(by),
    "broadcasts.steps": lambda a, by, far: a.broadcasts.steps(by, far.broadcast),
    "broadcasts.count": lambda a, by, _: a.broadcasts.count(by, Audience(unit="DN.DP")),
    "broadcasts.resolve_names": lambda a, by, far: a.broadcasts.resolve_names(by, [far.request]),
    "broadcasts.request_check": lambda a, by, far: a.broadcasts.request_check(by, far.broadcast),
    "broadcasts.last_check": lambda a, by, far: a.broadcasts.last_check(by, far.broadcast),
    "broadcasts.sample": lambda a, by, far: a.broadcasts.sample(by, far.broadcast, 9),
    "broadcasts.preview": lambda a, by, _: a.broadcasts.preview(by, DRAFT, 9),
    "broadcasts.send_test": lambda a, by, far: a.broadcasts.send_test(by, far.broadcast),
    "broadcasts.move": lambda a, by, far: a.broadcasts.move(by, far.broadcast, BroadcastState.CANCELLED),
    "broadcasts.needs_second_person": lambda a, by, far: a.broadcasts.needs_second_person(by, far.broadcast),
    "broadcasts.tally": lambda a, by, far: a.broadcasts.tally(by, far.broadcast),
    "broadcasts.recipients": lambda a, by, far: a.broadcasts.recipients(by, far.broadcast, 9),
    "broadcasts.resend": lambda a, by, far: a.broadcasts.resend(by, far.broadcast),
}
CALLS |= {
    "dossiers.kept": lambda a, by, _: a.dossiers.kept(by),
    "dossiers.get": lambda a, by, far: a.dossiers.get(by, far.dossier),
    "dossiers.save": lambda a, by, far: a.dossiers.save(by, DossierRecord(id=far.dossier, unit="DN.DP", revision=1)),
    "dossiers.register": lambda a, by, far: a.dossiers.register(by, far.dossier, [make_person_content(SECRET)]),
    "dossiers.interviewed": lambda a, by, _: a.dossiers.interviewed(by, "DN.DP"),
    "dossiers.receivers": lambda a, by, far: a.dossiers.receivers(by, far.dossier),
    "dossiers.hand_over": lambda a, by, far: a.dossiers.hand_over(by, far.dossier),
    "offices.chosen": lambda a, by, _: a.offices.chosen(by),
    "offices.add": lambda a, by, _: a.offices.add(by, "DN.DP", OFFICE),
    "offices.change": lambda a, by, far: a.offices.change(by, far.office, 1, OFFICE),
    "offices.withdraw": lambda a, by, far: a.offices.withdraw(by, far.office, 1),
}
#: Begun by whoever may export anything: it reads what is within reach when it is written. And what services write.
ELSEWHERE = {"lists.start", "journal.record"}


@pytest.fixture
async def other(ground: Backend) -> Other:
    """In Xã Đại Phước a request, an admin, an invitation, a broadcast with a row, and a row of the journal."""
    store = ground.store
    grant = await grant_role(store, "xa", Role.ADMIN, "DN.DP", label=SECRET)
    promised = await create_invitation(store, Role.FOCAL, "DN.DP", label=SECRET)
    asked = await register_request(store, "cán bộ", make_person_content(SECRET), "DN.DP")
    async with admin_transaction(store) as at:
        written = await at.admin.broadcasts.new(OPERATOR, DRAFT, SECRET.encode())
        await at.admin.journal.record(OPERATOR, "export", SECRET, unit="DN.DP")
        office = (await at.admin.offices.add(OPERATOR, "DN.DP", OFFICE)).office
    async with open_admin_transaction(store, NOW, chat=store.chats.at(CHANNEL, "xa").id, channel=CHANNEL) as at:
        kept = await at.admin.dossiers.save(Rights.of([grant], UNITS), DossierRecord(unit="DN.DP", requests=(SECRET,)))
        await at.commit()
    assert written is not None
    assert kept is not None
    assert office is not None
    ground.stands(written.id, BroadcastState.RUNNING)
    ground.add_row(written.id, "cán bộ", "unknown", "no_answer")
    return Other(asked.code, grant.id, promised.id, written.id, kept.id, office.office.id)


def test_every_call_that_demands_rights_is_tried() -> None:
    hints = get_type_hints(AdminServices)
    demanded = {
        f"{name}.{method}"
        for name, port in hints.items()
        for method, function in inspect.getmembers(port, inspect.isfunction)
        if "rights" in inspect.signature(function).parameters
    }
    assert demanded == {*CALLS, *ELSEWHERE}


@pytest.mark.parametrize("by", [ADMIN, FOCAL, OFFICER], ids=["admin", "focal", "officer"])
async def test_nothing_of_another_unit_is_shown_or_changed(ground: Backend, other: Other, by: Rights) -> None:
    before = ground.everything()
    for name, call in CALLS.items():
        async with admin_transaction(ground.store) as at:
            shown = repr(await call(at.admin, by, other))
        assert SECRET not in shown, name
        assert ground.everything() == before, name


async def test_an_admin_takes_nobodys_invitation_back_and_approves_nothing(ground: Backend, other: Other) -> None:
    before = ground.everything()
    async with admin_transaction(ground.store) as at:
        await at.admin.people.end(ADMIN, other.invitation)
        for to in BroadcastState:
            await at.admin.broadcasts.move(ADMIN, other.broadcast, to)
        assert await at.admin.lists.start(OFFICER, ORDER, 1, SAID) is None
    assert ground.everything() == before


async def test_the_operator_sees_and_changes_what_the_others_may_not(ground: Backend, other: Other) -> None:
    """Else all of the above would prove nothing."""
    before = ground.everything()
    shown = []
    for name in (
        "people.holders",
        "people.invitations",
        "desk.get",
        "journal.latest",
        "broadcasts.get",
        "broadcasts.document",
    ):
        async with admin_transaction(ground.store) as at:
            shown.append(SECRET in repr(await CALLS[name](at.admin, OPERATOR, other)))
    assert all(shown)
    for name in ("desk.move", "people.end", "broadcasts.resend", "broadcasts.move"):
        before = ground.everything()
        async with admin_transaction(ground.store) as at:
            await CALLS[name](at.admin, OPERATOR, other)
        assert ground.everything() != before, name
    assert OPERATOR.may(Act.MAINTAIN_UNITS)
