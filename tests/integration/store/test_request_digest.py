"""The overview of the morning: once a day for each person, whoever is killed where."""

from datetime import timedelta

import pytest

from bot.delivery.background import RequestDigests
from bot.messages import DeliveryState
from bot.services.request_notices import DigestSender
from bot.store import Store
from bot.store.request_notices import RequestNoticeRepository
from handlers.model import Filter, Grant, NoticeTiming, Rights, Role, SendingHours
from tests.support.database import Database
from tests.support.delivery import TurnedClock
from tests.support.people import UNITS, admin_transaction, grant_role, insert_units, make_person_content
from tests.support.store import NOW, claim_rows
from tests.support.stored_dialogue import register_request

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def units(database: Database) -> None:
    insert_units(database.sql)


async def chooses(store: Store, address: str, timing: NoticeTiming) -> None:
    async with admin_transaction(store, store.chats.at("telegram", address)) as at:
        await at.admin.people.choose_notice_timing(timing)


async def test_everything_new_comes_in_one_message_once_a_day_and_not_ones_own(store: Store) -> None:
    await grant_role(store, "an", Role.FOCAL, "DN.NT")
    await chooses(store, "an", NoticeTiming.MORNING)
    codes = [(await register_request(store, f"{number}", make_person_content(), "DN.NT")).code for number in range(2)]
    await register_request(store, "an", make_person_content(), "DN.NT")
    await register_request(store, "xa", make_person_content(), "DN.DP")
    sender = DigestSender(store)

    assert [await sender.send_due(NOW), await sender.send_due(NOW + timedelta(hours=3))] == [1, 0]
    (row,) = await claim_rows(store)
    said = "\n".join(row.reply.paragraphs)
    assert (row.chat.address, row.origin.split(":")[:2]) == ("an", ["digest", "2026-11-23"])
    assert "Yêu cầu mới từ lần báo trước: 2" in said
    assert all(code in said for code in codes)
    assert "Nguyễn Văn An" not in said


async def test_the_next_overview_begins_where_the_last_one_ended_however_long_nobody_ran(store: Store) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    await chooses(store, "an", NoticeTiming.MORNING)
    sender = DigestSender(store)
    await register_request(store, "1", make_person_content(), "DN.NT")
    await sender.send_due(NOW)
    later = await register_request(store, "2", make_person_content(), "DN.NT")

    assert [await sender.send_due(NOW + 9 * DAY), await sender.send_due(NOW + 10 * DAY)] == [1, 0]
    rows = await claim_rows(store, now=NOW + 10 * DAY)
    assert [later.code in "".join(row.reply.paragraphs) for row in rows] == [False]
    await store.outbox.settle(rows[0], DeliveryState.SENT, NOW + 10 * DAY)
    (second,) = await claim_rows(store, now=NOW + 10 * DAY)
    assert later.code in "".join(second.reply.paragraphs)


async def test_an_owner_gets_the_overview_of_everything_unasked_and_an_admin_does_not(store: Store) -> None:
    await grant_role(store, "chủ", Role.OWNER)
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    await register_request(store, "1", make_person_content(), "DN.NT")
    await register_request(store, "2", make_person_content(), None)
    await DigestSender(store).send_due(NOW)

    digests = [row for row in await claim_rows(store) if row.origin.startswith("digest:")]
    assert [row.chat.address for row in digests] == ["chủ"]
    assert "2" in digests[0].reply.paragraphs[0]


async def test_a_kill_between_the_mark_and_the_message_leaves_it_due(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    await chooses(store, "an", NoticeTiming.MORNING)
    await register_request(store, "1", make_person_content(), "DN.NT")

    async def killed(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(RequestNoticeRepository, "queue", killed)
        with pytest.raises(RuntimeError, match="killed"):
            await DigestSender(store).send_due(NOW)

    assert await claim_rows(store) == []
    assert await DigestSender(store).send_due(NOW) == 1


async def test_the_loop_waits_for_the_morning_and_rests_until_the_next(store: Store) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    await chooses(store, "an", NoticeTiming.MORNING)
    await register_request(store, "1", make_person_content(), "DN.NT")
    clock, woken = TurnedClock(NOW.replace(hour=0, minute=10)), list[int]()
    loop = RequestDigests(DigestSender(store), clock, SendingHours(), lambda: woken.append(1))

    assert await loop.work() == 0
    clock.turn_to(NOW.replace(hour=2))
    assert [await loop.work(), await loop.work()] == [1, 0]
    assert woken == [1]


async def test_what_a_bulk_move_has_changed_is_found_by_its_moment_alone(store: Store) -> None:
    rights = Rights.of([Grant("QT-000001", Role.OWNER)], UNITS)
    for number in range(3):
        await register_request(store, f"{number}", make_person_content(), "DN.NT")
    await register_request(store, "khác", make_person_content(), None)
    async with admin_transaction(store) as at:
        assert await at.admin.desk.count(rights, Filter(without_unit=True)) == 1
        assert await at.admin.desk.count(rights, Filter(changed_at=NOW)) == 4
        assert await at.admin.desk.count(rights, Filter(changed_at=NOW + timedelta(microseconds=1))) == 0
