"""Share among the admin's screens the view of the request list that the session keeps (filter, page, open request)."""

import unicodedata
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from markupsafe import Markup

from handlers.access import format_actor
from handlers.core import (
    Context,
    HandlerResult,
    MarkupTranslator,
    RequestListView,
    Session,
    current_rights,
    format_day,
    format_moment,
    join_lines,
)
from handlers.model import (
    OPEN_LIST,
    UNFINISHED,
    Act,
    Filter,
    RequestRow,
    RequestState,
    UnitDirectory,
    find_desk_filter,
    parse_codes,
    transitions_from,
)
from handlers.requests import PROCEDURE_LABELS, STATE_LABELS, format_content
from locales import N_, Translator
from rules.outcome import Procedure

#: Characters of a search that are kept.
_MAX_SEARCH_LENGTH = 200


def list_view(here: Context) -> RequestListView:
    """Return the view as it was left; at first, and on another day, what is not finished."""
    view = here.session.desk or RequestListView()
    if view.chosen_on == here.today:
        return view
    return view.model_copy(update={"wanted": OPEN_LIST, "turned": (), "chosen_on": here.today})


def to_list_screen(here: Context, screen: str, about: str | None = None, **changes: Any) -> Session:
    """Open a screen of the list, with some fields of the view changed."""
    return here.session.with_screen(screen, about, desk=list_view(here).model_copy(update=changes))


def to_narrowed_list(here: Context, **changes: Any) -> Session:
    """Open the first page of the list, with some fields of the filter changed."""
    wanted = list_view(here).wanted.model_copy(update=changes)
    return to_list_screen(here, "desk", wanted=wanted, turned=())


def to_unfiltered_list(here: Context) -> Session:
    """Open the list without a filter; after a bulk move as it opens by itself."""
    return to_filtered_list(here, OPEN_LIST if list_view(here).wanted.changed_at else Filter())


def to_filtered_list(here: Context, wanted: Filter) -> Session:
    """Open the first page of the list with this filter."""
    return to_list_screen(here, "desk", wanted=wanted, turned=(), moving_to=None, note="", mark="")


def to_opening_list(here: Context) -> Session:
    """Open the list as it opens by itself: at what is not finished."""
    return to_filtered_list(here, OPEN_LIST)


def to_request_list(here: Context) -> Session:
    """Return to the list as it was left, with no move under way."""
    return to_list_screen(here, "desk", revision=None, moving_to=None, note="", mark="")


async def open_request(here: Context, code: str) -> Session | None:
    """Open a request at its present revision; return ``None`` if there is none within reach."""
    filed = await here.world.admin.desk.get(await current_rights(here), code)
    changes = {"revision": filed.revision, "moving_to": None, "note": ""} if filed else {}
    return to_list_screen(here, "desk_request", code, **changes) if filed else None


NOT_FOUND = N_("No request fits “{text}”. The list is as it was before.")


async def search_requests(here: Context, text: str) -> HandlerResult:
    """Open what typed words name: a request, a filter of the desk, or the requests that have them.

    Words that nothing fits leave the list as it was: a filter that hides everything is a dead end.
    """
    rights = await current_rights(here)
    everything = rights.reach(Act.SEE_REQUESTS).everything
    if named := find_desk_filter(text, here.today, everything=everything):
        return HandlerResult(to_filtered_list(here, named))
    found = await _to_search_result(here, text)
    wanted = list_view(here.with_session(found)).wanted
    if found.screen == "desk" and not await here.world.admin.desk.count(rights, wanted):
        listed = to_request_list(here) if here.session.desk else to_opening_list(here)
        return HandlerResult(listed, notes=(here.say(NOT_FOUND, text=clip_line(text, _MAX_SEARCH_LENGTH)),))
    return HandlerResult(found)


async def _to_search_result(here: Context, text: str) -> Session:
    """Open the request whose code (or last digits) was typed, else search the list for the text."""
    found = [session for code in parse_codes(text, here.today) if (session := await open_request(here, code))]
    if len(found) == 1:
        return found[0]
    wanted = _code_digits(found[0]) if found else " ".join(text.split())
    whole = {"states": ()} if list_view(here).wanted == OPEN_LIST else {}  # what is finished is looked for as well
    return to_narrowed_list(here, text=wanted[:_MAX_SEARCH_LENGTH], **whole)


def _code_digits(session: Session) -> str:
    """Return the part of the open code without the year."""
    return (session.about or "").rpartition("-")[2]


#: Short names of the procedures, for buttons.
SHORT_PROCEDURES = {
    Procedure.CHANGE_INFORMATION: N_("change"),
    Procedure.REVOKE: N_("revoke"),
    Procedure.EXTEND: N_("extend"),
    Procedure.ISSUE_NEW: N_("new"),
    Procedure.RESTORE_DEVICE: N_("token"),
}
#: Labels of the buttons that move a request, by its new state.
MOVE_LABELS = {
    RequestState.ACCEPTED: N_("Accept"),
    RequestState.FORWARDED: N_("Mark as forwarded"),
    RequestState.DONE: N_("Mark as done"),
    RequestState.SENT_BACK: N_("Send back"),
    RequestState.REFUSED: N_("Refuse"),
}
#: Words that people type for them.
MOVE_SYNONYMS = {
    RequestState.ACCEPTED: ("tiep nhan", "nhan", "accept"),
    RequestState.FORWARDED: ("da chuyen", "chuyen", "forward"),
    RequestState.DONE: ("xong", "hoan thanh", "da xong", "done"),
    RequestState.SENT_BACK: ("tra lai", "tra", "send back"),
    RequestState.REFUSED: ("tu choi", "refuse"),
}
#: Characters of a name on a button.
_MAX_NAME_LENGTH = 18


def clip_line(text: str, length: int) -> str:
    """Shorten a text to one line of at most ``length`` characters, without invisible and direction-changing ones."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text if unicodedata.category(letter) != "Cf")
    joined = " ".join(shown.split())
    return joined if len(joined) <= length else f"{joined[: length - 1]}…"


def format_request_row(say: MarkupTranslator, filed: RequestRow) -> str:
    """Format the button of a request: ``YC-2026-000123 · Nguyễn Văn An · thu hồi · đã ghi nhận``."""
    request, content = filed.request, filed.request.content
    name = content.subscriber if content.unreadable else clip_line(content.subscriber, _MAX_NAME_LENGTH)
    state = say.t(STATE_LABELS[request.state])
    return f"{request.code} · {name} · {say.t(SHORT_PROCEDURES.get(content.procedure, content.procedure))} · {state}"


def format_request_details(here: Context, filed: RequestRow, labels: Mapping[str, str]) -> tuple[Markup, ...]:
    """Format the content of a request, its unit and its history."""
    say = here.say
    unit = say(N_("Unit: <b>{unit}</b>"), unit=here.world.units.name(filed.unit)) if filed.unit else Markup()
    return join_lines(format_content(say, filed.request.content), unit), format_request_history(say, filed, labels)


def format_request_history(
    say: MarkupTranslator, filed: RequestRow, labels: Mapping[str, str] = MappingProxyType({})
) -> Markup:
    """Format every move of a request, with the person who made it and the reason."""
    parts = []
    for step in filed.request.history:
        note = Markup(": {}").format(step.note) if step.note else ""
        who = format_actor(say.t, step.by, labels)
        parts.append(
            Markup("• {} – {} – {}{}").format(format_moment(step.at), say(STATE_LABELS[step.state]), who, note)
        )
    return join_lines(*parts)


def format_overtaken(say: MarkupTranslator, filed: RequestRow, labels: Mapping[str, str]) -> Markup:
    """Tell who changed the request in the meantime, and its present state."""
    message = N_(
        "<b>{who}</b> has changed this request in the meantime ({at}). It now stands at: <b>{state}</b>."
        " Nothing of it was overwritten."
    )
    who, at = format_actor(say.t, filed.actor, labels), format_moment(filed.changed_at)
    return say(message, who=who, at=at, state=say(STATE_LABELS[filed.request.state]))


#: Message ids for a first day only, a last day only, and both.
_REGISTERED_BETWEEN = (
    N_("registered from {first}"),
    N_("registered until {last}"),
    N_("registered from {first} to {last}"),
)
#: The same for the expiry of certificates, to pass to ``format_period``.
EXPIRES_BETWEEN = (
    N_("certificate ends from {first}"),
    N_("certificate ends until {last}"),
    N_("certificate ends from {first} to {last}"),
)


def format_filter(wanted: Filter, units: UnitDirectory, t: Translator) -> str:
    """Format a filter in words."""
    parts = (
        t(N_("unit: {unit} and below"), unit=units.name(wanted.unit)) if wanted.unit else "",
        _format_values(
            t(N_("procedure")), [t(PROCEDURE_LABELS[one]) for one in wanted.procedures if one in PROCEDURE_LABELS]
        ),
        _format_states(wanted, t),
        format_period(t, _REGISTERED_BETWEEN, wanted.since, wanted.until),
        format_period(t, EXPIRES_BETWEEN, wanted.expires_from, wanted.expires_until),
        t(N_("without a unit")) if wanted.without_unit else "",
        t(N_("something is missing")) if wanted.incomplete else "",
        t(N_("just moved together")) if wanted.changed_at else "",
        t(N_("{number} chosen by hand"), number=len(wanted.codes)) if wanted.codes else "",
        t(N_("words: {text}"), text=wanted.text) if wanted.text else "",
    )
    return "; ".join(part for part in parts if part) or t(N_("none: all requests within reach"))


def format_period(t: Translator, words: tuple[str, str, str], first: date | None, last: date | None) -> str:
    """Format a period with a first day, a last day or both; ``words`` are the message ids in that order."""
    since, until, both = words
    if first and last:
        return t(both, first=format_day(first), last=format_day(last))
    if first:
        return t(since, first=format_day(first))
    return t(until, last=format_day(last)) if last else ""


def _format_values(label: str, words: list[str]) -> str:
    return f"{label} {', '.join(words)}" if words else ""


def _format_states(wanted: Filter, t: Translator) -> str:
    if wanted.states == UNFINISHED:
        return t(N_("not finished yet"))
    return _format_values(t(N_("state")), [t(STATE_LABELS[one]) for one in wanted.states])


def format_possible_states(t: Translator, state: RequestState) -> str:
    """Return the possible next states, in order of work; empty if the state is final."""
    return ", ".join(t(STATE_LABELS[to]) for to in transitions_from(state))


def format_move_not_possible(t: Translator, state: RequestState) -> str:
    """Tell the present state of a request, and the states to which it can be moved."""
    words, now = format_possible_states(t, state), t(STATE_LABELS[state])
    if state is RequestState.SENT_BACK:
        return t(N_("it waits for its officer to add what is missing; it can be moved again after that"))
    if not words:
        return t(N_("it stands at “{state}” and cannot be moved any more"), state=now)
    return t(N_("it stands at “{state}”; it can only be moved to: {states}"), state=now, states=words)
