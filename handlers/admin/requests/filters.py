"""The parts of the list's filter, each chosen from a few; days can be typed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from handlers.office.desk_view import listed, narrowed, shown, view_of, widened
from handlers.office.filter_words import in_words
from handlers.office.model import Filter
from handlers.page import Answered, Option, Page
from handlers.requests.model import State
from handlers.requests.words import PROCEDURES, STATES
from handlers.screen import Here, NoText
from handlers.typed_days import typed_days
from handlers.voice import capital
from locales import N_

_NO_SUCH_DAY = N_("There is no day {day}. Please type days such as 01/12/2026 - 31/12/2026.")
BACK, CLEAR, ANY = "back", "clear", "any"
#: Where somebody has still to act.
UNFINISHED = (State.SUBMITTED, State.ACCEPTED, State.SENT_BACK, State.FORWARDED)
#: Parts of the filter: screen -> what it is called, how it is typed.
PARTS = {
    "desk_state": (N_("State"), ("trang thai", "state")),
    "desk_procedure": (N_("Procedure"), ("thu tuc", "procedure")),
    "desk_unit": (N_("Unit"), ("don vi", "unit")),
    "desk_period": (N_("Day of registration"), ("thoi gian", "ngay dang ky", "period")),
    "desk_expiry": (N_("End of the certificate"), ("het han", "chung thu het han", "expiry")),
}


class FilterMenu(NoText):
    """Which part of the filter to change."""

    async def page(self, here: Here) -> Page:
        """The filter in words, and its parts."""
        say, wanted = here.say, view_of(here).wanted
        parts = [Option(name, say.t(label), typed) for name, (label, typed) in PARTS.items()]
        clear = Option(CLEAR, say.t(N_("Clear the filter")), ("xoa loc", "bo loc", "clear"))
        about = say(N_("Filter: {filter}"), filter=in_words(wanted, here.world.units, say.t))
        options = (*parts, *([clear] if wanted != Filter() else []), _back(here))
        return Page(say(N_("<b>What shall the list be narrowed by?</b>")), (about,), options)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """A part, or back to the list, with or without the filter."""
        if value in {BACK, CLEAR}:
            return Answered(listed(here) if value == BACK else widened(here))
        return Answered(shown(here, value))


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to narrow, and what it sets in the filter."""

    option: Option
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the filter that is chosen from a few ways."""

    title: str
    choices: Callable[[Here], list[Choice]]
    days: tuple[str, str] | None = None  #: fields that two typed days go to

    async def page(self, here: Here) -> Page:
        """All ways."""
        say = here.say
        typing = (say(N_("Or type days, such as 01/11/2026 - 15/11/2026.")),) if self.days else ()
        options = (*(choice.option for choice in self.choices(here)), _back(here))
        return Page(say(self.title), typing, options)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """The list, narrowed."""
        found = next((choice for choice in self.choices(here) if choice.option.value == value), None)
        return Answered(narrowed(here, **found.changes) if found else listed(here))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """One day, or the first and the last."""
        found = typed_days(text) if self.days else None
        if found is None or self.days is None:
            return None
        if found.days is None:
            return Answered(here.session, notes=(here.say(_NO_SUCH_DAY, day=found.wrong),))
        return Answered(narrowed(here, **dict(zip(self.days, found.days, strict=True))))


def _back(here: Here) -> Option:
    return Option(BACK, here.say.t(N_("Back to the list")), ("quay lai", "back"))


def _any(here: Here, **changes: Any) -> Choice:
    return Choice(Option(ANY, here.say.t(N_("Any")), ("tat ca", "moi", "bat ky", "any")), changes)


def _states(here: Here) -> list[Choice]:
    t = here.say.t
    unfinished = Option("unfinished", t(N_("All that is not finished")), ("chua xong", "dang xu ly", "unfinished"))
    each = [Choice(Option(state, capital(t(label))), {"states": (state,)}) for state, label in STATES.items()]
    return [Choice(unfinished, {"states": UNFINISHED}), *each, _any(here, states=())]


def _procedures(here: Here) -> list[Choice]:
    each = [
        Choice(Option(name, capital(here.say.t(label))), {"procedures": (name,)}) for name, label in PROCEDURES.items()
    ]
    return [*each, _any(here, procedures=())]


def _periods(here: Here) -> list[Choice]:
    t, today = here.say.t, here.today
    week = Option("week", t(N_("This week")), ("tuan nay", "tuan"))
    month = Option("month", t(N_("This month")), ("thang nay", "thang"))
    monday = today - timedelta(days=today.weekday())
    return [
        Choice(week, {"since": monday, "until": today}),
        Choice(month, {"since": today.replace(day=1), "until": today}),
        _any(here, since=None, until=None),
    ]


def _expiries(here: Here) -> list[Choice]:
    t, today = here.say.t, here.today
    within = [
        Choice(
            Option(f"days{days}", t(N_("Within {days} days"), days=days), (f"{days} ngay",)),
            {"expires_from": today, "expires_until": today + timedelta(days=days)},
        )
        for days in (30, 60, 90)
    ]
    over = Option("over", t(N_("Ended already")), ("da het han", "het han roi", "expired"))
    ended = Choice(over, {"expires_from": None, "expires_until": today - timedelta(days=1)})
    return [*within, ended, _any(here, expires_from=None, expires_until=None)]


STATE_PART = Part(N_("<b>Which state?</b>"), _states)
PROCEDURE_PART = Part(N_("<b>Which procedure?</b>"), _procedures)
PERIOD_PART = Part(N_("<b>Registered when?</b>"), _periods, ("since", "until"))
EXPIRY_PART = Part(N_("<b>When does the certificate end?</b>"), _expiries, ("expires_from", "expires_until"))
