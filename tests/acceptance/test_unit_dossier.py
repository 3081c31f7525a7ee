"""The dossier of a whole unit over the Bot API: killed between the order and the papers, which arrive once."""

import os
import zipfile
from io import BytesIO
from pathlib import Path

from handlers.model import Role
from tests.acceptance.admins import accept_invitation, create_invitation, troly
from tests.acceptance.officer import Officer
from tests.support.dossiers import commune, to_zip
from tests.support.fork_server import ForkServer
from tests.support.program import Program, run_program
from tests.support.telegram.api import BotApi
from tests.support.telegram.chats import Shown

DIFFER = "1 được giữ lại; 2-4 trực thuộc; 34, 35 nghỉ hưu; 36 mất token; 37 chuyển công tác"
#: What is answered for all, whichever is asked.
ANSWERS = ("Có thông tin không còn đúng", "Đang giữ và dùng được", "Không")
OPEN, OURS, MAKE = "Trả lời câu còn thiếu", "Chứng thư ghi tên khác cũng của đơn vị", "Lập giấy tờ"
STOP = "Dừng lập hồ sơ"


def make_slow_converter(folder: Path) -> Path:
    """Write a LibreOffice that notes its number, takes its time, and fails: papers go out as DOCX alone."""
    folder.mkdir()
    made = folder / "soffice"
    made.write_text(f"#!/bin/sh\necho $$ >> {folder}/started\nsleep 3\nexit 1\n")
    made.chmod(0o700)
    return folder / "started"


def count_starts(started: Path) -> int:
    return len(started.read_text().split()) if started.exists() else 0


def is_alive(started: Path) -> bool:
    return any(Path(f"/proc/{pid}").exists() for pid in started.read_text().split())


async def answer_dossier(lan: Officer) -> Shown:
    """Open a dossier, send the ZIP, say who differs, and answer what is asked for all; at most twelve messages."""
    shown = await lan.says("/donvi")
    if "Sáp nhập thành cơ quan mới" in " ".join(shown.labels):
        shown = await tap(lan, shown, "Sáp nhập thành cơ quan mới")
    await lan.user.sends_file(to_zip(commune()), "xa.zip")
    shown = await lan.hears()
    if OURS in shown.labels:
        shown = await tap(lan, shown, OURS)
    shown = await lan.says(DIFFER)
    shown = await tap(lan, shown, OPEN)
    while label := next((one for one in ANSWERS if one in " ".join(shown.labels)), None):
        shown = await tap(lan, shown, label)
    return shown


async def tap(lan: Officer, shown: Shown, label: str) -> Shown:
    await lan.user.taps(next(one for one in shown.labels if one.startswith(label)))
    return await lan.hears()


async def stop_by_button(lan: Officer, shown: Shown) -> Shown:
    """Order the papers, see how far they are in the message of the order, and stop them there; return the page."""
    await lan.user.taps(next(one for one in shown.labels if one.startswith(MAKE)))
    moved = await lan.user.hears_until(
        lambda one: one.kind == "edit" and one.text.startswith("Tôi đang lập"), lan.patience
    )
    assert moved.labels == [STOP]
    await lan.user.taps(STOP)
    ended = await lan.user.hears_until(lambda one: one.kind == "edit" and "Đã dừng" in one.text, lan.patience)
    assert (ended.message.id, ended.labels) == (moved.message.id, [])
    page = await lan.hears()
    assert "chưa lập giấy tờ nào" in page.text
    assert not documents(lan)
    return page


async def test_killed_between_the_order_and_the_papers_they_are_made_anew_and_arrive_once(
    api: BotApi, tmp_path: Path, fast_start: ForkServer
) -> None:
    started = make_slow_converter(tmp_path / "bin")
    ha, lan = Officer(api.user("Hà")), Officer(api.user("Lan"), patience=40)
    await troly(tmp_path, "units", "import", "--sample", "nhon-trach", "--apply")
    await troly(tmp_path, "admins", "add", f"telegram:{ha.user.id}")
    path = f"{started.parent}{os.pathsep}{os.environ['PATH']}"
    async with run_program(api, tmp_path, {"PATH": path}, start=fast_start) as program:
        await ha.consents()
        await accept_invitation(lan, await create_invitation(ha, Role.FOCAL, "xã Phước An", "Chị Lan"))
        shown = await stop_by_button(lan, await answer_dossier(lan))
        before = count_starts(started)
        await lan.user.taps(next(one for one in shown.labels if one.startswith(MAKE)))
        await program.until(lambda: count_starts(started) > before)
        await program.kill()
        assert not documents(lan)
        await program.launch()
        await lan.user.hears_until(lambda one: one.document is not None, lan.patience)
        await lan.user.hears_nothing(0.5)
        check_archive(documents(lan))
        check_progress(lan)
        check_nothing_is_left(program, started)
        await program.stop()


def documents(lan: Officer) -> list[bytes]:
    return [message.document.content for message in lan.user.sees() if message.document]


def check_archive(found: list[bytes]) -> None:
    (content,) = found
    names = zipfile.ZipFile(BytesIO(content)).namelist()
    assert {name[:6] for name in names if name.startswith("mau-")} == {
        "mau-04", "mau-05", "mau-08", "mau-09", "mau-01",
    }, names  # fmt: skip
    assert {"viec-tiep-theo.docx", "tong-hop.xlsx"} < set(names)


def check_progress(lan: Officer) -> None:
    """One message told how far the papers were, before and after the kill, and says in the end that they are made."""
    told = [message.text for message in lan.user.sees() if message.text.startswith(("Đã lập xong", "Tôi đang lập"))]
    assert told == ["Đã lập xong hồ sơ cho 41 chứng thư."]


def check_nothing_is_left(program: Program, started: Path) -> None:
    """Nobody's name or number stands in the log, no file under way is left, and no converter runs."""
    told = program.printed()
    for case in commune():
        assert not case.serial or case.serial not in told
    for personal in ("Nguyễn Văn", "Lê Thị Mất", "dongnai.gov.vn", "Chị Lan", "xa.zip"):
        assert personal not in told
    assert list((program.folder / "data").rglob("*.docx")) == []
    assert not is_alive(started)
