"""A certificate was read: which one is meant, and whose it is, confirmed rather than typed."""

from markupsafe import Markup

from handlers import interview
from handlers.certificate import Certificate
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.screens.certificate_words import SUBJECTS, summary
from handlers.screens.flow import given, proceed
from handlers.voice import lines
from locales import N_
from rules.facts import Subject

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
        """The list where a file held several, else the certificate in words."""
        offered = here.session.offered
        return _list(here, offered) if len(offered) > 1 else _single(here, offered[0])

    async def chosen(self, here: Here, value: str) -> Answered:
        """One of the list, a yes with the kind of subscriber, or a no."""
        session = here.session
        if value == NO:
            note = here.say(N_("I leave that file aside."))
            return Answered(proceed(here.then(session.having(offered=()))), notes=(note,))
        if len(session.offered) > 1:
            return Answered(session.having(offered=(session.offered[int(value)],)))
        return _accepted(here, session.offered[0], Subject(value))


def _list(here: Here, offered: tuple[Certificate, ...]) -> Page:
    say = here.say
    options = [Option(str(index), f"{c.name} · {c.serial[-8:]}") for index, c in enumerate(offered)]
    return Page(
        say(N_("<b>The file holds several certificates. Which one do you mean?</b>")),
        options=(*options, Option(NO, say.t(N_("None of them")))),
    )


def _single(here: Here, certificate: Certificate) -> Page:
    say, said = here.say, here.session.answers.get("subject")
    guess = certificate.subscriber
    first = guess or (Subject(said) if said else Subject.ORGANISATION)
    kinds = sorted(Subject, key=lambda kind: kind is not first)
    yes = ("dung", "co", "phai", "ok", "yes", "dung roi")
    options = [Option(k, say.t(CONFIRM[k]), (*SYNONYMS[k], *(yes if k is first else ()))) for k in kinds]
    no = Option(NO, say.t(N_("No, not this certificate")), ("khong", "khong phai", "no", "sai"))
    return Page(
        say(N_("<b>I read this certificate:</b>")),
        (
            summary(say, certificate, here.world.now),
            *_doubt(here, guess, said),
            say(N_("<b>Is it the one you mean?</b>")),
        ),
        (*options, no),
    )


def _doubt(here: Here, guess: Subject | None, said: str | None) -> tuple[Markup, ...]:
    """What the officer said and what the certificate's name says may disagree."""
    if not (guess and said and guess != said):
        return ()
    say = here.say
    read, told = say.t(SUBJECTS[guess]), say.t(SUBJECTS[Subject(said)])
    return (
        say(
            N_("⚠ You said it belongs to {told}; by its name it belongs to {read}. Which is right?"),
            told=told,
            read=read,
        ),
    )


def _accepted(here: Here, certificate: Certificate, subject: Subject) -> Answered:
    session = here.session
    notes = tuple(_differences(here, certificate))
    session = session.having(certificate=certificate, offered=(), typed_expiry=None)
    session = interview.give(session, "subject", subject.value, here.world.pack)
    return Answered(given(here.then(session), "certificate", interview.certificate_facts(certificate)), notes=notes)


def _differences(here: Here, certificate: Certificate) -> list[Markup]:
    """What the file corrects of an earlier answer, said aloud."""
    earlier, say = here.session.answers.get("certificate"), here.say
    read = interview.certificate_facts(certificate)
    if not earlier or earlier == read:
        return []
    if here.session.certificate and here.session.certificate.fingerprint != certificate.fingerprint:
        return [say(N_("This certificate takes the place of the one you sent before."))]
    if earlier.get("not_after") not in {None, read["not_after"]}:
        return [lines(say(N_("The file says another expiry than you typed; I go by the file.")))]
    return []
