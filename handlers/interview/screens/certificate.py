"""A certificate was read: which one is meant, and whose it is, confirmed rather than typed."""

from collections.abc import Iterator
from datetime import date

from markupsafe import Markup

from handlers import interview
from handlers.certificate import Certificate, Recognition
from handlers.dates import day
from handlers.decision import decision
from handlers.page import Answered, Option, Page
from handlers.requests.drafting import outdated
from handlers.requests.words import SUBJECTS
from handlers.screen import Here, NoText
from handlers.screens.certificate_words import summary
from handlers.screens.flow import given, proceed
from handlers.session import Session
from handlers.voice import Voice
from locales import N_
from rules.calendar import vietnamese_day
from rules.facts import Issuer, Subject

NO = "no"
#: More certificates than a menu can show are cut, and that is said (a channel takes at most 100 buttons).
SHOWN = 50

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


class ConfirmCertificate(NoText):
    """One tap says "this one" and what kind of subscriber it is."""

    async def page(self, here: Here) -> Page:
        """The list where several were read, from one file or more, else the certificate in words."""
        offered = here.session.offered
        return _list(here, offered) if len(offered) > 1 else _single(here, offered[0])

    async def handle_option(self, here: Here, value: str) -> Answered:
        """One of the list, a yes with the kind of subscriber, or a no."""
        session = here.session
        if value == NO:
            note = here.say(N_("I leave that file aside."))
            return Answered(proceed(here.with_session(session.with_changes(offered=()))), notes=(note,))
        if len(session.offered) > 1:
            return Answered(session.with_changes(offered=(session.offered[int(value)],)))
        return _accepted(here, session.offered[0], Subject(value))


def _list(here: Here, offered: tuple[Certificate, ...]) -> Page:
    say = here.say
    options = [Option(str(index), _labelled(say, certificate)) for index, certificate in enumerate(offered)]
    return Page(
        say(N_("<b>I read several certificates. Which one do you mean?</b>")),
        options=(*options, Option(NO, say.t(N_("None of them")))),
    )


def _labelled(say: Voice, certificate: Certificate) -> str:
    end = day(vietnamese_day(certificate.not_after))
    return say.t(N_("{name} · ends {day} · …{serial}"), name=certificate.name, day=end, serial=certificate.serial[-8:])


def _single(here: Here, certificate: Certificate) -> Page:
    say, said = here.say, here.session.answers.get("subject")
    guess = certificate.subscriber
    first = guess or (Subject(said) if said else Subject.ORGANISATION)
    kinds = sorted(Subject, key=lambda kind: kind is not first)
    doubts = _doubts(here, certificate, said)
    yes = () if doubts else ("dung", "co", "phai", "ok", "yes", "dung roi")
    options = [Option(k, say.t(CONFIRM[k]), (*SYNONYMS[k], *(yes if k is first else ()))) for k in kinds]
    no = Option(NO, say.t(N_("No, not this certificate")), ("khong", "khong phai", "no", "sai"))
    forged = certificate.recognition is Recognition.INVALID
    ask = N_("<b>Please send another file.</b>") if forged else N_("<b>Is it the one you mean?</b>")
    return Page(
        say(N_("<b>I read this certificate:</b>")),
        (summary(say, certificate, here.world.now), *doubts, say(ask)),
        (*([] if forged else options), no),
    )


def _doubts(here: Here, certificate: Certificate, said: str | None) -> tuple[Markup, ...]:
    """What the officer said and what the certificate says may disagree: each is said, and the page asks."""
    return tuple(doubt for doubt in (*_kind(here, certificate, said), *_validity(here, certificate)) if doubt)


def _kind(here: Here, certificate: Certificate, said: str | None) -> Iterator[Markup]:
    guess, say = certificate.subscriber, here.say
    if guess and said and guess != said:
        read, told = say.t(SUBJECTS[guess]), say.t(SUBJECTS[Subject(said)])
        yield say(N_("⚠ You said it belongs to {told}; by its name it belongs to {read}."), told=told, read=read)


def _validity(here: Here, certificate: Certificate) -> Iterator[Markup]:
    earlier, say = here.session.answers.get("certificate") or {}, here.say
    read = interview.certificate_facts(certificate)
    if here.session.certificate and here.session.certificate.fingerprint != certificate.fingerprint:
        yield say(N_("It would take the place of the certificate you sent before."))
        return
    if (typed := earlier.get("not_after")) and typed != read["not_after"]:
        told = day(date.fromisoformat(typed))
        yield say(N_("⚠ You typed that it ends on {told}; the file says otherwise."), told=told)
    if earlier.get("issuer") not in (None, Issuer.UNKNOWN, read["issuer"]):
        yield say(N_("⚠ You named another kind of issuer than the file does."))


def _accepted(here: Here, certificate: Certificate, subject: Subject) -> Answered:
    session = _taken_up(here.session, certificate).with_changes(certificate=certificate, offered=())
    if here.session.certificate and here.session.certificate.serial != certificate.serial:
        session = session.with_changes(set_aside=None)  # it told of the other certificate
    session = interview.give(session, "subject", subject.value, here.world.pack)
    session = given(here.with_session(session), "certificate", interview.certificate_facts(certificate))
    if session.draft and not session.draft.code and outdated(here.with_session(session)):
        there = session.with_screen("answer") if decision(here.with_session(session)) else session
        return Answered(
            there, notes=(here.say(N_("This file changes the answer. What you typed for the request is kept.")),)
        )
    return Answered(session)


def _taken_up(session: Session, certificate: Certificate) -> Session:
    """Another certificate than the one a request was registered for has a standing of its own."""
    before = session.certificate
    if session.registered_key is None or before is None or before.certificate_key == certificate.certificate_key:
        return session
    return session.to_next_interview()
