"""Which kind of subscriber a certificate's name sounds like: a guess, which the officer confirms.

Key usage does not tell a person from a body in government certificates, so the name has to. A device's words are looked
for first ("Hệ thống một cửa Sở Nội vụ"), then a body's ("Trường THCS Nguyễn Trãi"), then a person's. With accents,
"Trường" is a school and "Trương" a person; a first word that may be either is told by the second.
"""

import re
import unicodedata

from bot.certificates import subscriber_words as words
from handlers.folding import fold
from rules.facts import Subject

_DOMAIN = re.compile(r"(?:\*\.)?(?:[a-z0-9-]+\.)+[a-z]{2,}|\d{1,3}(?:\.\d{1,3}){3}", re.IGNORECASE)
_NOT_WORD = re.compile(r"[^\w]+")
_LONGEST_PERSON = 7  #: words


def guess(name: str) -> Subject | None:
    """The kind a name speaks for; ``None`` where it speaks for none."""
    if _DOMAIN.fullmatch(name.strip()):
        return Subject.DEVICE
    plain = _plain(name)
    lists = words.UNACCENTED if plain.isascii() else words.ACCENTED
    if lists.device_start.match(plain) or lists.device_anywhere.search(plain):
        return Subject.DEVICE
    if plain.partition(" ")[0] in words.AMBIGUOUS:
        return _told_by_second_word(fold(plain))
    if lists.body_start.match(plain) or lists.body_anywhere.search(plain):
        return Subject.ORGANISATION
    return Subject.INDIVIDUAL if _is_person(plain.split()) else None


def _plain(name: str) -> str:
    """Lower case with accents, words separated by single blanks, ``uỷ`` and ``toà`` spelt ``ủy`` and ``tòa``."""
    lowered = _NOT_WORD.sub(" ", unicodedata.normalize("NFC", name).lower()).replace("_", " ").strip()
    return lowered.replace("uỷ", "ủy").replace("toà", "tòa")


def _told_by_second_word(bare: str) -> Subject | None:
    """A first word that is a family name and a body's: "Đoàn Văn", "Đoàn Thanh niên", "TRUONG VAN"."""
    rest = bare.split()[1:]
    if words.UNACCENTED.body_after_ambiguous.match(" ".join(rest)):
        return Subject.ORGANISATION
    return Subject.INDIVIDUAL if rest and rest[0] in words.MIDDLE_NAMES and len(rest) < _LONGEST_PERSON else None


def _is_person(plain: list[str]) -> bool:
    """A family name and one to six given names, letters only; two words only after a family name of no place."""
    if not 2 <= len(plain) <= _LONGEST_PERSON or not all(word.isalpha() for word in plain):
        return False
    family = fold(plain[0])
    known = plain[0] in words.FAMILY_NAMES or (plain[0] == family and family in words.BARE_FAMILY_NAMES)
    return known and (len(plain) > 2 or family in words.COMMON_FAMILY_NAMES)
