"""The screens of official forms: one field after the other, the review, and the files when they are made."""

from markupsafe import Markup, escape

from handlers.core import (
    BACK,
    Context,
    FormsMade,
    HandlerResult,
    MakeForms,
    Option,
    OptionsOnlyScreen,
    Page,
    Session,
    back_option,
    format_bold,
    join_lines,
)
from handlers.forms.case import FormCase, current_case
from handlers.forms.contact_block import ContactBlock, read_contact_block
from handlers.forms.fields import FORM_FIELDS, FORM_LABELS, find_contradiction
from handlers.forms.filling import (
    after_making,
    build_form_contents,
    count_open,
    needed_fields,
    offered_values,
    open_field,
    take_body,
    to_left_forms,
    with_value,
    with_values,
    without_rest,
    without_value,
)
from handlers.forms.next_steps import build_next_steps, say_with_files
from handlers.model import FormDraft, has_personal_number, mask_identity
from handlers.requests import Field
from handlers.requests.form import render_field
from locales import N_

#: Digits from which a message to the question for a personal number is deleted: fewer say nothing of anybody.
_TELLING_DIGITS = 6
LATER, SKIP, LEAVE, AS_IT_IS, MAKE = "later", "skip", "leave", "as_it_is", "make"
FORM_PROBLEMS = {
    "no_files": N_("This channel sends no files. The buttons under the answer show all of it."),
    "failed": N_("The file could not be made. Please ask for it once more in a moment."),
}
PURPOSE = N_(
    "It is asked for this form alone, which has a line for it: kept encrypted, shown masked, and erased as soon as the"
    " papers are sent. You can also write it in by hand: choose “{later}”."
)
PURPOSE_DAYS = N_(
    "It is asked for this form alone, which has a line for it: kept encrypted, shown masked, and erased {days} days"
    " after the papers are sent. You can also write it in by hand: choose “{later}”."
)
TAKEN_OUT = N_("Noted: {number}. I delete your message with the number where this channel lets me.")
#: Fields that are named as what one message may hold.
_BLOCK = ("contact_name", "contact_position", "contact_mobile", "contact_email", "contact_address")
BLOCK_HINT = N_("You can send all of it in one message, such as “{fields}”, with semicolons or on lines of their own.")
NOTED = N_("Noted: {values}.")
NOT_USED = N_("Parts that I could not place: {count}. They are not kept.")
NOT_IN_TREE = N_("“{name}” is not in the list of units as it stands there. Which one do you mean?")
NOTHING_DUE = N_("There is no form to fill in for this.")


def is_identity_number(name: str) -> bool:
    """Return whether a field holds a personal number."""
    return name.endswith("identity_number")


def format_value(name: str, value: str) -> str:
    """Return a value as a screen shows it: a personal number is masked."""
    return mask_identity(value) if is_identity_number(name) else value


class FormFieldScreen:
    """Asks for the first field of the forms that is not known; each can be left for later."""

    async def page(self, here: Context) -> Page:
        """Show the open field, with what it is for where it is a personal number."""
        case, draft = await current_case(here), _current_draft(here)
        field = open_field(case, draft) if case else None
        if case is None or field is None:
            return Page(here.say(NOTHING_DUE), options=(_leave_option(here),), exact=True)
        told = [*_purpose(here, field), *_block_hint(here, case, draft, field), *_progress(here, case, draft)]
        offers = offered_values(here, case, field)
        return render_field(here, field, offers, _field_options(here, draft), here.say(field.help), *told)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Take an offered value, leave the field or all further ones open, or leave the forms."""
        case, draft = await current_case(here), _current_draft(here)
        field = open_field(case, draft) if case else None
        if case is None or field is None or value == LEAVE:
            return HandlerResult(to_left_forms(here.session))
        if value == AS_IT_IS:
            return HandlerResult(_to_review(here, draft))
        if value == LATER:
            return HandlerResult(without_value(here, case, draft, field.name))
        if value == SKIP:
            return HandlerResult(without_rest(here, case, draft))
        offered = dict(enumerate(offered_values(here, case, field)))
        number = int(value) if value.isdigit() else -1
        if number not in offered:
            return HandlerResult(here.session)
        return HandlerResult(with_value(here, case, draft, field.name, offered[number]))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Check a typed value; a message with a personal number is deleted, whether it could be used or not."""
        case, draft = await current_case(here), _current_draft(here)
        field = open_field(case, draft) if case else None
        if case is None or field is None:
            return None
        if field.name.startswith("contact_") and (block := _read_block(text, case, draft)):
            return _take_block(here, case, draft, block)
        value, digits = field.clean(text), sum(map(str.isdecimal, text))
        secret = is_identity_number(field.name) and digits >= _TELLING_DIGITS
        if value is None:
            secret = secret or has_personal_number(text)  # typed into another field
            return HandlerResult(here.session, notes=(here.say(field.wrong),), secret=secret)
        if found := find_contradiction(field.name, value, with_values(case, draft), here.today):
            message, values = found
            return HandlerResult(here.session, notes=(here.say(message, **values),))
        if field.name == "unit":
            body = take_body(here, draft, value)
            if body is None:
                doubted = draft.model_copy(update={"doubted": value})
                return HandlerResult(
                    here.session.with_changes(forms=doubted), notes=(here.say(NOT_IN_TREE, name=value),)
                )
            value = body
        notes = (here.say(TAKEN_OUT, number=mask_identity(value)),) if secret else ()
        return HandlerResult(with_value(here, case, draft, field.name, value), notes=notes, secret=secret)


def _block_hint(here: Context, case: FormCase, draft: FormDraft, field: Field) -> tuple[Markup, ...]:
    """Say at the first question about the contact person that one message can answer all of them."""
    if field.name != "contact_name" or draft.editing:
        return ()
    titles = [one.title for one in needed_fields(case, draft) if one.name in _BLOCK]
    return (here.say(BLOCK_HINT, fields="; ".join(here.say.t(title) for title in titles)),)


def _read_block(text: str, case: FormCase, draft: FormDraft) -> ContactBlock | None:
    asked = [one.name for one in needed_fields(case, draft) if one.name.startswith("contact_")]
    block = read_contact_block(text, asked, [name for name in asked if name in _BLOCK])
    return block if block and (block.values or block.wrong) else None


def _take_block(here: Context, case: FormCase, draft: FormDraft, block: ContactBlock) -> HandlerResult:
    """Take what a message says of the contact person, say it back, and tell what could not be used."""
    session, notes, told = here.session, list[Markup](), list[Markup]()
    for name, value in block.values.items():
        if found := find_contradiction(name, value, with_values(case, draft), here.today):
            notes.append(here.say(found[0], **found[1]))
            continue
        session = with_value(here, case, draft, name, value)
        draft = session.forms or draft
        told.append(Markup("{}: {}").format(here.say(FORM_FIELDS[name].title), format_value(name, value)))
    if told:
        notes.insert(0, here.say(NOTED, values=Markup("; ").join(told)))
    notes += [here.say(FORM_FIELDS[name].wrong) for name in block.wrong]
    notes += [here.say(NOT_USED, count=block.unread)] if block.unread else []
    secret = any("identity" in name for name in (*block.values, *block.wrong))
    return HandlerResult(session, notes=tuple(notes), secret=secret)


def _current_draft(here: Context) -> FormDraft:
    return here.session.forms or FormDraft()


def _to_review(here: Context, draft: FormDraft) -> Session:
    return here.session.with_screen("papers_review", forms=draft.model_copy(update={"editing": None}))


def _purpose(here: Context, field: Field) -> tuple[Markup, ...]:
    if not is_identity_number(field.name):
        return ()
    days, later = here.world.identity_days, here.say.t(N_("Fill in later"))
    return (here.say(PURPOSE_DAYS, days=days, later=later) if days else here.say(PURPOSE, later=later),)


def _progress(here: Context, case: FormCase, draft: FormDraft) -> tuple[Markup, ...]:
    left = count_open(case, draft)
    return () if draft.editing or left < 2 else (here.say(N_("{number} fields are left."), number=left),)


def _field_options(here: Context, draft: FormDraft) -> tuple[Option, ...]:
    t = here.say.t
    later = Option(LATER, t(N_("Fill in later")), ("dien sau", "de sau", "bo qua", "later"))
    if draft.editing:
        return later, Option(AS_IT_IS, t(N_("Leave this as it is")), ("giu nguyen", "quay lai"))
    rest = ("bo qua het", "bo qua tat ca", "dien sau het", "skip all")
    return later, Option(SKIP, t(N_("Skip all the rest")), rest), _leave_option(here)


def _leave_option(here: Context) -> Option:
    return Option(LEAVE, here.say.t(N_("Make no papers now")), ("thoi", "khong lap", "de luc khac"), gives_up=True)


class FormReviewScreen(OptionsOnlyScreen):
    """Shows all that stands in the forms before they are made; any field can still be changed."""

    async def page(self, here: Context) -> Page:
        """Show each form's values, what is left open, and a button for each field."""
        say, case, draft = here.say, await current_case(here), _current_draft(here)
        if case is None:
            return Page(say(NOTHING_DUE), options=(_leave_option(here),), exact=True)
        fields = needed_fields(case, draft)
        changes = [Option(f.name, say.t(N_("Change: {fact}"), fact=say.t(f.title))) for f in fields]
        make = Option(MAKE, say.t(N_("Make the papers")), ("lap giay to", "lap", "dong y", "ok", "make"))
        forms = join_lines(*(Markup("• {}").format(say(FORM_LABELS[form])) for form in case.forms))
        title = say(N_("<b>Please review what will stand in the papers</b>"))
        return Page(
            title, (forms, _format_values(here, case, draft, fields)), (make, *changes, _back(here)), exact=True
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Order the forms, open a field, or leave."""
        case, draft = await current_case(here), _current_draft(here)
        if case is None or value in {BACK, LEAVE}:
            return HandlerResult(to_left_forms(here.session))
        if value in FORM_FIELDS:
            return HandlerResult(here.session.with_screen("papers", forms=draft.model_copy(update={"editing": value})))
        return _order(here, case, draft)


def _back(here: Context) -> Option:
    return back_option(here.say.t, N_("Make no papers now"), ("thoi", "khong lap"))


def _format_values(here: Context, case: FormCase, draft: FormDraft, fields: list[Field]) -> Markup:
    say, values = here.say, with_values(case, draft)
    lines = (
        Markup("{}: <b>{}</b>").format(say(field.title), format_value(field.name, values[field.name]))
        if field.name in values
        else say(N_("{field}: …… (to fill in by hand)"), field=say(field.title))
        for field in fields
    )
    return join_lines(*lines)


def _order(here: Context, case: FormCase, draft: FormDraft) -> HandlerResult:
    """Order the forms; they are made after this turn, outside its transaction."""
    contents = build_form_contents(here, case, draft)
    wanted = MakeForms(
        contents=contents,
        next_steps=build_next_steps(here, case, contents),
        said=say_with_files(here, case, contents),
    )
    soon = here.say(N_("I am making the papers; they come right away."))
    return HandlerResult(to_left_forms(here.session), notes=(soon,), again=(wanted,), show=False)


def handle_forms_made(here: Context, event: MakeForms | FormsMade) -> HandlerResult:
    """Send the forms or tell why there are none; an order that nobody carried out counts as failed."""
    if isinstance(event, FormsMade) and event.files:
        head, *rest = event.said or (here.say.t(N_("The papers")),)
        notes = (join_lines(format_bold(escape(head)), *map(escape, rest)),)
        at_home = here.session.screen in {"answer", "request"}
        return HandlerResult(after_making(here), notes=notes, attachments=event.files, show=at_home)
    trouble = (event.trouble if isinstance(event, FormsMade) else None) or "failed"
    return HandlerResult(here.session, notes=(here.say(FORM_PROBLEMS[trouble]),), show=False)
