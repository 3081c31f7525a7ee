"""The answer: what to do, in which order, with which form, why, and what is not certain."""

from markupsafe import Markup, escape

from handlers import interview
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.screens.flow import another, proceed
from handlers.session import Draft
from handlers.voice import Voice, bold, bullets, lines, numbered, plain
from handlers.wording import statement
from locales import N_
from rules import office_notice
from rules.outcome import Action, Decided, Notice, Procedure

REGISTER, REVIEW, ANOTHER = "register", "review", "another"
#: Procedures that are a yêu cầu chứng thực (facts of the law, definitions): what can be registered as a request.
REGISTRABLE = frozenset(
    {
        Procedure.CHANGE_INFORMATION,
        Procedure.REVOKE,
        Procedure.EXTEND,
        Procedure.ISSUE_NEW,
        Procedure.RESTORE_DEVICE,
    }
)


class Answer(NoText):
    """Shown when nothing more can change the decision."""

    async def page(self, here: Here) -> Page:
        """The decision in words, and what can be done from here."""
        decided = decision(here)
        if decided is None:
            return Page(
                here.say(N_("The rules have changed meanwhile; there is something more to ask.")),
                options=(_go_on(here),),
            )
        return Page(_headline(here.say, decided), tuple(told(here, decided)), tuple(_options(here, decided)))

    async def chosen(self, here: Here, value: str) -> Answered:
        """Register, review, or take up another certificate."""
        session = here.session
        if value == REGISTER:
            return Answered(session.at("form", draft=Draft()))
        if value == REVIEW:
            return Answered(session.at("review"))
        if value == ANOTHER:
            return Answered(another(here), notes=(here.say(N_("Let us take up the next certificate.")),))
        return Answered(proceed(here))


def decision(here: Here) -> Decided | None:
    """The decision; ``None`` where the pack has come to need more than was asked."""
    outcome = interview.decision(here.session, here.world.pack, here.today)
    return outcome if isinstance(outcome, Decided) else None


def registrable(decided: Decided) -> list[Action]:
    """The actions that can be registered as requests."""
    return [action for action in decided.actions if action.procedure in REGISTRABLE]


def told(here: Here, decided: Decided) -> list[Markup]:
    """The whole answer in paragraphs: actions, notices, and how sure it is."""
    say = here.say
    actions = [
        _action(say, number, action, many=len(decided.actions) > 1) for number, action in enumerate(decided.actions, 1)
    ]
    notices = [_notice(here, notice) for notice in decided.notices]
    return [paragraph for action in actions for paragraph in action] + _notices(say, notices)


def _notice(here: Here, notice: Notice) -> Markup:
    """A notice in words; the receiving office is the operator's setting, so it is put in here."""
    if notice.id == "receiving_office":
        notice = office_notice(here.world.pack, here.world.office)
    return escape(statement(notice, here.say.t))


def in_plain_words(here: Here, decided: Decided) -> str:
    """The answer as text without markup, to be kept with a request as it was given."""
    title = _headline(here.say, decided)
    return "\n\n".join(plain(part) for part in (title, *told(here, decided)))


def _headline(say: Voice, decided: Decided) -> Markup:
    number = len(decided.actions)
    if number == 1:
        return say(N_("<b>Here is what to do.</b>"))
    return say(N_("<b>There are {number} things to do, in this order.</b>"), number=number)


def _action(say: Voice, number: int, action: Action, *, many: bool) -> list[Markup]:
    form = say.t(N_(" (form: Mẫu {form})"), form=action.form) if action.form else ""
    title = Markup("{}{}{}").format(f"{number}. " if many else "", say.text(action.title), form)
    why = lines(say(N_("<i>Why:</i>")), bullets(statement(reason, say.t) for reason in action.reasons))
    how = lines(say(N_("<i>How:</i>")), numbered(statement(step, say.t) for step in action.steps))
    return [bold(title), why, *([how] if action.steps else [])]


def _notices(say: Voice, notices: list[Markup]) -> list[Markup]:
    if not notices:
        return []
    return [say(N_("<b>Please note</b>")), *(Markup("• {}").format(notice) for notice in notices)]


def _options(here: Here, decided: Decided) -> list[Option]:
    t = here.say.t
    register = Option(
        REGISTER, t(N_("Register the request")), ("dang ky", "dang ky yeu cau", "gui yeu cau", "register")
    )
    return [
        *([register] if registrable(decided) else []),
        Option(REVIEW, t(N_("Review or change my answers")), ("xem lai", "sua", "review")),
        Option(ANOTHER, t(N_("Take up another certificate")), ("chung thu khac", "tiep tuc", "another")),
    ]


def _go_on(here: Here) -> Option:
    return Option("continue", here.say.t(N_("Continue")), ("tiep tuc", "continue"))
