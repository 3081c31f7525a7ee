"""A campaign over an Official Account, killed amid it: in the window, beyond it, blocked, by e-mail only."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pytest
from openpyxl import load_workbook

from bot.app import SYSTEM_CLOCK
from bot.channels.zalo.oa import OpenAccount
from bot.channels.zalo.oa.money import month_of
from bot.demo.data_writer import DemoChat, open_demo_data
from bot.exports.broadcast_report import ReportOrder, make_report_bytes
from bot.services.broadcasts import BroadcastOperations
from bot.services.opening import open_store_from_settings
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import Settings
from bot.store import Store, import_queries
from handlers.broadcasts import format_costs
from handlers.core import MarkupTranslator
from handlers.model import ActionResult, BroadcastDraft, BroadcastState, CampaignPlan, Rights
from locales import translator
from tests.support.broadcast_kills import any_hour_settings
from tests.support.broadcasts import NOTICE_DRAFT
from tests.support.delivery import eventually
from tests.support.fork_server import ForkServer
from tests.support.mail import MailServer, settings_of
from tests.support.program import run_program
from tests.support.store import CONSENTED_SESSION
from tests.support.web import free_port
from tests.support.zalo import Account, FakeOa
from tests.support.zalo.account import DAY, HOUR, User
from tests.support.zalo.zbs import TEMPLATES_FILE, approved_texts

BY_PERSON = "/v3.0/oa/message/template"
MAIL = "lan@dongnai.gov.vn"
#: People beyond the window, of whom one is written to when the program is killed.
FAR = 6
#: Dong: one paid message, and texts for all but the last of them.
MONTH = 55 + (FAR - 1) * 200
CAMPAIGN = NOTICE_DRAFT.model_copy(update={"plan": CampaignPlan(deadline=date(2099, 12, 31), steps=(30,))})


class OaApi:
    """What a program waits for: that it asked the account what it is."""

    token = url = ""

    def __init__(self, oa: FakeOa) -> None:
        self._oa = oa

    @property
    def listened(self) -> int:
        return self._oa.account.calls.count("/v2.0/oa/getoa")


@pytest.mark.parametrize("kind", ["business", "government"])
async def test_killed_amid_a_campaign_nobody_is_reminded_twice_and_the_report_names_everybody(
    tmp_path: Path, fast_start: ForkServer, kind: str
) -> None:
    account = Account(kind=kind, buttons=kind == "business", calls_per_minute=10_000, balance=1_000_000)
    async with FakeOa.start(account) as oa, MailServer().served(tmp_path) as mail:
        oa.zbs.nights = False
        people = {"near": account.user(HOUR), "paid": account.user(3 * DAY), "left": account.user(HOUR)}
        people |= {f"far {number}": account.user((8 + number) * DAY) for number in range(FAR)}
        people["left"].restricted = True
        for text in approved_texts():
            oa.zbs.add(text)
        environment, settings = office(oa, mail, tmp_path)
        async with open_demo_data(settings) as bulk:
            met = SYSTEM_CLOCK.now() - timedelta(hours=1)
            chats = (DemoChat("zalo", one.id, met, met, session=CONSENTED_SESSION) for one in people.values())
            await bulk.write_chats(chats)
        async with open_store_from_settings(settings) as opened:
            step = await start_campaign(opened.store, settings, people)
            others = {opened.store.chats.at("zalo", people[name].id).id for name in ("near", "paid", "left")}

        oa.fail(BY_PERSON, "", "", "delivered stalled")
        async with run_program(cast(Any, OaApi(oa)), tmp_path, environment, fast_start) as program:
            await eventually(lambda: oa.stalled == 1 and have_ended(settings.data_dir, others))
            await program.kill()
            oa.mended.set()
            await program.launch_and_wait()
            async with open_store_from_settings(settings) as opened:
                await wait_until_settled(opened.store, step)
        assert max(Counter(one.user for one in account.sent).values()) == 1, "nobody gets it twice"
        assert mail.recipients == [MAIL]
        async with open_store_from_settings(settings) as opened:
            told = await report(opened.store, settings, step)
            spent = await opened.store.zalo.spent(account.app_id, month_of(SYSTEM_CLOCK.now()))
            codes = {opened.store.chats.at("zalo", one.id).id[:8].upper(): name for name, one in people.items()}
    ends = {codes.get(code.removeprefix("N-"), "mail"): end for code, *end in told}
    assert ends.pop("near") == ["Zalo", "sent", ""]
    assert ends.pop("paid") == ["Zalo", "sent", ""]
    assert ends.pop("left") == ["Zalo", "has blocked the assistant", ""]
    assert ends.pop("mail") == ["e-mail", "sent", ""]
    far = Counter(map(tuple, ends.values()))
    by_template = ("Zalo", "sent", "by an approved template, which is paid for")
    crashed = ("Zalo", "not known whether it arrived", "the program ended between the request and its answer")
    assert far.pop(by_template) >= 1
    assert far.pop(crashed) >= 1, "it was delivered, and is never sent again"
    assert set(far) <= {("Zalo", "refused by the channel", "would have cost more than this month may cost")}
    assert 1_000_000 - account.balance <= spent <= MONTH
    assert {one.endpoint for one in account.sent if one.template is None} == {"v3" if kind == "business" else "v2"}


def have_ended(folder: Path, chats: set[str]) -> bool:
    """Tell whether these people's rows have their end, and that of the letter, and one with an approved text."""
    ended = "SELECT chat, channel, reason FROM outbox WHERE broadcast IS NOT NULL AND state IN ('sent', 'blocked')"
    with closing(sqlite3.connect(folder / "troly.sqlite3", timeout=30)) as database:
        rows = database.execute(ended).fetchall()
    found = {chat for chat, *_ in rows}
    return chats <= found and {("email", None), ("zalo", "by_template")} <= {(row[1], row[2]) for row in rows}


def office(oa: FakeOa, mail: MailServer, folder: Path) -> tuple[dict[str, str], Settings]:
    """The environment of a program with an account, approved texts, a little money and a mail server."""
    (folder / "zbs.toml").write_text(TEMPLATES_FILE)
    known = settings_of(
        mail, folder, data_dir=folder / "data", zalo_oa_app_id=oa.account.app_id,
        zalo_oa_app_secret=oa.account.app_secret, zalo_oa_api_url=oa.url, zalo_oauth_url=oa.url,
        zalo_zbs_url=f"{oa.url}/business", zalo_zbs_templates=folder / "zbs.toml", zalo_zbs_from="00:00",
        zalo_zbs_until="00:00", zalo_oa_calls_per_minute=10_000, zalo_oa_monthly_dong=MONTH,
    )  # fmt: skip
    ours = {f"TROLY_{name.upper()}": str(value) for name, value in known.items()}
    web = {"TROLY_TELEGRAM_TOKEN": "", "TROLY_WEB_LISTEN": f"127.0.0.1:{free_port()}"}
    return ours | any_hour_settings(10) | web, Settings.model_validate({**known, "state_dir": folder / "state"})


async def start_campaign(store: Store, settings: Settings, people: dict[str, User]) -> str:
    """Connect the account, check and approve a campaign, and let its first day come; the code of that step."""
    account, now = OpenAccount(settings, store, SYSTEM_CLOCK), SYSTEM_CLOCK.now()
    await account.tokens.connect("kode")
    await account.templates.refresh()
    await account.close()
    for one in people.values():
        await store.zalo.touch(
            store.chats.at("zalo", one.id).id, datetime.fromtimestamp(one.last_interaction or 0, UTC)
        )
    await store.driver.run(*import_queries(store.keyring, MAIL, None, now))
    rights, operations = Rights.operator(await store.units.read()), BroadcastOperations.over(store)
    name = await write(store, rights, CAMPAIGN)
    found = await operations.check(name, now)
    assert not found.problems
    say = MarkupTranslator("vi")
    [costs] = format_costs(say, found.costs)
    assert costs.splitlines() == [
        "Zalo: <b>1.255 đ</b> nếu gửi ngay",
        "• miễn phí, vì có nhắn tin trong 48 giờ: 2",
        "• tính phí, mỗi tin 55 đ: 1",
        "• gửi mẫu tin ZBS, tổng 1.200 đ: 6",
        "⚠ Tháng này chỉ còn được chi 1.055 đ; hết số này thì không gửi thêm tin tính phí.",
    ]
    async with open_admin_transaction(store, now) as at:
        assert await at.admin.broadcasts.move(rights, name, BroadcastState.APPROVED) is ActionResult.DONE
        await at.commit()
    await operations.freeze(name, now)
    step = await operations.create_step(name, "30", now, starts_at=now)
    assert step is not None
    return step


async def write(store: Store, rights: Rights, draft: BroadcastDraft) -> str:
    async with open_admin_transaction(store, SYSTEM_CLOCK.now()) as at:
        made = await at.admin.broadcasts.new(rights, draft)
        await at.commit()
    assert made is not None
    return made.id


async def wait_until_settled(store: Store, step: str) -> None:
    """Wait until everybody has a row, and each its end."""
    async with asyncio.timeout(30):
        while True:
            counted = await store.broadcasts.tally(step)
            if counted.total == 3 + FAR + 1 and not counted.open:
                return
            await asyncio.sleep(0.05)


async def report(store: Store, settings: Settings, step: str) -> list[tuple[str, ...]]:
    """The rows of the report as a spreadsheet shows them: code, channel, state, reason."""
    rights, now = Rights.operator(await store.units.read()), SYSTEM_CLOCK.now()
    async with open_admin_transaction(store, now, reading=True) as at:
        one = await at.admin.broadcasts.get(rights, step)
    assert one is not None
    content, _ = await make_report_bytes(
        store, ReportOrder(rights, one, (), translator("en"), now), settings.data_dir / "reports"
    )
    head, *rows = load_workbook(BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    at = [head.index(title) for title in ("Recipient", "Channel", "State", "Reason")]
    return [tuple(str(row[number] or "") for number in at) for row in rows]
