"""Translations: gettext catalogues, Vietnamese first.

Message ids are English sentences with ``{name}`` placeholders, so that English needs no catalogue. People edit the
``.po`` file, and ``make setup`` compiles it; a sentence that was corrected since counts at once, for Babel compiles it
at the start, which takes a tenth of a second. A wheel holds the compiled file alone and needs no Babel.
"""

import sys
from collections.abc import Callable
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

__all__ = ["LANGUAGES", "N_", "CatalogueError", "Translator", "translator"]

#: The first language is used where none was chosen.
LANGUAGES = ("vi", "en")

#: Translates a message id and fills its placeholders: ``t("Hello {name}", name="Lan")``.
Translator = Callable[..., str]

_FOLDER = Path(__file__).parent


class CatalogueError(RuntimeError):
    """A catalogue is not compiled, or was changed since, and Babel is missing; the message says what to do.

    An older sentence is no way out: what was corrected may be what the law says.
    """

    def __init__(self) -> None:
        super().__init__(  # in both languages, for there is nothing to translate it with
            f"Chưa biên dịch các câu tiếng Việt. Hãy chạy: make setup (hoặc: {sys.executable} -m pip install babel) / "
            "The Vietnamese sentences are not compiled. Run one of these commands."
        )


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "to be translated elsewhere"
    """Mark a message id for extraction."""
    return message


@cache
def _catalogue(language: str) -> NullTranslations:
    """Return the catalogue of a language; that of English is empty, and answers with the message id.

    Raises:
        CatalogueError: it is to be compiled, and Babel is missing.
    """
    written = _FOLDER / language / "LC_MESSAGES" / "messages.po"
    compiled = written.with_suffix(".mo")
    changed = written.stat().st_mtime if written.is_file() else 0.0
    if compiled.is_file() and compiled.stat().st_mtime >= changed:
        return GNUTranslations(BytesIO(compiled.read_bytes()))
    if not written.is_file():
        return NullTranslations()
    return GNUTranslations(BytesIO(_compile(written)))


def _compile(written: Path) -> bytes:
    try:
        from babel.messages.mofile import write_mo  # noqa: PLC0415 - a start with a compiled catalogue does without
        from babel.messages.pofile import read_po  # noqa: PLC0415
    except ImportError:
        raise CatalogueError from None
    compiled = BytesIO()
    with written.open("rb") as file:
        write_mo(compiled, read_po(file))
    return compiled.getvalue()


@cache
def translator(language: str) -> Translator:
    """Return the translator of a language; an unknown language gets the first one.

    Raises:
        CatalogueError: the catalogue is to be compiled, and Babel is missing.
    """
    catalogue = _catalogue(language if language in LANGUAGES else LANGUAGES[0])

    def translate(message: str, /, **values: object) -> str:
        sentence = catalogue.gettext(message) if message else message
        return sentence.format(**values) if values else sentence

    return translate
