"""Insults and keys hit at random stand in no field; no real name is taken for one."""

import pytest

from handlers.requests import FIELDS, clean_line
from locales import translator
from tests.support.dialogue import Dialogue, get_screen, nhon_trach

t = translator("vi")
NO_NAMES = [
    "đồ ngu", "ĐỒ NGU!!!", "dit me may", "đm", "vl", "óc chó", "fuck you", "xã con chó",
    "asdfgh", "asdf asdf", "qwerty", "aaaaaa", "hahaha", "abcabcabc", "abc", "test", "test test", "zzzz", "bcdfg",
]  # fmt: skip
NAMES = [
    "UBND xã Nhơn Trạch", "ubnd xa nhon trach", "ubnd", "HĐND", "Văn phòng HĐND và UBND", "VKSND tỉnh", "Công ty ABC",
    "Nguyễn Thị Thu", "Thu", "pham thi thu ha", "Trần Văn Ngữ", "Lò Văn Đủ", "Y Bhăm Niê", "Kpă Hlỏi", "H'Hen Niê",
    "Máy chủ SRV-01", "mail.dongnai.gov.vn", "Trung tâm CNTT", "xã Krông Pắc", "Ka Să Ha Krông", "Đội CSGT",
    "Test Lab Việt Nam", "thiết bị còn cho mượn", "Diễn", "dien", "Xã Du Mẫu",
]  # fmt: skip


@pytest.mark.parametrize("typed", NO_NAMES)
def test_what_is_no_name_is_no_value(typed: str) -> None:
    assert clean_line(typed) is None


@pytest.mark.parametrize("typed", NAMES)
def test_a_name_is_kept_however_unusual(typed: str) -> None:
    assert clean_line(typed) == typed


def test_every_unit_that_comes_along_is_a_name() -> None:
    assert [unit.name for unit in nhon_trach().units.values() if clean_line(unit.name) is None] == []


async def test_a_rude_line_is_refused_gently_and_the_question_stays() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "co quan", "3", "31/12/2028, binh thuong")
    await talk.taps("Đăng ký yêu cầu")
    assert get_screen(talk) == "form"
    text = await talk.says("đồ ngu")
    assert t(FIELDS["subscriber"].wrong) in text
    assert get_screen(talk) == "form"
