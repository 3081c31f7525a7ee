"""An export from its order to its file, and ``troly export``, on both databases."""

import asyncio
import csv
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import Forbidden, OutputError
from bot.exports import ExportJob
from bot.exports.export import FORM_SUFFIXES, write_export
from bot.services.opening import open_store
from bot.services.unit_of_work import open_turn
from bot.store import Store
from bot.store.sealing import open_keyring
from handlers.model import ExportForm, Filter, Grant, RequestState, Rights, Role
from locales import translator
from rules.facts import Subject
from tests.support.database import Command, Database
from tests.support.people import OPERATOR, UNITS, admin_transaction, grant_role, insert_units, load_rights
from tests.support.store import CHANNEL, NAME, NOW, claim_next_turn, make_content, open_chat

FOCAL = Rights.of([Grant("QT-000002", Role.FOCAL, "DN.NT")], UNITS)
PERSON = make_content().model_copy(
    update={"subject": Subject.INDIVIDUAL, "subscriber": "Nguyễn Văn An", "unit_code": "DN.NT"}
)
REQUESTS = 7


async def fill(store: Store, database: Database) -> None:
    insert_units(database.sql)
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        for _ in range(REQUESTS):
            await unit.requests.register(PERSON)
        await unit.finish("{}", [])


@pytest.fixture
async def filled(store: Store, database: Database) -> Store:
    await fill(store, database)
    return store


@pytest.fixture
def prepared(database: Database) -> None:
    """The same, with nothing left open."""

    async def prepare() -> None:
        store = await open_store(database.url, database.folder, open_keyring(database.keys)[0])
        await fill(store, database)
        await grant_role(store, "99", Role.FOCAL, "DN.NT")
        await store.close()

    asyncio.run(prepare())


def order(form: ExportForm, rights: Rights = OPERATOR) -> ExportJob:
    return ExportJob(rights, Filter(unit="DN.NT", states=(RequestState.SUBMITTED,)), form, translator("vi"), NOW)


def ignored(done: int, total: int) -> None:
    assert done <= total


@pytest.mark.parametrize("form", ExportForm)
async def test_every_form_is_written_and_nothing_else_is_left(filled: Store, form: ExportForm, tmp_path: Path) -> None:
    target = tmp_path / "out" / f"list{FORM_SUFFIXES[form][0]}"
    target.parent.mkdir()

    done = await write_export(filled, order(form), target, ignored, notes=tmp_path / "notes")

    assert (done.count, done.files, done.remarks.left_out) == (REQUESTS, (target,), 0)
    assert list(target.parent.iterdir()) == [target]
    assert target.stat().st_mode & 0o777 == 0o600


async def test_the_journal_has_a_row_with_the_form_the_number_and_the_unit(filled: Store, tmp_path: Path) -> None:
    await write_export(filled, order(ExportForm.CSV, FOCAL), tmp_path / "list.csv", ignored, notes=tmp_path / "notes")

    async with admin_transaction(filled) as at:
        (row,) = await at.admin.journal.latest(OPERATOR, 1)
    assert (row.actor, row.act, row.subject, row.count, row.unit) == ("QT-000002", "export", "csv", REQUESTS, "DN.NT")


@pytest.mark.parametrize("unit", [None, "DN", "DN.DP"])
async def test_the_row_is_for_those_of_the_unit_that_was_within_reach(
    filled: Store, tmp_path: Path, unit: str | None
) -> None:
    about = replace(order(ExportForm.CSV, FOCAL), wanted=Filter(unit=unit))
    await write_export(filled, about, tmp_path / "list.csv", ignored, notes=tmp_path / "notes")

    async with admin_transaction(filled) as at:
        (row,) = await at.admin.journal.latest(OPERATOR, 1)
    assert (row.act, row.unit) == ("export", "DN.NT")


async def test_the_number_is_of_what_is_in_the_file(filled: Store, tmp_path: Path) -> None:
    wanted = ExportJob(OPERATOR, Filter(), ExportForm.IMPORT19, translator("vi"), NOW)

    done = await write_export(filled, wanted, tmp_path / "list.xlsx", ignored, notes=tmp_path / "notes")

    assert (done.count, done.remarks.states) == (0, {RequestState.SUBMITTED: REQUESTS})
    async with admin_transaction(filled) as at:
        (row,) = await at.admin.journal.latest(OPERATOR, 1)
    assert (row.subject, row.count) == ("import19", 0)


async def test_progress_goes_from_nothing_to_everything(filled: Store, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    await write_export(
        filled,
        order(ExportForm.CSV),
        tmp_path / "list.csv",
        lambda done, total: seen.append((done, total)),
        notes=tmp_path / "notes",
    )

    assert seen[0] == (0, REQUESTS)
    assert seen[-1] == (REQUESTS, REQUESTS)


@pytest.mark.parametrize("form", [ExportForm.XLSX, ExportForm.CSV, ExportForm.IMPORT19, ExportForm.DOCX])
async def test_a_cancelled_export_leaves_no_file_no_rest_and_no_row(
    filled: Store, form: ExportForm, tmp_path: Path
) -> None:
    target = tmp_path / "out" / f"list{FORM_SUFFIXES[form][0]}"
    target.parent.mkdir()
    running = asyncio.ensure_future(
        write_export(filled, order(form), target, lambda *_: running.cancel(), notes=tmp_path / "notes")
    )

    with pytest.raises(asyncio.CancelledError):
        await running

    assert list(target.parent.iterdir()) == []
    async with admin_transaction(filled) as at:
        assert await at.admin.journal.latest(OPERATOR, 1) == ()


@pytest.mark.parametrize("form", [ExportForm.XLSX, ExportForm.JSONL])
async def test_a_role_that_ends_while_its_export_is_written_lets_no_file_appear(
    filled: Store, database: Database, form: ExportForm, tmp_path: Path
) -> None:
    lost = await grant_role(filled, "99", Role.ADMIN, "DN.NT", label="Chị Lan")
    await grant_role(filled, "99", Role.FOCAL, "DN")
    target = tmp_path / "out" / f"list{FORM_SUFFIXES[form][0]}"
    target.parent.mkdir()

    def progress(done: int, total: int) -> None:
        if done == total:
            database.sql("UPDATE grants SET ended_at = 1 WHERE id = ?", lost.id)

    ordered = replace(order(form, await load_rights(filled, "99")), chat=filled.chats.at(CHANNEL, "99").id)
    with pytest.raises(Forbidden, match="has ended meanwhile"):
        await write_export(filled, ordered, target, progress, notes=tmp_path / "notes")

    assert list(target.parent.iterdir()) == []
    async with admin_transaction(filled) as at:
        assert "export" not in [row.act for row in await at.admin.journal.latest(OPERATOR, 10)]


async def test_an_export_of_a_person_who_keeps_the_role_is_written(filled: Store, tmp_path: Path) -> None:
    await grant_role(filled, "99", Role.ADMIN, "DN.NT", label="Chị Lan")
    ordered = replace(order(ExportForm.CSV, await load_rights(filled, "99")), chat=filled.chats.at(CHANNEL, "99").id)

    assert (
        await write_export(filled, ordered, tmp_path / "list.csv", ignored, notes=tmp_path / "notes")
    ).count == REQUESTS


async def test_an_export_that_fails_leaves_the_file_that_was_there(filled: Store, tmp_path: Path) -> None:
    target = tmp_path / "out" / "list.docx"
    target.parent.mkdir()
    target.write_text("before")
    nothing = ExportJob(OPERATOR, Filter(text="nowhere"), ExportForm.DOCX, translator("vi"), NOW)

    with pytest.raises(OutputError, match="no list"):
        await write_export(filled, nothing, target, ignored, notes=tmp_path / "notes")

    assert target.read_text() == "before"
    assert list(target.parent.iterdir()) == [target]


async def test_a_focal_officer_gets_masked_names(filled: Store, tmp_path: Path) -> None:
    await write_export(filled, order(ExportForm.CSV, FOCAL), tmp_path / "list.csv", ignored, notes=tmp_path / "notes")

    text = (tmp_path / "list.csv").read_text(encoding="utf-8-sig")
    assert "Nguyễn Văn An" not in text
    assert len(list(csv.reader(text.splitlines()))) == REQUESTS + 1


@pytest.mark.usefixtures("prepared")
def test_the_command_writes_what_filters_mean_and_says_how_much(troly: Command, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"

    code, out, said = troly("export", "requests", "--format", "csv", "--out", str(file), "--state", "done")

    assert (code, out) == (0, "")
    assert f"Written to {file}; requests: 0." in said


@pytest.mark.usefixtures("prepared")
def test_a_file_that_is_there_is_replaced_by_force_only(troly: Command, tmp_path: Path) -> None:
    file = tmp_path / "list.jsonl"
    asked = ("export", "requests", "--format", "jsonl", "--out", str(file))
    file.write_text("mine")

    code, _, said = troly(*asked)
    assert (code, file.read_text()) == (1, "mine")
    assert "--force" in said

    assert troly(*asked, "--force")[0] == 0
    assert file.read_text().count("\n") == REQUESTS


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize(("form", "name"), [("xlsx", "list.xls"), ("docx", "list.doc"), ("csv", "list")])
def test_a_name_that_does_not_fit_is_refused_with_one_that_does(
    troly: Command, form: str, name: str, tmp_path: Path
) -> None:
    code, _, said = troly("export", "requests", "--format", form, "--out", str(tmp_path / name))

    assert code == 1
    assert f"such as list.{form}" in said


@pytest.mark.usefixtures("prepared")
def test_the_command_acts_by_the_rights_of_the_person_named(troly: Command, tmp_path: Path) -> None:
    masked, refused = tmp_path / "masked.csv", tmp_path / "refused.csv"

    assert troly("export", "requests", "--format", "csv", "--out", str(masked), "--as", "telegram:99")[0] == 0
    code, _, said = troly("export", "requests", "--format", "csv", "--out", str(refused), "--as", "telegram:7790118822")

    assert "Nguyễn Văn An" not in masked.read_text()
    assert code != 0
    assert said
    assert not refused.exists()


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_or_kill_ends_the_command_with_its_code_and_leaves_nothing(
    database: Database, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    slow = (
        "import bot.cli, time\n"
        "import bot.exports.export as text\n"
        "add = text.TextWriter.add\n"
        "def slowly(self, batch):\n"
        "    print('writing', flush=True); time.sleep(2); add(self, batch)\n"
        "text.TextWriter.add = slowly\n"
        f"bot.cli.main(['export', 'requests', '--format', 'csv', '--out', {str(folder / 'list.csv')!r}])\n"
    )
    environment = {**os.environ, "TROLY_DATA_DIR": str(database.folder), "TROLY_LANGUAGE": "en"}
    if database.url:
        environment["TROLY_DATABASE_URL"] = database.url
    with subprocess.Popen(
        [sys.executable, "-c", slow], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        assert running.stdout.readline() == "writing\n"
        running.send_signal(number)
        _, said = running.communicate(timeout=20)

    assert running.returncode == code, said
    assert "nothing was written" in said
    assert NAME not in said
    assert list(folder.iterdir()) == []


def killed_while_writing(form: str, database: Database, folder: Path) -> dict[str, bytes]:
    """The files that an export leaves in ``folder`` when it is killed amid its rows, which are flushed to the disk."""
    folder.mkdir()
    slow = (
        "import bot.cli, os, time\n"
        "import bot.exports.export as text, bot.exports.xlsx as xlsx\n"
        "def hang(writer):\n"
        "    add = writer.add\n"
        "    def slowly(self, batch):\n"
        "        add(self, batch)\n"
        "        (self._file if writer is text.TextWriter else self._sheet.row_data_fh).flush()\n"
        "        print('writing', flush=True); time.sleep(60)\n"
        "    writer.add = slowly\n"
        "hang(text.TextWriter); hang(xlsx.XlsxWriter)\n"
        f"bot.cli.main(['export', 'requests', '--format', '{form}', '--out', {str(folder / f'list.{form}')!r}])\n"
    )
    environment = {**os.environ, "TROLY_DATA_DIR": str(database.folder), "TROLY_LANGUAGE": "en"}
    if database.url:
        environment["TROLY_DATABASE_URL"] = database.url
    with subprocess.Popen([sys.executable, "-c", slow], env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert running.stdout.readline() == "writing\n"
        running.kill()
    left = [path for path in folder.rglob("*") if path.is_file()]
    assert [path for path in left if path.stat().st_mode & 0o077] == []
    return {str(path): path.read_bytes() for path in left}


@pytest.mark.usefixtures("prepared")
def test_a_killed_export_of_text_leaves_no_name_behind(database: Database, tmp_path: Path) -> None:
    assert killed_while_writing("csv", database, tmp_path / "out") == {}


@pytest.mark.usefixtures("prepared")
def test_what_a_killed_export_leaves_is_its_owners_alone_and_gone_at_the_next_command(
    database: Database, tmp_path: Path, troly: Command
) -> None:
    left = killed_while_writing("xlsx", database, tmp_path / "out")
    assert any(NAME.encode() in content for content in left.values())

    assert troly("rights")[0] == 0

    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.usefixtures("prepared")
def test_the_command_says_what_was_left_out_and_why(troly: Command, tmp_path: Path) -> None:
    code, _, said = troly("export", "requests", "--format", "import19", "--out", str(tmp_path / "list.xlsx"))

    assert code == 0
    assert "requests: 0." in said
    assert f"Not in it because of their state: {REQUESTS} submitted." in said


@pytest.mark.usefixtures("prepared")
def test_the_command_makes_no_folder(troly: Command, tmp_path: Path) -> None:
    code, _, said = troly("export", "requests", "--format", "csv", "--out", str(tmp_path / "no" / "list.csv"))

    assert code == 1
    assert "there is no folder" in said.replace("\n", " ")
    assert list(tmp_path.glob("no")) == []
