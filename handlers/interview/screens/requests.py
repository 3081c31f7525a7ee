"""The screens of a request: filling in its form, confirming it, the list of own requests, and withdrawing one."""

from markupsafe import Markup, escape

from handlers.core import (
    BACK,
    NO,
    YES,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    RequestDraft,
    Session,
    back_option,
    format_bold,
    format_pack,
    join_lines,
)
from handlers.forms.case import case_of_request
from handlers.forms.filling import begin_forms
from handlers.interview import format_draft_left, to_left_draft, to_next_screen
from handlers.model import REQUEST_TRANSITIONS, UNFINISHED, Request, RequestContent, RequestHandling, RequestState
from handlers.notices import format_handling, format_step_office
from handlers.requests import FIELDS, Field, format_content, format_history, format_procedure, format_request_line
from handlers.requests.form import (
    amend_content,
    body_choices,
    build_contents,
    certificate_contradiction,
    current_field,
    find_body,
    is_outdated,
    other_holder,
    render_field,
    suggestions,
    to_amendment_draft,
    unit_choices,
    with_ended_body_reopened,
    with_managing_body,
)
from locales import N_
from rules.language.spelling import fold

#: Texts that leave a form; "quay lai" is a step back within it.
LEAVING = (
    "khong dang ky", "khong dang ky nua", "thoi", "thoi khong dang ky nua", "thoat", "thoat ra", "dung lai",
    "giu nguyen", "exit",
)  # fmt: skip
#: Texts that skip a field: only the serial number can be skipped.
SKIPPING = ("bo qua", "bo qua muc nay", "de sau", "skip")
#: Texts that say that a serial number is not known.
NOT_KNOWN = (
    "khong ro", "khong biet", "chua ro", "chua biet", "khong nho", "chua nho", "khong co", "chua co", "quen", *SKIPPING,
)  # fmt: skip
FORM_STAYS = N_("This field is still empty; what you filled in before is kept, also if you choose “{leave}” for now.")
OLD_VALUE = N_("Nothing was changed; “{leave}” keeps the value that was there.")
#: Prefix of the option value of a unit; the other values have no colon.
_MARK = "unit:"
LEAVE, KEEP, RETYPE, UNKNOWN = "leave", "keep", "retype", "unknown"


class RequestFormScreen:
    """Asks for the first field without a value; values that the certificate holds are offered as buttons."""

    async def page(self, here: Context) -> Page:
        """Show the open field, or the doubt about the value just typed."""
        field, draft = current_field(here), _current_draft(here)
        if field is None:
            return Page(here.say(N_("The request is complete.")), options=(Option(KEEP, here.say.t(N_("Review it"))),))
        if not draft.doubted:
            return _render_field(here, field)
        return (
            _render_unit_choice(here, draft.doubted)
            if field.name == "unit"
            else _render_doubt(here, field, draft.doubted)
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Take a suggestion, settle a doubt, or leave the form."""
        field, draft = current_field(here), _current_draft(here)
        if value == LEAVE:
            unedited = draft.model_copy(update={"editing": None, "doubted": None})
            if draft.editing:
                return HandlerResult(here.session.with_screen("confirm", draft=unedited))
            return _leave_or_ask(here)
        if field is None:
            return HandlerResult(here.session.with_screen("confirm"))
        if draft.doubted:
            return _settle_doubt(here, field, draft, value)
        if value == UNKNOWN:
            return _save_value(here, field, "")
        values = dict(enumerate(suggestions(field, here)))
        number = int(value) if value.isdigit() else -1
        return _take_value(here, field, values[number]) if number in values else HandlerResult(here.session)

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Check a typed value; a value that the certificate or the tree of units contradicts is asked about."""
        field = current_field(here)
        if field is None:
            return None
        if fold(text) in SKIPPING:
            return HandlerResult(here.session, notes=(_format_field_help(here, field),))
        value = field.clean(text)
        if value is None:
            return HandlerResult(here.session, notes=(here.say(field.wrong),))
        return _take_value(here, field, value)


def _leave_or_ask(here: Context) -> HandlerResult:
    """Ask before a form with something in it is left; an empty one is left at once."""
    if _current_draft(here).fields:
        return HandlerResult(here.session.open_visit("leave_form"))
    return HandlerResult(to_left_draft(here))


class LeaveFormScreen(OptionsOnlyScreen):
    """Asks before the form is left; what was filled in is kept either way."""

    async def page(self, here: Context) -> Page:
        """Offer to go on with the form, or to leave it."""
        say = here.say
        no = Option(NO, say.t(N_("No, go on filling it in")), ("khong", "tiep tuc", "dien tiep", "no"))
        yes = Option(YES, say.t(N_("Yes, leave it for now")), ("co", "dong y", "thoi", "roi", "yes"))
        ask = say(N_("<b>Leave this request for now?</b>"))
        return Page(ask, (say(N_("What you filled in is kept.")),), (no, yes), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Go back to the form, or leave it and say where the draft is."""
        if value == YES:
            return HandlerResult(to_left_draft(here), notes=format_draft_left(here))
        return HandlerResult(here.session.to_previous_screen())


def _take_value(here: Context, field: Field, value: str) -> HandlerResult:
    """Save a value, unless the certificate or the tree of units contradicts it: then ask first."""
    if certificate_contradiction(field, value, here.session) or (
        field.name == "unit" and _is_unit_doubtful(here, value)
    ):
        return HandlerResult(_with_draft(here, _current_draft(here), doubted=value))
    return _save_value(here, field, value)


def _is_unit_doubtful(here: Context, value: str) -> bool:
    """Return whether to ask which unit is meant: a name of several, of a former one, or of none that is known."""
    return bool(body_choices(here, value)) or (bool(here.world.units) and find_body(here, value) is None)


def _settle_doubt(here: Context, field: Field, draft: RequestDraft, value: str) -> HandlerResult:
    """Keep the typed value, replace it by a present unit, or ask for it again."""
    typed = draft.doubted or ""
    if value == KEEP:
        return _save_value(here, field, typed)
    unit = next((unit for unit in unit_choices(here, typed) if value == f"{_MARK}{unit.code}"), None)
    if field.name == "unit" and unit:
        return _go_on_with_draft(here, with_managing_body(draft, typed, unit))
    return HandlerResult(_with_draft(here, draft, doubted=None))


def _current_draft(here: Context) -> RequestDraft:
    return here.session.draft or RequestDraft()


def _with_draft(here: Context, draft: RequestDraft, **changes: object) -> Session:
    return here.session.with_screen("form", draft=draft.model_copy(update=changes))


def _save_value(here: Context, field: Field, value: str) -> HandlerResult:
    draft = _current_draft(here)
    if field.name == "unit":
        return _go_on_with_draft(here, with_managing_body(draft, value, find_body(here, value)))
    return _go_on_with_draft(here, draft.model_copy(update={"fields": {**draft.fields, field.name: value}}))


def _go_on_with_draft(here: Context, draft: RequestDraft) -> HandlerResult:
    session = _with_draft(here, draft, doubted=None, editing=None)
    return HandlerResult(session if current_field(here.with_session(session)) else session.with_screen("confirm"))


def _render_field(here: Context, field: Field) -> Page:
    t = here.say.t
    unknown = [Option(UNKNOWN, t(N_("I do not know it")), NOT_KNOWN)] if field.name == "serial" else []
    leave = Option(LEAVE, t(_format_leaving(here)), LEAVING, gives_up=True)
    return render_field(here, field, suggestions(field, here), (*unknown, leave), _format_field_help(here, field))


def _format_field_help(here: Context, field: Field) -> Markup:
    """Explain the field, and that nothing already typed is lost."""
    stays = OLD_VALUE if _current_draft(here).editing else FORM_STAYS
    return join_lines(here.say(field.help), here.say(stays, leave=here.say.t(_format_leaving(here))))


def _format_leaving(here: Context) -> str:
    return N_("Leave this as it is") if _current_draft(here).editing else N_("Do not register")


def _render_doubt(here: Context, field: Field, typed: str) -> Page:
    say = here.say
    options = (
        Option(KEEP, say.t(N_("Yes, keep what I wrote")), ("dung", "co", "phai", "yes", "giu")),
        Option(RETYPE, say.t(N_("No, let me correct it")), ("khong", "sai", "no", "sua")),
    )
    text = say(
        N_("The certificate says “{read}”, you wrote “{typed}”. Is what you wrote right?"),
        read=certificate_contradiction(field, typed, here.session) or "",
        typed=typed,
    )
    return Page(format_bold(text), options=options, exact=True, help=_format_field_help(here, field))


def _render_unit_choice(here: Context, typed: str) -> Page:
    """Offer the present units for a former name, or for a name that several units have."""
    say, units = here.say, here.world.units
    today = [Option(f"{_MARK}{unit.code}", units.path_name(unit.code)) for unit in unit_choices(here, typed)]
    keep = Option(KEEP, say.t(N_("Keep what I wrote")), ("giu", "giu nguyen"))
    retype = Option(RETYPE, say.t(N_("Type another name")), ("sua", "go lai"))
    former = N_("“{typed}” is a former name, or several units have it. Which unit of today do you mean?")
    unknown = N_("I do not find “{typed}” in the list of units. A focal officer gets the request only by its unit.")
    ask = say(former if body_choices(here, typed) else unknown, typed=typed)
    return Page(
        format_bold(ask), options=(*today, keep, retype), exact=True, help=_format_field_help(here, FIELDS["unit"])
    )


SEND, LEAVE = "send", "leave"
NOT_FILED = N_(
    "This is noted here for your managing body; it is not the dossier yet: the managing body prepares and sends that."
    " /yeucau shows what becomes of it."
)
ALSO = N_(
    "With it are kept: the answer with its legal basis as I gave it, the rule pack ({pack}), the channel and the times."
)
OTHER_HOLDER = N_(
    "⚠️ The certificate says “{read}”; you gave the managing body as “{unit}”. Is that right? If not, change the"
    " managing body, or send the right certificate."
)
ALREADY = N_(
    "A request for this certificate and procedure is already open: <b>{code}</b> ({procedure})."
    " I did not register it twice."
)


class ConfirmRequestScreen(OptionsOnlyScreen):
    """Shows everything that will be stored before it is sent; any field can still be changed."""

    async def page(self, here: Context) -> Page:
        """Show the contents of all requests to be stored."""
        say, draft, kept = here.say, _draft_to_confirm(here), await _contents_to_send(here)
        leave = Option(LEAVE, say.t(_format_leave_option(draft)), ("khong", "thoi", "khong dang ky"))
        if not kept:
            return Page(say(N_("There is nothing to register here.")), options=(leave,), exact=True)
        send = say.t(N_("Save the change")) if draft.code else say.t(N_("Send the request"))
        changes = [Option(name, say.t(N_("Change: {fact}"), fact=say.t(FIELDS[name].title))) for name in draft.fields]
        options = (Option(SEND, send, ("gui", "gui yeu cau", "dong y", "luu", "send", "ok")), *changes, leave)
        doubt = other_holder(here, draft)
        told = (say(OTHER_HOLDER, read=doubt, unit=draft.fields["unit"]),) if doubt else ()
        said = (
            *told,
            *(format_content(say, content) for content in kept),
            say(ALSO, pack=format_pack(here.world.pack, say.t, kept[0].pack)),
        )
        return Page(say(N_("<b>Please review what will be stored</b>")), said, options, exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Send the requests, change a field, or leave."""
        draft = _draft_to_confirm(here)
        if value == LEAVE:
            return _leave_or_ask(here)
        if value in FIELDS:
            return HandlerResult(here.session.with_screen("form", draft=draft.model_copy(update={"editing": value})))
        if asked := with_ended_body_reopened(here, draft):
            note = here.say(N_("{unit} has ended in the meantime; nothing was sent yet."), unit=draft.fields["unit"])
            return HandlerResult(here.session.with_screen("form", draft=asked), notes=(note,))
        return await _save_amendment(here, draft.code) if draft.code else await _register_requests(here)


def _draft_to_confirm(here: Context) -> RequestDraft:
    return here.session.draft or RequestDraft()


def _format_leave_option(draft: RequestDraft) -> str:
    return N_("Leave it as it was") if draft.code else N_("Do not register")


async def _contents_to_send(here: Context) -> list[RequestContent]:
    """Return the contents that the decision asks for, or that of the amended request."""
    draft = _draft_to_confirm(here)
    if draft.code is None:
        return build_contents(here)
    request = await here.world.requests.get(draft.code)
    return [amend_content(request.content, draft)] if request else []


async def _register_requests(here: Context) -> HandlerResult:
    if is_outdated(here):
        note = here.say(N_("The answer has changed since you began: please read it again before you register."))
        return HandlerResult(here.session.with_screen("answer", draft=None), notes=(note,))
    kept = build_contents(here)
    notes = [note for content in kept for note in await _register_content(here, content)]
    key = kept[0].certificate_key if kept else None
    return HandlerResult(
        here.session.with_screen("next", draft=None, set_aside=None, registered_key=key),
        notes=(*notes, here.say(NOT_FILED)),
    )


async def _register_content(here: Context, content: RequestContent) -> tuple[Markup, ...]:
    """Register one request, unless one for the same certificate and procedure is open already."""
    requests, say = here.world.requests, here.say
    known = await requests.open_for(content.certificate_key, content.procedure)
    if known:
        return (say(ALREADY, code=known.code, procedure=format_procedure(say, known.content)),)
    made = await requests.register(content)
    done = N_("✅ Registered: <b>{code}</b> – {procedure}.")
    handling = format_handling(say, await requests.handling(made.code), made.code, here.world.units)
    return say(done, code=made.code, procedure=format_procedure(say, made.content)), handling


async def _save_amendment(here: Context, code: str) -> HandlerResult:
    """Save the amended content; a request that was sent back is submitted again."""
    kept = await _contents_to_send(here)
    other = await here.world.requests.open_for(kept[0].certificate_key, kept[0].procedure) if kept else None
    if other and other.code != code:
        note = here.say(ALREADY, code=other.code, procedure=format_procedure(here.say, other.content))
        return HandlerResult(here.session, notes=(note,))
    was = await here.world.requests.get(code)
    saved = await here.world.requests.amend(code, kept[0]) if kept else None
    if saved and saved.state is RequestState.SENT_BACK:
        saved = await here.world.requests.move(code, RequestState.SUBMITTED)
    note = here.say(N_("Saved.") if saved else N_("This request can no longer be changed; nothing was saved."))
    return HandlerResult(
        _with_registered_key(here.session, was, saved).with_screen("request", about=code, draft=None), notes=(note,)
    )


def _with_registered_key(session: Session, was: Request | None, saved: Request | None) -> Session:
    """Keep the key of this interview's request up to date after its serial number was corrected."""
    if was is None or saved is None or session.registered_key != was.content.certificate_key:
        return session
    return session.with_changes(registered_key=saved.content.certificate_key)


AMEND, WITHDRAW, ANSWER, UNIT, FORMS = "amend", "withdraw", "answer", "unit", "forms"
#: Requests shown at most; older ones can be opened by typing their code.
SHOWN = 10


class OwnRequestsScreen:
    """Lists the requests of this chat, newest first."""

    async def page(self, here: Context) -> Page:
        """Show one button per request."""
        say, mine = here.say, await here.world.requests.mine()
        back = back_option(say.t)
        if not mine:
            return Page(say(N_("You have no requests yet.")), options=(back,))
        older = (say(N_("The {number} newest are shown; type a code to open an older one."), number=SHOWN),)
        options = [Option(request.code, format_request_line(say, request)) for request in mine[:SHOWN]]
        return Page(say(N_("<b>Your requests</b>")), older if len(mine) > SHOWN else (), (*options, back))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Open a request, or go back."""
        return HandlerResult(
            to_next_screen(here) if value == BACK else here.session.with_screen("request", about=value)
        )

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Open the request whose code was typed."""
        found = await here.world.requests.get(text.strip().upper())
        return HandlerResult(here.session.with_screen("request", about=found.code)) if found else None


class OwnRequestScreen(OptionsOnlyScreen):
    """Shows one request with its history, and the actions that its state allows."""

    async def page(self, here: Context) -> Page:
        """Show content, history and buttons."""
        say, request = here.say, await _current_request(here)
        back = back_option(say.t, N_("Back to my requests"))
        if request is None:
            return Page(say(N_("I do not find this request among yours.")), options=(back,))
        title = say(N_("<b>Request {code}</b>"), code=request.code)
        handling = await here.world.requests.handling(request.code)
        offices = {step: format_step_office(say, held, here.world.units) for step, held in handling.steps.items()}
        told = [format_content(say, request.content), format_history(say, request, offices)]
        if request.state in UNFINISHED:
            told.append(format_handling(say, handling, request.code, here.world.units))
        placing = _unit_options(here, request, handling)
        return Page(title, tuple(told), (*placing, *_request_options(here, request), back))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Amend, withdraw, or go back."""
        request = await _current_request(here)
        if value == ANSWER and request:
            return await _show_answer(here, request)
        if value == FORMS and request and (case := await case_of_request(here, request.code)):
            return HandlerResult(begin_forms(here, case))
        if value == UNIT and request and (draft := to_amendment_draft(request)):
            return HandlerResult(here.session.with_screen("form", draft=draft.model_copy(update={"editing": "unit"})))
        if value == AMEND and request and (draft := to_amendment_draft(request)):
            return HandlerResult(here.session.with_screen("confirm", draft=draft))
        if value == WITHDRAW and request:
            return HandlerResult(here.session.with_screen("withdraw", about=request.code))
        return HandlerResult(here.session.with_screen("requests"))


class WithdrawScreen(OptionsOnlyScreen):
    """Asks for confirmation before a request is withdrawn."""

    async def page(self, here: Context) -> Page:
        """Ask yes or no."""
        say = here.say
        ask = N_("<b>Withdraw {code}?</b> This cannot be undone; you can register a new one.")
        yes = Option(YES, say.t(N_("Yes, withdraw it")), ("co", "rut", "yes"))
        no = Option(NO, say.t(N_("No, keep it")), ("khong", "thoi", "giu", "no"))
        return Page(say(ask, code=here.session.about), options=(no, yes), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Withdraw the request if its state still allows it, and return to it in any case."""
        code = here.session.about or ""
        there = here.session.with_screen("request", about=code)
        if value != YES:
            return HandlerResult(there)
        moved = await here.world.requests.move(code, RequestState.WITHDRAWN)
        note = N_("The request is withdrawn.") if moved else N_("This request can no longer be withdrawn.")
        return HandlerResult(there, notes=(here.say(note),))


async def _current_request(here: Context) -> Request | None:
    return await here.world.requests.get(here.session.about or "")


def _unit_options(here: Context, request: Request, handling: RequestHandling) -> list[Option]:
    """Offer to choose the unit of a request that belongs to none yet."""
    lacking = bool(here.world.units) and handling.unit is None
    if not lacking or here.session.consented_at is None or to_amendment_draft(request) is None:
        return []
    return [Option(UNIT, here.say.t(N_("Choose the unit")), ("chon don vi", "don vi", "unit"))]


def _request_options(here: Context, request: Request) -> list[Option]:
    t = here.say.t
    amend = Option(AMEND, t(N_("Change this request")), ("sua", "amend"))
    withdraw = Option(WITHDRAW, t(N_("Withdraw it")), ("rut", "withdraw"))
    may_amend = here.session.consented_at is not None and to_amendment_draft(request) is not None
    may_withdraw = RequestState.WITHDRAWN in REQUEST_TRANSITIONS[request.state]
    answer = Option(ANSWER, t(N_("The answer I was given")), ("cau tra loi", "tra loi", "answer"))
    known = [answer] if request.content.decision else []
    due = here.session.consented_at is not None and not request.content.unreadable
    forms = [Option(FORMS, t(N_("Make the papers")), ("lap giay to", "giay to", "papers"))] if due else []
    return [*known, *forms, *([amend] if may_amend else []), *([withdraw] if may_withdraw else [])]


async def _show_answer(here: Context, request: Request) -> HandlerResult:
    """Show the answer that was given with a request, as it was stored then, as a message of its own."""
    head = here.say(N_("<b>The answer given with request {code}</b>"), code=request.code)
    paragraphs = (escape(paragraph) for paragraph in request.content.decision.split("\n\n") if paragraph.strip())
    choices = (await OwnRequestScreen().page(here)).to_reply(here.session).choices
    return HandlerResult(here.session, notes=(head, *paragraphs), choices=choices, show=False)
