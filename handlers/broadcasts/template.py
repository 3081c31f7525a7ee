"""The text of a broadcast: placeholders and a little markup, everything else as it stands.

- ``{ho_ten}`` is filled for each recipient; ``{ho_ten|anh/chị}`` has words for those of whom it is not known;
- ``{{`` and ``}}`` are braces;
- ``*bold*`` and ``_italic_`` within a line, at the borders of words only: ``ten_tep_1.pdf`` and ``5 * 3`` stay;
- `` `code` `` and ``[words](https://...)``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlers.broadcasts.model import Problem, Text, Trouble, Values
from handlers.broadcasts.placeholders import Placeholder, Slot, counted_twice, known
from locales import LANGUAGES

if TYPE_CHECKING:
    from handlers.broadcasts.marks import Marked

__all__ = ["Placeholder", "Template", "missing", "parse", "placeholders", "problems"]


@dataclass(frozen=True, slots=True)
class Template:
    """A text made ready: HTML with balanced tags, and places to be filled."""

    parts: tuple[str | Slot, ...]

    def fill(self, values: Mapping[Placeholder, str]) -> str:
        """As HTML. The values are HTML already, without tags; what is not among them is said in the slot's words."""
        return "".join(
            part if isinstance(part, str) else values.get(part.name) or part.words or "" for part in self.parts
        )


def parse(text: str) -> Template | tuple[Problem, ...]:
    """The text made ready, or what stands against it. Never raises."""
    marked = _read(text)
    found = (*marked.problems, *counted_twice(text))
    if not text.strip():
        return (Problem(trouble=Trouble.EMPTY),)
    return found or Template(marked.parts)


def problems(text: Text) -> tuple[Problem, ...]:
    """What stands against a text in either language; one that is missing is named by its language."""
    return tuple(problem for language in LANGUAGES for problem in _of_language(getattr(text, language), language))


def placeholders(text: str) -> frozenset[Placeholder]:
    """Those a text uses."""
    return frozenset(part.name for part in _read(text).parts if isinstance(part, Slot))


def missing(template: Template, values: Values) -> tuple[Placeholder, ...]:
    """Those that have neither a value for this person nor words to stand for it."""
    there = known(values)
    wanted = (part.name for part in template.parts if isinstance(part, Slot) and part.words is None)
    return tuple(dict.fromkeys(name for name in wanted if name not in there))


def _read(text: str) -> "Marked":
    from handlers.broadcasts.marks import read  # noqa: PLC0415 - the parser is loaded where a broadcast is read

    return read(text.replace("\r\n", "\n").strip())


def _of_language(text: str, language: str) -> tuple[Problem, ...]:
    parsed = parse(text)
    if isinstance(parsed, Template):
        return ()
    return tuple(one.model_copy(update={"about": one.about or language}) for one in parsed)
