"""Translates sentences into escaped HTML, and joins them into lines and lists."""

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

from locales import Translator, translator


@dataclass(frozen=True, slots=True)
class MarkupTranslator:
    """Translates message ids as HTML: ``say("Hello <b>{name}</b>", name=x)`` escapes the values but not the id."""

    language: str

    @property
    def t(self) -> Translator:
        """Return the plain-text translator of the same language."""
        return translator(self.language)

    def __call__(self, message: str, /, **values: object) -> Markup:
        sentence = Markup(self.t(message))  # noqa: S704 - catalogues are ours; values are escaped by format
        return sentence.format(**values) if values else sentence

    def text(self, message: str, /) -> Markup:
        """Translate a sentence that carries no markup, such as a text of the rule pack, and escape it."""
        return escape(self.t(message))


def join_lines(*parts: str) -> Markup:
    """Join parts as the lines of one paragraph, without empty parts."""
    return Markup("\n").join(part for part in parts if part)


def strip_markup(text: Markup) -> str:
    """Return the text without its markup; line breaks stay."""
    return "\n".join(line.striptags() for line in text.splitlines())


def capitalize_first(text: str) -> str:
    """Capitalize the first letter only; ``str.capitalize`` would lower the rest."""
    return text[:1].upper() + text[1:]


def format_bold(text: str) -> Markup:
    """Return the text in bold, escaped unless it is markup already."""
    return Markup("<b>{}</b>").format(text)


def format_bullets(items: Iterable[str]) -> Markup:
    """Format items as lines with bullets."""
    return Markup("\n").join(Markup("• {}").format(item) for item in items)


def format_numbered(items: Iterable[str]) -> Markup:
    """Format items as numbered lines, from 1."""
    return Markup("\n").join(Markup("{}. {}").format(number, item) for number, item in enumerate(items, 1))


def format_count(say: MarkupTranslator, value: int) -> str:
    """Format a number with separators: ``12.000`` in Vietnamese, ``12,000`` in English."""
    return f"{value:,}".replace(",", "," if say.language == "en" else ".")
