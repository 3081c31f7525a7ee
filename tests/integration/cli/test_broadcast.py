"""``troly broadcast``, on both databases."""

import asyncio
import csv
import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from bot.cli import broadcast_output
from bot.messages import Chat
from bot.settings import load_settings
from bot.store import Store
from handlers.model import BroadcastState, InterviewStatus, RequestContent, Role, format_person_code
from tests.support.database import Command, Database
from tests.support.people import grant_role, insert_units, make_person_content
from tests.support.store import CHANNEL
from tests.support.stored_dialogue import StoredTurns

FORMULA = '=HYPERLINK("http://x.example","An")'
#: What may become of somebody: state, reason.
ENDS = (
    ("sent", None),
    ("skipped", "stopped"),
    ("skipped", "capped"),
    ("blocked", "blocked_before"),
    ("invalid", "refused"),
    ("failed", "gave_up"),
    ("unknown", "crash"),
    ("queued", None),
)


@dataclass(frozen=True)
class Town:
    """Officers of two communes, and the commands of an operator."""

    store: Store
    database: Database
    troly: Command

    async def does(self, *words: object) -> tuple[int, str, str]:
        """A command runs a loop of its own, and so it does in a thread of its own."""
        return await asyncio.to_thread(self.troly, "broadcast", *map(str, words))

    async def did(self, *words: object) -> str:
        """What a command that goes well says."""
        code, out, error = await self.does(*words)
        assert code == 0, error + out
        return out

    def chat(self, address: str) -> Chat:
        return self.store.chats.at(CHANNEL, address)

    def file(self, name: str, text: str) -> Path:
        path = self.database.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    async def officer(self, address: str, name: str, unit: str = "DN.NT") -> None:
        """Somebody with a certificate and a request."""
        async with StoredTurns(self.store, address)() as turn:
            await turn.register.save_status(InterviewStatus(interview=1, unit=unit, subscriber=name))
            content: RequestContent = make_person_content(name)
            await turn.requests.register(content.model_copy(update={"unit_code": unit}))

    async def written(self, *more: object) -> str:
        """A draft that nothing stands against."""
        texts = (
            "--text-vi",
            self.file("vi", "Chào {ho_ten|anh/chị}, hạn *{han}*."),
            "--text-en",
            self.file("en", "By {han}."),
        )
        out = await self.did("new", "--title", "Nhắc hạn", *texts, "--deadline", "2099-12-31", *more)
        return out.split()[0]

    def rows(self, broadcast: str, chat: Chat, state: str, reason: str | None) -> None:
        """What became of somebody."""
        self.database.sql(
            "INSERT INTO outbox (origin, chat, channel, priority, state, reason, attempts, queued_at, due_at,"
            " settled_at, broadcast, payload)"
            " VALUES (?, ?, ?, 2, ?, ?, 1, 1764000000000000, 0, 1764000060000000, ?, ?)",
            *(f"broadcast:{broadcast}:{chat.id}", chat.id, CHANNEL, state, reason, broadcast, b"sealed"),
        )

    def stands(self, broadcast: str, state: BroadcastState) -> None:
        self.database.sql("UPDATE broadcasts SET state = ? WHERE id = ?", state.value, broadcast)

    def states(self) -> list[str]:
        return [
            state for (state,) in self.database.sql("SELECT state FROM broadcasts WHERE id > 'TB-000000' ORDER BY id")
        ]


@pytest.fixture
async def town(store: Store, database: Database, troly: Command) -> Town:
    insert_units(database.sql)
    town = Town(store, database, troly)
    await town.officer("1", FORMULA)
    await town.officer("2", "Lê Thị Hoa", "DN.DP")
    return town


async def ended(town: Town) -> str:
    """A broadcast with a recipient for everything that may become of one."""
    name = await town.written()
    for number, (state, reason) in enumerate(ENDS, 1):
        if number > 2:
            await town.officer(str(number), f"Người {number}")
        town.rows(name, town.chat(str(number)), state, reason)
    town.stands(name, BroadcastState.RUNNING)
    return name


async def test_a_broadcast_goes_its_way_from_the_draft_to_the_end(town: Town) -> None:
    name = await town.written("--unit", "xa nhon trach")

    assert "Telegram: 1 of 1 can be reached" in await town.did("check", name)
    assert "Recipients by the last check: 1" in await town.did("status", name)
    preview = await town.did("preview", name)
    assert format_person_code(town.chat("1").id) in preview
    assert "By 31/12/2099." in preview
    assert f"troly broadcast start {name}" in await town.did("approve", name)
    await town.did("start", name)
    await town.did("pause", name)
    code, _, error = await town.does("start", name)
    refused = f"That is not possible for {name} as it stands: paused. Next: troly broadcast resume {name}"
    assert (code, error) == (1, f"troly: {refused}\n")
    await town.did("resume", name)
    assert "waiting to be sent: 1" in await town.did("status", name)

    await town.did("cancel", name)
    (line,) = map(json.loads, (await town.did("status", name, "--json")).splitlines())
    assert (line["state"], line["states"], line["reasons"]) == ("cancelled", {"skipped": 1}, {"cancelled": 1})
    assert await town.did("status") == ""
    assert name in await town.did("list")


async def test_a_check_says_where_a_second_person_has_to_approve_and_asks_who_may(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TROLY_APPROVAL_ABOVE", "0")
    load_settings.cache_clear()
    await grant_role(town.store, "gần", Role.ADMIN, "DN.NT")
    name = await town.written("--unit", "DN.NT")

    out = await town.did("check", name)

    assert "need the approval of a second person" in out
    assert "told so in their chats: 1" in out
    assert "troly broadcast approve" not in out
    assert town.database.sql("SELECT chat FROM outbox") == [(town.chat("gần").id,)]
    assert "second person" in (await town.does("approve", name))[2]
    assert "Next: " in await town.did("check", name, "--as", "QT-000001")


async def test_what_stands_against_it_is_named_and_nothing_can_be_approved(town: Town) -> None:
    name = await town.written("--unit", "DN")
    await town.did("change", name, "--text-en", town.file("wrong", "Hello {ho_tn} and *bold"))

    code, out, _ = await town.does("check", name)
    assert code == 1
    assert "{ho_tn} → {ho_ten}: A placeholder is not known, or" in out
    assert "*bold: The markup is not closed" in out
    code, _, error = await town.does("approve", name)
    assert code == 1
    assert "It has not passed a check yet" in error


async def test_a_campaign_runs_its_plan_as_soon_as_it_is_approved(town: Town) -> None:
    name = await town.written("--plan", "14,7,-1", "--at", "9:15", "--late", "skip")
    assert "over already" not in await town.did("check", name)
    said = await town.did("change", name, "--plan", "700,0", "--deadline", f"{datetime.now(UTC):%Y}-12-31")
    assert "over already: 700 days before the deadline." in said
    assert "over already: 700 days before the deadline." in await town.did("check", name)
    assert f"{name}: reminding by its plan" in await town.did("approve", name)
    code, _, error = await town.does("change", name, "--title", "Tên khác")
    assert (code, "as it stands: reminding by its plan" in error) == (1, True)


async def test_lines_of_a_list_that_name_nobody_are_told_and_nothing_is_stored(town: Town) -> None:
    lists = town.file(
        "list.csv", "Danh sách nhắc;\nMã;Tên\nYC-2026-000001;An\n\nYC-2026-999999;=1+1\ntelegram:404;Lan\n"
    )
    code, _, error = await town.does("new", "--title", "Nhắc hạn", "--list", lists)

    assert code == 1
    assert "2 lines cannot be taken; nothing was stored." in error
    assert "line 5: YC-2026-999999: no person within your rights has this name" in error
    assert "line 6: telegram:404: no person within your rights has this name" in error
    assert town.states() == []


async def test_a_list_means_people_by_request_by_code_and_by_chat(town: Town) -> None:
    await town.officer("3", "Người 3")
    names = f"yc-2026-000001\n{format_person_code(town.chat('2').id)}\ntelegram:3\ntelegram:3\n"
    name = await town.written("--list", town.file("list.csv", names))
    assert "Recipients: 3" in await town.did("check", name)

    await grant_role(town.store, "77", Role.ADMIN, "DN.NT")
    _, _, error = await town.does("new", "--title", "Nhắc hạn", "--list", "list.csv", "--as", "telegram:77")
    assert [line for line in error.splitlines() if line.startswith("line")] == [
        f"line 2: {format_person_code(town.chat('2').id)}: no person within your rights has this name"
    ]


async def test_the_totals_of_a_report_equal_its_rows_and_hostile_names_stay_text(town: Town) -> None:
    name, out = await ended(town), town.database.folder / "report.xlsx"
    _, _, told = await town.does("report", name, "--out", out)
    assert f"recipients: {len(ENDS)}" in told

    book = openpyxl.load_workbook(out)
    head, *rows = book["List"].iter_rows(values_only=True)
    lines = [dict(zip(head, row, strict=True)) for row in rows]
    totals = [row for row in book["Summary"].iter_rows(values_only=True) if row[0]]
    counted = Counter(line["State"] for line in lines)
    start = next(at for at, row in enumerate(totals) if row[:2] == ("State", "Number"))
    assert {row[0]: row[1] for row in totals[start + 1 : start + 1 + len(counted)]} == counted
    assert totals[start + 1 + len(counted)][:2] == ("Total", len(ENDS))
    reasons = Counter((line["State"], line["Reason"]) for line in lines if line["Reason"])
    start = next(at for at, row in enumerate(totals) if row[:2] == ("State", "Reason"))
    assert {row[:2]: row[2] for row in totals[start + 1 : start + 1 + len(reasons)]} == reasons
    (hostile,) = [cell for row in book["List"].iter_rows() for cell in row if cell.value == FORMULA]
    assert (hostile.data_type, hostile.hyperlink) == ("s", None)
    assert {f"{line['Settled at']:%H:%M %d/%m/%Y}" for line in lines} == {"23:01 24/11/2025"}


async def test_a_report_as_csv_runs_nothing_and_masks_for_those_who_may_not_see(town: Town) -> None:
    name, out = await ended(town), town.database.folder / "report.csv"
    await town.did("report", name, "--out", out)
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
    assert {row["Name"] for row in rows} >= {f"'{FORMULA}", "Lê Thị Hoa"}
    assert (await town.does("report", name, "--out", out))[0] == 1  # it is there already

    owner = await grant_role(town.store, "77", Role.FOCAL, "DN")
    town.database.sql("UPDATE broadcasts SET unit = 'DN'")
    await town.did("report", name, "--out", out, "--force", "--as", owner.id)
    names = {row["Name"] for row in csv.DictReader(out.read_text("utf-8-sig").splitlines())}
    assert "L. T. Hoa" in names
    assert not names & {"Lê Thị Hoa"}
    assert ("broadcast_report", owner.id, len(ENDS)) in town.database.sql("SELECT act, actor, count FROM audit")


async def test_the_report_of_a_campaign_has_its_steps_and_why_one_was_left_out(town: Town) -> None:
    campaign, first, second = await town.written("--plan", "14,7"), await town.written(), await town.written()
    town.stands(campaign, BroadcastState.RUNNING)
    town.database.sql("UPDATE broadcasts SET parent = ?, step = '14', state = 'finished' WHERE id = ?", campaign, first)
    left_out = "UPDATE broadcasts SET parent = ?, step = '7', state = 'cancelled', why = 'missed' WHERE id = ?"
    town.database.sql(left_out, campaign, second)
    town.rows(first, town.chat("1"), "sent", None)

    status = await town.did("status", campaign)
    assert "14 days before" in status
    assert "left out: its time was over" in status
    out = town.database.folder / "report.xlsx"
    await town.did("report", campaign, "--out", out)
    book = openpyxl.load_workbook(out)
    assert [row[:2] for row in book["List"].iter_rows(values_only=True)] == [
        ("Step", "Broadcast"),
        ("14 days before", first),
    ]
    steps = [row for row in book["Summary"].iter_rows(values_only=True) if row[2] in {first, second}]
    assert [(row[0], row[4] or "") for row in steps] == [
        ("14 days before", ""),
        ("7 days before", "left out: its time was over"),
    ]


async def test_only_what_nobody_knows_the_fate_of_is_sent_again_and_only_after_a_yes(town: Town) -> None:
    name = await ended(town)
    assert (await town.does("resend", name))[0] == 2
    code, _, error = await town.does("resend", name, "--all")
    assert (code, "add --yes" in error) == (1, True)
    assert (await town.did("resend", name, "--person", format_person_code(town.chat("1").id), "--yes")).endswith(
        ": 0.\n"
    )
    assert (await town.did("resend", name, "--all", "--yes")).endswith(": 1.\n")
    assert "has no message with an unknown result" in await town.did("resend", name, "--all", "--yes")


async def test_following_ends_with_the_broadcast(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    name = await ended(town)

    async def meanwhile(_: float) -> None:
        town.stands(name, BroadcastState.FINISHED)

    monkeypatch.setattr(broadcast_output, "sleep", meanwhile)
    assert f"{name}  finished" in await town.did("status", name, "--follow")


async def test_whoever_stops_following_leaves_it_running(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    name = await ended(town)

    async def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(broadcast_output, "sleep", interrupted)
    code, _, error = await town.does("status", name, "--follow")
    assert code == 130
    assert "The broadcast goes on." in error
    assert town.states() == ["running"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "--title"),
        (("--title", "T1"), "a title of words"),
        (("--title", "Nhắc hạn", "--plan", "30"), "--deadline"),
        (("--title", "Nhắc hạn", "--deadline", "2099-12-31", "--plan", "a,b"), "30,14,7,3,1,0,-1"),
        (("--title", "Nhắc hạn", "--at", "08:00"), "--plan"),
        (("--title", "Nhắc hạn", "--starts-at", "2099-12-31"), "08:30"),
        (("--title", "Nhắc hạn", "--button", "buy"), "Do it now"),
        (("--title", "Nhắc hạn", "--text-vi", "-", "--text-en", "-"), "standard input"),
    ],
)
def test_what_is_not_understood_stores_nothing(troly: Command, words: tuple[str, ...], complaint: str) -> None:
    code, out, error = troly("broadcast", "new", *words)
    assert (code, out) == (2, "")
    assert complaint in " ".join(error.split())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("name", "content"),
    [("x.pdf", b"MZ not a PDF"), ("x.exe", b"%PDF-1.7"), ("x.docx", None)],
)
def test_a_document_that_is_none_is_one_clear_line(
    troly: Command, database: Database, name: str, content: bytes | None
) -> None:
    if content is not None:
        (database.folder / name).write_bytes(content)
    code, _, error = troly("broadcast", "new", "--title", "Nhắc hạn", "--document", name)
    assert code == 1
    assert len(error.strip().splitlines()) == 1
