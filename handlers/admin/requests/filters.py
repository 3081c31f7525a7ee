"""The parts of the list's filter, each chosen from a few; days can be typed."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from handlers.access.current_rights import current_rights
from handlers.admin.requests.text import format_filter
from handlers.admin.requests.view import (
    list_view,
    to_list_screen,
    to_narrowed_list,
    to_request_list,
    to_unfiltered_list,
)
from handlers.core.dates import parse_day_range
from handlers.core.screen import BACK, Context, HandlerResult, Option, OptionsOnlyScreen, Page, back_option
from handlers.core.session import Session
from handlers.core.text import capitalize_first, format_bold
from handlers.model.request import RequestState
from handlers.model.request_list import Filter
from handlers.model.rights import Act, Rights
from handlers.model.unit_directory import UnitDirectory
from handlers.requests.text import PROCEDURE_LABELS, STATE_LABELS
from handlers.understanding.typed_numbers import parse_numbers
from locales import N_

_NO_SUCH_DAY = N_("There is no day {day}. Please type days such as 01/12/2026 - 31/12/2026.")
CLEAR, ANY = "clear", "any"
#: Where somebody has still to act.
UNFINISHED = (RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.SENT_BACK, RequestState.FORWARDED)
#: Parts of the filter: screen -> what it is called, how it is typed.
FILTER_PARTS = {
    "desk_state": (N_("State"), ("trang thai", "state")),
    "desk_procedure": (N_("Procedure"), ("thu tuc", "procedure")),
    "desk_unit": (N_("Unit"), ("don vi", "unit")),
    "desk_period": (N_("Day of registration"), ("thoi gian", "ngay dang ky", "period")),
    "desk_expiry": (N_("End of the certificate"), ("het han", "chung thu het han", "expiry")),
}


class RequestFilterScreen(OptionsOnlyScreen):
    """Which part of the filter to change."""

    async def page(self, here: Context) -> Page:
        """The filter in words, and its parts."""
        say, wanted = here.say, list_view(here).wanted
        parts = [Option(name, say.t(label), typed) for name, (label, typed) in FILTER_PARTS.items()]
        clear = Option(CLEAR, say.t(N_("Clear the filter")), ("xoa loc", "bo loc", "clear"))
        about = say(N_("Filter: {filter}"), filter=format_filter(wanted, here.world.units, say.t))
        options = (*parts, *([clear] if wanted != Filter() else []), _back_option(here))
        return Page(say(N_("<b>What shall the list be narrowed by?</b>")), (about,), options)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """A part, or back to the list, with or without the filter."""
        if value in {BACK, CLEAR}:
            return HandlerResult(to_request_list(here) if value == BACK else to_unfiltered_list(here))
        return HandlerResult(to_list_screen(here, value))


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """One way to narrow, and what it sets in the filter."""

    option: Option
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FilterPartScreen:
    """A part of the filter that is chosen from a few ways."""

    title: str
    choices: Callable[[Context], list[FilterChoice]]
    days: tuple[str, str] | None = None  #: fields that two typed days go to

    async def page(self, here: Context) -> Page:
        """All ways."""
        say = here.say
        typing = (say(N_("Or type days, such as 01/11/2026 - 15/11/2026.")),) if self.days else ()
        options = (*(choice.option for choice in self.choices(here)), _back_option(here))
        return Page(say(self.title), typing, options)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """The list, narrowed."""
        found = next((choice for choice in self.choices(here) if choice.option.value == value), None)
        return HandlerResult(to_narrowed_list(here, **found.changes) if found else to_request_list(here))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """One day, or the first and the last."""
        found = parse_day_range(text) if self.days else None
        if found is None or self.days is None:
            return None
        if found.days is None:
            return HandlerResult(here.session, notes=(here.say(_NO_SUCH_DAY, day=found.wrong),))
        return HandlerResult(to_narrowed_list(here, **dict(zip(self.days, found.days, strict=True))))


def _back_option(here: Context) -> Option:
    return back_option(here.say.t, N_("Back to the list"))


def _any_choice(here: Context, **changes: Any) -> FilterChoice:
    return FilterChoice(Option(ANY, here.say.t(N_("Any")), ("tat ca", "moi", "bat ky", "any")), changes)


def _state_choices(here: Context) -> list[FilterChoice]:
    t = here.say.t
    unfinished = Option("unfinished", t(N_("All that is not finished")), ("chua xong", "dang xu ly", "unfinished"))
    each = [
        FilterChoice(Option(state, capitalize_first(t(label))), {"states": (state,)})
        for state, label in STATE_LABELS.items()
    ]
    return [FilterChoice(unfinished, {"states": UNFINISHED}), *each, _any_choice(here, states=())]


def _procedure_choices(here: Context) -> list[FilterChoice]:
    each = [
        FilterChoice(Option(name, capitalize_first(here.say.t(label))), {"procedures": (name,)})
        for name, label in PROCEDURE_LABELS.items()
    ]
    return [*each, _any_choice(here, procedures=())]


def _period_choices(here: Context) -> list[FilterChoice]:
    t, today = here.say.t, here.today
    week = Option("week", t(N_("This week")), ("tuan nay", "tuan"))
    month = Option("month", t(N_("This month")), ("thang nay", "thang"))
    monday = today - timedelta(days=today.weekday())
    return [
        FilterChoice(week, {"since": monday, "until": today}),
        FilterChoice(month, {"since": today.replace(day=1), "until": today}),
        _any_choice(here, since=None, until=None),
    ]


def _expiry_choices(here: Context) -> list[FilterChoice]:
    t, today = here.say.t, here.today
    within = [
        FilterChoice(
            Option(f"days{days}", t(N_("Within {days} days"), days=days), (f"{days} ngay",)),
            {"expires_from": today, "expires_until": today + timedelta(days=days)},
        )
        for days in (30, 60, 90)
    ]
    over = Option("over", t(N_("Ended already")), ("da het han", "het han roi", "expired"))
    ended = FilterChoice(over, {"expires_from": None, "expires_until": today - timedelta(days=1)})
    return [*within, ended, _any_choice(here, expires_from=None, expires_until=None)]


STATE_PART = FilterPartScreen(N_("<b>Which state?</b>"), _state_choices)
PROCEDURE_PART = FilterPartScreen(N_("<b>Which procedure?</b>"), _procedure_choices)
PERIOD_PART = FilterPartScreen(N_("<b>Registered when?</b>"), _period_choices, ("since", "until"))
EXPIRY_PART = FilterPartScreen(
    N_("<b>When does the certificate end?</b>"), _expiry_choices, ("expires_from", "expires_until")
)


def selectable_units(rights: Rights, act: Act, today: date) -> tuple[str, ...]:
    """The units right at hand: those of the grants, or the tops of the tree."""
    reach = rights.reach(act)
    tops = tuple(unit.code for unit in rights.units.children(None) if unit.is_open(today))
    return tops if reach.everything else reach.units


def find_units(units: UnitDirectory, text: str, today: date) -> tuple[str, ...]:
    """The open unit of that code, else those that the text may mean by any of their names, former ones too."""
    named = units.get(text.strip())
    found = (named,) if named else tuple(one.unit for one in units.find(text, today=today))
    return tuple(dict.fromkeys(unit.code for unit in found if unit.is_open(today)))


ANY, THIS, UP = "any", "this", "up"
#: Units on one page; the others are found by typing.
SHOWN = 20
#: Names told where several fit what was typed.
_MAX_NAMES_LISTED = 8


@dataclass(frozen=True, slots=True)
class UnitChoiceScreen:
    """``session.about`` is the unit whose lower ones are shown; none: the tops of one's own rights."""

    screen: str
    act: Act  #: what the unit has to be within reach of
    taken: Callable[[Context, str | None], Awaitable[HandlerResult]]
    left: Callable[[Context], Session]
    anywhere: Callable[[Rights], bool]  #: whether no unit may be chosen at all

    async def page(self, here: Context) -> Page:
        """The units below, and this one."""
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
        """Narrow to this one, or look below another."""
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
        """A unit by its name or code."""
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
    """Whether a number was typed that is no unit's code: it is no name either, so nothing is guessed by it."""
    return bool(parse_numbers(text)) and here.world.units.get(text.strip()) is None


def _find_unit_codes(here: Context, text: str) -> list[str]:
    """Units of today that the text may mean; a narrowed list says which it was, so that no slip goes unseen."""
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


async def _narrow_list(here: Context, unit: str | None) -> HandlerResult:
    return HandlerResult(to_narrowed_list(here, unit=unit))


LIST_UNIT_SCREEN = UnitChoiceScreen(
    screen="desk_unit",
    act=Act.SEE_REQUESTS,
    taken=_narrow_list,
    left=lambda here: to_list_screen(here, "desk_filter"),
    anywhere=lambda _: True,
)
