"""The words for requests: states, procedures, subscribers and events; and the notice about a move."""

from collections.abc import Mapping
from types import MappingProxyType

from markupsafe import Markup

from handlers.core.dates import format_day, format_moment
from handlers.core.replies import Reply
from handlers.core.text import MarkupTranslator, join_lines
from handlers.model.request import Request, RequestContent, RequestState, RequestStep
from handlers.requests.fields import FIELDS
from locales import N_
from rules.facts import Event, Subject
from rules.outcome import Procedure

STATE_LABELS = {
    RequestState.DRAFT: N_("draft"),
    RequestState.SUBMITTED: N_("submitted"),
    RequestState.ACCEPTED: N_("accepted"),
    RequestState.SENT_BACK: N_("sent back"),
    RequestState.FORWARDED: N_("forwarded"),
    RequestState.DONE: N_("done"),
    RequestState.REFUSED: N_("refused"),
    RequestState.WITHDRAWN: N_("withdrawn"),
}
PROCEDURE_LABELS = {
    Procedure.CHANGE_INFORMATION: N_("change of certificate information"),
    Procedure.REVOKE: N_("revocation of the certificate"),
    Procedure.EXTEND: N_("extension of the certificate"),
    Procedure.ISSUE_NEW: N_("issue of a new certificate"),
    Procedure.RESTORE_DEVICE: N_("restoring the token"),
}


SUBJECT_LABELS = {
    Subject.ORGANISATION: N_("an organisation"),
    Subject.INDIVIDUAL: N_("a person"),
    Subject.DEVICE: N_("a device, service or software"),
}
EVENT_LABELS = {
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
    Event.MANAGING_BODY_REVOKES: N_("revocation wanted by the managing body"),
}


def format_procedure(say: MarkupTranslator, content: RequestContent) -> Markup:
    """Format the procedure with its form."""
    form = say(N_(" (form: Mẫu {form})"), form=content.form) if content.form else Markup()
    return say(PROCEDURE_LABELS[content.procedure]) + form


def format_request_line(say: MarkupTranslator, request: Request) -> str:
    """Format a request on one line, for lists and buttons."""
    return str(
        Markup("{} · {} · {}").format(
            request.code, say(PROCEDURE_LABELS[request.content.procedure]), say(STATE_LABELS[request.state])
        )
    )


def format_content(say: MarkupTranslator, content: RequestContent) -> Markup:
    """Format the content of a request."""
    ends = say(N_("Certificate ends on: {day}"), day=format_day(content.not_after)) if content.not_after else ""
    return join_lines(
        say(N_("Procedure: <b>{procedure}</b>"), procedure=format_procedure(say, content)),
        say(N_("Certificate of: <b>{subject}</b>"), subject=say(SUBJECT_LABELS[content.subject])),
        say(N_("What happened: <b>{events}</b>"), events=format_events(say, content)),
        _format_field(say, "subscriber", content.subscriber),
        _format_field(say, "unit", content.unit),
        say(_name_label(content), name=content.certificate_name) if content.certificate_name else "",
        _format_field(say, "serial", content.serial or say(N_("not known"))),
        ends,
        say(N_("E-mail on the certificate: {email}"), email=content.email) if content.email else "",
        say(N_("Province on the certificate: {province}"), province=content.province) if content.province else "",
        *(_format_news(say, content, name, value) for name, value in content.news.items()),
    )


def _format_news(say: MarkupTranslator, content: RequestContent, name: str, value: str) -> Markup:
    """Format a new value with the one on the certificate, where they differ."""
    old = content.old.get(name)
    before = say(N_(" (on the certificate: {old})"), old=old) if old and old != value else Markup()
    return _format_field(say, name, value) + before


def _format_field(say: MarkupTranslator, name: str, value: str) -> Markup:
    return Markup("{}: <b>{}</b>").format(say(FIELDS[name].title), value)


def _name_label(content: RequestContent) -> str:
    if content.procedure is Procedure.ISSUE_NEW:
        return N_("Name on the old certificate: <b>{name}</b>")
    return N_("Name on the certificate: <b>{name}</b>")


def format_events(say: MarkupTranslator, content: RequestContent) -> str:
    """Format the events in a few words each."""
    return ", ".join(say.t(EVENT_LABELS[event]) for event in content.events) or say.t(N_("nothing changed"))


def format_history(
    say: MarkupTranslator, request: Request, offices: Mapping[str, str] = MappingProxyType({})
) -> Markup:
    """Format the moves of a request with their days; ``offices`` names the office of an actor, where it is known."""
    return join_lines(*(_format_step(say, step, offices.get(step.by, "")) for step in request.history))


def _format_step(say: MarkupTranslator, step: RequestStep, office: str) -> Markup:
    by = Markup(" – {}").format(office) if office else Markup()
    return Markup("• {} – {}{}").format(format_moment(step.at), say(STATE_LABELS[step.state]), by)


#: Instructions to the officer after a move, by the state reached.
_NEXT_ACTION = {
    RequestState.ACCEPTED: N_("There is nothing to do for you now. To see it: /yeucau {code}"),
    RequestState.FORWARDED: N_("The dossier is on its way. To see it: /yeucau {code}"),
    RequestState.DONE: N_("It is finished. To see it: /yeucau {code}"),
    RequestState.SENT_BACK: N_("Please put it right and send it again: /yeucau {code}"),
    RequestState.REFUSED: N_(
        "You can register a new request where the reason no longer holds. To see it: /yeucau {code}"
    ),
}


def format_request_moved(  # noqa: PLR0913, PLR0917 - each is said in the notice
    language: str, code: str, procedure: Procedure, to: RequestState, note: str, office: str = ""
) -> Reply:
    """Format the notice about a move: the office that made it, the state, the reason if there is one, and what to do.

    Args:
        language: The language of the officer's conversation.
        code: The request.
        procedure: Its procedure.
        to: The state it has now.
        note: The reason; empty if there is none.
        office: The office that moved it, in words and beginning with a capital letter.
    """
    say = MarkupTranslator(language)
    head = say(N_("<b>Request {code}</b> ({procedure})"), code=code, procedure=say(PROCEDURE_LABELS[procedure]))
    by = office or say.t(N_("The office in charge"))
    news = say(N_("{office} has changed its state: <b>{state}</b>."), office=by, state=say(STATE_LABELS[to]))
    why = say(N_("Reason: {note}"), note=note) if note else ""
    return Reply(paragraphs=tuple(map(str, (join_lines(head, news, why), say(_NEXT_ACTION[to], code=code)))))
