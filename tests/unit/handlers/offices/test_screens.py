"""Receiving offices in the chat: an admin sets, confirms and takes back what officers of the unit are told."""

import pytest

from bot.store import Store
from handlers.model import FILED_PROCEDURES, OfficeDraft, Role
from handlers.offices import find_wrong_field
from rules.loading import load_pack, pack_names
from tests.support.stored_dialogue import StoredDialogue, start_talk

SOURCE = "hỏi qua điện thoại ngày 23/11/2026"


async def answer_of(store: Store, address: str, unit: str = "xa nhon trach") -> str:
    """Let an officer of a unit ask; what they are answered."""
    officer = StoredDialogue(store=store, address=address)
    return await officer.says("/start", "dong y", "ca nhan", unit, "4", "31/12/2028", "bo qua") + officer.text


@pytest.fixture
async def admin(store: Store) -> StoredDialogue:
    """An admin of Xã Nhơn Trạch at the list."""
    talk = await start_talk(store, "lan")
    await talk.says("/noinhan")
    return talk


async def change_telephone(admin: StoredDialogue) -> str:
    await admin.taps("Thay đổi nội dung", "Sửa: Điện thoại")
    await admin.says("0251 3822 501")
    await admin.taps("đã xác nhận")
    await admin.says(SOURCE)
    return await admin.taps("đã xác nhận")


async def test_an_officer_of_the_unit_is_told_what_its_admin_has_set_and_others_are_not(
    store: Store, admin: StoredDialogue
) -> None:
    assert "chưa xác nhận" in admin.text
    assert "Đã lưu" in await change_telephone(admin)
    officer = StoredDialogue(store=store, address="an")
    told = await officer.says("/start", "dong y", "co quan", "Xã Nhơn Trạch", "3", "31/12/2028", "1")
    assert "Sở Khoa học và Công nghệ tỉnh Đồng Nai, điện thoại 0251 3822 501" in told
    assert "nộp ở đâu" not in told
    assert "0251 3822 501" in await officer.says("cho gặp cán bộ")
    other = StoredDialogue(store=store, address="binh")
    assert "0251" not in await other.says("/start", "dong y", "co quan", "Xã Đại Phước", "3", "31/12/2028", "1")


async def test_where_to_file_is_told_from_what_was_set_before_anything_is_decided(
    store: Store, admin: StoredDialogue
) -> None:
    await change_telephone(admin)
    officer = StoredDialogue(store=store, address="an")
    told = await officer.says("/start", "dong y", "co quan", "Xã Nhơn Trạch", "nop ho so o dau")
    assert "điện thoại: 0251 3822 501" in told


async def test_an_office_that_is_taken_back_gives_way_to_what_counted_before(
    store: Store, admin: StoredDialogue
) -> None:
    await change_telephone(admin)
    asked = await admin.taps("Thay đổi nội dung", "Gỡ")
    assert "suy đoán" not in asked
    assert "chưa xác nhận" in asked
    assert "Đã gỡ" in await admin.taps("Vâng")
    assert await store.offices.read() == ()


async def test_confirming_what_was_only_assumed_asks_how_and_confirming_again_takes_one_tap(
    store: Store, admin: StoredDialogue
) -> None:
    assert "Căn cứ vào đâu" in await admin.taps("Thay đổi nội dung", "Đã xác nhận hôm nay")
    await admin.says(SOURCE)
    assert "đã xác nhận ngày 23/11/2026" in await admin.taps("đã xác nhận")
    assert "Đã lưu" in await admin.taps("Thay đổi nội dung", "Đã xác nhận hôm nay")
    (office,) = await store.offices.read()
    assert office.source == SOURCE


async def test_a_telephone_that_is_too_long_is_gently_refused(store: Store, admin: StoredDialogue) -> None:
    await admin.taps("Thay đổi nội dung", "Sửa: Điện thoại")
    assert "0251 3822 501" in await admin.says("0251" + "." * 300 + "3822501")
    await admin.says("0251 3822 501")
    assert "Đã lưu" in await admin.taps("chưa xác nhận")


async def test_a_new_office_is_described_field_by_field_for_the_ticked_procedures(
    store: Store, admin: StoredDialogue
) -> None:
    await admin.taps("vài thủ tục", "Thu hồi", "Khôi phục", "Xong")
    await admin.says("Trung tâm Phục vụ hành chính công xã Nhơn Trạch", "0251 3822 501", "Số 1 đường Trần Phú")
    assert "ten@donvi.gov.vn" in await admin.says("an@gmail.com")
    await admin.says("motcua@nhontrach.dongnai.gov.vn", "giờ hành chính", SOURCE)
    await admin.taps("chưa xác nhận")
    (office,) = await store.offices.read()
    assert (office.procedures, office.units) == (("revoke", "restore_device"), ("DN.NT",))
    assert (office.hours, office.status) == ("giờ hành chính", "assumed")


async def test_nothing_is_kept_of_a_change_that_is_left(store: Store, admin: StoredDialogue) -> None:
    await admin.taps("Thay đổi nội dung", "Sửa: Điện thoại")
    await admin.says("0251 3822 501")
    assert "0251" not in await admin.taps("không lưu")
    assert await store.offices.read() == ()


async def test_an_admin_who_changes_what_somebody_else_just_changed_is_told(
    store: Store, admin: StoredDialogue
) -> None:
    await change_telephone(admin)
    other = await start_talk(store, "minh")
    await other.says("/noinhan")
    await other.taps("Thay đổi nội dung", "Sửa: Giờ")
    await other.says("giờ hành chính")
    await admin.taps("Thay đổi nội dung", "Đã xác nhận hôm nay")
    assert "Người khác vừa sửa" in await other.taps("đã xác nhận")


@pytest.mark.parametrize("role", [Role.FOCAL, None])
async def test_the_command_does_not_exist_for_whoever_may_not_change_offices(store: Store, role: Role | None) -> None:
    talk = await start_talk(store, "hoa", role) if role else StoredDialogue(store=store, address="hoa")
    assert "Nơi tiếp nhận hồ sơ:" not in await talk.says("/start", "dong y", "/noinhan")


async def test_an_admin_of_the_province_opens_what_was_set_for_a_commune(store: Store, admin: StoredDialogue) -> None:
    await change_telephone(admin)
    province = await start_talk(store, "tinh", unit="DN")
    assert "1" in await province.says("/noinhan")
    await province.taps("Xã Nhơn Trạch")
    assert "0251 3822 501" in province.text
    await province.taps("Quay lại", "Đơn vị khác", "Tỉnh", "Xã Nhơn Trạch", "Đơn vị này")
    assert "đã xác nhận ngày 23/11/2026" in province.text


@pytest.mark.parametrize("name", pack_names())
def test_every_office_that_comes_along_can_be_taken_up_as_it_is(name: str) -> None:
    for office in load_pack(name).offices:
        assert find_wrong_field(OfficeDraft.of(office, FILED_PROCEDURES)) is None
