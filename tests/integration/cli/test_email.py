"""The command line tries the mail server step by step, and imports addresses of staff as a whole or not at all."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

import bot.cli.email as verbs
from bot.settings import Settings
from bot.tables import TableError
from locales import translator
from tests.support.database import Command, Database
from tests.support.mail import PASSWORD, USER, Mailbox, MailServer, settings_of
from tests.support.people import insert_units

SAY = translator("en")


def settings(server: MailServer, box: Mailbox, folder: Path, **changes: Any) -> Settings:
    read = {"email_imap_host": "127.0.0.1", "email_imap_port": box.port, "email_imap_user": USER}
    known = settings_of(server, folder, data_dir=folder, **read, email_imap_password=PASSWORD)
    return Settings.model_validate({**known, "web_url": "https://troly.dongnai.gov.vn", **changes})


async def test_check_goes_through_every_step_and_writes_to_nobody(tmp_path: Path) -> None:
    async with MailServer().served(tmp_path) as server, Mailbox().served(tmp_path) as box:
        steps = await verbs._check(settings(server, box, tmp_path), SAY)
        assert [good for good, _ in steps] == [True] * 4
        assert not [said for _, said in steps if PASSWORD in said]
        for changes, wrong in (
            ({"email_password": "x"}, 0), ({"email_port": 9}, 0), ({"email_ca_file": None}, 0),
            ({"email_imap_password": "x"}, 1), ({"email_imap_folder": "Nowhere"}, 1), ({"web_url": None}, 2),
        ):  # fmt: skip
            steps = await verbs._check(settings(server, box, tmp_path, **changes), SAY)
            assert not steps[wrong][0], steps
        assert server.letters == []


def test_addresses_are_imported_for_a_unit_listed_and_in_the_journal(troly: Command, database: Database) -> None:
    insert_units(database.sql)
    listed = Path(database.folder) / "thu.csv"
    listed.write_text(
        "Họ tên;Thư\nTrần Văn Mẫu;Mau.TV@dongnai.gov.vn\n\nlan@dongnai.gov.vn\nlan@dongnai.gov.vn\n", "utf-8"
    )
    code, printed, _ = troly("email", "import", str(listed), "--unit", "DN.NT")
    assert code == 0, printed
    assert "2" in printed
    troly("email", "import", str(listed), "--unit", "DN.NT")
    _, printed, _ = troly("email", "list")
    assert sorted(line.split("\t")[0] for line in printed.strip().splitlines()) == [
        "lan@dongnai.gov.vn", "mau.tv@dongnai.gov.vn",
    ]  # fmt: skip
    assert database.sql("SELECT COUNT(*) FROM audit WHERE act = 'email_import'") == [(2,)]


@pytest.mark.parametrize(
    "text", ["lan@gmail.com", "lan@dongnai.gov.vn\nlan@@dongnai.gov.vn", "a@x.gov.vn,b@x.gov.vn", "không có gì"]
)
def test_a_list_with_a_wrong_line_imports_nothing(troly: Command, database: Database, text: str) -> None:
    insert_units(database.sql)
    listed = Path(database.folder) / "thu.txt"
    listed.write_text(text, "utf-8")
    code, _, _ = troly("email", "import", str(listed), "--unit", "DN.NT")
    assert code != 0
    assert database.sql("SELECT COUNT(*) FROM email_addresses") == [(0,)]


def test_addresses_come_from_a_workbook_too_and_what_is_no_list_is_told_how_to_be_one(
    troly: Command, database: Database
) -> None:
    insert_units(database.sql)
    book = openpyxl.Workbook()
    for row in (["STT", "Họ tên", "Thư"], [1, "Trần Văn Mẫu", "mau@dongnai.gov.vn"], [2, "Lan", "lan@dongnai.gov.vn "]):
        book.active.append(row)
    book.create_sheet("ẩn").append(["an@dongnai.gov.vn"])
    book["ẩn"].sheet_state = "hidden"
    listed = Path(database.folder) / "thu.xlsx"
    book.save(listed)
    assert troly("email", "import", str(listed), "--unit", "DN.NT")[0] == 0
    assert database.sql("SELECT COUNT(*) FROM email_addresses") == [(2,)]
    listed.write_bytes(b"%PDF-1.7\n\xff\xfe")
    code, _, error = troly("email", "import", str(listed), "--unit", "DN.NT")
    assert (code, "UTF-8" in error, "PDF" in error) == (1, False, True)


def test_a_unit_that_is_not_known_and_a_file_that_is_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"\x00\x01@")
    with pytest.raises(TableError):
        list(verbs._read_addresses(path, ("gov.vn",)))
