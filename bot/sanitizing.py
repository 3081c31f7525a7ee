"""Make the text of strangers harmless for terminals, files and readers."""

import unicodedata

#: Control characters, invisible formats (bidirectional overrides) and lone surrogates steer a terminal or fool its
#: reader.
_CONTROL_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})
#: These code points are no characters, and XML forbids them.
_NONCHARACTERS = "\ufffe\uffff"


def sanitize(text: str) -> str:
    """Replace every character that could steer a terminal or fool a reader; line breaks stay, tabs become blanks."""
    return text if text.isprintable() else "".join(map(_sanitize_letter, text))


def _sanitize_letter(letter: str) -> str:
    if letter == "\t":
        return " "
    steering = letter != "\n" and unicodedata.category(letter) in _CONTROL_CATEGORIES
    return "\ufffd" if steering or letter in _NONCHARACTERS else letter
