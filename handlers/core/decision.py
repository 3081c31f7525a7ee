"""The decision of a conversation: what it says, and what of it can be registered."""

from dataclasses import replace

from markupsafe import Markup, escape

from handlers import interview
from handlers.screen import Here
from handlers.voice import Voice, bold, bullets, lines, numbered, plain
from handlers.wording import statement
from locales import N_
from rules import office_notice
from rules.outcome import Action, Decided, Notice, Procedure

#: Procedures that are a yêu cầu chứng thực (Decree 68/2024/NĐ-CP, definitions): what can be registered as a request.
REGISTRABLE = frozenset(
    {
        Procedure.CHANGE_INFORMATION,
        Procedure.REVOKE,
        Procedure.EXTEND,
        Procedure.ISSUE_NEW,
        Procedure.RESTORE_DEVICE,
    }
)


def decision(here: Here) -> Decided | None:
    """The decision; ``None`` where something is still to be asked."""
    outcome = interview.decision(here.session, here.world.pack, here.today)
    return outcome if isinstance(outcome, Decided) else None


def registrable(decided: Decided) -> list[Action]:
    """The actions that can be registered as requests."""
    return [action for action in decided.actions if action.procedure in REGISTRABLE]


def headline(say: Voice, decided: Decided) -> Markup:
    """How many things there are to do."""
    number = len(decided.actions)
    if number == 1:
        return say(N_("<b>Here is what to do.</b>"))
    return say(N_("<b>There are {number} things to do, in this order.</b>"), number=number)


def told(here: Here, decided: Decided) -> list[Markup]:
    """The whole decision in paragraphs: actions, then notices; each sentence with what it rests on."""
    many = len(decided.actions) > 1
    actions = [_action(here.say, action, number if many else None) for number, action in enumerate(decided.actions, 1)]
    return [*(paragraph for action in actions for paragraph in action), *_notices(here, decided)]


def in_plain_words(here: Here, decided: Decided) -> str:
    """The decision as text without markup, to be kept with a request as it was given."""
    return "\n\n".join(plain(part) for part in (headline(here.say, decided), *told(here, decided)))


def _action(say: Voice, action: Action, number: int | None) -> list[Markup]:
    form = say.t(N_(" (form: Mẫu {form})"), form=action.form) if action.form else ""
    title = Markup("{}{}{}").format(f"{number}. " if number else "", say.text(action.title), form)
    why = lines(say(N_("<i>Why:</i>")), bullets(statement(reason, say.t) for reason in action.reasons))
    how = lines(say(N_("<i>How:</i>")), numbered(statement(step, say.t) for step in action.steps))
    return [bold(title), why, *([how] if action.steps else [])]


def _notices(here: Here, decided: Decided) -> list[Markup]:
    if not decided.notices:
        return []
    notices = (Markup("• {}").format(_notice(here, notice)) for notice in decided.notices)
    return [here.say(N_("<b>Please note</b>")), *notices]


def _notice(here: Here, notice: Notice) -> Markup:
    """A notice in words; the receiving office is the operator's setting, so it is put in here."""
    office, t = here.world.office, here.say.t
    if notice.id == "receiving_office" and office:
        told = office_notice(here.world.pack, office)
        notice = replace(told, text=t(told.text, office=office))  # in words already: no message id any more
    return escape(statement(notice, t))
