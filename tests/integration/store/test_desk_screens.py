"""The request list in the chat, over the real store: two communes, their admins, a focal officer."""

import pytest

from bot.store.api import Store
from handlers.events import Tapped
from handlers.office.model import Filter
from handlers.office.rights import Role
from handlers.requests.model import State
from rules.outcome import Procedure
from tests.integration.store.conftest import Database
from tests.support.desk import ADMIN, person
from tests.support.office import OPERATOR, given, office, settle_units
from tests.support.stored_dialogue import StoredDialogue, registered, seen
from tests.support.storing import claim


@pytest.fixture
async def desk(store: Store, database: Database) -> Store:
    settle_units(database.sql)
    return store


async def talk(store: Store, address: str, role: Role = Role.ADMIN, unit: str | None = "DN.NT") -> StoredDialogue:
    """Somebody with a role who has agreed to talk."""
    await given(store, address, role, unit)
    dialogue = StoredDialogue(store=store, address=address)
    await dialogue.says("/start", "dong y")
    return dialogue


async def test_the_list_shows_what_the_role_reaches_and_opens_one(desk: Store) -> None:
    own = await registered(desk, "1", person(), "DN.NT")
    await registered(desk, "2", person("Lê Thị Hoa"), "DN.DP")
    admin = await talk(desk, "admin")

    said = await admin.says("/danhsach")
    assert "Số yêu cầu: <b>1</b>" in said
    assert [label for label in admin.labels if "YC-" in label] == [
        f"{own.code} · Nguyễn Văn An · thay đổi · đã ghi nhận"
    ]
    said = await admin.taps(own.code)
    assert "Nguyễn Văn An" in said
    assert "5402DD8A9E3FB18F" in said


async def test_without_a_role_there_is_no_list(desk: Store) -> None:
    given_one = await registered(desk, "1", person(), "DN.NT")
    nobody = StoredDialogue(store=desk, address="nobody")
    await nobody.says("/start", "dong y")

    assert "/danhsach" in await nobody.says("/danhsach")
    await nobody.does(Tapped(data=f"desk|{given_one.code}|1", message="8"))
    await nobody.does(Tapped(data="desk_request|accepted|1", message="8"))
    assert given_one.code not in nobody.text
    assert (await seen(desk, OPERATOR, given_one.code)).request.state is State.SUBMITTED


async def test_a_focal_officer_sees_initials_and_no_button_that_changes(desk: Store) -> None:
    own = await registered(desk, "1", person(), "DN.NT")
    focal = await talk(desk, "focal", Role.FOCAL)

    await focal.says("/danhsach")
    assert not [label for label in focal.labels if "Chuyển" in label]
    said = await focal.taps(own.code)
    assert "N. V. An" in said
    assert "Nguyễn" not in said
    assert focal.labels == ["Về danh sách"]


async def test_words_and_codes_are_typed_with_or_without_accents(desk: Store) -> None:
    hoa = await registered(desk, "1", person("Lê Thị Hoa"), "DN.NT")
    await registered(desk, "2", person("Đỗ Mạnh"), "DN.NT")
    admin = await talk(desk, "admin")

    await admin.says("/danhsach", "le hoa")
    assert [hoa.code in label for label in admin.labels if "YC-" in label] == [True]
    await admin.taps("Bỏ bộ lọc")
    assert "Đỗ Mạnh" in "".join(admin.labels)
    assert "Lê Thị Hoa" in await admin.says(hoa.code.lower())
    assert "Số yêu cầu: <b>0</b>" in await admin.says("/danhsach không có ai")


async def test_filters_are_chosen_by_buttons_and_typed(desk: Store) -> None:
    await registered(desk, "1", person(procedure=Procedure.REVOKE), "DN.NT.VP")
    await registered(desk, "2", person(), "DN.NT")
    admin = await talk(desk, "admin")

    await admin.says("/danhsach")
    assert "Số yêu cầu: <b>1</b>" in await admin.taps("Lọc", "Thủ tục", "thu hồi")
    assert "Số yêu cầu: <b>0</b>" in await admin.taps("Lọc", "Trạng thái", "hoàn thành")
    assert "Số yêu cầu: <b>2</b>" in await admin.taps("Bỏ bộ lọc")
    assert "Số yêu cầu: <b>1</b>" in await admin.taps("Lọc", "Đơn vị", "Xã Nhơn Trạch", "Văn phòng")
    await admin.taps("Lọc", "Đơn vị")
    assert "Số yêu cầu: <b>2</b>" in await admin.says("xa nhon trach", "don vi nay")
    await admin.taps("Lọc", "Đơn vị")
    assert "Số yêu cầu: <b>1</b>" in await admin.says("van phong xa nhon trach")
    await admin.taps("Lọc", "Đơn vị")
    assert "Số yêu cầu" not in await admin.says("dai phuoc")  # out of reach
    await admin.says("/danhsach")
    await admin.taps("Bỏ bộ lọc", "Lọc", "Ngày ghi nhận")
    assert "Số yêu cầu: <b>2</b>" in await admin.says("từ 1/11/2026 đến 30/11/2026")
    await admin.taps("Lọc", "Hạn chứng thư")
    assert "Số yêu cầu: <b>0</b>" in await admin.taps("Trong 30 ngày")
    await admin.taps("Lọc", "Hạn chứng thư")
    assert "Số yêu cầu: <b>2</b>" in await admin.taps("Đã hết hạn")


async def test_pages_turn_to_older_ones_and_back(desk: Store) -> None:
    codes = [(await registered(desk, str(number), person(), "DN.NT")).code for number in range(10)]
    admin = await talk(desk, "admin")

    await admin.says("/danhsach")
    assert [label[:14] for label in admin.labels if "YC-" in label] == codes[:1:-1]
    await admin.taps("Cũ hơn")
    assert [label[:14] for label in admin.labels if "YC-" in label] == codes[1::-1]
    await admin.says("moi hon")
    assert codes[-1] in admin.labels[0]


async def test_sending_back_asks_why_and_tells_the_officer(desk: Store) -> None:
    own = await registered(desk, "1", person(), "DN.NT")
    admin = await talk(desk, "admin")
    await claim(desk)

    await admin.says("/danhsach", own.code)
    await admin.taps("Trả lại")
    assert "500" in await admin.says("075012345678")
    said = await admin.says("Thiếu quyết định <sáp nhập>")
    assert "Thiếu quyết định &lt;sáp nhập&gt;" in said
    filed = await seen(desk, ADMIN, own.code)
    assert (filed.request.state, filed.note) == (State.SENT_BACK, "Thiếu quyết định <sáp nhập>")
    (notice,) = [row for row in await claim(desk) if row.chat.address == "1"]
    assert "Thiếu quyết định" in notice.reply.paragraphs[0]


async def test_the_second_admin_is_told_who_was_first_and_sees_the_new_state(desk: Store) -> None:
    own = await registered(desk, "1", person(), "DN.NT")
    first, second = await talk(desk, "first"), await talk(desk, "second")
    for one in (first, second):
        await one.says("/danhsach", own.code)

    await first.taps("Tiếp nhận")
    said = await second.taps("Tiếp nhận")

    assert "QT-000001" in said
    assert "đã tiếp nhận" in said
    assert (await seen(desk, ADMIN, own.code)).revision == 1
    assert "Từ chối" not in second.labels
    await second.taps("Tiếp tục")
    assert "đã chuyển" in await second.taps("Đã chuyển")
    assert (await seen(desk, ADMIN, own.code)).actor == "QT-000002"


async def test_a_reason_typed_too_late_overwrites_nothing(desk: Store) -> None:
    own = await registered(desk, "1", person(), "DN.NT")
    admin = await talk(desk, "admin")
    await admin.says("/danhsach", own.code)
    await admin.taps("Từ chối")
    async with office(desk) as at:
        await at.admin.desk.move(OPERATOR, own.code, State.ACCEPTED, 0)

    assert "đã tiếp nhận" in await admin.says("không đủ hồ sơ")
    assert (await seen(desk, ADMIN, own.code)).request.state is State.ACCEPTED


async def test_all_of_the_list_are_changed_after_it_was_said_how_many(desk: Store) -> None:
    own = [(await registered(desk, str(number), person(), "DN.NT")).code for number in range(3)]
    other = await registered(desk, "9", person(), "DN.DP")
    admin = await talk(desk, "admin")

    await admin.says("/danhsach")
    said = await admin.taps("Chuyển trạng thái tất cả", "Tiếp nhận (3)")
    assert "Trong 3 yêu cầu của danh sách, <b>3</b>" in said
    assert "Đã chuyển: <b>3</b>" in await admin.taps("Đồng ý")
    await admin.taps("Chuyển trạng thái tất cả", "Trả lại")
    assert "Lý do: thiếu dấu" in await admin.says("thiếu dấu")
    await admin.says("khong")
    assert [(await seen(desk, ADMIN, code)).request.state for code in own] == [State.ACCEPTED] * 3
    assert (await seen(desk, OPERATOR, other.code)).request.state is State.SUBMITTED


async def test_a_yes_is_to_those_it_named_and_to_no_others(desk: Store) -> None:
    own = await registered(desk, "1", person(), "DN.NT")
    admin = await talk(desk, "admin")
    await admin.says("/danhsach")
    await admin.taps("Chuyển trạng thái tất cả", "Tiếp nhận (1)")
    others = [await registered(desk, address, person(), "DN.NT") for address in ("2", "3")]

    said = await admin.taps("Đồng ý")
    assert "Danh sách đã thay đổi" in said
    assert "<b>3</b>" in said
    assert [(await seen(desk, ADMIN, one.code)).revision for one in (own, *others)] == [0, 0, 0]
    assert "Đã chuyển: <b>3</b>" in await admin.taps("Đồng ý, chuyển 3")


async def test_a_yes_after_one_was_swapped_for_another_changes_nothing(desk: Store) -> None:
    own = await registered(desk, "1", person(), "DN.NT")
    admin = await talk(desk, "admin")
    await admin.says("/danhsach")
    await admin.taps("Chuyển trạng thái tất cả", "Trả lại")
    await admin.says("thiếu dấu")
    async with office(desk) as at:
        await at.admin.desk.move(OPERATOR, own.code, State.REFUSED, 0, "trùng")
    other = await registered(desk, "2", person(), "DN.NT")

    assert "Danh sách đã thay đổi" in await admin.taps("Đồng ý")
    assert (await seen(desk, ADMIN, other.code)).revision == 0
    await admin.taps("Đồng ý")
    assert (await seen(desk, ADMIN, other.code)).note == "thiếu dấu"


async def test_a_lost_role_takes_the_list_away_at_the_next_message(desk: Store, database: Database) -> None:
    own = await registered(desk, "1", person(), "DN.NT")
    admin = await talk(desk, "admin")
    await admin.says("/danhsach", own.code)
    database.sql("UPDATE grants SET ended_at = 1, ended_by = 'machine'")

    said = await admin.taps("Tiếp nhận")

    assert own.code not in said
    assert (await seen(desk, ADMIN, own.code)).request.state is State.SUBMITTED


async def test_hostile_names_stay_text_on_one_short_line(desk: Store) -> None:
    await registered(desk, "1", person("=HYPERLINK(1) <b>An</b>" + "x" * 270), "DN.NT")
    await registered(desk, "2", person("\u202eAn\x00\nBình"), "DN.NT")
    admin = await talk(desk, "admin")

    await admin.says("/danhsach")
    rows = [label for label in admin.labels if "YC-" in label]
    assert all(len(label) < 80 and label.isprintable() for label in rows)
    assert rows[0].split(" · ")[1] == "An Bình"
    assert all(len(choice.tap.encode()) <= 64 for choice in admin.choices)
    assert "&lt;b&gt;An&lt;/b&gt;" in await admin.taps("YC-2026-000001")


async def test_the_filter_survives_a_look_at_one_request(desk: Store) -> None:
    own = await registered(desk, "1", person(), "DN.NT")
    admin = await talk(desk, "admin")
    await admin.says("/danhsach an", own.code)
    await admin.taps("Về danh sách")

    assert admin.session is not None
    assert admin.session.desk is not None
    assert admin.session.desk.wanted == Filter(text="an")


async def test_what_a_role_may_only_see_is_not_counted_among_what_would_change(desk: Store) -> None:
    await registered(desk, "1", person(), "DN.NT")
    seen_only = await registered(desk, "2", person(), "DN.DP")
    admin = await talk(desk, "admin")
    await given(desk, "admin", Role.FOCAL, "DN.DP")

    assert "Số yêu cầu: <b>2</b>" in await admin.says("/danhsach")
    assert "<b>1</b>" in await admin.taps("Chuyển trạng thái tất cả", "Tiếp nhận (1)")
    assert "Đã chuyển: <b>1</b>" in await admin.says("dong y")
    assert (await seen(desk, OPERATOR, seen_only.code)).request.state is State.SUBMITTED
