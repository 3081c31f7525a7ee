"""The command line connects an account and says step by step what of it is missing; it prints no secret."""

from pathlib import Path

import pytest

import bot.cli.zalo as verbs
from bot.channels.zalo.oa.money import month_of
from bot.errors import TrolyError
from locales import translator
from tests.support.zalo import FakeOa
from tests.support.zalo.person import settings_for
from tests.support.zalo.zbs import TEMPLATES_FILE, approved_texts

SAY = translator("en")


async def test_the_address_of_the_callback_connects_and_check_finds_nothing_missing(tmp_path: Path) -> None:
    async with FakeOa.start() as oa:
        settings = settings_for(oa, tmp_path)
        code = verbs._code_of("https://troly.dongnai.gov.vn/cb?oa_id=1&code=kode&state=")
        assert await verbs._connect(settings, [code], None) == "UBND phường Thử"
        steps = await verbs._check(settings, SAY)
        assert [good for good, _ in steps] == [True, True, True, True, True, False, True, True]  # no event has come yet
        assert not [said for _, said in steps if oa.account.access in said or oa.account.app_secret in said]


@pytest.mark.parametrize(("given", "sentence"), [(["wrong"], verbs._NOT_TAKEN), (["a", "b"], verbs._ENDED)])
async def test_what_zalo_does_not_take_is_said(tmp_path: Path, given: list[str], sentence: str) -> None:
    async with FakeOa.start() as oa:
        with pytest.raises(TrolyError) as refused:
            await verbs._connect(settings_for(oa, tmp_path), given, None)
    assert refused.value.say(SAY) == sentence


async def test_a_pair_of_the_console_is_tried_and_renewed_at_once(tmp_path: Path) -> None:
    async with FakeOa.start() as oa:
        pair = [oa.account.access, oa.account.refresh]
        assert await verbs._connect(settings_for(oa, tmp_path), pair, None)
        assert oa.account.refreshes == 1


async def test_check_names_what_is_missing(tmp_path: Path) -> None:
    async with FakeOa.start() as oa:
        settings = settings_for(oa, tmp_path, zalo_oa_webhook_url=None)
        steps = {said: good for good, said in await verbs._check(settings, SAY)}
        assert set(steps.values()) == {False}
        assert any("troly zalo connect" in said for said in steps)
        await verbs._connect(settings, ["kode"], None)
        vars(oa.account).update(verified=False, package_ends="30/11/2026")
        wrong = [said for good, said in await verbs._check(settings, SAY) if not good]
        assert len(wrong) == 4  # no webhook, not verified, a package that ends, no event


async def test_check_tries_every_approved_text_and_says_what_a_month_has_cost(tmp_path: Path) -> None:
    (tmp_path / "zbs.toml").write_text(TEMPLATES_FILE)
    async with FakeOa.start() as oa:
        oa.zbs.add(approved_texts()[0])
        settings = settings_for(oa, tmp_path, zalo_zbs_templates=tmp_path / "zbs.toml", zalo_oa_monthly_dong=1000)
        await verbs._connect(settings, ["kode"], None)
        async with verbs._open_account(settings) as account:
            await account.store.zalo.reserve(account.app, month_of(account.clock.now()), 1000, 1000)
        steps = {said: good for good, said in await verbs._check(settings, SAY)}
        for said, good in (
            ("Messages after 48 hours may cost 1000 đ a month; this month they have cost 1000 đ.", False),
            ("Template 489213: approved, 150 đ by person, 200 đ by telephone.", True),
            ("Template 489214: Zalo answered with error -109.", False),
        ):
            assert steps[said] is good
        assert "/business/template/info/v2" in oa.account.calls
