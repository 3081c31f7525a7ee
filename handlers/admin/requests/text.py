"""The texts of the request list: rows, details, history, and filters in words."""

import unicodedata
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from markupsafe import Markup

from handlers.access.journal_text import format_actor
from handlers.core.dates import format_day, format_moment
from handlers.core.screen import Context
from handlers.core.text import MarkupTranslator, join_lines
from handlers.model.request import RequestState
from handlers.model.request_list import Filter, RequestRow, transitions_from
from handlers.model.unit_directory import UnitDirectory
from handlers.requests.text import PROCEDURE_LABELS, STATE_LABELS, format_content
from locales import N_, Translator
from rules.outcome import Procedure

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
        _format_values(t(N_("state")), [t(STATE_LABELS[one]) for one in wanted.states]),
        format_period(t, _REGISTERED_BETWEEN, wanted.since, wanted.until),
        format_period(t, EXPIRES_BETWEEN, wanted.expires_from, wanted.expires_until),
        t(N_("without a unit")) if wanted.without_unit else "",
        t(N_("just moved together")) if wanted.changed_at else "",
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
    return f"{label}: {', '.join(words)}" if words else ""


def format_possible_states(t: Translator, state: RequestState) -> str:
    """Return the possible next states, in order of work; empty if the state is final."""
    return ", ".join(t(STATE_LABELS[to]) for to in transitions_from(state))


def format_move_not_possible(t: Translator, state: RequestState) -> str:
    """Tell the present state of a request, and the states to which it can be moved."""
    words, now = format_possible_states(t, state), t(STATE_LABELS[state])
    if not words:
        return t(N_("it stands at “{state}” and cannot be moved any more"), state=now)
    return t(N_("it stands at “{state}”; it can only be moved to: {states}"), state=now, states=words)
