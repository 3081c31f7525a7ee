"""The open question of the interview, computed from the rule pack."""

from collections.abc import Iterable

from markupsafe import Markup

from handlers import interview
from handlers.folding import fold
from handlers.matching import named
from handlers.page import DONE, Answered, Option, Page
from handlers.screen import Here
from handlers.screens import expiry
from handlers.screens.certificate_words import identity
from handlers.screens.flow import given, proceed
from handlers.screens.unit import told_beside
from handlers.voice import bold, bullets
from locales import N_
from rules import Option as PackOption
from rules import Question

#: Facts that people tell before they are asked.
OVERHEARD = {"token": frozenset({"lost", "damaged", "locked"}), "key_exposed": frozenset({"true"})}
#: What a line has to speak of: to be overheard it must say by itself what it is about, for its question is not shown.
SPOKEN_OF = {"token": frozenset({"token", "usb"}), "key_exposed": frozenset({"khoa", "pin", "key"})}
#: Letters from which likeness is more than chance ("có pin" is like "lộ pin").
TELLING = 9
SENT_A_SECRET = N_("You sent a PIN or a key to this chat. I suggest that you answer yes.")
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

    async def handle_option(self, here: Here, value: str) -> Answered:
        """An answer, or a tick where several may be chosen."""
        asked = interview.question(here.session, here.world.pack, here.today)
        if asked is None:
            return Answered(proceed(here))
        if asked.fact == "certificate":
            return expiry.chosen(here, asked, value)
        if asked.many:
            return _ticked(here, asked, value)
        return Answered(given(here, asked.fact, TRUTH.get(value, value)))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """The day a certificate ends; the answer to a question that has not come yet; or the officer's unit."""
        asked = interview.question(here.session, here.world.pack, here.today)
        day = expiry.typed(here, text) if asked and asked.fact == "certificate" else None
        return day or _overheard(here, asked, text) or told_beside(here, text)


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
        paragraphs=(*certificate, hints, *_caution(here, asked), *many, progress(here)),
        options=tuple(_options(here, options, many=asked.many)),
        many=asked.many,
    )


def _caution(here: Here, asked: Question) -> tuple[Markup, ...]:
    return (here.say(SENT_A_SECRET),) if asked.fact == "key_exposed" and here.session.warned else ()


def _options(here: Here, options: Iterable[PackOption], *, many: bool) -> Iterable[Option]:
    """The pack's options; the one that stands alone ("nothing changed") goes once something is ticked."""
    t, ticked = here.say.t, here.session.ticked
    for option in options:
        if not (option.alone and ticked):
            marked = option.value in ticked
            yield Option(option.value, t(option.label), option.synonyms, ticked=marked, ticks=not option.alone)
    if many and ticked:
        yield Option(DONE, t(N_("Done")), ("xong", "het", "ok"), ticks=False)


def _overheard(here: Here, asked: Question | None, text: str) -> Answered | None:
    """That the token is lost, told while something else is asked: noted, said aloud, and the question comes again."""
    told = overhear(here, asked, [text])
    if told.session == here.session:
        return None
    return Answered(proceed(here.with_session(told.session)), notes=told.notes)


def overhear(here: Here, asked: Question | None, parts: Iterable[str]) -> Answered:
    """What the parts of a line say, in words that name it, about questions that have not come yet."""
    session, notes = here.session, []
    for question in here.world.pack.questions:
        if question.fact in OVERHEARD and question != asked and question.fact not in session.answers:
            options = [Option(option.value, here.say.t(option.label), option.synonyms) for option in question.options]
            sure = next((value for part in parts if (value := _named_fact(part, question.fact, options))), None)
            if sure in OVERHEARD[question.fact]:
                label = next(option.label for option in options if option.value == sure)
                session = interview.give(session, question.fact, TRUTH.get(sure, sure), here.world.pack)
                notes.append(here.say(N_("Noted: <b>{answer}</b>."), answer=label))
    return Answered(session, notes=tuple(notes))


def _named_fact(part: str, fact: str, options: list[Option]) -> str | None:
    """The option that words about the fact name; numbers, and a mere "yes", name nothing that is not shown."""
    said = fold(part)
    if not SPOKEN_OF[fact].intersection(said.split()):
        return None
    found = named(part, options)
    return found.sure[0] if found.sure and not (found.likely and len(said) < TELLING) else None


def _certificate_page(here: Here, asked: Question) -> Page:
    return expiry.page(here, asked, progress(here))


def progress(here: Here) -> Markup:
    """How far it still is; nothing where one answer is being changed."""
    if here.session.about:
        return Markup()
    left = interview.remaining(here.session, here.world.pack, here.today)
    return here.say(N_("<i>About {number} more to answer, this one included.</i>"), number=left)


def _ticked(here: Here, asked: Question, value: str) -> Answered:
    ticked = here.session.ticked
    if value == DONE:
        return Answered(given(here, asked.fact, list(ticked)))
    if any(option.alone for option in asked.options if option.value == value):
        return Answered(given(here, asked.fact, []))
    changed = tuple(tick for tick in ticked if tick != value) if value in ticked else (*ticked, value)
    return Answered(here.session.with_changes(ticked=changed))
