"""An export that is too large for a channel: several files, each complete in itself, and nothing twice or left out."""

import asyncio
import csv
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot.delivery.exporter import build_result
from bot.errors import OutputError
from bot.exports import ExportJob
from bot.exports.export_worker import ExportParts, write_parts
from bot.exports.list_reader import read_list
from bot.exports.process import Finished
from bot.services.unit_of_work import open_turn
from bot.store import Store
from handlers.model import ExportForm, ExportOrder, Filter, RequestState, Rights
from locales import translator
from rules.facts import Subject
from rules.outcome import Procedure
from tests.support.database import Database
from tests.support.people import OPERATOR, insert_units
from tests.support.store import NOW, claim_next_turn, make_content, open_chat

REQUESTS = 120
T = translator("en")


@pytest.fixture
async def full(store: Store, database: Database) -> Store:
    insert_units(database.sql)
    await registered(store, REQUESTS)
    return store


async def registered(store: Store, number: int, **changes: object) -> None:
    chat = await open_chat(store, f"{number}")
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        for at in range(number):
            serial = f"{at:040X}"
            await unit.requests.register(make_content(serial).model_copy(update={"unit": f"Xã số {at % 9}", **changes}))
        await unit.finish("{}", [])


async def written(store: Store, folder: Path, form: ExportForm, limit: int, held: Rights = OPERATOR) -> ExportParts:
    await asyncio.to_thread(folder.mkdir)
    seen: list[tuple[int, int]] = []
    order = ExportJob(held, Filter(states=(RequestState.SUBMITTED,)), form, T, NOW)
    parts = await write_parts(store, order, folder, limit, lambda done, total: seen.append((done, total)))
    read = parts.count + parts.remarks.left_out
    assert seen[-1] == (read, read)
    return parts


def codes(folder: Path, parts: ExportParts, form: ExportForm) -> Iterator[str]:
    """Of every file, each of which has to be complete."""
    for made in parts.files:
        data = (folder / made.name).read_bytes()
        if form is ExportForm.XLSX:
            found = [line.code for line in read_list(data).lines]
        elif form is ExportForm.JSONL:
            found = [json.loads(line)["code"] for line in data.decode().splitlines()]
        else:
            rows = list(csv.reader(StringIO(data.decode("utf-8-sig"), newline="")))
            assert rows[0][0] == T("Request code")
            found = [row[0] for row in rows[1:]]
        assert len(found) == made.last - made.first + 1
        yield from found


@pytest.mark.parametrize("form", [ExportForm.XLSX, ExportForm.CSV, ExportForm.JSONL])
async def test_rows_go_on_in_further_files(full: Store, tmp_path: Path, form: ExportForm) -> None:
    (whole,) = (await written(full, tmp_path / "whole", form, 10_000_000)).files
    folder, limit = tmp_path / "parts", (tmp_path / "whole" / whole.name).stat().st_size * 4 // 5
    parts = await written(full, folder, form, limit)

    assert len(parts.files) > 1
    assert all((folder / made.name).stat().st_size <= limit for made in parts.files)
    assert list(codes(folder, parts, form)) == [f"YC-2026-{at:06}" for at in range(1, REQUESTS + 1)]
    names = [f"request-list-{at}-{len(parts.files)}.{form}" for at in range(1, len(parts.files) + 1)]
    assert [made.name for made in parts.files] == names
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)


async def test_the_parts_are_named_by_an_index_that_comes_first(full: Store, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    parts = await written(full, folder, ExportForm.CSV, 21_000)
    finished = Finished(files=parts.files, count=parts.count, grants=())
    result = build_result(
        ExportOrder(wanted=Filter(), form=ExportForm.CSV, language="en"), finished, folder, "XD-000001"
    )

    index, *files = [message() for message in result.messages]
    last = parts.files[-1]
    lines = index.attachments[0].content.decode().splitlines()
    assert lines[-1] == f"{last.name}: requests {last.first} to {REQUESTS}"
    assert [file.attachments[0].name for file in files] == [line.partition(":")[0] for line in lines]
    assert lines[-1] in result.said.paragraphs[-1]


async def test_one_request_alone_is_not_cut(store: Store, database: Database, tmp_path: Path) -> None:
    insert_units(database.sql)
    await registered(store, 2)
    parts = await written(store, tmp_path / "parts", ExportForm.CSV, 10)

    assert [(made.first, made.last) for made in parts.files] == [(1, 1), (2, 2)]


async def test_an_export_of_nothing_is_a_list_without_requests(
    store: Store, database: Database, tmp_path: Path
) -> None:
    parts = await written(store, tmp_path / "parts", ExportForm.CSV, 10_000_000)

    assert (parts.count, len(parts.files)) == (0, 1)
    assert list(codes(tmp_path / "parts", parts, ExportForm.CSV)) == []


async def test_official_lists_are_split_list_by_list(full: Store, tmp_path: Path) -> None:
    whole = await written(full, tmp_path / "whole", ExportForm.DOCX, 100_000_000)
    assert [made.name for made in whole.files] == ["request-list.zip"]

    folder = tmp_path / "parts"
    largest = (tmp_path / "whole" / "request-list.zip").stat().st_size
    parts = await written(full, folder, ExportForm.DOCX, largest // 2)
    assert len(parts.files) > 1
    held = [name for made in parts.files for name in ZipFile(folder / made.name).namelist() if name != "index.txt"]
    assert len(held) == len(set(held)) == 9
    assert [parts.files[0].first, parts.files[-1].last] == [1, 9]
    assert {made.holds for made in parts.files} == {"lists"}


async def test_a_form_that_none_of_the_requests_is_for_is_told(
    store: Store, database: Database, tmp_path: Path
) -> None:
    insert_units(database.sql)
    await registered(store, 2, procedure=Procedure.KEEP_USING)

    with pytest.raises(OutputError):
        await written(store, tmp_path / "parts", ExportForm.DOCX, 10_000_000)


async def test_parts_are_numbered_by_what_is_in_them(store: Store, database: Database, tmp_path: Path) -> None:
    insert_units(database.sql)
    await registered(store, 4, subject=Subject.INDIVIDUAL)
    await registered(store, 3)
    parts = await written(store, tmp_path / "parts", ExportForm.IMPORT19, 10)

    assert (parts.count, parts.remarks.others) == (4, 3)
    assert [(made.first, made.last) for made in parts.files][:4] == [(1, 1), (2, 2), (3, 3), (4, 4)]
