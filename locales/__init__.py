"""How it is said: gettext catalogues, Vietnamese first, English complete.

Message ids are English sentences with ``{name}`` placeholders. The ``.po`` files are read as they are, so a corrected
sentence needs no compile step.
"""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

__all__ = ["LANGUAGES", "N_", "Translator", "translator"]

#: The first one is spoken where nothing was chosen.
LANGUAGES = ("vi", "en")

#: ``t("Hello {name}", name="Lan")``: the sentence in the translator's language, placeholders filled.
Translator = Callable[..., str]


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "to be translated elsewhere"
    """Mark a message id for extraction."""
    return message


@cache
def _translations(language: str) -> Translations:
    path = files(__name__) / language / "LC_MESSAGES" / "messages.po"
    compiled = BytesIO()
    with path.open("rb") as catalogue:
        write_mo(compiled, read_po(catalogue, locale=language))
    compiled.seek(0)
    return Translations(compiled)


@cache
def translator(language: str) -> Translator:
    """The translator of a language; an unknown language speaks the first one."""
    gettext = _translations(language if language in LANGUAGES else LANGUAGES[0]).gettext

    def translate(message: str, /, **values: object) -> str:
        sentence = gettext(message) if message else ""
        return sentence.format(**values) if values else sentence

    return translate
