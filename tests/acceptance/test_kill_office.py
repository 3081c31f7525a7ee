"""SIGKILL while admins work: every request is moved once, every officer is told, every file comes."""

import asyncio
import random
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

import psutil
from openpyxl import load_workbook

from handlers.office.exporting import Form
from handlers.office.list_words import MOVES_TO
from handlers.office.rights import Role
from handlers.requests.fields import FIELDS
from handlers.requests.model import State
from handlers.requests.words import STATES
from tests.acceptance.admins import LINK, accepts, changes_listed, edited, exports, invited, registers, told, troly
from tests.acceptance.killing import Killer, Watched, masked
from tests.support.botapi import BotApi, Limits, Shown
from tests.support.program import running
from tests.support.waiting import eventually
from tests.support.zygote import Zygote

KILLS = 25
#: Of them while a file is written: seconds from its order, within which it is written again and again.
WRITING_KILLS, WRITING = 3, 1.5
REASON, REFUSAL = "Số hiệu chứng thư chưa đúng", "Đã có yêu cầu khác"
#: Old names of one xã of today, and what each officer writes on the form.
OFFICERS = {"Lan": ("xa phu huu", "UBND xã Phú Hữu"), "Minh": ("xa phu dong", "UBND xã Phú Đông")}
#: What each request went through: the state and who brought it there.
HISTORIES = {
    "<Lan>": ["submitted subscriber", "accepted QT-000002", "forwarded QT-000002", "done QT-000002"],
    "<Minh>": [
        *("submitted subscriber", "sent_back QT-000002", "submitted subscriber"),
        *("accepted QT-000002", "forwarded QT-000002", "refused QT-000002"),
    ],
}
#: The acts of the journal and how many requests or units each was about.
JOURNAL = [
    *("maintain_units 17", "invite 1", "redeem 1", "invite 1", "redeem 1", "request.move 1", "request.move 1"),
    *("request.move 1", "request.move_all 2", "export_start 2", "export 2", "request.import 2"),
]

_TURN = re.compile(r"turn:.*")
#: How far an export was at some moment, in the place of its moving message.
_HOW_FAR = re.compile(r"export:\w+-\d+:\d{6,}")


@dataclass
class Office:
    """A run: an owner, an admin, two officers, and whoever kills the program meanwhile."""

    api: BotApi
    folder: Path
    killer: Killer

    def __post_init__(self) -> None:
        watched = partial(Watched, acted=self.killer.acted)
        self.owner, self.admin, *officers = (watched(self.api.user(name)) for name in ("Hà", "Dung", *OFFICERS))
        self.officers = dict(zip(OFFICERS, officers, strict=True))
        self.codes: dict[str, str] = {}
        self.file = b""

    async def works(self) -> None:
        await asyncio.gather(self._arrives(), *(self._registers(name) for name in OFFICERS))
        await self._moves_single_ones()
        await self._filters(State.ACCEPTED)
        await changes_listed(self.admin, MOVES_TO[State.FORWARDED], 2)
        await self._told(dict.fromkeys(OFFICERS, State.FORWARDED))
        await self._exports()
        await self._imports()
        await self.killer.done()

    async def _arrives(self) -> None:
        """The owner invites, the admin follows the link."""
        await self.owner.consents()
        await accepts(self.admin, await invited(self.owner, Role.ADMIN, "xa dai phuoc", "Chị Dung"))

    async def _registers(self, name: str) -> None:
        self.codes[name] = await registers(self.officers[name], *OFFICERS[name])

    async def _moves_single_ones(self) -> None:
        """One is sent back, put right and sent again; both are accepted."""
        await self._opens("Minh")
        await self.admin.taps(MOVES_TO[State.SENT_BACK])
        await self.admin.says(REASON)
        await self._told({"Minh": State.SENT_BACK})
        await self._amends("Minh")
        for name in OFFICERS:
            await self._opens(name)
            await self.admin.taps(MOVES_TO[State.ACCEPTED])
            await self._told({name: State.ACCEPTED})

    async def _filters(self, state: State) -> Shown:
        await self.admin.says("/danhsach")
        for label in ("Filter", "State"):
            await self.admin.taps(label)
        return await self.admin.taps(STATES[state])

    async def _opens(self, name: str) -> None:
        """From the list of what is new."""
        shown = await self._filters(State.SUBMITTED)
        await self.admin.user.taps(next(label for label in shown.labels if self.codes[name] in label))
        await self.admin.hears()

    async def _amends(self, name: str) -> None:
        officer = self.officers[name]
        await officer.says(f"/yeucau {self.codes[name]}")
        await officer.taps("Change this request")
        await officer.user.taps(officer.words("Change: {fact}", fact=officer.words(FIELDS["serial"].title)))
        await officer.hears()
        await officer.says("75580955FC81D6A7")
        await officer.taps("Save the change")

    async def _told(self, states: dict[str, State]) -> None:
        for name, state in states.items():
            await told(self.officers[name], self.codes[name], state)

    async def _exports(self) -> None:
        """Ordered in the chat; the kills of this act come while it is written."""
        await self.admin.taps("Clear the filter")
        for _ in range(WRITING_KILLS if self.killer.after else 0):
            self.killer.kills_within(WRITING)
        self.file = await exports(self.admin, Form.XLSX)

    async def _imports(self) -> None:
        states = {self.codes["Lan"]: (State.DONE, ""), self.codes["Minh"]: (State.REFUSED, REFUSAL)}
        await self.admin.user.sends_file(edited(self.file, states, self.admin.words), "danh-sach.xlsx")
        await self.admin.hears()
        await self.admin.taps("Yes, change all of them")
        await self._told({"Lan": State.DONE, "Minh": State.REFUSED})

    @property
    def people(self) -> dict[str, Watched]:
        return {"Hà": self.owner, "Dung": self.admin, **self.officers}

    def named(self, text: str) -> str:
        """The same with the officers' names in the place of the codes: who registers first has the first code."""
        for name, code in self.codes.items():
            text = text.replace(code, f"<{name}>")
        return text

    def cell(self, value: object) -> str:
        return "<time>" if isinstance(value, datetime) else self.named(str(value))


class Kept:
    """What a run left in its data folder."""

    def __init__(self, office: Office) -> None:
        self.office, self.data = office, office.folder / "data"

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.data / "troly.sqlite3")) as connection:
            return connection.execute(statement).fetchall()

    def busy(self) -> int:
        """How much is still to be handled, said or written."""
        (row,) = self.sql(
            "SELECT (SELECT COUNT(*) FROM inbox WHERE state = 'waiting')"
            " + (SELECT COUNT(*) FROM outbox WHERE state IN ('queued', 'sending'))"
            " + (SELECT COUNT(*) FROM tasks WHERE state IN ('queued', 'running'))"
        )
        return int(row[0])

    def histories(self) -> dict[str, list[str]]:
        """Moves in order; each with the next revision of its request, amendments counted in between."""
        found: dict[str, list[str]] = {}
        for code, state, actor in self.sql("SELECT code, state, actor FROM request_history ORDER BY id"):
            found.setdefault(self.office.named(code), []).append(f"{state} {actor}")
        return found

    def revisions(self) -> dict[str, int]:
        return {self.office.named(code): number for code, number in self.sql("SELECT code, revision FROM requests")}

    def journal(self) -> list[str]:
        return sorted(f"{act} {count}" for act, count in self.sql("SELECT act, count FROM audit"))

    def messages(self) -> Counter[tuple[str, str, str]]:
        """All that was to be said: in which chat, what asked for it, what became of it."""
        rows = self.sql("SELECT chat, origin, state FROM outbox")
        return Counter(
            (chat, self.office.named(_TURN.sub("turn", origin)), state)
            for chat, origin, state in rows
            if not _HOW_FAR.fullmatch(origin)
        )

    def tasks(self) -> list[tuple[Any, ...]]:
        return self.sql("SELECT id, state FROM tasks")

    def written(self) -> list[Path]:
        """What is left where exports are written."""
        return [path for path in (self.data / "exports").rglob("*") if path != self.data / "exports" / "telegram"]


@dataclass(frozen=True)
class Outcome:
    """What a run left behind, made comparable with another run."""

    histories: dict[str, list[str]]
    revisions: dict[str, int]
    journal: list[str]
    messages: Counter[tuple[str, str, str]]
    tasks: list[tuple[Any, ...]]
    screens: dict[str, list[object]]
    notices: dict[str, set[str]]
    files: set[tuple[tuple[str, ...], ...]]


def outcome(office: Office, kept: Kept) -> Outcome:
    return Outcome(
        histories=kept.histories(),
        revisions=kept.revisions(),
        journal=kept.journal(),
        messages=kept.messages(),
        tasks=kept.tasks(),
        screens={name: screens(person) for name, person in office.people.items()},
        notices={name: notices(office, person) for name, person in office.officers.items()},
        files={table(office, one.document.content) for one in office.admin.user.chat.history if one.document},
    )


def screens(person: Watched) -> list[object]:
    """The open screens in order, repeats taken out; lines sorted, because who registers first is listed first."""
    shown = [one for one in person.user.chat.history if one.buttons]
    told = [(one.kind, sorted(plain(one.text).splitlines()), sorted(map(plain, one.labels))) for one in shown]
    return [screen for screen, _ in groupby(told)]


def plain(text: str) -> str:
    return LINK.sub("<link>", masked(text))


def notices(office: Office, officer: Watched) -> set[str]:
    """What an officer was told of moves."""
    moved = officer.words("An admin has changed its state: <b>{state}</b>.", state="").rstrip(" .")
    return {office.named(one.text) for one in officer.user.chat.history if moved in one.text and not one.buttons}


def table(office: Office, workbook: bytes) -> tuple[tuple[str, ...], ...]:
    """The rows of the list that are about a request, without the times."""
    sheet = load_workbook(BytesIO(workbook)).worksheets[0]
    rows = [tuple(map(office.cell, row)) for row in sheet.iter_rows(values_only=True)]
    named = {f"<{name}>" for name in office.codes}
    return tuple(sorted(row for row in rows if named & set(row)))


async def run(start: Zygote, folder: Path, kill_after: Sequence[int], chance: random.Random) -> tuple[Outcome, Killer]:
    """The whole of it, the program killed after these acts."""
    async with BotApi.start(limits=Limits.off()) as api, running(api, folder, start=start) as program:
        killer = Killer(program, frozenset(kill_after), chance)
        office = Office(api, folder, killer)
        kept = Kept(office)
        await office.works()
        await eventually(lambda: not kept.busy(), 30)
        await program.stop()
    assert kept.written() == []
    assert writing(folder) == []
    await troly(folder, "audit", "verify")
    return outcome(office, kept), killer


def writing(folder: Path) -> list[str]:
    """Processes that still write an export of this data folder."""
    commands = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    return [command for command in commands if str(folder) in command]


async def furnished(folder: Path) -> None:
    """A data folder with the former district's units, and the first person of a run as the owner."""
    async with BotApi.start(limits=Limits.off()) as api:
        await troly(folder, "units", "import", "--sample", "nhon-trach", "--apply")
        await troly(folder, "admins", "add", f"telegram:{api.user('Hà').id}")


async def test_killed_at_random_moments_every_act_of_the_office_is_done_and_told_once(
    fast_start: Zygote, tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    (tmp_path / "calm").mkdir()
    await furnished(tmp_path / "calm")
    shutil.copytree(tmp_path / "calm", tmp_path / "killed")

    calm, watched = await run(fast_start, tmp_path / "calm", (), chance)
    moments = chance.sample(range(watched.acts), KILLS - WRITING_KILLS)
    killed, killer = await run(fast_start, tmp_path / "killed", moments, chance)

    assert killer.kills == KILLS
    assert calm.histories == HISTORIES
    assert calm.journal == sorted(JOURNAL)
    for part in fields(Outcome):
        assert getattr(killed, part.name) == getattr(calm, part.name), f"{part.name}, seed {seed}"
