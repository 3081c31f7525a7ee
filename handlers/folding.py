"""Vietnamese text as an unaccented keyboard types it."""

import re
import unicodedata

_NOT_WORD = re.compile(r"[^\w]+")


def unaccented(text: str) -> str:
    """Lower case, no accents, ``đ`` as ``d``; everything else as it stands."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def fold(text: str) -> str:
    """Unaccented words, separated by single blanks."""
    return _NOT_WORD.sub(" ", unaccented(text)).replace("_", " ").strip()
