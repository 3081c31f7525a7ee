"""Whether a word can be Vietnamese as it is spelt; tells proper Unicode from letters of a legacy font."""

import re
import unicodedata
from functools import lru_cache

#: Combining grave, hook above, tilde, acute, dot below.
_TONES = "\u0300\u0309\u0303\u0301\u0323"
#: Tones that a syllable with a stop at its end may have.
_STOPPED = {"\u0301", "\u0323"}
_ONSETS = tuple("b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split())  # noqa: SIM905 - to be read
#: Rhymes without tones.
_RHYMES = tuple(
    """
    a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng eo ep et
    ê êch êm ên ênh êp êt êu i ich im in inh ip it iu ia iêc iêm iên iêng iêp iêt iêu o oc oi om on ong op ot oa oac
    oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo oet ooc oong ô ôc ôi ôm ôn ông ôp ôt
    ơ ơi ơm ơn ơp ơt u uc ui um un ung up ut ua uân uâng uât uây uê uêch uên uênh uôc uôi uôm uôn uông uôt uơ uy uya
    uych uyên uyêt uyn uynh uyt uyu ư ưc ưi ưm ưn ưng ưt ưu ưa ươc ươi ươm ươn ương ươp ươt ươu y yn yt ynh ych yêm
    yên yêng yêt yêu
    """.split()  # noqa: SIM905 - a table to be read
)
#: Which letter of several vowels carries the tone; of these two spellings are in use.
_EITHER = {"oa", "oe", "uy"}
_FIRST = {"ai", "ao", "au", "ay", "âu", "ây", "eo", "êu", "ia", "iu", "oi", "ôi", "ơi", "ua", "ui", "ưa", "ưi", "ưu"}
_VOWELS = set("aăâeêioôơuưy")
#: Vowels that names from other languages of the country put together, never with a tone.
_FOREIGN = ("ea", "ei", "ie", "oei", "uo", "ue", "aê", "iă", "iâ", "uă", "iơ", "eă", "êê")
_CONSONANTS = "bcdđfghjklmnpqrstvwxz'’-"
#: Longest part of a text that is judged.
_LOOKED_AT = 300
_WORD = re.compile(r"[^\W\d_]+(?:['’·\u00ad¬-]*[^\W\d_]+)*")
LETTERS = frozenset(
    unicodedata.normalize("NFC", vowel + tone)
    for vowel in (*_VOWELS, *(one.upper() for one in _VOWELS))
    for tone in ("", *_TONES)
) | set("đĐ")


def _toned(rhyme: str) -> set[str]:
    """Every way to write a rhyme with a tone, or without one."""
    vowels = "".join(letter for letter in rhyme if letter in _VOWELS)
    stopped = rhyme.endswith(("c", "ch", "p", "t"))
    tones = [tone for tone in _TONES if not stopped or tone in _STOPPED]
    found = {rhyme}
    for at in _carriers(vowels, closed=rhyme != vowels):
        found |= {unicodedata.normalize("NFC", rhyme[: at + 1] + tone + rhyme[at + 1 :]) for tone in tones}
    return found


def _carriers(vowels: str, *, closed: bool) -> tuple[int, ...]:
    """Places of the vowel that may carry the tone."""
    if len(vowels) == 1:
        return (0,)
    if len(vowels) == 2:
        if vowels in _EITHER:
            return (1,) if closed else (0, 1)
        return (0,) if vowels in _FIRST and not closed else (1,)
    return (2,) if vowels == "uyê" else (1,)


_SYLLABLES = re.compile(
    f"(?:{'|'.join(sorted(_ONSETS, key=len, reverse=True))})?"
    f"(?:{'|'.join(sorted({one for rhyme in _RHYMES for one in _toned(rhyme)}, key=len, reverse=True))})"
)
_OPEN = {"".join(letter for letter in rhyme if letter in _VOWELS) for rhyme in _RHYMES}
_NUCLEI = {
    unicodedata.normalize("NFC", nucleus[: at + 1] + tone + nucleus[at + 1 :])
    for nucleus in (*_OPEN, *_VOWELS)
    for closed in (True, False)
    for at in _carriers(nucleus, closed=closed)
    for tone in ("", *_TONES)
} | set(_FOREIGN)
_NUCLEUS = f"(?:{'|'.join(sorted(_NUCLEI, key=len, reverse=True))})"
_LOOSE = re.compile(
    f"(?:[{_CONSONANTS}]*(?:qu|gi))?[{_CONSONANTS}]*{_NUCLEUS}(?:[{_CONSONANTS}]+{_NUCLEUS})*[{_CONSONANTS}]*"
)


def words(text: str) -> list[str]:
    """The words of a text that have letters beyond ASCII, in lower case."""
    return [word for word in _WORD.findall(text[:_LOOKED_AT].lower()) if not word.isascii()]


@lru_cache(maxsize=20_000)
def is_syllable(word: str) -> bool:
    """Whether it is one syllable of standard Vietnamese, in lower case and NFC."""
    return _SYLLABLES.fullmatch(word) is not None


@lru_cache(maxsize=20_000)
def is_possible(word: str) -> bool:
    """Whether somebody may have typed it in Unicode, names from other languages of the country included."""
    return is_syllable(word) or _LOOSE.fullmatch(word) is not None
