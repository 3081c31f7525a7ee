"""A layer holds for the bodies of its area, and for no others."""

from unicodedata import normalize

import pytest

from rules.area import Location
from rules.loading import load_pack

NHON_TRACH = load_pack("nhon_trach")
NINH_BINH = load_pack("ninh_binh")
DONG_NAI_OFFICE = "dong-nai-change"


def tree(*names: str) -> Location:
    return Location(names, complete=True)


def certificate(name: str, superior: str, province: str | None = None) -> Location:
    return Location((name, superior), province, superior)


@pytest.mark.parametrize(
    "location",
    [
        tree("xã Đại Phước", "tỉnh Đồng Nai"),
        tree("Trường Mầm non Hoa Sen", "UBND xã Nhơn Trạch", "UBND tỉnh Đồng Nai"),
        tree("xã Phú Hữu", "huyện Nhơn Trạch", "tỉnh Đồng Nai"),
        certificate("TRUONG TIEU HOC PHU HOI", "UBND HUYEN NHON TRACH", "Dong Nai"),
        certificate("UBND XÃ PHƯỚC AN", "UBND TỈNH ĐỒNG NAI", "Đồng Nai"),
        certificate("TRƯỜNG THCS NGUYỄN HUỆ", "PHÒNG GIÁO DỤC VÀ ĐÀO TẠO", "Đồng Nai"),  # it may be there
        Location(("trường nguyễn huệ",)),  # it may be there
        Location(),  # nothing is known
        tree("Phòng A", "Trung tâm B"),  # a list that names no place
        certificate("TRƯỜNG TIỂU HỌC BÀ HUYỆN THANH QUAN", "UBND XÃ ĐẠI PHƯỚC", "Đồng Nai"),  # a poet
        certificate("TRƯỜNG THCS NGUYỄN THỊ HUYỀN TRANG", "UBND XÃ ĐẠI PHƯỚC", "Đồng Nai"),
        certificate("TRẠM Y TẾ", "BỘ PHẬN MỘT CỬA UBND XÃ ĐẠI PHƯỚC", "Đồng Nai"),  # no ministry
        Location(("công an xã em",)),  # which one is not said
        Location(("ubnd phuong minh",)),
        Location(("phòng nội vụ huyện cũ",)),
        Location(("Huyện đoàn Nhơn Trạch",)),
        Location(("Đoàn TNCS HCM xã Đại Phước",)),  # the Youth Union's name is no city's
    ],
)
def test_a_body_that_is_or_may_be_in_the_area_has_the_rules_of_the_layer(location: Location) -> None:
    assert NHON_TRACH.covering(location) is NHON_TRACH


@pytest.mark.parametrize(
    "location",
    [
        tree("xã Long Thành", "tỉnh Đồng Nai"),
        tree("Sở Nội vụ", "UBND tỉnh Đồng Nai"),
        certificate("TRƯỜNG TIỂU HỌC A", "UBND HUYỆN CẨM MỸ", "Đồng Nai"),
        certificate("UBND XÃ LONG PHƯỚC", "UBND TỈNH ĐỒNG NAI", "Đồng Nai"),
        certificate("SO NOI VU", "UBND TINH DONG NAI", "Dong Nai"),
        certificate("CHI CỤC THUẾ NHƠN TRẠCH", "BỘ TÀI CHÍNH", "Đồng Nai"),  # the district directs no ministry
        certificate("TRƯỜNG THCS A", "UBND THÀNH PHỐ BIÊN HÒA", "Đồng Nai"),  # a city of the province
        certificate("PHÒNG A", "HUYỆN ỦY LONG THÀNH", "Đồng Nai"),
        Location(("Sở Nội vụ tỉnh Đồng Nai",)),
    ],
)
def test_elsewhere_in_the_province_the_national_rules_hold_with_its_receiving_offices(location: Location) -> None:
    covering = NHON_TRACH.covering(location)
    assert covering.label == load_pack("national").label
    assert not any(document.level == "local" for document in covering.documents.values())
    assert DONG_NAI_OFFICE in {office.id for office in covering.offices}


@pytest.mark.parametrize(
    "location",
    [
        tree("xã Phước An", "tỉnh Đắk Lắk"),  # a namesake
        tree("Sở Y tế", "Thành phố Hồ Chí Minh"),
        tree("Phường 1", "Hà Nội"),
        certificate("TỔNG CỤC THUẾ", "BỘ TÀI CHÍNH", "Hà Nội"),
        certificate("UBND XÃ A", "UBND TỈNH LÂM ĐỒNG"),
        certificate("UBND XÃ A", "UBND HUYỆN B", "TP.HCM"),
        certificate("PHÒNG A", "TRUNG TÂM B", "Hanoi"),
        Location(("Sở Y tế Hà Nội",)),  # without "thành phố", as most people write
        Location(("so y te tphcm",)),
        Location(("Tỉnh ủy Lâm Đồng",)),
        Location(("Công an tỉnh Bắc Cạn",)),  # the other spelling
        Location((normalize("NFD", "Trạm Y tế xã Long Phước"),)),  # as a Mac writes accents
        certificate("VKSND KHU VỰC 1", "VIỆN KIỂM SÁT NHÂN DÂN TỐI CAO"),
        tree("Vụ Pháp chế", "Bộ Tài chính"),
        Location(("Bộ Nội vụ",)),
    ],
)
def test_in_another_province_nothing_of_the_layer_holds(location: Location) -> None:
    covering = NHON_TRACH.covering(location)
    assert covering.label == load_pack("national").label
    assert DONG_NAI_OFFICE not in {office.id for office in covering.offices}


@pytest.mark.parametrize(
    ("location", "inside"),
    [
        (tree("xã A", "tỉnh Ninh Bình"), True),
        (certificate("UBND XÃ A", "UBND TỈNH NAM ĐỊNH", "Nam Định"), True),  # merged into it
        (certificate("TRƯỜNG A", "PHÒNG B"), True),  # it may be there
        (tree("xã A", "tỉnh Thái Bình"), False),
        (certificate("THUẾ TỈNH NINH BÌNH", "BỘ TÀI CHÍNH", "Ninh Bình"), False),
    ],
)
def test_a_layer_of_a_province_holds_for_the_bodies_under_that_province(location: Location, inside: bool) -> None:
    assert (NINH_BINH.covering(location) is NINH_BINH) == inside


def test_a_layer_without_an_area_holds_for_everybody_and_the_national_pack_too() -> None:
    national = load_pack("national")
    assert national.covering(tree("Sở Y tế", "Hà Nội")) is national
