"""A report that an admin asks for arrives as a file, and says of everybody what became of them."""

from io import BytesIO
from pathlib import Path

import openpyxl

from bot.delivery.event_preparation import EventPreparer, ReportMaker
from bot.messages import OutboxRow
from bot.store import Store
from handlers.conversation import respond
from handlers.core import Reply
from handlers.model import Role
from locales import translator
from tests.support.broadcasts import start_notice
from tests.support.delivery import (
    CountingReader,
    DeliveryPipeline,
    ManualClock,
    ScriptedChannel,
    make_conversation,
    make_text_update,
)
from tests.support.people import grant_role
from tests.support.stored_dialogue import StoredTurns

t = translator("vi")


class Keeping(ScriptedChannel):
    """Remembers the replies of one person as they leave."""

    def __init__(self) -> None:
        super().__init__()
        self.left: list[Reply] = []

    async def send(self, row: OutboxRow) -> str | None:
        if row.chat.address == "owner":
            self.left.append(row.reply)
        return await super().send(row)


async def test_the_file_arrives_and_its_totals_are_its_rows(store: Store, clock: ManualClock, tmp_path: Path) -> None:
    for address in (*"123", "owner"):  # who is reminded as everybody is
        async with StoredTurns(store, address)():
            pass
    await grant_role(store, "owner", Role.OWNER)
    name, channel = await start_notice(store, clock.now()), Keeping()
    made = DeliveryPipeline(store, clock, make_conversation(respond), channel)
    report = ReportMaker(store, clock, tmp_path / "reports", 10_000_000).make
    made.turns._preparer = EventPreparer({channel.name: channel}, CountingReader(), report=report)

    lines = ("/start", "đồng ý", f"/thongbao {name}", "kết quả", "tệp excel")
    for number, line in enumerate(lines):
        await made.flow(make_text_update(line, number, "owner"))

    (reply,) = [reply for reply in channel.left if reply.attachments]
    (text,), (file,) = reply.paragraphs, reply.attachments
    assert name in text
    assert "<b>4</b>" in text
    people, totals = openpyxl.load_workbook(BytesIO(file.content)).worksheets
    codes = [row[0] for row in people.iter_rows(min_row=2, values_only=True)]
    summed = [row[:2] for row in totals.iter_rows(values_only=True)]
    assert len(codes) == len(set(codes)) == 4
    assert summed.count((t("Total"), 4)) == 1
    assert (t("Rows in this file"), 4) in summed
