"""The question whether a body is a former unit itself or belongs to it, before the unit's fate answers anything."""

from handlers.core import Context, HandlerResult, Option, OptionsOnlyScreen, Page, Session
from handlers.interview import to_next_screen
from handlers.interview.screens import UNSURE, unsure_option
from handlers.interview.screens.unit import fate_of_unit, format_succession, with_events_of_fate
from handlers.model import Succession, SuccessionKind
from locales import N_
from rules.facts import Subject

IS, BELONGS = "is", "belongs"
ASK = N_("<b>Is your body {body} itself, or does it belong to {unit}?</b>")
ASK_A_PERSON = N_("<b>Do you work at {body} itself, or at a unit that belongs to {unit}?</b>")
IS_BODY = N_("It is {body} itself")
BELONGS_TO_UNIT = N_("It belongs to {unit}: a school, a health station, an office")
WORKS_THERE = N_("I work at {body} itself")
WORKS_BELOW = N_("I work at a unit that belongs to {unit}")
HINT = N_(
    "If it is {body} itself, I note what happened to it. If it only belongs to it, what changed is the superior."
    " Nothing is noted before you choose."
)
#: The way on for people who cannot tell.
UNSURE_HELP = N_(
    "Look at the name on the seal or on the certificate: if it is {body}, it is that body itself; a school, a health"
    " station or an office with a seal of its own belongs to it. If you still cannot tell, I ask what happened instead."
)
_IS_SYNONYMS = ("la", "chinh la", "chinh no", "la ubnd", "la uy ban", "chinh", "toi lam o uy ban", "o uy ban")
_BELONGS_SYNONYMS = (
    "thuoc", "thuoc xa", "truc thuoc", "don vi truc thuoc", "truong", "truong hoc", "tram y te", "phong", "la truong",
    "la tram y te", "la truong hoc", "don vi thuoc xa",
)  # fmt: skip
#: Fates that end in a revocation: there the answer that does not come first.
_REVOKING = frozenset({SuccessionKind.SPLIT})


class BelongingScreen(OptionsOnlyScreen):
    """Asks whose fate it was; what happened is filled in by the answer, and by nothing before it."""

    async def page(self, here: Context) -> Page:
        """Ask in the words of a body or of a person, with the successions of the unit."""
        path = _fate(here)
        if not path:
            return Page(here.say(N_("I know enough.")), (), (Option(UNSURE, here.say.t(N_("Continue"))),))
        say, names = here.say, _names(here, path)
        person = here.session.answers.get("subject") == Subject.INDIVIDUAL
        hint = () if person else (say(HINT, **names),)
        is_it = Option(IS, say.t(WORKS_THERE if person else IS_BODY, **names), _IS_SYNONYMS)
        belongs = Option(BELONGS, say.t(WORKS_BELOW if person else BELONGS_TO_UNIT, **names), _BELONGS_SYNONYMS)
        ordered = (belongs, is_it) if any(step.became in _REVOKING for step in path) else (is_it, belongs)
        return Page(
            say(ASK_A_PERSON if person else ASK, **names),
            (format_succession(here, path), *hint),
            (*ordered, unsure_option(say.t)),
            exact=True,
            help=say(UNSURE_HELP, **names),
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Fill in what the answer says happened; without one, the question what happened is asked."""
        path = _fate(here)
        if value == UNSURE or not path:
            help_note = (here.say(UNSURE_HELP, **_names(here, path)),) if path else ()
            return HandlerResult(_to_next(here), notes=help_note)
        session, notes = with_events_of_fate(here, path, own=value == IS)
        return HandlerResult(_to_next(here.with_session(session)), notes=notes)


def _fate(here: Context) -> tuple[Succession, ...]:
    return fate_of_unit(here, here.session.about)


def _to_next(here: Context) -> Session:
    return here.session.to_previous_screen() if here.session.came_from else to_next_screen(here)


def _names(here: Context, path: tuple[Succession, ...]) -> dict[str, str]:
    former = here.world.units.get(path[0].former)
    return {"body": former.body if former else "", "unit": former.name if former else ""}
