"""Translations: gettext catalogues, Vietnamese first.

Message ids are English sentences with ``{name}`` placeholders, so that English needs no catalogue. A ``.po`` file is
read directly and once per process, so that a corrected sentence needs no compile step.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from babel.messages.pofile import read_po

__all__ = ["LANGUAGES", "N_", "Translator", "translator"]

#: The first language is used where none was chosen.
LANGUAGES = ("vi", "en")

#: Translates a message id and fills its placeholders: ``t("Hello {name}", name="Lan")``.
Translator = Callable[..., str]


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "to be translated elsewhere"
    """Mark a message id for extraction."""
    return message


@cache
def _sentences(language: str) -> Mapping[str, str]:
    """Return the sentences of a language by message id; none for English."""
    path = files(__name__) / language / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return {}
    with path.open("rb") as catalogue:
        messages = read_po(catalogue, locale=language)
    return {str(one.id): str(one.string) for one in messages if one.id and one.string}


@cache
def translator(language: str) -> Translator:
    """Return the translator of a language; an unknown language gets the first one."""
    sentences = _sentences(language if language in LANGUAGES else LANGUAGES[0])

    def translate(message: str, /, **values: object) -> str:
        sentence = sentences.get(message, message)
        return sentence.format(**values) if values else sentence

    return translate
