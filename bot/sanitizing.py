"""Text of strangers, made harmless for whoever reads it."""

import unicodedata

#: Controls, invisible formats (bidirectional overrides), half characters: what steers a terminal or fools its reader.
_CONTROL_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})
#: No characters at all, and no XML may hold them.
_NONCHARACTERS = "\ufffe\uffff"


def sanitize(text: str) -> str:
    """The text with what could steer or fool replaced; line breaks stay, tabs become blanks."""
    return text if text.isprintable() else "".join(map(_sanitize_letter, text))


def _sanitize_letter(letter: str) -> str:
    if letter == "\t":
        return " "
    steering = letter != "\n" and unicodedata.category(letter) in _CONTROL_CATEGORIES
    return "\ufffd" if steering or letter in _NONCHARACTERS else letter
