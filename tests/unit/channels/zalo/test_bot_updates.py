"""An update of the Bot Platform is read in each form that was seen, and whatever it is, reading never fails."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.zalo.bot_platform.receivers import parse_body, read_update
from handlers.core import TextReceived, UnreadableReceived

PERSON = "6ede9afa66b88fe6d6a9"


def update(name: str = "message.text.received", **message: Any) -> dict[str, Any]:
    known = {
        "from": {"id": PERSON, "display_name": "Ted", "is_bot": False},
        "chat": {"id": PERSON, "chat_type": "PRIVATE"},
        "message_id": "2d758cb5e222177a4e35", "date": 1750316131602,
    }  # fmt: skip
    return {"event_name": name, "message": {**known, **message}}


def test_the_wrapper_of_the_documents_and_the_bare_update_of_real_calls_are_the_same() -> None:
    bare = update(text="Xin chào")
    found = read_update({"ok": True, "result": bare})
    assert found == read_update(bare)
    assert found.incoming is not None
    assert (found.incoming.address, found.incoming.update_id) == (PERSON, "2d758cb5e222177a4e35")
    assert found.incoming.event == TextReceived(text="Xin chào", message="2d758cb5e222177a4e35")


@pytest.mark.parametrize("field", ["photo", "photo_url"])
def test_a_photo_is_one_whichever_field_holds_its_address(field: str) -> None:
    found = read_update(
        update("message.image.received", **{field: "https://photo-stal-1.zdn.vn/a.jpg", "caption": "đây"})
    )
    assert found.incoming is not None
    assert found.incoming.event == UnreadableReceived(what="photo", message="2d758cb5e222177a4e35", caption="đây")


@pytest.mark.parametrize(
    ("name", "what"), [("message.voice.received", "audio"), ("message.sticker.received", "sticker")]
)
def test_a_voice_and_a_sticker_are_named(name: str, what: str) -> None:
    found = read_update(update(name, voice_url="https://x-voice-aac-dl.zdn.vn/a.aac"))
    assert found.incoming is not None
    assert isinstance(found.incoming.event, UnreadableReceived)
    assert found.incoming.event.what == what
    assert found.unreadable


def test_what_zalo_withholds_says_so_and_nothing_else() -> None:
    found = read_update(update("message.unsupported.received"))
    assert found.unreadable
    assert found.incoming is not None
    assert found.incoming.event == UnreadableReceived(what="other", message="2d758cb5e222177a4e35")


def test_what_is_withheld_without_a_message_tells_of_nobody_and_is_left_out() -> None:
    assert read_update({"event_name": "message.unsupported.received"}).ignored == "no_chat"


def test_a_message_without_a_number_is_known_again_by_its_content() -> None:
    raw = update(text="một")
    del raw["message"]["message_id"]
    first, again = read_update(raw).incoming, read_update({"ok": True, "result": raw}).incoming
    raw["message"]["date"] = 1
    other = read_update(raw).incoming
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.update_id == again.update_id != other.update_id


def test_a_group_is_marked_for_several_people_read_it() -> None:
    found = read_update(update(text="@Bot chào", chat={"id": "g1", "chat_type": "GROUP"}))
    assert found.incoming is not None
    assert (found.incoming.address, found.incoming.event.group) == ("g1", True)


@pytest.mark.parametrize(
    "raw",
    [
        None, [], "x", 5, {}, {"ok": True}, {"ok": True, "result": []}, {"result": {"result": {}}},
        {"event_name": 5, "message": {"chat": {"id": "a"}}}, update("message.reaction.received"), update(text=""),
        update(text=["x"]), update(**{"from": "x", "chat": 7}), update(text="x", chat={"id": "a b"}, **{"from": {}}),
        update(text="x", **{"from": {"id": PERSON, "is_bot": True}}),
    ],
)  # fmt: skip
def test_whatever_is_no_message_of_a_person_is_counted_and_left_out(raw: object) -> None:
    found = read_update(raw)
    assert found.incoming is None
    assert found.ignored


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["message", "chat", "id", "text"]), inner)
    ),
    max_leaves=8,
)


@given(JSON)
def test_reading_never_fails(raw: object) -> None:
    read_update({"event_name": "message.text.received", "message": raw})
    read_update(raw)


def test_a_body_that_is_no_json_is_nothing() -> None:
    assert [parse_body(b"\xff"), parse_body(b"[" * 100_000)] == [None, None]
