"""The fields of a request (yêu cầu chứng thực), the cleaning of what is typed into them, and the words for requests."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from markupsafe import Markup

from handlers.core import EVENT_LABELS, MarkupTranslator, Reply, format_day, format_moment, join_lines
from handlers.model import Request, RequestContent, RequestState, RequestStep, has_personal_number
from handlers.understanding import parse_numbers
from handlers.understanding.doubts import is_doubt, is_no_name
from locales import N_
from rules.facts import Subject
from rules.language.spelling import fold
from rules.outcome import Procedure

_EMAIL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+")
#: Providers of private mailboxes: an official address is issued by a state body (practice note on the forms, 09/2024).
#: Each name stands for all of its countries (yahoo.com, yahoo.com.vn, yahoo.co.uk).
_MAIL_PROVIDERS = frozenset({
    "gmail", "googlemail", "yahoo", "ymail", "rocketmail", "hotmail", "outlook", "live", "msn", "icloud", "aol", "gmx",
    "proton", "protonmail", "zoho", "zohomail", "yandex", "tutanota", "tuta", "fastmail", "qq", "foxmail", "naver",
    "hanmail", "daum", "rediffmail", "hushmail",
})  # fmt: skip
#: Private mailboxes whose name alone says too little, such as "mail" in mail.xa.gov.vn.
_MAIL_DOMAINS = frozenset({
    "mail.com", "email.com", "me.com", "mac.com", "pm.me", "mail.ru", "inbox.ru", "bk.ru", "list.ru", "163.com",
    "126.com", "sina.com", "hey.com", "web.de", "vnn.vn", "hn.vnn.vn", "hcm.vnn.vn", "fpt.vn", "viettel.vn", "zing.vn",
})  # fmt: skip
#: Domains under which state bodies and public institutions have theirs: a name inside says nothing of a provider.
_OFFICIAL_DOMAINS = (".gov.vn", ".edu.vn", ".org.vn", ".ac.vn")
_REFUSALS = frozenset({"quay lai", "thoi", "bo qua", "huy", "tiep", "tiep tuc", "xong", "skip", "back", "cancel"})
#: A serial number: a shorter text, or one without digits, is a slip or a word ("da", "đá bạc"); certificates of the
#: state have sixteen digits.
_SERIAL = re.compile(r"(?=.*[0-9])[0-9A-F]{4,40}")
#: Matches one run of digits, or groups of equal even length with at least eight digits ("75 58 09 55", "7558:0955").
_SERIAL_GROUPS = re.compile(
    r"[0-9A-F]+|[0-9A-F]{2}(?:[\s:.-]+[0-9A-F]{2}){3,}|[0-9A-F]{4}(?:[\s:.-]+[0-9A-F]{4})+"
    r"|[0-9A-F]{8}(?:[\s:.-]+[0-9A-F]{8})+"
)


def clean_line(text: str) -> str | None:
    """Clean a typed text to one line; return ``None`` for no words, a doubt, a menu number or a personal number.

    Invisible characters are removed.
    """
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    joined = " ".join(visible.split())
    named = 2 <= len(joined) <= 300 and joined.isprintable() and sum(map(str.isalpha, joined)) > 1
    told = named and fold(joined) not in _REFUSALS and not is_doubt(joined) and not parse_numbers(joined)
    told = told and not is_no_name(joined)
    return joined if told and not has_personal_number(joined) else None


def clean_email(text: str) -> str | None:
    """Clean an official address; ``None`` for what is no address, and for one of a private mailbox."""
    bare = text.strip().lower()
    return bare if len(bare) <= 254 and _EMAIL.fullmatch(bare) and not _is_private(bare) else None


def _is_private(address: str) -> bool:
    domain = address.rpartition("@")[2]
    if domain.endswith(_OFFICIAL_DOMAINS):
        return False
    return domain in _MAIL_DOMAINS or not _MAIL_PROVIDERS.isdisjoint(domain.split(".")[:-1])


def clean_serial(text: str) -> str | None:
    written = text.strip().upper().removeprefix("0X")
    if not _SERIAL_GROUPS.fullmatch(written):
        return None
    bare = re.sub(r"[\s:.-]", "", written)
    return bare if _SERIAL.fullmatch(bare) else None


@dataclass(frozen=True, slots=True)
class Field:
    """A field to type or confirm. ``clean`` returns the value to store, or ``None`` if the text cannot be used."""

    name: str
    title: str
    ask: str
    clean: Callable[[str], str | None]
    wrong: str
    help: str  #: explains the field and where to find its value
    digits: bool = False  #: a value may be groups of digits, which are then no numbers of options
    prose: bool = False  #: a value may tell what happened ("thiết bị bị mất")


LINE_HINT = N_(
    "Please type the name in one line, as it stands in the decision or on the certificate, without any personal number"
    " (CCCD)."
)
IN_THE_DECISION = N_(
    "It stands in the decision or resolution about the change; the office or the registry of your body has it."
)
FIELDS = {
    field.name: field
    for field in (
        Field(
            "subscriber",
            N_("Subscriber"),
            N_("Whose name is on the certificate?"),
            clean_line,
            LINE_HINT,
            N_("The subscriber is the body, person or device that the certificate was issued to; it bears the name."),
        ),
        Field(
            "unit",
            N_("Managing body"),
            N_("Which managing body (cơ quan, tổ chức quản lý trực tiếp) files it now? Its present name, please."),
            clean_line,
            LINE_HINT,
            N_(
                "The managing body is the one that looks after the certificate and files the dossier, such as UBND xã."
                " If you are not sure, ask your office or the registry clerk."
            ),
        ),
        Field(
            "serial",
            N_("Serial number"),
            N_("Serial number of the certificate (số hiệu chứng thư)? It stands in the certificate's details."),
            clean_serial,
            N_("A serial number has only the digits 0-9 and the letters A-F, such as 75580955FC81D6A7."),
            N_(
                "The serial number stands in the certificate's details; from the file (.cer) I read it myself."
                " If you do not have it, choose “I do not know it”."
            ),
        ),
        Field(
            "new_name",
            N_("New name"),
            N_("The new name, exactly as in the decision?"),
            clean_line,
            LINE_HINT,
            IN_THE_DECISION,
        ),
        Field(
            "new_address", N_("New address"), N_("The new operating address?"), clean_line, LINE_HINT, IN_THE_DECISION
        ),
        Field(
            "new_superior",
            N_("New superior body"),
            N_("The new superior body (cơ quan quản lý cấp trên)?"),
            clean_line,
            LINE_HINT,
            IN_THE_DECISION,
        ),
        Field(
            "new_unit",
            N_("New working body"),
            N_("The body you work for now, exactly as in the decision?"),
            clean_line,
            LINE_HINT,
            IN_THE_DECISION,
        ),
        Field(
            "new_email",
            N_("New official e-mail"),
            N_("The new official e-mail address (issued by a state body)?"),
            clean_email,
            N_(
                "Please type an official address issued by a state body,"
                " such as ten@donvi.gov.vn (no gmail, yahoo, hotmail)."
            ),
            N_("It is the mailbox that a state body issued, not a private one; the office of your body knows it."),
        ),
    )
}

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


def format_move_taken_back(  # noqa: PLR0913, PLR0917 - as ``format_request_moved``
    language: str, code: str, procedure: Procedure, to: RequestState, note: str, office: str = ""
) -> Reply:
    """Format the notice that the move told before was made by mistake; the arguments are those of a move."""
    del note  # of what was a mistake there is no reason
    say = MarkupTranslator(language)
    head = say(N_("<b>Request {code}</b> ({procedure})"), code=code, procedure=say(PROCEDURE_LABELS[procedure]))
    by = office or say.t(N_("The office in charge"))
    told = N_("{office} has taken its last change back: it was a mistake. The request stands again at: <b>{state}</b>.")
    news = say(told, office=by, state=say(STATE_LABELS[to]))
    rest = say(N_("You need not do anything about it. To see it: /yeucau {code}"), code=code)
    return Reply(paragraphs=tuple(map(str, (join_lines(head, news), rest))))
