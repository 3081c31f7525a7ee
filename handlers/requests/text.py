"""Requests in words."""

from markupsafe import Markup

from handlers.dates import day, moment
from handlers.requests.fields import FIELDS
from handlers.requests.model import Content, Request, State
from handlers.voice import Voice, lines
from locales import N_
from rules.facts import Event, Subject
from rules.outcome import Procedure

STATES = {
    State.DRAFT: N_("draft"),
    State.SUBMITTED: N_("submitted"),
    State.ACCEPTED: N_("accepted"),
    State.SENT_BACK: N_("sent back"),
    State.FORWARDED: N_("forwarded"),
    State.DONE: N_("done"),
    State.REFUSED: N_("refused"),
    State.WITHDRAWN: N_("withdrawn"),
}
PROCEDURES = {
    Procedure.CHANGE_INFORMATION: N_("change of certificate information"),
    Procedure.REVOKE: N_("revocation of the certificate"),
    Procedure.EXTEND: N_("extension of the certificate"),
    Procedure.ISSUE_NEW: N_("issue of a new certificate"),
    Procedure.RESTORE_DEVICE: N_("restoring the token"),
}


SUBJECTS = {
    Subject.ORGANISATION: N_("an organisation"),
    Subject.INDIVIDUAL: N_("a person"),
    Subject.DEVICE: N_("a device, service or software"),
}
EVENTS = {
    Event.MERGED_INTO_NEW: N_("merged into a new body"),
    Event.MERGED_INTO_EXISTING: N_("merged into an existing body"),
    Event.SUPERIOR_CHANGED: N_("change of superior"),
    Event.RENAMED: N_("renamed"),
    Event.ADDRESS_CHANGED: N_("change of address"),
    Event.DISSOLVED: N_("dissolved"),
    Event.SPLIT: N_("split"),
    Event.UNIT_REORGANISED: N_("unit reorganised"),
    Event.MOVED_WITHIN_STATE: N_("moved to another state body"),
    Event.LEFT_STATE_SERVICE: N_("left state service"),
    Event.DECEASED: N_("deceased"),
    Event.POSITION_CHANGED: N_("change of position"),
    Event.EMAIL_CHANGED: N_("change of official e-mail"),
    Event.DEVICE_RENAMED: N_("device, service or software renamed"),
    Event.DEVICE_UPGRADED: N_("device, service or software upgraded"),
    Event.DEVICE_RETIRED: N_("device, service or software retired"),
}


def procedure(say: Voice, content: Content) -> Markup:
    """The procedure with its form."""
    form = say(N_(" (form: Mẫu {form})"), form=content.form) if content.form else Markup()
    return say(PROCEDURES[content.procedure]) + form


def line(say: Voice, request: Request) -> str:
    """A request on one line, for lists and buttons."""
    return str(
        Markup("{} · {} · {}").format(
            request.code, say(PROCEDURES[request.content.procedure]), say(STATES[request.state])
        )
    )


def told(say: Voice, content: Content) -> Markup:
    """What is asked for."""
    ends = say(N_("Certificate ends on: {day}"), day=day(content.not_after)) if content.not_after else ""
    return lines(
        say(N_("Procedure: <b>{procedure}</b>"), procedure=procedure(say, content)),
        say(N_("Certificate of: <b>{subject}</b>"), subject=say(SUBJECTS[content.subject])),
        say(N_("What happened: <b>{events}</b>"), events=happened(say, content)),
        _field(say, "subscriber", content.subscriber),
        _field(say, "unit", content.unit),
        say(_name_of(content), name=content.certificate_name) if content.certificate_name else "",
        _field(say, "serial", content.serial or say(N_("not known"))),
        ends,
        *(_field(say, name, value) for name, value in content.news.items()),
    )


def _field(say: Voice, name: str, value: str) -> Markup:
    return Markup("{}: <b>{}</b>").format(say(FIELDS[name].title), value)


def _name_of(content: Content) -> str:
    if content.procedure is Procedure.ISSUE_NEW:
        return N_("Name on the old certificate: <b>{name}</b>")
    return N_("Name on the certificate: <b>{name}</b>")


def happened(say: Voice, content: Content) -> str:
    """What happened, in a few words each."""
    return ", ".join(say.t(EVENTS[event]) for event in content.events) or say.t(N_("nothing changed"))


def history(say: Voice, request: Request) -> Markup:
    """What became of it, and when."""
    return lines(*(Markup("• {} – {}").format(moment(step.at), say(STATES[step.state])) for step in request.history))
