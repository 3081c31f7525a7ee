"""``--unit --procedure --state ...``: which requests a command means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

from bot.settings import configured_language
from handlers.dates import parse_day
from handlers.folding import fold
from handlers.office.model import Filter
from handlers.office.units import UnitDirectory
from handlers.requests.model import State
from handlers.requests.words import PROCEDURES, STATES
from locales import LANGUAGES, N_, translator

UnitOption = Annotated[str | None, typer.Option("--unit", help=N_("Unit, with all below it: its code or its name."))]
ProcedureOption = Annotated[
    list[str] | None, typer.Option("--procedure", help=N_("Procedure, by machine name or in words; may be repeated."))
]
StateOption = Annotated[
    list[str] | None, typer.Option("--state", help=N_("State, by machine name or in words; may be repeated."))
]
SinceOption = Annotated[str | None, typer.Option("--since", help=N_("Registered on this day or later."))]
UntilOption = Annotated[str | None, typer.Option("--until", help=N_("Registered on this day or earlier."))]
ExpiresFromOption = Annotated[
    str | None, typer.Option("--expires-from", help=N_("The certificate ends on this day or later."))
]
ExpiresUntilOption = Annotated[
    str | None, typer.Option("--expires-until", help=N_("The certificate ends on this day or earlier."))
]
TextOption = Annotated[
    str, typer.Option("--text", help=N_("Words of the name, serial number, managing body or code; accents optional."))
]

_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options as they were typed."""

    unit: str | None = None
    procedures: list[str] | None = None
    states: list[str] | None = None
    since: str | None = None
    until: str | None = None
    expires_from: str | None = None
    expires_until: str | None = None
    text: str = field(default="")

    def filter(self, units: UnitDirectory) -> Filter:
        """What they mean.

        Raises:
            typer.BadParameter: a word, a day or a unit that is not known; it says which are.
        """
        return Filter(
            unit=unit_of(self.unit, units) if self.unit else None,
            procedures=tuple(_word("--procedure", typed, PROCEDURES) for typed in self.procedures or ()),
            states=tuple(state_of("--state", typed) for typed in self.states or ()),
            since=_day("--since", self.since),
            until=_day("--until", self.until),
            expires_from=_day("--expires-from", self.expires_from),
            expires_until=_day("--expires-until", self.expires_until),
            text=self.text,
        )


def state_of(option: str, typed: str) -> State:
    """A state by its machine name or in words, accents optional; raises as ``Wanted.filter`` does."""
    return _word(option, typed, STATES)


def _word(option: str, typed: str, words: Mapping[_Word, str]) -> _Word:
    meant = fold(typed)
    for value, message in words.items():
        if meant in {fold(value.value), *(fold(translator(language)(message)) for language in LANGUAGES)}:
            return value
    known = ", ".join(words)
    raise _wrong(option, N_("{typed} is not known; choose one of: {known}"), typed=typed, known=known)


def _day(option: str, typed: str | None) -> date | None:
    if typed is None:
        return None
    found = parse_day(typed)
    if found is None:
        raise _wrong(option, N_("{typed} is not a day; write it as 2026-11-23 or 23/11/2026"), typed=typed)
    return found


def unit_of(typed: str, units: UnitDirectory) -> str:
    """A code as it stands, else the one unit of that name."""
    if units.get(typed):
        return typed
    named = list(dict.fromkeys(found.unit.code for found in units.find(typed) if found.sure))
    if len(named) == 1:
        return named[0]
    message = N_("several units are called {typed}: {codes}") if named else N_("no unit is called {typed}")
    raise _wrong("--unit", message, typed=typed, codes=", ".join(sorted(named)))


def _wrong(option: str, message: str, **values: object) -> typer.BadParameter:
    return typer.BadParameter(translator(configured_language())(message, **values), param_hint=option)
