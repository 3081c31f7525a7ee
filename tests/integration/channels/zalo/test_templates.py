"""Beyond seven days a reminder leaves as an approved text, at its price, within the month's money, and never twice."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.channels import Blocked, ChannelError, Deferred, Doubtful, Unreachable
from bot.channels.zalo.oa import OpenAccount
from bot.channels.zalo.oa.errors import OutsideWindow, TemplateRefused
from bot.messages import Chat, Receipt
from handlers.model import DeliveryReason, ReminderKind, SendingWindow
from tests.integration.channels.zalo.conftest import PDF, OpenIt, met, reminder, row, spent, turn_to
from tests.support.zalo import ApprovedText, FakeOa
from tests.support.zalo.account import DAY, HOUR

V3, BY_PERSON, QUOTA = "/v3.0/oa/message/cs", "/v3.0/oa/message/template", "/v3.0/oa/quota/message"
INFO = "/business/template/info/v2"


async def test_a_reminder_leaves_with_nothing_of_its_person_but_the_parameters(oa: FakeOa, paying: OpenAccount) -> None:
    chat = await met(paying, oa.account.user(8 * DAY))
    receipt = await paying.channel.send(reminder(chat))
    [sent] = oa.account.sent
    assert sent.template == {"ten": "Nguyễn Thị Lan", "ngay_het_han": "30/12/2026"}
    assert receipt == Receipt(sent.id, DeliveryReason.BY_TEMPLATE)
    assert oa.account.calls == [QUOTA, BY_PERSON], "Zalo is asked before anything is paid for"
    assert await spent(paying) == 150


@pytest.mark.parametrize(
    ("kind", "name", "day", "template"),
    [
        (ReminderKind.EXPIRY, "Lan", True, {"ten": "Lan", "ngay_het_han": "30/12/2026"}),
        (ReminderKind.EXPIRY, None, True, {"ten": "cán bộ", "ngay_het_han": "30/12/2026"}),
        (ReminderKind.EXPIRY, "L" * 31, True, {"ten": "cán bộ", "ngay_het_han": "30/12/2026"}),  # never cut
        (ReminderKind.EXPIRY, "Lan <b>& Hà", True, {"ten": "Lan <b>& Hà", "ngay_het_han": "30/12/2026"}),
        (ReminderKind.EXPIRY, "Lan", False, {"ten": "Lan", "viec": "nhắc việc chứng thư số"}),
        (ReminderKind.DEADLINE, "Lan", True, {"ten": "Lan", "viec": "nhắc việc chứng thư số"}),  # no certificate ends
        (ReminderKind.ANY, "Lan", True, {"ten": "Lan", "viec": "nhắc việc chứng thư số"}),
    ],
)
async def test_the_closest_text_that_fits_is_chosen(  # noqa: PLR0917 - a table of four columns
    oa: FakeOa, paying: OpenAccount, kind: ReminderKind, name: str | None, day: bool, template: dict[str, str]
) -> None:
    chat = await met(paying, oa.account.user(8 * DAY))
    await paying.channel.send(reminder(chat, name, date(2026, 12, 30) if day else None, kind=kind))
    assert [one.template for one in oa.account.sent] == [template]


async def test_without_a_fitting_text_nothing_leaves_and_the_reason_is_named(
    oa: FakeOa, open_account: OpenIt, paying: OpenAccount
) -> None:
    chat = await met(paying, oa.account.user(8 * DAY))
    for account, wanted in ((paying, row(chat, "Trả lời")), (open_account(), reminder(chat))):
        with pytest.raises(OutsideWindow) as refused:
            await account.channel.send(wanted)
        assert refused.value.reason is DeliveryReason.WINDOW
    assert not oa.account.sent


@pytest.mark.parametrize("code", [-230, -232])
async def test_zalo_is_right_about_a_window_whatever_was_believed(oa: FakeOa, paying: OpenAccount, code: int) -> None:
    user = oa.account.user(HOUR)
    chat = await met(paying, user)
    oa.fail(V3, code)
    await paying.channel.send(reminder(chat))
    await paying.channel.send(reminder(chat))
    assert [one.template is None for one in oa.account.sent] == [False, False]
    assert oa.account.calls.count(V3) == 1, "the window is known to be shut"
    oa.account.advance += 60
    await paying.store.zalo.touch(chat.id, paying.clock.now())
    user.last_interaction = oa.account.now
    await paying.channel.send(reminder(chat))
    assert oa.account.sent[-1].text == "Nhắc hạn"


async def test_after_part_of_a_message_left_no_text_follows(oa: FakeOa, paying: OpenAccount) -> None:
    chat = await met(paying, oa.account.user(HOUR))
    oa.fail("/v2.0/oa/upload/file", -230)
    with pytest.raises(Doubtful):
        await paying.channel.send(reminder(chat, attachments=(PDF,)))
    assert [one.template for one in oa.account.sent] == [None]


@pytest.mark.parametrize(
    ("how", "outcome"), [("dropped", Unreachable), ("500", Unreachable), (-200, ChannelError), (-999, ChannelError)]
)
async def test_a_question_that_got_no_answer_leaves_no_doubt_about_the_message(
    oa: FakeOa, paying: OpenAccount, how: str | int, outcome: type[ChannelError]
) -> None:
    chat = await met(paying, oa.account.user(3 * DAY))
    oa.fail(QUOTA, how)
    with pytest.raises(ChannelError) as failed:
        await paying.channel.send(reminder(chat))
    assert type(failed.value) is outcome
    await paying.channel.send(reminder(chat))
    assert len(oa.account.sent) == 1


async def test_a_window_that_zalo_shuts_when_it_is_asked_is_shut(oa: FakeOa, paying: OpenAccount) -> None:
    chat = await met(paying, oa.account.user(3 * DAY))
    oa.fail(QUOTA, -232)
    await paying.channel.send(reminder(chat))
    assert [one.template is None for one in oa.account.sent] == [False]


async def test_texts_take_their_places_of_the_same_minute(oa: FakeOa, paying: OpenAccount) -> None:
    oa.account.calls_per_minute = 20  # the account says so with every answer
    chat = await met(paying, oa.account.user(8 * DAY))
    for _ in range(6):
        await paying.channel.send(reminder(chat))
    for _ in range(24):
        await paying.templates.refresh()
    assert not oa.account.reached


@pytest.mark.parametrize(("hour", "minute", "wait"), [(22, 0, 8 * HOUR), (23, 30, 6.5 * HOUR), (5, 59, 60)])
async def test_no_text_leaves_at_night(oa: FakeOa, paying: OpenAccount, hour: int, minute: int, wait: float) -> None:
    turn_to(oa, hour, minute)
    await paying.tokens.connect("kode")
    chat = await met(paying, oa.account.user(8 * DAY))
    with pytest.raises(Deferred) as waiting:
        await paying.channel.send(reminder(chat))
    assert waiting.value.after == pytest.approx(wait, abs=5)
    assert BY_PERSON not in oa.account.calls
    assert await spent(paying) == 0


async def test_where_zalo_sleeps_longer_it_is_asked_again_later(oa: FakeOa, paying: OpenAccount) -> None:
    oa.zbs.opens = 7
    turn_to(oa, 6, 30)
    await paying.tokens.connect("kode")
    chat = await met(paying, oa.account.user(8 * DAY))
    with pytest.raises(Deferred):
        await paying.channel.send(reminder(chat))
    oa.account.advance += HOUR
    await paying.channel.send(reminder(chat))
    assert len(oa.account.sent) == 1


async def test_a_text_is_compared_with_what_zalo_approved_before_it_is_used(
    oa: FakeOa, open_account: OpenIt, tmp_path: Path
) -> None:
    written = [f'[[template]]\nid = "{number}"\nparameters = {{ ten = "{{ho_ten|cán bộ}}" }}' for number in range(1, 8)]
    (tmp_path / "zbs.toml").write_text("\n".join(written))
    for text in (
        ApprovedText("2", {"ten": "name"}, status="PENDING_REVIEW"),
        ApprovedText("3", {"ten": "name", "ngay": "date"}),
        ApprovedText("4", {"other": "name"}),
        ApprovedText("5", {"ten": "name"}, price_uid=None),
        ApprovedText("6", {"ten": "name"}, price_uid="bằng tay"),
        ApprovedText("7", {"ten": "name", "ngay": "date"}, optional=frozenset({"ngay"}), price_uid="180.5"),
    ):
        oa.zbs.add(text)
    account = open_account(zalo_zbs_templates=tmp_path / "zbs.toml")
    await account.tokens.connect("kode")
    found = {one.id: (one.price, one.problem) for one in await account.templates.refresh()}
    assert found == {
        "1": (None, "error -109"), "2": (150, "not_approved"), "3": (150, "parameters"), "4": (150, "parameters"),
        "5": (None, "price"), "6": (None, "price"), "7": (181, None),
    }  # fmt: skip


async def test_a_price_is_asked_for_every_hour_and_an_outage_leaves_the_last_one(
    oa: FakeOa, paying: OpenAccount
) -> None:
    oa.zbs.texts["489213"].price_uid = 170
    assert [one.price for one in await paying.templates.current()] == [150, 200]
    assert oa.account.calls == []
    oa.account.advance += 1.5 * HOUR
    oa.fail(INFO, "dropped", "dropped", -32)  # a call that only reads is tried twice
    assert [one.price for one in await paying.templates.current()] == [150, 200]
    oa.account.advance += 240
    assert [one.price for one in await paying.templates.current()] == [150, 200]
    oa.account.advance += 120  # it is asked again soon
    assert [one.price for one in await paying.templates.current()] == [170, 200]


async def test_a_price_that_was_never_known_makes_a_text_unusable(oa: FakeOa, paying: OpenAccount) -> None:
    await paying.store.zalo.keep_templates(paying.app, [], paying.clock.now())
    oa.fail(INFO, -32, -32)
    assert [one.problem for one in await paying.templates.current()] == ["not_asked", "not_asked"]


@pytest.mark.parametrize(
    ("age", "money", "window"),
    [
        (HOUR, 0, SendingWindow.FREE),
        (3 * DAY, 1000, SendingWindow.PAID),
        (3 * DAY, 54, SendingWindow.BLOCKED),
        (8 * DAY, 1000, SendingWindow.TEMPLATE_ONLY),
        (8 * DAY, 149, SendingWindow.BLOCKED),
    ],
)
async def test_whether_a_person_can_be_reached_now_has_a_clear_answer(  # noqa: PLR0917 - a table of three columns
    oa: FakeOa, open_account: OpenIt, paying: OpenAccount, age: float, money: int, window: SendingWindow
) -> None:
    account = open_account(zalo_zbs_templates=paying.settings.zalo_zbs_templates, zalo_oa_monthly_dong=money)
    chat = await met(account, oa.account.user(age))
    assert await account.channel.can_send(chat) is window
    assert oa.account.calls == [], "nothing is asked of Zalo for it"
    await account.store.chats.mark_blocked(chat, account.clock.now())
    assert await account.channel.can_send(chat) is SendingWindow.BLOCKED


async def test_while_a_colleague_answers_no_text_leaves(oa: FakeOa, paying: OpenAccount) -> None:
    chat = await met(paying, oa.account.user(8 * DAY))
    await paying.store.zalo.silence(chat.id, paying.clock.now() + timedelta(minutes=30))
    with pytest.raises(Deferred):
        await paying.channel.send(reminder(chat))
    assert not oa.account.sent


PHONE = "84912345678"


async def sends_number(account: OpenAccount, chat: Chat) -> None:
    """A person who agreed that data about them are kept, sends their telephone number."""
    with closing(sqlite3.connect(account.settings.data_dir / "troly.sqlite3", isolation_level=None)) as database:
        database.execute("UPDATE chats SET consented = 1 WHERE id = ?", (chat.id,))
    await account.store.zalo.keep_phone(chat.id, PHONE)


async def test_a_text_that_goes_to_telephones_alone_leaves_by_the_number_that_the_person_sent(
    oa: FakeOa, paying: OpenAccount
) -> None:
    oa.zbs.texts["489213"].made = date(2025, 12, 1)  # too old to be sent by person
    lan, minh = oa.account.user(8 * DAY), oa.account.user(8 * DAY)
    oa.zbs.phones[PHONE] = lan
    chats = [await met(paying, one) for one in (lan, minh)]
    await sends_number(paying, chats[0])
    receipt = await paying.channel.send(reminder(chats[0]))
    assert isinstance(receipt, Receipt)
    assert receipt.reason is DeliveryReason.BY_TEMPLATE
    assert [one.user for one in oa.account.sent] == [lan.id]
    assert await spent(paying) == 200, "what did not leave by person is given back"
    with pytest.raises(TemplateRefused):
        await paying.channel.send(reminder(chats[1]))
    assert [len(one) for one in oa.zbs.tracked] == [48]
    assert await spent(paying) == 200


@pytest.mark.parametrize(
    ("how", "outcome", "cost"),
    [
        (-139, Blocked, 0),
        (-115, Deferred, 0),
        (-131, TemplateRefused, 0),
        (-999, Doubtful, 200),
        ("dropped", Doubtful, 200),
    ],
)
async def test_a_message_by_telephone_has_outcomes_of_its_own(
    oa: FakeOa, paying: OpenAccount, how: str | int, outcome: type[ChannelError], cost: int
) -> None:
    oa.zbs.texts["489213"].otp = True
    chat = await met(paying, oa.account.user(8 * DAY))
    await sends_number(paying, chat)
    oa.fail("/business/message/template", how)
    with pytest.raises(outcome):
        await paying.channel.send(reminder(chat))
    assert await spent(paying) == cost
    assert oa.account.calls.count("/business/message/template") == 1
