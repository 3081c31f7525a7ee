"""Reads lines that consist only of menu numbers, in any spelling: "1, 3", "chọn số 2 ạ", "(2)", "１"."""

import re
from unicodedata import normalize

from handlers.folding import strip_accents

#: Number words, also without accents if that makes no other word.
_WORDS = {
    "một": 1, "mot": 1, "hai": 2, "ba": 3, "bốn": 4, "bon": 4, "tư": 4, "năm": 5, "lăm": 5, "sáu": 6, "bảy": 7,
    "bẩy": 7, "bay": 7, "tám": 8, "chín": 9, "chin": 9, "mười": 10, "muoi": 10,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip
#: Words that mean something else without accents ("sau" is "later"): they count only behind a word of choosing.
_EITHER = {"nam": 5, "sau": 6, "tam": 8, "tu": 4}
#: Pairs of words that ask to choose; neither does so alone ("phường 1" is a place).
_OF_TWO = re.compile(r"\b(?:(?:đáp|dap|phương|phuong) (?:án|an)|(?:lựa|lua) (?:chọn|chon)|(?:trả|tra) (?:lời|loi))\b")
_CHOOSING = frozenset(
    {"so", "cau", "muc", "y", "chon", "lay", "bam", "nhan", "go", "option", "number", "no", "choose", "take", "pick"}
)
_BEFORE = _CHOOSING | {"em", "toi", "minh", "da", "vang", "u", "uh", "cho", "xin", "la", "i"}
_BETWEEN = _CHOOSING | {"va", "and", "voi", "cung"}
_AFTER = frozenset({"a", "ah", "nhe", "nha", "nhi", "em", "anh", "chi", "ban", "oi", "thoi", "please", "ok"})
#: A range ("1-3"), a fraction ("1/3"), a sign ("-1") or a question is not a choice.
_NO_CHOICE = re.compile(r"[-–—−~/\\⁄?=*%<>@]")
_TOKEN = re.compile(r"[^\W_]+")
#: A longer line is not a choice, and a longer number is a code or a year.
_LONGEST_LINE, _DIGITS = 120, 3


def parse_numbers(text: str) -> tuple[int, ...]:
    """Return the numbers in the order typed, each once; empty if the line says anything else."""
    line = normalize("NFKC", text).lower()
    if len(line) > _LONGEST_LINE or _NO_CHOICE.search(line) or not "".join(line.split()).isprintable():
        return ()
    tokens = _TOKEN.findall(_OF_TWO.sub("chon", line))
    words = [strip_accents(token) for token in tokens]
    numbers = [_parse_number(token, before) for token, before in zip(tokens, ["", *words], strict=False)]
    known = [place for place, number in enumerate(numbers) if number is not None]
    if not known:
        return ()
    first, last = known[0], known[-1]
    between = [word for place, word in enumerate(words) if first < place < last and numbers[place] is None]
    said = _BEFORE.issuperset(words[:first]) and _BETWEEN.issuperset(between) and _AFTER.issuperset(words[last + 1 :])
    return tuple(dict.fromkeys(number for number in numbers if number is not None)) if said else ()


def _parse_number(token: str, before: str) -> int | None:
    if token.isdecimal():
        return int(token) if len(token) <= _DIGITS else None
    if token in _EITHER and before in _CHOOSING:
        return _EITHER[token]
    return _WORDS.get(token)
