"""The request, field by field: what the certificate says is offered as a button, the rest is typed."""

from markupsafe import Markup

from handlers.page import Answered, Option, Page
from handlers.requests.fields import FIELDS, Field
from handlers.requests.filling import contradicted, open_field, suggestions
from handlers.requests.managing_body import offered, settled, with_body
from handlers.screen import Here
from handlers.screens.flow import left, left_note
from handlers.session import Draft, Session
from handlers.voice import bold, lines
from locales import N_

#: Words that leave a form.
LEAVING = ("khong dang ky", "khong dang ky nua", "thoi", "thoi khong dang ky nua", "quay lai", "bo qua", "giu nguyen")
#: What says that a serial number is not known.
NOT_KNOWN = ("khong ro", "khong biet", "chua ro", "chua biet", "khong nho", "chua nho", "khong co", "chua co", "quen")
FORM_STAYS = N_("This field is still empty; what you filled in before is kept, also if you choose “{leave}” for now.")
OLD_VALUE = N_("Nothing was changed; “{leave}” keeps the value that was there.")
#: Before the code of a unit of today; none of the other buttons has a colon.
_MARK = "unit:"
LEAVE, KEEP, RETYPE, UNKNOWN = "leave", "keep", "retype", "unknown"


class Form:
    """Asks the first field that has no value; goes to the review when all have one."""

    async def page(self, here: Here) -> Page:
        """The open field."""
        field, draft = open_field(here), _draft(here)
        if field is None:
            return Page(here.say(N_("The request is complete.")), options=(Option(KEEP, here.say.t(N_("Review it"))),))
        if not draft.doubted:
            return _ask(here, field)
        return _units(here, draft.doubted) if field.name == "unit" else _doubt(here, field, draft.doubted)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """A suggestion taken, a doubt settled, or the form left."""
        field, draft = open_field(here), _draft(here)
        if value == LEAVE:
            unedited = draft.model_copy(update={"editing": None, "doubted": None})
            if draft.editing:
                return Answered(here.session.with_screen("confirm", draft=unedited))
            return Answered(left(here), notes=left_note(here))
        if field is None:
            return Answered(here.session.with_screen("confirm"))
        if draft.doubted:
            return _doubt_settled(here, field, draft, value)
        if value == UNKNOWN:
            return _put(here, field, "")
        values = dict(enumerate(suggestions(field, here)))
        number = int(value) if value.isdigit() else -1
        return _taken(here, field, values[number]) if number in values else Answered(here.session)

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """A value, checked; a unit that the certificate contradicts is asked about."""
        field = open_field(here)
        if field is None:
            return None
        value = field.clean(text)
        if value is None:
            return Answered(here.session, notes=(here.say(field.wrong),))
        return _taken(here, field, value)


def _taken(here: Here, field: Field, value: str) -> Answered:
    """A value, unless it has to be asked about first: the certificate or the tree of units says otherwise."""
    if contradicted(field, value, here.session) or (field.name == "unit" and offered(here, value)):
        return Answered(_with(here, _draft(here), doubted=value))
    return _put(here, field, value)


def _doubt_settled(here: Here, field: Field, draft: Draft, value: str) -> Answered:
    """What was typed is kept, typed anew, or the unit of today stands in its place."""
    typed = draft.doubted or ""
    if value == KEEP:
        return _put(here, field, typed)
    unit = next((unit for unit in offered(here, typed) if value == f"{_MARK}{unit.code}"), None)
    if field.name == "unit" and unit:
        return _filled(here, with_body(draft, typed, unit))
    return Answered(_with(here, draft, doubted=None))


def _draft(here: Here) -> Draft:
    return here.session.draft or Draft()


def _with(here: Here, draft: Draft, **changes: object) -> Session:
    return here.session.with_screen("form", draft=draft.model_copy(update=changes))


def _put(here: Here, field: Field, value: str) -> Answered:
    draft = _draft(here)
    if field.name == "unit":
        return _filled(here, with_body(draft, value, settled(here, value)))
    return _filled(here, draft.model_copy(update={"fields": {**draft.fields, field.name: value}}))


def _filled(here: Here, draft: Draft) -> Answered:
    session = _with(here, draft, doubted=None, editing=None)
    return Answered(session if open_field(here.with_session(session)) else session.with_screen("confirm"))


def _ask(here: Here, field: Field) -> Page:
    say = here.say
    offers = [Option(str(index), value) for index, value in enumerate(suggestions(field, here))]
    unknown = [Option(UNKNOWN, say.t(N_("I do not know it")), NOT_KNOWN)] if field.name == "serial" else []
    leave = Option(LEAVE, say.t(_leaving(here)), LEAVING, numbered=False)
    hint = say(N_("Choose, or type it.")) if offers else say(N_("Please type it."))
    return Page(bold(say(field.ask)), (hint,), (*offers, *unknown, leave), exact=True, help=_help(here, field))


def _help(here: Here, field: Field) -> Markup:
    """What the field is, and that nothing is lost meanwhile."""
    stays = OLD_VALUE if _draft(here).editing else FORM_STAYS
    return lines(here.say(field.help), here.say(stays, leave=here.say.t(_leaving(here))))


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
    return Page(bold(text), options=options, exact=True, help=_help(here, field))


def _units(here: Here, typed: str) -> Page:
    """A former name, or one that several units have: the units of today to choose from."""
    say, units = here.say, here.world.units
    today = (Option(f"{_MARK}{unit.code}", units.path_name(unit.code)) for unit in offered(here, typed))
    keep = Option(KEEP, say.t(N_("Keep what I wrote")), ("giu", "giu nguyen"))
    retype = Option(RETYPE, say.t(N_("Type another name")), ("sua", "go lai"))
    ask = say(N_("“{typed}” is a former name, or several units have it. Which unit of today do you mean?"), typed=typed)
    return Page(bold(ask), options=(*today, keep, retype), exact=True, help=_help(here, FIELDS["unit"]))
