"""Whom a name speaks of."""

import pytest

from bot.certificates.subscriber import guess
from rules.facts import Subject

ORGANISATIONS = (
    "TỔNG CỤC THUẾ",
    "UBND xã Phước An",
    "Ủy ban nhân dân xã Long Thọ",
    "Uỷ ban nhân dân tỉnh Đồng Nai",
    "UY BAN NHAN DAN XA DAI PHUOC",
    "Sở Nội vụ",
    "SO NOI VU",
    "Phòng Giáo dục và Đào tạo",
    "Phong Tai chinh Ke hoach",
    "Cục Thuế tỉnh Đồng Nai",
    "Chi cục Kiểm lâm",
    "Trung tâm Y tế",
    "TRUNG TAM HANH CHINH CONG",
    "Trường THCS Nguyễn Trãi",
    "TRƯỜNG TIỂU HỌC LÊ LỢI",
    "Truong Tieu hoc Le Loi",
    "Bệnh viện Đa khoa",
    "Văn phòng HĐND và UBND",
    "Ban Quản lý dự án",
    "Ban Tổ chức Tỉnh ủy",
    "Đảng ủy xã Phước An",
    "DANG UY XA PHUOC AN",
    "Hội Nông dân",
    "Công an xã Phước An",
    "Kho bạc Nhà nước Nhơn Trạch",
    "Bộ Tài chính",
    "BO TAI CHINH",
    "Thành phố Biên Hòa",
    "Xã Phước An",
    "Phường Tân Phong",
    "Huyện Nhơn Trạch",
    "Vụ Tổ chức cán bộ",
    "VU TO CHUC CAN BO",
    "Đoàn Thanh niên",
    "DOAN THANH NIEN",
    "Mầm non Hoa Sen",
    "Toà án nhân dân",
    "Thanh tra tỉnh",
    "Đài Phát thanh",
    "Mặt trận Tổ quốc",
)
INDIVIDUALS = (
    "Nguyễn Văn A",
    "NGUYỄN THỊ MẪU",
    "Nguyen Van A",
    "NGUYEN THI MAU",
    "Trần Minh Đức",
    "Lê Lợi",
    "Phạm Thị Thu Hà",
    "Vũ Thị Lan",
    "VU THI LAN",
    "Đoàn Văn Hậu",
    "DOAN VAN HAU",
    "Trương Văn Cam",
    "TRUONG VAN CAM",
    "Võ Nguyên Giáp",
    "Đặng Thái Sơn",
    "Hồ Xuân Hương",
    "Ho Xuan Huong",
    "Mai Phương Thúy",
    "Đinh Bộ Lĩnh",
    "Lò Thị Mai",
    "Quan Văn Chuẩn",
)
DEVICES = (
    "Hệ thống một cửa điện tử",
    "HE THONG QUAN LY VAN BAN",
    "Máy chủ ký số tập trung",
    "Phần mềm quản lý văn bản",
    "Cổng dịch vụ công tỉnh",
    "Cổng thông tin điện tử UBND huyện",
    "Dịch vụ cấp dấu thời gian",
    "dichvucong.dongnai.gov.vn",
    "*.dongnai.gov.vn",
    "10.0.0.1",
    "Mail Server 01",
    "API Gateway",
    "Trục liên thông văn bản",
    "Sở Nội vụ - Máy chủ 2",
    "TSA",
    "May chu web",
)
UNSURE = (
    "",
    "   ",
    "12345",
    "Hà Nội",
    "Thái Nguyên",
    "Cao Bằng",
    "TRUONG",
    "VU",
    "Phước An",
    "John Smith",
    "phuocan@dongnai.gov.vn",
    "Truong An",
)

TABLE = [
    *((name, Subject.ORGANISATION) for name in ORGANISATIONS),
    *((name, Subject.INDIVIDUAL) for name in INDIVIDUALS),
    *((name, Subject.DEVICE) for name in DEVICES),
    *((name, None) for name in UNSURE),
]


@pytest.mark.parametrize(("name", "subject"), TABLE)
def test_a_name_speaks_of_its_kind_or_of_none(name: str, subject: Subject | None) -> None:
    assert guess(name) is subject
