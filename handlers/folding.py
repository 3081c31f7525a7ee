"""Normalises Vietnamese text for comparison, as if typed on a keyboard without accents."""

import re
import unicodedata

from rules.language.spelling import strip_accents

__all__ = ["fold", "strip_accents", "strip_invisible"]

_NOT_WORD = re.compile(r"[^\w]+")


def strip_invisible(text: str) -> str:
    """Remove invisible characters (zero-width spaces, soft hyphens) and replace full-width ones."""
    if text.isascii():
        return text
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")


def fold(text: str) -> str:
    """Return the words without accents, separated by single spaces."""
    return _NOT_WORD.sub(" ", strip_accents(text)).replace("_", " ").strip()
