"""/xuat and a list that comes back, in the chat."""

from pathlib import Path

import pytest

from bot.exports.list_reader import read_list
from bot.services.exports import ExportTaskService
from bot.store import Store
from handlers.core import ButtonTapped, SheetRead
from handlers.model import Filter, ImportLine, ImportSheet, RequestState, Role, SheetProblem
from locales import translator
from tests.support.backends import MemoryBackend
from tests.support.exports import edit_row, export_spreadsheet
from tests.support.people import OPERATOR, admin_transaction, grant_role, make_person_content
from tests.support.store import CHANNEL, NOW, deliver_all
from tests.support.stored_dialogue import StoredDialogue, load_request, register_request

T = translator("vi")
OWN, OTHER = "YC-2026-000001", "YC-2026-000002"
REASON = "thiếu quyết định"


@pytest.fixture
async def desk(store: Store) -> Store:
    """A request of Nhơn Trạch and one of Đại Phước."""
    await register_request(store, "1", make_person_content(), "DN.NT")
    await register_request(store, "2", make_person_content("Lê Thị Hoa"), "DN.DP")
    return store


async def talk(store: Store, address: str, role: Role | None = Role.ADMIN) -> StoredDialogue:
    if role:
        await grant_role(store, address, role, "DN.NT")
    dialogue = StoredDialogue(store=store, address=address)
    await dialogue.says("/start", "dong y")
    return dialogue


def a_list(*lines: tuple[str, RequestState, str]) -> SheetRead:
    """As the preparer reads it."""
    rows = (
        ImportLine(number=at, code=code, state=to, note=note, revision=0)
        for at, (code, to, note) in enumerate(lines, 2)
    )
    return SheetRead(sheet=ImportSheet(lines=tuple(rows)), message="9")


async def state_of(store: Store, code: str = OWN) -> RequestState:
    return (await load_request(store, OPERATOR, code)).request.state


async def test_it_shows_what_the_list_shows_and_begins(desk: Store) -> None:
    admin = await talk(desk, "admin")
    await admin.says("/danhsach nguyen")

    said = await admin.taps(T("Export"))
    assert T("words: {text}", text="nguyen") in said
    assert T("Requests found: <b>{total}</b>", total=1) in said
    said = await admin.taps("Excel")
    assert "0 / 1" in said
    task = await ExportTaskService(desk.tasks).take(CHANNEL, NOW)
    assert task is not None
    assert task.order.wanted == Filter(text="nguyen")


async def test_one_under_way_shows_how_far_it_is_and_can_be_cancelled(desk: Store, ground: MemoryBackend) -> None:
    admin = await talk(desk, "admin")
    await admin.says("/xuat")
    await admin.taps("CSV")
    task = await ExportTaskService(desk.tasks).take(CHANNEL, NOW)
    assert task is not None
    await desk.tasks.report(task, 1, 1, NOW)

    assert "1 / 1" in await admin.says("/xuat")
    assert T("The export is cancelled.") in await admin.taps(T("Cancel the export"))
    assert [task.state for task in ground.memory.tables.tasks.values()] == ["cancelled"]
    assert "Excel" in " ".join(admin.labels)


async def test_a_focal_officer_is_told_what_is_masked(desk: Store) -> None:
    focal = await talk(desk, "focal", Role.FOCAL)
    masked = T("Names, serial numbers and notes are masked in the file: your role does not show them in full.")

    assert masked in await focal.says("/xuat")
    admin = await talk(desk, "admin")
    assert masked not in await admin.says("/xuat")


async def test_without_a_role_nothing_can_be_exported_or_forged(desk: Store, ground: MemoryBackend) -> None:
    nobody = await talk(desk, "nobody", None)
    await nobody.says("/xuat")
    await nobody.does(ButtonTapped(data="export|xlsx|1", message="8"))

    assert nobody.session is not None
    assert nobody.session.screen != "export"
    assert ground.memory.tables.tasks == {}


async def test_a_list_that_comes_back_is_shown_and_applied_after_a_yes(desk: Store, tmp_path: Path) -> None:
    admin = await talk(desk, "admin")
    filed = await load_request(desk, OPERATOR, OWN)
    data = export_spreadsheet(tmp_path, [edit_row(filed, RequestState.SENT_BACK, REASON)])

    said = await admin.does(SheetRead(sheet=read_list(data), message="9"))
    assert f"{OWN}</code>: {T('submitted')} → {T('sent back')} – {REASON}" in said
    assert await state_of(desk) is RequestState.SUBMITTED
    await deliver_all(desk)
    assert T("Changed: {number} requests. Their officers are told.", number=1) in await admin.taps("Đồng ý")
    assert await state_of(desk) is RequestState.SENT_BACK
    assert any(REASON in str(reply) for reply in await deliver_all(desk))


async def test_a_no_changes_nothing(desk: Store, ground: MemoryBackend) -> None:
    admin = await talk(desk, "admin")
    await admin.does(a_list((OWN, RequestState.ACCEPTED, "")))

    await admin.taps("Không")
    assert await state_of(desk) is RequestState.SUBMITTED
    assert ground.memory.tables.tasks == {}


async def test_another_communes_request_is_unknown_and_stops_all(desk: Store) -> None:
    admin = await talk(desk, "admin")

    said = await admin.does(a_list((OWN, RequestState.ACCEPTED, ""), (OTHER, RequestState.ACCEPTED, "")))
    assert T("no such request within your rights") in said
    assert "Chưa nhập được danh sách này" in said
    assert admin.labels == ["Quay lại"]
    await admin.says("co")
    assert await state_of(desk) is RequestState.SUBMITTED


async def test_what_changed_before_the_yes_is_said_and_nothing_is_applied(desk: Store) -> None:
    await register_request(desk, "1", make_person_content("Trần Văn Bê"), "DN.NT")
    admin = await talk(desk, "admin")
    await admin.does(a_list((OWN, RequestState.ACCEPTED, ""), ("YC-2026-000003", RequestState.ACCEPTED, "")))
    async with admin_transaction(desk) as at:
        await at.admin.desk.move(OPERATOR, OWN, RequestState.ACCEPTED, 0)

    said = await admin.taps("Đồng ý")
    assert T("Something has changed since you saw the list; nothing was applied. It stands now as follows.") in said
    assert await state_of(desk, "YC-2026-000003") is RequestState.SUBMITTED
    await admin.taps("Đồng ý")
    assert await state_of(desk, "YC-2026-000003") is RequestState.ACCEPTED


@pytest.mark.parametrize("yes", ["dong y", "Đồng ý, chuyển 1 yêu cầu", "co"])
async def test_a_typed_yes_applies_the_list(desk: Store, yes: str) -> None:
    admin = await talk(desk, "admin")
    await admin.does(a_list((OWN, RequestState.ACCEPTED, "")))

    await admin.says(yes)
    assert await state_of(desk) is RequestState.ACCEPTED


async def test_a_word_that_names_no_state_is_quoted_with_what_can_be_used(desk: Store, tmp_path: Path) -> None:
    admin = await talk(desk, "admin")
    lines = (ImportLine(number=2, code=OWN, state=None, word="xong <rồi>", revision=0),)

    said = await admin.does(SheetRead(sheet=ImportSheet(lines=lines), message="9"))
    possible = "đã tiếp nhận, trả lại để bổ sung, bị từ chối"
    assert f"không có trạng thái “xong &lt;rồi&gt;”; có thể dùng: {possible}" in said
    assert await state_of(desk) is RequestState.SUBMITTED


async def test_a_move_that_there_is_not_names_both_states(desk: Store) -> None:
    admin = await talk(desk, "admin")

    said = await admin.does(a_list((OWN, RequestState.DONE, "")))
    assert "không chuyển được từ “đã ghi nhận” sang “hoàn thành”; có thể dùng: đã tiếp nhận" in said


async def test_a_list_like_the_one_kept_is_told_so(desk: Store) -> None:
    admin = await talk(desk, "admin")

    said = await admin.does(a_list((OWN, RequestState.SUBMITTED, "")))
    assert "Danh sách này không có thay đổi nào so với dữ liệu đang lưu." in said


@pytest.mark.parametrize(("word", "form"), [("excel", "xlsx"), ("CSV", "csv"), ("docx", "docx")])
async def test_the_word_behind_the_command_is_the_form(desk: Store, word: str, form: str) -> None:
    admin = await talk(desk, "admin")

    assert "0 / 1" in await admin.says(f"/xuat {word}")
    task = await ExportTaskService(desk.tasks).take(CHANNEL, NOW)
    assert task is not None
    assert task.order.form == form


async def test_a_word_that_is_no_form_begins_nothing(desk: Store, ground: MemoryBackend) -> None:
    admin = await talk(desk, "admin")

    assert "Tôi không biết dạng tệp “&lt;pdf&gt;”." in await admin.says("/xuat <pdf>")
    assert "Tôi không biết dạng tệp “2”." in await admin.says("/xuat 2")  # of a menu that was not shown
    await admin.says("/danhsach qua han", "/xuat excel")
    assert ground.memory.tables.tasks == {}


@pytest.mark.parametrize("role", [None, Role.FOCAL])
async def test_whoever_may_not_import_gets_the_answer_of_any_file(desk: Store, role: Role | None) -> None:
    somebody = await talk(desk, "somebody", role)

    assert T("I found no certificate in it.") in await somebody.does(a_list((OWN, RequestState.ACCEPTED, "")))
    assert await state_of(desk) is RequestState.SUBMITTED


async def test_a_list_that_is_too_long_is_told(desk: Store) -> None:
    admin = await talk(desk, "admin")

    said = await admin.does(SheetRead(sheet=ImportSheet(trouble=SheetProblem.TOO_MANY_ROWS)))
    assert T("The list has too many rows; please keep only those that you changed.") in said


async def test_what_a_stranger_wrote_is_shown_as_text(desk: Store) -> None:
    admin = await talk(desk, "admin")

    said = await admin.does(
        a_list(("<b>=HYPERLINK(1)", RequestState.ACCEPTED, "x"), (OWN, RequestState.REFUSED, "<i>lý do</i>"))
    )
    assert "&lt;b&gt;=HYPERLINK(1)" in said
    assert "&lt;i&gt;lý do" in said


async def test_a_role_lost_before_the_yes_applies_nothing(desk: Store, ground: MemoryBackend) -> None:
    admin = await talk(desk, "admin")
    await admin.does(a_list((OWN, RequestState.ACCEPTED, "")))
    ground.end_all_roles()

    await admin.taps("Đồng ý")
    assert await state_of(desk) is RequestState.SUBMITTED
