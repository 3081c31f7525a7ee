"""Messages leave by the endpoint that the account takes, in a form it takes; what is unclear is never repeated."""

from datetime import timedelta

import pytest

from bot.channels import Blocked, ChannelError, Doubtful, Invalid, Refused, RetryLater, Unreachable
from bot.channels.zalo.oa import OpenAccount
from bot.channels.zalo.oa.errors import OutsideWindow
from bot.store import StoreUnavailable
from bot.store.zalo import ZaloRepository
from handlers.core import Attachment
from tests.integration.channels.zalo.conftest import PDF, OpenIt, choices, met, row
from tests.support.zalo import FakeOa
from tests.support.zalo.account import DAY, HOUR, decomposed

V3, V2, FILE = "/v3.0/oa/message/cs", "/v2.0/oa/message", "/v2.0/oa/upload/file"


async def test_a_text_arrives_and_its_id_is_returned(oa: FakeOa, account: OpenAccount) -> None:
    chat = await met(account, oa.account.user())
    message = await account.channel.send(row(chat, "Chào <b>anh/chị</b> &amp; đồng nghiệp"))
    [sent] = oa.account.sent
    assert (sent.id, sent.text, sent.endpoint) == (message, "Chào anh/chị & đồng nghiệp", "v3")


async def test_accents_typed_apart_are_joined_before_they_are_counted(oa: FakeOa, account: OpenAccount) -> None:
    chat, text = await met(account, oa.account.user()), "chứng thư số " * 130
    await account.channel.send(row(chat, decomposed(text.strip())))
    assert [one.text for one in oa.account.sent] == [text.strip()]


async def test_five_short_choices_are_buttons_and_more_or_longer_ones_a_numbered_menu(
    oa: FakeOa, account: OpenAccount
) -> None:
    chat = await met(account, oa.account.user())
    await account.channel.send(row(chat, "Chọn:", choices=choices("a", "b", "c", "d", "e" * 35)))
    await account.channel.send(row(chat, "Chọn:", choices=choices("a", "b", "c", "d", "e", "f")))
    await account.channel.send(row(chat, "Chọn:", choices=choices("a", "b" * 36)))
    first, *menus = oa.account.sent
    assert [one["payload"] for one in first.buttons] == [f"#menu|{number}|3" for number in range(5)]
    assert [one.buttons for one in menus] == [(), ()]
    assert menus[0].text == "Chọn:\n\n1. a\n2. b\n3. c\n4. d\n5. e\n6. f"


async def test_an_account_that_refuses_buttons_gets_a_menu_at_once_and_from_then_on(
    oa: FakeOa, account: OpenAccount, open_account: OpenIt
) -> None:
    oa.account.buttons = False
    chat = await met(account, oa.account.user())
    await account.channel.send(row(chat, "Chọn:" + "x" * 1790, choices=choices(*("b" * 35,) * 5)))
    assert oa.account.sent[-1].text.endswith(f"\n5. {'b' * 35}")
    before = oa.account.calls.count(V3)
    await account.channel.send(row(chat, "Chọn:", choices=choices("a", "b")))
    assert oa.account.calls.count(V3) == before + 1, "it was asked again"
    again = open_account()
    await again.channel.learn_buttons()
    assert not again.channel.capabilities.buttons


@pytest.mark.parametrize(("kind", "first", "then"), [("government", V3, V2), ("business", V2, V3)])
async def test_the_wrong_endpoint_is_left_once_and_for_good(
    oa: FakeOa, account: OpenAccount, kind: str, first: str, then: str
) -> None:
    oa.account.kind = kind
    if first == V2:
        await account.store.zalo.keep_profile(account.app, {}, "v2")
    chat = await met(account, oa.account.user())
    await account.channel.send(row(chat, "một"))
    await account.channel.send(row(chat, "hai"))
    assert oa.account.calls == [first, then, then]
    oa.account.kind = "business" if kind == "government" else "government"
    with pytest.raises(Refused):
        await account.channel.send(row(chat, "ba"))
    assert oa.account.calls == [first, then, then, then]


@pytest.mark.parametrize("code", [-32, -201, -200, -210, -213, -216, -230, -999])
async def test_no_other_error_changes_the_endpoint(oa: FakeOa, account: OpenAccount, code: int) -> None:
    chat = await met(account, oa.account.user())
    oa.fail(V3, code, code)
    with pytest.raises(ChannelError):
        await account.channel.send(row(chat, "một"))
    assert V2 not in oa.account.calls


@pytest.mark.parametrize("how", [-200, "delivered -200", "delivered dropped", "delivered -999", "500", "dropped"])
async def test_what_may_have_arrived_is_unclear_and_sent_once(oa: FakeOa, account: OpenAccount, how: str | int) -> None:
    chat = await met(account, oa.account.user())
    oa.fail(V3, how)
    with pytest.raises(Doubtful):
        await account.channel.send(row(chat, "một"))
    assert oa.account.calls.count(V3) == 1
    assert len(oa.account.sent) == (1 if str(how).startswith("delivered") else 0)


async def test_what_a_proxy_refused_has_not_left(oa: FakeOa, account: OpenAccount) -> None:
    chat = await met(account, oa.account.user())
    oa.fail(V3, "403")
    with pytest.raises(Unreachable):
        await account.channel.send(row(chat, "một"))
    await account.channel.send(row(chat, "một"))
    assert len(oa.account.sent) == 1


@pytest.mark.parametrize("broadcast", [True, False])
async def test_a_broadcast_of_which_part_left_is_not_begun_again(
    oa: FakeOa, account: OpenAccount, broadcast: bool
) -> None:
    chat = await met(account, oa.account.user())
    oa.fail(FILE, "dropped")
    with pytest.raises(ChannelError) as told:
        await account.channel.send(row(chat, "Nhắc", broadcast=broadcast, attachments=(PDF,)))
    assert [one.text for one in oa.account.sent] == ["Nhắc"]
    assert isinstance(told.value, Doubtful) == broadcast, "an answer may come twice, a broadcast never"


async def test_buttons_that_were_refused_cost_no_second_message_where_the_store_cannot_note_it(
    oa: FakeOa, account: OpenAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def give_up_buttons(*_: object) -> None:
        raise StoreUnavailable("x")

    oa.account.buttons, chat = False, await met(account, oa.account.user())
    monkeypatch.setattr(ZaloRepository, "give_up_buttons", give_up_buttons)
    await account.channel.send(row(chat, "Chọn:", choices=choices("a", "b")))
    assert len(oa.account.sent) == 1


async def test_a_file_is_uploaded_once_and_again_after_its_days(oa: FakeOa, account: OpenAccount) -> None:
    chat = await met(account, oa.account.user())
    await account.channel.send(row(chat, attachments=(PDF,)))
    await account.channel.send(row(chat, attachments=(PDF,), broadcast=True))
    assert oa.account.calls.count(FILE) == 1
    oa.fail(V3, -100)
    await account.channel.send(row(chat, attachments=(PDF,)))
    assert oa.account.calls.count(FILE) == 2
    assert [(one.file, one.content) for one in oa.account.sent] == [("mau-04.pdf", b"%PDF-1.7 made up")] * 3


async def test_an_upload_without_an_answer_may_be_repeated(oa: FakeOa, account: OpenAccount) -> None:
    chat = await met(account, oa.account.user())
    oa.fail(FILE, "dropped")
    with pytest.raises(Unreachable):
        await account.channel.send(row(chat, attachments=(PDF,)))
    assert not oa.account.sent


@pytest.mark.parametrize(
    "file",
    [
        Attachment.of("ho-so.zip", "application/zip", b"PK"),
        Attachment.of("to.pdf", "application/pdf", b"x" * (5 * 1024 * 1024 + 1)),
    ],
)
async def test_a_file_that_zalo_does_not_carry_is_told_of_or_linked(
    oa: FakeOa, account: OpenAccount, file: Attachment
) -> None:
    chat = await met(account, oa.account.user())
    await account.channel.send(row(chat, attachments=(file,)))
    assert file.name in oa.account.sent[-1].text
    assert FILE not in oa.account.calls


async def test_a_token_that_ended_is_renewed_and_the_message_sent_again(oa: FakeOa, account: OpenAccount) -> None:
    chat = await met(account, oa.account.user())
    oa.account.access_ends = 0.0
    await account.channel.send(row(chat, "một"))
    assert (len(oa.account.sent), oa.account.refreshes) == (1, 1)


async def test_whoever_left_is_blocked(oa: FakeOa, account: OpenAccount) -> None:
    user = oa.account.user()
    chat = await met(account, user)
    user.restricted = True
    with pytest.raises(Blocked):
        await account.channel.send(row(chat, "một"))


async def test_within_two_days_nothing_is_asked_and_beyond_seven_nothing_is_sent(
    oa: FakeOa, account: OpenAccount
) -> None:
    near, far = oa.account.user(40 * HOUR), oa.account.user(8 * DAY)
    await account.channel.send(row(await met(account, near), "một"))
    with pytest.raises(OutsideWindow):
        await account.channel.send(row(await met(account, far), "hai"))
    assert oa.account.calls == [V3, "/v3.0/oa/quota/message"]


async def test_zalo_knows_of_an_interaction_that_we_did_not_see(oa: FakeOa, account: OpenAccount) -> None:
    user = oa.account.user(8 * DAY)
    chat = await met(account, user)
    user.last_interaction = oa.account.now - 60
    await account.channel.send(row(chat, "một"))
    await account.channel.send(row(chat, "hai"))
    assert oa.account.calls.count("/v3.0/oa/quota/message") == 1


async def test_a_month_never_costs_more_than_it_may(oa: FakeOa, open_account: OpenIt) -> None:
    account = open_account(zalo_oa_monthly_dong=120, zalo_oa_message_dong=55)
    await account.tokens.connect("kode")
    oa.account.balance = 10_000
    chat = await met(account, oa.account.user(3 * DAY))
    for _ in range(2):
        await account.channel.send(row(chat, "một"))
    with pytest.raises(OutsideWindow):
        await account.channel.send(row(chat, "một"))
    assert [one.quota for one in oa.account.sent] == ["purchase_quota"] * 2
    oa.account.advance += 40 * DAY
    oa.account.people[chat.address].last_interaction = oa.account.now - 3 * DAY
    await account.tokens.connect("kode")
    await account.store.zalo.touch(chat.id, account.clock.now() - timedelta(days=3))
    await account.channel.send(row(chat, "tháng sau"))


async def test_without_a_budget_nothing_is_sent_that_may_cost(oa: FakeOa, account: OpenAccount) -> None:
    oa.account.balance = 10_000
    chat = await met(account, oa.account.user(3 * DAY))
    with pytest.raises(OutsideWindow):
        await account.channel.send(row(chat, "một"))
    assert not oa.account.sent


async def test_while_a_colleague_answers_the_assistant_waits(oa: FakeOa, account: OpenAccount) -> None:
    chat = await met(account, oa.account.user())
    await account.store.zalo.silence(chat.id, account.clock.now() + timedelta(minutes=30))
    with pytest.raises(RetryLater) as waiting:
        await account.channel.send(row(chat, "một"))
    assert 1790 < waiting.value.after < 1802
    oa.account.advance += 1802
    await account.channel.send(row(chat, "một"))


@pytest.mark.parametrize("changes", [{"plan": False}, {"verified": False}])
async def test_without_a_package_everything_waits_and_the_health_page_says_so(
    oa: FakeOa, account: OpenAccount, changes: dict[str, bool]
) -> None:
    chat = await met(account, oa.account.user())
    vars(oa.account).update(changes)
    with pytest.raises(Refused):
        await account.channel.send(row(chat, "một"))
    assert not account.api.is_accepted
    vars(oa.account).update(dict.fromkeys(changes, True))
    await account.channel.send(row(chat, "một"))
    assert account.api.is_accepted


async def test_a_proof_goes_along_where_the_console_asks_for_one(oa: FakeOa, open_account: OpenIt) -> None:
    plain, proving = open_account(), open_account(zalo_oa_appsecret_proof=True)
    await plain.tokens.connect("kode")
    oa.account.proof = True
    chat = await met(plain, oa.account.user())
    with pytest.raises(Refused):
        await plain.channel.send(row(chat, "một"))
    await proving.channel.send(row(chat, "một"))


async def test_no_minute_holds_more_calls_than_the_package_allows(oa: FakeOa, open_account: OpenIt) -> None:
    account = open_account(zalo_oa_calls_per_minute=100)
    await account.tokens.connect("kode")
    oa.account.calls_per_minute = 40  # the account says so with every answer
    chat = await met(account, oa.account.user())
    for number in range(130):
        await account.channel.send(row(chat, str(number), broadcast=True))
    assert not oa.account.reached
    assert len(oa.account.sent) == 130


async def test_answers_find_a_place_in_the_minute_of_a_broadcast(oa: FakeOa, open_account: OpenIt) -> None:
    account = open_account(zalo_oa_calls_per_minute=50)
    await account.tokens.connect("kode")
    oa.account.calls_per_minute = 50
    chat, begun = await met(account, oa.account.user()), oa.account.advance
    for number in range(45):
        await account.channel.send(row(chat, str(number), broadcast=True))
    assert oa.account.advance == begun
    for number in range(5):
        await account.channel.send(row(chat, f"trả lời {number}"))
    assert oa.account.advance == begun
    assert not oa.account.reached


async def test_too_many_calls_make_everything_wait_for_a_minute(oa: FakeOa, account: OpenAccount) -> None:
    chat = await met(account, oa.account.user())
    oa.fail(V3, -32)
    with pytest.raises(RetryLater):
        await account.channel.send(row(chat, "một"))
    begun = oa.account.advance
    await account.channel.send(row(chat, "một"))
    assert oa.account.advance - begun >= 60


async def test_a_text_that_is_refused_is_not_sent_again(oa: FakeOa, account: OpenAccount) -> None:
    chat = await met(account, oa.account.user())
    oa.fail(V3, -248)
    with pytest.raises(Invalid):
        await account.channel.send(row(chat, "một"))
