"""Exports ordered in a chat, written by a process of their own: split, killed, cancelled, without a right any more."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog.testing

from bot.atomic_file import clean, private_folder
from bot.delivery.exporter import Exporter
from bot.exports.list_reader import read_list
from bot.exports.process import Finished, LastWord, Made
from bot.logs import MASK
from bot.messages import Chat
from bot.services.exports import ExportTaskService
from bot.services.unit_of_work import open_turn
from bot.store import Store
from bot.store.errors import DatabaseUnusable
from bot.store.tasks import ExportTasks
from handlers.admin import exports
from handlers.core import Attachment, MarkupTranslator
from handlers.model import ExportForm, ExportOrder, Filter, RequestState, Role
from locales import N_, translator
from rules.language.spelling import fold
from tests.support import kill
from tests.support.database import Database
from tests.support.delivery import ManualClock, ScriptedChannel, eventually
from tests.support.people import OPERATOR, admin_transaction, grant_role, insert_units, load_rights, seal_grants
from tests.support.store import ADDRESS, NOW, claim_next_turn, deliver_all, make_content, make_reply, open_chat

T = translator("vi")
STEM = fold(T("Request list")).replace(" ", "-")


@pytest.fixture
async def chat(store: Store, database: Database) -> Chat:
    """Of an admin of the province, who has registered some requests too."""
    insert_units(database.sql)
    await grant_role(store, ADDRESS, Role.ADMIN, "DN")
    return await registered(store, 3)


async def registered(store: Store, number: int) -> Chat:
    chat = await open_chat(store)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        for at in range(number):
            await unit.requests.register(make_content(f"{at}").model_copy(update={"unit_code": "DN.NT"}))
        await unit.finish("{}", [])
    return chat


async def ordered(store: Store, chat: Chat, form: ExportForm = ExportForm.XLSX, language: str = "vi") -> None:
    held = await load_rights(store, ADDRESS)
    order = ExportOrder(wanted=Filter(states=(RequestState.SUBMITTED,)), form=form, language=language)  # type: ignore[arg-type]  # one of two
    async with admin_transaction(store, chat) as at:
        assert await at.admin.lists.start(held, order, 3, make_reply("waiting"))


async def files(store: Store) -> list[Attachment]:
    """What a person gets, delivered."""
    return [attachment for reply in await deliver_all(store) for attachment in reply.attachments]


def states(database: Database) -> list[str]:
    return [state for (state,) in database.sql("SELECT state FROM tasks ORDER BY id")]


def left_behind(database: Database) -> list[Path]:
    return list((database.folder / "exports").glob("*"))


@pytest.mark.parametrize(
    ("form", "ending"),
    [
        (ExportForm.XLSX, "xlsx"),
        (ExportForm.CSV, "csv"),
        (ExportForm.JSONL, "jsonl"),
        (ExportForm.DOCX, "docx"),  # one body, one form: a single list
        (ExportForm.IMPORT19, "xlsx"),
    ],
)
async def test_every_form_comes_as_one_file(
    store: Store, chat: Chat, database: Database, form: ExportForm, ending: str
) -> None:
    await ordered(store, chat, form)

    assert await kill.make_exporter(store, database.url, database.folder).work() == 1
    (file,) = await files(store)
    assert file.name == f"{STEM}.{ending}"
    assert file.content
    assert states(database) == ["done"]
    assert left_behind(database) == []


async def test_the_journal_tells_those_of_the_unit_whose_requests_went_out(
    store: Store, chat: Chat, database: Database
) -> None:
    await ordered(store, chat, ExportForm.CSV)
    await kill.make_exporter(store, database.url, database.folder).work()

    rows = database.sql("SELECT act, unit FROM audit WHERE act LIKE 'export%' ORDER BY number")
    assert rows == [("export_start", "DN"), ("export", "DN")]


@pytest.mark.fresh_interpreter
async def test_a_spreadsheet_can_be_read_back(store: Store, chat: Chat, database: Database) -> None:
    await ordered(store, chat)
    await kill.make_exporter(store, database.url, database.folder).work()

    (file,) = await files(store)
    assert [line.code for line in read_list(file.content).lines] == [f"YC-2026-{at:06}" for at in (1, 2, 3)]


async def test_killed_in_the_middle_it_is_begun_anew_and_comes_exactly_once(
    store: Store, chat: Chat, database: Database
) -> None:
    await ordered(store, chat)
    kills, chance = 0, random.Random(2026)
    while states(database) != ["done"]:
        process = kill.NURSERY.Process(target=kill.run_exporter, args=(database.url, database.folder))
        process.start()
        process.join(chance.uniform(0.01, 0.05) * 1.25**kills)  # a busy machine comes to the end, too
        if process.exitcode is None:
            process.kill()
            kills += 1
        process.join()
        assert kills < 100, "it never came to its end"

    assert kills >= 3
    assert [file.name for file in await files(store)] == [f"{STEM}.xlsx"]
    await kill.make_exporter(store, database.url, database.folder).recover()
    assert left_behind(database) == []


class Slow:
    """Children that never come to an end, or to the one they are told."""

    def __init__(self, folder: Path, outcome: LastWord | None = None) -> None:
        self.folder, self.said = folder, outcome
        self.began = asyncio.Event()
        self.over = False

    def clean(self) -> None:
        """Nothing is left."""

    @asynccontextmanager
    async def start_writing(self, task: str) -> AsyncIterator["Slow"]:
        try:
            yield self
        finally:
            self.over = True

    async def outcome(self, progress: object) -> LastWord | None:
        self.began.set()
        if self.said is None:
            await asyncio.Event().wait()
        return self.said


def served_by(store: Store, children: Slow) -> Exporter:
    made = Exporter(store, ScriptedChannel(), children, ManualClock(), lambda: None)
    made.step = 0.01
    return made


async def test_a_cancelled_export_is_ended_while_it_is_written(store: Store, chat: Chat, database: Database) -> None:
    await ordered(store, chat)
    children = Slow(database.folder)
    working = asyncio.create_task(served_by(store, children).work())
    await children.began.wait()
    held = await load_rights(store, ADDRESS)
    async with admin_transaction(store, chat) as at:
        assert await at.admin.lists.cancel(held, make_reply("cancelled"))

    async with asyncio.timeout(10):
        assert await working == 1
    assert children.over
    assert await files(store) == []
    assert states(database) == ["cancelled"]


async def test_a_role_that_ended_before_it_was_written_ends_it(store: Store, chat: Chat, database: Database) -> None:
    await ordered(store, chat)
    database.sql("UPDATE grants SET ended_at = 1")

    await kill.make_exporter(store, database.url, database.folder).work()
    replies = await deliver_all(store)
    assert [attachment for reply in replies for attachment in reply.attachments] == []
    assert T("The export was stopped: you no longer have the right to it. Nothing was sent.") in str(replies)
    assert states(database) == ["failed"]


async def test_a_role_that_ended_while_it_was_written_ends_it(store: Store, chat: Chat, database: Database) -> None:
    await ordered(store, chat)
    (database.folder / "x.csv").write_bytes(b"x")
    made = Made(name="x.csv", media_type="text/csv", first=1, last=1)
    children = Slow(database.folder, Finished(files=(made,), count=1, grants=("QT-000001",)))
    database.sql("UPDATE grants SET ended_at = 1")

    await served_by(store, children).work()
    assert await files(store) == []
    assert states(database) == ["failed"]


async def broken(*_: object) -> None:
    raise DatabaseUnusable(N_("broken"))


async def test_an_export_that_cannot_be_stored_is_given_up_and_told(
    store: Store, chat: Chat, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ordered(store, chat)
    monkeypatch.setattr(ExportTaskService, "complete", broken)

    with structlog.testing.capture_logs() as logs:
        assert await kill.make_exporter(store, database.url, database.folder).work() == 1
    assert states(database) == ["failed"]
    assert (await deliver_all(store))[-1] == exports.format_export_failed(MarkupTranslator("vi"))
    assert [line["kind"] for line in logs if line["event"] == "export_not_written"] == ["DatabaseUnusable"]
    await ordered(store, chat)


async def test_an_export_that_cannot_even_be_given_up_is_so_later_and_the_exporter_goes_on(
    store: Store, chat: Chat, database: Database
) -> None:
    await ordered(store, chat)
    stop, served = asyncio.Event(), kill.make_exporter(store, database.url, database.folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ExportTaskService, "complete", broken)
        for name in ("fail", "recover"):
            patch.setattr(ExportTasks, name, broken)
        with structlog.testing.capture_logs() as logs:
            running = asyncio.create_task(served.run(stop))
            await eventually(lambda: any(line["event"] == "exports_failed" for line in logs), 60)
            patch.undo()
            patch.setattr(ExportTaskService, "complete", broken)
            patch.setattr(ExportTasks, "fail", broken)
            await eventually(lambda: any(line["event"] == "export_not_written" for line in logs), 60)
        assert states(database) == ["running"]
    await eventually(lambda: states(database) == ["failed"], 60)
    stop.set()
    await running


async def test_a_child_that_dies_leaves_its_status_and_its_last_words_in_the_log(
    store: Store, chat: Chat, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = database.folder / "dies"
    program.write_text("#!/bin/sh\necho 'ValueError: of 0901234567890' >&2\nexit 3\n")
    program.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(program))
    await ordered(store, chat)

    with structlog.testing.capture_logs() as logs:
        await kill.make_exporter(store, database.url, database.folder).work()
    (died,) = [line for line in logs if line["event"] == "export_process_died"]
    assert (died["status"], died["said"]) == (3, f"ValueError: of {MASK}")
    assert states(database) == ["failed"]


async def test_a_child_that_cannot_be_started_is_told_and_holds_nobody_up(
    store: Store, chat: Chat, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/nonexistent")
    await ordered(store, chat)

    assert await kill.make_exporter(store, database.url, database.folder).work() == 1
    assert states(database) == ["failed"]
    assert left_behind(database) == []
    await ordered(store, chat)


async def test_what_a_focal_officer_exports_is_masked(store: Store, chat: Chat, database: Database) -> None:
    database.sql("UPDATE grants SET role = 'focal'")
    seal_grants(database.sql, database.keys)
    await ordered(store, chat, ExportForm.CSV)
    await kill.make_exporter(store, database.url, database.folder).work()

    (file,) = await files(store)
    assert "YC-2026-000001" in file.content.decode()
    assert "5402DD8A9E3FB18F" not in file.content.decode()


def test_files_under_way_lie_in_a_folder_of_the_owner_alone(tmp_path: Path) -> None:
    with private_folder(tmp_path / "exports") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.parent.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_a_start_throws_away_what_the_dead_left_and_nothing_that_others_are_writing(tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()
    with private_folder(tmp_path) as folder:
        (folder / "under way").touch()
        clean(tmp_path)
        assert list(tmp_path.iterdir()) == [folder]
        assert (folder / "under way").exists()
    assert list(tmp_path.iterdir()) == []


async def test_what_is_not_in_the_file_is_told_and_not_counted(store: Store, chat: Chat, database: Database) -> None:
    await ordered(store, chat, ExportForm.IMPORT19)  # for persons; these are requests of a body
    await kill.make_exporter(store, database.url, database.folder).work()

    replies = str(await deliver_all(store))
    assert T("The export holds {count} requests.", count=0) in replies
    assert T("{count} other requests are not for this kind of list.", count=3) in replies
    async with admin_transaction(store) as at:
        entries = await at.admin.journal.latest(OPERATOR, 5)
    assert [entry.count for entry in entries if entry.act == "export"] == [0]
