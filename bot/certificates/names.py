"""Guess the kind of subscriber and the kind of issuer from names; the officer confirms the guess.

Key usage does not tell a person from a body in government certificates, so the name has to. A device's words are
searched first ("Hệ thống một cửa Sở Nội vụ"), then a body's ("Trường THCS Nguyễn Trãi"), then a person's. With accents,
"Trường" is a school and "Trương" a person; an ambiguous first word is decided by the second.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.certificates.names import NameAttribute, first_value_of
from handlers.folding import fold
from handlers.model.certificate import Recognition
from rules.facts import Issuer, Subject

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
#: After an unaccented TRUONG, DOAN, VU, DANG, BAN, QUAN, XA, BO, HOI, SO ... these words mean a body.
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
class WordPatterns:
    """The word patterns, compiled for text with accents or for text without."""

    device_start: re.Pattern[str]
    device_anywhere: re.Pattern[str]
    body_start: re.Pattern[str]
    body_anywhere: re.Pattern[str]
    body_after_ambiguous: re.Pattern[str]


def _fold_alternatives(alternatives: str) -> str:
    return "|".join(fold(word) for word in alternatives.split("|"))


def _compile_patterns(*alternatives: str) -> WordPatterns:
    return WordPatterns(*(re.compile(rf"\b(?:{words})\b") for words in alternatives))


_SOURCES = (_DEVICE_START, _DEVICE_ANYWHERE, _BODY_START, _BODY_ANYWHERE, _BODY_AFTER_AMBIGUOUS)
ACCENTED = _compile_patterns(*_SOURCES)
UNACCENTED = _compile_patterns(*map(_fold_alternatives, _SOURCES))
FAMILY_NAMES = frozenset(_FAMILY.split("|"))
BARE_FAMILY_NAMES = frozenset(fold(name) for name in FAMILY_NAMES)
COMMON_FAMILY_NAMES = frozenset(_COMMON_FAMILY.split("|"))
MIDDLE_NAMES = frozenset(fold(name) for name in _MIDDLE.split("|"))
_BODY_STARTS = frozenset(_BODY_START.split("|"))
#: First words that are both a family name and a body's: "Đoàn" with accents, many more without.
AMBIGUOUS = frozenset(map(fold, _BODY_STARTS)) & BARE_FAMILY_NAMES | _BODY_STARTS & FAMILY_NAMES

_DOMAIN = re.compile(r"(?:\*\.)?(?:[a-z0-9-]+\.)+[a-z]{2,}|\d{1,3}(?:\.\d{1,3}){3}", re.IGNORECASE)
_NOT_WORD = re.compile(r"[^\w]+")
_MOST_PERSON_WORDS = 7  #: words


def guess_subject(name: str) -> Subject | None:
    """Return the kind of subscriber that a name suggests; ``None`` if it suggests none."""
    if _DOMAIN.fullmatch(name.strip()):
        return Subject.DEVICE
    plain = _normalize(name)
    lists = UNACCENTED if plain.isascii() else ACCENTED
    if lists.device_start.match(plain) or lists.device_anywhere.search(plain):
        return Subject.DEVICE
    if plain.partition(" ")[0] in AMBIGUOUS:
        return _subject_by_second_word(fold(plain))
    if lists.body_start.match(plain) or lists.body_anywhere.search(plain):
        return Subject.ORGANISATION
    return Subject.INDIVIDUAL if _is_person(plain.split()) else None


def _normalize(name: str) -> str:
    """Return lower case with accents and single blanks, with ``uỷ`` and ``toà`` spelt ``ủy`` and ``tòa``."""
    lowered = _NOT_WORD.sub(" ", unicodedata.normalize("NFC", name).lower()).replace("_", " ").strip()
    return lowered.replace("uỷ", "ủy").replace("toà", "tòa")


def _subject_by_second_word(bare: str) -> Subject | None:
    """Decide an ambiguous first word by the second: "Đoàn Văn", "Đoàn Thanh niên", "TRUONG VAN"."""
    rest = bare.split()[1:]
    if UNACCENTED.body_after_ambiguous.match(" ".join(rest)):
        return Subject.ORGANISATION
    return Subject.INDIVIDUAL if rest and rest[0] in MIDDLE_NAMES and len(rest) < _MOST_PERSON_WORDS else None


def _is_person(plain: list[str]) -> bool:
    """Return whether this is a family name and one to six given names.

    Two words need a family name that is no place.
    """
    if not 2 <= len(plain) <= _MOST_PERSON_WORDS or not all(word.isalpha() for word in plain):
        return False
    family = fold(plain[0])
    known = plain[0] in FAMILY_NAMES or (plain[0] == family and family in BARE_FAMILY_NAMES)
    return known and (len(plain) > 2 or family in COMMON_FAMILY_NAMES)


#: The O of every issuer, in both generations: with accents in G2, without in G1.
_PROVIDER = "ban co yeu chinh phu"
#: No public provider uses these words of itself; with an O other than the provider's they leave the question open.
_GOVERNMENT_MARKS = ("co yeu", "chinh phu", "chuyen dung", "cong vu")
#: The arc of the government provider's certificate policies.
_POLICY_ARC = "2.16.704.1.1."


def classify_issuer(
    subject: Sequence[NameAttribute], issuer: Sequence[NameAttribute], policies: Sequence[str], *, whole: bool = True
) -> tuple[Issuer, Recognition]:
    """Return the kind of issuer and its recognition, by names alone; nothing is verified.

    An issuer is public only if nothing speaks against it; if a part that could was unreadable (``whole`` is false),
    none is.
    """
    if is_provider(issuer):
        return Issuer.GOVERNMENT, Recognition.BY_NAME_ONLY
    named = all(first_value_of(issuer, part) for part in ("C", "O", "CN"))
    if not (named and whole) or issuer == subject or _has_government_mark(issuer, policies):
        return Issuer.UNKNOWN, Recognition.UNRECOGNISED
    return Issuer.PUBLIC, Recognition.UNRECOGNISED


def is_provider(issuer: Sequence[NameAttribute]) -> bool:
    """Return whether the issuer calls itself Ban Cơ yếu Chính phủ."""
    return _folded_issuer(first_value_of(issuer, "O") or "") == _PROVIDER and first_value_of(issuer, "C") in {
        "VN",
        None,
    }


def _has_government_mark(issuer: Sequence[NameAttribute], policies: Sequence[str]) -> bool:
    text = _folded_issuer(" ".join(part["value"] for part in issuer))
    return any(mark in text for mark in _GOVERNMENT_MARKS) or any(policy.startswith(_POLICY_ARC) for policy in policies)


#: Folded names are cached: issuers are few and no secret.
_folded_issuer = lru_cache(maxsize=64)(fold)
