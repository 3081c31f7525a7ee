"""The open question of the interview, computed from the rule pack."""

from collections.abc import Iterable

from markupsafe import Markup

from handlers import interview
from handlers.page import DONE, Answered, Option, Page
from handlers.screen import Here
from handlers.screens import expiry
from handlers.screens.certificate_words import identity
from handlers.screens.flow import given, proceed
from handlers.voice import bold, bullets
from locales import N_
from rules import Option as PackOption
from rules import Question

#: Options of a yes-or-no fact.
TRUTH = {"true": True, "false": False}


class Ask:
    """Shows the question whose answer can still change the decision."""

    async def page(self, here: Here) -> Page:
        """The question with its options; where nothing is left to ask, the way to the answer."""
        asked = interview.question(here.session, here.world.pack, here.today)
        if asked is None:
            return Page(here.say(N_("I know enough.")), (), (Option(DONE, here.say.t(N_("Show the answer"))),))
        return _certificate_page(here, asked) if asked.fact == "certificate" else _page(here, asked)

    async def chosen(self, here: Here, value: str) -> Answered:
        """An answer, or a tick where several may be chosen."""
        asked = interview.question(here.session, here.world.pack, here.today)
        if asked is None:
            return Answered(proceed(here))
        if asked.fact == "certificate":
            return expiry.chosen(here, asked, value)
        if asked.many:
            return _ticked(here, asked, value)
        return Answered(given(here, asked.fact, TRUTH.get(value, value)))

    async def typed(self, here: Here, text: str) -> Answered | None:
        """Only the certificate question takes text: the day it ends."""
        asked = interview.question(here.session, here.world.pack, here.today)
        return expiry.typed(here, text) if asked and asked.fact == "certificate" else None


def _page(here: Here, asked: Question) -> Page:
    say, session = here.say, here.session
    options = asked.options_for(interview.facts_of(session))
    certificate = (
        (identity(say, session.certificate),) if asked.fact == "information_matches" and session.certificate else ()
    )
    many = (
        (say(N_("Choose all that apply, then “Done”. By typing: several numbers, such as 1, 3.")),)
        if asked.many
        else ()
    )
    hints = bullets(Markup("<i>{}</i>: {}").format(say.text(o.label), say.text(o.hint)) for o in options if o.hint)
    return Page(
        title=bold(say.text(asked.text)),
        paragraphs=(*certificate, hints, *many, progress(here)),
        options=tuple(_options(here, options, many=asked.many)),
        many=asked.many,
    )


def _options(here: Here, options: Iterable[PackOption], *, many: bool) -> Iterable[Option]:
    """The pack's options; the one that stands alone ("nothing changed") goes once something is ticked."""
    t, ticked = here.say.t, here.session.ticked
    for option in options:
        if not (option.alone and ticked):
            marked = option.value in ticked
            yield Option(option.value, t(option.label), option.synonyms, ticked=marked, ticks=not option.alone)
    if many and ticked:
        yield Option(DONE, t(N_("Done")), ("xong", "het", "ok"), ticks=False)


def _certificate_page(here: Here, asked: Question) -> Page:
    return expiry.page(here, asked, progress(here))


def progress(here: Here) -> Markup:
    """How far it still is."""
    left = interview.remaining(here.session, here.world.pack, here.today)
    return here.say(N_("<i>About {number} more to answer, this one included.</i>"), number=left)


def _ticked(here: Here, asked: Question, value: str) -> Answered:
    ticked = here.session.ticked
    if value == DONE:
        return Answered(given(here, asked.fact, list(ticked)))
    if any(option.alone for option in asked.options if option.value == value):
        return Answered(given(here, asked.fact, []))
    changed = tuple(tick for tick in ticked if tick != value) if value in ticked else (*ticked, value)
    return Answered(here.session.having(ticked=changed))
