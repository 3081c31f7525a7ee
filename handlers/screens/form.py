"""The request, field by field: what the certificate says is offered as a button, the rest is typed."""

from handlers import interview
from handlers.matching_unit import matches_unit
from handlers.page import Answered, Option, Page
from handlers.requests.fields import FIELDS, UNKNOWN, Field, asked_for, suggestions
from handlers.screen import Here
from handlers.screens.answer import decision
from handlers.screens.flow import proceed
from handlers.session import Draft, Session
from handlers.voice import bold
from locales import N_

LEAVE, KEEP, RETYPE = "leave", "keep", "retype"


class Form:
    """Asks the first field that has no value; goes to the review when all have one."""

    async def page(self, here: Here) -> Page:
        """The open field."""
        field, draft = open_field(here), _draft(here)
        if field is None:
            return Page(here.say(N_("The request is complete.")), options=(Option(KEEP, here.say.t(N_("Review it"))),))
        return _doubt(here, draft.doubted) if draft.doubted else _ask(here, field)

    async def chosen(self, here: Here, value: str) -> Answered:
        """A suggestion taken, a doubt settled, or the form left."""
        field, draft = open_field(here), _draft(here)
        if value == LEAVE:
            return Answered(proceed(here.then(here.session.having(draft=None))))
        if field is None:
            return Answered(here.session.at("confirm"))
        if draft.doubted:
            return _put(here, field, draft.doubted) if value == KEEP else Answered(_with(here, draft, doubted=None))
        if value == UNKNOWN:
            return _put(here, field, "")
        offered = suggestions(field, here.session)
        return (
            _put(here, field, offered[int(value)])
            if value.isdigit() and int(value) < len(offered)
            else Answered(here.session)
        )

    async def typed(self, here: Here, text: str) -> Answered | None:
        """A value, checked; a unit that the certificate contradicts is asked about."""
        field = open_field(here)
        if field is None:
            return None
        value = field.clean(text)
        if value is None:
            return Answered(here.session, notes=(here.say(field.wrong),))
        if _contradicted(here, field, value):
            return Answered(_with(here, _draft(here), doubted=value))
        return _put(here, field, value)


def fields_of(here: Here) -> list[Field]:
    """The fields this request needs; none where the decision asks for nothing that can be registered."""
    facts, decided = interview.facts_of(here.session), decision(here)
    if decided is None or facts.subject is None:
        return []
    return asked_for(facts.subject, facts.events or frozenset(), decided)


def open_field(here: Here) -> Field | None:
    """The field that is asked now."""
    draft = _draft(here)
    if draft.editing:
        return FIELDS[draft.editing]
    return next((field for field in fields_of(here) if field.name not in draft.fields), None)


def _draft(here: Here) -> Draft:
    return here.session.draft or Draft()


def _with(here: Here, draft: Draft, **changes: object) -> Session:
    return here.session.at("form", draft=draft.model_copy(update=changes))


def _put(here: Here, field: Field, value: str) -> Answered:
    draft = _draft(here)
    session = _with(here, draft, fields={**draft.fields, field.name: value}, doubted=None, editing=None)
    complete = open_field(here.then(session)) is None
    return Answered(session.at("confirm") if complete else session)


def _contradicted(here: Here, field: Field, value: str) -> bool:
    """The subscriber's old name stands in the certificate; a new name is another field."""
    certificate = here.session.certificate
    return field.name == "subscriber" and certificate is not None and matches_unit(certificate, value) is False


def _ask(here: Here, field: Field) -> Page:
    say = here.say
    offers = [Option(str(index), value) for index, value in enumerate(suggestions(field, here.session))]
    unknown = (
        [Option(UNKNOWN, say.t(N_("I do not know it")), ("khong ro", "khong biet"))] if field.name == "serial" else []
    )
    leave = Option(LEAVE, say.t(N_("Do not register")), ("khong dang ky", "thoi"))
    hint = say(N_("Choose, or type it.")) if offers else say(N_("Please type it."))
    return Page(bold(say(field.ask)), (hint,), (*offers, *unknown, leave), exact=True)


def _doubt(here: Here, typed: str) -> Page:
    say, certificate = here.say, here.session.certificate
    name = certificate.name if certificate else ""
    options = (
        Option(KEEP, say.t(N_("Yes, the same subscriber")), ("dung", "co", "phai", "yes")),
        Option(RETYPE, say.t(N_("No, let me correct it")), ("khong", "sai", "no", "sua")),
    )
    text = say(
        N_("The certificate names “{name}”, you wrote “{typed}”. Are they the same subscriber?"), name=name, typed=typed
    )
    return Page(bold(text), options=options)
