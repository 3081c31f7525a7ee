"""Recognises secrets that people paste into a chat although nobody asked: PINs, passwords, private keys.

A PIN is told from talk about PINs by its place: right behind the word, behind ``:``, ``=`` or "là", or before "là mã
PIN" or "(PIN)". A year, a date or a count in that place is no PIN. A bare "mk" is not enough, because it is short for
much else.
"""

import re

from rules.language.spelling import strip_accents, strip_invisible

#: A dash, and a space, in the spellings of web addresses, JSON and HTML too.
_DASH = r"(?:[-\u2010-\u2015\u2212\u2500=_*]|%2D|\\u002d|&#45;)"
_BLANK = r"(?:\s|\+|%20|\\u0020|&nbsp;|&#32;)"
#: The header of PEM, and the first letters of keys in base64: PKCS#8, PKCS#1, SEC 1, OpenSSH, and PEM encoded twice.
_PRIVATE_KEY = re.compile(
    rf"{_DASH}{_BLANK}*BEGIN{_BLANK}+(?:[A-Z0-9]{{1,20}}{_BLANK}+){{0,4}}PRIVATE{_BLANK}+KEY|PuTTY-User-Key-File"
    r"|(?<!-----\s)(?-i:MII[A-Za-z0-9+/_-]{3}IBA(?:DANBg|AKCA)|MIGHAgEAMBMG|MHcCAQEE|b3BlbnNzaC1rZXktdjE)"
    r"|(?-i:LS0tLS1CRUdJTi(?:BQUklWQVRF|BSU0EgUFJJVkFURS|BFQyBQUklWQVRF|BFTkNSWVBURUQ|BPUEVOU1NI))",
    re.IGNORECASE,
)
_WORD = r"(?:pin ?code|pin|puk|mat ?khau|password|passwd|passcode)(?: ?[/&+] ?(?:so ?pin|pin|puk))?"
#: Short for a password but also for other words, so that the text behind it must decide.
_SHORT = r"(?:mk|pass|pw|pwd)"
#: Words that may stand between the word and its code: "mã PIN (token) của tôi là ...".
_WORDS = (
    "cua|toi|minh|em|anh|chi|so|usb|token|chung thu|the|moi|cu|hien tai|hien nay|bay gio|mac dinh|ban dau|dang dung|dat"
    "|da|con|cai|nay|do|dung|is|my|default|new|old"
)
_BRACKETED = r"(?: ?[(\[][^()\[\]]{0,40}[)\]])?"
_BETWEEN = rf"{_BRACKETED}(?: (?:{_WORDS})\b){{0,5}}{_BRACKETED}"
#: Before ":" or "là" a few words may stand, except those that announce another number or what happened to a PIN.
_OTHER_MEANINGS = (
    "serial|seri|se|sn|thue|mst|cccd|cmnd|cmt|dien|thoai|dt|sdt|tel|zalo|goi|lien|hotline|cong van|ngay|gio|luc|tu"
    "|thang|nam|het|han|khoa|sai|quen|loi|error|pin|puk|phien|version|phi|gia|tien|dung luong|sac"
)
_FEW_WORDS = rf"(?: (?!(?:{_OTHER_MEANINGS})\b)[a-z]{{1,10}}){{0,3}}"
_SEPARATOR = r"(?: ?[:=]+ ?(?:la )?| (?:la|is) ?:? ?)"
_COUNT = (
    r"\d{1,3} ?(?:lan|luot|so|ky|chu|ngay|thang|nam|tuan|gio|phut|giay|nguoi|cai|cuc|vien|chiec|doi|times|days|digits)"
    r"|\d{1,6}(?:[.,]\d{1,2})? ?(?:mah|wh|vol|volt|v|w|phan tram|percent)"
)
_DATE = r"\d{1,2}[-./]\d{1,2}(?:[-./]\d{2,4})?|\d{1,2}[-./](?:19|20)\d\d"
_NOT_A_CODE = rf"(?!(?:{_COUNT}|{_DATE})\b|\d{{1,3}}(?:[.,]\d{{1,2}})? ?%(?!\w))"
_YEAR = r"(?:19|20)\d\d\b"
_DIGITS_APART = r"(?:\d ?){4,16}(?!\S)"
#: A user PIN beside that of the administrator; a year behind a slash makes it the number of a document instead.
_TWO_GROUPS = rf"\d{{4,12}} ?/ ?(?!{_YEAR})\d{{4,12}}(?![\w/-])"
#: A code with a digit, or with a sign that no word has; a slash belongs to dates and document numbers.
_CODE = r"(?=\S{0,15}[\d@#$%^&*])[^\s/]{4,16}(?!\S)"
_PLAIN_CODE = rf"(?!{_YEAR})(?=\S{{0,15}}\d)[^\s/]{{4,16}}(?!\S)"
#: Behind a dash, a word with a number is usually part of a title ("PIN-lan-2").
_DASHED_CODE = rf"(?!{_YEAR})(?=\S{{0,15}}\d)[^\s/_-]{{4,16}}(?!\S)"
#: Digits written right behind the word ("PIN1234").
_GLUED_CODE = rf"(?!{_YEAR})\d{{4,12}}(?![\w/-])"
_PIN = re.compile(
    rf"\b(?:{_WORD}|{_SHORT}){_BETWEEN}{_FEW_WORDS}{_BRACKETED}{_SEPARATOR}{_NOT_A_CODE}(?:{_DIGITS_APART}|{_TWO_GROUPS}|{_CODE})"
    rf"|\b{_WORD}{_BETWEEN} {_NOT_A_CODE}(?:{_PLAIN_CODE}|{_TWO_GROUPS})"
    rf"|\b{_WORD}{_BETWEEN} ?[-–—_>→]+ ?{_NOT_A_CODE}(?:{_DASHED_CODE})"
    rf"|\b{_WORD}{_NOT_A_CODE}{_GLUED_CODE}"
    rf"|(?<!\S){_NOT_A_CODE}(?:{_DIGITS_APART}|{_CODE}) ?(?:day )?\b(?:la|is) (?:the |ma |so )?(?:{_WORD}|{_SHORT})\b"
    rf"|(?<!\S){_NOT_A_CODE}(?!{_YEAR})(?:{_DIGITS_APART}|{_CODE}) ?[(\[] ?(?:la )?(?:ma |so )?{_WORD}{_BETWEEN} ?[)\]]"
)
#: In a file name a PIN may stand before the word too, except a date or the number of a document.
_NAMED_SECRET = re.compile(
    rf"(?<!\S)(?!(?:19|20)\d{{6}}\b|\d{{4}}(?:19|20)\d\d\b)\d{{6,8}} (?:(?:la|ma|so) ){{0,2}}{_WORD}\b"
)
#: Signs that people put around a code or word for emphasis.
_MARKS = re.compile(r"[\"“”«»`]+|\*\*|__")

_SIGNS = re.compile(r"[-_.+,;()\[\]]+")


def looks_like_private_key(text: str) -> bool:
    """Return whether a text contains a private key."""
    return bool(_PRIVATE_KEY.search(strip_invisible(text)))


def looks_like_pin(text: str) -> bool:
    """Return whether a text contains a PIN or password."""
    return bool(_PIN.search(_normalize(text)))


def _normalize(text: str) -> str:
    """Remove accents, quotation marks and repeated spaces."""
    return " ".join(_MARKS.sub("", strip_accents(text)).split())


def has_secret(text: str) -> bool:
    """Return whether a message contains a secret and must be deleted from the chat."""
    if looks_like_private_key(text) or looks_like_pin(text):
        return True
    payload = _split_payload(text)
    return bool(payload) and looks_like_pin(payload)


def _split_payload(text: str) -> str:
    """Return the text behind a command with signs replaced by spaces, as links write it (``/start PIN_1234``)."""
    return _SIGNS.sub(" ", text.partition(" ")[2]) if text.startswith("/") else ""


def has_secret_in_name(name: str) -> bool:
    """Return whether a file name or the payload of a link contains a secret; signs stand for spaces there."""
    apart = _normalize(_SIGNS.sub(" ", name))
    return has_secret(name) or looks_like_pin(apart) or bool(_NAMED_SECRET.search(apart))


def redact_secret(text: str) -> str:
    """Return the text as it may be stored: if it contains a secret, a stand-in of the same kind replaces all of it."""
    if looks_like_private_key(text):
        return "-----BEGIN PRIVATE KEY-----"
    return "PIN: 0000" if has_secret(text) else text
