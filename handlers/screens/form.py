"""The request, field by field: what the certificate says is offered as a button, the rest is typed."""

from handlers.page import Answered, Option, Page
from handlers.requests.fields import Field
from handlers.requests.filling import contradicted, open_field, suggestions
from handlers.screen import Here
from handlers.screens.flow import left
from handlers.session import Draft, Session
from handlers.voice import bold
from locales import N_

#: Words that leave a form.
LEAVING = ("khong dang ky", "khong dang ky nua", "thoi", "thoi khong dang ky nua", "quay lai", "bo qua", "giu nguyen")
LEAVE, KEEP, RETYPE, UNKNOWN = "leave", "keep", "retype", "unknown"


class Form:
    """Asks the first field that has no value; goes to the review when all have one."""

    async def page(self, here: Here) -> Page:
        """The open field."""
        field, draft = open_field(here), _draft(here)
        if field is None:
            return Page(here.say(N_("The request is complete.")), options=(Option(KEEP, here.say.t(N_("Review it"))),))
        return _doubt(here, field, draft.doubted) if draft.doubted else _ask(here, field)

    async def chosen(self, here: Here, value: str) -> Answered:
        """A suggestion taken, a doubt settled, or the form left."""
        field, draft = open_field(here), _draft(here)
        if value == LEAVE:
            unedited = draft.model_copy(update={"editing": None, "doubted": None})
            return Answered(here.session.at("confirm", draft=unedited) if draft.editing else left(here))
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
        if contradicted(field, value, here.session):
            return Answered(_with(here, _draft(here), doubted=value))
        return _put(here, field, value)


def _draft(here: Here) -> Draft:
    return here.session.draft or Draft()


def _with(here: Here, draft: Draft, **changes: object) -> Session:
    return here.session.at("form", draft=draft.model_copy(update=changes))


def _put(here: Here, field: Field, value: str) -> Answered:
    draft = _draft(here)
    session = _with(here, draft, fields={**draft.fields, field.name: value}, doubted=None, editing=None)
    return Answered(session if open_field(here.then(session)) else session.at("confirm"))


def _ask(here: Here, field: Field) -> Page:
    say = here.say
    offers = [Option(str(index), value) for index, value in enumerate(suggestions(field, here.session))]
    unknown = (
        [Option(UNKNOWN, say.t(N_("I do not know it")), ("khong ro", "khong biet"))] if field.name == "serial" else []
    )
    leave = Option(LEAVE, say.t(_leaving(here)), LEAVING)
    hint = say(N_("Choose, or type it.")) if offers else say(N_("Please type it."))
    return Page(bold(say(field.ask)), (hint,), (*offers, *unknown, leave), exact=True)


def _leaving(here: Here) -> str:
    return N_("Leave this as it is") if _draft(here).editing else N_("Do not register")


def _doubt(here: Here, field: Field, typed: str) -> Page:
    say = here.say
    options = (
        Option(KEEP, say.t(N_("Yes, keep what I wrote")), ("dung", "co", "phai", "yes", "giu")),
        Option(RETYPE, say.t(N_("No, let me correct it")), ("khong", "sai", "no", "sua")),
    )
    text = say(
        N_("The certificate says “{read}”, you wrote “{typed}”. Is what you wrote right?"),
        read=contradicted(field, typed, here.session) or "",
        typed=typed,
    )
    return Page(bold(text), options=options, exact=True)
