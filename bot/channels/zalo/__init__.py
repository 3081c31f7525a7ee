"""Zalo: the Official Account of an office, a bot of the Bot Platform, and what the texts of both share."""

import unicodedata
from collections.abc import Iterator, Sequence

from handlers.core import Reply
from locales import N_

#: Characters of a message, after normalisation; a longer one is refused, not cut.
TEXT_LIMIT = 2000

NO_FILE = N_(
    "📄 {name}: Zalo does not carry this file. Please ask the office that runs this assistant for it, or open the"
    " assistant elsewhere and ask for it again there."
)


def normalised(reply: Reply) -> Reply:
    """Join accents that were typed apart: they count, and are shown, as one character."""
    return reply.model_copy(update={"paragraphs": tuple(unicodedata.normalize("NFC", one) for one in reply.paragraphs)})


def pieces(text: str) -> Sequence[str]:
    """Return the text in pieces that Zalo takes; nearly always it is one, for what is queued was split already."""
    formed = unicodedata.normalize("NFC", text)
    return list(_cut(formed)) or [""]


def _cut(text: str) -> Iterator[str]:
    while len(text) > TEXT_LIMIT:
        at = max(text.rfind(sign, TEXT_LIMIT // 2, TEXT_LIMIT) for sign in ("\n", " "))
        at = at if at > 0 else TEXT_LIMIT
        yield text[:at].rstrip()
        text = text[at:].lstrip()
    if text:
        yield text
