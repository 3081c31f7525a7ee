from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram.updates import ReceivedUpdate, read_update
from bot.messages import BlockChange, Incoming
from handlers.core import EVENT_ADAPTER, ButtonTapped, Event, FileSent, MessageEdited, TextReceived, UnreadableReceived
from tests.support.soak import examples

PERSON = {"id": 5, "is_bot": False, "first_name": "Lan", "last_name": "Nguyễn", "username": "lan"}
PRIVATE = {"id": 5, "type": "private", "first_name": "Lan", "username": "lan"}
GROUP = {"id": -7, "type": "supergroup", "title": "Phòng Nội vụ"}
DOCUMENT = {"file_id": "F1", "file_unique_id": "u", "file_name": "a.cer", "file_size": 1200, "mime_type": "x"}


def message(chat: dict[str, Any] = PRIVATE, **content: Any) -> dict[str, Any]:
    return {"update_id": 1, "message": {"message_id": 9, "date": 1, "from": PERSON, "chat": chat, **content}}


def edit(chat: dict[str, Any] = PRIVATE, **content: Any) -> dict[str, Any]:
    return {"update_id": 1, "edited_message": {**message(chat, **content)["message"], "edit_date": 2}}


def tap(**changes: Any) -> dict[str, Any]:
    shown = {"message_id": 8, "date": 0, "chat": PRIVATE}
    query = {"id": "Q1", "from": PERSON, "chat_instance": "1", "message": shown, "data": "q|yes|1", **changes}
    return {"update_id": 1, "callback_query": query}


def event(raw: dict[str, Any]) -> Event:
    received = read_update(raw, "troly_bot")
    assert received.incoming is not None, received.ignored
    return received.incoming.event


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (message(text="sáp nhập"), TextReceived(text="sáp nhập", message="9")),
        (message(text="/start@troly_bot abc"), TextReceived(text="/start abc", message="9")),
        (message(text="/start@TROLY_BOT"), TextReceived(text="/start", message="9")),
        (message(text="/start@another_bot"), TextReceived(text="/start@another_bot", message="9")),
        (
            message(text="a\ud800b\x00c"),
            TextReceived(text="a\ufffdb\ufffdc", message="9"),
        ),  # nothing else can be stored
        (message(document=DOCUMENT), FileSent(reference="F1", name="a.cer", size=1200, message="9")),
        (message(document={"file_id": "F1"}, caption="đây"), FileSent(reference="F1", message="9", caption="đây")),
        (message(document={**DOCUMENT, "file_size": "big", "file_name": None}), FileSent(reference="F1", message="9")),
        (
            message(photo=[{"file_id": "P"}], caption="chứng thư"),
            UnreadableReceived(what="photo", message="9", caption="chứng thư"),
        ),
        (message(voice={}), UnreadableReceived(what="audio", message="9")),
        (message(video_note={}), UnreadableReceived(what="video", message="9")),
        (message(animation={}, document=DOCUMENT), UnreadableReceived(what="video", message="9")),  # a GIF carries both
        (message(sticker={}), UnreadableReceived(what="sticker", message="9")),
        (message(location={}), UnreadableReceived(what="other", message="9")),
        (tap(), ButtonTapped(data="q|yes|1", message="8")),
        (message(GROUP, text="/start"), TextReceived(text="/", message="9", group=True)),
        (message(GROUP, text="/start@troly_bot xin chào"), TextReceived(text="/", message="9", group=True)),
    ],
)
def test_what_a_person_does_becomes_an_event(raw: dict[str, Any], expected: Event) -> None:
    assert event(raw) == expected


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (message(GROUP, text="chào cả nhà"), "group"),  # talk among others is not ours to keep
        (message(GROUP, text="/start@another_bot"), "group"),
        (message({"id": -1, "type": "channel"}, text="/start"), "not_private"),
        ({"update_id": 1, "message": {"from": {"is_bot": True}, "chat": PRIVATE, "text": "a"}}, "from_a_bot"),
        (message({"id": 5, "type": {}}, text="a"), "not_private"),  # nothing a set could look up
        (tap(message={"chat": {"id": 5, "type": []}}), "not_our_button"),
        ({"update_id": 1, "my_chat_member": {"chat": PRIVATE, "new_chat_member": {"status": {}}}}, "membership"),
        (message(pinned_message={}), "no_content"),
        (message(text=""), "no_content"),
        (message(document={"file_id": 5}), "no_content"),
        (message({"type": "private", "id": "5"}, text="a"), "no_content"),
        (tap(data=None), "not_our_button"),
        (tap(message=None, inline_message_id="x"), "not_our_button"),
        ({"update_id": 1, "edited_message": {}}, "edited"),
        (edit(location={"live_period": 60}), "edited"),  # Telegram moves it by itself
        (edit(GROUP, text="chào"), "edited"),
        (edit({"id": -1, "type": "channel"}, text="PIN: 12345678"), "edited"),
        ({"update_id": 1, "edited_channel_post": {"text": "a"}}, "other_kind"),
        (message(new_chat_title="a"), "no_content"),
        ({"update_id": 1, "channel_post": {}}, "other_kind"),
        ({"update_id": 1, "my_chat_member": {"chat": GROUP, "new_chat_member": {"status": "kicked"}}}, "membership"),
        ({"update_id": 1, "my_chat_member": {"new_chat_member": {"status": "kicked"}}}, "membership"),
        ({"update_id": True}, "no_update_id"),
        ({"update_id": 2**70}, "no_update_id"),
        ([], "no_update_id"),
        (None, "no_update_id"),
    ],
)
def test_what_is_not_for_us_is_told_apart_by_its_reason(raw: object, reason: str) -> None:
    received = read_update(raw, "troly_bot")
    assert (received.incoming, received.ignored) == (None, reason)


PIN = "mã PIN là 12345678"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (message(text=PIN), TextReceived),
        (message(text=f"/ghichu {PIN}"), TextReceived),
        (message(text="/start PIN_12345678"), TextReceived),
        (message(text="vâng", quote={"text": PIN}), TextReceived),
        (message(document=DOCUMENT, caption=PIN), FileSent),
        (message(document=DOCUMENT, caption=PIN, media_group_id="7"), FileSent),
        (message(document={"file_id": 5}, caption=PIN), UnreadableReceived),
        (message(photo=[{"file_id": "P"}], caption=PIN), UnreadableReceived),
        (message(video={"file_id": "V", "file_name": "pin 123456.mp4"}), UnreadableReceived),
        (message(audio={"title": PIN}), UnreadableReceived),
        (message(animation={}, document=DOCUMENT, caption=PIN), UnreadableReceived),
        (message(poll={"question": "Mã nào?", "options": [{"text": PIN}]}), UnreadableReceived),
        (message(checklist={"title": "a", "tasks": [{"text": PIN}]}), UnreadableReceived),
        (edit(text=PIN), MessageEdited),
        (edit(document=DOCUMENT, caption=PIN), MessageEdited),
        (edit(GROUP, text=PIN), MessageEdited),
        (message(GROUP, text=PIN), TextReceived),
        (message(GROUP, text=f"/ghichu@troly_bot {PIN}"), TextReceived),
        (message(GROUP, document=DOCUMENT, caption=PIN), TextReceived),
    ],
)
def test_a_secret_is_seen_wherever_it_stands_in_a_message(raw: dict[str, Any], kind: type[Event]) -> None:
    found = event(raw)
    assert (type(found), found.secret, found.message) == (kind, True, "9")
    if not isinstance(found, TextReceived) or found.group:
        assert "12345678" not in found.model_dump_json()


@pytest.mark.parametrize(
    "raw",
    [
        message(text="quên mã PIN thì làm sao?", reply_to_message={"text": PIN}),
        message(document=DOCUMENT, caption="chứng thư của xã"),
        edit(text="không phải"),
    ],
)
def test_talk_about_pins_and_what_is_only_answered_to_are_no_secrets(raw: dict[str, Any]) -> None:
    assert not event(raw).secret


def test_a_changed_message_is_told_apart_from_an_answer() -> None:
    assert event(edit(text="đồng ý")) == MessageEdited(message="9", text="đồng ý")
    assert event(edit(document=DOCUMENT, caption="mới")) == MessageEdited(message="9", text="mới")


def test_files_sent_together_are_known_by_that() -> None:
    sent = event(message(document=DOCUMENT, media_group_id="13"))
    assert isinstance(sent, FileSent)
    assert sent.album


def test_a_message_however_deep_is_looked_through() -> None:
    deep: dict[str, Any] = {"text": PIN}
    for _ in range(50_000):
        deep = {"a": deep}
    assert event(message(text="a", story=deep)).secret


def test_a_tap_that_is_not_ours_still_has_to_be_answered() -> None:
    assert read_update(tap(data=None)).callback == "Q1"


def test_nothing_of_a_persons_name_is_kept() -> None:
    for raw in (message(text="chào"), message(document=DOCUMENT), tap(), message(GROUP, text="/start")):
        kept = repr(read_update(raw))
        assert not any(name in kept for name in ("Lan", "Nguyễn", "lan", "Nội vụ"))


json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    "update_id",
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "caption",
    "media_group_id",
    "chat",
    "id",
    "type",
    "from",
    "is_bot",
    "text",
    "document",
    "file_id",
    "file_name",
    "file_size",
    "message_id",
    "data",
    "photo",
    "new_chat_member",
    "status",
]
VALUES = st.sampled_from([1, 2**64, -1, "private", "group", "/start", "\ud83d", True, None, "x" * 300])
hostile = st.recursive(
    VALUES | json, lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=8), max_leaves=30
)


@given(hostile)
def test_any_json_at_all_is_read_without_raising_into_something_that_can_be_stored(raw: object) -> None:
    check(read_update(raw, "troly_bot"))


@settings(max_examples=examples(200))
@given(
    st.dictionaries(st.sampled_from(KEYS), hostile),
    st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member"]),
)
@pytest.mark.long
def test_any_content_of_a_known_kind_is_read_without_raising(content: dict[str, Any], kind: str) -> None:
    chat = {"id": 5, "type": "private"}
    check(
        read_update(
            {"update_id": 1, kind: {"chat": chat, "message": {"chat": chat}, "id": "Q", **content}}, "troly_bot"
        )
    )


def check(received: ReceivedUpdate) -> None:
    assert (received.incoming is None) != (received.ignored is None)
    if isinstance(received.incoming, Incoming):
        assert EVENT_ADAPTER.validate_json(EVENT_ADAPTER.dump_json(received.incoming.event)) == received.incoming.event
        received.incoming.address.encode()


@pytest.mark.parametrize(("status", "blocked"), [("kicked", True), ("left", True), ("member", False)])
def test_a_person_who_blocks_the_assistant_or_lets_it_write_again_is_noticed(status: str, *, blocked: bool) -> None:
    received = read_update({"update_id": 1, "my_chat_member": {"chat": PRIVATE, "new_chat_member": {"status": status}}})
    assert received.membership == BlockChange("telegram", "5", blocked)
    assert received.ignored is None
