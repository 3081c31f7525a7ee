"""One person on several channels: what links them, what does not, and what they have in common then."""

from datetime import timedelta

from handlers.model import (
    AgreeAnswer,
    BroadcastState,
    CodeAnswer,
    RequestState,
    Role,
)
from tests.support.backends import Backend
from tests.support.broadcasts import GREETING_DRAFT, create_draft
from tests.support.dialogue import read_own_data
from tests.support.linked_channels import At, link
from tests.support.people import admin_transaction, grant_role, load_rights
from tests.support.store import NOW, deliver_all, make_content

LATER = NOW + timedelta(minutes=11)


async def test_a_code_and_two_agreements_link_two_chats(phone: At, zalo: At) -> None:
    code = await phone.shows_code()
    assert (len(code), code.isdecimal()) == (10, True)
    assert await zalo.enters(code) is CodeAnswer.ASKED
    assert await phone.order() == ["telegram"]
    assert await phone.agrees(zalo) is AgreeAnswer.LATE, "it was not asked yet"
    assert await zalo.agrees(phone) is AgreeAnswer.ASKED
    (asked,) = await deliver_all(phone.store)
    assert "Zalo" in asked.paragraphs[0]
    assert code not in asked.paragraphs[0]
    assert await zalo.order() == ["zalo"], "one yes is not enough"
    assert await phone.agrees(zalo) is AgreeAnswer.LINKED
    assert await phone.order() == await zalo.order() == ["telegram", "zalo"]
    assert [one.here for one in await zalo.channels()] == [False, True]


async def test_the_chat_where_a_code_was_typed_learns_nothing_of_the_other_one(phone: At, zalo: At) -> None:
    async with phone.turns() as unit:
        await unit.requests.register(make_content())
    assert await zalo.enters(await phone.shows_code()) is CodeAnswer.ASKED
    async with zalo.turns() as unit:
        offer = await unit.channels.offer()
    assert offer is not None
    assert (offer.waits_here, offer.shown_here) == (True, False)
    assert (offer.other.kind, offer.other.requests, offer.other.roles) == ("telegram", 0, ())
    async with phone.turns() as unit:
        waiting = await unit.channels.offer()
    assert waiting is not None
    assert not waiting.waits_here
    await zalo.agrees(phone)
    async with phone.turns() as unit:
        asked = await unit.channels.offer()
    assert asked is not None
    assert (asked.waits_here, asked.shown_here, asked.here.requests) == (True, True, 1)


async def test_a_code_works_once_in_time_and_only_the_newest(phone: At, zalo: At, thief: At) -> None:
    first = await phone.shows_code()
    second = await phone.shows_code()
    assert await zalo.enters(first) is CodeAnswer.WRONG, "a newer one ended it"
    assert await zalo.enters(second) is CodeAnswer.ASKED
    assert await thief.enters(second) is CodeAnswer.WRONG, "it was used"
    assert await zalo.enters(second) is CodeAnswer.WRONG
    late = await phone.shows_code()
    assert await zalo.enters(late, LATER) is CodeAnswer.WRONG


async def test_of_two_who_type_a_code_the_first_has_it(phone: At, zalo: At, thief: At) -> None:
    code = await phone.shows_code()
    assert [await one.enters(code) for one in (thief, zalo)] == [CodeAnswer.ASKED, CodeAnswer.WRONG]
    assert await zalo.agrees(phone) is AgreeAnswer.LATE


async def test_in_its_own_chat_a_code_links_nothing_and_stays_good(phone: At, zalo: At) -> None:
    code = await phone.shows_code()
    assert await phone.enters(code) is CodeAnswer.OWN
    assert await zalo.enters(code) is CodeAnswer.ASKED


async def test_guesses_are_few_and_a_right_code_behind_them_is_not_told_apart(phone: At, thief: At) -> None:
    code = await phone.shows_code()
    wrong = [f"{(int(code) + number) % 10**10:010}" for number in range(1, 6)]
    assert {await thief.enters(one) for one in wrong} == {CodeAnswer.WRONG}
    assert await thief.enters(code) is CodeAnswer.TOO_OFTEN
    again = await phone.shows_code(NOW + timedelta(hours=2))
    assert await thief.enters(again, NOW + timedelta(hours=2)) is CodeAnswer.ASKED


async def test_a_yes_is_needed_from_both_in_time(phone: At, zalo: At) -> None:
    assert await zalo.enters(await phone.shows_code()) is CodeAnswer.ASKED
    assert await zalo.agrees(phone, LATER) is AgreeAnswer.LATE
    assert await zalo.enters(await phone.shows_code()) is CodeAnswer.ASKED
    await zalo.agrees(phone)
    assert await phone.agrees(zalo, LATER) is AgreeAnswer.LATE
    async with phone.turns() as unit:
        await unit.channels.decline()
    assert await phone.agrees(zalo) is AgreeAnswer.LATE
    assert await phone.order() == ["telegram"]


async def test_a_thief_with_the_code_of_an_admin_gets_nothing_without_the_admin(ground: Backend, thief: At) -> None:
    admin = await At(ground.store, "telegram", "an").meets()
    await grant_role(ground.store, "an", Role.ADMIN, "DN.NT")
    assert await thief.enters(await admin.shows_code()) is CodeAnswer.ASKED
    await thief.agrees(admin)
    async with thief.turns() as unit:
        assert await unit.requests.mine() == ()
        assert "channels" not in await read_own_data(unit.own_data)
    async with admin.turns() as unit:
        await unit.channels.decline()
    assert await thief.agrees(admin) is AgreeAnswer.LATE


async def test_a_role_stays_in_its_chat_and_the_owners_are_told(ground: Backend, zalo: At) -> None:
    admin = await At(ground.store, "telegram", "an").meets()
    grant = await grant_role(ground.store, "an", Role.ADMIN, "DN.NT")
    await At(ground.store, "telegram", "chủ").meets()
    await grant_role(ground.store, "chủ", Role.OWNER)
    await link(admin, zalo)
    async with admin_transaction(ground.store, ground.store.chats.at("zalo", "77")) as at:
        assert await at.admin.people.mine() == ()
    assert (await load_rights(ground.store, "an")).grants == (grant,)
    told = [row.reply.paragraphs[0] for row in await ground.store.outbox.claim("telegram", 99, NOW)]
    assert len([text for text in told if grant.id in text]) == 1
    assert ("link_channel", f"{grant.id} zalo") in [(act, subject) for _, act, subject, *_ in ground.journal()]
    shown = {one.kind: one.roles for one in await zalo.channels()}
    assert shown == {"telegram": (Role.ADMIN,), "zalo": ()}, "from each it is seen where a role works"


async def test_two_chats_of_one_person_are_one_pair_of_eyes(ground: Backend) -> None:
    first = await At(ground.store, "telegram", "an").meets()
    second = await At(ground.store, "telegram", "an nữa").meets()
    for address in ("an", "an nữa"):
        await grant_role(ground.store, address, Role.OWNER)
    rights = await load_rights(ground.store, "an")
    async with admin_transaction(ground.store, ground.store.chats.at("telegram", "an")) as at:
        made = await at.admin.broadcasts.new(rights, GREETING_DRAFT)
    assert made is not None
    ground.stands(made.id, BroadcastState.CHECKED, 10_000)
    other = await load_rights(ground.store, "an nữa")
    async with admin_transaction(ground.store, ground.store.chats.at("telegram", "an nữa")) as at:
        assert not await at.admin.broadcasts.needs_second_person(other, made.id)
    await link(first, second)
    async with admin_transaction(ground.store, ground.store.chats.at("telegram", "an nữa")) as at:
        assert await at.admin.broadcasts.needs_second_person(other, made.id)


async def test_requests_of_both_are_seen_and_moved_from_each(phone: At, zalo: At) -> None:
    async with phone.turns() as unit:
        first = await unit.requests.register(make_content("AA"))
    async with zalo.turns() as unit:
        assert await unit.requests.get(first.code) is None
        second = await unit.requests.register(make_content("BB"))
    await link(phone, zalo)
    for at in (phone, zalo):
        async with at.turns() as unit:
            assert [one.code for one in await unit.requests.mine()] == [second.code, first.code]
            for one in (first, second):
                found = await unit.requests.open_for(one.content.certificate_key, one.content.procedure)
                assert found is not None
    async with zalo.turns() as unit:
        moved = await unit.requests.move(first.code, RequestState.WITHDRAWN)
        assert moved is not None
        assert moved.state is RequestState.WITHDRAWN
        await unit.channels.part(phone.handle)
    async with zalo.turns() as unit:
        assert [one.code for one in await unit.requests.mine()] == [second.code]
        assert await unit.requests.move(first.code, RequestState.SUBMITTED) is None


async def test_what_was_stopped_or_answered_on_one_holds_on_both_and_stays_after_a_parting(
    ground: Backend, phone: At, zalo: At
) -> None:
    name = (await create_draft(ground.store)).id
    ground.add_row(name, "lan", "sent")
    async with phone.turns() as unit:
        await unit.reminders.stop()
        await unit.reminders.mark_done(name)
    await link(phone, zalo)
    async with zalo.turns() as unit:
        assert await unit.reminders.is_stopped()
        assert await unit.reminders.has_received(name)
        held = (await read_own_data(unit.own_data))["reminders"]["answers"]
        assert [one["broadcast"] for one in held] == [name]
        await unit.channels.part(phone.handle)
    for at in (phone, zalo):
        async with at.turns() as unit:
            assert await unit.reminders.is_stopped()
    async with zalo.turns() as unit:
        await unit.reminders.resume()
    async with phone.turns() as unit:
        assert await unit.reminders.is_stopped()


async def test_all_that_is_held_of_all_channels_is_shown_and_deleted(phone: At, zalo: At) -> None:
    async with phone.turns() as unit:
        await unit.requests.register(make_content("AA"))
    async with zalo.turns() as unit:
        await unit.requests.register(make_content("BB"))
        kept = await unit.requests.register(make_content("CC"), RequestState.FORWARDED)
    await link(phone, zalo)
    async with phone.turns() as unit:
        held = await read_own_data(unit.own_data)
        assert [(one["channel"], one["number"]) for one in held["channels"]] == [("telegram", 1), ("zalo", 2)]
        assert [one["content"]["serial"] for one in held["requests"]] == ["AA"]
        assert [one["content"]["serial"] for one in held["requests_2"]] == ["CC", "BB"]
        assert held["chat_2"]["address"] == "77"
        assert await unit.own_data.erase() == (kept.code,)
    told = await phone.store.outbox.claim("zalo", 9, NOW)
    assert len([row for row in told if "Telegram" in row.reply.paragraphs[0]]) >= 1, "the other channel is told"
    async with zalo.turns() as unit:
        assert [one.code for one in await unit.requests.mine()] == [kept.code]
        assert [one.kind for one in await unit.channels.mine()] == ["zalo"]


async def test_the_order_is_changed_and_a_channel_is_taken_out(phone: At, zalo: At, thief: At) -> None:
    await link(phone, zalo)
    third = At(phone.store, "terminal:abc", "c")
    await link(zalo, third)
    assert await phone.order() == ["telegram", "zalo", "terminal"]
    async with phone.turns() as unit:
        assert await unit.channels.move_up(third.handle)
        assert not await unit.channels.move_up(phone.handle)
        assert not await unit.channels.move_up(thief.handle), "a stranger's chat is none of them"
        assert not await unit.channels.part(thief.handle)
    assert await zalo.order() == ["telegram", "terminal", "zalo"]
    async with zalo.turns() as unit:
        assert await unit.channels.part(phone.handle)
    assert (await phone.order(), await zalo.order()) == (["telegram"], ["terminal", "zalo"])
    async with zalo.turns() as unit:
        assert await unit.channels.part(zalo.handle)
    assert (await zalo.order(), await third.order()) == (["zalo"], ["terminal"])
    assert thief.handle


async def test_an_admin_is_not_told_of_what_they_register_on_another_channel(ground: Backend, zalo: At) -> None:
    admin = await At(ground.store, "telegram", "an").meets()
    await grant_role(ground.store, "an", Role.ADMIN, "DN.NT")
    await At(ground.store, "telegram", "bình").meets()
    await grant_role(ground.store, "bình", Role.ADMIN, "DN.NT")
    await link(admin, zalo)
    await deliver_all(ground.store)
    async with zalo.turns() as unit:
        made = await unit.requests.register(make_content().model_copy(update={"unit_code": "DN.NT"}))
    told = [one for one in await deliver_all(ground.store) if made.code in str(one)]
    assert len(told) == 1, "the other admin is"
