"""Every screen and button of the admins' side, tried by everybody: nothing of another unit is seen or changed.

Written over ``ADMIN_SCREENS``: whatever is added to them is tried with the rest. Commands and ways through the buttons
are tried in the same manner over the real store.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.store import Store
from handlers.admin.people import InvitationDraft
from handlers.commands import ADMIN_COMMANDS
from handlers.core import BroadcastView, ButtonTapped, OfficeView, Session
from handlers.model import Audience, BroadcastDraft, BroadcastText, ChosenOffice, OfficeDraft, RequestState, Role
from handlers.registry import ADMIN_SCREENS
from rules.outcome import Procedure
from tests.support.backends import MemoryBackend
from tests.support.people import (
    DEPTH,
    FAR_BROADCAST,
    FAR_REQUEST,
    OPERATOR,
    PEOPLE,
    SECRET,
    admin_transaction,
    furnish_two_communes,
)
from tests.support.store import NOW, make_content
from tests.support.stored_dialogue import Assistant, Person, register_request

#: As if it had been opened while that was allowed, and a yes were all that is missing.
FAR_VIEW = BroadcastView(name=FAR_BROADCAST, revision=0, wish="cancel")
FAR_OFFICE = "NT-000001"
#: The same of a receiving office.
FAR_OFFICE_VIEW = OfficeView(
    unit="DN.DP",
    fields={"name": "Một cửa", "source": "hỏi qua điện thoại"},
    procedures=(Procedure.REVOKE,),
    office=FAR_OFFICE,
    revision=1,
)
#: The parts of a broadcast speak of the one that is open, whatever they are about: they are tried in one go.
PARTS = tuple(screen for screen in ADMIN_SCREENS if screen.startswith("broadcast_"))
GROUPS = {screen: (screen,) for screen in ADMIN_SCREENS if screen not in PARTS} | {"broadcast_parts": PARTS}
#: Whatever a button could carry.
VALUES = (
    *("yes", "end", "revoke", "invite", "next", "older", "done", "forwarded", "owner"),
    *("QT-000006", "LM-000007", FAR_REQUEST, FAR_BROADCAST, FAR_OFFICE, "DN.DP", "revoke", "telephone"),
    *("confirm", "withdraw", "add", "this"),
)
#: Whatever a screen could be about.
ABOUTS = (
    *(None, "QT-000006", "LM-000007", FAR_REQUEST, FAR_BROADCAST, FAR_OFFICE, "DN.DP", "999999", "\N{BELL}|y|z"),
    *(
        str(InvitationDraft(Role.OWNER)),
        str(InvitationDraft(Role.ADMIN, "DN.DP")),
        str(InvitationDraft(Role.FOCAL, words="Xã Đại Phước")),
    ),
)
#: A focal officer may do less than an admin, of whom all of them are tried.
ABOUTS_OF_FOCAL = (
    None,
    "QT-000006",
    FAR_REQUEST,
    FAR_BROADCAST,
    "DN.DP",
    str(InvitationDraft(Role.FOCAL, words="Xã Đại Phước")),
)
#: Of a person without a role the screen is taken away, whatever it is about.
ABOUTS_WITHOUT_ROLE = ("QT-000006", FAR_REQUEST)
ABOUTS_OF = {Role.ADMIN: ABOUTS, Role.FOCAL: ABOUTS_OF_FOCAL, None: ABOUTS_WITHOUT_ROLE}
#: Of the unit of whoever has lost their role.
NEAR_SECRET = "Mật Nhơn Trạch"
#: Whatever leads to buttons that do something, in one's own unit.
WAYS = ("/danhsach", "/xuat", "/thongke", "/vaitro", "/vaitro QT-000005", "/nhatky", "/thongbao", "/noinhan")


@pytest.fixture
async def town(house: Assistant, store: Store, ground: MemoryBackend) -> Assistant:
    await furnish_two_communes(store)
    tables = ground.memory.tables
    tables.requests[FAR_REQUEST] = replace(tables.requests[FAR_REQUEST], unit="DN.DP")
    tables.offices[FAR_OFFICE] = office_of("DN.DP", FAR_OFFICE, SECRET)
    return house


def office_of(unit: str, office: str, name: str) -> ChosenOffice:
    """Return a receiving office that was set for a unit."""
    draft = OfficeDraft(name=name, source=name, procedures=(Procedure.REVOKE,), last_checked=NOW.date())
    return ChosenOffice(draft.to_office(office, unit), 1, "QT-000006", NOW)


def guarded(ground: MemoryBackend, who: Person, *, all_of_it: bool) -> list[object]:
    """Rows that must stay as they are: all of them, or those of Xã Đại Phước and of no single unit.

    Of orders and messages what is others'; and of the person's own, all of it, whatever is no reply to them.
    """
    return [*rows(ground, all_of_it=all_of_it), *ordered_and_told(ground, who, all_of_it=all_of_it)]


def rows(ground: MemoryBackend, *, all_of_it: bool) -> Iterator[object]:
    def kept(unit: str | None) -> bool:
        return all_of_it or unit in {None, "DN", "DN.DP"}

    tables = ground.memory.tables
    yield [one for one in tables.grants.values() if kept(one.grant.unit)]
    yield [one for one in tables.invitations.values() if kept(one.unit)]
    yield [one for one in tables.requests.values() if kept(one.unit)]
    yield [one for one in tables.broadcasts.values() if kept(one.broadcast.unit)]
    yield [one for one in tables.offices.values() if kept(one.unit)]
    yield [one for one in tables.journal if kept(one.unit)]
    yield tables.units
    yield [one.moves for one in tables.requests.values()]


def ordered_and_told(ground: MemoryBackend, who: Person, *, all_of_it: bool) -> list[object]:
    """Orders and messages; whether a message has left yet does not matter."""
    tables, me = ground.memory.tables, who.chat.id
    messages = tables.messages.values()
    told = [(m.origin, m.chat) for m in messages if m.chat != me or (all_of_it and not m.origin.startswith("turn:"))]
    mine = [one for one in tables.tasks.values() if one.chat == me and all_of_it]
    return [told, mine, [one for one in tables.tasks.values() if one.chat != me]]


def put(ground: MemoryBackend, who: Person, screen: str, about: str | None) -> Session:
    """Put the session onto a screen as ``stands_at`` does, but without a turn, which takes as long as the attempt."""
    chats = ground.memory.tables.chats
    known = chats[who.chat.id]
    session = Session.load(known.session or "{}")
    session = session.with_screen(screen, about=about, broadcast=FAR_VIEW, receiving=FAR_OFFICE_VIEW)
    chats[who.chat.id] = replace(known, session=session.model_dump_json())
    return session


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.long
async def test_no_forged_button_or_text_on_any_screen_does(
    town: Assistant, ground: MemoryBackend, name: str, group: str
) -> None:
    who = await town.person(name).consents()
    before = guarded(ground, who, all_of_it=PEOPLE[name] is None)
    abouts = ABOUTS_OF[PEOPLE[name]]
    for screen in GROUPS[group]:
        for about in abouts if len(GROUPS[group]) == 1 else ("DN.DP",):
            for event in (*VALUES, None):
                session = put(ground, who, screen, about)
                if event is None:
                    await who.says("Xã Đại Phước QT-000006")
                else:
                    await who.forges(event, session)
                assert SECRET not in who.seen, (screen, about, event)
    assert guarded(ground, who, all_of_it=PEOPLE[name] is None) == before


@pytest.mark.parametrize("group", GROUPS)
async def test_whoever_lost_the_role_is_off_every_screen_with_the_next_message(town: Assistant, group: str) -> None:
    who = await town.person("cũ").consents()
    for screen in GROUPS[group]:
        await who.stands_at(screen, "QT-000005", broadcast=FAR_VIEW)

        await who.says("xin chào")

        assert "không còn giữ vai trò" in who.text
        assert (await who.session()).screen not in ADMIN_SCREENS


@pytest.mark.long
async def test_buttons_shown_before_a_role_ended_do_nothing_after_it(
    town: Assistant, store: Store, ground: MemoryBackend
) -> None:
    who = await town.person("an").consents()
    await near_ones(store)
    ground.memory.tables.offices["NT-000002"] = office_of("DN.NT", "NT-000002", NEAR_SECRET)
    taps = [tap for way in WAYS for tap in await shown_from(who, way)]
    async with admin_transaction(store) as at:
        await at.admin.people.end(OPERATOR, "QT-000002")
    before = guarded(ground, who, all_of_it=True)

    for tap, screen, about in taps:
        await who.does(ButtonTapped(data=tap, message="8"))
        assert NEAR_SECRET not in who.seen, tap
        await who.forges(tap.split("|")[1], await who.stands_at(screen, about))
        assert NEAR_SECRET not in who.seen, tap

    screens = {"desk", "desk_request", "export", "picture", "role", "journal", "broadcasts", "broadcast"}
    screens |= {"offices", "office"}
    assert screens <= {screen for _, screen, _ in taps}
    assert guarded(ground, who, all_of_it=True) == before


async def near_ones(store: Store) -> None:
    """A request that whoever looks after Xã Nhơn Trạch may move and export; a broadcast they may check and call off."""
    wanted = make_content().model_copy(update={"subscriber": NEAR_SECRET, "certificate_name": NEAR_SECRET})
    await register_request(store, "cán bộ gần", wanted, "DN.NT")
    draft = BroadcastDraft(
        title=NEAR_SECRET, text=BroadcastText(vi=NEAR_SECRET, en=NEAR_SECRET), audience=Audience(unit="DN.NT")
    )
    async with admin_transaction(store) as at:
        assert await at.admin.broadcasts.new(OPERATOR, draft)


async def shown_from(who: Person, command: str) -> list[tuple[str, str, str | None]]:
    """Every button within two taps of a command, with the screen it was on and what that was about."""
    found: dict[tuple[str, str, str | None], None] = {}
    ways: list[tuple[str, ...]] = [()]
    while ways:
        way = ways.pop()
        await who.says(command)
        for label in way:
            if label in [choice.label for choice in who.choices]:
                await who.taps(label)
        session = await who.session()
        found |= dict.fromkeys((choice.tap, session.screen, session.about) for choice in who.choices)
        if len(way) < DEPTH - 1:
            ways += [(*way, choice.label) for choice in who.choices]
    return list(found)


def test_every_command_says_which_right_it_needs() -> None:
    assert [command.name for command in ADMIN_COMMANDS if command.needs is None or command.before_consent] == []


async def test_the_owner_sees_and_changes_what_the_others_may_not(town: Assistant, ground: MemoryBackend) -> None:
    """Else all of the above would prove nothing."""
    owner = await town.person("chủ").consents()
    before = guarded(ground, owner, all_of_it=True)
    await owner.says("/vaitro")
    assert SECRET in owner.seen
    assert SECRET in await owner.says("/nhatky")

    await owner.forges("yes", await owner.stands_at("end_role", "QT-000006"))

    assert guarded(ground, owner, all_of_it=True) != before


async def test_what_is_ordered_and_what_others_are_told_is_guarded(
    town: Assistant, store: Store, ground: MemoryBackend
) -> None:
    """Else all of the above would prove nothing of them."""
    owner, an = await town.person("chủ").consents(), await town.person("an").consents()
    mine, others = ordered_and_told(ground, owner, all_of_it=True), ordered_and_told(ground, an, all_of_it=False)
    async with admin_transaction(store) as at:
        await at.admin.desk.move(OPERATOR, FAR_REQUEST, RequestState.ACCEPTED, 0)
    assert ordered_and_told(ground, an, all_of_it=False) != others

    others = ordered_and_told(ground, an, all_of_it=False)
    await owner.says("/xuat")
    await owner.taps("Excel")

    assert ordered_and_told(ground, an, all_of_it=False)[2] != others[2]
    assert ordered_and_told(ground, owner, all_of_it=True)[1] != mine[1]
