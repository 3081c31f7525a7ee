"""Convert Vietnamese from legacy encodings: TCVN3 (ABC), VNI, VPS, Windows-1258, and UTF-8 that was decoded wrongly.

A cell of a workbook holds the bytes of such a font as Windows-1252 characters: "x· Hai" is "xã Hai" in TCVN3. A reading
is accepted only if every changed word can be Vietnamese.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

#: The combining tones: grave, hook above, tilde, acute, dot below.
_TONES = "\u0300\u0309\u0303\u0301\u0323"
#: A syllable that ends in a stop can have only these tones.
_STOP_TONES = {"\u0301", "\u0323"}
_ONSETS = tuple("b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split())  # noqa: SIM905 - for readability
#: All rhymes, without tones.
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
#: The vowel that carries the tone: for these groups two spellings are in use.
_EITHER = {"oa", "oe", "uy"}
_FIRST = {"ai", "ao", "au", "ay", "âu", "ây", "eo", "êu", "ia", "iu", "oi", "ôi", "ơi", "ua", "ui", "ưa", "ưi", "ưu"}
_VOWELS = set("aăâeêioôơuưy")
#: Groups of vowels, never with a tone, in names from other languages of the country.
_FOREIGN_LETTERS = ("ea", "ei", "ie", "oei", "uo", "ue", "aê", "iă", "iâ", "uă", "iơ", "eă", "êê")
_CONSONANTS = "bcdđfghjklmnpqrstvwxz'’-"
#: The longest part of a text that is judged, in letters.
_LOOKED_AT = 300
_WORD = re.compile(r"[^\W\d_]+(?:['’·\u00ad¬-]*[^\W\d_]+)*")
LETTERS = frozenset(
    unicodedata.normalize("NFC", vowel + tone)
    for vowel in (*_VOWELS, *(one.upper() for one in _VOWELS))
    for tone in ("", *_TONES)
) | set("đĐ")

_OPEN = {"".join(letter for letter in rhyme if letter in _VOWELS) for rhyme in _RHYMES}

#: Windows-1252 without holes: an undefined byte stands for the control character of its number.
CP1252 = [bytes([byte]).decode("cp1252", "replace").replace("\ufffd", chr(byte)) for byte in range(256)]
_BYTES = {letter: byte for byte, letter in enumerate(CP1252)} | {chr(byte): byte for byte in range(256)}

# The small letters, and the capitals without tones; a font whose name ends in "H" shows small letters as capitals.
_TCVN3 = str.maketrans(
    "¡¢£¤¥¦§¨©ª«¬\u00ad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
    "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
)
_VPS_BYTES = bytes.fromhex(
    "e0e1e4e3e5e2c0c3c4c5c6e6a2a1a3a4a5c7e8e9c8ebcbea8a898bcd8cecedccefcef2f3d5f586f4d2d3b087b6d6a9a7aaabaef9fafbdbf8"
    "dcd8d9babbbfff9a9bcf9c80c18182c2848385888e8d8ff0f1d7c9defeca93909495b5b4b7b8bcb9bdbed497969899f79e9d9fa6a8dad1ac"
    "d0afadb1b2ddfdb3"
)
_VPS_LETTERS = (
    "àáảãạâầấẩẫậăằắẳẵặđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
    "ÀÁẢÃÂẦẤẨĂẰẮẲẴĐÈÉẺẼÊỀẾỂỄÌÍỈĨÒÓỎÕÔỒỐỔỖƠỜỚỞỠÙÚỦŨƯỪỨỬỲÝỶỸ"
)
_VPS = {
    ord(written): letter
    for byte, letter in zip(_VPS_BYTES, _VPS_LETTERS, strict=True)
    for written in {CP1252[byte], chr(byte)}
}
#: Letters that follow a vowel in VNI, as combining marks; capitals follow a capital.
_VNI_MARKS = {
    "ø": "\u0300", "ù": "\u0301", "û": "\u0309", "õ": "\u0303", "ï": "\u0323",
    "â": "\u0302", "à": "\u0302\u0300", "á": "\u0302\u0301", "å": "\u0302\u0309", "ã": "\u0302\u0303",
    "ä": "\u0302\u0323",
    "ê": "\u0306", "è": "\u0306\u0300", "é": "\u0306\u0301", "ú": "\u0306\u0309", "ü": "\u0306\u0303",
    "ë": "\u0306\u0323",
}  # fmt: skip
_VNI_LETTERS = str.maketrans("ñÑìÌíÍæÆóÓòÒôÔöÖîÎ", "đĐìÌíÍỉỈĩĨịỊơƠưƯỵỴ")
_VNI = re.compile(f"([aeouyôö])([{''.join(_VNI_MARKS)}])", re.IGNORECASE)
#: People do write these signs between or beside letters.
_USUAL_SIGNS = frozenset("\u00a0–—‘’“”…·•°²³€±")
#: Letters of foreign names in Unicode, which Vietnamese lacks.
_FOREIGN = frozenset("äöüßñçåøæëïîûœšžÿÄÖÜÑÇÅØÆËÏÎÛŒŠŽŸ")
_CP1252_ALONE = frozenset(letter for letter in CP1252 if ord(letter) > 0xFF)
#: A capital with an accent behind a small letter shows that bytes were decoded wrongly.
_CAPITAL_INSIDE = re.compile("[a-zà-ÿ][À-Þ]")
_LOST_LETTERS = re.compile(r"\?[^\W\d_]|\ufffd|[^\W\d_]\?\?")


def _with_tones(rhyme: str) -> set[str]:
    """Return every spelling of a rhyme, with each possible tone and without one."""
    vowels = "".join(letter for letter in rhyme if letter in _VOWELS)
    stopped = rhyme.endswith(("c", "ch", "p", "t"))
    tones = [tone for tone in _TONES if not stopped or tone in _STOP_TONES]
    found = {rhyme}
    for at in _tone_positions(vowels, closed=rhyme != vowels):
        found |= {unicodedata.normalize("NFC", rhyme[: at + 1] + tone + rhyme[at + 1 :]) for tone in tones}
    return found


def _tone_positions(vowels: str, *, closed: bool) -> tuple[int, ...]:
    """Return the indexes of the vowels that may carry the tone."""
    if len(vowels) == 1:
        return (0,)
    if len(vowels) == 2:
        if vowels in _EITHER:
            return (1,) if closed else (0, 1)
        return (0,) if vowels in _FIRST and not closed else (1,)
    return (2,) if vowels == "uyê" else (1,)


@cache
def _syllables() -> re.Pattern[str]:
    """Compile the pattern of all syllables when it is first needed: that takes a while."""
    rhymes = {one for rhyme in _RHYMES for one in _with_tones(rhyme)}
    return re.compile(
        f"(?:{'|'.join(sorted(_ONSETS, key=len, reverse=True))})?(?:{'|'.join(sorted(rhymes, key=len, reverse=True))})"
    )


@cache
def _loose_words() -> re.Pattern[str]:
    """Compile the pattern of words that are no syllables and yet possible, when it is first needed."""
    nuclei = {
        unicodedata.normalize("NFC", nucleus[: at + 1] + tone + nucleus[at + 1 :])
        for nucleus in (*_OPEN, *_VOWELS)
        for closed in (True, False)
        for at in _tone_positions(nucleus, closed=closed)
        for tone in ("", *_TONES)
    } | set(_FOREIGN_LETTERS)
    one = f"(?:{'|'.join(sorted(nuclei, key=len, reverse=True))})"
    return re.compile(f"(?:[{_CONSONANTS}]*(?:qu|gi))?[{_CONSONANTS}]*{one}(?:[{_CONSONANTS}]+{one})*[{_CONSONANTS}]*")


def accented_words(text: str) -> list[str]:
    """Return the words of a text with letters beyond ASCII, in lower case."""
    return [word for word in _WORD.findall(text[:_LOOKED_AT].lower()) if not word.isascii()]


@lru_cache(maxsize=20_000)
def is_syllable(word: str) -> bool:
    """Return whether a word, in lower case and NFC, is one syllable of standard Vietnamese."""
    return _syllables().fullmatch(word) is not None


@lru_cache(maxsize=20_000)
def is_possible(word: str) -> bool:
    """Return whether the word can be Vietnamese, or a name from another language of the country."""
    return is_syllable(word) or _loose_words().fullmatch(word) is not None


class Charset(StrEnum):
    """An encoding, by its common name."""

    UTF8 = "UTF-8"
    TCVN3 = "TCVN3 (ABC)"
    VNI = "VNI"
    VPS = "VPS"
    CP1258 = "Windows-1258"


@dataclass(frozen=True, slots=True)
class LegacyFont:
    """The legacy font of a cell."""

    charset: Charset
    capitals: bool = False  #: shows small letters as capitals


def find_font(name: str) -> LegacyFont | None:
    """Return the legacy font of that name; ``None`` for a modern one."""
    lower = name.strip().lower()
    if lower.startswith(".vn"):
        return LegacyFont(Charset.TCVN3, capitals=lower.endswith("h"))
    if lower.startswith("vni"):
        return LegacyFont(Charset.VNI)
    return LegacyFont(Charset.VPS) if lower.startswith(("vps", "vps-")) else None


def _decode_vni(text: str) -> str:
    def put(found: re.Match[str]) -> str:
        return found[1].translate(_VNI_LETTERS) + _VNI_MARKS[found[2].lower()]

    parts, last = [], 0
    for found in _VNI.finditer(text):
        parts += [text[last : found.start()].translate(_VNI_LETTERS), put(found)]
        last = found.end()
    return unicodedata.normalize("NFC", "".join([*parts, text[last:].translate(_VNI_LETTERS)]))


def _decode_vps(text: str) -> str:
    """Decode VPS.

    A dash or quotation mark between blanks stays one, because its byte is a letter only inside a word.
    """
    return "".join(
        letter if letter in _USUAL_SIGNS and not _is_beside_letter(text, at) else letter.translate(_VPS)
        for at, letter in enumerate(text)
    )


def _is_beside_letter(text: str, at: int) -> bool:
    return text[at - 1 : at].isalpha() or text[at + 1 : at + 2].isalpha()


def _to_bytes(text: str) -> bytes | None:
    found = [_BYTES.get(letter) for letter in text]
    return None if None in found else bytes(byte for byte in found if byte is not None)


def _redecode(text: str, encoding: str) -> str:
    """Decode the same bytes in another encoding; return the text itself if that is impossible."""
    data = _to_bytes(text)
    try:
        return text if data is None else unicodedata.normalize("NFC", data.decode(encoding))
    except UnicodeDecodeError:
        return text


_DECODERS: Mapping[Charset, Callable[[str], str]] = {
    Charset.UTF8: lambda text: _redecode(text, "utf-8"),
    Charset.TCVN3: lambda text: text.translate(_TCVN3),
    Charset.VNI: _decode_vni,
    Charset.VPS: _decode_vps,
    Charset.CP1258: lambda text: _redecode(text, "cp1258"),
}


@lru_cache(maxsize=20_000)
def possible_readings(text: str) -> Mapping[Charset, str]:
    """Return the reading in each encoding in which every changed word is Vietnamese."""
    if text.isascii():
        return {}
    found = {charset: decode(text) for charset, decode in _DECODERS.items()}
    return {
        charset: read for charset, read in found.items() if read != text and _has_only_valid_words(is_syllable, read)
    }


def _has_only_valid_words(judge: Callable[[str], bool], text: str) -> bool:
    return not strange_letters(text) and not _CAPITAL_INSIDE.search(text) and all(map(judge, accented_words(text)))


def strange_letters(text: str) -> str:
    """Return the letters and signs that Vietnamese in Unicode never has inside a word."""
    return "".join(
        letter
        for at, letter in enumerate(text)
        if ("\x80" <= letter <= "\xff" or letter in _CP1252_ALONE)
        and letter not in LETTERS
        and (letter not in _USUAL_SIGNS or (letter not in "’‘·–—" and _is_inside_word(text, at)))
    )


def _is_spoilt(text: str) -> bool:
    """Return whether it has more strange letters than foreign names have, such as "CÔNG TY TNHH MÜLLER"."""
    return bool(set(strange_letters(text)) - _FOREIGN)


def _is_inside_word(text: str, at: int) -> bool:
    return 0 < at < len(text) - 1 and text[at - 1].isalpha() and text[at + 1].isalpha()


def has_lost_letters(text: str) -> bool:
    """Return whether letters were replaced by question marks when the file was saved."""
    return "://" not in text and _LOST_LETTERS.search(text) is not None


def has_unicode_only_letters(text: str) -> bool:
    """Return whether the text has letters that only Unicode has, so that nothing in it needs conversion."""
    return any(letter > "\xff" and letter not in _CP1252_ALONE and letter.isalpha() for letter in text)


@dataclass(frozen=True, slots=True)
class RestoredColumn:
    """The converted texts of a column."""

    texts: Mapping[str, str]  #: text as it stands -> text as it is meant, only if they differ
    charset: Charset | None = None  #: the encoding of most texts
    unclear: frozenset[str] = frozenset()  #: texts with two possible readings
    unreadable: frozenset[str] = frozenset()  #: texts that are Vietnamese in no encoding


FontCell = tuple[str, LegacyFont | None]


def restore_column(cells: Iterable[FontCell], *, one_byte: bool = False) -> RestoredColumn:
    """Convert a column whose texts may be in a legacy encoding.

    Args:
        cells: Texts in NFC, each with the legacy font it is shown in.
        one_byte: The file has one byte per letter, so that even a plausible text may mean other letters.
    """
    every = set(cells)
    distinct = {cell for cell in every if not cell[0].isascii()}
    open_ = sorted((cell for cell in distinct if not has_unicode_only_letters(cell[0])), key=lambda cell: cell[0])
    broken = {cell for cell in open_ if not _has_only_valid_words(is_possible, cell[0])}
    charset, tie = _elect_charset(broken)
    mixed = len(open_) < len(distinct)
    texts: dict[str, str] = {}
    unclear: set[str] = set()
    unreadable = {text for text, _ in every if has_lost_letters(text)}
    for text, font in open_:
        read = _read_in_charset(text, font, charset)
        if (text, font) in broken:
            if read is not None:
                texts[text] = read
            elif tie and possible_readings(text):
                unclear.add(text)
            elif charset or tie or font or one_byte or _is_spoilt(text):
                unreadable.add(text)
        elif font and read is not None:
            texts[text] = read
        elif read is not None and (mixed or len(broken) < len(open_) / 3):
            unclear.add(text)
        elif read is not None:
            texts[text] = read
        elif one_byte and charset is None and possible_readings(text):
            unclear.add(text)
    return RestoredColumn(texts, charset, frozenset(unclear), frozenset(unreadable))


def _elect_charset(broken: Collection[FontCell]) -> tuple[Charset | None, bool]:
    """Return the encoding in which most broken texts are Vietnamese; none, and true, if several fit equally."""
    votes = Counter(charset for text, _ in broken for charset in possible_readings(text))
    most = max(votes.values(), default=0)
    best = [charset for charset in Charset if most and votes[charset] == most]
    if not best:
        return None, False
    first, *others = best
    tie = any(_DECODERS[first](text) != _DECODERS[other](text) for text, _ in broken for other in others)
    return (None if tie else first), tie


def _read_in_charset(text: str, font: LegacyFont | None, elected: Charset | None) -> str | None:
    """Return the reading in the font's or the elected encoding; ``None`` if it is invalid or changes nothing."""
    charset = font.charset if font else elected
    if charset is None:
        return None
    read = _DECODERS[charset](text)
    if read == text or not _has_only_valid_words(is_possible, read):
        return None
    return read.upper() if font and font.capitals else read


def spellings(text: str) -> tuple[str, ...]:
    """Return a short text with its possible readings, for looking up a heading in a list."""
    return (text,) if text.isascii() or has_unicode_only_letters(text) else (text, *possible_readings(text).values())
