"""Reading an event never fails, loses no id to a float, and keeps no person's name."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.zalo.oa.events import RECEIVED, SEEN, event_key, parse_body, read_event
from handlers.core import ButtonTapped, FileSent, TextReceived, UnreadableReceived

PERSON = "9007199254740993123"  # beyond what a float holds
AT = datetime(2026, 11, 27, 5, 0, tzinfo=UTC)


def event(name: str, message: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "app_id": "1", "sender": {"id": PERSON}, "recipient": {"id": "2"}, "event_name": name,
        "timestamp": str(int(AT.timestamp() * 1000)), "message": {"msg_id": "m1", **(message or {})}, **more,
    }  # fmt: skip


def only(raw: dict[str, Any]) -> Any:
    found = read_event(raw)
    assert (found.person, found.at) == (PERSON, AT)
    [incoming] = found.incoming
    assert (incoming.channel, incoming.update_id, incoming.address) == ("zalo", "m1", PERSON)
    return incoming.event


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("xin chào", TextReceived(text="xin chào", message="m1")),
        ("1.", TextReceived(text="1.", message="m1")),
        ("#menu|two|3", ButtonTapped(data="menu|two|3")),
        ("#bc|now|TB-000012", ButtonTapped(data="bc|now|TB-000012")),
        ("#tra-cuu", TextReceived(text="tra cuu", message="m1")),  # an item of the account's menu
        ("# 12", TextReceived(text="# 12", message="m1")),
        ("a|b", TextReceived(text="a|b", message="m1")),
    ],
)
def test_a_text_is_a_line_or_a_tapped_button(text: str, meant: object) -> None:
    assert only(event("user_send_text", {"text": text})) == meant


def test_a_file_comes_with_digest_address_and_a_size_that_is_a_text() -> None:
    payload = {
        "url": "https://f1-zpc.zdn.vn/x?y=1", "size": "233947", "name": "chứng thư.cer", "checksum": "A" * 32,
        "type": "cer",
    }  # fmt: skip
    found = only(event("user_send_file", {"attachments": [{"type": "file", "payload": payload}]}))
    assert found == FileSent(
        reference=f"{'a' * 32} https://f1-zpc.zdn.vn/x?y=1", name="chứng thư.cer", size=233947, message="m1"
    )


def test_several_files_of_one_event_are_several_updates_of_an_album() -> None:
    files = [{"type": "file", "payload": {"url": f"https://a.zdn.vn/{number}"}} for number in range(3)]
    found = read_event(event("user_send_file", {"attachments": files})).incoming
    assert [one.update_id for one in found] == ["m1", "m1:1", "m1:2"]
    assert all(isinstance(one.event, FileSent) and one.event.album for one in found)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("user_send_image", "photo"), ("user_send_gif", "video"), ("user_send_audio", "audio"),
        ("user_send_video", "video"), ("user_send_sticker", "sticker"), ("user_send_location", "other"),
        ("user_send_business_card", "other"), ("user_send_something_new", "other"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(name: str, what: str) -> None:
    raw = event(name, {"text": "đây", "attachments": [{"payload": {"url": "https://a.zdn.vn/1"}}]})
    assert only(raw) == UnreadableReceived.model_validate({"what": what, "message": "m1", "caption": "đây"})


def test_whoever_follows_is_greeted_and_whoever_leaves_is_blocked() -> None:
    raw = {"event_name": "follow", "follower": {"id": PERSON}, "timestamp": "1795755600000", "oa_id": "2"}
    found = read_event(raw)
    assert [(one.address, one.event) for one in found.incoming] == [(PERSON, TextReceived(text="/start"))]
    left = read_event({**raw, "event_name": "unfollow"}).block
    assert left is not None
    assert (left.address, left.blocked) == (PERSON, True)


def test_receipts_name_one_message_or_a_list() -> None:
    assert read_event(event("user_received_message")).receipts == ("m1",)
    seen = read_event(event("user_seen_message", {"msg_id": None, "msg_ids": ["a", "b", "a", 7, {}, None]}))
    assert (seen.receipt, seen.receipts) == (SEEN, ("a", "b", "7"))
    assert read_event(event("user_received_message")).receipt == RECEIVED


def test_a_colleague_is_told_from_our_own_echo() -> None:
    ours = event("oa_send_text", sender={"id": "2"}, recipient={"id": PERSON})
    assert read_event(ours).ignored == "echo"
    assert read_event({**ours, "sender": {"id": "2", "admin_id": "5"}}).handover == PERSON


@pytest.mark.parametrize(
    "name", ["user_send_group_text", "oa_reaction", "user_submit_info", "", "change_oa_daily_quota"]
)
def test_nothing_else_is_an_event_for_the_conversation(name: str) -> None:
    found = read_event(event(name, {"text": "x", "msg_id": None}))
    assert not found.incoming
    assert found.ignored


@pytest.mark.parametrize(
    ("phone", "kept"),
    [
        ("84912345678", "84912345678"),
        (84912345678, "84912345678"),
        ("+84 912.345.678", "84912345678"),
        ("0912345678", "84912345678"),
        ("84012345678", None),
        ("849123456789", None),
        ("1" * 99, None),
        ("", None),
        (None, None),
        ({"a": 1}, None),
    ],
)
def test_a_number_that_a_person_sends_by_the_platforms_form_is_read_in_one_way(phone: object, kept: str | None) -> None:
    raw = {**event("user_submit_info"), "info": {"name": "Lan", "phone": phone}}
    found = read_event(raw)
    assert (found.phone, found.person, found.incoming) == (kept, PERSON, ())


def test_a_secret_is_marked_wherever_it_stands() -> None:
    assert only(event("user_send_text", {"text": "mã PIN của tôi là 12345678"})).secret
    found = only(event("user_send_image", {"text": "mã PIN là 12345678"}))
    assert (found.secret, found.caption) == (True, "")


def test_what_tells_events_apart_is_the_message_else_name_time_and_person() -> None:
    follow = {"event_name": "follow", "follower": {"id": PERSON}, "timestamp": "1"}
    keys = {
        event_key(one)
        for one in (
            event("user_send_text"), event("user_send_text", {"msg_id": "m2"}), follow, {**follow, "timestamp": "2"},
            {**follow, "event_name": "unfollow"}, {**follow, "follower": {"id": "5"}},
        )
    }  # fmt: skip
    assert len(keys) == 6
    assert event_key(event("user_send_text", {"text": "x"})) == event_key(event("user_send_text", {"text": "y"}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["user_send_text", "user_send_file", "user_send_image", "user_send_link", "follow", "unfollow", "oa_send_text",
     "user_seen_message", "user_received_message", "user_send_group_text", "x"]
)  # fmt: skip


@given(name=NAMES, sender=JSON, message=JSON, attachments=JSON, stamp=JSON)
def test_any_shape_gives_a_result(name: str, sender: Any, message: Any, attachments: Any, stamp: Any) -> None:
    inner = {"msg_id": "m", "text": sender, "attachments": attachments, "msg_ids": message}
    for told in (message, inner):
        raw = {"event_name": name, "sender": sender, "follower": sender, "message": told, "timestamp": stamp}
        read_event(raw)
        event_key(raw)
    read_event({"event_name": name, "sender": {"id": PERSON}, "message": inner, "timestamp": stamp})


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"\xff", b"{", b"[" * 100_000])
def test_what_is_no_object_is_no_event(body: bytes) -> None:
    assert parse_body(body) is None
    assert parse_body(json.dumps({"a": 1}).encode()) == {"a": 1}
