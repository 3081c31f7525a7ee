"""Typed answers: numbers, words with and without accents, small typos; unsure is never taken for sure."""

import pytest

from handlers.core import Option
from handlers.understanding import Match, match_page

OPTIONS = (
    Option("new", "Sáp nhập thành cơ quan mới", ("sap nhap moi", "thanh lap moi")),
    Option("existing", "Sáp nhập vào cơ quan đã có", ("nhap vao co quan cu",)),
    Option("superior", "Thay đổi cơ quan quản lý cấp trên", ("doi cap tren",)),
    Option("dissolved", "Giải thể", ("xoa so",)),
    Option("split", "Chia, tách", ("tach don vi",)),
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1", "new"),
        ("5.", "split"),
        ("Giải thể", "dissolved"),
        ("gia the", "dissolved"),
        ("giai the", "dissolved"),
        ("tach dv", "split"),
        ("xap nhap thanh co quan moi", "new"),
        ("sap nhap vao co quan da co", "existing"),
        ("DOI CAP TREN", "superior"),
        ("thay doi co quan quan ly cap tren", "superior"),
        ("đổi cơ quan cấp trên", "superior"),
    ],
)
def test_a_typed_answer_means_its_option(typed: str, meant: str) -> None:
    assert match_page(typed, OPTIONS).sure == (meant,)


@pytest.mark.parametrize("typed", ["sap nhap", "xap nhap", "co quan"])
def test_words_that_fit_several_options_are_asked_about(typed: str) -> None:
    assert match_page(typed, OPTIONS).sure == ()


@pytest.mark.parametrize("typed", ["", " ", "0", "6", "99", "1 2", "?", "x", "trời hôm nay đẹp", "\u202e", "1" * 500])
def test_what_means_nothing_is_taken_for_nothing(typed: str) -> None:
    assert match_page(typed, OPTIONS).sure == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1,3", {"new", "superior"}),
        ("2 và 4", {"existing", "dissolved"}),
        ("giai the, tach don vi", {"dissolved", "split"}),
    ],
)
def test_several_are_meant_where_several_may_be_chosen(typed: str, meant: set[str]) -> None:
    assert set(match_page(typed, OPTIONS, many=True).sure) == meant


def test_one_wrong_number_of_several_takes_none() -> None:
    assert match_page("1, 9", OPTIONS, many=True).sure == ()


@pytest.mark.parametrize("typed", ["gia the", "giai", "tach dv"])
def test_nothing_is_guessed_where_words_must_be_exact(typed: str) -> None:
    assert match_page(typed, OPTIONS, exact=True) == match_page("", OPTIONS)


def test_a_name_that_several_options_have_is_asked_about_before_it_is_taken_as_a_text() -> None:
    offices = (Option("a", "Văn phòng"), Option("b", "Văn phòng"), Option("back", "Quay lại"))
    assert match_page("van phong", offices, exact=True) == Match(maybe=("a", "b"))
