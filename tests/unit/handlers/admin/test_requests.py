"""The request list in the chat: two communes, their admins, a focal officer."""

import pytest

from bot.store import Store
from handlers.admin import format_move_not_possible
from handlers.admin.desk import COUNT_LABELS
from handlers.core import ButtonTapped
from handlers.model import OPEN_LIST, Filter, RequestState, Role
from locales import translator
from rules.outcome import Procedure
from tests.support.backends import MemoryBackend
from tests.support.people import ADMIN, OPERATOR, admin_transaction, grant_role, make_person_content
from tests.support.store import NOW, claim_rows
from tests.support.stored_dialogue import StoredDialogue, StoredTurns, load_request, register_request


@pytest.fixture
def desk(store: Store) -> Store:
    return store


async def talk(store: Store, address: str, role: Role = Role.ADMIN, unit: str | None = "DN.NT") -> StoredDialogue:
    """Somebody with a role who has agreed to talk."""
    await grant_role(store, address, role, unit)
    dialogue = StoredDialogue(store=store, address=address)
    await dialogue.says("/start", "dong y")
    return dialogue


async def test_the_list_shows_what_the_role_reaches_and_opens_one(desk: Store) -> None:
    own = await register_request(desk, "1", make_person_content(), "DN.NT")
    await register_request(desk, "2", make_person_content("Lê Thị Hoa"), "DN.DP")
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
    given_one = await register_request(desk, "1", make_person_content(), "DN.NT")
    nobody = StoredDialogue(store=desk, address="nobody")
    await nobody.says("/start", "dong y")

    assert "/danhsach" in await nobody.says("/danhsach")
    await nobody.does(ButtonTapped(data=f"desk|{given_one.code}|1", message="8"))
    await nobody.does(ButtonTapped(data="desk_request|accepted|1", message="8"))
    assert given_one.code not in nobody.text
    assert (await load_request(desk, OPERATOR, given_one.code)).request.state is RequestState.SUBMITTED


async def test_a_focal_officer_sees_initials_and_no_button_that_changes(desk: Store) -> None:
    own = await register_request(desk, "1", make_person_content(), "DN.NT")
    focal = await talk(desk, "focal", Role.FOCAL)

    await focal.says("/danhsach")
    assert not [label for label in focal.labels if "Chuyển" in label]
    said = await focal.taps(own.code)
    assert "N. V. An" in said
    assert "Nguyễn" not in said
    assert focal.labels == ["Về danh sách"]


async def test_words_and_codes_are_typed_with_or_without_accents(desk: Store) -> None:
    hoa = await register_request(desk, "1", make_person_content("Lê Thị Hoa"), "DN.NT")
    await register_request(desk, "2", make_person_content("Đỗ Mạnh"), "DN.NT")
    admin = await talk(desk, "admin")

    await admin.says("/danhsach", "le hoa")
    assert [hoa.code in label for label in admin.labels if "YC-" in label] == [True]
    await admin.taps("Xóa lọc")
    assert "Đỗ Mạnh" in "".join(admin.labels)
    assert "Lê Thị Hoa" in await admin.says(hoa.code.lower())
    assert "Không có yêu cầu nào khớp “không có ai”" in await admin.says("/danhsach không có ai")
    assert "Số yêu cầu: <b>2</b>" in admin.text  # what nothing fits does not narrow the list


async def test_words_of_the_desk_are_filters_and_no_search(desk: Store) -> None:
    await register_request(desk, "1", make_person_content(), "DN.NT")
    admin = await talk(desk, "admin")

    await admin.says("/danhsach", "moi")
    assert "Số yêu cầu: <b>1</b>" in admin.text
    assert "“moi”" not in admin.text
    assert "Số yêu cầu: <b>0</b>" in await admin.says("qua han")
    await admin.taps("Xóa lọc")
    assert "Số yêu cầu: <b>1</b>" in admin.text


async def test_filters_are_chosen_by_buttons_and_typed(desk: Store) -> None:
    await register_request(desk, "1", make_person_content(procedure=Procedure.REVOKE), "DN.NT.VP")
    await register_request(desk, "2", make_person_content(), "DN.NT")
    admin = await talk(desk, "admin")

    await admin.says("/danhsach")
    assert "Số yêu cầu: <b>1</b>" in await admin.taps("Lọc", "Thủ tục", "thu hồi")
    assert "Số yêu cầu: <b>0</b>" in await admin.taps("Lọc", "Trạng thái", "hoàn thành")
    assert "Số yêu cầu: <b>2</b>" in await admin.taps("Xóa lọc")
    assert "Số yêu cầu: <b>1</b>" in await admin.taps("Lọc", "Đơn vị", "Xã Nhơn Trạch", "Văn phòng")
    await admin.taps("Lọc", "Đơn vị")
    assert "Số yêu cầu: <b>2</b>" in await admin.says("xa nhon trach", "don vi nay")
    await admin.taps("Lọc", "Đơn vị")
    assert "Số yêu cầu: <b>1</b>" in await admin.says("van phong xa nhon trach")
    await admin.taps("Lọc", "Đơn vị")
    assert "Số yêu cầu" not in await admin.says("dai phuoc")  # out of reach
    await admin.says("/danhsach")
    await admin.taps("Xóa lọc", "Lọc", "Ngày ghi nhận")
    assert "Số yêu cầu: <b>2</b>" in await admin.says("từ 1/11/2026 đến 30/11/2026")
    await admin.taps("Lọc", "Hạn chứng thư")
    assert "Số yêu cầu: <b>0</b>" in await admin.taps("Trong 30 ngày")
    await admin.taps("Lọc", "Hạn chứng thư")
    assert "Số yêu cầu: <b>2</b>" in await admin.taps("Đã hết hạn")


async def test_pages_turn_to_older_ones_and_back(desk: Store) -> None:
    codes = [(await register_request(desk, str(number), make_person_content(), "DN.NT")).code for number in range(10)]
    admin = await talk(desk, "admin")

    await admin.says("/danhsach")
    assert [label[:14] for label in admin.labels if "YC-" in label] == codes[:1:-1]
    await admin.taps("Cũ hơn")
    assert [label[:14] for label in admin.labels if "YC-" in label] == codes[1::-1]
    await admin.says("moi hon")
    assert codes[-1] in admin.labels[0]


async def test_sending_back_asks_why_and_tells_the_officer(desk: Store) -> None:
    own = await register_request(desk, "1", make_person_content(), "DN.NT")
    admin = await talk(desk, "admin")
    await claim_rows(desk)

    await admin.says("/danhsach", own.code)
    await admin.taps("Trả lại")
    assert "500" in await admin.says("số 123456789")
    assert "số định danh cá nhân (CCCD)" in await admin.says("075012345678")
    said = await admin.says("Thiếu quyết định <sáp nhập>")
    assert "Thiếu quyết định &lt;sáp nhập&gt;" in said
    filed = await load_request(desk, ADMIN, own.code)
    assert (filed.request.state, filed.note) == (RequestState.SENT_BACK, "Thiếu quyết định <sáp nhập>")
    (notice,) = [row for row in await claim_rows(desk) if row.chat.address == "1"]
    assert "Thiếu quyết định" in notice.reply.paragraphs[0]


async def test_the_second_admin_is_told_who_was_first_and_sees_the_new_state(desk: Store) -> None:
    own = await register_request(desk, "1", make_person_content(), "DN.NT")
    first, second = await talk(desk, "first"), await talk(desk, "second")
    for one in (first, second):
        await one.says("/danhsach", own.code)

    await first.taps("Tiếp nhận")
    said = await second.taps("Tiếp nhận")

    assert "QT-000001" in said
    assert "đã tiếp nhận" in said
    assert (await load_request(desk, ADMIN, own.code)).revision == 1
    assert "Từ chối" not in second.labels
    await second.taps("Tiếp tục")
    assert "đã chuyển" in await second.taps("Đã chuyển")
    assert (await load_request(desk, ADMIN, own.code)).actor == "QT-000002"


async def test_a_reason_typed_too_late_overwrites_nothing(desk: Store) -> None:
    own = await register_request(desk, "1", make_person_content(), "DN.NT")
    admin = await talk(desk, "admin")
    await admin.says("/danhsach", own.code)
    await admin.taps("Từ chối")
    async with admin_transaction(desk) as at:
        await at.admin.desk.move(OPERATOR, own.code, RequestState.ACCEPTED, 0)

    assert "đã tiếp nhận" in await admin.says("không đủ hồ sơ")
    assert (await load_request(desk, ADMIN, own.code)).request.state is RequestState.ACCEPTED


async def test_all_of_the_list_are_changed_after_it_was_said_how_many(desk: Store) -> None:
    own = [(await register_request(desk, str(number), make_person_content(), "DN.NT")).code for number in range(3)]
    other = await register_request(desk, "9", make_person_content(), "DN.DP")
    admin = await talk(desk, "admin")

    await admin.says("/danhsach")
    said = await admin.taps("Chuyển trạng thái tất cả", "Tiếp nhận (3)")
    assert "Trong 3 yêu cầu của danh sách, <b>3</b>" in said
    assert "Đã chuyển: <b>3</b>" in await admin.taps("Đồng ý")
    await admin.taps("Chuyển trạng thái tất cả", "Trả lại")
    assert "Lý do: thiếu dấu" in await admin.says("thiếu dấu")
    await admin.says("khong")
    assert [(await load_request(desk, ADMIN, code)).request.state for code in own] == [RequestState.ACCEPTED] * 3
    assert (await load_request(desk, OPERATOR, other.code)).request.state is RequestState.SUBMITTED


async def test_what_was_moved_together_by_mistake_is_taken_back_from_the_list(desk: Store) -> None:
    own = [(await register_request(desk, str(number), make_person_content(), "DN.NT")).code for number in range(2)]
    admin = await talk(desk, "admin")
    await admin.says("/danhsach")
    assert not [label for label in admin.labels if "Rút lại" in label]
    await admin.taps("Chuyển trạng thái tất cả", "Tiếp nhận (2)", "Đồng ý")
    said = await admin.taps("Rút lại thay đổi của 2 yêu cầu này")
    assert "Đã rút lại: <b>2</b>" in said
    assert [(await load_request(desk, ADMIN, code)).request.state for code in own] == [RequestState.SUBMITTED] * 2
    assert not [label for label in admin.labels if "Rút lại" in label]  # there is nothing more to take back


async def test_ones_own_last_move_is_taken_back_from_the_request_and_nobody_elses(desk: Store) -> None:
    own = await register_request(desk, "1", make_person_content(), "DN.NT")
    admin, other = await talk(desk, "admin"), await talk(desk, "other")
    await admin.says("/danhsach")
    await admin.taps(own.code, "Tiếp nhận")
    await other.says("/danhsach")
    await other.taps(own.code)
    assert "Rút lại thay đổi vừa rồi của tôi" in admin.labels
    assert "Rút lại thay đổi vừa rồi của tôi" not in other.labels
    assert "Đã rút lại" in await admin.taps("Rút lại thay đổi vừa rồi của tôi")
    assert (await load_request(desk, ADMIN, own.code)).request.state is RequestState.SUBMITTED


async def test_a_move_that_somebody_went_on_from_is_not_taken_back(desk: Store) -> None:
    own = await register_request(desk, "1", make_person_content(), "DN.NT")
    admin, other = await talk(desk, "admin"), await talk(desk, "other")
    await admin.says("/danhsach")
    await admin.taps(own.code, "Tiếp nhận")
    await other.says("/danhsach")
    await other.taps(own.code, "Chuyển")
    assert "vừa thay đổi yêu cầu này" in await admin.taps("Rút lại thay đổi vừa rồi của tôi")
    assert (await load_request(desk, ADMIN, own.code)).request.state is RequestState.FORWARDED


async def test_a_yes_is_to_those_it_named_and_to_no_others(desk: Store) -> None:
    own = await register_request(desk, "1", make_person_content(), "DN.NT")
    admin = await talk(desk, "admin")
    await admin.says("/danhsach")
    await admin.taps("Chuyển trạng thái tất cả", "Tiếp nhận (1)")
    others = [await register_request(desk, address, make_person_content(), "DN.NT") for address in ("2", "3")]

    said = await admin.taps("Đồng ý")
    assert "Danh sách đã thay đổi" in said
    assert "<b>3</b>" in said
    assert [(await load_request(desk, ADMIN, one.code)).revision for one in (own, *others)] == [0, 0, 0]
    assert "Đã chuyển: <b>3</b>" in await admin.taps("Đồng ý, chuyển 3")


async def test_a_yes_after_one_was_swapped_for_another_changes_nothing(desk: Store) -> None:
    own = await register_request(desk, "1", make_person_content(), "DN.NT")
    admin = await talk(desk, "admin")
    await admin.says("/danhsach")
    await admin.taps("Chuyển trạng thái tất cả", "Trả lại")
    await admin.says("thiếu dấu")
    async with admin_transaction(desk) as at:
        await at.admin.desk.move(OPERATOR, own.code, RequestState.REFUSED, 0, "trùng")
    other = await register_request(desk, "2", make_person_content(), "DN.NT")

    assert "Danh sách đã thay đổi" in await admin.taps("Đồng ý")
    assert (await load_request(desk, ADMIN, other.code)).revision == 0
    await admin.taps("Đồng ý")
    assert (await load_request(desk, ADMIN, other.code)).note == "thiếu dấu"


async def test_a_lost_role_takes_the_list_away_at_the_next_message(desk: Store, ground: MemoryBackend) -> None:
    own = await register_request(desk, "1", make_person_content(), "DN.NT")
    admin = await talk(desk, "admin")
    await admin.says("/danhsach", own.code)
    ground.end_all_roles()

    said = await admin.taps("Tiếp nhận")

    assert own.code not in said
    assert (await load_request(desk, ADMIN, own.code)).request.state is RequestState.SUBMITTED


async def test_hostile_names_stay_text_on_one_short_line(desk: Store) -> None:
    await register_request(desk, "1", make_person_content("=HYPERLINK(1) <b>An</b>" + "x" * 270), "DN.NT")
    await register_request(desk, "2", make_person_content("\u202eAn\x00\nBình"), "DN.NT")
    admin = await talk(desk, "admin")

    await admin.says("/danhsach")
    rows = [label for label in admin.labels if "YC-" in label]
    assert all(len(label) < 80 and label.isprintable() for label in rows)
    assert rows[0].split(" · ")[1] == "An Bình"
    assert all(len(choice.tap.encode()) <= 64 for choice in admin.choices)
    assert "&lt;b&gt;An&lt;/b&gt;" in await admin.taps("YC-2026-000001")


async def test_the_filter_survives_a_look_at_one_request(desk: Store) -> None:
    own = await register_request(desk, "1", make_person_content(), "DN.NT")
    admin = await talk(desk, "admin")
    await admin.says("/danhsach an", own.code)
    await admin.taps("Về danh sách")

    assert admin.session is not None
    assert admin.session.desk is not None
    assert admin.session.desk.wanted == Filter(text="an")


async def test_what_a_role_may_only_see_is_not_counted_among_what_would_change(desk: Store) -> None:
    await register_request(desk, "1", make_person_content(), "DN.NT")
    seen_only = await register_request(desk, "2", make_person_content(), "DN.DP")
    admin = await talk(desk, "admin")
    await grant_role(desk, "admin", Role.FOCAL, "DN.DP")

    assert "Số yêu cầu: <b>2</b>" in await admin.says("/danhsach")
    assert "<b>1</b>" in await admin.taps("Chuyển trạng thái tất cả", "Tiếp nhận (1)")
    assert "Đã chuyển: <b>1</b>" in await admin.says("dong y")
    assert (await load_request(desk, OPERATOR, seen_only.code)).request.state is RequestState.SUBMITTED


async def test_typed_days_narrow_without_blanks_and_a_day_that_there_is_not_is_named(desk: Store) -> None:
    await register_request(desk, "1", make_person_content(), "DN.NT")
    admin = await talk(desk, "admin")

    await admin.says("/danhsach")
    await admin.taps("Bộ lọc", "Ngày ghi nhận")
    assert "Ngày 32/13/2026 không đúng" in await admin.says("01/11/2026-32/13/2026")
    assert "ghi nhận từ 01/11/2026 đến 30/11/2026" in await admin.says("01/11/2026-30/11/2026")
    await admin.taps("Bộ lọc", "Hạn chứng thư")
    assert "chứng thư hết hạn từ 01/12/2026 đến 31/12/2026" in await admin.says("01/12/2026–31/12/2026")
    await admin.taps("Bộ lọc", "Hạn chứng thư")
    await admin.says("01/12/2026 - nay")
    assert admin.session is not None
    assert admin.session.screen == "desk_expiry"


async def forwarded(desk: Store) -> str:
    own = await register_request(desk, "1", make_person_content(), "DN.NT")
    async with admin_transaction(desk) as at:
        await at.admin.desk.move(OPERATOR, own.code, RequestState.ACCEPTED, 0)
        await at.admin.desk.move(OPERATOR, own.code, RequestState.FORWARDED, 1)
    return own.code


async def test_what_cannot_be_undone_needs_a_second_yes(desk: Store) -> None:
    code = await forwarded(desk)
    admin = await talk(desk, "admin")

    await admin.says("/danhsach", code)
    said = await admin.says("1")
    assert f"Chuyển {code} sang “hoàn thành”?" in said
    assert "không đổi lại được" in said
    assert (await load_request(desk, ADMIN, code)).request.state is RequestState.FORWARDED
    assert code in await admin.taps("Không")
    assert (await load_request(desk, ADMIN, code)).request.state is RequestState.FORWARDED
    assert "hoàn thành" in await admin.says("hoan thanh", "dong y")
    assert (await load_request(desk, ADMIN, code)).request.state is RequestState.DONE


async def test_a_second_yes_that_comes_too_late_overwrites_nothing(desk: Store) -> None:
    code = await forwarded(desk)
    admin = await talk(desk, "admin")
    await admin.says("/danhsach", code)
    await admin.taps("Đã hoàn thành")
    async with admin_transaction(desk) as at:
        await at.admin.desk.move(OPERATOR, code, RequestState.SENT_BACK, 2, "thiếu dấu")

    await admin.taps("Đồng ý")
    assert (await load_request(desk, ADMIN, code)).request.state is RequestState.SENT_BACK


async def test_refusing_says_with_the_reason_that_it_stays(desk: Store) -> None:
    code = await forwarded(desk)
    admin = await talk(desk, "admin")

    await admin.says("/danhsach", code)
    assert "không đổi lại được" in await admin.taps("Từ chối")
    await admin.says("thoi")
    assert "không đổi lại được" not in await admin.taps("Trả lại")


async def test_the_filter_can_be_typed_while_one_is_active_and_no_button_is_searched_for(desk: Store) -> None:
    await register_request(desk, "1", make_person_content(), "DN.NT")
    admin = await talk(desk, "admin")

    await admin.says("/danhsach an", "bo loc")
    assert admin.session is not None
    assert admin.session.screen == "desk_filter"
    await admin.says("/danhsach", "xoa loc")
    assert "Lúc này không có nút “bo bo loc”" in await admin.says("bo bo loc")
    assert admin.session.desk is not None
    assert admin.session.desk.wanted == Filter()


async def test_the_last_digits_of_a_code_open_its_request(desk: Store) -> None:
    await register_request(desk, "1", make_person_content(), "DN.NT")
    other = await register_request(desk, "2", make_person_content("Lê Thị Hoa"), "DN.DP")
    mine = await register_request(desk, "3", make_person_content("Đỗ Mạnh"), "DN.NT")
    admin = await talk(desk, "admin")

    for said in ("/danhsach 3", "yc 3", "yc000003"):
        await admin.says("/danhsach")
        assert "Đỗ Mạnh" in await admin.says(said)
        assert admin.session is not None
        assert admin.session.about == mine.code
    assert other.code not in await admin.says("/danhsach 2")
    assert admin.session.screen == "desk"


async def test_digits_that_two_years_have_list_both(desk: Store) -> None:
    own = await register_request(desk, "1", make_person_content(), "DN.NT")
    async with StoredTurns(desk, "2")(NOW.replace(year=2025)) as turn:
        await turn.requests.register(make_person_content("Lê Thị Hoa").model_copy(update={"unit_code": "DN.NT"}))
    admin = await talk(desk, "admin")

    assert "Số yêu cầu: <b>2</b>" in await admin.says("/danhsach 1")
    assert [label[:14] for label in admin.labels if "YC-" in label] == [own.code, "YC-2025-000001"]


async def test_an_empty_list_says_so(desk: Store) -> None:
    admin = await talk(desk, "admin")

    assert "Chưa có yêu cầu nào" in await admin.says("/danhsach")
    await register_request(desk, "1", make_person_content(), "DN.NT")
    await admin.says("/danhsach")
    assert "Không có yêu cầu nào khớp. Xóa lọc để xem tất cả." in await admin.taps("Lọc", "Trạng thái", "hoàn thành")


async def test_who_changed_it_is_told_without_brackets_in_brackets(desk: Store) -> None:
    own = await register_request(desk, "1", make_person_content(), "DN.NT")
    admin = await talk(desk, "admin")

    await admin.says("/danhsach", own.code)
    said = await admin.taps("Tiếp nhận")
    assert "đã tiếp nhận – QT-000001" in said


async def test_a_name_that_several_buttons_have_is_asked_about_and_not_searched_for(
    desk: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "handlers.admin.requests.format_request_row", lambda say, filed: filed.request.content.subscriber
    )
    for number in range(2):
        await register_request(desk, str(number), make_person_content(), "DN.NT")
    admin = await talk(desk, "admin")

    assert "Ý anh/chị là" in await admin.says("/danhsach", "nguyen van an")
    assert admin.session is not None
    assert admin.session.desk is not None
    assert admin.session.desk.wanted == OPEN_LIST
    await admin.says("1")
    assert admin.session.screen == "desk_request"


@pytest.mark.parametrize("command", ["/thongke", "/nhatky"])
async def test_back_leads_to_the_desk_and_not_to_the_list(desk: Store, command: str) -> None:
    admin = await talk(desk, "admin")

    await admin.says("/danhsach", command)
    await admin.taps("Quay lại")
    assert admin.session is not None
    assert admin.session.screen == "home"


async def test_whoever_lost_the_role_is_told_once_and_knows_no_command_then(desk: Store, ground: MemoryBackend) -> None:
    admin = await talk(desk, "admin")
    await admin.says("/danhsach")
    await admin.taps("Thoát danh sách")
    ground.end_all_roles()

    ended = "Anh/chị không còn giữ vai trò nào ở đây."
    assert ended in await admin.says("/danhsach")
    assert ended not in await admin.says("/danhsach")
    assert "/trogiup" in admin.text


@pytest.mark.parametrize("typed", ["1", "so 1", "một", "chưa rõ", "?"])
async def test_a_number_or_a_doubt_is_no_reason_and_leaves_the_move_as_it_was(desk: Store, typed: str) -> None:
    own = await register_request(desk, "1", make_person_content(), "DN.NT")
    admin = await talk(desk, "admin")
    await admin.says("/danhsach", own.code)
    await admin.taps("Trả lại")
    await admin.says(typed)
    assert (await load_request(desk, ADMIN, own.code)).request.state is RequestState.SUBMITTED
    await admin.says("Thiếu quyết định đổi tên")
    assert (await load_request(desk, ADMIN, own.code)).request.state is RequestState.SENT_BACK


async def test_a_number_speaks_of_no_button_that_is_not_shown(desk: Store) -> None:
    admin = await talk(desk, "admin")
    assert "không có nút" not in await admin.says("/danhsach", "3")


def test_a_request_sent_back_waits_for_its_officer_and_is_not_called_final() -> None:
    t = translator("vi")

    assert "đang chờ cán bộ bổ sung" in format_move_not_possible(t, RequestState.SENT_BACK)
    assert "không chuyển tiếp được nữa" in format_move_not_possible(t, RequestState.DONE)


def test_the_counts_of_the_desk_say_that_they_count_requests() -> None:
    label = translator("vi")(COUNT_LABELS["expiring"], soon=30, number=4)

    assert label == "Yêu cầu có chứng thư hết hạn trong 30 ngày: 4"
