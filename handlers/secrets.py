"""Secrets that people paste into a chat though nobody asked: PINs, passwords, private keys.

A PIN is told from talk about PINs by where it stands: right behind the word, behind ``:``, ``=`` or "là", or before "là
mã PIN". A year, a date or a count there is none, and neither is a bare "mk", short for much else.
"""

import re

from handlers.folding import unaccented, visible

#: A dash, and a blank, also as web addresses, JSON and web pages write them.
_DASH = r"(?:[-\u2010-\u2015\u2212\u2500=_*]|%2D|\\u002d|&#45;)"
_BLANK = r"(?:\s|\+|%20|\\u0020|&nbsp;|&#32;)"
#: The mark of PEM; then what keys begin with in base64: PKCS#8, PKCS#1, SEC 1, OpenSSH, PEM packed once more.
_PRIVATE_KEY = re.compile(
    rf"{_DASH}{_BLANK}*BEGIN{_BLANK}+(?:[A-Z0-9]{{1,20}}{_BLANK}+){{0,4}}PRIVATE{_BLANK}+KEY|PuTTY-User-Key-File"
    r"|(?<!-----\s)(?-i:MII[A-Za-z0-9+/_-]{3}IBA(?:DANBg|AKCA)|MIGHAgEAMBMG|MHcCAQEE|b3BlbnNzaC1rZXktdjE)"
    r"|(?-i:LS0tLS1CRUdJTi(?:BQUklWQVRF|BSU0EgUFJJVkFURS|BFQyBQUklWQVRF|BFTkNSWVBURUQ|BPUEVOU1NI))",
    re.IGNORECASE,
)
_WORD = r"(?:pin|mat khau|password|passwd|passcode)"
#: What may stand between the word and its code: "mã PIN của token cũ là ...".
_BETWEEN = r"(?:\s+(?:cua|toi|minh|em|anh|chi|so|usb|token|chung thu|the|moi|cu|hien tai|is|my))*"
_SEPARATOR = r"(?:\s*[:=]+\s*(?:la\s+)?|\s+(?:la|is)\s*:?\s+)"
_COUNT = r"\d{1,3}\s?(?:lan|luot|so|ky|chu|ngay|thang|nam|tuan|gio|phut|giay|nguoi|cai|times|days|digits)"
_DATE = r"\d{1,2}[-./]\d{1,2}(?:[-./]\d{2,4})?|\d{1,2}[-./](?:19|20)\d\d"
_NOT_A_CODE = rf"(?!(?:{_COUNT}|{_DATE})\b)"
_DIGITS_APART = r"(?:\d ?){4,16}(?!\S)"
#: With a digit, or with a sign no word has; a slash is for dates and numbers of documents.
_CODE = r"(?=\S{0,15}[\d@#$%^&*])[^\s/]{4,16}(?!\S)"
_PLAIN_CODE = r"(?!(?:19|20)\d\d\b)(?=\S{0,15}\d)[^\s/]{4,16}(?!\S)"
#: Behind a dash a word with a number is more often a part of a title ("PIN-lan-2").
_DASHED_CODE = r"(?!(?:19|20)\d\d\b)(?=\S{0,15}\d)[^\s/_-]{4,16}(?!\S)"
_PIN = re.compile(
    rf"\b(?:{_WORD}|mk){_BETWEEN}{_SEPARATOR}{_NOT_A_CODE}(?:{_DIGITS_APART}|{_CODE})"
    rf"|\b{_WORD}{_BETWEEN}\s+{_NOT_A_CODE}(?:{_PLAIN_CODE})"
    rf"|\b{_WORD}{_BETWEEN}\s*[-–—_>→]+\s*{_NOT_A_CODE}(?:{_DASHED_CODE})"
    rf"|(?<!\S){_NOT_A_CODE}(?:{_DIGITS_APART}|{_CODE})\s*(?:day\s+)?\b(?:la|is)\s+(?:the\s+|ma\s+|so\s+)?(?:{_WORD}|mk)\b"
)

_SIGNS = re.compile(r"[-_.+,;()\[\]]+")


def looks_like_private_key(text: str) -> bool:
    """Whether a private key was pasted."""
    return bool(_PRIVATE_KEY.search(visible(text)))


def looks_like_pin(text: str) -> bool:
    """Whether a PIN or password was written."""
    return bool(_PIN.search(unaccented(text)))


def holds_secret(text: str) -> bool:
    """Whether a message must not stay in the chat."""
    return looks_like_private_key(text) or looks_like_pin(text) or looks_like_pin(_payload(text))


def _payload(text: str) -> str:
    """What stands behind a command, where a link or a habit puts signs in the place of blanks (``/start PIN_1234``)."""
    return _SIGNS.sub(" ", text.partition(" ")[2]) if text.startswith("/") else ""


def name_holds_secret(name: str) -> bool:
    """Whether a file's name, or the payload of a link, tells one: there signs stand in the place of blanks."""
    return holds_secret(name) or looks_like_pin(_SIGNS.sub(" ", name))


def without_secret(text: str) -> str:
    """The text as it may be stored: one that holds a secret is replaced as a whole by a stand-in of the same kind."""
    if looks_like_private_key(text):
        return "-----BEGIN PRIVATE KEY-----"
    return "PIN: 0000" if holds_secret(text) else text
