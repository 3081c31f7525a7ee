"""Translatable sentences about a pack or facts: a message id with the values of its placeholders."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

#: Characters of a wrong value that an error repeats.
SHOWN = 60
#: The type of a translator: ``t("Hello {name}", name="Lan")``.
Tell = Callable[..., str]


def N_(message: str) -> str:  # noqa: N802 - gettext's own name; the one of the catalogues is out of reach from here
    """Mark a message id for extraction."""
    return message


@dataclass(frozen=True, slots=True)
class Sentence:
    """A message id with the values of its placeholders; a value may be a sentence too. ``str()`` is English."""

    message: str
    values: dict[str, object] = field(default_factory=dict)

    def say(self, t: Tell) -> str:
        """Translate the sentence."""
        return t(self.message, **{name: _resolve_value(value, t) for name, value in self.values.items()})

    def __str__(self) -> str:
        return self.say(_english)


def sentence(message: str, /, **values: object) -> Sentence:
    """Build a sentence: ``sentence(N_("{name} stands twice"), name="lost")``."""
    return Sentence(message, values)


def place_of(error: Exception) -> Sentence:
    """Return where a parser of JSON or TOML stopped: its own words for it are English only."""
    line, column = getattr(error, "lineno", None), getattr(error, "colno", None)
    if line is None or column is None:
        return Sentence(N_("it ends or nests in the wrong place"))
    return Sentence(N_("line {line}, column {column}"), {"line": line, "column": column})


def join_words(words: Iterable[object]) -> Sentence | str:
    """Join words with commas, or return the sentence "none"."""
    return ", ".join(map(format_word, words)) or Sentence(N_("none"))


def format_word(value: object) -> str:
    """Format a value as the TOML and JSON files write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def shorten(value: object) -> str:
    """Return the beginning of a value's ``repr``, long enough to find it."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _resolve_value(value: object, t: Tell) -> object:
    return value.say(t) if isinstance(value, Sentence) else value


def _english(message: str, /, **values: object) -> str:
    return message.format(**values) if values else message
