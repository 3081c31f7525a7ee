"""A file that is an exported list is told apart from one that may hold a certificate; not everybody may send one."""

import asyncio
from io import BytesIO

import pytest
import xlsxwriter

from bot.certificates.reader import ReadApart
from bot.delivery.event_preparation import EventPreparer, ListReader
from bot.delivery.turn_pool import SlowTaskKind
from bot.messages import Chat
from handlers.core import Event, FileRead, FileSent, SheetRead
from handlers.model import (
    FileProblem,
    FileProblemKind,
    ImportLine,
    ImportSheet,
    Reading,
    RequestState,
    SheetProblem,
    TableFormat,
)
from locales import translator
from tests.support.delivery import CountingReader, ManualClock, ScriptedChannel
from tests.support.exports import make_empty_archive, replace_entry

T = translator("vi")
CHAT = Chat("1", "telegram", "1")


def spreadsheet(*rows: tuple[str, ...]) -> bytes:
    made = BytesIO()
    with xlsxwriter.Workbook(made) as workbook:
        sheet = workbook.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return made.getvalue()


LIST = spreadsheet((T("Request code"), T("State")), ("YC-1", T("accepted")))
STRANGE = spreadsheet(("Họ tên", "Lương"))
SENT = FileSent(reference="file", name="x.xlsx", message="7")


async def everybody(chat: Chat) -> bool:
    return chat == CHAT


class NoSheets:
    """Reads no spreadsheet, and must not be asked to."""

    async def __call__(self, data: bytes) -> ImportSheet:
        raise AssertionError("a spreadsheet of somebody without a role was opened")


class Waiting:
    """Reads lists once it is let to, and counts how many it is asked for at a time."""

    def __init__(self) -> None:
        self.go, self.now, self.most = asyncio.Event(), 0, 0

    async def __call__(self, data: bytes) -> ImportSheet:
        self.now += 1
        self.most = max(self.most, self.now)
        await self.go.wait()
        self.now -= 1
        return ImportSheet()


def preparer(data: bytes, reader: object, lists: ListReader) -> EventPreparer:
    channel = ScriptedChannel()
    channel.files |= {"file": data, "certificate": b"-"}
    return EventPreparer({channel.name: channel}, reader, lists)  # type: ignore[arg-type]  # any reader


async def prepared(data: bytes, reader: object, name: str = "x.xlsx", size: int | None = None) -> Event:
    """As somebody sends it who may import lists."""
    sent = SENT.model_copy(update={"name": name, "size": size})
    return await preparer(data, reader, ListReader(everybody)).prepare(CHAT, sent)


async def test_an_exported_list_is_read_as_one() -> None:
    reader = CountingReader()
    event = await prepared(LIST, reader, name="")

    assert isinstance(event, SheetRead)
    assert event.sheet.lines == (ImportLine(number=2, code="YC-1", state=RequestState.ACCEPTED),)
    assert event.message == "7"
    assert reader.seen == []


@pytest.mark.parametrize("name", ["list.csv", "LIST.CSV", "list.jsonl"])
async def test_an_exported_list_of_text_is_read_as_one_too(name: str) -> None:
    data = (
        '{"code": "YC-1", "state": "accepted"}\n'
        if name.endswith("jsonl")
        else "Request code,State\r\nYC-1,Accepted\r\n"
    )
    event = await prepared(data.encode(), CountingReader(), name)

    assert isinstance(event, SheetRead)
    assert [(line.code, line.state) for line in event.sheet.lines] == [("YC-1", RequestState.ACCEPTED)]


async def test_a_word_file_that_is_no_list_of_ours_goes_to_the_certificate_reader() -> None:
    reader = CountingReader()
    data = replace_entry(make_empty_archive(), "word/document.xml", b"<x>Quyet dinh</x>")

    assert isinstance(await prepared(data, reader, "x.docx"), FileRead)
    assert len(reader.seen) == 1


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"PK\x03\x04 another archive"])
async def test_anything_else_goes_to_the_certificate_reader(data: bytes) -> None:
    reader = CountingReader()

    assert isinstance(await prepared(data, reader, "x.cer"), FileRead)
    assert reader.seen == [(data, "x.cer")]


@pytest.mark.parametrize("data", [LIST, STRANGE, b"PK\x03\x04 xl/workbook.xml"])
async def test_a_spreadsheet_of_somebody_without_a_role_is_never_opened(data: bytes) -> None:
    reader = CountingReader()
    event = await preparer(data, reader, ListReader(sheets=NoSheets())).prepare(CHAT, SENT)

    assert isinstance(event, FileRead)
    assert reader.seen == [(data, "x.xlsx")]


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (STRANGE, SheetProblem.NOT_A_LIST),
        (LIST[:-200], SheetProblem.BROKEN),
        (b"\xd0\xcf\x11\xe0 with a password", TableFormat.LOCKED),
        ("Họ tên,Lương\nAn,1\n".encode(), SheetProblem.NOT_A_LIST),
        (b"<html><table><tr><td>1</td></tr></table></html>", TableFormat.HTML),
    ],
)
async def test_what_is_wrong_with_a_list_is_told(data: bytes, trouble: SheetProblem | TableFormat) -> None:
    event = await prepared(data, CountingReader())

    assert isinstance(event, SheetRead)
    assert event.sheet.trouble is trouble


async def test_a_list_that_is_too_large_is_told_so_and_any_other_file_as_before() -> None:
    event = await prepared(LIST, CountingReader(), size=21 * 1024 * 1024)
    other = await prepared(LIST, CountingReader(), "x.pdf", size=21 * 1024 * 1024)

    assert isinstance(event, SheetRead)
    assert event.sheet.trouble is SheetProblem.TOO_LARGE
    assert isinstance(other, FileRead)


async def test_a_secret_in_a_broken_spreadsheet_is_warned_of() -> None:
    class Finds:
        async def read(self, data: bytes, name: str) -> Reading:
            return Reading(problems=(FileProblem(trouble=FileProblemKind.PRIVATE_KEY, where="x"),))

    assert isinstance(await prepared(STRANGE, Finds()), FileRead)


async def test_lists_are_read_one_at_a_time_and_no_certificate_waits_for_them() -> None:
    sheets = Waiting()
    served = preparer(LIST, CountingReader(), ListReader(everybody, sheets))
    lists = [asyncio.create_task(served.prepare(CHAT, SENT)) for _ in range(8)]

    async with asyncio.timeout(10):
        event = await served.prepare(CHAT, SENT.model_copy(update={"reference": "certificate", "name": "x.cer"}))
        assert isinstance(event, FileRead)
        assert not any(one.done() for one in lists)
        sheets.go.set()
        await asyncio.gather(*lists)
    assert sheets.most == 1


class Slow:
    """Takes longer over some files than a quick reader may."""

    def __init__(self, *, gives_up: bool) -> None:
        self._gives_up = gives_up
        self.seen: list[bytes] = []

    async def read(self, data: bytes, name: str) -> Reading:
        del name
        self.seen.append(data)
        trouble = FileProblemKind.TOO_SLOW if self._gives_up and data == b"slow" else FileProblemKind.NO_CERTIFICATE
        return Reading(problems=(FileProblem(trouble=trouble),))


async def test_a_slow_file_is_read_apart_and_so_is_what_its_person_sends_next_and_nobody_elses() -> None:
    quick, slow, channel, other = (
        Slow(gives_up=True),
        Slow(gives_up=False),
        ScriptedChannel(),
        Chat("2", "telegram", "2"),
    )
    channel.files |= {"file": b"slow", "certificate": b"-"}
    made = EventPreparer({channel.name: channel}, quick, slow=slow, clock=ManualClock())
    certificate = SENT.model_copy(update={"reference": "certificate"})
    assert made.kind(CHAT, SENT) is SlowTaskKind.FILE

    with pytest.raises(ReadApart):
        await made.prepare(CHAT, SENT)
    assert made.kind(CHAT, SENT) is SlowTaskKind.SLOW
    assert isinstance(await made.prepare(CHAT, SENT), FileRead)
    await made.prepare(CHAT, certificate)
    assert slow.seen == [b"slow", b"-"]

    assert made.kind(other, certificate) is SlowTaskKind.FILE
    assert quick.seen == [b"slow"]


async def test_whose_file_was_slow_is_forgiven_after_some_minutes() -> None:
    clock, channel = ManualClock(), ScriptedChannel()
    channel.files |= {"file": b"slow"}
    made = EventPreparer({channel.name: channel}, Slow(gives_up=True), slow=Slow(gives_up=False), clock=clock)
    with pytest.raises(ReadApart):
        await made.prepare(CHAT, SENT)
    clock.seconds += 300
    assert made.kind(CHAT, SENT) is SlowTaskKind.FILE


def test_a_large_file_gives_way_to_a_small_one_that_comes_behind_it_but_not_for_ever() -> None:
    small, large = (SENT.model_copy(update={"size": size}) for size in (2_000, 20_000_000))
    assert EventPreparer.gives_way(small) < 1
    assert 10 < EventPreparer.gives_way(large) <= 60
