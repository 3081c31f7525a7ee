"""A refresh token works once: one refresher among all, the new pair stored before it is used."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from bot.channels import Refused, RetryLater, Unreachable
from bot.channels.zalo.oa import OpenAccount
from bot.store import Store
from tests.integration.channels.zalo.conftest import OpenIt
from tests.support.zalo import FakeOa
from tests.support.zalo.account import HOUR


async def test_many_processes_renew_a_pair_once(oa: FakeOa, account: OpenAccount, open_account: OpenIt) -> None:
    others = [account, *(open_account() for _ in range(4))]
    stale = oa.account.access
    got = await asyncio.gather(*(one.tokens.renew(stale) for one in others))
    assert set(got) == {oa.account.access}
    assert oa.account.refreshes == 1


async def test_a_token_whose_life_is_over_is_renewed_before_it_is_used(oa: FakeOa, account: OpenAccount) -> None:
    oa.account.advance += 26 * HOUR
    assert await account.tokens.access() == oa.account.access
    assert oa.account.refreshes == 1


async def test_a_pair_is_renewed_long_before_its_end_and_not_before(oa: FakeOa, account: OpenAccount) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(account.tokens.run(stop))
    await oa.until(lambda: oa.account.refreshes == 1)
    stop.set()
    await running
    lasted = (oa.account.refresh_ends - oa.account.now) / HOUR
    assert lasted > 24 * 89


async def test_the_old_pair_is_tried_once_more_after_an_answer_was_lost(oa: FakeOa, account: OpenAccount) -> None:
    stale = oa.account.access
    oa.fail("token", "dropped")
    with pytest.raises(Unreachable):
        await account.tokens.renew(stale)
    assert await account.tokens.renew(stale) == oa.account.access


async def test_where_the_new_pair_was_lost_only_a_consent_helps(oa: FakeOa, account: OpenAccount) -> None:
    stale = oa.account.access
    oa.fail("token", "delivered dropped")
    with pytest.raises(Unreachable):
        await account.tokens.renew(stale)
    with pytest.raises(Refused):
        await account.tokens.renew(stale)
    with pytest.raises(Refused):
        await account.tokens.access()
    assert not account.api.is_accepted
    await account.tokens.connect("kode")
    assert await account.tokens.access() == oa.account.access


async def test_two_lost_answers_end_in_a_consent(oa: FakeOa, account: OpenAccount) -> None:
    oa.fail("token", "dropped", "dropped")
    stale = oa.account.access
    with pytest.raises(Unreachable):
        await account.tokens.renew(stale)
    with pytest.raises(Refused):
        await account.tokens.renew(stale)


async def test_patience_costs_no_attempt(oa: FakeOa, account: OpenAccount) -> None:
    stale = oa.account.access
    oa.fail("token", -32, -32, -32)
    for _ in range(3):
        with pytest.raises(RetryLater):
            await account.tokens.renew(stale)
    assert await account.tokens.renew(stale) == oa.account.access


async def test_a_server_out_of_reach_costs_no_attempt(oa: FakeOa, account: OpenAccount, open_account: OpenIt) -> None:
    elsewhere = open_account(zalo_oauth_url="http://127.0.0.1:1")
    for _ in range(3):
        with pytest.raises(Unreachable):
            await elsewhere.tokens.renew(oa.account.access)
    assert await account.tokens.renew(oa.account.access) == oa.account.access


async def test_whoever_died_with_the_lock_is_followed_after_a_minute(
    oa: FakeOa, account: OpenAccount, store: Store
) -> None:
    known = await store.zalo.account(account.app)
    assert known is not None
    now = account.clock.now()
    assert await store.zalo.begin_refresh(account.app, known.version, "dead", now, now.replace(year=now.year)) == 1
    assert await account.tokens.renew(oa.account.access) == oa.account.access


async def test_an_account_that_was_never_connected_is_refused(open_account: OpenIt) -> None:
    with pytest.raises(Refused):
        await open_account().tokens.access()


async def test_a_pair_from_the_console_is_renewed_at_once(oa: FakeOa, open_account: OpenIt) -> None:
    account = open_account()
    await account.tokens.keep(oa.account.access, oa.account.refresh)
    stop = asyncio.Event()
    running = asyncio.create_task(account.tokens.run(stop))
    await oa.until(lambda: oa.account.refreshes == 1)
    stop.set()
    await running


async def test_no_token_lies_open_on_the_disk(oa: FakeOa, account: OpenAccount, tmp_path: Path) -> None:
    await account.tokens.renew(oa.account.access)
    with sqlite3.connect(tmp_path / "troly.sqlite3") as database:
        dump = "\n".join(database.iterdump())
    database.close()
    for token in (oa.account.access, oa.account.refresh):
        assert token not in dump
        assert token.encode().hex() not in dump.lower()
        assert token not in repr(await account.store.zalo.account(account.app))
