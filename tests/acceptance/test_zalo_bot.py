"""An officer's journey on the Bot Platform: numbers instead of buttons, links instead of files, kills in the middle."""

import re
from pathlib import Path
from typing import Any, cast

import httpx

from handlers.requests import FIELDS
from tests.acceptance.officer import Words
from tests.support.fork_server import ForkServer
from tests.support.pki import issue
from tests.support.program import Program, run_program
from tests.support.web import free_port
from tests.support.zalo.bot import BotPerson, FakeBot

CODE = re.compile(r"YC-\d{4}-\d{6}")
UPLOAD, FETCH = re.compile(r"http://\S+/u/[\w-]{22}"), re.compile(r"http://\S+/t/[\w-]{22}")
FORM = {
    FIELDS["subscriber"].ask: "1",
    FIELDS["unit"].ask: "UBND xã Phước An",
    FIELDS["serial"].ask: "1",
    FIELDS["new_name"].ask: "UBND xã Phước An mới",
}


def settings(bot: FakeBot) -> dict[str, str]:
    hook, web = free_port(), free_port()
    return {
        "TROLY_TELEGRAM_TOKEN": "", "TROLY_WEB_LISTEN": f"127.0.0.1:{web}",
        "TROLY_ZALO_BOT_TOKEN": bot.token, "TROLY_ZALO_BOT_API_URL": bot.url,
        "TROLY_ZALO_BOT_WEBHOOK_URL": f"http://127.0.0.1:{hook}/bot",
        "TROLY_ZALO_BOT_WEBHOOK_SECRET": "a-secret-of-the-webhook",
        "TROLY_ZALO_BOT_WEBHOOK_LISTEN": f"127.0.0.1:{hook}", "TROLY_ZALO_BOT_MESSAGES_PER_SECOND": "1000",
    }  # fmt: skip


async def killed_and_started(program: Program) -> None:
    await program.kill()
    await program.launch_and_wait()


async def test_an_officer_gets_from_a_sentence_to_a_registered_request_by_numbers_and_links(
    tmp_path: Path, fast_start: ForkServer
) -> None:
    words, certificate = Words(), issue()
    async with (
        FakeBot.start() as bot,
        run_program(cast(Any, bot), tmp_path, settings(bot), fast_start) as program,
        httpx.AsyncClient(timeout=120) as browser,
    ):
        lan = BotPerson(bot, "6ede9afa66b88fe6d6a9")
        await bot.says(lan.id, "chào")
        await lan.chooses(await lan.hears_menu(), words("I agree, let us begin"))
        bot.wrapped = False  # real calls were seen without the wrapper
        await bot.says(lan.id, "xã tôi vừa sáp nhập vào xã mới, chứng thư của cơ quan, token vẫn giữ", times=2)
        await killed_and_started(program)  # what the platform was told is stored is answered afterwards
        await lan.chooses(await lan.hears_menu(), "Đúng")

        await bot.withholds(lan.id)  # the file itself: Zalo tells nothing of it
        page = UPLOAD.search(await lan.hears("/u/"))
        assert page
        await bot.withholds(lan.id)  # told once is enough
        await killed_and_started(program)
        looked = await browser.get(page.group())
        assert looked.status_code == 200
        file = {"file": ("chứng thư.cer", certificate.der, "application/pkix-cert")}
        assert (await browser.post(page.group(), files=file)).status_code == 200
        assert (await browser.post(page.group(), files=file)).status_code == 404, "the link works once"
        read = await lan.hears(f"{certificate.certificate.serial_number:X}")
        shown = await lan.chooses(read, words("Yes – the certificate of an organisation"))
        for fact, value in (("merger_role", "designated"), ("key_exposed", "false")):
            assert words.asked_in(shown) == fact
            shown = await lan.chooses(shown, words.option(fact, value))
        assert "Mẫu 04" in shown
        assert "68/2024/NĐ-CP" in shown

        shown = await lan.chooses(shown, words("Register the request"))
        while (asked := next((title for title in FORM if words(title) in shown), None)) is not None:
            await bot.says(lan.id, FORM[asked])
            shown = await lan.hears_menu()
        await killed_and_started(program)
        await bot.says(lan.id, lan.number_of(shown, words("Send the request")))
        registered = CODE.search(await lan.hears("YC-"))
        assert registered

        await bot.says(lan.id, "/dulieu")
        link = FETCH.search(await lan.hears("/t/"))
        assert link
        fetched = await browser.post(link.group())
        assert fetched.status_code == 200
        assert registered.group() in fetched.text
        assert {one for text in lan.inbox for one in UPLOAD.findall(text)} == {page.group()}
        assert len(bot.sent) == len(lan.inbox)
        assert set(bot.answers) <= {200}
