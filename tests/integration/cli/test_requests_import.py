"""``troly requests import``, on both databases."""

import asyncio
from pathlib import Path

import pytest

from bot.store import Store
from handlers.model import MoveOutcome, RequestState, Role
from locales import translator
from tests.support.database import Command, Database
from tests.support.exports import edit_row, export_spreadsheet
from tests.support.people import OPERATOR, admin_transaction, grant_role, insert_units, make_person_content
from tests.support.stored_dialogue import load_request, register_request

T = translator("en")  # what the commands of these tests speak
OWN, OTHER = "YC-2026-000001", "YC-2026-000002"


@pytest.fixture
async def desk(store: Store, database: Database) -> Store:
    insert_units(database.sql)
    await register_request(store, "1", make_person_content(), "DN.NT")
    await register_request(store, "2", make_person_content("Lê Thị Hoa"), "DN.DP")
    return store


async def exported(store: Store, folder: Path, to: RequestState = RequestState.ACCEPTED, note: str = "") -> Path:
    """Both requests, the state of the first one changed."""
    first, second = await load_request(store, OPERATOR, OWN), await load_request(store, OPERATOR, OTHER)
    path = folder / "edited.xlsx"
    path.write_bytes(export_spreadsheet(folder, [edit_row(first, to, note), second]))
    return path


async def run(troly: Command, *arguments: object) -> tuple[int, str, str]:
    """A command runs a loop of its own, and so it does in a thread of its own."""
    return await asyncio.to_thread(troly, "requests", "import", *map(str, arguments))


async def state_of(store: Store) -> RequestState:
    return (await load_request(store, OPERATOR, OWN)).request.state


async def test_without_apply_it_only_shows(desk: Store, troly: Command, tmp_path: Path) -> None:
    code, out, _ = await run(troly, await exported(desk, tmp_path))

    assert code == 0
    assert f"{OWN}: {T('submitted')} → {T('accepted')}" in out
    assert T("Nothing was changed yet: call it with --apply to make these changes.") in out
    assert await state_of(desk) is RequestState.SUBMITTED


async def test_with_apply_it_changes(desk: Store, troly: Command, tmp_path: Path, database: Database) -> None:
    code, out, _ = await run(troly, await exported(desk, tmp_path), "--apply")

    assert code == 0
    assert T("Changed: {number} requests. Their officers are told.", number=1) in out
    assert await state_of(desk) is RequestState.ACCEPTED
    assert ("request.import", "machine", 1) in database.sql("SELECT act, actor, count FROM audit")


async def test_a_bad_line_is_named_and_nothing_is_changed(desk: Store, troly: Command, tmp_path: Path) -> None:
    code, out, _ = await run(troly, await exported(desk, tmp_path, RequestState.DONE), "--apply")

    assert code == 1
    words = {"now": T("submitted"), "to": T("done"), "states": ", ".join(map(T, ("accepted", "sent back", "refused")))}
    assert T("it cannot be moved from “{now}” to “{to}”; possible are: {states}", **words) in out
    assert await state_of(desk) is RequestState.SUBMITTED


async def test_a_newer_change_is_named_with_whose_it_is(desk: Store, troly: Command, tmp_path: Path) -> None:
    file = await exported(desk, tmp_path)
    async with admin_transaction(desk) as at:
        assert (await at.admin.desk.move(OPERATOR, OWN, RequestState.REFUSED, 0, "trùng")).outcome is MoveOutcome.MOVED

    code, out, _ = await run(troly, file, "--apply")
    assert code == 1
    assert T("Changed by somebody else since the export:") in out
    assert f"{OWN}: by {T('operator')}" in out
    assert await state_of(desk) is RequestState.REFUSED


async def test_a_person_imports_within_their_own_rights(desk: Store, troly: Command, tmp_path: Path) -> None:
    await grant_role(desk, "77", Role.ADMIN, "DN.DP")
    await grant_role(desk, "88", Role.FOCAL, "DN")
    file = await exported(desk, tmp_path)

    assert (await run(troly, file, "--apply", "--as", "telegram:77"))[0] == 1
    assert (await run(troly, file, "--apply", "--as", "telegram:88"))[0] == 3
    assert await state_of(desk) is RequestState.SUBMITTED


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 xl/workbook.xml", None])
async def test_what_is_no_list_is_one_clear_line(
    desk: Store, troly: Command, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "x.xlsx"
    if content is not None:
        file.write_bytes(content)

    code, _, told = await run(troly, file)
    assert code == 1
    assert len(told.strip().splitlines()) == 1


async def test_a_file_without_an_end_is_too_large_and_not_read_into_memory(
    desk: Store, troly: Command, tmp_path: Path
) -> None:
    with (tmp_path / "x.xlsx").open("wb") as stream:
        stream.truncate(1 << 42)

    code, _, told = await run(troly, tmp_path / "x.xlsx")
    assert (code, "larger than 20 MB" in told) == (1, True), told
