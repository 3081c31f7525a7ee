"""What admins do in the chat and at the machine, and the officers whose requests they work through."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from handlers.model import EXPORT_FORM_LABELS, ROLES, ExportForm, RequestState, Role
from handlers.requests import FIELDS, STATE_LABELS
from tests.acceptance.officer import Officer
from tests.acceptance.test_conversation import CODE, ELSE
from tests.support.telegram.chats import Shown

LINK = re.compile(r"https://t\.me/\w+\?start=([\w-]{20,64})")
#: No certificate has said that they are the very body whose old name they type: they are asked what happened to them.
EVENT_ANSWERS = {"events": ["merged_into_new"]}
#: What is left to ask then.
OTHER_ANSWERS: dict[str, str | list[str]] = {
    "merger_role": "designated",
    "certificate": "16/11/2028",
    "information_matches": "false",
    **ELSE,
}
SUBSCRIBER, SERIAL, NAME = FIELDS["subscriber"].ask, FIELDS["serial"].ask, FIELDS["new_name"].ask


async def troly(folder: Path, *arguments: str, url: str | None = None) -> str:
    """A command on the machine, beside the running program; over SQLite where no database is named."""
    settings = {
        "PATH": os.environ["PATH"],
        "TROLY_DATA_DIR": str(folder / "data"),
        "TROLY_STATE_DIR": str(folder / "state"),
        **({"TROLY_DATABASE_URL": url} if url else {}),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        env=settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def create_invitation(owner: Officer, role: Role, unit: str, label: str) -> str:
    """The code in the link of an invitation that the owner makes in the chat."""
    await owner.says("/vaitro")
    await owner.taps("Invite somebody")
    await owner.user.taps(capital(owner.words(ROLES[role])))
    await owner.hears()
    await owner.says(unit)
    shown = await owner.says(label)
    found = LINK.search(shown.text)
    assert found, shown.text
    return found[1]


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


async def accept_invitation(admin: Officer, code: str) -> None:
    """The link is opened: Telegram sends what stands behind it as /start."""
    await admin.says(f"/start {code}")
    await admin.taps("I agree, let us begin")


async def register_request(
    officer: Officer, old_name: str, subscriber: str, before_sending: Callable[[], Awaitable[object]] | None = None
) -> str:
    """An officer's journey by the unit's old name; the code of the request.

    ``before_sending`` waits for what must have happened by then: whoever has no role yet is not told of a request.
    """
    await officer.consents()
    await officer.user.taps(officer.words.option("subject", "organisation"))
    await officer.hears()
    asked = await officer.answers(await officer.says_former_unit(old_name), EVENT_ANSWERS, typing=True)
    answer = await officer.answers(asked, OTHER_ANSWERS)
    assert officer.words("Register the request") in answer.labels
    review = await officer.fills_in(
        await officer.taps("Register the request"),
        {SUBSCRIBER: subscriber, FIELDS["unit"].ask: "", SERIAL: "5402DD8A9E3FB18F", NAME: "UBND xã mới"},
    )
    assert subscriber in review.text
    if before_sending:
        await before_sending()
    (code,) = set(CODE.findall((await officer.taps("Send the request")).text))
    return str(code)


async def hear_move(officer: Officer, code: str, state: RequestState) -> Shown:
    """The notice that a request of the officer's was moved."""
    word = officer.words(STATE_LABELS[state])
    return await officer.user.hears_until(lambda shown: code in shown.text and word in shown.text, 30)


def edit_workbook(workbook: bytes, states: dict[str, tuple[RequestState, str]], words: Any) -> bytes:
    """The spreadsheet with other states and notes, as another program saves it."""
    book = load_workbook(BytesIO(workbook))
    sheet = book.worksheets[0]
    heads = {str(cell.value): cell.column for row in sheet.iter_rows(max_row=5) for cell in row if cell.value}
    for row in sheet.iter_rows():
        code = str(row[heads[words("Request code")] - 1].value)
        if code in states:
            state, note = states[code]
            row[heads[words("State")] - 1].value = words(STATE_LABELS[state])
            row[heads[words("Note")] - 1].value = note
    saved = BytesIO()
    book.save(saved)
    return saved.getvalue()


async def change_all(admin: Officer, move: str, number: int) -> None:
    """All that are listed; how many that is stands in the question, before anything is changed."""
    await admin.says("/danhsach")
    await change_listed(admin, move, number)


async def change_listed(admin: Officer, move: str, number: int) -> None:
    """The same where the list is open."""
    await admin.taps("Change them all")
    await admin.user.taps(f"{admin.words(move)} ({number})")
    await admin.hears()
    await admin.user.taps(admin.words("Yes, change {number}", number=number))
    await admin.hears()


async def export_list(admin: Officer, form: ExportForm) -> bytes:
    """The file that an export in the chat brings."""
    shown = await admin.says("/xuat")
    wanted = admin.words(EXPORT_FORM_LABELS[form])
    await admin.user.taps(next(label for label in shown.labels if wanted.casefold() in label.casefold()))
    brought = await admin.user.hears_until(lambda one: one.document is not None, 60)
    assert brought.document is not None
    return brought.document.content


async def rows(folder: Path, *command: str) -> list[dict[str, Any]]:
    """What a command lists for programs."""
    return [json.loads(line) for line in (await troly(folder, *command, "--json")).splitlines()]
