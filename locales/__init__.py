"""Translations: gettext catalogues, Vietnamese first.

Message ids are English sentences with ``{name}`` placeholders, so that English needs no catalogue. People edit the
``.po`` file, and ``make setup`` compiles it; a sentence that was corrected since counts at once, for it is compiled
again at the start, which takes some 50 ms. A wheel holds the compiled file alone.
"""

from collections.abc import Callable
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from locales.catalogue import compile_catalogue

__all__ = ["LANGUAGES", "N_", "Translator", "translator"]

#: The first language is used where none was chosen.
LANGUAGES = ("vi", "en")

#: Translates a message id and fills its placeholders: ``t("Hello {name}", name="Lan")``.
Translator = Callable[..., str]

_FOLDER = Path(__file__).parent


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "to be translated elsewhere"
    """Mark a message id for extraction."""
    return message


@cache
def _catalogue(language: str) -> NullTranslations:
    """Return the catalogue of a language; that of English is empty, and answers with the message id."""
    written = _FOLDER / language / "LC_MESSAGES" / "messages.po"
    compiled = written.with_suffix(".mo")
    changed = written.stat().st_mtime if written.is_file() else 0.0
    if compiled.is_file() and compiled.stat().st_mtime >= changed:
        return GNUTranslations(BytesIO(compiled.read_bytes()))
    if not written.is_file():
        return NullTranslations()
    return GNUTranslations(BytesIO(compile_catalogue(written.read_text(encoding="utf-8"))))


@cache
def translator(language: str) -> Translator:
    """Return the translator of a language; an unknown language gets the first one."""
    catalogue = _catalogue(language if language in LANGUAGES else LANGUAGES[0])

    def translate(message: str, /, **values: object) -> str:
        sentence = catalogue.gettext(message) if message else message
        return sentence.format(**values) if values else sentence

    return translate
