"""The unit that a list or an audience is narrowed to: down the tree, or by name."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from handlers.office.desk_view import narrowed, shown
from handlers.office.holding import rights_of
from handlers.office.rights import Act, Rights
from handlers.office.unit_choice import coverable
from handlers.page import Answered, Option, Page
from handlers.screen import Here
from handlers.session import Session
from handlers.typed_numbers import typed_numbers
from handlers.voice import bold
from locales import N_

ANY, THIS, UP, BACK = "any", "this", "up", "back"
#: Units on one page; the others are found by typing.
SHOWN = 20
#: Names told where several fit what was typed.
_TOLD = 8


@dataclass(frozen=True, slots=True)
class UnitChoice:
    """``session.about`` is the unit whose lower ones are shown; none: the tops of one's own rights."""

    screen: str
    act: Act  #: what the unit has to be within reach of
    taken: Callable[[Here, str | None], Awaitable[Answered]]
    left: Callable[[Here], Session]
    anywhere: Callable[[Rights], bool]  #: whether no unit may be chosen at all

    async def page(self, here: Here) -> Page:
        """The units below, and this one."""
        say, rights, units = here.say, await rights_of(here), here.world.units
        at = self._at(here, rights)
        below = self._below(here, rights, at)
        title = say(N_("<b>Which unit?</b>")) if at is None else bold(units.name(at))
        typing = say(N_("All units below it count too. A name can also be typed, with or without accents."))
        options = [Option(code, units.name(code)) for code in below[:SHOWN]]
        ways = _ways(here, at, anywhere=self.anywhere(rights))
        return Page(title, (typing,), (*_this(here, at), *options, *ways), exact=True, numbers="codes", help=typing)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Narrow to this one, or look below another."""
        rights = await rights_of(here)
        at = self._at(here, rights)
        if value == BACK:
            return Answered(self.left(here))
        if value in {ANY, THIS}:
            return await self.taken(here, None if value == ANY else at)
        if value == UP:
            return Answered(here.session.with_screen(self.screen, self._above(rights, at)))
        if self._below(here, rights, value):
            return Answered(here.session.with_screen(self.screen, value))
        return await self.taken(here, value)

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """A unit by its name or code."""
        rights, units = await rights_of(here), here.world.units
        if no_code(here, text):
            return None
        named = [code for code in _named(here, text) if rights.may(self.act, code)]
        if len(named) == 1:
            return await self.taken(here, named[0])
        if not named:
            return None
        names = ", ".join(units.name(code) for code in named[:_TOLD])
        return Answered(
            here.session, notes=(here.say(N_("Several units fit: {names}. Please type more."), names=names),)
        )

    def _at(self, here: Here, rights: Rights) -> str | None:
        about = here.session.about
        return about if about and rights.may(self.act, about) else None

    def _below(self, here: Here, rights: Rights, at: str | None) -> tuple[str, ...]:
        if at is None:
            return coverable(rights, self.act, here.today)
        return tuple(unit.code for unit in rights.units.children(at))

    def _above(self, rights: Rights, at: str | None) -> str | None:
        unit = rights.units.get(at)
        return unit.parent if unit and rights.may(self.act, unit.parent) else None


def no_code(here: Here, text: str) -> bool:
    """Whether a number was typed that is no unit's code: it is no name either, so nothing is guessed by it."""
    return bool(typed_numbers(text)) and here.world.units.get(text.strip()) is None


def _named(here: Here, text: str) -> list[str]:
    """Units of today that the text may mean; a narrowed list says which it was, so that no slip goes unseen."""
    units, code = here.world.units, text.strip()
    if units.get(code):
        return [code]
    return list(dict.fromkeys(found.unit.code for found in units.find(code, today=here.today)))


def _this(here: Here, at: str | None) -> list[Option]:
    return [Option(THIS, here.say.t(N_("This unit, with all below")), ("don vi nay", "chon", "this"))] if at else []


def _ways(here: Here, at: str | None, *, anywhere: bool) -> list[Option]:
    t = here.say.t
    up = [Option(UP, t(N_("One level up")), ("len", "cap tren", "up"))] if at else []
    anyone = [Option(ANY, t(N_("Any unit")), ("tat ca", "moi don vi", "any"))] if anywhere else []
    return [*up, *anyone, Option(BACK, t(N_("Back")), ("quay lai", "back"))]


async def _narrowed(here: Here, unit: str | None) -> Answered:
    return Answered(narrowed(here, unit=unit))


DESK_UNIT = UnitChoice(
    screen="desk_unit",
    act=Act.SEE_REQUESTS,
    taken=_narrowed,
    left=lambda here: shown(here, "desk_filter"),
    anywhere=lambda _: True,
)
