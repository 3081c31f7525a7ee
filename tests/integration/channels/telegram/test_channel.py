import asyncio
from dataclasses import replace

import pytest

from bot.channels import Blocked, ChannelError, Doubtful, Invalid
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.channel import TelegramChannel
from bot.messages import Chat, OutboxRow
from handlers.core import Attachment, Choice, Reply
from tests.support.telegram.api import BotApi
from tests.support.telegram.errors import ApiError
from tests.support.telegram.user import User

YES_NO = (Choice(label="Có", tap="q|yes|1"), Choice(label="Không", tap="q|no|1"))


@pytest.fixture
async def lan(server: BotApi) -> User:
    lan = server.user("Lan")
    await lan.says("/start")
    return lan


def row(user: User, *paragraphs: str, **details: object) -> OutboxRow:
    reply = Reply.model_validate({"paragraphs": paragraphs, **details})
    return OutboxRow(1, Chat("c", "telegram", str(user.id)), reply, 0, 0, "test")


async def test_markup_and_keyboard_arrive_as_meant(channel: TelegramChannel, lan: User) -> None:
    sent = await channel.send(row(lan, "<b>Đơn vị</b> A &amp; B?", choices=YES_NO))
    shown = await lan.hears()
    assert sent == str(shown.message.id)
    assert shown.text == "Đơn vị A & B?"
    assert [entity["type"] for entity in shown.message.entities] == ["bold"]
    assert [(button.label, button.data) for button in shown.buttons] == [("Có", "q|yes|1"), ("Không", "q|no|1")]


async def test_links_are_not_previewed(channel: TelegramChannel, lan: User, server: BotApi) -> None:
    await channel.send(row(lan, "https://vanban.chinhphu.vn"))
    assert '"is_disabled": true' in server.calls_of("sendMessage")[-1].fields["link_preview_options"]


async def test_short_labels_share_a_line_and_a_long_one_has_its_own(channel: TelegramChannel, lan: User) -> None:
    labels = ["Có", "Không", "Chưa biết", "Sáp nhập vào một cơ quan đang hoạt động", "1", "2", "3", "4", "5"]
    await channel.send(row(lan, "?", choices=[Choice(label=label, tap=label[:9]) for label in labels]))
    rows = (await lan.hears()).message.rows or []
    assert [[button["text"] for button in line] for line in rows] == [labels[:3], labels[3:4], labels[4:8], labels[8:]]


async def test_an_edit_takes_the_place_of_its_message_and_its_keyboard(channel: TelegramChannel, lan: User) -> None:
    first = await channel.send(row(lan, "Câu 1", choices=YES_NO))
    await lan.hears()
    assert await channel.send(row(lan, "Câu 1: Có", action="edit", target=first)) == first
    shown = await lan.hears()
    assert (shown.kind, shown.text, shown.labels) == ("edit", "Câu 1: Có", [])


async def test_an_edit_that_changes_nothing_is_as_good_as_done(channel: TelegramChannel, lan: User) -> None:
    first = await channel.send(row(lan, "Câu 1"))
    assert await channel.send(row(lan, "Câu 1", action="edit", target=first)) == first
    assert len(lan.sees()) == 1


@pytest.mark.parametrize("target", ["999999", "their own"])
async def test_an_edit_of_a_message_out_of_reach_becomes_a_new_message(
    channel: TelegramChannel, lan: User, target: str
) -> None:
    own = next(iter(lan.chat.messages))
    await channel.send(row(lan, "Câu 1", action="edit", target=str(own) if target == "their own" else target))
    assert (await lan.hears()).kind == "message"


async def test_text_takes_the_place_of_a_document_by_following_it(channel: TelegramChannel, lan: User) -> None:
    file = Attachment.of("a.txt", "text/plain", b"a")
    document = await channel.send(row(lan, "Đây", attachments=[file]))
    await lan.hears()
    await channel.send(row(lan, "Tiếp", action="edit", target=document))
    assert (await lan.hears()).kind == "message"


async def test_the_buttons_of_a_message_change_and_its_text_stays(channel: TelegramChannel, lan: User) -> None:
    first = await channel.send(row(lan, "<b>Câu trả lời</b> dài", choices=YES_NO))
    await lan.hears()
    ticked = (Choice(label="✓ Có", tap="q|yes|2"),)
    assert await channel.send(row(lan, "khác", action="buttons", target=first, choices=ticked)) == first
    assert (shown := await lan.hears()).labels == ["✓ Có"]
    assert await channel.send(row(lan, action="buttons", target=first)) == first
    shown = await lan.hears()
    assert (shown.kind, shown.text, shown.labels) == ("edit", "Câu trả lời dài", [])
    assert [entity["type"] for entity in shown.message.entities] == ["bold"]
    assert await channel.send(row(lan, action="buttons", target=first)) == first  # and that again is as good as done


@pytest.mark.parametrize("target", ["999999", "their own"])
async def test_new_buttons_for_a_message_out_of_reach_come_with_what_there_is_to_say(
    channel: TelegramChannel, lan: User, target: str
) -> None:
    target = str(next(iter(lan.chat.messages))) if target == "their own" else target
    await channel.send(row(lan, "Câu 1", action="buttons", target=target, choices=YES_NO))
    shown = await lan.hears()
    assert (shown.kind, shown.text, shown.labels) == ("message", "Câu 1", ["Có", "Không"])
    assert await channel.send(row(lan, action="buttons", target=target)) is None
    assert await channel.send(row(lan, action="buttons", target=target, choices=YES_NO)) is None  # no words
    await lan.hears_nothing()


async def test_a_secret_is_taken_out_of_the_chat(channel: TelegramChannel, lan: User) -> None:
    (secret,) = lan.chat.messages
    assert await channel.send(row(lan, action="delete", target=str(secret))) is None
    assert (await lan.hears()).kind == "delete"
    with pytest.raises(Invalid):
        await channel.send(row(lan, action="delete", target=str(secret)))


async def test_a_document_arrives_with_its_name_bytes_and_caption(channel: TelegramChannel, lan: User) -> None:
    file = Attachment.of("dữ liệu.json", "application/json", b'{"a": 1}')
    await channel.send(row(lan, "<b>Dữ liệu</b>", attachments=[file], choices=YES_NO))
    shown = await lan.hears()
    assert shown.document is not None
    assert (shown.document.name, shown.document.content) == ("dữ liệu.json", b'{"a": 1}')
    assert shown.document.media_type == "application/json"
    assert (shown.text, shown.labels) == ("Dữ liệu", ["Có", "Không"])


async def test_a_row_nobody_split_still_arrives_whole_and_in_order(channel: TelegramChannel, lan: User) -> None:
    await channel.send(row(lan, "a" * 4000, "b" * 4000, choices=YES_NO))
    first, second = await lan.hears(), await lan.hears()
    assert (first.text, first.labels) == ("a" * 4000, [])
    assert (second.text, second.labels) == ("b" * 4000, ["Có", "Không"])


@pytest.mark.parametrize("broadcast", ["TB-000001", None])
async def test_a_broadcast_of_which_part_left_is_not_begun_again(
    channel: TelegramChannel, lan: User, server: BotApi, broadcast: str | None
) -> None:
    server.fault("sendDocument", error=ApiError(400, "Bad Request: wrong file"))
    file = Attachment.of("a.json", "application/json", b"{}")
    with pytest.raises(ChannelError) as told:
        await channel.send(replace(row(lan, "a" * 4000, attachments=(file,)), broadcast=broadcast))
    assert (await lan.hears()).text == "a" * 4000
    assert isinstance(told.value, Doubtful) == bool(broadcast), "an answer may come twice, a broadcast never"


async def test_what_telegram_cannot_parse_is_sent_without_markup(
    channel: TelegramChannel, lan: User, server: BotApi
) -> None:
    server.fault("sendMessage", error=ApiError(400, "Bad Request: can't parse entities: unsupported start tag"))
    await channel.send(row(lan, "<b>A &amp; B</b>"))
    shown = await lan.hears()
    assert (shown.text, shown.message.entities) == ("A & B", ())


async def test_a_person_who_stopped_the_bot_is_blocked(channel: TelegramChannel, lan: User) -> None:
    lan.blocks()
    with pytest.raises(Blocked):
        await channel.send(row(lan, "a"))


async def test_a_button_beyond_64_bytes_is_an_invalid_message(channel: TelegramChannel, lan: User) -> None:
    with pytest.raises(Invalid):
        await channel.send(row(lan, "a", choices=[Choice(label="a", tap="đ" * 33)]))


def to_many(user: User, attachment: Attachment, broadcast: str = "TB-000001") -> OutboxRow:
    return replace(row(user, "Kính gửi anh/chị", attachments=(attachment,)), broadcast=broadcast)


async def test_a_document_that_goes_to_many_is_uploaded_once(
    channel: TelegramChannel, lan: User, server: BotApi
) -> None:
    people = [lan, *(server.user(f"Người {number}") for number in range(4))]
    for person in people:
        await person.says("/start")
    document = Attachment.of("cong-van.pdf", "application/pdf", b"%PDF-1.7 " + b"x" * 1000)

    await asyncio.gather(*(channel.send(to_many(person, document)) for person in people))
    await channel.send(to_many(lan, document, "TB-000002"))

    for person in people:
        shown = await person.hears()
        assert shown.document is not None
        assert (shown.document.name, shown.document.content) == ("cong-van.pdf", document.content)
    assert len(server.account.files) == 2  # once a broadcast


async def test_a_document_that_telegram_has_forgotten_is_uploaded_again(
    channel: TelegramChannel, lan: User, server: BotApi
) -> None:
    document = Attachment.of("cong-van.pdf", "application/pdf", b"%PDF-1.7")
    await channel.send(to_many(lan, document))
    server.account.files.clear()
    await channel.send(to_many(lan, document))
    await channel.send(to_many(lan, document))
    assert len(server.account.files) == 1


@pytest.mark.parametrize("paid", [False, True])
async def test_only_messages_of_broadcasts_are_paid_for_and_only_where_that_is_set(
    api: TelegramApi, lan: User, server: BotApi, *, paid: bool
) -> None:
    channel = TelegramChannel(api, paid=paid)
    await channel.send(row(lan, "trả lời"))
    await channel.send(replace(row(lan, "gửi nhiều người"), broadcast="TB-000001"))
    await channel.send(to_many(lan, Attachment.of("a.pdf", "application/pdf", b"%PDF")))
    calls = server.calls_of("sendMessage", "sendDocument")
    assert ["allow_paid_broadcast" in call.fields for call in calls] == [False, paid, paid]


def png(width: int, height: int) -> Attachment:
    """The head of a picture of this size."""
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return Attachment.of("bieu-do.png", "image/png", head)


async def test_a_chart_comes_as_a_picture_with_its_words(channel: TelegramChannel, lan: User, server: BotApi) -> None:
    await channel.send(row(lan, "<b>Số liệu</b>", attachments=(png(800, 600),)))

    shown = await lan.hears()
    assert (shown.message.photo, shown.text) == (True, "Số liệu")
    assert server.calls_of("sendDocument") == []


async def test_what_is_too_wide_for_a_picture_comes_as_a_file(channel: TelegramChannel, lan: User) -> None:
    await channel.send(row(lan, "Số liệu", attachments=(png(9000, 100),)))

    shown = await lan.hears()
    assert (shown.message.photo, shown.document is not None) == (False, True)


async def test_a_server_without_pictures_gets_the_chart_as_a_file(
    channel: TelegramChannel, lan: User, server: BotApi
) -> None:
    server.fault("sendPhoto", error=ApiError(404, "Not Found"), times=1)
    await channel.send(row(lan, "Số liệu", attachments=(png(800, 600),)))

    assert (await lan.hears()).message.photo is False


async def test_a_list_is_no_picture(channel: TelegramChannel, lan: User, server: BotApi) -> None:
    await channel.send(row(lan, "Danh sách", attachments=(Attachment.of("a.xlsx", "application/zip", b"x"),)))

    assert server.calls_of("sendPhoto") == []
