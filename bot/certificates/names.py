"""Decode distinguished names into text that is safe to show, and guess from them what kind of subscriber they name."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypedDict

from cryptography.x509.oid import NameOID

from bot.certificates import MalformedError, der
from bot.certificates.der import BIT_STRING, OID, SEQUENCE, Element
from handlers.model import Recognition
from rules.facts import Issuer, Subject
from rules.language.spelling import fold

#: The most characters kept of one value; the longest organisation names seen have under 200.
_LONGEST = 500
#: The most attributes kept of one name, so that it stays small; real certificates have under twenty.
_MOST_ATTRIBUTES = 50
#: The most bytes of an issuer's name whose decoded form is cached.
_LONGEST_CACHED = 1000
#: Short names of RFC 4514, 3; any other attribute is named by its dotted OID.
_SHORT_NAMES = {
    NameOID.COMMON_NAME.dotted_string: "CN",
    NameOID.LOCALITY_NAME.dotted_string: "L",
    NameOID.STATE_OR_PROVINCE_NAME.dotted_string: "ST",
    NameOID.ORGANIZATION_NAME.dotted_string: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME.dotted_string: "OU",
    NameOID.COUNTRY_NAME.dotted_string: "C",
    NameOID.STREET_ADDRESS.dotted_string: "STREET",
    NameOID.DOMAIN_COMPONENT.dotted_string: "DC",
    NameOID.USER_ID.dotted_string: "UID",
}
_UTF8 = 0x0C
#: Numeric, printable, teletex, videotex, IA5, graphic, visible and general strings.
_NARROW = {_UTF8, 0x12, 0x13, 0x14, 0x15, 0x16, 0x19, 0x1A, 0x1B}
#: Tags of no string type. A writer who uses one still meant text, so it is read as text, as OpenSSL does.
_NO_STRING = {0x07, 0x08, 0x09, 0x0B, 0x0D, 0x0E, 0x0F, 0x1D}
_WIDE = {0x1C: "utf-32-be", 0x1E: "utf-16-be"}  #: universal and BMP strings


class NameAttribute(TypedDict):
    """One attribute of a distinguished name, the input of ``handlers.model.certificate.Attribute``."""

    oid: str
    name: str
    value: str


DistinguishedName = tuple[NameAttribute, ...]


def decode(element: Element) -> tuple[DistinguishedName, bool]:
    """Decode a distinguished name: every attribute of every RDN, in the certificate's order, each safe to show.

    Returns:
        The attributes, and whether all of them could be read: one that is not written as an attribute is left out, a
        character that cannot be decoded is shown as U+FFFD, and a name of absurd length is cut.

    Raises:
        MalformedError: it is not a name.
    """
    if element[0] != SEQUENCE:
        raise MalformedError
    found: list[NameAttribute] = []
    whole = True
    for _, rdn in der.split(element[1]):
        for _, attribute in der.split(rdn):
            if len(found) >= _MOST_ATTRIBUTES:
                return tuple(found), False
            part, readable = _decode_attribute(attribute)
            whole = whole and readable
            if part:
                found.append(part)
    return tuple(found), whole


def decode_issuer(element: Element) -> tuple[DistinguishedName, bool]:
    """Decode like ``decode``, and cache short names: issuers are few and no secret.

    Raises:
        MalformedError: it is not a name.
    """
    return _decode_cached(element) if len(element[1]) <= _LONGEST_CACHED else decode(element)


_decode_cached = lru_cache(maxsize=64)(decode)


def _decode_attribute(attribute: bytes) -> tuple[NameAttribute | None, bool]:
    try:
        (kind, identifier), value = der.split(attribute)[:2]
        if kind != OID:
            return None, False
        oid = der.format_oid(identifier)
        text, readable = _decode_string(value)
    except (MalformedError, ValueError):
        return None, False
    return {"oid": oid, "name": _SHORT_NAMES.get(oid, oid), "value": clean_text(text)}, readable


def _decode_string(element: Element) -> tuple[str | bytes, bool]:
    """Decode a string by its tag; 8-bit strings are read as UTF-8 where possible, because most writers mean that."""
    tag, content = element[0] & ~der.CONSTRUCTED, der.string_content(element)
    if tag in _WIDE:
        text = content.decode(_WIDE[tag], errors="replace")
    elif tag == BIT_STRING or tag not in _NARROW | _NO_STRING:
        return content, True
    else:
        try:
            return content.decode(), True
        except UnicodeDecodeError:
            text = content.decode(errors="replace") if tag == _UTF8 else content.decode("latin-1")
    return text, "\N{REPLACEMENT CHARACTER}" not in text


def clean_text(value: str | bytes) -> str:
    """Return a text as NFC on one line, without control, format or private characters.

    Format characters are bidirectional and zero-width ones. Bytes are shown as hexadecimal digits, and a text is cut to
    500 characters.
    """
    if isinstance(value, bytes):
        return value[: _LONGEST // 2].hex().upper()
    if not (value.isprintable() and unicodedata.is_normalized("NFC", value)):
        value = _clean_line(unicodedata.normalize("NFC", value))
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"


def _clean_line(value: str) -> str:
    return " ".join("".join(map(_clean_character, value)).split())


def _clean_character(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp", "Zs"}:
        return " "
    return "" if category[0] == "C" else character


def first_value_of(name: Sequence[NameAttribute], short: str) -> str | None:
    """Return the first value of an attribute; ``None`` if there is none or it is blank."""
    for part in name:
        if part["name"] == short and part["value"].strip():
            return part["value"]
    return None


def display_name(name: Sequence[NameAttribute]) -> str:
    """Return the name to show for a distinguished name: CN, or else its most specific attribute."""
    return (
        first_value_of(name, "CN")
        or first_value_of(name[::-1], "OU")
        or first_value_of(name, "O")
        or (name[-1]["value"] if name else "")
    )


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
