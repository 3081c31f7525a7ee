"""The desk of a person with a role, the list as it opens, and what a bulk move leaves in view."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.store import Store
from handlers.core import MarkupTranslator
from handlers.model import OPEN_LIST, NoticeTiming, RequestState, Role
from handlers.notices import open_request_choice
from tests.support.backends import MemoryBackend
from tests.support.people import ADMIN, OPERATOR, admin_transaction, create_invitation, grant_role, make_person_content
from tests.support.store import NOW
from tests.support.stored_dialogue import Assistant, Person, register_request


async def admin_of(house: Assistant, store: Store, role: Role = Role.ADMIN, unit: str | None = "DN.NT") -> Person:
    await grant_role(store, "an", role, unit)
    return await house.person("an").consents()


async def test_whoever_took_an_invitation_comes_to_the_desk_and_not_to_the_interview(
    house: Assistant, store: Store
) -> None:
    made = await create_invitation(store, Role.FOCAL, "DN.NT")
    lan = house.person("lan")
    await lan.says(f"/start {made.code}")

    assert "Bàn làm việc" in await lan.taps("Tôi đồng ý")
    assert "cán bộ đầu mối – Xã Nhơn Trạch" in lan.text
    assert "Bàn làm việc" in await lan.says("/start")


async def test_web_answers_with_a_link_that_signs_in_and_the_journal_says_so(house: Assistant, store: Store) -> None:
    an = await admin_of(house, store, Role.FOCAL)

    assert "/desk/sign-in/" in await an.says("/web")
    assert "dùng được một lần" in an.text
    async with admin_transaction(store) as at:
        newest = (await at.admin.journal.latest(OPERATOR, 1))[0]
    assert (newest.act, newest.subject, newest.unit) == ("sign_in_link", "QT-000001", "DN.NT")


async def test_an_officer_has_no_way_into_the_admin_pages(house: Assistant) -> None:
    officer = await house.person("cán bộ").consents()

    assert "/desk/sign-in/" not in await officer.says("/web")


async def test_an_officer_has_no_desk(house: Assistant) -> None:
    officer = await house.person("cán bộ").consents()

    assert "Bàn làm việc" not in officer.text
    assert "Tôi không có lệnh" in await officer.says("/banlamviec")


async def test_each_count_opens_what_it_counts(house: Assistant, store: Store, ground: MemoryBackend) -> None:
    an = await admin_of(house, store)
    codes = [(await register_request(store, f"{number}", make_person_content(), "DN.NT")).code for number in range(3)]
    await register_request(store, "khác", make_person_content(), "DN.DP")
    async with admin_transaction(store) as at:
        await at.admin.desk.move(ADMIN, codes[0], RequestState.SENT_BACK, 0, "thiếu quyết định")
    rows = ground.memory.tables.requests
    rows[codes[1]] = replace(rows[codes[1]], registered_at=NOW - timedelta(days=9))

    await an.says("/start", "/banlamviec")
    labels = [choice.label for choice in an.choices]
    assert [label for label in labels if ": " in label] == [
        "Mới: 2",
        "Quá 7 ngày: 1",
        "Thiếu thông tin: 1",
    ]
    await an.taps("Quá 7 ngày")
    assert [label[:14] for label in an.seen.splitlines() if label.startswith("YC-")] == [codes[1]]
    await an.taps("Thoát danh sách")
    assert "Bàn làm việc" in an.text


async def test_the_owner_sees_what_belongs_to_no_unit(house: Assistant, store: Store) -> None:
    await register_request(store, "1", make_person_content(), None)
    owner = await admin_of(house, store, Role.OWNER, None)

    await owner.taps("Chưa có đơn vị: 1")
    assert "YC-2026-000001" in owner.seen


async def test_the_timing_is_changed_with_one_tap(house: Assistant, store: Store) -> None:
    an = await admin_of(house, store)

    assert "mỗi ngày một lần" in await an.taps("Đang báo ngay")
    assert an.seen.count("Đang báo gộp mỗi sáng") == 1
    async with admin_transaction(store, an.chat) as at:
        assert await at.admin.people.notice_timing() is NoticeTiming.MORNING


async def test_the_list_opens_at_what_is_not_finished_and_a_filter_does_not_stick_to_the_next_day(
    house: Assistant, store: Store
) -> None:
    an = await admin_of(house, store)
    done, still = [
        (await register_request(store, f"{number}", make_person_content(), "DN.NT")).code for number in range(2)
    ]
    async with admin_transaction(store) as at:
        await at.admin.desk.move(ADMIN, done, RequestState.REFUSED, 0, "trùng")

    await an.says("/start", "/danhsach")
    assert (still in an.seen, done in an.seen) == (True, False)
    await an.taps("Xóa lọc")
    assert (still in an.seen, done in an.seen) == (True, True)
    assert "<b>2</b>" in await an.says("/xuat")
    house.clock.set(NOW + timedelta(days=1))
    await an.says("/xuat")
    assert "chưa xong" in an.text


async def test_what_is_searched_for_is_found_among_the_finished_ones_too(house: Assistant, store: Store) -> None:
    an = await admin_of(house, store)
    done = (await register_request(store, "1", make_person_content("Lê Thị Hoa"), "DN.NT")).code
    async with admin_transaction(store) as at:
        await at.admin.desk.move(ADMIN, done, RequestState.REFUSED, 0, "trùng")

    assert done in (await an.says("/danhsach lê thị hoa")) + an.seen


async def test_after_a_bulk_move_its_rows_stay_in_view_with_the_export_beside_them(
    house: Assistant, store: Store
) -> None:
    an = await admin_of(house, store)
    early = (await register_request(store, "0", make_person_content(), "DN.NT")).code
    async with admin_transaction(store, now=NOW - timedelta(hours=1)) as at:
        await at.admin.desk.move(ADMIN, early, RequestState.ACCEPTED, 0)
    codes = [
        (await register_request(store, f"{number}", make_person_content(), "DN.NT")).code for number in range(1, 5)
    ]

    await an.says("/start", "/danhsach")
    await an.taps("Chuyển trạng thái tất cả", "Tiếp nhận", "Đồng ý")
    assert "4 yêu cầu vừa chuyển sang “đã tiếp nhận”" in an.text
    assert [code for code in (early, *codes) if code in "".join(an.seen.splitlines()[-12:])] == codes
    assert "Xuất" in an.seen
    await an.says("/danhsach")
    session = await an.session()
    assert session.desk is not None
    assert session.desk.wanted == OPEN_LIST


async def test_the_button_of_a_notice_opens_its_request_however_long_afterwards(house: Assistant, store: Store) -> None:
    an = await admin_of(house, store)
    code = (await register_request(store, "1", make_person_content(), "DN.NT")).code
    await an.says("/danhsach", "/thongke")
    an.choices = (open_request_choice(MarkupTranslator("vi"), code),)

    assert f"Yêu cầu {code}" in await an.taps("Mở")
    assert "Tiếp nhận" in an.seen


@pytest.mark.parametrize("unit", ["DN.DP", None])
async def test_the_button_of_a_notice_opens_nothing_out_of_reach(
    house: Assistant, store: Store, unit: str | None
) -> None:
    an = await admin_of(house, store)
    far = (await register_request(store, "1", make_person_content(), unit)).code
    an.choices = (open_request_choice(MarkupTranslator("vi"), far),)
    await an.taps("Mở")
    assert "Nguyễn Văn An" not in an.seen
    assert "Tiếp nhận" not in an.seen


@pytest.mark.parametrize("asked", ["ai chưa làm", "con ai chua xong", "Còn bao nhiêu người chưa làm?", "tiến độ"])
async def test_who_is_left_is_answered_with_the_numbers(house: Assistant, store: Store, asked: str) -> None:
    an = await admin_of(house, store)
    await an.says("/banlamviec")

    assert "Thống kê" in await an.says(asked)
