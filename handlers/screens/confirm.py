"""What will be stored with the request, reviewed before it is; then the request with its code."""

from markupsafe import Markup

from handlers.page import Answered, Option, Page
from handlers.requests.drafting import amended, contents, outdated
from handlers.requests.fields import FIELDS
from handlers.requests.managing_body import asked_again
from handlers.requests.model import Content, Request, State
from handlers.requests.words import procedure, told
from handlers.screen import Here, NoText
from handlers.screens.flow import left, left_note
from handlers.session import Draft, Session
from locales import N_

SEND, LEAVE = "send", "leave"
NOT_FILED = N_(
    "This is noted here for your managing body; it is not the dossier yet: the managing body prepares and sends that."
    " /yeucau shows what becomes of it."
)
ALSO = N_(
    "With it are kept: the answer with its legal basis as I gave it, the rule pack ({pack}), the channel and the times."
)
ALREADY = N_(
    "A request for this certificate and procedure is already open: <b>{code}</b> ({procedure})."
    " I did not register it twice."
)


class Confirm(NoText):
    """Review, then send; any field can still be changed."""

    async def page(self, here: Here) -> Page:
        """Everything that will be kept."""
        say, draft, kept = here.say, _draft(here), await _contents(here)
        leave = Option(LEAVE, say.t(_leaving(draft)), ("khong", "thoi", "khong dang ky"))
        if not kept:
            return Page(say(N_("There is nothing to register here.")), options=(leave,), exact=True)
        send = say.t(N_("Save the change")) if draft.code else say.t(N_("Send the request"))
        changes = [Option(name, say.t(N_("Change: {fact}"), fact=say.t(FIELDS[name].title))) for name in draft.fields]
        options = (Option(SEND, send, ("gui", "gui yeu cau", "dong y", "luu", "send", "ok")), *changes, leave)
        said = (*(told(say, content) for content in kept), say(ALSO, pack=kept[0].pack))
        return Page(say(N_("<b>Please review what will be stored</b>")), said, options, exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Send, change a field, or leave."""
        draft = _draft(here)
        if value == LEAVE:
            return Answered(left(here), notes=left_note(here))
        if value in FIELDS:
            return Answered(here.session.with_screen("form", draft=draft.model_copy(update={"editing": value})))
        if asked := asked_again(here, draft):
            note = here.say(N_("{unit} has ended in the meantime; nothing was sent yet."), unit=draft.fields["unit"])
            return Answered(here.session.with_screen("form", draft=asked), notes=(note,))
        return await _save(here, draft.code) if draft.code else await _register(here)


def _draft(here: Here) -> Draft:
    return here.session.draft or Draft()


def _leaving(draft: Draft) -> str:
    return N_("Leave it as it was") if draft.code else N_("Do not register")


async def _contents(here: Here) -> list[Content]:
    """What the decision asks for, or the amended request."""
    draft = _draft(here)
    if draft.code is None:
        return contents(here)
    request = await here.world.requests.get(draft.code)
    return [amended(request.content, draft)] if request else []


async def _register(here: Here) -> Answered:
    if outdated(here):
        note = here.say(N_("The answer has changed since you began: please read it again before you register."))
        return Answered(here.session.with_screen("answer", draft=None), notes=(note,))
    kept = contents(here)
    notes = [await _registered(here, content) for content in kept]
    key = kept[0].certificate_key if kept else None
    return Answered(
        here.session.with_screen("next", draft=None, set_aside=None, registered_key=key),
        notes=(*notes, here.say(NOT_FILED)),
    )


async def _registered(here: Here, content: Content) -> Markup:
    """A request under its code, or the open one where the same was asked before."""
    requests, say = here.world.requests, here.say
    known = await requests.open_for(content.certificate_key, content.procedure)
    if known:
        return say(ALREADY, code=known.code, procedure=procedure(say, known.content))
    made = await requests.register(content)
    return say(
        N_("✅ Registered: <b>{code}</b> – {procedure}."), code=made.code, procedure=procedure(say, made.content)
    )


async def _save(here: Here, code: str) -> Answered:
    """The amended content; a request that was sent back is submitted again with it."""
    kept = await _contents(here)
    other = await here.world.requests.open_for(kept[0].certificate_key, kept[0].procedure) if kept else None
    if other and other.code != code:
        note = here.say(ALREADY, code=other.code, procedure=procedure(here.say, other.content))
        return Answered(here.session, notes=(note,))
    was = await here.world.requests.get(code)
    saved = await here.world.requests.amend(code, kept[0]) if kept else None
    if saved and saved.state is State.SENT_BACK:
        saved = await here.world.requests.move(code, State.SUBMITTED)
    note = here.say(N_("Saved.") if saved else N_("This request can no longer be changed; nothing was saved."))
    return Answered(_found_by(here.session, was, saved).with_screen("request", about=code, draft=None), notes=(note,))


def _found_by(session: Session, was: Request | None, saved: Request | None) -> Session:
    """A corrected serial number is what the request of this interview is found by from now on."""
    if was is None or saved is None or session.registered_key != was.content.certificate_key:
        return session
    return session.with_changes(registered_key=saved.content.certificate_key)
