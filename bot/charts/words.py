"""Words as they fit a chart, in a font that is there."""

import textwrap
import unicodedata
from functools import cache

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

#: Lines that a name may take beside its bar.
_LINES = 3
#: What stands for a letter that the font does not have.
_UNKNOWN = "□"


def shown(text: str) -> str:
    """One line of letters that can be drawn: no control or direction marks, which would turn the words around."""
    spaced = " ".join(text.split())
    kept = (letter for letter in spaced if not unicodedata.category(letter).startswith("C"))
    return "".join(letter if _drawable(letter) else _UNKNOWN for letter in kept)


def wrapped(text: str, width: int) -> str:
    """The same in lines of ``width`` letters; what does not fit in three of them ends in dots."""
    lines = textwrap.wrap(shown(text), width, max_lines=_LINES, placeholder=" …", break_long_words=True)
    return "\n".join(lines)


@cache
def _drawable(letter: str) -> bool:
    return bool(_font().get_char_index(ord(letter)))


@cache
def _font() -> FT2Font:
    return font_manager.get_font(font_manager.findfont("DejaVu Sans"))
