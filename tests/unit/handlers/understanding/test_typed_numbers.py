"""Numbers of a menu, however they are written; words that only look like them are none."""

import pytest

from handlers.core import Option
from handlers.requests import clean_serial
from handlers.understanding import match_page, parse_numbers
from handlers.understanding.doubts import is_doubt
from rules.language.spelling import strip_accents
from tests.support.dialogue import nhon_trach


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        *((typed, (1,)) for typed in ("1", "so 1", "số 1", "chọn 1", "1.", "(1)", "１", "①", "1️⃣", "một", "1 ạ")),
        *((typed, (1, 3)) for typed in ("1, 3", "1 va 3", "1 và 3", "1 3", "1;3", "1 & 3", "1\n3", "số 1 và số 3")),
        ("chon so 3", (3,)),
        ("em chọn số 2 nhé", (2,)),
        ("hai", (2,)),
        ("đáp án 3", (3,)),
        ("so sau", (6,)),
        ("1, 1", (1,)),
    ],
)
def test_a_line_of_numbers_is_read_whichever_way_it_is_written(typed: str, numbers: tuple[int, ...]) -> None:
    assert parse_numbers(typed) == numbers


@pytest.mark.parametrize(
    "typed",
    ["", "sau", "nam", "Hải", "anh Hai", "chị Ba", "1-3", "1/3", "-1", "16/11", "2028", "1?", "1 hoac 2",
     "khong chon 1", "dòng\x00một", "x1", "phường 1", "7 ngày"],
)  # fmt: skip
def test_what_says_anything_else_is_no_line_of_numbers(typed: str) -> None:
    assert parse_numbers(typed) == ()


@pytest.mark.parametrize("typed", ["2", "so 2", "1, 2", "3", "1, 0"])
def test_an_option_that_gives_something_up_is_taken_by_0_and_by_no_slip_of_another_number(typed: str) -> None:
    options = (Option("value", "UBND xã A"), Option("leave", "Không đăng ký", gives_up=True))
    assert match_page(typed, options).sure == ()
    assert match_page("khong dang ky", options).sure == ("leave",)
    assert match_page("0", options).sure == match_page("chọn 0", options).sure == ("leave",)


@pytest.mark.parametrize("typed", ["doi mat khau token", "đổi mật khẩu token", "mat khau token"])
def test_a_password_is_no_loss(typed: str) -> None:
    lost = (Option("lost", "Bị mất", ("mat token",)), Option("locked", "Bị khóa", ("quen mat khau",)))
    assert match_page(typed, lost).sure == ()


@pytest.mark.parametrize(
    "typed",
    ["chua ro", "chưa rõ ạ", "khong biet", "ko bit", "khong ro", "chua biet", "khong nho", "?", "??", "...", "de xem",
     "để em xem lại", "sau", "tùy", "tuy anh chi", "anh oi", "em khong biet dien gi", "UBND xã A?"],
)  # fmt: skip
def test_doubts_are_heard_with_and_without_accents_and_small_words(typed: str) -> None:
    assert is_doubt(typed)


@pytest.mark.parametrize(
    "typed", ["Nguyễn Thị Sáu", "Anh Sáu", "Trần Tùy", "Chị Mai", "Bác Minh", "UBND xã Đại Phước", "Lê Văn Quên"]
)
def test_names_are_no_doubts(typed: str) -> None:
    assert not is_doubt(typed)


#: One line for each way of saying it.
PUT_OFF = (
    "co le la UBND xa Mau", "có lẽ Phú Hữu", "dạ em có lẽ là xã A", "co phai UBND xa A", "bo sung sau",
    "se bo sung sau",
    "cap nhat sau", "dien sau", "chua co quyet dinh", "hoi lai sep", "cho toi hoi chut", "chua xac dinh",
    "khong xac dinh", "chua duoc cap", "dang cho quyet dinh", "khong co thong tin", "tam thoi chua co",
    "toi khong nam ro", "lam sao biet", "bo trong", "doi ti", "khoan da", "hinh nhu la xa A", "chac la xa A",
    "nghe dau la xa A", "quen mat ten roi", "de toi xem da", "de trong", "de sau nhe", "chut nua", "hien chua co",
    "van chua biet", "i don't know it", "don't remember that", "not sure about it", "hong biet", "k bit", "kbiet",
    "chưa có qđ số gì", "sẽ cập nhật lại", "đang đợi văn bản", "chờ quyết định",
)  # fmt: skip


@pytest.mark.parametrize("typed", PUT_OFF)
def test_putting_off_and_guessing_is_a_doubt(typed: str) -> None:
    assert is_doubt(typed)


@pytest.mark.parametrize(
    "typed",
    ["Phòng Chờ Tàu", "Chợ Đợi", "Cho Doi", "Chợ Lách", "Cho Lach", "UBND xã Tạm Thời", "Cổ Lễ", "Cô Lê Thị Mai",
     "co le thi mai", "Hồng Ngự", "Hong Ngu", "Hồng", "Chùa Cổ Lễ", "Nguyễn Văn Chờ", "Bố Trạch", "Bổ Túc", "Đặng Chờ",
     "Sở Nội vụ", "Hội Lái xe", "Đề Thám", "Để Gi"],
)  # fmt: skip
def test_names_that_sound_like_a_doubt_are_none(typed: str) -> None:
    assert not is_doubt(typed)


@pytest.mark.parametrize("name", sorted({name for unit in nhon_trach().units.values() for name in unit.names}))
def test_no_unit_of_the_sample_is_a_doubt(name: str) -> None:
    assert not is_doubt(name)
    assert not is_doubt(strip_accents(name))


@pytest.mark.parametrize("typed", ["ko biet", "k bit", "hong biet", "ko rõ ạ", "dạ em không biết ạ", "kbiet"])
def test_an_option_for_not_knowing_is_meant_in_short_forms_too(typed: str) -> None:
    options = (Option("unknown", "Tôi không rõ", ("khong ro", "khong biet")), Option("leave", "Không đăng ký"))
    assert match_page(typed, options, exact=True).sure == ("unknown",)


@pytest.mark.parametrize(
    "typed",
    ["da bac", "be ca", "de ba 1", "de ba 12", "dead", "đá bạc", "a1 b", "be:ca", "dabac", "abcabc", "deadbeef"],
)
def test_a_word_is_no_serial_number(typed: str) -> None:
    assert clean_serial(typed) is None


@pytest.mark.parametrize(
    "typed",
    ["75580955FC81D6A7", "75 58 09 55 fc 81 d6 a7", "75:58:09:55:FC:81:D6:A7", "0x75580955FC81D6A7",
     "7558 0955 FC81 D6A7", "75580955-FC81D6A7"],
)  # fmt: skip
def test_a_serial_number_is_taken_however_it_is_grouped(typed: str) -> None:
    assert clean_serial(typed) == "75580955FC81D6A7"


def test_a_reason_may_tell_of_a_doubt() -> None:
    assert not is_doubt("Không rõ đơn vị quản lý, đề nghị bổ sung", prose=True)
    assert is_doubt("chưa rõ", prose=True)
