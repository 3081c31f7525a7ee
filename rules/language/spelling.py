"""Normalise Vietnamese text, and split a sentence into words that can be compared with or without accents.

Accents that are missing never hinder a match; accents that are typed may decide it: ``mat`` may be "mất" or "mật",
while "mật" is never "mất". The tones hỏi and ngã count as one, as many people in the South write them, and so do final
``i`` and ``y`` ("kí", "ký").
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import filterfalse
from typing import Literal, NamedTuple

#: The break before a word: none, a soft one (comma, dash), a colon, or a hard one (full stop, question mark, line).
Break = Literal["", "soft", "colon", "hard"]
#: Breaks at which another sentence begins.
STOPS = frozenset({"colon", "hard"})

#: Characters of a line that are read; a longer one is a story.
LONGEST_LINE = 1200
#: Words of a line that are read.
_MOST_WORDS = 120
#: A part counts as typed with accents from so many accented words, and from this share of them, on.
_ACCENTED_WORDS, _ACCENTED_SHARE = 2, 0.4
#: Where more words than this share are all capitals, capitals tell no name.
_SHOUTED = 0.8
_TOKEN = re.compile(r"[^\W_]+")
_FINAL_Y = re.compile(r"([bcdghklmnpstv]|th|kh|nh)y")
_HARD = re.compile(r"[.!?;\n\r…]")
_SOFT = re.compile(r"[,()\[\]\"“”+=]|\s[-–—/]+\s|[-–—]{2,}")
#: "(cũ)" behind the name of a unit is a word of it and no aside.
_OF_BEFORE = re.compile(r"\((cũ|mới|cu|moi)\)", re.IGNORECASE)
_HOOK, _TILDE = "\u0309", "\u0303"


class Word(NamedTuple):
    """A word without accents, and the accents it was written with."""

    bare: str
    marks: frozenset[str]
    #: In a pattern: only with these very accents. In a sentence: it was typed with accents throughout.
    exact: bool = False

    def may_be(self, meant: "Word") -> bool:
        """Return whether this typed word may stand for ``meant``: all accents may be missing, but none may differ."""
        if self.bare != meant.bare:
            return False
        if self.marks == meant.marks:
            return bool(self.marks) or self.exact or not meant.exact
        return not (self.marks or self.exact or meant.exact)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a sentence with its place in the text."""

    word: Word
    start: int
    end: int
    before: Break = ""
    asked: bool = False  #: a question mark follows, before the next word
    number: str = ""  #: the digits, if the word is a number
    name: bool = False  #: it begins with a capital letter


def strip_accents(text: str) -> str:
    """Return the text in lower case without accents (``đ`` becomes ``d``); everything else stays."""
    lowered = text.lower().replace("đ", "d")
    if lowered.isascii():
        return lowered
    return "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFD", lowered)))


def clean(text: str) -> str:
    """Return the beginning of a text in composed form, without invisible characters."""
    text = _OF_BEFORE.sub(r" \1 ", text[:LONGEST_LINE])
    if text.isascii():
        return text
    text = unicodedata.normalize("NFC", text)
    return "".join(sign for sign in text if unicodedata.category(sign) not in {"Cf", "Co", "Cs"})


@lru_cache(maxsize=20_000)
def to_word(text: str) -> Word:
    """Return the word that a text without spaces stands for."""
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower())
    marks = {_HOOK if letter == _TILDE else letter for letter in letters if unicodedata.combining(letter)}
    bare = strip_accents(unicodedata.normalize("NFKC", text))
    bare = f"{bare[:-1]}i" if _FINAL_Y.fullmatch(bare) else bare
    return Word(bare, frozenset(marks | ({"đ"} if "đ" in letters else set())))


def split_tokens(
    text: str,
    short_forms: Mapping[str, tuple[str, ...]],
    respell: Callable[[str], tuple[str, ...]] = lambda typed: (typed,),
) -> list[Token]:
    """Split a cleaned text into tokens, with phone short forms written out.

    Args:
        text: The text, as ``clean`` returns it.
        short_forms: Words for each short form, by the form in lower case. A form with the words that must follow it
            ("mk bị") is taken before the plain one.
        respell: Mends slips of the phone.
    """
    tokens: list[Token] = []
    found = [match for _, match in zip(range(_MOST_WORDS), _TOKEN.finditer(text), strict=False)]
    for at, match in enumerate(found):
        gap = text[found[at - 1].end() : match.start()] if at else ""
        after = (
            text[match.end() : found[at + 1].start()] if at + 1 < len(found) else text[match.end() : match.end() + 9]
        )
        typed = match.group()
        words = _expand_short_form(found[at : at + 3], short_forms) or respell(typed)
        abbreviated = gap.strip() == "." and at > 0 and _is_kind(found[at - 1 : at + 2], short_forms)
        before = "" if abbreviated else _break_of(gap, text, match.start())
        tokens.extend(_expand(match, before, "?" in after, words))
    shouted = sum(match.group().isupper() for match in found) > _SHOUTED * len(found)
    return _with_accents([replace(token, name=False) for token in tokens] if shouted else tokens, text)


def _expand_short_form(
    found: Sequence[re.Match[str]], short_forms: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...] | None:
    """Return the words of a short form; the one that fits most of what follows is meant."""
    if _is_kind(found, short_forms):
        return short_forms[found[0].group()]
    typed = [match.group().lower() for match in found]
    forms = (" ".join(typed[:count]) for count in range(len(typed), 0, -1))
    return next((short_forms[form] for form in forms if form in short_forms), None)


def _is_kind(found: Sequence[re.Match[str]], short_forms: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether a short form in capitals stands before a name of two words ("TT Hiệp Phước")."""
    typed = [match.group() for match in found]
    written = typed[0].isupper() and typed[0] in short_forms
    return written and len(typed) > 2 and all(word.istitle() for word in typed[1:3])


def _with_accents(tokens: list[Token], text: str) -> list[Token]:
    """Mark the words of parts that are typed with accents: there a word without them is meant to have none."""
    marked: list[Token] = []
    for part in _segments(tokens):
        typed = [text[token.start : token.end] for token in part if not token.number]
        accented = sum(not word.isascii() for word in typed)
        exact = accented >= _ACCENTED_WORDS and accented >= _ACCENTED_SHARE * len(typed)
        marked.extend(replace(token, word=token.word._replace(exact=exact)) for token in part)
    return marked


def _segments(tokens: list[Token]) -> Iterator[list[Token]]:
    if not tokens:
        return
    begins = [at for at, token in enumerate(tokens) if at == 0 or token.before in STOPS]
    for start, end in zip(begins, [*begins[1:], len(tokens)], strict=True):
        yield tokens[start:end]


def _expand(
    match: re.Match[str],
    before: Break,
    asked: bool,
    words: tuple[str, ...],
) -> Iterator[Token]:
    typed = match.group()
    start, joined = match.start(), "".join(words) == typed
    for at, word in enumerate(words):
        last = at == len(words) - 1
        begin = start + sum(map(len, words[:at])) if joined else start
        yield Token(
            to_word(word),
            begin,
            begin + len(word) if joined else match.end(),
            before if at == 0 else "",
            asked and last,
            word if word.isdecimal() else "",
            typed[:1].isupper(),
        )


def _break_of(gap: str, text: str, start: int) -> Break:
    if not gap or (gap.isspace() and "\n" not in gap) or _is_within_a_word(gap, text, start):
        return ""
    if _HARD.search(gap):
        return "hard"
    if ":" in gap:
        return "colon"
    return "soft" if _SOFT.search(gap) else ""


def _is_within_a_word(gap: str, text: str, start: int) -> bool:
    """Return whether signs divide nothing: "30.6", "10:30", "TP.Biên Hòa"."""
    if gap == ":":
        return text[start : start + 1].isdigit()
    if gap != ".":
        return False
    digits = text[start - 2 : start - 1].isdigit() and text[start : start + 1].isdigit()
    return digits or re.search(r"\b\w{1,2}\.$", text[max(0, start - 4) : start]) is not None


#: The letters of Vietnamese, and its tones as dictionaries order them: level, huyền, hỏi, ngã, sắc, nặng.
_ALPHABET = {letter: place for place, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_TONES = {tone: place for place, tone in enumerate("\u0300\u0309\u0303\u0301\u0323", 1)}
_ORDERED_PARTS = re.compile(r"[0-9]{1,18}|.", re.DOTALL)
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
    for part in _ORDERED_PARTS.findall(plain):
        if part.isdecimal():
            letters.append((1, int(part), ""))
            tones.append(0)
            continue
        signs = unicodedata.normalize("NFD", part)
        tones.append(next((_TONES[sign] for sign in signs if sign in _TONES), 0))
        letter = unicodedata.normalize("NFC", "".join(sign for sign in signs if sign not in _TONES))
        place = _ALPHABET.get(letter)
        letters.append((2, place, "") if place is not None else (3 if letter.isalpha() else 0, 0, letter))
    return tuple(letters), tuple(tones), text
