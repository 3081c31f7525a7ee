"""Does the certificate speak of the unit the officer names?"""

import pytest

from bot.certificates.parsing import read
from handlers.model import matches_unit
from tests.support import pki

COMMUNE = {"name": "UBND xã Phước An", "superior": "UBND huyện Nhơn Trạch"}
TAX = {"name": "TỔNG CỤC THUẾ", "superior": "BỘ TÀI CHÍNH", "locality": "Hà Nội"}
PERSON = {"name": "Nguyễn Thị Mẫu", "superior": "UBND tỉnh Đồng Nai", "units": ("UBND xã Phước An", "Văn phòng")}

#: certificate, what was stated, the answer
TABLE = [
    (COMMUNE, "UBND xã Phước An", True),
    (COMMUNE, "ubnd xa phuoc an", True),
    (COMMUNE, "Ủy ban nhân dân xã Phước An", True),
    (COMMUNE, "Uy ban nhan dan xa Phuoc An, huyen Nhon Trach, tinh Dong Nai", True),
    (COMMUNE, "UBND xã Phưoc An", True),  # a missing hook
    (COMMUNE, "Ủy ban nhânn dân xã Phướcc An", True),  # typing errors
    (COMMUNE, "Phước An", None),  # commune or ward?
    (COMMUNE, "xã Phước An", None),  # its committee or its council?
    (COMMUNE, "UBND xã Phước Thiền", False),
    (COMMUNE, "UBND xã Phước Ân Hòa", False),
    (COMMUNE, "UBND phường Phước An", False),
    (COMMUNE, "HĐND xã Phước An", False),
    (COMMUNE, "UBND xã Đại Phước", False),
    (COMMUNE, "Sở Nội vụ", False),
    (COMMUNE, "", None),
    (COMMUNE, "???", None),
    (TAX, "Tổng cục Thuế", True),
    (TAX, "tong cuc thue - Bo Tai chinh", True),
    (TAX, "Cục Hải quan", False),
    (PERSON, "UBND xã Phước An", True),
    (PERSON, "Văn phòng UBND xã Phước An", True),
    (PERSON, "UBND xã Long Thọ", False),
    ({"name": "Trường Mầm non số 1"}, "Trường Mầm non số 1", True),
    ({"name": "Trường Mầm non số 1"}, "Trường Mầm non số 2", False),
    ({"name": "Trường THCS Lê Lợi"}, "truong trung hoc co so le loi", True),
]


@pytest.mark.parametrize(("fields", "stated", "answer"), TABLE)
def test_a_unit_matches_word_by_word(fields: dict[str, object], stated: str, answer: bool | None) -> None:
    (certificate,) = read(pki.make_certificate(**fields)).certificates
    assert matches_unit(certificate, stated) is answer
