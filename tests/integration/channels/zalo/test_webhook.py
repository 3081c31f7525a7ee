"""Events are checked, stored as they came, answered at once, and handled once however often and in whatever order."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import Components
from bot.channels import Gone, TooLarge
from bot.channels.zalo.oa import OpenAccount
from bot.messages import Chat
from bot.store.own_data import OwnDataTask
from tests.integration.channels.zalo.conftest import OpenIt
from tests.support.delivery import eventually
from tests.support.zalo import FakeOa
from tests.support.zalo.account import DAY, HOUR
from tests.support.zalo.person import Person, assistant


@pytest.fixture
async def served(oa: FakeOa, tmp_path: Path) -> AsyncIterator[Components]:
    async with assistant(oa, tmp_path) as components:
        oa.answers.clear()
        yield components


async def inbox(components: Components) -> int:
    return (await components.store.status.depths()).inbox


def count(components: Components, rows: str) -> int:
    """Count rows as the file of the database has them."""
    with sqlite3.connect(components.settings.data_dir / "troly.sqlite3") as database:
        found: int = database.execute(f"SELECT COUNT(*) FROM {rows}").fetchone()[0]
    database.close()
    return found


async def handled(components: Components) -> None:
    """Wait until no event waits."""
    await eventually(lambda: not count(components, "zalo_events"), pause=0.02)


async def test_an_unsigned_altered_or_foreign_call_is_refused(oa: FakeOa, served: Components) -> None:
    stamp = str(int(oa.account.now * 1000))
    body = json.dumps({"event_name": "user_send_text", "timestamp": stamp}).encode()
    good = oa.signed(body, stamp)
    assert await oa.call_hook(body, {}) == 403
    assert await oa.call_hook(body, {"X-ZEvent-Timestamp": stamp}) == 403
    assert await oa.call_hook(body + b" ", good) == 403
    assert await oa.call_hook(body, good | {"X-ZEvent-Signature": "mac=" + "0" * 64}) == 403
    assert await oa.call_hook(b"x" * (1024 * 1024 + 1), good) == 413
    assert await oa.call_hook(b"{}", {}) == 200  # how Zalo tries an address out
    assert await oa.call_hook(body, good) == 200
    del good["X-ZEvent-Timestamp"]
    assert await oa.call_hook(body, good) == 200  # the time in the body


async def test_a_call_may_be_hours_late_but_not_days(oa: FakeOa, served: Components) -> None:
    for late, status in ((0, 200), (2.5 * HOUR, 200), (2 * DAY, 403), (-2 * HOUR, 403)):
        stamp = str(int((time.time() - late) * 1000))
        body = json.dumps({"event_name": "other", "timestamp": stamp}).encode()
        assert await oa.call_hook(body, oa.signed(body, stamp)) == status


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"\xff\xfe", b"{", b"[" * 100_000, b'{"event_name":[1],"message":7}'])
async def test_whatever_is_signed_is_answered_and_harms_nobody(oa: FakeOa, served: Components, body: bytes) -> None:
    stamp = str(int(oa.account.now * 1000))
    assert await oa.call_hook(body, oa.signed(body, stamp)) in {200, 403}
    lan = Person(oa, oa.account.user())
    await lan.says("/start")


async def test_an_event_counts_once_however_often_it_comes(oa: FakeOa, served: Components) -> None:
    lan = Person(oa, oa.account.user())
    await oa.says(lan.user, "/start", times=3)
    await oa.says(lan.user, "/trogiup", lost=True)
    await oa.call_again()
    await lan.hears()
    await lan.hears()
    await handled(served)
    [number] = {row["message_id"] for row in oa.account.history[lan.user.id] if row.get("message") == "/start"}
    await oa.event("user_send_text", lan.user, message={"msg_id": number, "text": "/start"})
    await handled(served)
    await asyncio.sleep(0.3)
    assert len(lan.inbox) == 2


async def test_a_person_who_unfollows_is_blocked_until_they_write(oa: FakeOa, served: Components) -> None:
    lan = Person(oa, oa.account.user())
    await oa.follows(lan.user)
    await lan.chooses(await lan.hears_question(), "Tôi đồng ý, bắt đầu")
    assert await served.store.zalo.person(served.store.chats.at("zalo", lan.user.id).id)
    await oa.unfollows(lan.user)
    await handled(served)
    assert count(served, "chats WHERE blocked_at IS NOT NULL") == 1
    await lan.says("/trogiup")
    assert count(served, "chats WHERE blocked_at IS NOT NULL") == 0


async def test_a_number_that_was_sent_by_zalos_form_is_kept_of_who_agreed_shown_and_forgotten(
    oa: FakeOa, served: Components
) -> None:
    lan, minh = Person(oa, oa.account.user()), Person(oa, oa.account.user())
    ids = [served.store.chats.at("zalo", one.user.id).id for one in (lan, minh)]
    await oa.follows(lan.user)
    await lan.chooses(await lan.hears_question(), "Tôi đồng ý, bắt đầu")
    await minh.says("/start")
    for one, phone in ((lan, "0912 345 678"), (lan, "không cho"), (minh, 84987654321)):
        await oa.submits(one.user, phone)
    await handled(served)
    assert [await served.store.zalo.phone(one) for one in ids] == ["84912345678", None]
    own = Chat(ids[0], "zalo", lan.user.id)
    sections = served.store.own_data.sections(OwnDataTask("1", own, "vi", 1), served.clock.now())
    shown = {name: value async for name, value in sections}
    assert shown["zalo"]["phone"] == "84912345678"
    await lan.says("/xoadulieu")
    await lan.says("1", "xóa")
    await handled(served)
    assert await served.store.zalo.phone(ids[0]) is None


async def test_a_message_is_received_and_seen_in_any_order(oa: FakeOa, served: Components) -> None:
    lan = Person(oa, oa.account.user())
    one, two = (await lan.says("/start")).id, (await lan.says("/trogiup")).id
    await oa.event("user_seen_message", lan.user, message={"msg_ids": [one, two]})
    await oa.event("user_received_message", lan.user, message={"msg_id": one})
    await oa.event("user_received_message", lan.user, message={"msg_id": "never-sent"})
    await handled(served)
    receipt = served.store.zalo.receipt
    assert [await receipt(which) for which in (one, two, "never-sent", "other")] == [2, 2, 1, 0]


async def test_where_a_colleague_answers_the_assistant_is_silent_and_our_own_echo_is_none(
    oa: FakeOa, served: Components
) -> None:
    lan = Person(oa, oa.account.user())
    await lan.says("/start")
    await oa.event("oa_send_text", lan.user, message={"msg_id": "e1", "text": "ours"})
    await handled(served)
    await lan.says("/trogiup")
    echo = {"sender": {"id": oa.account.oa_id, "admin_id": "77"}, "message": {"msg_id": "e2", "text": "chào anh"}}
    await oa.event("oa_send_text", lan.user, **echo)
    await handled(served)
    await oa.says(lan.user, "cảm ơn anh")
    await handled(served)
    await asyncio.sleep(0.3)
    assert len(lan.inbox) == 2
    assert await inbox(served) == 0


@pytest.mark.cpu_limit(6)  # ten times what it takes
async def test_two_hundred_events_a_second_are_each_answered_in_time(oa: FakeOa, served: Components) -> None:
    stamp = int(oa.account.now * 1000)
    users = [oa.account.user() for _ in range(50)]

    async def one(number: int) -> int:
        user = users[number % 50]
        body = json.dumps({
            "app_id": oa.account.app_id, "sender": {"id": user.id}, "recipient": {"id": oa.account.oa_id},
            "event_name": "user_send_sticker", "message": {"msg_id": f"s{number}", "attachments": []},
            "timestamp": str(stamp + number),
        }).encode()  # fmt: skip
        await asyncio.sleep(number / 200)
        return await oa.call_hook(body, oa.signed(body, str(stamp + number)))

    assert set(await asyncio.gather(*(one(number) for number in range(400)))) == {200}


async def test_what_came_while_nothing_was_served_is_answered_after_the_start(oa: FakeOa, tmp_path: Path) -> None:
    lan, binh = Person(oa, oa.account.user()), Person(oa, oa.account.user())
    async with assistant(oa, tmp_path):
        await lan.says("/start")
    await asyncio.sleep(0.01)
    oa.account.note(binh.user.id, {"src": 1, "message_id": "missed", "message": "/start", "type": "text"})
    async with assistant(oa, tmp_path):
        await binh.hears()
        assert [len(one.inbox) for one in (lan, binh)] == [1, 1]


async def test_a_file_is_fetched_from_allowed_hosts_whole_and_within_its_size(
    oa: FakeOa, account: OpenAccount, open_account: OpenIt
) -> None:
    oa.files["x"] = b"content"
    url, digest = f"{oa.url}/files/x", "9a0364b9e99bb480dd25e1f0284c8555"
    assert await account.channel.fetch(f"{digest} {url}", 100) == b"content"
    assert await account.channel.fetch(f" {url}", 100) == b"content"
    with pytest.raises(TooLarge):
        await account.channel.fetch(f" {url}", 3)
    for reference in (
        f"{'0' * 32} {url}", f" {oa.url}/files/gone", f" {url.replace('127.0.0.1', 'localhost')}",
        " ftp://127.0.0.1/x", " file:///etc/passwd", " http://user:pw@127.0.0.1/x", " http://127.0.0.1.evil.vn/x",
        " http://[::1]/x", " http://169.254.169.254/latest", " ", " http://127.0.0.1:port/x",
    ):  # fmt: skip
        with pytest.raises(Gone):
            await account.channel.fetch(reference, 100)
    with pytest.raises(Gone):
        await open_account(zalo_oa_file_hosts="zdn.vn").channel.fetch(f" {url}", 100)


async def test_what_was_missed_is_caught_up_with_once(oa: FakeOa, served: Components) -> None:
    lan, binh = Person(oa, oa.account.user()), Person(oa, oa.account.user())
    await lan.says("/start")
    await handled(served)
    since = served.clock.now()
    await asyncio.sleep(0.01)
    for number in range(12):
        user = oa.account.user()
        oa.account.note(user.id, {"src": 1, "message_id": f"x{number}", "message": "/start", "type": "text"})
    oa.account.note(binh.user.id, {"src": 1, "message_id": "missed", "message": "/start", "type": "text"})
    account = OpenAccount(served.settings, served.store, served.clock)
    taken: list[str] = []

    async def accept(updates: object) -> None:
        taken.extend(one.update_id for one in updates)  # type: ignore[attr-defined]

    try:
        assert await account.watch.catch_up(accept, since) == 13
    finally:
        await account.close()
    assert set(taken) == {"missed", *(f"x{number}" for number in range(12))}
