"""The request list in words."""

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from markupsafe import Markup

from handlers.dates import moment
from handlers.office.journal_words import doer
from handlers.office.model import Filed
from handlers.requests.model import State
from handlers.requests.words import STATES, told
from handlers.screen import Here
from handlers.voice import Voice, lines
from locales import N_
from rules.outcome import Procedure

#: Procedures in the few letters that a button has for them.
SHORT = {
    Procedure.CHANGE_INFORMATION: N_("change"),
    Procedure.REVOKE: N_("revoke"),
    Procedure.EXTEND: N_("extend"),
    Procedure.ISSUE_NEW: N_("new"),
    Procedure.RESTORE_DEVICE: N_("token"),
}
#: What to tap to bring a request there.
MOVES_TO = {
    State.ACCEPTED: N_("Accept"),
    State.FORWARDED: N_("Mark as forwarded"),
    State.DONE: N_("Mark as done"),
    State.SENT_BACK: N_("Send back"),
    State.REFUSED: N_("Refuse"),
}
#: How that is typed.
TYPED = {
    State.ACCEPTED: ("tiep nhan", "nhan", "accept"),
    State.FORWARDED: ("da chuyen", "chuyen", "forward"),
    State.DONE: ("xong", "hoan thanh", "da xong", "done"),
    State.SENT_BACK: ("tra lai", "tra", "send back"),
    State.REFUSED: ("tu choi", "refuse"),
}
#: Letters of a name on a button.
_NAME = 18


def clipped(text: str, length: int) -> str:
    """One line of so many letters at most, without what cannot be seen or turns the line round."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text if unicodedata.category(letter) != "Cf")
    joined = " ".join(shown.split())
    return joined if len(joined) <= length else f"{joined[: length - 1]}…"


def row(say: Voice, filed: Filed) -> str:
    """``YC-2026-000123 · Nguyễn Văn An · thu hồi · đã ghi nhận``."""
    request, content = filed.request, filed.request.content
    name = content.subscriber if content.unreadable else clipped(content.subscriber, _NAME)
    state = say.t(STATES[request.state])
    return f"{request.code} · {name} · {say.t(SHORT.get(content.procedure, content.procedure))} · {state}"


def details(here: Here, filed: Filed, labels: Mapping[str, str]) -> tuple[Markup, ...]:
    """What is asked for, where it belongs, and all that became of it."""
    say = here.say
    unit = say(N_("Unit: <b>{unit}</b>"), unit=here.world.units.name(filed.unit)) if filed.unit else Markup()
    return lines(told(say, filed.request.content), unit), history(say, filed, labels)


def history(say: Voice, filed: Filed, labels: Mapping[str, str] = MappingProxyType({})) -> Markup:
    """Every move, with who made it and why."""
    parts = []
    for step in filed.request.history:
        note = Markup(": {}").format(step.note) if step.note else ""
        who = doer(say.t, step.by, labels)
        parts.append(Markup("• {} – {} – {}{}").format(moment(step.at), say(STATES[step.state]), who, note))
    return lines(*parts)


def overtaken(say: Voice, filed: Filed, labels: Mapping[str, str]) -> Markup:
    """Who changed it, and how it stands now."""
    message = N_(
        "<b>{who}</b> has changed this request in the meantime ({at}). It now stands at: <b>{state}</b>."
        " Nothing of it was overwritten."
    )
    who, at = doer(say.t, filed.actor, labels), moment(filed.changed_at)
    return say(message, who=who, at=at, state=say(STATES[filed.request.state]))
