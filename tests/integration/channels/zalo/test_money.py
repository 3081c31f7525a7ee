"""A price is taken before a message leaves and settled behind it: no month costs more than it may."""

import asyncio

import pytest

from bot.channels import Blocked, ChannelError, Deferred, Doubtful, RetryLater, Unreachable
from bot.channels.zalo.oa import OpenAccount
from bot.channels.zalo.oa.api import ZbsApi
from bot.channels.zalo.oa.errors import NoMoney, OutsideWindow, TemplateRefused
from bot.store import AbandonedRow
from bot.store.errors import StoreUnavailable
from handlers.model import DeliveryReason
from tests.integration.channels.zalo.conftest import Alarms, OpenIt, met, reminder, spent
from tests.support.zalo import FakeOa
from tests.support.zalo.account import DAY

V3, BY_PERSON = "/v3.0/oa/message/cs", "/v3.0/oa/message/template"
INFO = "/business/template/info/v2"


@pytest.mark.parametrize(
    ("how", "outcome", "cost"),
    [
        (-213, Blocked, 0),
        (-230, OutsideWindow, 0),
        (-249, TemplateRefused, 0),
        (-201, TemplateRefused, 0),
        (-210, TemplateRefused, 0),
        (-224, TemplateRefused, 0),
        (-248, TemplateRefused, 0),
        (-211, Deferred, 0),
        (-320, Deferred, 0),
        (-321, Deferred, 0),
        (-234, Deferred, 0),
        (-32, RetryLater, 0),
        ("403", ChannelError, 0),
        (-200, Doubtful, 150),
        (-999, Doubtful, 150),
        ("500", Doubtful, 150),
        ("dropped", Doubtful, 150),
        ("delivered dropped", Doubtful, 150),
        ("delivered -200", Doubtful, 150),
    ],
)
async def test_what_surely_did_not_leave_costs_nothing_and_what_may_have_arrived_counts_as_spent(
    oa: FakeOa, paying: OpenAccount, how: str | int, outcome: type[ChannelError], cost: int
) -> None:
    chat = await met(paying, oa.account.user(8 * DAY))
    oa.fail(BY_PERSON, how)
    with pytest.raises(outcome):
        await paying.channel.send(reminder(chat))
    assert await spent(paying) == cost
    assert paying.api.is_accepted, "a text that is refused says nothing of the account"
    assert oa.account.calls.count(BY_PERSON) == 1


async def test_a_store_that_fails_before_anything_leaves_costs_nothing(
    oa: FakeOa, paying: OpenAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def access(_: object) -> str:
        raise StoreUnavailable("x")

    chat = await met(paying, oa.account.user(8 * DAY))
    await paying.channel.send(reminder(chat))
    monkeypatch.setattr(ZbsApi, "send_to_person", lambda *_: access(None))
    with pytest.raises(Unreachable):
        await paying.channel.send(reminder(chat))
    assert await spent(paying) == 150


async def test_many_at_once_never_pass_the_months_money(oa: FakeOa, open_account: OpenIt, paying: OpenAccount) -> None:
    other = open_account(zalo_zbs_templates=paying.settings.zalo_zbs_templates, zalo_oa_monthly_dong=1000)
    users = [oa.account.user((8 if number % 2 else 3) * DAY) for number in range(30)]
    rows = [reminder(await met(paying, user)) for user in users]
    sides = (paying.channel, other.channel)
    ended = await asyncio.gather(*(sides[at % 2].send(one) for at, one in enumerate(rows)), return_exceptions=True)
    refused = [one for one in ended if isinstance(one, BaseException)]
    assert {type(one) for one in refused} == {NoMoney}
    assert all(isinstance(one, NoMoney) and one.reason is DeliveryReason.MONEY for one in refused)
    paid = 1_000_000 - oa.account.balance
    assert paid == await spent(paying) <= 1000
    assert paid + 55 > 1000, "as much left as could"
    assert len(oa.account.sent) + len(refused) == 30


async def test_a_text_that_the_month_does_not_pay_for_is_not_sent(oa: FakeOa, open_account: OpenIt) -> None:
    account = open_account(zalo_oa_monthly_dong=0)
    await account.tokens.connect("kode")
    chat = await met(account, oa.account.user(3 * DAY))
    with pytest.raises(NoMoney):
        await account.channel.send(reminder(chat))
    assert not oa.account.sent


async def test_the_packages_own_messages_cost_nothing_and_what_zalo_charges_is_counted(
    oa: FakeOa, paying: OpenAccount
) -> None:
    oa.account.free_messages = 1
    user = oa.account.user(3 * DAY)
    chat = await met(paying, user)
    for cost in (0, 55):
        await paying.channel.send(reminder(chat))
        assert await spent(paying) == cost
    await paying.store.zalo.touch(chat.id, paying.clock.now())  # believed to be free
    await paying.channel.send(reminder(chat))
    assert await spent(paying) == 110


async def test_the_owners_hear_what_somebody_has_to_do_about_money_and_texts(
    oa: FakeOa, open_account: OpenIt, paying: OpenAccount, alarms: Alarms
) -> None:
    near, far = await met(paying, oa.account.user(3 * DAY)), await met(paying, oa.account.user(8 * DAY))
    for path, chat, code in ((V3, near, -321), (BY_PERSON, far, -320), (BY_PERSON, far, -249)):
        oa.fail(path, code)
        with pytest.raises((Deferred, TemplateRefused)):
            await paying.channel.send(reminder(chat))
    texts = paying.settings.zalo_zbs_templates
    for money in (100, 0):  # whoever lets nothing be paid for needs no word about it
        poor = open_account(zalo_zbs_templates=texts, zalo_oa_monthly_dong=money)
        with pytest.raises(NoMoney):
            await poor.channel.send(reminder(far))
    oa.zbs.texts["489213"].status = "DISABLE"
    for _ in range(2):
        await paying.templates.refresh()
    oa.fail(INFO, -32, -32)
    await paying.templates.refresh()
    assert alarms.raised == [
        (AbandonedRow.MONEY, -321),
        (AbandonedRow.MONEY, -320),
        (AbandonedRow.TEMPLATE, "489213 (-249)"),
        (AbandonedRow.BUDGET, 100),
        (AbandonedRow.TEMPLATE, "489213"),
    ]
