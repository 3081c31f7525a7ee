"""Texts leave through the Bot Platform: only ``ok`` counts, and so does the month; what is unclear is not repeated."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.channels import ChannelError, Doubtful, Gone, Invalid, Refused, RetryLater, TooLarge, Unreachable
from bot.channels.zalo.bot_platform.channel import BotApi, MonthUsedUp
from bot.channels.zalo.http import ZaloHttp
from bot.store import StoreUnavailable
from bot.store.channel_use import ChannelUseRepository
from handlers.core import Attachment, Choice
from tests.integration.channels.zalo_bot.conftest import LAN, Ours
from tests.support.zalo.bot import FakeBot

MONTH = "2026-11"


async def test_a_text_arrives_without_markup_and_its_id_is_returned(bot: FakeBot, ours: Ours) -> None:
    message = await ours.channel.send(ours.row("Chào <b>anh/chị</b> &amp; đồng nghiệp"))
    assert [(one.chat, one.text) for one in bot.sent] == [(LAN, "Chào anh/chị & đồng nghiệp")]
    assert message == f"{1:020x}"
    assert await ours.store.channel_use.sent("zalobot", MONTH) == 1


async def test_choices_are_a_numbered_menu(bot: FakeBot, ours: Ours) -> None:
    choices = tuple(Choice(label=label, tap=f"menu|{number}|3") for number, label in enumerate("ab"))
    await ours.channel.send(ours.row("Chọn:", choices=choices))
    assert bot.sent[0].text == "Chọn:\n\n1. a\n2. b"


async def test_a_file_that_no_link_could_be_made_for_is_named_and_the_way_to_it_told(bot: FakeBot, ours: Ours) -> None:
    await ours.channel.send(ours.row(attachments=(Attachment.of("mau-04.pdf", "application/pdf", b"%PDF"),)))
    assert "mau-04.pdf" in bot.sent[0].text


@pytest.mark.parametrize(
    ("fault", "raised", "counted"),
    [
        (400, Invalid, 1), (404, Invalid, 1), (401, Refused, 1), (403, Doubtful, 1), (408, Doubtful, 1),
        ("dropped", Doubtful, 1), ("delivered dropped", Doubtful, 1), ("http 500", Doubtful, 1),
        ("http 407", Unreachable, 0), (429, RetryLater, 0),
    ],
)  # fmt: skip
async def test_each_failure_has_its_meaning_whatever_http_says(
    bot: FakeBot, ours: Ours, fault: str | int, raised: type[ChannelError], counted: int
) -> None:
    bot.fail("sendMessage", fault)
    with pytest.raises(raised):
        await ours.channel.send(ours.row("Chào"))
    assert await ours.store.channel_use.sent("zalobot", MONTH) == counted, "what may have left counts"


async def test_a_server_that_is_not_there_was_never_asked(ours: Ours) -> None:
    http = ZaloHttp(1)
    try:
        with pytest.raises(Unreachable):
            await BotApi(SecretStr("1:x"), "http://127.0.0.1:9", http).send_text(LAN, "x")
    finally:
        await http.close()


async def test_a_token_that_is_refused_shows_on_the_health_page(bot: FakeBot, ours: Ours) -> None:
    bot.fail("sendMessage", 401)
    with pytest.raises(Refused):
        await ours.channel.send(ours.row("Chào"))
    assert not ours.api.is_accepted
    await ours.channel.send(ours.row("Chào"))
    assert ours.api.is_accepted


async def test_no_broadcast_passes_the_month_and_an_answer_leaves_all_the_same(bot: FakeBot, ours: Ours) -> None:
    for _ in range(3):
        await ours.channel.send(ours.row("Nhắc", broadcast=True))
    with pytest.raises(MonthUsedUp):
        await ours.channel.send(ours.row("Nhắc", broadcast=True))
    await ours.channel.send(ours.row("Trả lời"))
    assert [one.text for one in bot.sent] == ["Nhắc"] * 3 + ["Trả lời"]
    ours.clock.at += timedelta(days=20)  # another month
    await ours.channel.send(ours.row("Nhắc", broadcast=True))


async def test_three_refusals_in_a_row_end_the_day_and_the_next_one_begins_anew(bot: FakeBot, ours: Ours) -> None:
    bot.fail("sendMessage", 429, 429, 429)
    waits = []
    for _ in range(3):
        with pytest.raises(RetryLater) as told:
            await ours.channel.send(ours.row("Chào"))
        waits.append(told.value.after)
        ours.clock.at += timedelta(seconds=60)
    midnight = 14 * 3600 - 120 + 1.0  # it was ten o'clock in Viet Nam
    assert waits == [60.0, 60.0, midnight]
    before = len(bot.calls)
    with pytest.raises(RetryLater):
        await ours.channel.send(ours.row("Chào"))
    assert len(bot.calls) == before, "the platform was asked again on the same day"
    ours.clock.at += timedelta(seconds=midnight)
    await ours.channel.send(ours.row("Chào"))
    bot.fail("sendMessage", 429)
    with pytest.raises(RetryLater) as told:
        await ours.channel.send(ours.row("Chào"))
    assert told.value.after == 60.0, "a message that got through ends the row of refusals"


async def test_refusals_at_the_same_time_are_one(bot: FakeBot, ours: Ours) -> None:
    bot.fail("sendMessage", *[429] * 6)
    for _ in range(2):
        told = await asyncio.gather(*(ours.channel.send(ours.row("Chào")) for _ in range(3)), return_exceptions=True)
        assert [one.after for one in told if isinstance(one, RetryLater)] == [60.0] * 3
        ours.clock.at += timedelta(seconds=60)
    await ours.channel.send(ours.row("Chào"))


async def test_what_left_is_not_sent_again_where_the_store_cannot_note_it(
    bot: FakeBot, ours: Ours, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def note_taken(*_: object) -> None:
        raise StoreUnavailable("x")

    monkeypatch.setattr(ChannelUseRepository, "note_taken", note_taken)
    assert await ours.channel.send(ours.row("Chào")) == f"{1:020x}"
    assert len(bot.sent) == 1


@pytest.mark.parametrize("fault", [429, 401, "http 407", 400])
@pytest.mark.parametrize("broadcast", [True, False])
async def test_a_broadcast_of_which_part_left_is_not_begun_again(
    bot: FakeBot, ours: Ours, fault: str | int, broadcast: bool
) -> None:
    bot.fail("sendMessage", "", fault)
    with pytest.raises(ChannelError) as told:
        await ours.channel.send(ours.row("một hai ba bốn " * 200, broadcast=broadcast))
    assert len(bot.sent) == 1
    assert isinstance(told.value, Doubtful) == broadcast, "an answer may come twice, a broadcast never"


async def test_a_file_that_came_by_a_link_is_read_whole_and_within_its_size(ours: Ours) -> None:
    chat = ours.store.chats.at("zalobot", LAN)
    file = Attachment.of("a.cer", "application/pkix-cert", b"0123")
    await ours.store.web.keep_upload(chat, "upload-1", file, ours.clock.now())
    assert await ours.channel.fetch(f"{chat.id} upload-1", 4) == b"0123"
    with pytest.raises(TooLarge):
        await ours.channel.fetch(f"{chat.id} upload-1", 3)
    with pytest.raises(Gone):
        await ours.channel.fetch("another-chat upload-1", 4)
