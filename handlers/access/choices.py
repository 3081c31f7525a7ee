"""Choices that several features offer: a unit within the person's rights, and the values of a filter."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from handlers.core import BACK, Context, HandlerResult, Option, Page, Session, back_option, current_rights, format_bold
from handlers.model import Act, Rights, UnitDirectory
from handlers.understanding import parse_numbers
from locales import N_


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """One value of a part, with the changes that it makes to the filter."""

    option: Option
    changes: Mapping[str, Any]


def selectable_units(rights: Rights, act: Act, today: date) -> tuple[str, ...]:
    """Return the units offered first: those of the person's roles, or the top of the tree."""
    reach = rights.reach(act)
    tops = tuple(unit.code for unit in rights.units.children(None) if unit.is_open(today))
    return tops if reach.everything else reach.units


def find_units(units: UnitDirectory, text: str, today: date) -> tuple[str, ...]:
    """Find the open unit with this code, else the open units that a name may mean, former names included."""
    named = units.get(text.strip())
    found = (named,) if named else tuple(one.unit for one in units.find(text, today=today))
    return tuple(dict.fromkeys(unit.code for unit in found if unit.is_open(today)))


ANY, THIS, UP = "any", "this", "up"
#: Units on one page; others are found by typing.
SHOWN = 20
#: Names told if several units match a typed text.
_MAX_NAMES_LISTED = 8


@dataclass(frozen=True, slots=True)
class UnitChoiceScreen:
    """The choice of a unit, level by level; ``session.about`` is the unit whose children are shown.

    Without it, the top units within the person's rights are shown. What happens to the chosen unit is given by
    ``taken``.
    """

    screen: str
    act: Act  #: the act that must be allowed in the unit
    taken: Callable[[Context, str | None], Awaitable[HandlerResult]]
    left: Callable[[Context], Session]
    anywhere: Callable[[Rights], bool]  #: whether "any unit" may be chosen

    async def page(self, here: Context) -> Page:
        """Show the units below the open one, and that one itself."""
        say, rights, units = here.say, await current_rights(here), here.world.units
        at = self._at(here, rights)
        below = self._below(here, rights, at)
        title = say(N_("<b>Which unit?</b>")) if at is None else format_bold(units.name(at))
        typing = say(N_("All units below it count too. A name can also be typed, with or without accents."))
        options = [Option(code, units.name(code)) for code in below[:SHOWN]]
        ways = _navigation_options(here, at, anywhere=self.anywhere(rights))
        return Page(
            title, (typing,), (*_this_unit_options(here, at), *options, *ways), exact=True, numbers="codes", help=typing
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Take a unit, or open the level below or above."""
        rights = await current_rights(here)
        at = self._at(here, rights)
        if value == BACK:
            return HandlerResult(self.left(here))
        if value in {ANY, THIS}:
            return await self.taken(here, None if value == ANY else at)
        if value == UP:
            return HandlerResult(here.session.with_screen(self.screen, self._above(rights, at)))
        if self._below(here, rights, value):
            return HandlerResult(here.session.with_screen(self.screen, value))
        return await self.taken(here, value)

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take a unit by its typed name or code."""
        rights, units = await current_rights(here), here.world.units
        if is_unknown_number(here, text):
            return None
        named = [code for code in _find_unit_codes(here, text) if rights.may(self.act, code)]
        if len(named) == 1:
            return await self.taken(here, named[0])
        if not named:
            return None
        names = ", ".join(units.name(code) for code in named[:_MAX_NAMES_LISTED])
        return HandlerResult(
            here.session, notes=(here.say(N_("Several units fit: {names}. Please type more."), names=names),)
        )

    def _at(self, here: Context, rights: Rights) -> str | None:
        about = here.session.about
        return about if about and rights.may(self.act, about) else None

    def _below(self, here: Context, rights: Rights, at: str | None) -> tuple[str, ...]:
        if at is None:
            return selectable_units(rights, self.act, here.today)
        return tuple(unit.code for unit in rights.units.children(at))

    def _above(self, rights: Rights, at: str | None) -> str | None:
        unit = rights.units.get(at)
        return unit.parent if unit and rights.may(self.act, unit.parent) else None


def is_unknown_number(here: Context, text: str) -> bool:
    """Return whether a number was typed that is no unit's code; it is not looked up as a name either."""
    return bool(parse_numbers(text)) and here.world.units.get(text.strip()) is None


def _find_unit_codes(here: Context, text: str) -> list[str]:
    """Return the present units that a text may mean; the filter shown afterwards reveals a wrong guess."""
    units, code = here.world.units, text.strip()
    if units.get(code):
        return [code]
    return list(dict.fromkeys(found.unit.code for found in units.find(code, today=here.today)))


def _this_unit_options(here: Context, at: str | None) -> list[Option]:
    return [Option(THIS, here.say.t(N_("This unit, with all below")), ("don vi nay", "chon", "this"))] if at else []


def _navigation_options(here: Context, at: str | None, *, anywhere: bool) -> list[Option]:
    t = here.say.t
    up = [Option(UP, t(N_("One level up")), ("len", "cap tren", "up"))] if at else []
    anyone = [Option(ANY, t(N_("Any unit")), ("tat ca", "moi don vi", "any"))] if anywhere else []
    return [*up, *anyone, back_option(t)]
