"""Secrets that people paste into a chat though nobody asked: PINs, passwords, private keys."""

import re

from handlers.folding import unaccented

_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9 ]+ )?PRIVATE KEY-----|PuTTY-User-Key-File")
#: "ma pin 12345678", "pin: abc123", "mat khau token la 1234": the word, a little in between, then a code with a digit.
_PIN = re.compile(
    r"\b(?:pin|mat khau|password|passwd|mk)\b"
    r"(?:[\s:=]+(?:cua|toi|la|usb|token|chung|thu|the|moi|cu|em|is|my))*"
    r"[\s:=]+(?=\S*\d)\S{4,}"
)


def looks_like_private_key(text: str) -> bool:
    """Whether a private key was pasted."""
    return bool(_PRIVATE_KEY.search(text))


def looks_like_pin(text: str) -> bool:
    """Whether a PIN or password was written."""
    return bool(_PIN.search(unaccented(text)))


def holds_secret(text: str) -> bool:
    """Whether a message must not stay in the chat."""
    return looks_like_private_key(text) or looks_like_pin(text)
