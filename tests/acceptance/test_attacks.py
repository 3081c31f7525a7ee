"""Whoever writes to the database gets no power by it; a row that is spoilt, or an order too many, stops nobody else."""

import asyncio
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook

from handlers.model.exports import ExportForm
from handlers.model.request import RequestState
from tests.acceptance.admins import changes_all, exports, registers, told
from tests.acceptance.commands import does, sql, troly
from tests.acceptance.officer import Officer
from tests.acceptance.test_neighbours import serving
from tests.support.botapi.api import BotApi
from tests.support.neighbours import Talker, consents, until
from tests.support.program import UNHURRIED, Program
from tests.support.zygote import Zygote


async def furnished(api: BotApi, folder: Path, url: str | None) -> Officer:
    """Units, and an owner, before the program starts."""
    settings = {"TROLY_DATABASE_URL": url} if url else {}
    (folder / "program.log").touch()
    idle, owner = Program(api, folder, settings), Officer(api.user("Hà"))
    await does(idle, "units", "import", "--sample", "nhon-trach", "--apply")
    await does(idle, "admins", "add", f"telegram:{owner.user.id}")
    return owner


async def test_an_owner_who_was_inserted_beside_the_running_program_can_do_nothing_and_is_named(
    api: BotApi, tmp_path: Path, url: str | None, fast_start: Zygote
) -> None:
    await furnished(api, tmp_path, url)
    async with serving(api, tmp_path, url, fast_start, UNHURRIED) as (program, *_):
        thief, lan = Officer(api.user("Kẻ trộm")), Officer(api.user("Lan"))
        await thief.consents()
        code = await registers(lan, "xa phu huu", "UBND xã Phú Hữu")
        ((chat,),) = sql(
            program,
            "SELECT id FROM chats WHERE id NOT IN (SELECT chat FROM grants)"
            " AND id NOT IN (SELECT chat FROM requests) AND channel = 'telegram'",
        )
        sql(
            program,
            "INSERT INTO grants (id, chat, role, granted_at, granted_by)"
            " VALUES ('QT-000009', ?, 'owner', 0, 'machine')",
            chat,
        )

        for command in ("/danhsach", "/vaitro", "/thongbao", "/nhatky", "/xuat", f"/danhsach {code}"):
            await thief.says(command)
        heard = "\n".join(shown.text + "".join(shown.labels) for shown in thief.user.chat.history)
        assert code not in heard
        assert thief.words("<b>Request list</b>") not in heard
        status, said = await troly(program, "audit", "verify")
        assert (status, "QT-000009" in said) == (1, True), said
        assert (await troly(program, "admins", "list", "--as", f"telegram:{thief.user.id}"))[0] != 0
        await lan.says("/trogiup")


async def test_a_spoilt_session_and_a_spoilt_request_stop_neither_the_other_officer_nor_the_list(
    api: BotApi, tmp_path: Path, url: str | None, fast_start: Zygote
) -> None:
    owner = await furnished(api, tmp_path, url)
    async with serving(api, tmp_path, url, fast_start, UNHURRIED) as (program, *_):
        await owner.consents()
        lan, minh = Officer(api.user("Lan")), Officer(api.user("Minh"))
        codes = [
            await registers(lan, "xa phu huu", "UBND xã Phú Hữu"),
            await registers(minh, "xa phu dong", "UBND xã Phú Đông"),
        ]
        cut = "substr({0}, 1, length({0}) / 2)".format
        hers = "(SELECT chat FROM requests WHERE code = ?)"
        sql(program, f"UPDATE chats SET session = {cut('session')} WHERE id = {hers}", codes[0])
        sql(program, f"UPDATE requests SET content = {cut('content')} WHERE code = ?", codes[0])

        await asyncio.gather(lan.user.says("/trogiup"), minh.says("/yeucau"))
        sorry = lan.words(
            "I am sorry: what we had talked about can no longer be read here, so we have to begin anew."
            " What you have registered is kept."
        )
        await lan.user.hears_until(lambda shown: sorry in shown.text)
        await minh.says("/trogiup")
        assert not any(sorry in shown.text for shown in minh.user.chat.history)

        listed = await owner.says("/danhsach")
        assert all(any(code in label for label in listed.labels) for code in codes), listed.labels
        marked = lan.words("⚠ cannot be read any more")
        assert sum(marked in label for label in listed.labels) + listed.text.count(marked) == 1
        sheet = load_workbook(BytesIO(await exports(owner, ExportForm.XLSX))).worksheets[0]
        found = [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        by_code = {code: next(row for row in found if code in row) for code in codes}
        assert marked in " ".join(by_code[codes[0]])
        assert marked not in " ".join(by_code[codes[1]])
        await changes_all(owner, "Accept", 2)
        for officer, code in zip((lan, minh), codes, strict=True):
            await told(officer, code, RequestState.ACCEPTED)


async def test_nineteen_orders_of_all_data_then_a_kill_and_no_start_after_it_fails(
    tmp_path: Path, url: str | None, fast_start: Zygote
) -> None:
    async with BotApi.start() as api, serving(api, tmp_path, url, fast_start) as programs:
        officer, newcomer = Talker(api.user("officer")), api.user("newcomer")
        await consents([officer.user])
        for _ in range(19):
            await newcomer.says("/dulieu")
        for _ in range(2):
            assert await until(lambda: bool(newcomer.chat.history), 20)
            for program in programs:
                await program.kill()
            for program in programs:
                await program.launch_and_wait()
            await officer.asks()
        assert await until(lambda: any(shown.document for shown in newcomer.chat.history), 60)
        await officer.asks()
        assert all(program.running for program in programs)
