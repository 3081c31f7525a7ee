"""How a handler speaks: sentences of the catalogues as escaped HTML."""

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

from locales import Translator, translator


@dataclass(frozen=True, slots=True)
class MarkupTranslator:
    """``say("Hello <b>{name}</b>", name=anything)``: the id may carry markup, the values never do."""

    language: str

    @property
    def t(self) -> Translator:
        """Plain text in the same language."""
        return translator(self.language)

    def __call__(self, message: str, /, **values: object) -> Markup:
        sentence = Markup(self.t(message))  # noqa: S704 - catalogues are ours; values are escaped by format
        return sentence.format(**values) if values else sentence

    def text(self, message: str, /) -> Markup:
        """A sentence that carries no markup, such as a text of the rule pack."""
        return escape(self.t(message))


def join_lines(*parts: str) -> Markup:
    """Parts as the lines of one paragraph; empty ones are left out."""
    return Markup("\n").join(part for part in parts if part)


def strip_markup(text: Markup) -> str:
    """Text without its markup, line by line."""
    return "\n".join(line.striptags() for line in text.splitlines())


def capitalize_first(text: str) -> str:
    """The text as the beginning of a line or a button."""
    return text[:1].upper() + text[1:]


def format_bold(text: str) -> Markup:
    """Text in bold."""
    return Markup("<b>{}</b>").format(text)


def format_bullets(items: Iterable[str]) -> Markup:
    """Items as lines of a list."""
    return Markup("\n").join(Markup("• {}").format(item) for item in items)


def format_numbered(items: Iterable[str]) -> Markup:
    """Items as numbered lines."""
    return Markup("\n").join(Markup("{}. {}").format(number, item) for number, item in enumerate(items, 1))
