"""What is typed into a field, cleaned; ``None`` where it will not do."""

import re
import unicodedata

from handlers.doubts import is_doubt
from handlers.folding import fold
from handlers.typed_numbers import typed_numbers

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
#: Not issued by the state (practice note on the forms, 09/2024).
_PRIVATE_MAIL = ("@gmail.com", "@yahoo.com", "@yahoo.com.vn", "@hotmail.com", "@outlook.com", "@icloud.com")
#: A number of 9 or 12 digits is a personal number (CMND, CCCD); nobody asked for it.
_PERSONAL_NUMBER = re.compile(r"(?<!\d)(?:\d{9}|\d{12})(?!\d)")
_REFUSALS = frozenset({"quay lai", "thoi", "bo qua", "huy", "tiep", "tiep tuc", "xong", "skip", "back", "cancel"})
#: Of fewer letters a typed one is a slip or a word ("da"); certificates of the state have sixteen. Without any digit it
#: is a word as well ("đá bạc").
_SERIAL = re.compile(r"(?=.*[0-9])[0-9A-F]{4,40}")
#: One run, or groups of one even length, eight digits at least: pairs, fours or eights ("75 58 09 55", "7558:0955").
_WRITTEN = re.compile(
    r"[0-9A-F]+|[0-9A-F]{2}(?:[\s:.-]+[0-9A-F]{2}){3,}|[0-9A-F]{4}(?:[\s:.-]+[0-9A-F]{4})+"
    r"|[0-9A-F]{8}(?:[\s:.-]+[0-9A-F]{8})+"
)


def clean_line(text: str) -> str | None:
    """One line with letters in it, no doubt and no number of a menu; what cannot be seen in it is left out."""
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    joined = " ".join(visible.split())
    named = 2 <= len(joined) <= 300 and joined.isprintable() and sum(map(str.isalpha, joined)) > 1
    told = named and fold(joined) not in _REFUSALS and not is_doubt(joined) and not typed_numbers(joined)
    return joined if told and not _PERSONAL_NUMBER.search(joined) else None


def clean_email(text: str) -> str | None:
    bare = text.strip().lower()
    official = _EMAIL.fullmatch(bare) and not bare.endswith(_PRIVATE_MAIL)
    return bare if len(bare) <= 254 and official else None


def clean_serial(text: str) -> str | None:
    written = text.strip().upper().removeprefix("0X")
    if not _WRITTEN.fullmatch(written):
        return None
    bare = re.sub(r"[\s:.-]", "", written)
    return bare if _SERIAL.fullmatch(bare) else None
