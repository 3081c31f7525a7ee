"""Whoever writes to the database gets no power by it; a row that is spoilt, or an order too many, stops nobody else."""

import asyncio
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook

from handlers.model import ExportForm, RequestState
from tests.acceptance.admins import change_all, export_list, hear_move, register_request
from tests.acceptance.officer import Officer
from tests.acceptance.processes import run_command, sql, troly
from tests.acceptance.test_load import serving
from tests.support.fork_server import ForkServer
from tests.support.load import Talker, consent_all, wait_for
from tests.support.program import UNHURRIED, Program
from tests.support.telegram.api import BotApi


async def furnished(api: BotApi, folder: Path, url: str | None) -> Officer:
    """Units, and an owner, before the program starts."""
    settings = {"TROLY_DATABASE_URL": url} if url else {}
    (folder / "program.log").touch()
    idle, owner = Program(api, folder, settings), Officer(api.user("Hà"))
    await run_command(idle, "units", "import", "--sample", "nhon-trach", "--apply")
    await run_command(idle, "admins", "add", f"telegram:{owner.user.id}")
    return owner


async def test_an_owner_who_was_inserted_beside_the_running_program_can_do_nothing_and_is_named(
    api: BotApi, tmp_path: Path, url: str | None, fast_start: ForkServer
) -> None:
    await furnished(api, tmp_path, url)
    async with serving(api, tmp_path, url, fast_start, UNHURRIED) as (program, *_):
        thief, lan = Officer(api.user("Kẻ trộm")), Officer(api.user("Lan"))
        await thief.consents()
        code = await register_request(lan, "xa phu huu", "UBND xã Phú Hữu")
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
    api: BotApi, tmp_path: Path, url: str | None, fast_start: ForkServer
) -> None:
    owner = await furnished(api, tmp_path, url)
    async with serving(api, tmp_path, url, fast_start, UNHURRIED) as (program, *_):
        await owner.consents()
        lan, minh = Officer(api.user("Lan")), Officer(api.user("Minh"))
        codes = [
            await register_request(lan, "xa phu huu", "UBND xã Phú Hữu"),
            await register_request(minh, "xa phu dong", "UBND xã Phú Đông"),
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
        sheet = load_workbook(BytesIO(await export_list(owner, ExportForm.XLSX))).worksheets[0]
        found = [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        by_code = {code: next(row for row in found if code in row) for code in codes}
        assert marked in " ".join(by_code[codes[0]])
        assert marked not in " ".join(by_code[codes[1]])
        await change_all(owner, "Accept", 2)
        for officer, code in zip((lan, minh), codes, strict=True):
            await hear_move(officer, code, RequestState.ACCEPTED)


async def test_nineteen_orders_of_all_data_then_a_kill_and_no_start_after_it_fails(
    tmp_path: Path, url: str | None, fast_start: ForkServer
) -> None:
    async with BotApi.start() as api, serving(api, tmp_path, url, fast_start) as programs:
        officer, newcomer = Talker(api.user("officer")), api.user("newcomer")
        await consent_all([officer.user])
        for _ in range(19):
            await newcomer.says("/dulieu")
        for _ in range(2):
            assert await wait_for(lambda: bool(newcomer.chat.history), 60)
            for program in programs:
                await program.kill()
            for program in programs:
                await program.launch_and_wait()
            await officer.asks()
        assert await wait_for(lambda: any(shown.document for shown in newcomer.chat.history), 60)
        await officer.asks()
        assert all(program.running for program in programs)
