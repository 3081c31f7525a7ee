"""Linked channels on both databases: two at once, e-mail in the same order, what retention and erasing end."""

import asyncio
from datetime import timedelta
from typing import cast

import pytest

from bot.messages import DeliveryState
from bot.services.broadcasts import BroadcastOperations
from bot.services.channels import EmailDesk, EmailService, EmailTerms, StoredChannels
from bot.store import Query, Store, TurnTakenOver
from handlers.model import AgreeAnswer, BroadcastPolicy, ChannelQuota, CodeAnswer
from tests.support.broadcasts import freeze_notice, start_notice
from tests.support.database import Database
from tests.support.delivery import TurnedClock
from tests.support.linked_channels import At, link
from tests.support.store import CONSENTED_SESSION, NOW, claim_next_turn, make_content, open_chat, open_turn

LAN = "lan@dongnai.gov.vn"


@pytest.fixture
async def phone(store: Store) -> At:
    return await At(store, "telegram", "12345").meets()


@pytest.fixture
async def zalo(store: Store) -> At:
    return await At(store, "zalo", "77").meets()


async def mailbox(store: Store, of: At) -> str:
    """A confirmed address of a person; the id of its chat."""
    chat = store.chats.at(of.channel, of.address)
    await EmailService(store.driver.run, store.keyring, chat, NOW, EmailTerms(("gov.vn",), "x")).offer(LAN, "vi")
    (letter,) = await store.outbox.claim("email", 9, NOW)
    await store.outbox.settle(letter, DeliveryState.SENT, NOW)
    token = letter.reply.paragraphs[1].rpartition("/e/confirm/")[2].split()[0].rstrip(".")
    assert await EmailDesk(store, TurnedClock(NOW)).confirm(token)
    return store.chats.at("email", LAN).id


async def told(store: Store) -> None:
    """All that was said of the linking has arrived."""
    for channel in ("telegram", "zalo", "zalobot"):
        for row in await store.outbox.claim(channel, 99, NOW):
            await store.outbox.settle(row, DeliveryState.SENT, NOW)


async def test_of_two_at_once_one_has_the_code(store: Store, phone: At, zalo: At) -> None:
    other = await At(store, "zalobot", "9").meets()
    code = await phone.shows_code()
    answers = await asyncio.gather(zalo.enters(code), other.enters(code))
    assert sorted(answers) == [CodeAnswer.ASKED, CodeAnswer.WRONG]


async def test_two_who_link_each_other_at_once_are_one_person(store: Store, phone: At, zalo: At) -> None:
    codes = await phone.shows_code(), await zalo.shows_code()
    assert [await zalo.enters(codes[0]), await phone.enters(codes[1])] == [CodeAnswer.ASKED] * 2
    await store.driver.run(Query("agree_to_offer", _word(zalo, phone)), Query("agree_to_offer", _word(phone, zalo)))
    answers = await asyncio.gather(phone.agrees(zalo), zalo.agrees(phone))
    assert AgreeAnswer.LINKED in answers
    assert sorted(await phone.order()) == sorted(await zalo.order()) == ["telegram", "zalo"]


async def test_a_chat_that_is_parted_while_it_is_moved_up_stays_parted(store: Store, phone: At, zalo: At) -> None:
    await link(phone, zalo)
    async with zalo.turns() as unit:
        channels = cast(StoredChannels, unit.channels)
        lock = channels.kept.lock

        async def parted_before_it_is_held(_channels: StoredChannels, other: str) -> None:
            await lock(other)
            await channels.kept.part(await channels.kept.mine(), phone.id)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(StoredChannels, "_lock", parted_before_it_is_held)
            assert not await channels.move_up(zalo.handle)
        assert [one.chat for one in await channels.kept.mine()] == [zalo.id]


async def test_another_order_leaves_a_chat_alone_that_is_not_theirs_any_more(
    store: Store, database: Database, phone: At, zalo: At
) -> None:
    await link(phone, zalo)
    ((person,),) = database.sql("SELECT person FROM person_channels WHERE chat = ?", phone.id)
    async with phone.turns() as unit:
        await unit.channels.part(zalo.handle)
    async with zalo.turns() as unit:
        await cast(StoredChannels, unit.channels).kept.reorder([zalo.id, phone.id], person)
    assert database.sql("SELECT chat FROM person_channels") == []


async def test_all_chats_of_both_people_are_held_while_they_are_linked(store: Store, phone: At, zalo: At) -> None:
    others = [await At(store, "telegram", name).meets() for name in ("a", "b")]
    await link(phone, others[0])
    await link(zalo, others[1])
    (held,) = await store.driver.run(Query("hold_channels", {"chat": phone.id, "other": zalo.id}))
    assert {chat for (chat,) in held} == {one.id for one in (phone, zalo, *others)}


def _word(taker: At, giver: At) -> dict[str, object]:
    later = int((NOW + timedelta(minutes=9)).timestamp() * 10**6)
    return {"chat": taker.id, "other": giver.id, "now": 0, "expires": later}


async def test_a_mailbox_stands_in_the_same_order_and_is_the_last_to_be_tried(
    store: Store, database: Database, phone: At, zalo: At
) -> None:
    mail = await mailbox(store, zalo)
    await link(phone, zalo)
    assert await phone.order() == ["telegram", "zalo", "email"]
    await told(store)
    name = await start_notice(store, NOW)
    book = BroadcastOperations.over(store)
    for channel, chat in (("telegram", phone.id), ("zalo", zalo.id), ("email", mail)):
        (row,) = await store.outbox.claim_broadcast(name, channel, 9, NOW)
        assert row.chat.id == chat
        await store.outbox.settle(row, DeliveryState.FAILED, NOW)
        await book.fall_back(name, NOW)
    assert (await book.tally(name)).states == {"failed": 1}
    assert await store.outbox.claim("email", 9, NOW) == [], "no letter beside it"


async def test_a_mailbox_that_was_put_first_goes_before_all_channels(store: Store, phone: At, zalo: At) -> None:
    mail = await mailbox(store, phone)
    await link(phone, zalo)
    at = EmailService(
        store.driver.run, store.keyring, store.chats.at("telegram", "12345"), NOW, EmailTerms(("gov.vn",), "x")
    )
    await at.choose(first=True, files=False)
    assert await phone.order() == ["email", "telegram", "zalo"]
    known = await at.mine()
    assert known is not None
    assert known.first
    async with zalo.turns() as unit:
        assert await unit.channels.part(mail[:8]), "it is forgotten from any of them"
    assert await at.mine() is None
    assert await zalo.order() == ["telegram", "zalo"]


async def test_nothing_goes_on_to_a_channel_that_gives_out_no_more(store: Store, phone: At) -> None:
    bot = await At(store, "zalobot", "9").meets()
    await link(phone, bot)
    await told(store)
    name = await start_notice(store, NOW)
    (row,) = await store.outbox.claim_broadcast(name, "telegram", 9, NOW)
    await store.outbox.settle(row, DeliveryState.BLOCKED, NOW)
    full = BroadcastPolicy(quotas={"zalobot": ChannelQuota(people=9, messages=0)})
    assert await BroadcastOperations(store.driver, store.keyring, full).fall_back(name, NOW) == 0
    open_still = BroadcastPolicy(quotas={"zalobot": ChannelQuota(people=9, messages=9)})
    assert await BroadcastOperations(store.driver, store.keyring, open_still).fall_back(name, NOW) == 1


async def test_a_turn_of_another_channel_that_was_under_way_keeps_nothing_after_erasing(
    store: Store, database: Database, phone: At, zalo: At
) -> None:
    await link(phone, zalo)
    chat = await open_chat(store, "under way", "77", "zalo")
    pending = await claim_next_turn(store, chat)
    async with phone.turns() as unit:
        await unit.own_data.erase()
    async with open_turn(store, pending, NOW) as late:
        await late.requests.register(make_content())
        with pytest.raises(TurnTakenOver):
            await late.finish(CONSENTED_SESSION, [])
    ((session, erased),) = database.sql("SELECT session, erased_at FROM chats WHERE id = ?", zalo.id)
    assert (session, erased is not None) == (None, True)
    assert database.sql("SELECT COUNT(*) FROM requests") == [(0,)]
    assert database.sql("SELECT COUNT(*) FROM person_channels") == [(0,)]


async def test_a_chat_that_agrees_no_more_is_linked_with_nothing(store: Store, database: Database, phone: At) -> None:
    zalo = await At(store, "zalo", "77").meets()
    await link(phone, zalo)
    database.sql("UPDATE chats SET consented = 0 WHERE id = ?", zalo.id)
    name = await freeze_notice(store, NOW)
    assert database.sql("SELECT chat FROM outbox WHERE broadcast = ?", name) == [(phone.id,)]
    await store.retention.delete_expired(NOW, 180)
    assert database.sql("SELECT chat FROM person_channels") == [(phone.id,)]


async def test_done_that_was_said_before_a_message_went_on_counts(
    store: Store, database: Database, phone: At, zalo: At
) -> None:
    await link(phone, zalo)
    await told(store)
    name = await start_notice(store, NOW)
    (row,) = await store.outbox.claim_broadcast(name, "telegram", 9, NOW)
    await store.outbox.settle(row, DeliveryState.FAILED, NOW)
    said = int((NOW + timedelta(minutes=1)).timestamp() * 10**6)
    for chat in (phone.id, zalo.id):
        database.sql("INSERT INTO reminder_marks (broadcast, chat, done_at) VALUES (?, ?, ?)", name, chat, said)
    later = NOW + timedelta(minutes=2)
    assert await BroadcastOperations.over(store).fall_back(name, later) == 1
    assert await store.outbox.claim_broadcast(name, "zalo", 9, later) == []
