"""Vietnamese text as an unaccented keyboard types it."""

import re
import unicodedata

_NOT_WORD = re.compile(r"[^\w]+")


def strip_accents(text: str) -> str:
    """Lower case, no accents, ``đ`` as ``d``; everything else as it stands."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def strip_invisible(text: str) -> str:
    """The signs that are seen, full-width ones as usual: without zero-width blanks, soft hyphens and their like."""
    if text.isascii():
        return text
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")


def fold(text: str) -> str:
    """Unaccented words, separated by single blanks."""
    return _NOT_WORD.sub(" ", strip_accents(text)).replace("_", " ").strip()
