"""A certificate pasted as text is told from talk, however it was copied."""

import re

from handlers.folding import visible

_MARK = re.compile(
    r"[-\u2010-\u2015\u2212\u2500]\s*BEGIN\s+(?:X509\s+|TRUSTED\s+)?(?:CERTIFICATE|PKCS7|CMS)\s*\S", re.IGNORECASE
)
#: Base64 of a value of 256 bytes and more: nobody writes so many letters without a word in between.
_BARE = re.compile(r"(?<![A-Za-z0-9+/])MII[A-Za-z0-9+/_-]{37,}+(?:\s++[A-Za-z0-9+/_-]{20,}+){0,200}")
_LEAST = 300


def holds_certificate(text: str) -> bool:
    """Whether the text is to be read as a file is."""
    seen = visible(text)
    return bool(_MARK.search(seen)) or any(len(match.group()) >= _LEAST for match in _BARE.finditer(seen))
