"""What people type who do not know, do not understand or put it off: no value of anything."""

import re
from unicodedata import normalize

from handlers.folding import fold

#: Small words around a doubt; none of them says anything by itself.
_AROUND = frozenset(
    [
        "a",
        "ah",
        "u",
        "uh",
        "da",
        "vang",
        "oi",
        "em",
        "anh",
        "chi",
        "ban",
        "minh",
        "toi",
        "co",
        "chu",
        "bac",
        "nhe",
        "nha",
        "nhi",
        "ha",
        "roi",
        "lam",
        "qua",
        "nua",
        "luon",
        "the",
        "thi",
        "ca",
        "cai",
        "nay",
        "do",
        "vay",
        "ma",
        "ad",
        "bot",
        "i",
        "me",
    ]
)
#: A line of these alone calls for help ("anh ơi"); the others above are names of people as well.
_CALLING = frozenset(
    ["a", "ah", "u", "uh", "da", "vang", "oi", "em", "anh", "chi", "ban", "nhe", "nha", "ha", "ad", "bot", "ok"]
)
#: The sixth child of a southern family: no "later".
_SIXTH = "sáu"
#: As a whole line.
_DOUBTS = frozenset({
    "bo tay", "chang biet", "chang ro", "chiu", "chua", "chua biet", "chua chac", "chua co", "chua hieu",
    "chua nho", "chua ro", "co le", "dau", "de hoi", "de hoi lai", "de kiem tra", "de kiem tra lai",
    "de lat nua", "de mai", "de sau", "de tinh sau", "de xem", "de xem lai", "dien gi", "dien sao",
    "do not know", "don t know", "dont know", "ghi gi", "ghi sao", "gi", "gi cung duoc", "giup", "go gi",
    "hinh nhu", "hoi lai", "how", "huong dan", "idk", "khong", "khong biet", "khong chac", "khong chac chan",
    "khong co", "khong hieu", "khong nho", "khong nho ro", "khong quan trong", "khong ro", "khong thay",
    "kiem tra lai", "la gi", "la sao", "lam sao", "lat nua", "later", "lay o dau", "maybe", "n a", "na", "nao",
    "nhap gi", "nhu the nao", "no", "no idea", "none", "not now", "not sure", "nothing", "null", "o dau",
    "quen", "quen mat", "sao", "sao cung duoc", "sau", "the nao", "the nao cung duoc", "tim o dau", "tinh sau",
    "tuy", "tuy y", "unknown", "viet gi", "what", "whatever", "where", "xem da", "xem lai", "xem o dau",
})  # fmt: skip
#: How a line begins that tells of a doubt, whatever follows ("không biết điền gì"): a name never does.
_BEGINNINGS = re.compile(
    r"(?:khong|chua|chang|cha)(?: the)? (?:ro|biet|nho|chac|hieu)\b|(?:hinh nhu|co le|chac la|co phai|nghe dau)\b"
    r"|quen (?:mat|roi|ten|so|dia chi)\b|de (?:em|toi|minh|anh|chi) (?:xem|hoi|kiem tra|tinh)\b"
    r"|de (?:xem|hoi|kiem tra|sau)\b|(?:i )?(?:do not|dont|don t|cannot|can t) (?:know|remember)\b|not sure\b"
)
#: How phones are typed on.
_SHORT = {"ko": "khong", "k": "khong", "hok": "khong", "hong": "khong", "hem": "khong", "kh": "khong", "bit": "biet"}


def is_doubt(text: str, *, prose: bool = False) -> bool:
    """Whether a line says that its writer does not know yet; in prose, which may tell of a doubt, as a whole only."""
    words = [_SHORT.get(word, word) for word in fold(text).split()]
    if _CALLING.issuperset(words):
        return bool(text.strip())
    if {" ".join(words), " ".join(_bare(words))} & _DOUBTS:
        return _SIXTH not in normalize("NFC", text.lower())
    return not prose and ("?" in text or _BEGINNINGS.match(" ".join(_without_address(words))) is not None)


def _bare(words: list[str]) -> list[str]:
    """Without what stands around it ("dạ em không rõ ạ")."""
    inside = _without_address(words)
    while inside and inside[-1] in _AROUND:
        inside = inside[:-1]
    return inside


def _without_address(words: list[str]) -> list[str]:
    first = next((place for place, word in enumerate(words) if word not in _AROUND), len(words))
    return words[first:]
