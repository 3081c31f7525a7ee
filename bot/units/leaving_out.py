"""Rows of a list that are no units: numbers of columns, headings repeated on a page, totals, signatures."""

import re
from collections.abc import Iterable, Iterator, Sequence

from bot.tables.legacy import spellings
from bot.units.columns import meaning_of
from handlers.folding import fold

#: How such a row begins, folded.
_PHRASES = (
    r"tong (?:cong|so)\b|(?:tong|cong|total)(?: \d.*)?$|tong .{0,20}don vi|nguoi (?:lap|ky|tong hop)|lap bieu"
    r"|thu truong|chu tich\b|pho chu tich\b|giam doc\b|truong phong\b|noi nhan\b|ghi chu\b|luu y\b|xac nhan\b"
    r"|dai dien\b|ky ten\b|ky ghi ro\b|ngay thang nam\b"
    r"|.{0,40}\bngay .{0,8}\bthang .{0,8}\bnam\b"
    r"|notes?\b|prepared by\b|danh sach nay\b|danh sach gom\b"
)
#: "Thay mặt", "ký thay", "thừa lệnh": short enough to be codes, or the beginning of codes, as well.
_FOR = "(?:t m|k t|t l|tm|kt|tl)"
_FOOT = re.compile(rf"(?:{_PHRASES}|{_FOR}\b)")
_SIGNER = (
    "(?:ubnd|hdnd|uy ban|hoi dong|chu tich|pho|bo truong|thu truong|giam doc|truong|chanh|cuc|tong cuc|so|ban|lanh dao"
    "|thuong truc|bi thu|dang uy|thu tuong|chinh phu)"
)
#: How one begins that has something in the columns of codes and of names.
_FOOT_OF_TWO = re.compile(rf"(?:{_PHRASES}|{_FOR} {_SIGNER}\b)")
#: What is no code though it is written with the letters of one, folded.
_NO_CODE = re.compile(
    r"tong (?:cong|so)|nguoi (?:lap(?: bieu)?|ky|tong hop)|lap bieu|thu truong|noi nhan|ghi chu|ky ten"
)
_TOTAL = re.compile(r"tong|cong|total")
_COUNTED = re.compile(r"\d")
_NUMBERED = re.compile(r"\(?(\d{1,2}|[a-z])\)?(?: ?= ?.*)?", re.IGNORECASE)
CODE = re.compile(r"[A-Za-z0-9.-]{1,32}")


class Sieve:
    """Looks at the rows below the headings, one after another."""

    def __init__(self, columns: Sequence[str | None]) -> None:
        self._columns = columns
        self._first = True  # no unit has come yet
        self._foot = False  # a total or a signature has come

    def is_excluded(self, texts: Sequence[str]) -> bool:
        """Whether a row is none of the list's."""
        given = [text for text in texts if text]
        read = dict(zip(self._columns, texts, strict=False))
        if not any(read.get(column) for column in self._columns if column):
            return True
        numbers = self._first and _is_numbering(given, read.get("name", ""))
        if numbers or _is_heading(read):
            return True
        if self._is_unit(read):
            self._first = False
            return False
        self._foot = self._foot or _is_foot(read, given)
        return self._foot

    def _is_unit(self, read: dict[str | None, str]) -> bool:
        """A code and a name are a unit's, or a fault, whatever the code is short for; only a total is neither."""
        code, name = read.get("code", ""), read.get("name", "")
        if not name or not CODE.fullmatch(code) or _NO_CODE.fullmatch(fold(code)):
            return False
        return not (_TOTAL.fullmatch(fold(code)) and _COUNTED.match(name))


def _is_foot(read: dict[str | None, str], given: Sequence[str]) -> bool:
    """Beside a name, a cell that may be meant for a code is a signature only where it goes on like one."""
    code, name = read.get("code", ""), read.get("name", "")
    if not (code and name):
        return _begins(_FOOT, given)
    return _begins(_FOOT_OF_TWO, (code, name) if " " in code else (code,))


def _begins(pattern: re.Pattern[str], texts: Iterable[str]) -> bool:
    return any(pattern.match(fold(way)) for text in texts for way in spellings(text))


def _is_numbering(given: Sequence[str], name: str) -> bool:
    """``(1) (2) (3)`` or ``A B 1 2`` under the headings."""
    return len(given) > 1 and len(name) < 8 and all(_NUMBERED.fullmatch(text) for text in given) and _rises(given)


def _rises(given: Sequence[str]) -> bool:
    numbers = [int(found[1]) for text in given if (found := _NUMBERED.fullmatch(text)) and found[1].isdigit()]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True


def _is_heading(read: dict[str | None, str]) -> bool:
    return meaning_of(read.get("code", "")) == "code" and meaning_of(read.get("name", "")) == "name"


def shown(texts: Sequence[str]) -> str:
    """The beginning of a row, to be named."""
    return " | ".join(_words(texts))[:80]


def _words(texts: Sequence[str]) -> Iterator[str]:
    return (text for text in texts if any(letter.isalpha() for letter in text))
