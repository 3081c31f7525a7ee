"""Mends slips of the phone: words typed without a space between them, and key words with one letter wrong.

Only what is no Vietnamese syllable is touched, so that no name of a place is ever taken for a slip.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache

from rules.language.spelling import strip_accents, to_word

#: Letters from which a word may be several words in one, and from which it may be a key word with a slip in it.
_SHORTEST_JOINED, _SHORTEST_KEY = 4, 5
_LONGEST, _MOST_PARTS = 24, 4
#: One-letter words are too many to be parted from others.
_SHORTEST_PART = 2
_ONSET = "(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnpqrstvx])?"
_RIME = (
    "(?:oai|oay|uay|uoi|uou|ieu|yeu|uya|uyu|[aeiouy]|ai|ao|au|ay|eo|eu|ia|iu|oa|oe|oi|ua|ue|ui|uo|uu|uy"
    "|(?:uye|iee|ie|ye|uo|oa|oe|ua|ue|uy|oo|[aeiouy])(?:ch|nh|ng|[cmnpt]))"
)
#: Tones as the keys of Telex type them, behind the vowel or at the end of the word.
_TELEX_TONES = frozenset("sfrxj")
_LONGEST_TELEX = 10
_SYLLABLE = re.compile(_ONSET + _RIME)


@lru_cache(maxsize=20_000)
def is_syllable(bare: str) -> bool:
    """Return whether letters without accents may be a Vietnamese syllable."""
    return _SYLLABLE.fullmatch(bare) is not None


def respell(typed: str, known: AbstractSet[str]) -> tuple[str, ...]:
    """Return the words that a typed word was meant to be, itself if it is no slip.

    Args:
        typed: The word as it was typed.
        known: The words that the language knows, without accents.
    """
    bare = strip_accents(typed)
    telex = _from_telex(bare) if to_word(typed).bare not in known and not is_syllable(bare) else None
    if telex in known:
        return (str(telex),)
    if not _SHORTEST_JOINED <= len(bare) <= _LONGEST or len(bare) != len(typed) or not bare.isalpha():
        return (typed,)
    if to_word(typed).bare in known or is_syllable(bare):
        return (typed,)
    return _part(typed, known) or _mend(bare, known) or (typed,)


def _from_telex(bare: str) -> str | None:
    """Return the word without accents that the keys of Telex were meant for ("heets": "hết"), if they were."""
    if not bare.isalpha() or len(bare) > _LONGEST_TELEX:
        return None
    for at in (at for at in range(len(bare) - 1, 0, -1) if bare[at] in _TELEX_TONES):
        if is_syllable(plain := _without_telex_marks(bare[:at] + bare[at + 1 :])):
            return plain
    plain = _without_telex_marks(bare)
    return plain if is_syllable(plain) else None


def _without_telex_marks(bare: str) -> str:
    return re.sub(r"(?<=[aou])w", "", re.sub(r"aa|ee|oo|dd", lambda pair: pair.group()[0], bare))


def _part(typed: str, known: AbstractSet[str]) -> tuple[str, ...] | None:
    """Return the one way in which a word falls into the fewest known words."""
    for count in range(2, _MOST_PARTS + 1):
        ways = list(_ways(typed, count, known))
        if ways:
            return ways[0] if len(ways) == 1 else None
    return None


def _ways(typed: str, count: int, known: AbstractSet[str]) -> Iterator[tuple[str, ...]]:
    if count == 1:
        if _is_part(typed, known):
            yield (typed,)
        return
    for at in range(_SHORTEST_PART, len(typed) - _SHORTEST_PART + 1):
        if _is_part(typed[:at], known):
            yield from ((typed[:at], *rest) for rest in _ways(typed[at:], count - 1, known))


def _is_part(typed: str, known: AbstractSet[str]) -> bool:
    return len(typed) >= _SHORTEST_PART and to_word(typed).bare in known


def _mend(bare: str, known: AbstractSet[str]) -> tuple[str, ...] | None:
    """Return the one key word of which this one is a slip: swapped letters, else one letter wrong, lost or added."""
    if len(bare) < _SHORTEST_KEY:
        return None
    for slips in (_swap_letters(bare), _one_slip_away(bare)):
        near = {word for word in slips if len(word) >= _SHORTEST_KEY and word in known}
        if near:
            return (near.pop(),) if len(near) == 1 else None
    return None


def _swap_letters(bare: str) -> Iterator[str]:
    for at in range(len(bare) - 1):
        yield bare[:at] + bare[at + 1] + bare[at] + bare[at + 2 :]


def _one_slip_away(bare: str) -> Iterator[str]:
    letters = "abcdeghiklmnopqrstuvxy"
    for at in range(len(bare) + 1):
        head, tail = bare[:at], bare[at:]
        yield from (head + letter + tail for letter in letters)
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in letters)
