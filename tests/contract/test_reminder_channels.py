"""Reminders to people with several channels: counted once, sent to the first, gone on where they surely failed."""

import pytest

from bot.store import Store
from handlers.model import (
    Audience,
    BroadcastPolicy,
    BroadcastState,
    BroadcastText,
    InterviewStatus,
    MessageLimits,
    Role,
    format_person_code,
)
from rules.outcome import Procedure
from tests.support.audience import is_meant, make_officers
from tests.support.backends import Backend
from tests.support.broadcasts import GREETING_DRAFT, create_draft, list_recipients
from tests.support.linked_channels import At, link
from tests.support.people import OPERATOR, admin_transaction
from tests.support.store import NOW, broadcast_operations, make_content


async def frozen(ground: Backend, audience: Audience | None = None, by: Store | None = None) -> str:
    draft = GREETING_DRAFT.model_copy(update={"audience": audience or Audience()})
    name = (await create_draft(ground.store, draft)).id
    ground.stands(name, BroadcastState.APPROVED)
    while await broadcast_operations(by or ground.store).freeze(name, NOW):
        pass
    return name


async def test_an_audience_counts_people_and_a_reminder_goes_to_the_first_channel(
    ground: Backend, phone: At, zalo: At
) -> None:
    await link(phone, zalo)
    await At(ground.store, "telegram", "minh").meets()
    name = await frozen(ground)
    rows = ground.rows_of(name)
    assert rows == {phone.id: ("queued", None), ground.store.chats.at("telegram", "minh").id: ("queued", None)}
    async with phone.turns() as unit:
        await unit.channels.move_up(zalo.handle)
    assert zalo.id in ground.rows_of(await frozen(ground))
    only = await frozen(ground, Audience(channel="telegram"))
    assert phone.id in ground.rows_of(only), "where a channel is asked for, it is that one"
    ground.change_id(zalo.id, blocked_at=NOW)
    assert phone.id in ground.rows_of(await frozen(ground))


@pytest.mark.parametrize(("state", "goes_on"), [("blocked", 1), ("invalid", 1), ("failed", 1), ("unknown", 0)])
async def test_only_what_surely_did_not_arrive_goes_on_and_once(
    ground: Backend, phone: At, zalo: At, state: str, goes_on: int
) -> None:
    await link(phone, zalo)
    name = await frozen(ground)
    book = broadcast_operations(ground.store)
    ground.stands(name, BroadcastState.RUNNING)
    ground.end_row(name, phone.id, state)
    assert [await book.fall_back(name, NOW) for _ in range(3)] == [goes_on, 0, 0]
    rows = ground.rows_of(name)
    assert rows.get(zalo.id) == (("queued", None) if goes_on else None)
    tally = await book.tally(name)
    assert tally.total == 1, "a person counts once"
    (shown,) = await list_recipients(ground.store, name)
    expected = ("zalo", "queued") if goes_on else ("telegram", state)
    assert (shown.code, shown.channel, shown.state) == (format_person_code(min(phone.id, zalo.id)), *expected)
    if goes_on:
        assert rows[phone.id] == (state, "next_channel")
        ground.end_row(name, zalo.id, "failed")
        assert await book.fall_back(name, NOW) == 0, "there is no third channel"
        assert (await book.tally(name)).states == {"failed": 1}


async def test_where_one_channel_was_asked_for_nothing_goes_to_another(ground: Backend, phone: At, zalo: At) -> None:
    await link(phone, zalo)
    name = await frozen(ground, Audience(channel="telegram"))
    ground.stands(name, BroadcastState.RUNNING)
    ground.end_row(name, phone.id, "blocked")
    assert await broadcast_operations(ground.store).fall_back(name, NOW) == 0


async def test_a_broadcast_that_was_called_off_goes_on_nowhere(ground: Backend, phone: At, zalo: At) -> None:
    await link(phone, zalo)
    name = await frozen(ground)
    ground.end_row(name, phone.id, "blocked")
    ground.stands(name, BroadcastState.CANCELLED)
    assert await broadcast_operations(ground.store).fall_back(name, NOW) == 0


@pytest.mark.parametrize("what", ["text", "document"])
async def test_what_does_not_fit_the_next_channel_goes_to_the_one_behind_it(
    ground: Backend, phone: At, zalo: At, what: str
) -> None:
    third = At(ground.store, "terminal:abc", "c")
    await link(phone, zalo)
    await link(zalo, third)
    text = BroadcastText(vi="Nhắc " + "a" * 1000) if what == "text" else GREETING_DRAFT.text
    document = "mau.pdf" if what == "document" else None
    draft = GREETING_DRAFT.model_copy(update={"audience": Audience(), "text": text, "document": document})
    name = (await create_draft(ground.store, draft)).id
    ground.stands(name, BroadcastState.APPROVED)
    small, wide = MessageLimits(text=900, caption=0), MessageLimits(text=5000, caption=5000)
    rooms = {"telegram": wide, "zalo": small, "terminal": wide}
    async with ground.with_policy(BroadcastPolicy(rooms=rooms)) as limited:
        book = broadcast_operations(limited)
        while await book.freeze(name, NOW):
            pass
        ground.stands(name, BroadcastState.RUNNING)
        ground.end_row(name, phone.id, "failed")
        assert await book.fall_back(name, NOW) == 1
        assert ground.rows_of(name) == {phone.id: ("failed", "next_channel"), third.id: ("queued", None)}
        ground.end_row(name, third.id, "failed")
        assert await book.fall_back(name, NOW) == 0, "no other channel takes it"


async def test_one_limit_a_week_counts_all_channels(ground: Backend, phone: At, zalo: At) -> None:
    for at in (phone, zalo):
        name = await frozen(ground)
        ground.end_row(name, at.id, "sent")
    await link(phone, zalo)
    async with ground.with_policy(BroadcastPolicy(reminders_per_week=2)) as strict:
        third = await frozen(ground, by=strict)
    assert ground.rows_of(third)[phone.id] == ("skipped", "capped")


async def test_two_messages_of_one_broadcast_that_wait_become_one(ground: Backend, phone: At, zalo: At) -> None:
    name = await frozen(ground)
    assert len(ground.rows_of(name)) == 2
    await link(phone, zalo)
    assert ground.rows_of(name) == {phone.id: ("queued", None)}
    assert (await broadcast_operations(ground.store).tally(name)).total == 1


async def test_of_two_that_wait_the_one_of_the_first_channel_stays(ground: Backend, phone: At, zalo: At) -> None:
    name = await frozen(ground)
    await link(zalo, phone)
    assert ground.rows_of(name) == {zalo.id: ("queued", None)}


async def test_of_two_that_wait_the_one_stays_whose_chat_takes_messages(ground: Backend, phone: At, zalo: At) -> None:
    await link(phone, zalo)
    third = await At(ground.store, "telegram", "thứ ba").meets()
    name = await frozen(ground)
    assert set(ground.rows_of(name)) == {phone.id, third.id}
    ground.change_id(phone.id, blocked_at=NOW)
    await link(zalo, third)
    assert ground.rows_of(name) == {third.id: ("queued", None)}


async def test_after_linking_what_fails_goes_on_to_the_other_chat_that_waited(
    ground: Backend, phone: At, zalo: At
) -> None:
    name = await frozen(ground)
    await link(phone, zalo)
    ground.stands(name, BroadcastState.RUNNING)
    ground.end_row(name, phone.id, "failed")
    book = broadcast_operations(ground.store)
    assert await book.fall_back(name, NOW) == 1
    assert ground.rows_of(name)[zalo.id] == ("queued", None)
    assert (await book.tally(name)).total == 1


async def test_what_left_in_one_chat_is_not_kept_waiting_in_another(ground: Backend, phone: At, zalo: At) -> None:
    name = await frozen(ground)
    ground.end_row(name, zalo.id, "sent")
    await link(phone, zalo)
    assert ground.rows_of(name) == {zalo.id: ("sent", None)}


async def test_nothing_goes_on_while_it_waits_in_another_chat_of_its_person(
    ground: Backend, phone: At, zalo: At
) -> None:
    third = await At(ground.store, "telegram", "thứ ba").meets()
    name = await frozen(ground, Audience(chats=(phone.id, zalo.id)))
    ground.end_row(name, phone.id, "failed")
    ground.stands(name, BroadcastState.RUNNING)
    await link(phone, zalo)
    await link(phone, third)
    book = broadcast_operations(ground.store)
    assert await book.fall_back(name, NOW) == 0
    ground.end_row(name, zalo.id, "failed")
    assert await book.fall_back(name, NOW) > 0
    assert ground.rows_of(name)[third.id] == ("queued", None)


PEOPLE = make_officers(48, NOW)
GROUPS = [[one.id for one in PEOPLE[start : start + 2 + start % 2]] for start in range(0, 30, 3)]


@pytest.mark.parametrize(
    "audience",
    [
        Audience(),
        Audience(channel="terminal"),  # several chats of one kind
        Audience(unit="DN.NT"),
        Audience(silent_days=3),
        Audience(role=Role.ADMIN),
        Audience(chats=tuple(one.id for one in PEOPLE[:25])),  # a list that parts some of the people
    ],
)
async def test_whoever_is_meant_by_one_chat_is_a_person_once_whatever_the_pages(
    ground: Backend, audience: Audience
) -> None:
    ground.write_people(PEOPLE)
    for group in GROUPS:
        ground.link(*group)
    person = {chat: group[0] for group in GROUPS for chat in group}
    reach = OPERATOR
    listed = set(audience.chats or [one.id for one in PEOPLE])
    meant = {one.id for one in PEOPLE if one.id in listed and is_meant(one, audience, reach, NOW)}
    people = {person.get(chat, chat) for chat in meant}
    draft = GREETING_DRAFT.model_copy(update={"audience": audience})
    name = (await create_draft(ground.store, draft)).id
    ground.stands(name, BroadcastState.APPROVED)
    while await broadcast_operations(ground.store).freeze(name, NOW, limit=7):
        pass
    rows = ground.rows_of(name)
    assert {person.get(chat, chat) for chat in rows} == people
    assert len(rows) == len(people)
    async with admin_transaction(ground.store) as at:
        counted = await at.admin.broadcasts.count(reach, audience)
    assert sum(one.all for one in counted) == len(people)


async def test_what_another_channel_has_asked_for_is_not_reminded_of(ground: Backend, phone: At, zalo: At) -> None:
    standing = InterviewStatus(
        interview=1, certificate_key="AA", subscriber="A", not_after=None, owed=(Procedure.CHANGE_INFORMATION,)
    )
    async with phone.turns() as unit:
        await unit.register.save_status(standing)
    async with zalo.turns() as unit:
        await unit.requests.register(make_content("AA"))
    assert list(ground.rows_of(await frozen(ground, Audience(to_do=True)))) == [phone.id]
    content = make_content("AA")
    async with phone.turns() as unit:
        await unit.register.save_status(standing.model_copy(update={"certificate_key": content.certificate_key}))
    await link(phone, zalo)
    assert ground.rows_of(await frozen(ground, Audience(to_do=True))) == {}
