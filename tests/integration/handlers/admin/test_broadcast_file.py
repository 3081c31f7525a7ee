"""The report of a broadcast, asked for on a phone: a file for whoever may see it at that moment, for nobody else."""

import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from bot.delivery.event_preparation import EventPreparer, ReportCallback, ReportMaker
from bot.messages import Chat
from bot.services.broadcasts import BroadcastOperations
from bot.store import Store
from bot.store.errors import StoreUnavailable
from handlers.broadcasts.screens.detail import REPORT_PROBLEMS
from handlers.core import Event, MakeReport, ReportMade
from handlers.model import XLSX, BroadcastDraft, BroadcastState, CampaignPlan, InterviewStatus, Role
from locales import translator
from tests.support.broadcasts import NOTICE_DRAFT, start_notice
from tests.support.database import Sql
from tests.support.delivery import CountingReader, ManualClock, ScriptedChannel
from tests.support.people import OPERATOR, admin_transaction, end_role, grant_role, load_rights
from tests.support.store import CHANNEL, NOW
from tests.support.stored_dialogue import StoredDialogue, StoredTurns

t = translator("vi")
GET = t("Get the Excel file")
CLOCK = ManualClock(NOW)
#: Where files under way lie; nothing stays in it.
FOLDER = Path(tempfile.gettempdir()) / "reports-under-way"
Prepare = Callable[[Chat, Event], Awaitable[Event]]


@pytest.fixture
async def town(store: Store, sql: Sql) -> Store:
    """Two officers of Xã Nhơn Trạch, one of Xã Đại Phước."""
    for address, unit in (("1", "DN.NT"), ("2", "DN.NT.VP"), ("3", "DN.DP")):
        async with StoredTurns(store, address)() as turn:
            await turn.register.save_status(InterviewStatus(interview=1, unit=unit, subscriber=f"UBND {address}"))
    return store


def prepare(report: ReportCallback, *, files: bool = True) -> Prepare:
    channel = ScriptedChannel(CHANNEL)
    channel.capabilities = replace(channel.capabilities, files_out=files)
    return EventPreparer({CHANNEL: channel}, CountingReader(), report=report).prepare


def reports(store: Store, most_bytes: int = 10_000_000, most_rows: int = 20_000) -> ReportCallback:
    return ReportMaker(store, CLOCK, FOLDER, most_bytes, most_rows).make


async def person(store: Store, address: str, role: Role | None = Role.ADMIN, unit: str = "DN.NT") -> StoredDialogue:
    if role:
        await grant_role(store, address, role, unit)
    dialogue = StoredDialogue(store=store, address=address, prepare=prepare(reports(store)))
    await dialogue.says("/start", "dong y")
    return dialogue


async def sent(store: Store, draft: BroadcastDraft = NOTICE_DRAFT) -> str:
    """To all of Xã Nhơn Trạch."""
    within = draft.audience.model_copy(update={"unit": "DN.NT"})
    return await start_notice(store, NOW, draft.model_copy(update={"audience": within}))


def handed_over(dialogue: StoredDialogue) -> list[openpyxl.Workbook]:
    files = [file for reply in dialogue.heard for file in reply.attachments]
    assert all(file.media_type == XLSX and file.name.endswith(".xlsx") for file in files)
    return [openpyxl.load_workbook(BytesIO(file.content)) for file in files]


def recipients(book: openpyxl.Workbook) -> int:
    return sum(1 for row in book.worksheets[0].iter_rows(min_row=2, values_only=True) if any(row))


async def test_the_file_of_a_broadcast_is_asked_for_on_its_results(town: Store, sql: Sql) -> None:
    admin = await person(town, "admin")
    name = await sent(town)

    await admin.says(f"/thongbao {name}")
    await admin.taps("Kết quả")
    said = await admin.taps(GET)

    assert f"{name}: Nhắc hạn" in said
    assert "<b>2</b>" in said
    assert "đang gửi" in said
    assert [recipients(book) for book in handed_over(admin)] == [2]
    assert sql("SELECT subject, count FROM audit WHERE act = 'broadcast_report'") == [(name, 2)]


async def test_a_broadcast_to_nobody_has_no_file(town: Store, sql: Sql) -> None:
    admin = await person(town, "admin")
    name = await sent(town)
    sql("DELETE FROM outbox WHERE broadcast = ?", name)

    await admin.says(f"/thongbao {name}")
    assert t("Nobody is on its list yet.") in await admin.taps("Kết quả")
    assert GET not in admin.labels


async def test_the_file_of_a_campaign_is_asked_for_among_its_reminders(town: Store) -> None:
    admin = await person(town, "admin")
    plan = CampaignPlan(deadline=date(2026, 12, 15), steps=(7, 1))
    campaign = await approved(town, NOTICE_DRAFT.model_copy(update={"plan": plan}))
    await listed(town, campaign)
    await admin.says(f"/thongbao {campaign}")
    await admin.taps("Các lần nhắc")
    assert GET not in admin.labels
    for step in ("7", "1"):
        child = await BroadcastOperations.over(town).create_step(campaign, step, NOW, starts_at=NOW)
        assert child
        await listed(town, child)

    await admin.says(f"/thongbao {campaign}")
    await admin.taps("Các lần nhắc", GET)

    assert [recipients(book) for book in handed_over(admin)] == [4]
    assert "<b>4</b>" in admin.text


async def approved(store: Store, draft: BroadcastDraft) -> str:
    within = draft.audience.model_copy(update={"unit": "DN.NT"})
    async with admin_transaction(store) as at:
        made = await at.admin.broadcasts.new(OPERATOR, draft.model_copy(update={"audience": within}))
    assert made
    await BroadcastOperations.over(store).check(made.id, NOW)
    async with admin_transaction(store) as at:
        await at.admin.broadcasts.move(OPERATOR, made.id, BroadcastState.APPROVED)
    return made.id


async def listed(store: Store, name: str) -> None:
    while await BroadcastOperations.over(store).freeze(name, NOW):
        pass


@pytest.mark.parametrize(("role", "unit"), [(None, ""), (Role.ADMIN, "DN.DP"), (Role.FOCAL, "DN.DP")])
async def test_nobody_gets_the_file_of_a_broadcast_out_of_reach(
    town: Store, sql: Sql, role: Role | None, unit: str
) -> None:
    name = await sent(town)
    other = await person(town, "other", role, unit)

    said = await other.does(MakeReport(broadcast=name, language="vi"))

    assert t(REPORT_PROBLEMS["not_yours"]) in said
    assert handed_over(other) == []
    assert sql("SELECT subject FROM audit WHERE act = 'broadcast_report'") == []


async def test_whoever_loses_the_role_while_the_file_is_made_gets_none(town: Store) -> None:
    """Another role, that sees no names, does not do: the file was made with them."""
    name = await sent(town)
    admin = await person(town, "admin")
    (grant,) = (await load_rights(town, "admin")).grants
    await grant_role(town, "admin", Role.FOCAL, "DN.NT")

    async def overtaken(chat: Chat, wanted: MakeReport) -> ReportMade:
        made = await ReportMaker(town, CLOCK, FOLDER, 10_000_000).make(chat, wanted)
        assert made.content
        assert await end_role(town, OPERATOR, grant.id) is None
        return made

    admin.prepare = prepare(overtaken)
    await admin.says(f"/thongbao {name}")
    await admin.taps("Kết quả", GET)
    assert t(REPORT_PROBLEMS["not_yours"]) in admin.text
    assert handed_over(admin) == []


@pytest.mark.parametrize(
    ("most_bytes", "most_rows", "files", "trouble"),
    [(10, 2, True, "too_much"), (10_000_000, 1, True, "too_much"), (10_000_000, 2, False, "no_files")],
)
async def test_what_a_chat_cannot_be_given_is_had_on_the_command_line(
    town: Store, most_bytes: int, most_rows: int, files: bool, trouble: str
) -> None:
    name = await sent(town)
    admin = await person(town, "admin")
    admin.prepare = prepare(reports(town, most_bytes, most_rows), files=files)

    await admin.says(f"/thongbao {name}")
    said = await admin.taps("Kết quả", GET)

    assert t(REPORT_PROBLEMS[trouble]) in said
    assert f"troly broadcast report {name}" in said
    assert handed_over(admin) == []


async def test_a_report_that_fails_is_said_and_one_that_the_store_cannot_give_now_is_tried_again(town: Store) -> None:
    name = await sent(town)
    admin = await person(town, "admin")

    async def broken(chat: Chat, wanted: MakeReport) -> ReportMade:
        raise ValueError(chat, wanted)

    async def away(chat: Chat, wanted: MakeReport) -> ReportMade:
        raise StoreUnavailable

    admin.prepare = prepare(broken)
    await admin.says(f"/thongbao {name}")
    assert t(REPORT_PROBLEMS["failed"]) in await admin.taps("Kết quả", GET)
    with pytest.raises(StoreUnavailable):
        await prepare(away)(town.chats.at(CHANNEL, "admin"), MakeReport(broadcast=name, language="vi"))
