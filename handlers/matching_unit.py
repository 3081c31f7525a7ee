"""Does a certificate speak of the unit the officer names? Word by word, without accents, small typos forgiven."""

from collections.abc import Iterable

from rapidfuzz import fuzz

from handlers.certificate import Certificate
from handlers.unit_words import LOOSE, spelt_out
from rules.facts import Subject

#: From here two words of at least ``_TYPO_FROM`` letters are the same; shorter ones must be equal ("xã" is not "xá").
_SAME_WORD, _TYPO_FROM = 80.0, 4
_SMALL_WORDS = {"va", "cua", "thuoc", "tai", "nuoc", "viet", "nam", "tinh"}


def matches_unit(certificate: Certificate, stated: str) -> bool | None:
    """Whether the unit is the certificate's; ``None`` where the words allow both, or nothing was stated.

    An organisation is compared by its name, a person by units and superior; words of the superior and of the locality
    may be added in either case ("UBND xã Phước An, huyện Nhơn Trạch").
    """
    words = _words(stated)
    if not words:
        return None
    around = _words(
        " ".join([certificate.name, certificate.superior or "", *certificate.units, certificate.locality or ""])
    )
    answers = {_compare(words, _words(candidate), around) for candidate in _candidates(certificate)}
    if True in answers:
        return True
    return None if None in answers or not answers else False


def _candidates(certificate: Certificate) -> list[str]:
    bodies = [body for body in (*certificate.units, certificate.superior) if body]
    if certificate.subscriber is Subject.INDIVIDUAL:
        return bodies
    return [certificate.name] if certificate.subscriber is Subject.ORGANISATION else [certificate.name, *bodies]


def _compare(stated: list[str], candidate: list[str], around: list[str]) -> bool | None:
    """True where each names the other; False where a telling word of one has no like in the other."""
    extra, missing = _unlike(stated, around), _unlike(candidate, stated)
    if not extra and not missing:
        return True
    if extra and missing:
        return False
    return None if set(extra) <= LOOSE else False


def _unlike(words: Iterable[str], others: list[str]) -> list[str]:
    return [word for word in words if not any(_same(word, other) for other in others)]


def _same(word: str, other: str) -> bool:
    if min(len(word), len(other)) < _TYPO_FROM or not (word + other).isalpha():
        return word == other
    return fuzz.ratio(word, other) >= _SAME_WORD


def _words(text: str) -> list[str]:
    return [word for word in spelt_out(text).split() if word not in _SMALL_WORDS]
