"""Linking channels in the conversation: what is typed, opened and asked, and what the pages say."""

from datetime import timedelta

import pytest

from handlers.model import TELEGRAM, ZALO, Grant, OfferState, Role, format_channel_code, parse_channel_code
from handlers.testing import MemoryContext, MemoryTables, build_memory_services, chat_id, link_chats
from handlers.testing.tables import GrantRecord, OfferRecord
from tests.support.dialogue import Dialogue, pack
from tests.support.store import NOW

CODE = "1234567890"
ME, OTHER = chat_id(TELEGRAM, "me"), chat_id(ZALO, "1")


@pytest.fixture
def acting() -> MemoryContext:
    """The tables of a person on Telegram; another chat, on Zalo, shows a code."""
    context = MemoryContext(MemoryTables(), NOW, TELEGRAM)
    context.expect_chat(ZALO, "1")
    context.tables.chats[OTHER] = context.tables.chats[OTHER].agreed("vi")
    context.tables.offers[OTHER] = OfferRecord(OTHER, CODE, NOW + timedelta(minutes=10))
    return context


@pytest.fixture
def talk(acting: MemoryContext) -> Dialogue:
    links = {TELEGRAM: "https://t.me/x?start=", "web": "https://troly.test/?start="}
    return Dialogue(world=build_memory_services(pack(), NOW, channel=TELEGRAM, acting=acting, start_links=links))


async def agreed(talk: Dialogue) -> None:
    await talk.says("/start", "đồng ý")


@pytest.mark.parametrize(
    "typed",
    ["1234567890", "12345-67890", " 12345 67890 ", "12345.67890", "kenh-1234567890", "KENH-1234567890"],
)
def test_a_code_is_read_however_it_is_written(typed: str) -> None:
    assert parse_channel_code(typed) == CODE
    assert parse_channel_code(format_channel_code(CODE)) == CODE


@pytest.mark.parametrize("typed", ["123456789", "12345678901", "12345-6789a", "", "một", "１" * 10, "-" * 4000])
def test_anything_else_is_no_code(typed: str) -> None:
    assert parse_channel_code(typed) is None


@pytest.mark.parametrize(
    "line", ["12345-67890", f"/kenh {CODE}", "/kenh 12345-67890", f"/start kenh-{CODE}", f"/noikenh {CODE}"]
)
async def test_a_code_is_typed_or_opened(talk: Dialogue, line: str) -> None:
    await agreed(talk)
    said = await talk.says(line)
    assert "Nối kênh này với Zalo?" in said
    assert talk.labels == ["Đồng ý, cả hai là của tôi", "Không nối"]


async def test_a_bare_code_is_taken_on_the_page_of_the_channels(talk: Dialogue) -> None:
    await agreed(talk)
    assert "Nối kênh này với Zalo?" in await talk.says("/kenh", "12345 67890")


async def test_an_opened_code_waits_for_consent(talk: Dialogue, acting: MemoryContext) -> None:
    said = await talk.says(f"/start kenh-{CODE}")
    assert "/kenh 12345-67890" in said
    assert talk.session is None, "nothing is kept before consent"
    assert acting.tables.offers[OTHER].state is None, "it is not used up"


async def test_a_code_is_told_with_what_opens_it_elsewhere(talk: Dialogue) -> None:
    await agreed(talk)
    await talk.says("/kenh")
    said = await talk.taps("nối thêm")
    assert "10 phút" in said
    assert "https://troly.test/?start=kenh-" in said
    assert "https://t.me/" not in said, "that is where it is shown"


async def test_only_the_very_words_agree(talk: Dialogue, acting: MemoryContext) -> None:
    await agreed(talk)
    await talk.says(f"/kenh {CODE}", "chắc vậy", "có thể")
    assert acting.tables.offers[OTHER].state is OfferState.TYPED
    assert "mở Zalo" in await talk.says("đồng ý")
    assert acting.tables.offers[OTHER].state is OfferState.AGREED
    assert acting.tables.places == {}


async def test_what_is_stopped_here_is_said_before_it_holds_for_both(talk: Dialogue) -> None:
    await agreed(talk)
    await talk.says("/dungnhan")
    await talk.taps("dừng nhắc" if any("ừng nhắc" in one for one in talk.labels) else talk.labels[0])
    assert "đang dừng nhận nhắc" in await talk.says(f"/kenh {CODE}")


async def test_declining_uses_the_code_up(talk: Dialogue) -> None:
    await agreed(talk)
    await talk.says(f"/kenh {CODE}")
    assert "không được nối" in await talk.taps("không nối")
    assert "không dùng được" in await talk.says(f"/kenh {CODE}")


async def test_deleting_needs_words_that_say_everywhere(talk: Dialogue, acting: MemoryContext) -> None:
    await agreed(talk)
    link_chats(acting, (ME, OTHER))
    assert "gồm cả Zalo" in await talk.says("/xoadulieu")
    await talk.says("có")
    assert acting.tables.chats[ME].erased_at is None
    await talk.says("xóa hết")
    assert (acting.tables.chats[ME].erased_at, acting.tables.chats[OTHER].erased_at) == (NOW, NOW)


def _has_role(acting: MemoryContext, chat: str) -> None:
    name = f"QT-{len(acting.tables.grants) + 1:06}"
    acting.tables.grants[name] = GrantRecord(Grant(name, Role.ADMIN, "DN"), chat, NOW, "", None)


async def test_the_role_of_a_linked_chat_is_not_ended_by_deleting_from_another_one(
    talk: Dialogue, acting: MemoryContext
) -> None:
    await agreed(talk)
    link_chats(acting, (ME, OTHER))
    _has_role(acting, OTHER)
    said = await talk.says("/xoadulieu")
    assert "vai trò ở kênh khác đã nối: Zalo" in said
    assert "/xoadulieu ở kênh mà anh/chị có vai trò" in said
    assert talk.labels == ["Giữ lại"]
    await talk.says("xóa hết")
    assert acting.tables.chats[ME].erased_at is None


async def test_a_role_that_came_after_the_question_stands_against_deleting_as_well(
    talk: Dialogue, acting: MemoryContext
) -> None:
    await agreed(talk)
    link_chats(acting, (ME, OTHER))
    await talk.says("/xoadulieu")
    _has_role(acting, OTHER)
    assert "không xóa được từ đây" in await talk.says("xóa hết")
    assert acting.tables.chats[ME].erased_at is None
    assert all(one.ended_at is None for one in acting.tables.grants.values())


async def test_where_both_chats_have_a_role_they_are_parted_first(talk: Dialogue, acting: MemoryContext) -> None:
    await agreed(talk)
    link_chats(acting, (ME, OTHER))
    _has_role(acting, ME)
    _has_role(acting, OTHER)
    said = await talk.says("/xoadulieu")
    assert "bỏ nối trước bằng /kenh" in said
    assert "ở kênh mà anh/chị có vai trò" not in said


async def test_in_the_only_chat_with_a_role_everything_is_deleted(talk: Dialogue, acting: MemoryContext) -> None:
    await agreed(talk)
    link_chats(acting, (ME, OTHER))
    _has_role(acting, ME)
    assert "gồm cả Zalo" in await talk.says("/xoadulieu")
    await talk.says("xóa hết")
    assert acting.tables.chats[OTHER].erased_at == NOW
    assert acting.tables.places == {}


async def test_a_button_of_an_older_question_agrees_to_nothing(talk: Dialogue, acting: MemoryContext) -> None:
    await agreed(talk)
    await talk.says(f"/kenh {CODE}")
    old = talk.choices[0]
    await talk.says("/huy")
    talk.choices = (old,)
    await talk.taps("đồng ý")
    assert acting.tables.offers[OTHER].state is OfferState.TYPED


async def test_two_channels_of_one_kind_are_told_apart(talk: Dialogue, acting: MemoryContext) -> None:
    await agreed(talk)
    other = acting.expect_chat(TELEGRAM, "2")
    acting.tables.chats[other] = acting.tables.chats[other].agreed("vi")
    link_chats(acting, (ME, OTHER, other))
    said = await talk.says("/kenh")
    assert f"Telegram N-{other[:8].upper()}" in said
    assert "2. Zalo\n" in said
    assert len(set(talk.labels)) == len(talk.labels)
