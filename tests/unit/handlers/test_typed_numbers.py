"""Numbers of a menu, however they are written; words that only look like them are none."""

import pytest

from handlers.doubts import is_doubt
from handlers.matching import match
from handlers.page import Option
from handlers.typed_numbers import typed_numbers


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
    assert typed_numbers(typed) == numbers


@pytest.mark.parametrize(
    "typed",
    ["", "sau", "nam", "Hải", "anh Hai", "chị Ba", "1-3", "1/3", "-1", "16/11", "2028", "1?", "1 hoac 2",
     "khong chon 1", "dòng\x00một", "x1", "phường 1", "7 ngày"],
)  # fmt: skip
def test_what_says_anything_else_is_no_line_of_numbers(typed: str) -> None:
    assert typed_numbers(typed) == ()


@pytest.mark.parametrize("typed", ["2", "so 2", "1, 2", "3"])
def test_an_option_that_gives_something_up_is_taken_by_no_number(typed: str) -> None:
    options = (Option("value", "UBND xã A"), Option("leave", "Không đăng ký", numbered=False))
    assert match(typed, options).sure == ()
    assert match("khong dang ky", options).sure == ("leave",)


@pytest.mark.parametrize("typed", ["doi mat khau token", "đổi mật khẩu token", "mat khau token"])
def test_a_password_is_no_loss(typed: str) -> None:
    lost = (Option("lost", "Bị mất", ("mat token",)), Option("locked", "Bị khóa", ("quen mat khau",)))
    assert match(typed, lost).sure == ()


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


def test_a_reason_may_tell_of_a_doubt() -> None:
    assert not is_doubt("Không rõ đơn vị quản lý, đề nghị bổ sung", prose=True)
    assert is_doubt("chưa rõ", prose=True)
