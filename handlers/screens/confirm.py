"""What will be stored with the request, reviewed before it is; then the request with its code."""

from markupsafe import Markup

from handlers import interview
from handlers.page import Answered, Option, Page
from handlers.requests.fields import FIELDS
from handlers.requests.model import AMENDABLE, Content, Request, State
from handlers.requests.words import procedure, told
from handlers.screen import Here, NoText
from handlers.screens.answer import decision, in_plain_words, registrable
from handlers.screens.flow import proceed
from handlers.session import Draft, Session
from locales import N_
from rules.facts import Subject
from rules.outcome import Action

SEND, LEAVE = "send", "leave"
NOT_FILED = N_(
    "This is noted here for your managing body; it is not the dossier yet: the managing body prepares and sends that."
    " /yeucau shows what becomes of it."
)


class Confirm(NoText):
    """Review, then send; any field can still be changed."""

    async def page(self, here: Here) -> Page:
        """Everything that will be kept."""
        say, draft = here.say, _draft(here)
        contents = await _contents(here)
        if not contents:
            return Page(say(N_("There is nothing to register here.")), options=(_leave(here),))
        also = say(
            N_(
                "With it are kept: the answer with its legal basis as I gave it, the rule pack ({pack}), the channel"
                " and the times."
            ),
            pack=contents[0].pack,
        )
        send = say.t(N_("Save the change")) if draft.code else say.t(N_("Send the request"))
        changes = [Option(name, say.t(N_("Change: {fact}"), fact=say.t(FIELDS[name].title))) for name in draft.fields]
        options = (Option(SEND, send, ("gui", "gui yeu cau", "dong y", "luu", "send", "ok")), *changes, _leave(here))
        return Page(
            say(N_("<b>Please review what will be stored</b>")), (*(told(say, c) for c in contents), also), options
        )

    async def chosen(self, here: Here, value: str) -> Answered:
        """Send, change a field, or leave."""
        draft = _draft(here)
        if value == LEAVE:
            return Answered(_left(here, draft))
        if value in FIELDS:
            return Answered(here.session.at("form", draft=draft.model_copy(update={"editing": value})))
        return await _save(here, draft.code) if draft.code else await _register(here)


def _draft(here: Here) -> Draft:
    return here.session.draft or Draft()


def _leave(here: Here) -> Option:
    return Option(LEAVE, here.say.t(N_("Do not register")), ("khong", "thoi", "khong dang ky"))


def _left(here: Here, draft: Draft) -> Session:
    session = here.session.having(draft=None)
    return session.at("request", about=draft.code) if draft.code else proceed(here.then(session))


async def _contents(here: Here) -> list[Content]:
    """One content per procedure of the decision, or the amended one."""
    draft, decided = _draft(here), decision(here)
    if draft.code:
        request = await here.world.requests.get(draft.code)
        return [_amended(request.content, draft)] if request else []
    if decided is None or not {"subscriber", "unit"} <= set(draft.fields):
        return []
    answer = in_plain_words(here, decided)
    return [_content(here, action, answer) for action in registrable(decided)]


def _content(here: Here, action: Action, answer: str) -> Content:
    session, fields = here.session, _draft(here).fields
    facts, certificate = interview.facts_of(session), session.certificate
    return Content(
        subject=facts.subject or Subject.ORGANISATION,
        subscriber=fields["subscriber"],
        unit=fields["unit"],
        certificate_name=certificate.name if certificate else None,
        serial=fields.get("serial") or None,
        not_after=facts.certificate.not_after if facts.certificate else None,
        procedure=action.procedure,
        form=action.form,
        events=tuple(sorted(facts.events or ())),
        news=_news(fields),
        decision=answer,
        pack=here.world.pack.label,
        channel=here.world.channel,
    )


def _news(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name.startswith("new_")}


def _amended(content: Content, draft: Draft) -> Content:
    fields = draft.fields
    changes = {"subscriber": fields["subscriber"], "unit": fields["unit"], "serial": fields.get("serial") or None}
    return content.model_copy(update={**changes, "news": _news(fields)})


async def _register(here: Here) -> Answered:
    notes = [await _registered(here, content) for content in await _contents(here)]
    next_step = here.say(NOT_FILED)
    session = here.session.having(draft=None)
    return Answered(session.at("next"), notes=(*notes, next_step) if notes else ())


async def _registered(here: Here, content: Content) -> Markup:
    """A request under its code, or the open one where the same was asked before."""
    requests, say = here.world.requests, here.say
    if known := await requests.open_for(content.certificate_key, content.procedure):
        return say(
            N_(
                "A request for this certificate and procedure is already open: <b>{code}</b> ({procedure}). I did"
                " not register it twice."
            ),
            code=known.code,
            procedure=procedure(say, known.content),
        )
    made = await requests.register(content)
    return say(
        N_("✅ Registered: <b>{code}</b> – {procedure}."), code=made.code, procedure=procedure(say, made.content)
    )


async def _save(here: Here, code: str) -> Answered:
    """The amended content; a request that was sent back is submitted again with it."""
    contents = await _contents(here)
    saved = await here.world.requests.amend(code, contents[0]) if contents else None
    if saved and saved.state is State.SENT_BACK:
        saved = await here.world.requests.move(code, State.SUBMITTED)
    note = N_("Saved.") if saved else N_("This request can no longer be changed; nothing was saved.")
    return Answered(here.session.at("request", about=code, draft=None), notes=(here.say(note),))


def draft_of(request: Request) -> Draft | None:
    """A draft to amend a request with; ``None`` where its state no longer allows it."""
    if request.state not in AMENDABLE:
        return None
    content = request.content
    fields = {"subscriber": content.subscriber, "unit": content.unit, "serial": content.serial or "", **content.news}
    return Draft(fields=fields, code=request.code)
