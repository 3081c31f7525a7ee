"""Normalises Vietnamese text for comparison, as if typed on a keyboard without accents."""

import re
import unicodedata

from rules.language.spelling import strip_accents

__all__ = ["fold", "in_order", "strip_accents", "strip_invisible"]

#: The letters of Vietnamese, and its tones as dictionaries order them: level, huyền, hỏi, ngã, sắc, nặng.
_LETTERS = {letter: place for place, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_TONES = {tone: place for place, tone in enumerate("\u0300\u0309\u0303\u0301\u0323", 1)}
_PARTS = re.compile(r"[0-9]{1,18}|.", re.DOTALL)
_NOT_WORD = re.compile(r"[^\w]+")


def strip_invisible(text: str) -> str:
    """Remove invisible characters (zero-width spaces, soft hyphens) and replace full-width ones."""
    if text.isascii():
        return text
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")


def fold(text: str) -> str:
    """Return the words without accents, separated by single spaces."""
    return _NOT_WORD.sub(" ", strip_accents(text)).replace("_", " ").strip()


def in_order(text: str) -> tuple[object, ...]:
    """Return the key that sorts names as a Vietnamese dictionary does: by letters, đ behind d; by tones last.

    Numbers count as such, so that "Phường 2" is before "Phường 10"; signs come before digits, digits before letters.
    """
    letters: list[tuple[int, int, str]] = []
    tones: list[int] = []
    plain = unicodedata.normalize("NFC", text.casefold())
    for part in _PARTS.findall(plain):
        if part.isdecimal():
            letters.append((1, int(part), ""))
            tones.append(0)
            continue
        signs = unicodedata.normalize("NFD", part)
        tones.append(next((_TONES[sign] for sign in signs if sign in _TONES), 0))
        letter = unicodedata.normalize("NFC", "".join(sign for sign in signs if sign not in _TONES))
        place = _LETTERS.get(letter)
        letters.append((2, place, "") if place is not None else (3 if letter.isalpha() else 0, 0, letter))
    return tuple(letters), tuple(tones), text
