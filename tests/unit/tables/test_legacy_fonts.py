"""Letters of the fonts of the past are converted; proper Unicode never is."""

import unicodedata
from collections.abc import Callable

import pytest

from bot.tables.legacy_fonts import CP1252, Charset, find_font, restore_column
from tests.support.unit_lists import encode_tcvn3, encode_vni, encode_vps, encode_windows_1258

NAMES = (
    "tỉnh Đồng Nai", "xã Phước An", "phường Một", "thị trấn Hiệp Phước", "xã Đại Phước", "huyện Nhơn Trạch",
    "xã Long Tân", "Ủy ban nhân dân", "Sở Nội vụ", "Phòng Văn hóa – Xã hội",
    "xã Vĩnh Thanh", "xã Phú Hội", "đặc khu Phú Quý",
)  # fmt: skip
FOREIGN = ("xã Ea H'Leo", "xã Krông Pắc", "huyện Cư M'gar", "xã Đăk Pék", "xã Ia Đrăng", "xã Kông Chro", "xã La Êê")
LATIN_1 = ("xã Hà Nam", "xã Hoà An", "xã Tân Bình", "Quảng Bình", "xã Long Thành", "ô Chợ Dừa", "xã Thanh Hà")


def as_cp1252(data: bytes) -> str:
    return "".join(map(CP1252.__getitem__, data))


@pytest.mark.parametrize(
    ("charset", "encode"),
    [
        (Charset.TCVN3, encode_tcvn3),
        (Charset.VNI, encode_vni),
        (Charset.VPS, encode_vps),
        (Charset.CP1258, lambda text: as_cp1252(encode_windows_1258(text))),
        (Charset.UTF8, lambda text: as_cp1252(text.encode())),
    ],
)
def test_a_column_in_an_encoding_of_the_past_is_read_as_it_was_meant(
    charset: Charset, encode: Callable[[str], str]
) -> None:
    names = [name for name in NAMES if not name.startswith("Ủ")]  # a capital with a tone: TCVN3 has another font for it
    restored = restore_column((encode(name), None) for name in names)
    assert restored.charset is charset
    assert [restored.texts.get(encode(name), encode(name)) for name in names] == names
    assert not restored.unclear | restored.unreadable


@pytest.mark.parametrize("name", [*NAMES, *FOREIGN, *LATIN_1, "Trung tâm GDNN – GDTX", "UBND (số 2)", "ĐỒNG NAI"])
def test_proper_unicode_is_left_as_it_is_even_alone(name: str) -> None:
    for text in (name, name.upper()):
        restored = restore_column([(unicodedata.normalize("NFC", text), None)])
        assert (restored.texts, restored.unclear, restored.unreadable) == ({}, frozenset(), frozenset())


def test_a_font_decides_what_the_letters_alone_do_not() -> None:
    assert restore_column([("Phó Quý", find_font("Arial"))]).texts == {}
    assert restore_column([("tæ", find_font(".VnTime"))]).texts == {"tæ": "tổ"}
    assert restore_column([("x· Phó Héi", find_font(".VnTimeH"))]).texts == {"x· Phó Héi": "XÃ PHÚ HỘI"}


def test_unicode_in_a_legacy_font_is_unicode() -> None:
    assert restore_column([("xã Phước An", find_font(".VnTime"))]).texts == {}


def test_what_nobody_can_read_is_named_and_not_kept() -> None:
    assert restore_column([("xã Ph??c An", None)]).unreadable == {"xã Ph??c An"}
    assert restore_column([("?p An B?nh", None)]).unreadable == {"?p An B?nh"}
    assert restore_column([("https://vanban.example/?id=1", None)]).unreadable == frozenset()
    assert restore_column([("xã Ph\ufffdc", None)]).unreadable == {"xã Ph\ufffdc"}
    assert restore_column([("x¤¤q ñþ", None)]).unreadable == {"x¤¤q ñþ"}


def test_letters_that_two_encodings_explain_are_not_guessed() -> None:
    found = restore_column([("An Cö", None)])
    assert found.texts == {}
    assert found.unclear == {"An Cö"}


def test_one_byte_a_letter_is_not_believed_where_it_may_be_another_letter() -> None:
    assert restore_column([("Thãng", None)], one_byte=True).unclear == {"Thãng"}
    assert restore_column([("Thãng", None)]).unclear == frozenset()


@pytest.mark.parametrize(
    "name", ["CÔNG TY TNHH MÜLLER", "Công ty Müller", "Nguyễn Señor", "Công ty Åse & Bjørn", "Citroën"]
)
def test_a_foreign_name_in_unicode_stays_as_it_stands(name: str) -> None:
    for others in ((), ("tỉnh Đồng Nai",), ("tinh Mau", "xã Hà Nam")):
        found = restore_column((one, None) for one in (name, *others))
        assert (found.texts, found.unclear, found.unreadable) == ({}, frozenset(), frozenset())


def test_a_foreign_letter_beside_an_encoding_of_the_past_is_asked_about() -> None:
    old = [encode_tcvn3(name) for name in NAMES[:5]]
    assert restore_column((one, None) for one in (*old, "CÔNG TY ÅSE")).unreadable == {"CÔNG TY ÅSE"}
    assert restore_column([("ÅSE", find_font(".VnTime"))]).unreadable == {"ÅSE"}
    assert restore_column([("MÜLLER", None)], one_byte=True).unreadable == {"MÜLLER"}
