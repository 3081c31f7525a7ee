"""Measure how alike two texts are, from 0 to 100: the insertions and deletions that make one of the other.

The figures are those of RapidFuzz to the last bit (a test compares them). It weighs 12 MB installed and 4 MB in memory,
for comparisons of a few short names.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

__all__ = ["SimilarText", "most_similar", "ratio", "token_set_ratio", "token_sort_ratio"]


class SimilarText(NamedTuple):
    """A text that is similar to another."""

    text: str
    score: float  #: from 0 to 100


def ratio(one: str, other: str) -> float:
    """Compare two texts letter by letter."""
    if one == other:
        return 100.0
    return (1.0 - _distance(one, other) / (len(one) + len(other))) * 100.0


def token_sort_ratio(one: str, other: str) -> float:
    """Compare the words of two texts, whatever their order."""
    return ratio(" ".join(sorted(one.split())), " ".join(sorted(other.split())))


def token_set_ratio(one: str, other: str) -> float:
    """Compare the sets of words of two texts: words that both have weigh nothing against them."""
    ours, theirs = set(one.split()), set(other.split())
    if not ours or not theirs:
        return 0.0
    common = ours & theirs
    if common and (ours <= theirs or theirs <= ours):
        return 100.0
    rest, other_rest = " ".join(sorted(ours - theirs)), " ".join(sorted(theirs - ours))
    shared = len(" ".join(common))
    gap = bool(shared)
    length, other_length = shared + gap + len(rest), shared + gap + len(other_rest)
    score = 0.0
    if shared:
        score = max(
            _share_left(1 + len(rest), shared + length), _share_left(1 + len(other_rest), shared + other_length)
        )
    if _share_left(abs(length - other_length), length + other_length) <= score:
        return score  # the lengths alone say that what is left makes it no better
    return max(score, _share_left(_distance(rest, other_rest), length + other_length))


def most_similar(text: str, others: Sequence[str], *, cutoff: float, limit: int) -> list[SimilarText]:
    """Return at most ``limit`` of the texts with a ratio of at least ``cutoff``, the most similar first."""
    length, signs = len(text), _letter_mask(text)
    allowed = 1.0 - cutoff / 100.0 + 1e-9
    found = []
    for other, mask in zip(others, _letter_masks(tuple(others)), strict=True):
        # Each letter that only one of them has is an insertion or a deletion: most names are told apart by that.
        most = (length + len(other)) * allowed
        if (signs ^ mask).bit_count() > most or abs(length - len(other)) > most:
            continue
        if (score := ratio(text, other)) >= cutoff:
            found.append(SimilarText(other, score))
    return sorted(found, key=lambda one: -one.score)[:limit]


@lru_cache(maxsize=8)
def _letter_masks(texts: tuple[str, ...]) -> tuple[int, ...]:
    """Return the letter mask of each text."""
    return tuple(_letter_mask(text) for text in texts)


def _letter_mask(letters: Iterable[str]) -> int:
    """Return a number with a bit for each letter; letters far apart in Unicode may share one."""
    mask = 0
    for letter in letters:
        mask |= 1 << (ord(letter) & 127)
    return mask


def _share_left(distance: int, length: int) -> float:
    return 100.0 - 100.0 * distance / length


def _distance(one: str, other: str) -> int:
    return len(one) + len(other) - 2 * _longest_common_subsequence(one, other)


def _longest_common_subsequence(one: str, other: str) -> int:
    """Return its length, by Hyyrö's method: the bits of one number hold a whole column of the table."""
    if len(one) < len(other):
        one, other = other, one  # a step for each letter of the shorter
    places = _places(one)
    row = full = (1 << len(one)) - 1
    for letter in other:
        if found := row & places.get(letter, 0):
            row = ((row + found) | (row - found)) & full
    return len(one) - row.bit_count()


@lru_cache(maxsize=256)
def _places(text: str) -> dict[str, int]:
    """Return for each letter a number with a bit for each of its places."""
    places: dict[str, int] = {}
    for place, letter in enumerate(text):
        places[letter] = places.get(letter, 0) | 1 << place
    return places
