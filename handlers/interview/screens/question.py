"""The open question of the interview, facts that officers mention too early, and the review of all answers."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from markupsafe import Markup

from handlers.core import (
    DONE,
    EVENT_LABELS,
    Context,
    HandlerResult,
    MarkupTranslator,
    Option,
    OptionsOnlyScreen,
    Page,
    Understood,
    count_remaining,
    current_question,
    facts_of,
    format_bold,
    format_bullets,
    format_day,
    format_numbered,
)
from handlers.interview import FACT_LABELS, condition_facts, to_answered, to_next_screen
from handlers.interview.screens import UNSURE, format_unsure, format_ways_on, unsure_option
from handlers.interview.screens import certificate as screens_certificate
from handlers.interview.screens.certificate import ISSUERS, format_identity
from handlers.interview.screens.unit import take_unit_beside
from handlers.requests import SUBJECT_LABELS
from handlers.understanding import match_names
from locales import N_
from rules.facts import Event, Issuer, MergerRole, Subject, Token
from rules.language.spelling import fold
from rules.questions import AnswerOption as PackOption
from rules.questions import Question

#: Facts, with their values, that people tell before they are asked.
OVERHEARD_FACTS = {"token": frozenset({"lost", "damaged", "locked"}), "key_exposed": frozenset({"true"})}
#: Words that must occur in a line for each fact: its question is not shown, so the line must name its subject.
FACT_KEYWORDS = {"token": frozenset({"token", "usb"}), "key_exposed": frozenset({"khoa", "pin", "key"})}
#: Length in letters from which similarity is more than chance ("có pin" is like "lộ pin").
MIN_TELLING_LENGTH = 9
SENT_A_SECRET = N_("You sent a PIN or a key to this chat. I suggest that you answer yes.")
#: Values of a yes-or-no fact by option.
TRUTH_VALUES = {"true": True, "false": False}


class QuestionScreen:
    """Shows the first question whose answer can still change the decision."""

    async def page(self, here: Context) -> Page:
        """Show the question with its options; if nothing is left to ask, show the way to the answer."""
        asked = current_question(here.session, here.pack, here.today)
        if asked is None:
            return Page(here.say(N_("I know enough.")), (), (Option(DONE, here.say.t(N_("Show the answer"))),))
        return (
            _render_certificate_question(here, asked) if asked.fact == "certificate" else _render_question(here, asked)
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Handle an answer, or a tick where several may be chosen."""
        asked = current_question(here.session, here.pack, here.today)
        if asked is None:
            return HandlerResult(to_next_screen(here))
        if value == UNSURE:
            return HandlerResult(here.session, notes=(format_unsure(here, [asked]),))
        if asked.fact == "certificate":
            return await screens_certificate.choose_expiry_option(here, asked, value)
        if asked.many:
            return _tick(here, asked, value)
        return HandlerResult(to_answered(here, asked.fact, TRUTH_VALUES.get(value, value)))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take the last day of a certificate, an early answer about the token, or the officer's unit."""
        asked = current_question(here.session, here.pack, here.today)
        day = screens_certificate.take_typed_expiry(here, text) if asked and asked.fact == "certificate" else None
        return day or _note_token_loss(here, asked, text) or take_unit_beside(here, text)


def _render_question(here: Context, asked: Question) -> Page:
    say, session = here.say, here.session
    options = asked.options_for(facts_of(session))
    certificate = (
        (format_identity(say, session.certificate),)
        if asked.fact == "information_matches" and session.certificate
        else ()
    )
    many = (
        (say(N_("Choose all that apply, then “Done”. By typing: several numbers, such as 1, 3.")),)
        if asked.many
        else ()
    )
    hints = format_bullets(say.text(option.hint) for option in options if option.hint)
    title = format_bold(say.text(asked.text))
    return Page(
        title=title,
        reminder=None if certificate else title,
        paragraphs=(*certificate, hints, *_format_caution(here, asked), *many, format_questions_left(here)),
        options=tuple(_question_options(here, options, many=asked.many)),
        many=asked.many,
        help=format_ways_on(here, [asked]),
    )


def _format_caution(here: Context, asked: Question) -> tuple[Markup, ...]:
    return (here.say(SENT_A_SECRET),) if asked.fact == "key_exposed" and here.session.warned else ()


def _question_options(here: Context, options: Iterable[PackOption], *, many: bool) -> Iterable[Option]:
    """Yield the pack's options; one that excludes all others ("nothing changed") is hidden once something is ticked."""
    t, ticked = here.say.t, here.session.ticked
    for option in options:
        if not (option.alone and ticked):
            marked = option.value in ticked
            yield Option(option.value, t(option.label), option.synonyms, ticked=marked, ticks=not option.alone)
    if many and ticked:
        yield Option(DONE, t(N_("Done")), ("xong", "het", "ok"), ticks=False)
    yield unsure_option(t)


def _note_token_loss(here: Context, asked: Question | None, text: str) -> HandlerResult | None:
    """Say back that the token is lost, or the key exposed, if that is told during another question."""
    told = find_overheard_facts(here, asked, [text])
    if not told:
        return None
    understood = (here.session.understood or Understood()).followed_by(Understood(answers=told))
    return HandlerResult(here.session.with_screen("understood", understood=understood))


def find_overheard_facts(here: Context, asked: Question | None, parts: Iterable[str]) -> dict[str, Any]:
    """Return facts about later questions that the parts of a line name."""
    found: dict[str, Any] = {}
    for question in here.pack.questions:
        if question.fact in OVERHEARD_FACTS and question != asked and question.fact not in here.session.answers:
            options = [Option(option.value, here.say.t(option.label), option.synonyms) for option in question.options]
            sure = next((value for part in parts if (value := _find_named_option(part, question.fact, options))), None)
            if sure in OVERHEARD_FACTS[question.fact]:
                found[question.fact] = TRUTH_VALUES.get(sure, sure)
    return found


def _find_named_option(part: str, fact: str, options: list[Option]) -> str | None:
    """Return the option that a text names along with its subject; numbers and a mere "yes" never count."""
    said = fold(part)
    if not FACT_KEYWORDS[fact].intersection(said.split()):
        return None
    found = match_names(part, options)
    return found.sure[0] if found.sure and not (found.likely and len(said) < MIN_TELLING_LENGTH) else None


def _render_certificate_question(here: Context, asked: Question) -> Page:
    return screens_certificate.render_expiry_page(here, asked, format_questions_left(here))


def format_questions_left(here: Context) -> Markup:
    """Return how many questions are left with this one; nothing while a single answer is being changed."""
    if here.session.about:
        return Markup()
    together = condition_facts(here.session, here.pack, here.today)
    left = count_remaining(here.session, here.pack, here.today) - max(0, len(together) - 1)
    return here.say(N_("<i>About {number} to go.</i>"), number=left)


def _tick(here: Context, asked: Question, value: str) -> HandlerResult:
    ticked = here.session.ticked
    if value == DONE:
        return HandlerResult(to_answered(here, asked.fact, list(ticked)))
    if any(option.alone for option in asked.options if option.value == value):
        return HandlerResult(to_answered(here, asked.fact, []))
    changed = tuple(tick for tick in ticked if tick != value) if value in ticked else (*ticked, value)
    return HandlerResult(here.session.with_changes(ticked=changed))


BACK, UNIT = "back", "unit"
YOUR_UNIT = N_("your unit")


class ReviewScreen(OptionsOnlyScreen):
    """Shows all answers; changing one asks again only what depends on it."""

    async def page(self, here: Context) -> Page:
        """Show the questions with their answers, in the pack's order."""
        say, given, unit = here.say, _answered_questions(here), _format_unit(here)
        if not given and not unit:
            return Page(say(N_("You have not answered anything yet.")), options=(_back_option(here),))
        said = format_numbered(format_answers_given(here))
        options = [Option(q.fact, _format_change_option(say, FACT_LABELS[q.fact])) for q in given]
        change = [Option(UNIT, _format_change_option(say, YOUR_UNIT), ("don vi", "sua don vi", "unit"))] if unit else []
        return Page(say(N_("<b>Your answers so far</b>")), (said,), (*options, *change, _back_option(here)))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Open the question of an answer, which stays valid until it is answered anew, or go on."""
        if value == BACK:
            return HandlerResult(to_next_screen(here))
        if value == UNIT:
            return HandlerResult(here.session.open_visit("unit"))
        return HandlerResult(here.session.with_screen("question", about=value))


def format_answers_given(here: Context) -> list[Markup]:
    """Format every answer that was given, and the officer's unit, one line for each."""
    answers = here.session.answers
    lines = (_format_answer_line(here.say, asked, answers[asked.fact]) for asked in _answered_questions(here))
    return [*lines, *_format_unit(here)]


def _answered_questions(here: Context) -> list[Question]:
    return [question for question in here.pack.questions if question.fact in here.session.answers]


def _format_unit(here: Context) -> tuple[Markup, ...]:
    """Format the officer's unit, if units are known and something was answered."""
    units, session = here.world.units, here.session
    if not units or not (session.unit or session.answers):
        return ()
    name = units.path_name(session.unit) if session.unit else here.say.t(NOT_SAID)
    return (Markup("{}: <b>{}</b>").format(here.say(YOUR_UNIT), name),)


def _format_change_option(say: MarkupTranslator, fact: str) -> str:
    return say.t(N_("Change: {fact}"), fact=say.t(fact))


def _format_answer_line(say: MarkupTranslator, question: Question, answer: Any) -> Markup:
    return Markup("{}: <b>{}</b>").format(say(FACT_LABELS[question.fact]), format_answer(say, question, answer))


def format_answer(say: MarkupTranslator, question: Question, answer: Any) -> str:
    """Format an answer in the words of its options."""
    if question.fact == "certificate":
        return _format_certificate_answer(say, answer)
    values = answer if isinstance(answer, list) else [str(answer).lower() if isinstance(answer, bool) else answer]
    labels = dict.fromkeys(say.t(option.label) for option in question.options if option.value in values)
    return ", ".join(labels) or say.t(N_("nothing changed"))


def _format_certificate_answer(say: MarkupTranslator, answer: dict[str, Any]) -> str:
    issuer = say.t(ISSUERS[_to_issuer(answer)][0])
    if _to_issuer(answer) is Issuer.NONE:
        return issuer
    if not answer.get("not_after"):
        return say.t(N_("expiry not known; {issuer}"), issuer=issuer)
    return say.t(N_("ends on {day}; {issuer}"), day=format_day(date.fromisoformat(answer["not_after"])), issuer=issuer)


def _to_issuer(answer: dict[str, Any]) -> Issuer:
    return Issuer(answer["issuer"]) if answer.get("issuer") in set(Issuer) else Issuer.UNKNOWN


#: Fact -> answer -> phrase; truth values are in lower case.
_PHRASES: Mapping[str, Mapping[str, str]] = {
    "merger_role": {
        MergerRole.DESIGNATED: N_("our certificate is kept for the new body"),
        MergerRole.OTHER: N_("another body's certificate is kept, ours is not"),
        MergerRole.UNDECIDED: N_("nobody has decided yet whose certificate is kept"),
        MergerRole.SURVIVING: N_("our name stays, others were merged into us"),
        MergerRole.ABSORBED: N_("we were merged into another body"),
    },
    "information_matches": {
        "true": N_("all the certificate says still holds"),
        "false": N_("something the certificate says no longer holds"),
    },
    "token": {
        Token.IN_HAND: N_("the token is in hand and works"),
        Token.LOCKED: N_("the token is locked"),
        Token.DAMAGED: N_("the token is damaged"),
        Token.LOST: N_("the token is lost"),
        Token.REMOTE: N_("signing is remote, without a token"),
    },
    "key_exposed": {
        "true": N_("the key or the PIN may be known to somebody else"),
        "false": N_("nobody who should not knows the key or the PIN"),
    },
}
#: Events whose names on a request do not say whom they befell.
_EVENT_PHRASES = {**EVENT_LABELS, Event.DECEASED: N_("the officer has died")}
NOT_SAID = N_("not said")
CHANGE = N_("before {before}, now {now}")


def format_phrase(say: MarkupTranslator, fact: str, answer: Any) -> Markup:
    """Format an answer as a phrase in bold."""
    return Markup("<b>{}</b>").format(_phrase(say, fact, answer))


def format_change(say: MarkupTranslator, fact: str, before: Any, now: Any) -> Markup:
    """Format an answer beside the one that it takes the place of; ``None`` stands for none."""
    return say(CHANGE, before=format_phrase(say, fact, before), now=format_phrase(say, fact, now))


def _phrase(say: MarkupTranslator, fact: str, answer: Any) -> str:
    if answer is None:
        return say.t(NOT_SAID)
    if fact == "subject":
        return say.t(N_("the certificate is of {subject}"), subject=say.t(SUBJECT_LABELS[Subject(answer)]))
    if fact == "events":
        return ", ".join(say.t(_EVENT_PHRASES[Event(event)]) for event in answer) or say.t(N_("nothing changed"))
    if fact == "certificate":
        return _certificate_phrase(say, answer)
    return say.t(_PHRASES[fact][str(answer).lower() if isinstance(answer, bool) else answer])


def _certificate_phrase(say: MarkupTranslator, answer: Mapping[str, Any]) -> str:
    issuer = Issuer(answer.get("issuer") or Issuer.UNKNOWN)
    if issuer is Issuer.NONE:
        return say.t(N_("there is no certificate yet"))
    ends = answer.get("not_after")
    day = say.t(N_("it ends on {day}"), day=format_day(date.fromisoformat(ends))) if ends else ""
    by = N_("it is not known who issued it") if issuer is Issuer.UNKNOWN else N_("issued by {issuer}")
    return ", ".join(filter(None, (day, say.t(by, issuer=say.t(ISSUERS[issuer][0])))))


def _back_option(here: Context) -> Option:
    return Option(BACK, here.say.t(N_("All right, go on")), ("tiep tuc", "dung roi", "ok", "continue"))
