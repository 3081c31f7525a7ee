"""Every command, screen and button of the admins' side, tried by everybody: nothing of another unit is seen or changed.

Written over ``ADMIN_COMMANDS`` and ``ADMIN_SCREENS``: whatever is added to them is tried with the rest.
"""

from dataclasses import dataclass, field

import pytest

from bot.store import Store
from handlers.broadcasts.rendering import ADMIN_ACTIONS, BroadcastCallback
from handlers.commands import ADMIN_COMMANDS
from handlers.core import ButtonTapped
from handlers.model import RequestState
from tests.support.database import Sql
from tests.support.people import (
    ARGUMENTS,
    DEPTH,
    FAR_BROADCAST,
    FAR_REQUEST,
    OPERATOR,
    PEOPLE,
    SECRET,
    admin_transaction,
    furnish_two_communes,
)
from tests.support.stored_dialogue import Assistant, Person

#: Who may do what they do in their own unit: rows of other units are compared, not all.
UNIT_TABLES = ("grants", "invitations", "requests", "broadcasts", "receiving_offices", "audit")


@pytest.fixture
async def town(house: Assistant, store: Store, sql: Sql) -> Assistant:
    await furnish_two_communes(store)
    sql("UPDATE requests SET unit = 'DN.DP'")
    return house


def guarded(sql: Sql, who: Person, *, all_of_it: bool) -> list[object]:
    """What must stay as it is: all of it, or what belongs to Xã Đại Phước and to everything.

    Of orders and messages what is others'; and of the person's own, all of it, whatever is no reply to them.
    """
    which = "" if all_of_it else " WHERE unit IS NULL OR unit IN ('DN', 'DN.DP')"
    tables = [sql(f"SELECT * FROM {table}{which} ORDER BY 1") for table in UNIT_TABLES]
    tables += [sql("SELECT * FROM units ORDER BY 1"), sql("SELECT * FROM request_history ORDER BY 1")]
    return [*tables, *ordered_and_told(sql, who, all_of_it=all_of_it)]


def ordered_and_told(sql: Sql, who: Person, *, all_of_it: bool) -> list[object]:
    """Orders and messages; whether a message has left yet does not matter.

    A receiving office of one's own unit may be changed, of which others are told: its rows are guarded by their unit.
    """
    whose = "origin NOT LIKE 'turn:%' OR chat <> ?" if all_of_it else "chat <> ? AND origin NOT LIKE 'office:%'"
    told = sql(f"SELECT id, origin, chat FROM outbox WHERE {whose} ORDER BY 1", who.chat.id)
    mine = sql("SELECT * FROM tasks WHERE chat = ? ORDER BY 1", who.chat.id) if all_of_it else []
    return [told, mine, sql("SELECT * FROM tasks WHERE chat <> ? ORDER BY 1", who.chat.id)]


@pytest.mark.parametrize("name", PEOPLE)
async def test_no_command_shows_or_changes_anything_of_another_unit(town: Assistant, sql: Sql, name: str) -> None:
    who = await town.person(name).consents()
    before = guarded(sql, who, all_of_it=PEOPLE[name] is None)
    for command in ADMIN_COMMANDS:
        for argument in ARGUMENTS:
            await who.says(f"/{command.name} {argument}")
            assert SECRET not in who.seen
            if PEOPLE[name] is None:
                assert f"/{command.name}. Gửi /trogiup" in who.text
    assert guarded(sql, who, all_of_it=PEOPLE[name] is None) == before


@pytest.mark.parametrize("name", PEOPLE)
async def test_no_way_through_the_buttons_leads_to_another_unit(town: Assistant, sql: Sql, name: str) -> None:
    """Every page within a few taps of a command is seen once, and on every screen every command is tried."""
    who = await town.person(name).consents()
    before = guarded(sql, who, all_of_it=PEOPLE[name] is None)
    walk = Walk(who, sql, [Way((f"/{command.name}",)) for command in ADMIN_COMMANDS])
    while walk.ways:
        await walk.goes_on(DEPTH + 1 if PEOPLE[name] else 0)
    assert bool(PEOPLE[name]) is (len(walk.known) > MANY)
    for stood in [b"", *walk.screens.values()]:
        for command in ADMIN_COMMANDS:
            await walk.goes(Way((f"/{command.name}",), None, stood))
    assert guarded(sql, who, all_of_it=PEOPLE[name] is None) == before


#: So many pages at least, or the walk was too short to be a test.
MANY = 100
#: What differs between two visits of the same page.
COUNTED = {"version", "last_tap"}


@dataclass(frozen=True)
class Way:
    """A command and the buttons tapped after it; the last of them, and where the conversation stood before it."""

    taken: tuple[str, ...]
    tap: str | None = None
    stood: bytes = b""


@dataclass
class Walk:
    """A person who goes every way, the short ones first; a way on from a page that is known leads nowhere new."""

    who: Person
    sql: Sql
    ways: list[Way]
    known: set[tuple[str, str]] = field(default_factory=set)
    screens: dict[str, bytes] = field(default_factory=dict)  #: a conversation on each

    async def goes_on(self, taps: int) -> None:
        """Take the next way, and remember the ways on from its end if it has at most so many steps."""
        way = self.ways.pop(0)
        await self.goes(way)
        if len(way.taken) > taps:
            return
        shown, session = self.who.choices, await self.who.session()
        page = self.who.seen, session.model_dump_json(exclude=COUNTED)
        if page in self.known:
            return
        self.known.add(page)
        ((stands,),) = self.sql("SELECT session FROM chats WHERE id = ?", self.who.chat.id)
        self.screens[session.screen] = stands
        self.ways += [Way((*way.taken, choice.label), choice.tap, stands) for choice in shown]

    async def goes(self, way: Way) -> None:
        """Take the last step of a way from where it was left."""
        if way.stood:
            self.sql("UPDATE chats SET session = ? WHERE id = ?", way.stood, self.who.chat.id)
        if way.tap:
            await self.who.does(ButtonTapped(data=way.tap, message="8"))
        else:
            await self.who.says(way.taken[0])
        assert SECRET not in self.who.seen, way.taken


@pytest.mark.parametrize("name", PEOPLE)
async def test_no_button_of_a_message_that_moves_reaches_another_unit(town: Assistant, sql: Sql, name: str) -> None:
    who = await town.person(name).consents()
    before = guarded(sql, who, all_of_it=PEOPLE[name] is None)
    for action in ADMIN_ACTIONS:
        await who.does(ButtonTapped(data=str(BroadcastCallback(action, FAR_BROADCAST)), message="8"))
        assert SECRET not in who.seen
    assert guarded(sql, who, all_of_it=PEOPLE[name] is None) == before


async def test_the_owner_sees_and_changes_what_the_others_may_not(town: Assistant, sql: Sql) -> None:
    """Else all of the above would prove nothing."""
    owner = await town.person("chủ").consents()
    before = guarded(sql, owner, all_of_it=True)
    await owner.says("/vaitro")
    assert SECRET in owner.seen
    assert SECRET in await owner.says("/nhatky")

    await owner.forges("yes", await owner.stands_at("end_role", "QT-000006"))

    assert guarded(sql, owner, all_of_it=True) != before


async def test_what_is_ordered_and_what_others_are_told_is_guarded(town: Assistant, store: Store, sql: Sql) -> None:
    """Else all of the above would prove nothing of them."""
    owner, an = await town.person("chủ").consents(), await town.person("an").consents()
    mine, others = ordered_and_told(sql, owner, all_of_it=True), ordered_and_told(sql, an, all_of_it=False)
    async with admin_transaction(store) as at:
        await at.admin.desk.move(OPERATOR, FAR_REQUEST, RequestState.ACCEPTED, 0)
    assert ordered_and_told(sql, an, all_of_it=False) != others

    others = ordered_and_told(sql, an, all_of_it=False)
    await owner.says("/xuat")
    await owner.taps("Excel")

    assert ordered_and_told(sql, an, all_of_it=False)[2] != others[2]
    assert ordered_and_told(sql, owner, all_of_it=True)[1] != mine[1]
