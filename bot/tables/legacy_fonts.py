"""Vietnamese in the encodings of the past: TCVN3 (ABC), VNI, VPS, Windows-1258, and UTF-8 that was read wrongly.

A cell of a workbook holds the bytes of such a font as Windows-1252 characters: "x· Hai" is "xã Hai" in TCVN3.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bot.tables.vietnamese import LETTERS, is_possible, is_syllable, words

#: Windows-1252 without holes: a byte that stands for nothing there is the control character of its number.
CP1252 = [bytes([byte]).decode("cp1252", "replace").replace("\ufffd", chr(byte)) for byte in range(256)]
_BYTES = {letter: byte for byte, letter in enumerate(CP1252)} | {chr(byte): byte for byte in range(256)}

# The small letters and the capitals without a tone; a font whose name ends in "H" shows the small ones as capitals.
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
#: What stands behind a vowel in VNI, as combining marks; in capitals behind a capital.
_VNI_MARKS = {
    "ø": "\u0300", "ù": "\u0301", "û": "\u0309", "õ": "\u0303", "ï": "\u0323",
    "â": "\u0302", "à": "\u0302\u0300", "á": "\u0302\u0301", "å": "\u0302\u0309", "ã": "\u0302\u0303",
    "ä": "\u0302\u0323",
    "ê": "\u0306", "è": "\u0306\u0300", "é": "\u0306\u0301", "ú": "\u0306\u0309", "ü": "\u0306\u0303",
    "ë": "\u0306\u0323",
}  # fmt: skip
_VNI_LETTERS = str.maketrans("ñÑìÌíÍæÆóÓòÒôÔöÖîÎ", "đĐìÌíÍỉỈĩĨịỊơƠưƯỵỴ")
_VNI = re.compile(f"([aeouyôö])([{''.join(_VNI_MARKS)}])", re.IGNORECASE)
#: Signs that people do write between or beside letters.
_USUAL = frozenset("\u00a0–—‘’“”…·•°²³€±")
#: Letters of names in Unicode that Vietnamese has not.
_FOREIGN = frozenset("äöüßñçåøæëïîûœšžÿÄÖÜÑÇÅØÆËÏÎÛŒŠŽŸ")
_CP1252_ALONE = frozenset(letter for letter in CP1252 if ord(letter) > 0xFF)
#: A capital with an accent behind a small letter: bytes that were read wrongly.
_CAPITAL_INSIDE = re.compile("[a-zà-ÿ][À-Þ]")
_LOST = re.compile(r"\?[^\W\d_]|\ufffd|[^\W\d_]\?\?")


class Charset(StrEnum):
    """An encoding, by the name people know it by."""

    UTF8 = "UTF-8"
    TCVN3 = "TCVN3 (ABC)"
    VNI = "VNI"
    VPS = "VPS"
    CP1258 = "Windows-1258"


@dataclass(frozen=True, slots=True)
class Font:
    """A legacy font that a cell is shown in."""

    charset: Charset
    capitals: bool = False  #: it shows small letters as capitals


def font_of(name: str) -> Font | None:
    """The legacy font of that name; ``None``: it is one of today."""
    lower = name.strip().lower()
    if lower.startswith(".vn"):
        return Font(Charset.TCVN3, capitals=lower.endswith("h"))
    if lower.startswith("vni"):
        return Font(Charset.VNI)
    return Font(Charset.VPS) if lower.startswith(("vps", "vps-")) else None


def _from_vni(text: str) -> str:
    def put(found: re.Match[str]) -> str:
        return found[1].translate(_VNI_LETTERS) + _VNI_MARKS[found[2].lower()]

    parts, last = [], 0
    for found in _VNI.finditer(text):
        parts += [text[last : found.start()].translate(_VNI_LETTERS), put(found)]
        last = found.end()
    return unicodedata.normalize("NFC", "".join([*parts, text[last:].translate(_VNI_LETTERS)]))


def _from_vps(text: str) -> str:
    """A dash or a quotation mark between blanks is one: its byte is a letter only inside a word."""
    return "".join(
        letter if letter in _USUAL and not _beside_letter(text, at) else letter.translate(_VPS)
        for at, letter in enumerate(text)
    )


def _beside_letter(text: str, at: int) -> bool:
    return text[at - 1 : at].isalpha() or text[at + 1 : at + 2].isalpha()


def _bytes_of(text: str) -> bytes | None:
    found = [_BYTES.get(letter) for letter in text]
    return None if None in found else bytes(byte for byte in found if byte is not None)


def _decoded(text: str, encoding: str) -> str:
    """The same bytes in another encoding; the text itself where they are none of it."""
    data = _bytes_of(text)
    try:
        return text if data is None else unicodedata.normalize("NFC", data.decode(encoding))
    except UnicodeDecodeError:
        return text


_DECODERS: Mapping[Charset, Callable[[str], str]] = {
    Charset.UTF8: lambda text: _decoded(text, "utf-8"),
    Charset.TCVN3: lambda text: text.translate(_TCVN3),
    Charset.VNI: _from_vni,
    Charset.VPS: _from_vps,
    Charset.CP1258: lambda text: _decoded(text, "cp1258"),
}


@lru_cache(maxsize=20_000)
def readings(text: str) -> Mapping[Charset, str]:
    """What a text says in each encoding in which every word that changes is Vietnamese."""
    if text.isascii():
        return {}
    found = {charset: decode(text) for charset, decode in _DECODERS.items()}
    return {charset: read for charset, read in found.items() if read != text and _all(is_syllable, read)}


def _all(judge: Callable[[str], bool], text: str) -> bool:
    return not strange(text) and not _CAPITAL_INSIDE.search(text) and all(map(judge, words(text)))


def strange(text: str) -> str:
    """Letters and signs that no Vietnamese text in Unicode has inside a word."""
    return "".join(
        letter
        for at, letter in enumerate(text)
        if ("\x80" <= letter <= "\xff" or letter in _CP1252_ALONE)
        and letter not in LETTERS
        and (letter not in _USUAL or (letter not in "’‘·–—" and _inside(text, at)))
    )


def _is_spoilt(text: str) -> bool:
    """Whether its strange letters are more than those of foreign names, such as "CÔNG TY TNHH MÜLLER"."""
    return bool(set(strange(text)) - _FOREIGN)


def _inside(text: str, at: int) -> bool:
    return 0 < at < len(text) - 1 and text[at - 1].isalpha() and text[at + 1].isalpha()


def is_lost(text: str) -> bool:
    """Whether letters were replaced by question marks when the file was saved."""
    return "://" not in text and _LOST.search(text) is not None


def is_unicode(text: str) -> bool:
    """Whether it has letters that only Unicode has: nothing of it is to be converted."""
    return any(letter > "\xff" and letter not in _CP1252_ALONE and letter.isalpha() for letter in text)


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of the texts of a column."""

    texts: Mapping[str, str]  #: each text that is read otherwise than it stands
    charset: Charset | None = None  #: that of most of them
    unclear: frozenset[str] = frozenset()  #: may be read in two ways
    unreadable: frozenset[str] = frozenset()  #: no encoding makes Vietnamese of them


Cell = tuple[str, Font | None]


def restore(cells: Iterable[Cell], *, one_byte: bool = False) -> Restored:
    """Read a column whose texts may be in an encoding of the past.

    Args:
        cells: Texts in NFC, with the legacy font each is shown in.
        one_byte: The file holds one byte for a letter, so that even what looks right may be another letter.
    """
    every = set(cells)
    distinct = {cell for cell in every if not cell[0].isascii()}
    open_ = sorted((cell for cell in distinct if not is_unicode(cell[0])), key=lambda cell: cell[0])
    broken = {cell for cell in open_ if not _all(is_possible, cell[0])}
    charset, tie = _elected(broken)
    mixed = len(open_) < len(distinct)
    texts: dict[str, str] = {}
    unclear: set[str] = set()
    unreadable = {text for text, _ in every if is_lost(text)}
    for text, font in open_:
        read = _read(text, font, charset)
        if (text, font) in broken:
            if read is not None:
                texts[text] = read
            elif tie and readings(text):
                unclear.add(text)
            elif charset or tie or font or one_byte or _is_spoilt(text):
                unreadable.add(text)
        elif font and read is not None:
            texts[text] = read
        elif read is not None and (mixed or len(broken) < len(open_) / 3):
            unclear.add(text)
        elif read is not None:
            texts[text] = read
        elif one_byte and charset is None and readings(text):
            unclear.add(text)
    return Restored(texts, charset, frozenset(unclear), frozenset(unreadable))


def _elected(broken: Collection[Cell]) -> tuple[Charset | None, bool]:
    """The encoding in which most of the broken texts are Vietnamese; none, and true, where it is not clear which."""
    votes = Counter(charset for text, _ in broken for charset in readings(text))
    most = max(votes.values(), default=0)
    best = [charset for charset in Charset if most and votes[charset] == most]
    if not best:
        return None, False
    first, *others = best
    tie = any(_DECODERS[first](text) != _DECODERS[other](text) for text, _ in broken for other in others)
    return (None if tie else first), tie


def _read(text: str, font: Font | None, elected: Charset | None) -> str | None:
    """``None``: it cannot be read so, or stays the same."""
    charset = font.charset if font else elected
    if charset is None:
        return None
    read = _DECODERS[charset](text)
    if read == text or not _all(is_possible, read):
        return None
    return read.upper() if font and font.capitals else read


def spellings(text: str) -> tuple[str, ...]:
    """A short text as it stands, and as it may be meant; for headings, which are looked up in a list."""
    return (text,) if text.isascii() or is_unicode(text) else (text, *readings(text).values())
