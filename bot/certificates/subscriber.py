"""Words that tell subscribers apart; accented lists are the source, unaccented ones are folded from them."""

import re
from dataclasses import dataclass

from handlers.folding import fold

_DEVICE_START = (
    "hệ thống|máy chủ|phần mềm|cổng|dịch vụ|thiết bị|trang thông tin|trục liên thông|nền tảng|ứng dụng|cơ sở dữ liệu"
    "|csdl|website|server|service|gateway|api|hsm|tsa|ocsp|ssl|vpn"
)
_DEVICE_ANYWHERE = "server|gateway|máy chủ|phần mềm|website|web service|hsm|ocsp|timestamp|timestamping|api"
_BODY_START = (
    "ủy ban|uỷ ban|ubnd|ubmttq|mttq|hđnd|sở|phòng|cục|chi cục|tổng cục|vụ|trung tâm|tt|trường|bệnh viện|trạm|văn phòng"
    "|ban|đảng|đảng ủy|đảng bộ|chi bộ|tỉnh ủy|thành ủy|huyện ủy|quận ủy|thị ủy|hội|hội đồng|công an|kho bạc|bộ"
    "|thanh tra|tòa án|viện|đoàn|liên đoàn|công đoàn|liên minh|mặt trận|thành phố|tp|tỉnh|huyện|quận|xã|phường|thị xã"
    "|thị trấn|đặc khu|đài|báo|tạp chí|học viện|đại học|cao đẳng|nhà|thư viện|bảo tàng|quỹ|ngân hàng|bảo hiểm|chi nhánh"
    "|đội|hạt|khu|cảng|công ty|tổng công ty|tập đoàn|thuế|hải quan|cơ quan|tổ chức|đơn vị|phân viện|phân hiệu"
    "|bộ chỉ huy|bộ tư lệnh|sư đoàn|trung đoàn|lữ đoàn|đồn biên phòng|thi hành án|mầm non|tiểu học|thcs|thpt"
    "|vườn quốc gia"
)
_BODY_ANYWHERE = (
    "ủy ban nhân dân|ubnd|hội đồng nhân dân|trường tiểu học|trường mầm non|trường trung học|bệnh viện|chi cục|tổng cục"
    "|kho bạc nhà nước|ban quản lý|trung tâm"
)
#: What follows an unaccented TRUONG, DOAN, VU, DANG, BAN, QUAN, XA, BO, HOI, SO ... that is a body's.
_BODY_AFTER_AMBIGUOUS = (
    "tiểu học|mầm non|mẫu giáo|trung học|thcs|thpt|ptdt|phổ thông|cao đẳng|đại học|chính trị|trung cấp|dân tộc|cán bộ"
    "|thanh niên|tncs|tổ chức|pháp chế|kế hoạch|tài chính|hợp tác|khoa học|thi đua|ủy|bộ|cộng sản|quản lý|tổng hợp"
    "|giáo dục|đại biểu|khối|công nghệ"
)
_FAMILY = (
    "nguyễn|trần|lê|phạm|hoàng|huỳnh|phan|vũ|võ|đặng|bùi|đỗ|hồ|ngô|dương|lý|đào|đoàn|vương|trịnh|trương|đinh|lâm|phùng"
    "|mai|tô|hà|lương|tạ|chu|châu|thái|cao|quách|la|lưu|tăng|thân|triệu|kiều|nghiêm|diệp|tống|văn|âu|bạch|giáp|hàn|hứa"
    "|khúc|khương|lại|lò|lư|lục|mạc|ninh|nông|ông|phí|sầm|thạch|tiêu|tôn|trang|từ|vi|giàng|vàng|sùng|thào|hầu"
    "|quan|cù|kim|ma|doãn|đàm|đồng|điền|đậu|ung|ứng|mã|lữ|khổng|hoa|cung|bế|chẩu|triệu|mùa|vừ|cầm|quàng|tòng"
)
_COMMON_FAMILY = "nguyen|tran|le|pham|hoang|huynh|phan|vu|vo|dang|bui|do|ngo|duong|dinh|trinh|dao|doan|vuong|phung"
_MIDDLE = (
    "thị|văn|đức|minh|ngọc|hữu|quang|xuân|công|đình|thanh|hoàng|quốc|anh|thế|trọng|kim|bá|duy|tuấn|hồng|thu|bảo|gia"
    "|viết|như|phương|mạnh|tiến|việt|khắc|nhật|thúy|thùy|mai|diệu|tấn|chí|vĩnh|hải|trung|phúc|nguyễn|trần|lê|thành"
)


@dataclass(frozen=True, slots=True)
class Lists:
    """Compiled for text with accents, or for text without."""

    device_start: re.Pattern[str]
    device_anywhere: re.Pattern[str]
    body_start: re.Pattern[str]
    body_anywhere: re.Pattern[str]
    body_after_ambiguous: re.Pattern[str]


def _folded(alternatives: str) -> str:
    return "|".join(fold(word) for word in alternatives.split("|"))


def _lists(*alternatives: str) -> Lists:
    return Lists(*(re.compile(rf"\b(?:{words})\b") for words in alternatives))


_SOURCES = (_DEVICE_START, _DEVICE_ANYWHERE, _BODY_START, _BODY_ANYWHERE, _BODY_AFTER_AMBIGUOUS)
ACCENTED = _lists(*_SOURCES)
UNACCENTED = _lists(*map(_folded, _SOURCES))
FAMILY_NAMES = frozenset(_FAMILY.split("|"))
BARE_FAMILY_NAMES = frozenset(fold(name) for name in FAMILY_NAMES)
COMMON_FAMILY_NAMES = frozenset(_COMMON_FAMILY.split("|"))
MIDDLE_NAMES = frozenset(fold(name) for name in _MIDDLE.split("|"))
_BODY_STARTS = frozenset(_BODY_START.split("|"))
#: First words that are a family name and a body's alike: "Đoàn" with accents, many more without.
AMBIGUOUS = frozenset(map(fold, _BODY_STARTS)) & BARE_FAMILY_NAMES | _BODY_STARTS & FAMILY_NAMES
