"""The certificate: confirming one that was read from a file, or typing its last day and issuer."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from markupsafe import Markup

from handlers.core import (
    NO,
    Context,
    HandlerResult,
    MarkupTranslator,
    Option,
    OptionsOnlyScreen,
    Page,
    Session,
    certificate_facts,
    current_decision,
    find_impossible_day,
    format_bold,
    format_day,
    format_moment,
    join_lines,
    parse_day,
    with_answer,
)
from handlers.interview import known_day, to_answered, to_next_screen
from handlers.interview.screens import NOT_THIS, UNSURE, format_ways_on, unsure_option
from handlers.interview.screens.fate import bind_derived_events
from handlers.interview.screens.file import HOW_TO_FIND_THE_DAY, SEND_BY_LINK, SEND_THE_FILE, explain_export, how_option
from handlers.model import UNKNOWN_KEY, Certificate, CertificatePart, Recognition
from handlers.requests import SUBJECT_LABELS
from handlers.requests.form import is_outdated
from locales import N_, Translator
from rules.calendar import to_vietnam_day
from rules.facts import Issuer, Subject
from rules.language.spelling import fold
from rules.questions import Question

RECOGNITIONS = {
    Recognition.VERIFIED: N_("Issuer: {issuer} (signature chain verified)."),
    Recognition.BY_NAME_ONLY: N_("Issuer: {issuer} (recognised by name only; the signature chain was not verified)."),
    Recognition.UNRECOGNISED: N_("Issuer: {issuer} (not an issuer of government certificates that I know)."),
    Recognition.INVALID: N_("Issuer: {issuer}. <b>Its signature does not verify: do not rely on this file.</b>"),
}
PART_LABELS = {
    CertificatePart.SUBJECT: N_("a part of the name"),
    CertificatePart.NOT_BEFORE: N_("the day it begins"),
    CertificatePart.ISSUER: N_("the issuer's name"),
    CertificatePart.EMAIL: N_("the e-mail address"),
    CertificatePart.KEY: N_("the public key"),
    CertificatePart.SIGNATURE_ALGORITHM: N_("the signature algorithm"),
    CertificatePart.POLICIES: N_("the certificate policies"),
    CertificatePart.EXTENSIONS: N_("the extensions"),
}
PUBLIC_CA_LABEL = N_("This is not a government certificate (chữ ký số chuyên dùng công vụ).")


def format_identity(say: MarkupTranslator, certificate: Certificate) -> Markup:
    """Format name, superior, units and e-mail: the data that may no longer match after a reorganisation."""
    return join_lines(
        say(N_("Name on the certificate: <b>{name}</b>"), name=certificate.name),
        say(N_("Superior or parent body: {superior}"), superior=certificate.superior) if certificate.superior else "",
        say(N_("Unit: {units}"), units=", ".join(certificate.units)) if certificate.units else "",
        say(N_("Official e-mail: {email}"), email=certificate.email) if certificate.email else "",
    )


def format_summary(say: MarkupTranslator, certificate: Certificate, now: datetime) -> Markup:
    """Format everything that an officer checks before confirming that this is the certificate meant."""
    return join_lines(
        format_identity(say, certificate),
        say(N_("Serial number (số hiệu chứng thư): <code>{serial}</code>"), serial=certificate.serial),
        _format_period(say, certificate),
        _format_expiry_status(say, certificate, now),
        say(RECOGNITIONS[certificate.recognition], issuer=certificate.issuer_name or "?"),
        say(PUBLIC_CA_LABEL) if certificate.issuer_kind is Issuer.PUBLIC else "",
        _format_unreadable(say, certificate),
    )


def format_key(t: Translator, key: str) -> str:
    """Format the kind and size of a key; only the text for an unknown algorithm needs translating."""
    if not key.startswith(UNKNOWN_KEY):
        return key
    return t(N_("unknown algorithm OID {oid}"), oid=key.removeprefix(UNKNOWN_KEY))


def format_unreadable_parts(t: Translator, certificate: Certificate) -> str:
    """Name the parts that could not be read; empty if there are none."""
    return ", ".join(_format_part(t, certificate, part) for part in certificate.unreadable)


def _format_part(t: Translator, certificate: Certificate, part: CertificatePart) -> str:
    named = part is CertificatePart.KEY and certificate.key
    return f"{t(PART_LABELS[part])} ({format_key(t, certificate.key)})" if named else t(PART_LABELS[part])


def _format_unreadable(say: MarkupTranslator, certificate: Certificate) -> Markup:
    parts = format_unreadable_parts(say.t, certificate)
    return say(N_("I could not read {parts}; the rest I read."), parts=parts) if parts else Markup()


def _format_period(say: MarkupTranslator, certificate: Certificate) -> Markup:
    end = format_moment(certificate.not_after)
    if certificate.not_before is None:
        return say(N_("Valid until <b>{end}</b> (Vietnamese time)."), end=end)
    start = format_moment(certificate.not_before)
    return say(N_("Valid from {start} to <b>{end}</b> (Vietnamese time)."), start=start, end=end)


def _format_expiry_status(say: MarkupTranslator, certificate: Certificate, now: datetime) -> Markup:
    if now > certificate.not_after:
        return say(N_("⚠ <b>It has expired.</b>"))
    if certificate.not_before is not None and now < certificate.not_before:
        return say(N_("⚠ It is not valid yet."))
    days = (certificate.not_after - now).days
    return say(N_("It is in date; days left: {days}."), days=days)


CONFIRM = {
    Subject.ORGANISATION: N_("Yes – the certificate of an organisation"),
    Subject.INDIVIDUAL: N_("Yes – the certificate of a person"),
    Subject.DEVICE: N_("Yes – of a device, service or software"),
}
SYNONYMS = {
    Subject.ORGANISATION: ("co quan", "to chuc", "don vi"),
    Subject.INDIVIDUAL: ("ca nhan", "cua toi"),
    Subject.DEVICE: ("thiet bi", "dich vu", "phan mem"),
}


#: The way on for people who do not know which certificate is theirs.
UNSURE_WHICH = N_(
    "Compare the serial number and the last day with the label of the token, or with the certificate in its tool; the"
    " registry clerk has the list. If you cannot tell, choose no: nothing of the file is noted then."
)


class CertificateScreen(OptionsOnlyScreen):
    """Asks which certificate is meant and what kind of subscriber it has, so that the officer need not type either."""

    async def page(self, here: Context) -> Page:
        """Show a list if several certificates were read (also from several files), else the only one in full."""
        offered = here.session.offered
        return _render_list(here, offered) if len(offered) > 1 else _render_single(here, offered[0])

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Handle a choice from the list, a yes with the kind of subscriber, or a no."""
        session = here.session
        if value == UNSURE:
            return HandlerResult(session, notes=(here.say(UNSURE_WHICH),))
        if value == NO:
            note = here.say(N_("I leave that file aside."))
            return HandlerResult(to_next_screen(here.with_session(session.with_changes(offered=()))), notes=(note,))
        if len(session.offered) > 1:
            return HandlerResult(session.with_changes(offered=(session.offered[int(value)],)))
        return _accept_certificate(here, session.offered[0], Subject(value))


def _render_list(here: Context, offered: tuple[Certificate, ...]) -> Page:
    say = here.say
    options = [
        Option(str(index), _format_certificate_option(say, certificate)) for index, certificate in enumerate(offered)
    ]
    return Page(
        say(N_("<b>I read several certificates. Which one do you mean?</b>")),
        options=(*options, Option(NO, say.t(N_("None of them"))), unsure_option(say.t)),
        help=say(UNSURE_WHICH),
    )


def _format_certificate_option(say: MarkupTranslator, certificate: Certificate) -> str:
    end = format_day(to_vietnam_day(certificate.not_after))
    return say.t(N_("{name} · ends {day} · …{serial}"), name=certificate.name, day=end, serial=certificate.serial[-8:])


def _render_single(here: Context, certificate: Certificate) -> Page:
    say, said = here.say, here.session.answers.get("subject")
    guess = certificate.subscriber
    first = guess or (Subject(said) if said else Subject.ORGANISATION)
    kinds = sorted(Subject, key=lambda kind: kind is not first)
    doubts = _format_disagreements(here, certificate, said)
    yes = () if doubts else ("dung", "co", "phai", "ok", "yes", "dung roi")
    options = [Option(k, say.t(CONFIRM[k]), (*SYNONYMS[k], *(yes if k is first else ()))) for k in kinds]
    no = Option(NO, say.t(N_("No, not this certificate")), NOT_THIS)
    forged = certificate.recognition is Recognition.INVALID
    ask = N_("<b>Please send another file.</b>") if forged else N_("<b>Is it the one you mean?</b>")
    return Page(
        say(N_("<b>I read this certificate:</b>")),
        (format_summary(say, certificate, here.world.now), *doubts, say(ask)),
        (*([] if forged else options), no, *(() if forged else (unsure_option(say.t),))),
        help=say(UNSURE_WHICH),
    )


def _format_disagreements(here: Context, certificate: Certificate, said: str | None) -> tuple[Markup, ...]:
    """Warn of contradictions between the certificate and earlier answers; the page then has no plain "yes"."""
    return tuple(
        doubt
        for doubt in (
            *_format_kind_disagreement(here, certificate, said),
            *_format_validity_disagreement(here, certificate),
        )
        if doubt
    )


def _format_kind_disagreement(here: Context, certificate: Certificate, said: str | None) -> Iterator[Markup]:
    guess, say = certificate.subscriber, here.say
    if guess and said and guess != said:
        read, told = say.t(SUBJECT_LABELS[guess]), say.t(SUBJECT_LABELS[Subject(said)])
        yield say(N_("⚠ You said it belongs to {told}; by its name it belongs to {read}."), told=told, read=read)


def _format_validity_disagreement(here: Context, certificate: Certificate) -> Iterator[Markup]:
    earlier, say = here.session.answers.get("certificate") or {}, here.say
    read = certificate_facts(certificate)
    if here.session.certificate and here.session.certificate.fingerprint != certificate.fingerprint:
        yield say(N_("It would take the place of the certificate you sent before."))
        return
    if (typed := earlier.get("not_after")) and typed != read["not_after"]:
        told = format_day(date.fromisoformat(typed))
        yield say(N_("⚠ You typed that it ends on {told}; the file says otherwise."), told=told)
    if earlier.get("issuer") not in (None, Issuer.UNKNOWN, read["issuer"]):
        yield say(N_("⚠ You named another kind of issuer than the file does."))


def _accept_certificate(here: Context, certificate: Certificate, subject: Subject) -> HandlerResult:
    bound = bind_derived_events(here, certificate)
    session = _with_next_certificate(bound, certificate).with_changes(certificate=certificate, offered=())
    if here.session.certificate and here.session.certificate.serial != certificate.serial:
        session = session.with_changes(set_aside=None)  # it told of the other certificate
    session = with_answer(session, "subject", subject.value, here.pack)
    session = to_answered(here.with_session(session), "certificate", certificate_facts(certificate))
    if session.draft and not session.draft.code and is_outdated(here.with_session(session)):
        there = session.with_screen("answer") if current_decision(here.with_session(session)) else session
        return HandlerResult(
            there, notes=(here.say(N_("This file changes the answer. What you typed for the request is kept.")),)
        )
    return HandlerResult(session)


def _with_next_certificate(session: Session, certificate: Certificate) -> Session:
    """Begin the next interview if a request was registered for the previous certificate."""
    before = session.certificate
    if session.registered_key is None or before is None or before.certificate_key == certificate.certificate_key:
        return session
    return session.to_next_interview()


#: Greatest distance of a last day: certificates of the first generation are valid for ten years, none for longer.
MAX_EXPIRY_DISTANCE = timedelta(days=366 * 10)
TYPE_A_DAY = N_(
    "Please type the day it ends (or ended) as day/month/year, such as 16/11/2026."
    " If you do not remember it, send the certificate file, or choose below."
)
NO_SUCH_DAY = N_("There is no day {day}. Please look once more at the day it ends, and type it as 16/11/2026.")
TOO_FAR = N_("{day} is more than ten years ahead. Please check the day.")

ISSUERS = {
    Issuer.GOVERNMENT: (
        N_("Ban Cơ yếu Chính phủ (government certificate)"),
        ("ban co yeu", "co yeu", "chinh phu", "cong vu"),
    ),
    Issuer.PUBLIC: (
        N_("A public provider (VNPT, Viettel, FPT…)"),
        ("cong cong", "vnpt", "viettel", "fpt", "misa", "bkav"),
    ),
    Issuer.UNKNOWN: (N_("I do not know"), ()),
    Issuer.NONE: (N_("There is no certificate yet"), ()),
}
CANNOT_FIND_OUT = N_("I cannot find out; go on all the same")
TOLD_DAY = N_("It ends on <b>{day}</b>, as you said. If that is wrong, type the right day.")
BY_HAND = N_("No file at hand? Type the day it ends, such as 16/11/2026, or choose below.")


def render_expiry_page(here: Context, asked: Question, progress: Markup) -> Page:
    """Ask for the last day or for a reason why it is unknown; after a typed day, ask for the issuer."""
    say, unsure = here.say, format_ways_on(here, [asked])
    if known_day(here.session) is not None:
        who, told = say(N_("<b>Who issued this certificate?</b>")), here.session.told_expiry
        day = (say(TOLD_DAY, day=format_day(told)),) if told and not here.session.typed_expiry else ()
        return Page(who, (*day, progress), (*_issuer_options(here), unsure_option(say.t)), numbers="codes", help=unsure)
    ask = say(SEND_THE_FILE if here.world.takes_files else SEND_BY_LINK)
    by_hand, how = say(BY_HAND), how_option(here)
    options = [Option(option.value, say.t(option.label), option.synonyms) for option in asked.options]
    title = format_bold(say.text(asked.text))
    return Page(
        title,
        (ask, by_hand, progress),
        (*options, how, unsure_option(say.t)),
        reminder=title,
        numbers="codes",
        help=unsure,
    )


def _issuer_options(here: Context) -> list[Option]:
    """Return the kinds of issuer; a certificate whose last day was typed is there, so "none" is not offered."""
    return [
        Option(issuer.value, here.say.t(CANNOT_FIND_OUT if issuer is Issuer.UNKNOWN else label), synonyms)
        for issuer, (label, synonyms) in ISSUERS.items()
        if issuer is not Issuer.NONE
    ]


async def choose_expiry_option(here: Context, asked: Question, value: str) -> HandlerResult:
    """Handle the help, an option of the pack, or the issuer after a typed day."""
    ends = known_day(here.session)
    if value == HOW_TO_FIND_THE_DAY:
        return HandlerResult(here.session, notes=await explain_export(here))
    if ends is not None:
        return HandlerResult(
            _with_typed_certificate(here, {"not_before": None, "not_after": ends.isoformat(), "issuer": value})
        )
    option = next(option for option in asked.options if option.value == value)
    return HandlerResult(_with_typed_certificate(here, {**option.sets, **dict.fromkeys(option.not_known)}))


def _with_typed_certificate(here: Context, fact: dict[str, str | None]) -> Session:
    """Store typed facts of the certificate; the file that was read before no longer counts."""
    return to_answered(here.with_session(here.session.with_changes(certificate=None)), "certificate", fact)


def take_typed_expiry(here: Context, text: str) -> HandlerResult | None:
    """Take a typed last day and confirm it, or explain how to type one.

    ``None`` if the text is about something else.
    """
    ends = parse_day(text)
    if wrong := note_impossible_day(here, text):
        return HandlerResult(here.session, notes=wrong)
    if ends is None:
        return HandlerResult(here.session, notes=(here.say(TYPE_A_DAY),)) if _mentions_a_day(text) else None
    if ends > here.today + MAX_EXPIRY_DISTANCE:
        return HandlerResult(here.session, notes=(here.say(TOO_FAR, day=format_day(ends)),))
    note = here.say(N_("The certificate ends on {day}."), day=format_day(ends))
    return HandlerResult(here.session.with_changes(typed_expiry=ends), notes=(note,))


def note_impossible_day(here: Context, text: str) -> tuple[Markup, ...]:
    """Say that no calendar has the day that stands in a text; nothing if there is none, or a real one."""
    wrong = find_impossible_day(text)
    return (here.say(NO_SUCH_DAY, day=wrong),) if wrong else ()


def _mentions_a_day(text: str) -> bool:
    """Return whether a text seems to mean a day, although it holds none that exists."""
    return sum(map(str.isdigit, text)) > 3 or "het han" in fold(text)
