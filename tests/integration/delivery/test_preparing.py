"""A file that is an exported list is told apart from one that may hold a certificate."""

from io import BytesIO

import pytest
import xlsxwriter

from bot.delivery import Preparer
from bot.store.api import Chat
from handlers.events import Event, FileRead, FileSent, SheetRead
from handlers.office.importing import Line
from handlers.requests.model import State
from locales import translator
from tests.support.delivery import ManualClock, ScriptedChannel
from tests.support.roads import CountingReader

T = translator("vi")
CHAT = Chat("1", "telegram", "1")


def spreadsheet(*rows: tuple[str, ...]) -> bytes:
    made = BytesIO()
    with xlsxwriter.Workbook(made) as workbook:
        sheet = workbook.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return made.getvalue()


async def prepared(data: bytes, reader: CountingReader) -> Event:
    channel = ScriptedChannel()
    channel.files["file"] = data
    preparer = Preparer({channel.name: channel}, reader, ManualClock())
    return await preparer.prepare(CHAT, FileSent(reference="file", name="x.xlsx", message="7"))


async def test_an_exported_list_is_read_as_one() -> None:
    reader = CountingReader()
    event = await prepared(spreadsheet((T("Request code"), T("State")), ("YC-1", T("accepted"))), reader)

    assert isinstance(event, SheetRead)
    assert event.sheet.lines == (Line(number=2, code="YC-1", state=State.ACCEPTED),)
    assert event.message == "7"
    assert reader.seen == []


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"PK\x03\x04 xl/workbook.xml", spreadsheet(("Họ tên", "Lương"))])
async def test_anything_else_goes_to_the_certificate_reader(data: bytes) -> None:
    reader = CountingReader()

    assert isinstance(await prepared(data, reader), FileRead)
    assert reader.seen == [(data, "x.xlsx")]
