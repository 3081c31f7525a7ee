"""Translations: gettext catalogues, Vietnamese first.

Message ids are English sentences with ``{name}`` placeholders, so that English needs no catalogue. A ``.po`` file is
read directly and once per process, so that a corrected sentence needs no compile step.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

__all__ = ["LANGUAGES", "N_", "Translator", "translator"]

#: The first language is used where none was chosen.
LANGUAGES = ("vi", "en")

#: Translates a message id and fills its placeholders: ``t("Hello {name}", name="Lan")``.
Translator = Callable[..., str]

#: An entry: its message id and its translation, each joined to one quoted line.
_ENTRY = re.compile(r'^msgid "(.*)"\nmsgstr "(.*)"$', re.MULTILINE)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "to be translated elsewhere"
    """Mark a message id for extraction."""
    return message


@cache
def _sentences(language: str) -> Mapping[str, str]:
    """Return the sentences of a language by message id; none for English."""
    path = files(__name__) / language / "LC_MESSAGES" / "messages.po"
    return _read_catalogue(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _read_catalogue(text: str) -> dict[str, str]:
    """Read the entries of a ``.po`` file as Babel does, in a small part of the time: every start waits for it.

    Plural forms and contexts are not read, for the catalogue has none.
    """
    entries = _ENTRY.findall(text.replace('"\n"', ""))
    return {_unescape(message): _unescape(translated) for message, translated in entries if message and translated}


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text) if "\\" in text else text


@cache
def translator(language: str) -> Translator:
    """Return the translator of a language; an unknown language gets the first one."""
    sentences = _sentences(language if language in LANGUAGES else LANGUAGES[0])

    def translate(message: str, /, **values: object) -> str:
        sentence = sentences.get(message, message)
        return sentence.format(**values) if values else sentence

    return translate
