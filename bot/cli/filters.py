"""``--unit --procedure --state ...``: which requests a command means."""

from dataclasses import dataclass
from typing import Annotated

import typer

from bot.cli.meant import day_of, unit_of, word_of
from handlers.office.list_words import SHORT, TYPED
from handlers.office.model import Filter
from handlers.office.units import UnitDirectory
from handlers.requests.model import State
from handlers.requests.words import PROCEDURES, STATES
from locales import LANGUAGES, N_, translator
from rules.outcome import Procedure

UnitOption = Annotated[str | None, typer.Option("--unit", help=N_("Unit, with all below it: its code or its name."))]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of the filters, as they were typed."""

    unit: UnitOption = None
    procedures: Annotated[
        list[str] | None,
        typer.Option("--procedure", help=N_("Procedure, by machine name or in words; may be repeated.")),
    ] = None
    states: Annotated[
        list[str] | None, typer.Option("--state", help=N_("State, by machine name or in words; may be repeated."))
    ] = None
    since: Annotated[str | None, typer.Option("--since", help=N_("Registered on this day or later."))] = None
    until: Annotated[str | None, typer.Option("--until", help=N_("Registered on this day or earlier."))] = None
    expires_from: Annotated[
        str | None, typer.Option("--expires-from", help=N_("The certificate ends on this day or later."))
    ] = None
    expires_until: Annotated[
        str | None, typer.Option("--expires-until", help=N_("The certificate ends on this day or earlier."))
    ] = None
    text: Annotated[
        str,
        typer.Option("--text", help=N_("Words of the name, serial number, managing body or code; accents optional.")),
    ] = ""

    def is_empty(self) -> bool:
        """Whether none was given."""
        return self == type(self)()

    def filter(self, units: UnitDirectory) -> Filter:
        """What they mean.

        Raises:
            typer.BadParameter: a word, a day or a unit that is not known; it says which are.
        """
        return Filter(
            unit=unit_of(self.unit, units) if self.unit else None,
            procedures=tuple(procedure_of("--procedure", typed) for typed in self.procedures or ()),
            states=tuple(state_of("--state", typed) for typed in self.states or ()),
            since=day_of("--since", self.since),
            until=day_of("--until", self.until),
            expires_from=day_of("--expires-from", self.expires_from),
            expires_until=day_of("--expires-until", self.expires_until),
            text=self.text,
        )


@dataclass(frozen=True, slots=True)
class WantedInState(Wanted):
    """The same where ``--state`` says what to move requests to."""

    states: Annotated[
        list[str] | None, typer.Option("--in-state", help=N_("Only those in this state; may be repeated."))
    ] = None


def state_of(option: str, typed: str) -> State:
    """A state by its machine name or in words, accents optional; raises as ``Wanted.filter`` does."""
    return word_of(option, typed, STATES, TYPED)


def procedure_of(option: str, typed: str) -> Procedure:
    """A procedure by its machine name or in words, accents optional; raises as ``Wanted.filter`` does."""
    short = {procedure: [translator(language)(word) for language in LANGUAGES] for procedure, word in SHORT.items()}
    return word_of(option, typed, PROCEDURES, short)
