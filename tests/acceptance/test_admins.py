"""From an invitation to a list that is sent out, changed and taken back: admins over Telegram, by the real program."""

import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers.model import ExportForm, RequestState, Role
from tests.acceptance.admins import (
    accept_invitation,
    change_all,
    create_invitation,
    edit_workbook,
    export_list,
    hear_move,
    register_request,
    rows,
    troly,
)
from tests.acceptance.officer import Officer
from tests.support.fork_server import ForkServer
from tests.support.program import Program, run_program
from tests.support.telegram.api import BotApi

TOLD = re.compile(r"/start ([\w-]{20,64})")
#: What an officer of either commune types: the old name of the unit in a hurry, and who is to be written on the form.
HOSTILE = '=HYPERLINK("http://a.example","UBND xã Phú Hữu")'


@pytest.fixture
async def province(api: BotApi, tmp_path: Path, fast_start: ForkServer) -> AsyncIterator[Program]:
    """The program with the former district's units, and Hà as its owner."""
    await troly(tmp_path, "units", "import", "--sample", "nhon-trach", "--apply")
    await troly(tmp_path, "admins", "add", f"telegram:{api.user('Hà').id}")
    async with run_program(api, tmp_path, start=fast_start) as program:
        yield program
    sys.stdout.write(program.printed())


async def test_an_admin_works_through_the_list_and_another_communes_admin_touches_nothing_of_it(
    api: BotApi, province: Program, tmp_path: Path
) -> None:
    owner, admin, other = (Officer(api.user(name)) for name in ("Hà", "Dung", "Phúc"))
    await owner.consents()
    await accept_invitation(admin, await create_invitation(owner, Role.ADMIN, "xa dai phuoc", "Chị Dung, văn phòng"))
    await accept_invitation(other, await create_invitation(owner, Role.ADMIN, "DN-PA", "Anh Phúc"))

    officers = [Officer(api.user(name)) for name in ("Lan", "Minh", "Hoa")]
    codes = [
        await register_request(officer, name, subscriber)
        for officer, name, subscriber in zip(
            officers,
            ("xa phu huu", "xa phu dong", "xa vinh thanh"),
            (HOSTILE, "UBND xã <b>Phú Đông</b>", "UBND xã Vĩnh Thanh"),
            strict=True,
        )
    ]
    mine, foreign = codes[:2], codes[2]

    listed = await admin.says("/danhsach")
    assert all(any(code in label for label in listed.labels) for code in mine)
    assert not any(foreign in label for label in listed.labels)
    searched = await admin.says(f"/danhsach {foreign}")
    assert not any(foreign in label for label in searched.labels)
    await admin.taps("Clear the filter")

    await change_all(admin, "Accept", 2)
    for officer, code in zip(officers[:2], mine, strict=True):
        await hear_move(officer, code, RequestState.ACCEPTED)
    await officers[2].user.hears_nothing()

    workbook = await export_list(admin, ExportForm.XLSX)
    changed = edit_workbook(
        workbook,
        {mine[0]: (RequestState.FORWARDED, ""), mine[1]: (RequestState.SENT_BACK, "Thiếu quyết định thành lập")},
        admin.words,
    )
    await other.user.sends_file(changed, "danh-sach.xlsx")
    refused = await other.hears()
    assert other.words("Yes, change {number}", number=2) not in refused.labels

    await admin.user.sends_file(changed, "danh-sach.xlsx")
    preview = await admin.hears()
    assert all(code in preview.text for code in mine)
    await admin.user.taps(admin.words("Yes, change {number}", number=2))
    await admin.hears()
    await hear_move(officers[0], mine[0], RequestState.FORWARDED)
    assert "Thiếu quyết định thành lập" in (await hear_move(officers[1], mine[1], RequestState.SENT_BACK)).text

    states = {row["code"]: row["state"] for row in await rows(tmp_path, "requests", "list")}
    assert states == {mine[0]: "forwarded", mine[1]: "sent_back", foreign: "submitted"}
    await troly(tmp_path, "audit", "verify")


async def test_a_role_that_ended_is_lost_at_the_next_message(api: BotApi, province: Program, tmp_path: Path) -> None:
    admin = Officer(api.user("Dung"))
    made = await troly(tmp_path, "admins", "invite", "--role", "admin", "--unit", "DN-DP", "--label", "Chị Dung")
    (code,) = TOLD.findall(made)
    await accept_invitation(admin, code)
    listed = await admin.says("/danhsach")
    (grant,) = [row for row in await rows(tmp_path, "admins", "list") if row["role"] == "admin"]

    await troly(tmp_path, "admins", "end", grant["id"])
    await admin.user.taps(listed.labels[-1])
    after = await admin.hears()

    assert admin.words("<b>Request list</b>") not in after.text
    assert admin.words("<b>Request list</b>") not in (await admin.says("/danhsach")).text
