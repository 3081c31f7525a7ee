"""The screens for the audience of a broadcast: its conditions, and one screen for each of them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from handlers.access import FilterChoice, UnitChoiceScreen
from handlers.broadcasts import format_channel
from handlers.broadcasts.admin_text import format_audience, format_audience_counts
from handlers.broadcasts.screens import broadcast_view, current_draft, to_broadcast_screen
from handlers.broadcasts.screens.compose import (
    back_to_broadcast_option,
    change_draft,
    render_not_changeable,
    to_next_part,
    widest_unit,
)
from handlers.core import (
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    back_option,
    capitalize_first,
    current_rights,
    parse_day_range,
)
from handlers.model import ROLES, UNFINISHED, Act, Audience, Rights, Role
from handlers.requests import PROCEDURE_LABELS, STATE_LABELS
from locales import N_

DONE, CLEAR = "go_on", "clear"
AUDIENCE_SCREEN = "broadcast_whom"
#: Conditions: screen -> label and typed names.
CONDITION_SCREENS = {
    "broadcast_unit": (N_("Unit"), ("don vi", "unit")),
    "broadcast_role": (N_("Role"), ("vai tro", "role")),
    "broadcast_owed": (N_("What is still to do"), ("viec can lam", "con phai lam", "thu tuc", "to do")),
    "broadcast_state": (N_("State of a request"), ("trang thai", "yeu cau", "state")),
    "broadcast_expiry": (N_("End of the certificate"), ("het han", "han chung thu", "expiry")),
    "broadcast_silent": (N_("Not heard of since"), ("im lang", "lau chua lien he", "silent")),
    "broadcast_channel": (N_("Channel"), ("kenh", "channel")),
}


class BroadcastAudienceScreen(OptionsOnlyScreen):
    """Shows the conditions of the audience, the number of recipients, and the ways to narrow it."""

    async def page(self, here: Context) -> Page:
        """Show the audience, counted again each time."""
        found, rights = await current_draft(here), await current_rights(here)
        if found is None:
            return render_not_changeable(here)
        say, audience = here.say, found.draft.audience
        about = say(N_("Recipients: {audience}"), audience=format_audience(audience, here.world.units, say.t))
        many = format_audience_counts(say, await here.world.admin.broadcasts.count(rights, audience))
        ways = [Option(name, say.t(label), typed) for name, (label, typed) in CONDITION_SCREENS.items()]
        clear = Option(CLEAR, say.t(N_("Take all conditions away")), ("xoa dieu kien", "bo het", "clear"))
        narrowed = audience != Audience(unit=widest_unit(rights))
        options = (_done_option(here), *ways, *([clear] if narrowed else []))
        told = say(N_("All conditions count together."))
        return Page(say(N_("<b>Who shall get it?</b>")), (about, many, told), options)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Open one condition, remove all of them, or go on."""
        if value == CLEAR:
            whole = Audience(unit=widest_unit(await current_rights(here)))
            return await change_draft(here, AUDIENCE_SCREEN, stay=AUDIENCE_SCREEN, audience=whole)
        return (
            HandlerResult(to_broadcast_screen(here, value))
            if value in CONDITION_SCREENS
            else HandlerResult(await to_next_part(here, AUDIENCE_SCREEN))
        )


async def narrow_audience(here: Context, **changes: object) -> HandlerResult:
    """Change conditions of the audience, and show it counted again.

    It is counted before anything is changed: from the change on, everybody else's turns wait for the end of this one.
    """
    found = await current_draft(here)
    audience = found.draft.audience.model_copy(update=changes) if found else Audience()
    await here.world.admin.broadcasts.count(await current_rights(here), audience)
    return await change_draft(here, AUDIENCE_SCREEN, stay=AUDIENCE_SCREEN, audience=audience)


def _done_option(here: Context) -> Option:
    if not broadcast_view(here).guided:
        return back_to_broadcast_option(here)
    return Option(DONE, here.say.t(N_("These, go on")), ("tiep", "xong", "tiep tuc", "go on"))


async def _narrow_to_unit(here: Context, unit: str | None) -> HandlerResult:
    return await narrow_audience(here, unit=unit)


def _may_write_everywhere(rights: Rights) -> bool:
    return rights.reach(Act.WRITE_BROADCASTS).everything


AUDIENCE_UNIT_SCREEN = UnitChoiceScreen(
    screen="broadcast_unit",
    act=Act.WRITE_BROADCASTS,
    taken=_narrow_to_unit,
    left=lambda here: to_broadcast_screen(here, AUDIENCE_SCREEN),
    anywhere=_may_write_everywhere,
)

_NO_SUCH_DAY = N_("There is no day {day}. Please type days such as 01/12/2026 - 31/12/2026.")
ANY = "any"
#: Prefix of the option value of a channel, because a channel's own name may be anything.
_CHANNEL_LABEL = "to:"


@dataclass(frozen=True, slots=True)
class AudienceConditionScreen:
    """A screen for one condition, with a few values to choose from."""

    title: str
    ways: Callable[[Context, Audience], Awaitable[list[FilterChoice]]]
    days: Callable[[date, date], Mapping[str, Any]] | None = None  #: the changes that typed days make
    typing: str = ""  #: the hint on typing days

    async def page(self, here: Context) -> Page:
        """Show all values of the condition."""
        found = await current_draft(here)
        if found is None:
            return render_not_changeable(here)
        ways = await self.ways(here, found.draft.audience)
        told = (here.say(self.typing),) if self.typing else ()
        return Page(here.say(self.title), told, (*(way.option for way in ways), back_option(here.say.t)))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Return to the audience with the condition changed."""
        found = await current_draft(here)
        ways = await self.ways(here, found.draft.audience) if found else []
        taken = next((way for way in ways if way.option.value == value), None)
        return (
            await narrow_audience(here, **taken.changes)
            if taken
            else HandlerResult(to_broadcast_screen(here, AUDIENCE_SCREEN))
        )

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take one typed day, or the first and last of a range."""
        found = parse_day_range(text) if self.days else None
        if found is None or self.days is None:
            return None
        if found.days is None:
            return HandlerResult(here.session, notes=(here.say(_NO_SUCH_DAY, day=found.wrong),))
        return await narrow_audience(here, **self.days(*found.days))


def _any_choice(here: Context, **changes: Any) -> FilterChoice:
    return FilterChoice(Option(ANY, here.say.t(N_("Any")), ("tat ca", "moi", "bat ky", "any")), changes)


async def _role_choices(here: Context, _: Audience) -> list[FilterChoice]:
    t = here.say.t
    every = FilterChoice(Option(ANY, t(N_("Everybody")), ("tat ca", "moi nguoi", "everybody")), {"role": None})
    given = [
        FilterChoice(Option(role, capitalize_first(t(ROLES[role]))), {"role": role})
        for role in (Role.FOCAL, Role.ADMIN)
    ]
    return [every, *given]


async def _owed_choices(here: Context, _: Audience) -> list[FilterChoice]:
    t = here.say.t
    nothing: dict[str, Any] = {"to_do": False, "unfinished": False, "owed": ()}
    something = Option("to_do", t(N_("Something not registered yet")), ("chua dang ky", "con viec", "not registered"))
    open_ = Option("unfinished", t(N_("Something not finished yet")), ("chua xong", "chua hoan thanh", "not finished"))
    each = [
        FilterChoice(Option(name, capitalize_first(t(label))), {**nothing, "owed": (name,)})
        for name, label in PROCEDURE_LABELS.items()
    ]
    either = Option(ANY, t(N_("Whether or not")), ("khong xet", "ca hai", "either"))
    return [
        FilterChoice(something, {**nothing, "to_do": True}),
        FilterChoice(open_, {**nothing, "unfinished": True}),
        *each,
        FilterChoice(either, nothing),
    ]


async def _request_state_choices(here: Context, _: Audience) -> list[FilterChoice]:
    t = here.say.t
    unfinished = Option("unfinished", t(N_("All that is not finished")), ("chua xong", "dang xu ly", "unfinished"))
    each = [
        FilterChoice(Option(state, capitalize_first(t(label))), {"states": (state,)})
        for state, label in STATE_LABELS.items()
    ]
    return [FilterChoice(unfinished, {"states": UNFINISHED}), *each, _any_choice(here, states=())]


def _expiry_changes(first: date | None, last: date | None) -> dict[str, Any]:
    return {"expires_from": first, "expires_until": last, "expires_within": None}


async def _certificate_expiry_choices(here: Context, _: Audience) -> list[FilterChoice]:
    t = here.say.t
    within = [
        FilterChoice(
            Option(f"days{days}", t(N_("Within {days} days"), days=days), (f"{days} ngay",)),
            {**_expiry_changes(None, None), "expires_within": days},
        )
        for days in (30, 60, 90)
    ]
    return [*within, _any_choice(here, **_expiry_changes(None, None))]


async def _silence_choices(here: Context, _: Audience) -> list[FilterChoice]:
    t = here.say.t
    since = [
        FilterChoice(
            Option(f"days{days}", t(N_("For {days} days"), days=days), (f"{days} ngay",)),
            {"silent_days": days, "silent_since": None},
        )
        for days in (7, 14, 30)
    ]
    return [*since, _any_choice(here, silent_days=None, silent_since=None)]


async def _channel_choices(here: Context, audience: Audience) -> list[FilterChoice]:
    """Return the channels in which the audience has recipients."""
    wider = audience.model_copy(update={"channel": None})
    found = await here.world.admin.broadcasts.count(await current_rights(here), wider)
    each = [
        FilterChoice(
            Option(f"{_CHANNEL_LABEL}{number}", format_channel(here.say.t, one.channel)), {"channel": one.channel}
        )
        for number, one in enumerate(found)
    ]
    return [*each, _any_choice(here, channel=None)]


ROLE_CONDITION = AudienceConditionScreen(N_("<b>Who, by their role?</b>"), _role_choices)
OWED_CONDITION = AudienceConditionScreen(N_("<b>What do they still have to do?</b>"), _owed_choices)
STATE_CONDITION = AudienceConditionScreen(N_("<b>A request in which state?</b>"), _request_state_choices)
EXPIRY_CONDITION = AudienceConditionScreen(
    N_("<b>When does the certificate end?</b>"),
    _certificate_expiry_choices,
    _expiry_changes,
    N_("Or type days, such as 01/11/2026 - 15/11/2026."),
)
SILENT_CONDITION = AudienceConditionScreen(
    N_("<b>How long have they not written?</b>"),
    _silence_choices,
    lambda first, _: {"silent_since": first, "silent_days": None},
    N_("Or type the day since which they have not written, such as 01/11/2026."),
)
CHANNEL_CONDITION = AudienceConditionScreen(N_("<b>Over which channel?</b>"), _channel_choices)

#: The screens of the conditions, by the names under which a session and its buttons know them.
AUDIENCE_CONDITION_SCREENS = {
    "broadcast_role": ROLE_CONDITION,
    "broadcast_owed": OWED_CONDITION,
    "broadcast_state": STATE_CONDITION,
    "broadcast_expiry": EXPIRY_CONDITION,
    "broadcast_silent": SILENT_CONDITION,
    "broadcast_channel": CHANNEL_CONDITION,
}
