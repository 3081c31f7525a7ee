"""What is held about a person, as text to read."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from handlers.own_data_labels import HELD, Part
from handlers.own_data_words import as_it_is
from handlers.voice import Voice
from locales import N_


def readable(held: dict[str, Any], say: Voice) -> str:
    """An outline of everything that is there, times in Viet Nam; ``held`` as ``OwnData.export`` gives it."""
    title = say.t(N_("All data that Trợ lý Chứng thư holds about you"))
    sections = (_section(say, name, value) for name, value in held.items())
    return "\n\n".join((title, *sections)) + "\n"


def _section(say: Voice, name: str, value: Any) -> str:
    part = HELD.get(name, Part(name))
    return "\n".join(_told(say, part, value)) or f"{_label(say, part)}: –"


def _told(say: Voice, part: Part, value: Any) -> Iterator[str]:
    """A value under its label. What is not there is left out, what has no label goes by its name."""
    label = _label(say, part)
    if value is None or value in ("", [], {}):
        return
    worded = _worded(say, part, value)
    if worded is not None:
        yield from _under(label, worded)
    elif isinstance(value, dict):
        yield f"{label}:"
        yield from _inside(say, part.inside, value)
    else:
        for number, entry in enumerate(value, 1):
            yield from _told(say, replace(part, label=f"{label} {number}"), entry)


def _label(say: Voice, part: Part) -> str:
    label = say.t(part.label)
    return label[:1].upper() + label[1:]


def _inside(say: Voice, parts: Mapping[str, Part], value: dict[str, Any]) -> Iterator[str]:
    for name, inner in value.items():
        yield from (f"  {line}" for line in _told(say, parts.get(name, Part(name)), inner))


def _worded(say: Voice, part: Part, value: Any) -> str | None:
    """A value that is said in one go; ``None`` for one that is told part by part."""
    if not isinstance(value, list):
        return _entry(say, part, value)
    entries = [_entry(say, part, entry) for entry in value]
    said = [entry for entry in entries if entry is not None]
    return ("\n" if part.apart else ", ").join(said) if len(said) == len(value) else None


def _entry(say: Voice, part: Part, value: Any) -> str | None:
    if part.wording is not as_it_is or not isinstance(value, (dict, list)):
        try:
            return part.wording(say, value)
        except (KeyError, TypeError, ValueError):  # as an earlier version of the program kept it
            return None if isinstance(value, (dict, list)) else str(value)
    return None


def _under(label: str, text: str) -> Iterator[str]:
    first, *more = text.splitlines() or [""]
    yield from (f"{label}:", *(f"  {line}" for line in (first, *more))) if more else (f"{label}: {first}",)
