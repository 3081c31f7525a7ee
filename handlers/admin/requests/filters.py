"""The filter of the request list: one screen for each part of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from handlers.access import FilterChoice, UnitChoiceScreen
from handlers.admin import (
    format_filter,
    list_view,
    to_list_screen,
    to_narrowed_list,
    to_request_list,
    to_unfiltered_list,
)
from handlers.core import (
    BACK,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    back_option,
    capitalize_first,
    parse_day_range,
)
from handlers.model import UNFINISHED, Act, Filter
from handlers.requests import PROCEDURE_LABELS, STATE_LABELS
from locales import N_

_NO_SUCH_DAY = N_("There is no day {day}. Please type days such as 01/12/2026 - 31/12/2026.")
CLEAR, ANY = "clear", "any"
#: Parts of the filter: screen -> label and typed names.
FILTER_PARTS = {
    "desk_state": (N_("State"), ("trang thai", "state")),
    "desk_procedure": (N_("Procedure"), ("thu tuc", "procedure")),
    "desk_unit": (N_("Unit"), ("don vi", "unit")),
    "desk_period": (N_("Day of registration"), ("thoi gian", "ngay dang ky", "period")),
    "desk_expiry": (N_("End of the certificate"), ("het han", "chung thu het han", "expiry")),
}


class RequestFilterScreen(OptionsOnlyScreen):
    """Asks which part of the filter to change."""

    async def page(self, here: Context) -> Page:
        """Show the filter and its parts."""
        say, wanted = here.say, list_view(here).wanted
        parts = [Option(name, say.t(label), typed) for name, (label, typed) in FILTER_PARTS.items()]
        clear = Option(CLEAR, say.t(N_("Clear the filter")), ("xoa loc", "bo loc", "clear"))
        about = say(N_("Filter: {filter}"), filter=format_filter(wanted, here.world.units, say.t))
        options = (*parts, *([clear] if wanted != Filter() else []), _back_option(here))
        return Page(say(N_("<b>What shall the list be narrowed by?</b>")), (about,), options)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Open a part, or return to the list with or without the filter."""
        if value in {BACK, CLEAR}:
            return HandlerResult(to_request_list(here) if value == BACK else to_unfiltered_list(here))
        return HandlerResult(to_list_screen(here, value))


@dataclass(frozen=True, slots=True)
class FilterPartScreen:
    """A screen for one part of the filter, with a few values to choose from."""

    title: str
    choices: Callable[[Context], list[FilterChoice]]
    days: tuple[str, str] | None = None  #: the fields for two typed days

    async def page(self, here: Context) -> Page:
        """Show all values of the part."""
        say = here.say
        typing = (say(N_("Or type days, such as 01/11/2026 - 15/11/2026.")),) if self.days else ()
        options = (*(choice.option for choice in self.choices(here)), _back_option(here))
        return Page(say(self.title), typing, options)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Return to the list with the filter changed."""
        found = next((choice for choice in self.choices(here) if choice.option.value == value), None)
        return HandlerResult(to_narrowed_list(here, **found.changes) if found else to_request_list(here))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take one typed day, or the first and last of a range."""
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


async def _narrow_list(here: Context, unit: str | None) -> HandlerResult:
    return HandlerResult(to_narrowed_list(here, unit=unit))


LIST_UNIT_SCREEN = UnitChoiceScreen(
    screen="desk_unit",
    act=Act.SEE_REQUESTS,
    taken=_narrow_list,
    left=lambda here: to_list_screen(here, "desk_filter"),
    anywhere=lambda _: True,
)
