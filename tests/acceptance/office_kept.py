"""What such a run left behind, made comparable with another run."""

import re
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from tests.acceptance.admins import LINK
from tests.acceptance.killing import Watched, masked
from tests.acceptance.office_run import Office
from tests.acceptance.witness import Witness

_TURN = re.compile(r"turn:.*")
#: How far an export was at some moment, in the place of its moving message.
_HOW_FAR = re.compile(r"export:\w+-\d+:\d{6,}")


class Kept:
    """What a run left in its data folder."""

    def __init__(self, office: Office) -> None:
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
    moved = officer.words("{office} has changed its state: <b>{state}</b>.", office="", state="").strip(" .")
    return {office.named(one.text) for one in officer.user.chat.history if moved in one.text and not one.buttons}


def table(office: Office, workbook: bytes) -> tuple[tuple[str, ...], ...]:
    """The rows of the list that are about a request, without the times."""
    sheet = load_workbook(BytesIO(workbook)).worksheets[0]
    rows = [tuple(map(office.cell, row)) for row in sheet.iter_rows(values_only=True)]
    named = {f"<{name}>" for name in office.codes}
    return tuple(sorted(row for row in rows if named & set(row)))
