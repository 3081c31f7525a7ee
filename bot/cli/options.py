"""What was typed for an option, and what is meant: a day, a unit, a word of a list."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

import typer

from bot.settings import configured_language
from handlers.dates import parse_day
from handlers.folding import fold
from handlers.office.units import Unit, UnitDirectory
from locales import LANGUAGES, N_, translator

_Word = TypeVar("_Word", bound=StrEnum)
#: "đã tiếp nhận" is typed "tiep nhan" as well.
_PREFIX = re.compile(r"^(da|bi|ban) ")
#: Units that are offered where none has the name.
_OFFERED = 3


def word_of(
    option: str, typed: str, words: Mapping[_Word, str], more: Mapping[_Word, Iterable[str]] | None = None
) -> _Word:
    """A value by its machine name or by a word that people are shown for it, accents optional.

    Args:
        option: named where nothing is meant.
        typed: as it was typed.
        words: value -> message id; these words are listed where nothing is meant.
        more: value -> what else it is typed as.

    Raises:
        typer.BadParameter: it means none of them.
    """
    meant = fold(typed)
    for value, message in words.items():
        if meant in _forms(value, message, (more or {}).get(value, ())):
            return value
    t = translator(configured_language())
    known = ", ".join(t(message) for message in words.values())
    raise wrong(option, N_("{typed} is not known; choose one of: {known}"), typed=typed, known=known)


def _forms(value: StrEnum, message: str, more: Iterable[str]) -> set[str]:
    said = {fold(translator(language)(message)) for language in LANGUAGES}
    return {fold(value.value), *said, *(_PREFIX.sub("", one) for one in said), *map(fold, more)}


def day_of(option: str, typed: str | None) -> date | None:
    """A day as people write it; raises as ``word_of`` does."""
    if typed is None:
        return None
    found = parse_day(typed)
    if found is None:
        raise wrong(option, N_("{typed} is not a day; write it as 2026-11-23 or 23/11/2026"), typed=typed)
    return found


def unit_of(typed: str, units: UnitDirectory) -> str:
    """The code of a unit: by its code in any case, else by its whole name, else by the one it is found by.

    Raises:
        typer.BadParameter: none or several are meant; it says which may be.
    """
    for named in (_coded(typed, units), _called(typed, units), _found(typed, units)):
        if len(named) == 1:
            return named[0]
        if named:
            message = N_("several units are called {typed}: {units}")
            raise wrong("--unit", message, typed=typed, units=_told(named, units))
    nearest = [found.unit.code for found in units.find(typed, _OFFERED)]
    if nearest:
        message = N_("There is no unit “{typed}”. Did you mean: {units}?")
        raise wrong("--unit", message, typed=typed, units=_told(nearest, units))
    raise wrong("--unit", N_("There is no unit “{typed}”."), typed=typed)


def _coded(typed: str, units: UnitDirectory) -> list[str]:
    code = typed.strip()
    return [code] if units.get(code) else _those(units, lambda unit: unit.code.casefold() == code.casefold())


def _called(typed: str, units: UnitDirectory) -> list[str]:
    """Open units alone: a former one is found with what became of it."""
    name = " ".join(typed.split()).casefold()
    return _those(units, lambda unit: unit.is_open(None) and unit.name.casefold() == name)


def _found(typed: str, units: UnitDirectory) -> list[str]:
    return list(dict.fromkeys(found.unit.code for found in units.find(typed) if found.sure))


def _those(units: UnitDirectory, fit: Callable[[Unit], bool]) -> list[str]:
    return [unit.code for unit in units.units.values() if fit(unit)]


def _told(codes: Iterable[str], units: UnitDirectory) -> str:
    return ", ".join(f"{units.name(code)} ({code})" for code in dict.fromkeys(codes))


def wrong(option: str, message: str, **values: object) -> typer.BadParameter:
    """An option that means nothing, in the reader's language."""
    return typer.BadParameter(translator(configured_language())(message, **values), param_hint=option)
