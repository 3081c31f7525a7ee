"""The conditions of an audience, each chosen from a few; days can be typed."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from handlers.broadcasts.model import Audience
from handlers.broadcasts.report_words import channel_name
from handlers.office.broadcast_drafting import closed
from handlers.office.broadcast_view import draft_of, shown
from handlers.office.holding import rights_of
from handlers.office.rights import ROLES, Role
from handlers.office.screens.broadcast_whom import WHOM, narrowed
from handlers.office.screens.desk_filters import UNFINISHED, Choice
from handlers.page import Answered, Option, Page
from handlers.requests.words import PROCEDURES, STATES
from handlers.screen import Here
from handlers.typed_days import typed_days
from handlers.voice import capital
from locales import N_

_NO_SUCH_DAY = N_("There is no day {day}. Please type days such as 01/12/2026 - 31/12/2026.")
BACK, ANY = "back", "any"
#: Before a channel on a button: its own name may be anything.
_CHANNEL = "to:"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that is chosen from a few ways."""

    title: str
    ways: Callable[[Here, Audience], Awaitable[list[Choice]]]
    days: Callable[[date, date], Mapping[str, Any]] | None = None  #: what typed days set
    typing: str = ""  #: how they are typed

    async def page(self, here: Here) -> Page:
        """All ways."""
        found = await draft_of(here)
        if found is None:
            return closed(here)
        ways = await self.ways(here, found.draft.audience)
        told = (here.say(self.typing),) if self.typing else ()
        return Page(here.say(self.title), told, (*(way.option for way in ways), _back(here)))

    async def handle_option(self, here: Here, value: str) -> Answered:
        """The audience, narrowed."""
        found = await draft_of(here)
        ways = await self.ways(here, found.draft.audience) if found else []
        taken = next((way for way in ways if way.option.value == value), None)
        return await narrowed(here, **taken.changes) if taken else Answered(shown(here, WHOM))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """One day, or the first and the last."""
        found = typed_days(text) if self.days else None
        if found is None or self.days is None:
            return None
        if found.days is None:
            return Answered(here.session, notes=(here.say(_NO_SUCH_DAY, day=found.wrong),))
        return await narrowed(here, **self.days(*found.days))


def _back(here: Here) -> Option:
    return Option(BACK, here.say.t(N_("Back")), ("quay lai", "back"))


def _any(here: Here, **changes: Any) -> Choice:
    return Choice(Option(ANY, here.say.t(N_("Any")), ("tat ca", "moi", "bat ky", "any")), changes)


async def _roles(here: Here, _: Audience) -> list[Choice]:
    t = here.say.t
    every = Choice(Option(ANY, t(N_("Everybody")), ("tat ca", "moi nguoi", "everybody")), {"role": None})
    given = [Choice(Option(role, capital(t(ROLES[role]))), {"role": role}) for role in (Role.FOCAL, Role.ADMIN)]
    return [every, *given]


async def _owed(here: Here, _: Audience) -> list[Choice]:
    t = here.say.t
    something = Option("to_do", t(N_("Anything still to register")), ("con viec", "bat ky thu tuc", "anything"))
    each = [
        Choice(Option(name, capital(t(label))), {"owed": (name,), "to_do": False}) for name, label in PROCEDURES.items()
    ]
    either = Option(ANY, t(N_("Whether or not")), ("khong xet", "ca hai", "either"))
    return [Choice(something, {"to_do": True, "owed": ()}), *each, Choice(either, {"to_do": False, "owed": ()})]


async def _states(here: Here, _: Audience) -> list[Choice]:
    t = here.say.t
    unfinished = Option("unfinished", t(N_("All that is not finished")), ("chua xong", "dang xu ly", "unfinished"))
    each = [Choice(Option(state, capital(t(label))), {"states": (state,)}) for state, label in STATES.items()]
    return [Choice(unfinished, {"states": UNFINISHED}), *each, _any(here, states=())]


def _ends_between(first: date | None, last: date | None) -> dict[str, Any]:
    return {"expires_from": first, "expires_until": last, "expires_within": None}


async def _expiries(here: Here, _: Audience) -> list[Choice]:
    t = here.say.t
    within = [
        Choice(
            Option(f"days{days}", t(N_("Within {days} days"), days=days), (f"{days} ngay",)),
            {**_ends_between(None, None), "expires_within": days},
        )
        for days in (30, 60, 90)
    ]
    return [*within, _any(here, **_ends_between(None, None))]


async def _silences(here: Here, _: Audience) -> list[Choice]:
    t = here.say.t
    since = [
        Choice(
            Option(f"days{days}", t(N_("For {days} days"), days=days), (f"{days} ngay",)),
            {"silent_days": days, "silent_since": None},
        )
        for days in (7, 14, 30)
    ]
    return [*since, _any(here, silent_days=None, silent_since=None)]


async def _channels(here: Here, audience: Audience) -> list[Choice]:
    """Those over which anybody who is meant can be written to."""
    wider = audience.model_copy(update={"channel": None})
    found = await here.world.admin.broadcasts.count(await rights_of(here), wider)
    each = [
        Choice(Option(f"{_CHANNEL}{number}", channel_name(here.say.t, one.channel)), {"channel": one.channel})
        for number, one in enumerate(found)
    ]
    return [*each, _any(here, channel=None)]


ROLE = Condition(N_("<b>Who, by their role?</b>"), _roles)
OWED = Condition(N_("<b>What do they still have to do?</b>"), _owed)
STATE = Condition(N_("<b>A request in which state?</b>"), _states)
EXPIRY = Condition(
    N_("<b>When does the certificate end?</b>"),
    _expiries,
    _ends_between,
    N_("Or type days, such as 01/11/2026 - 15/11/2026."),
)
SILENT = Condition(
    N_("<b>How long have they not written?</b>"),
    _silences,
    lambda first, _: {"silent_since": first, "silent_days": None},
    N_("Or type the day since which they have not written, such as 01/11/2026."),
)
CHANNEL = Condition(N_("<b>Over which channel?</b>"), _channels)
