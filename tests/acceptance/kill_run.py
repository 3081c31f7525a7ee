"""An owner, an admin and two officers at work, while somebody kills the program."""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from handlers.admin import MOVE_LABELS
from handlers.core import capitalize_first
from handlers.model import ExportForm, RequestState, Role
from handlers.requests import FIELDS, STATE_LABELS
from tests.acceptance.admins import (
    LINK,
    accept_invitation,
    change_listed,
    create_invitation,
    edit_workbook,
    export_list,
    hear_move,
    register_request,
)
from tests.acceptance.kill import Killer, WatchedOfficer, Witness, mask_clock
from tests.acceptance.test_conversation import CODE
from tests.support.telegram.api import BotApi
from tests.support.telegram.chats import Shown

#: Kills while a file is written: seconds from its order, within which it is written again and again.
WRITING_KILLS, WRITING = 3, 1.5
REASON, REFUSAL = "Số hiệu chứng thư chưa đúng", "Đã có yêu cầu khác"
#: Old names of one xã of today, and what each officer writes on the form.
OFFICERS = {"Lan": ("xa phu huu", "UBND xã Phú Hữu"), "Minh": ("xa phu dong", "UBND xã Phú Đông")}


@dataclass
class KillRun:
    """A run: an owner, an admin, two officers, and whoever kills the program meanwhile."""

    api: BotApi
    folder: Path
    killer: Killer

    def __post_init__(self) -> None:
        watched = partial(WatchedOfficer, acted=self.killer.acted)
        self.owner, self.admin, *officers = (watched(self.api.user(name)) for name in ("Hà", "Dung", *OFFICERS))
        self.officers = dict(zip(OFFICERS, officers, strict=True))
        self.codes: dict[str, str] = {}
        self.arrived = asyncio.Event()
        self.file = b""

    async def works(self) -> None:
        await asyncio.gather(self._arrives(), *(self._registers(name) for name in OFFICERS))
        await self._moves_single_ones()
        await self._filters(RequestState.ACCEPTED)
        await change_listed(self.admin, MOVE_LABELS[RequestState.FORWARDED], 2)
        await self._told(dict.fromkeys(OFFICERS, RequestState.FORWARDED))
        await self._exports()
        await self._imports()
        await self.killer.done()

    async def _arrives(self) -> None:
        """The owner invites, the admin follows the link."""
        await self.owner.consents()
        await accept_invitation(self.admin, await create_invitation(self.owner, Role.ADMIN, "xa dai phuoc", "Chị Dung"))
        self.arrived.set()

    async def _registers(self, name: str) -> None:
        """Beside the others, but nothing is sent before the admin is there to be told of it."""
        self.codes[name] = await register_request(self.officers[name], *OFFICERS[name], self.arrived.wait)

    async def _moves_single_ones(self) -> None:
        """One is sent back, put right and sent again; both are accepted."""
        await self._opens("Minh")
        await self.admin.taps(MOVE_LABELS[RequestState.SENT_BACK])
        await self.admin.says(REASON)
        await self._told({"Minh": RequestState.SENT_BACK})
        await self._amends("Minh")
        for name in OFFICERS:
            await self._opens(name)
            await self.admin.taps(MOVE_LABELS[RequestState.ACCEPTED])
            await self._told({name: RequestState.ACCEPTED})

    async def _filters(self, state: RequestState) -> Shown:
        await self.admin.says("/danhsach")
        for label in ("Filter", "State"):
            await self.admin.taps(label)
        await self.admin.user.taps(capitalize_first(self.admin.words(STATE_LABELS[state])))
        return await self.admin.hears()

    async def _opens(self, name: str) -> None:
        """From the list of what is new."""
        shown = await self._filters(RequestState.SUBMITTED)
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

    async def _told(self, states: dict[str, RequestState]) -> None:
        for name, state in states.items():
            await hear_move(self.officers[name], self.codes[name], state)

    async def _exports(self) -> None:
        """Ordered in the chat; the kills of this act come while it is written."""
        await self.admin.taps("Clear the filter")
        for _ in range(WRITING_KILLS if self.killer.after else 0):
            self.killer.kills_within(WRITING)
        self.file = await export_list(self.admin, ExportForm.XLSX)

    async def _imports(self) -> None:
        states = {self.codes["Lan"]: (RequestState.DONE, ""), self.codes["Minh"]: (RequestState.REFUSED, REFUSAL)}
        await self.admin.user.sends_file(edit_workbook(self.file, states, self.admin.words), "danh-sach.xlsx")
        await self.admin.hears()
        await self.admin.user.taps(self.admin.words("Yes, change {number}", number=len(states)))
        await self.admin.hears()
        await self._told({"Lan": RequestState.DONE, "Minh": RequestState.REFUSED})

    @property
    def people(self) -> dict[str, WatchedOfficer]:
        return {"Hà": self.owner, "Dung": self.admin, **self.officers}

    def named(self, text: str) -> str:
        """The same with the officers' names in the place of the codes: who registers first has the first code."""
        for name, code in self.codes.items():
            text = text.replace(code, f"<{name}>")
        return text

    def cell(self, value: object) -> str:
        return "<time>" if isinstance(value, datetime) else self.named(str(value))


_TURN = re.compile(r"turn:.*")
#: How far an export was at some moment, in the place of its moving message.
_HOW_FAR = re.compile(r"export:\w+-\d+:\d{6,}")


class RunData:
    """What a run left in its data folder."""

    def __init__(self, office: KillRun) -> None:
        self.office, self.data = office, office.folder / "data"
        self.witness = Witness(office.folder)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        return self.witness.sql(statement)

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
        """All that was ever to be said: in which chat, what asked for it, what became of it."""
        return Counter(
            (chat, self.office.named(_TURN.sub("turn", origin)), state)
            for chat, origin, state in self.witness.queued()
            if not _HOW_FAR.fullmatch(origin)
        )

    def tasks(self) -> list[tuple[Any, ...]]:
        return self.sql("SELECT id, state FROM tasks")

    def written(self) -> list[Path]:
        """What is left where exports are written."""
        return [path for path in (self.data / "exports").rglob("*") if path != self.data / "exports" / "telegram"]


@dataclass(frozen=True)
class RunOutcome:
    """What a run left behind, made comparable with another run."""

    histories: dict[str, list[str]]
    revisions: dict[str, int]
    journal: list[str]
    messages: Counter[tuple[str, str, str]]
    tasks: list[tuple[Any, ...]]
    screens: dict[str, list[object]]
    notices: dict[str, set[str]]
    announced: set[str]
    files: set[tuple[tuple[str, ...], ...]]


def read_outcome(office: KillRun, kept: RunData) -> RunOutcome:
    return RunOutcome(
        histories=kept.histories(),
        revisions=kept.revisions(),
        journal=kept.journal(),
        messages=kept.messages(),
        tasks=kept.tasks(),
        screens={name: screens(person) for name, person in office.people.items()},
        notices={name: notices(office, person) for name, person in office.officers.items()},
        announced={office.named(one.text) for one in office.admin.user.chat.history if announces(office.admin, one)},
        files={list_rows(office, one.document.content) for one in office.admin.user.chat.history if one.document},
    )


def screens(person: WatchedOfficer) -> list[object]:
    """The open screens in order, repeats taken out; lines sorted, because who registers first is listed first.

    New requests are announced between them, each when it comes: no order is promised there.
    """
    shown = [one for one in person.user.chat.history if one.buttons and not announces(person, one)]
    told = [(one.kind, sorted(mask_links(one.text).splitlines()), sorted(map(mask_links, one.labels))) for one in shown]
    return [screen for screen, _ in groupby(told)]


def mask_links(text: str) -> str:
    return LINK.sub("<link>", mask_clock(text))


def announces(person: WatchedOfficer, shown: Shown) -> bool:
    """Whether that is the notice of a request that came, or came again."""
    heads = ("<b>New request {code}</b>", "<b>Request {code} was put right and sent again</b>")
    return any(
        shown.text.startswith(person.words(head, code=code)) for head in heads for code in CODE.findall(shown.text)
    )


def notices(office: KillRun, officer: WatchedOfficer) -> set[str]:
    """What an officer was told of moves."""
    moved = officer.words("{office} has changed its state: <b>{state}</b>.", office="", state="").strip(" .")
    return {office.named(one.text) for one in officer.user.chat.history if moved in one.text and not one.buttons}


def list_rows(office: KillRun, workbook: bytes) -> tuple[tuple[str, ...], ...]:
    """The rows of the list that are about a request, without the times."""
    sheet = load_workbook(BytesIO(workbook)).worksheets[0]
    rows = [tuple(map(office.cell, row)) for row in sheet.iter_rows(values_only=True)]
    named = {f"<{name}>" for name in office.codes}
    return tuple(sorted(row for row in rows if named & set(row)))
