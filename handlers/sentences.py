"""Answers a free sentence at any point: facts are said back for one tap, questions are answered, wishes carried out."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from handlers.core import (
    Context,
    HandlerResult,
    cited_documents,
    current_decision,
    current_question,
    facts_of,
    filing_notice_of,
    format_bold,
    format_bullets,
    format_documents,
    format_set_offices,
    format_sourced,
    format_statement,
    format_title,
    join_lines,
    units_of,
)
from handlers.interview.screens import say_whom_to_ask
from handlers.interview.screens.certificate import note_impossible_day
from handlers.interview.screens.retraction import answer_unseen_token, ask_about_found_token
from handlers.interview.screens.understood import answers_in, format_noted_day, note_end_alone, understood_in
from handlers.interview.screens.welcome import AGREE, DECLINE
from handlers.registry import SCREENS
from handlers.supposing import NEAR_EXPIRY, answer_merger, answer_supposed, leaves_out_loss
from handlers.understanding import ASKING_SCREENS, TELLING_SCREENS, read_sentence
from locales import N_
from rules import answer_question, find_named, name_by_case
from rules.facts import Token
from rules.language import Reading
from rules.language.spelling import fold
from rules.offices import filing_places
from rules.outcome import Notice
from rules.questions import Question

#: The commands that words stand for.
COMMANDS = {
    "command:back": "quaylai",
    "command:restart": "lamlai",
    "command:why": "visao",
    "command:my_requests": "yeucau",
    "command:forget_me": "xoadulieu",
    "command:help": "trogiup",
    "command:cancel": "huy",
    "command:start": "start",
}
#: Short replies to what is neither a fact nor a question.
REPLIES = {
    "thanks": N_("You are welcome. Write to me whenever something changes."),
    "smalltalk": N_("Hello. I help with government certificates after a restructuring: just tell me what happened."),
    "outside_scope": N_(
        "That is outside what I know: I help with government digital certificates only."
        " Please ask the office that is in charge of it."
    ),
    "command:human": N_(
        "I am a program. For a person, please ask your managing body (cơ quan, tổ chức quản lý trực tiếp):"
        " it files for you and knows the receiving office."
    ),
}
KEPT_FOR_CONSENT = N_("I have understood your sentence. Once you agree, I say it back to you and we go on from there.")

NOT_A_NAME = N_("I have not put that into the field below. What the answer counts on stands under “{review}”.")
SAID_BACK_NEXT = N_("I have read what you wrote under it too, and say it back right after this.")

#: Words of a refusal that mean "not now", without accents; a bare "no" may have been meant for the open question.
_LATER = re.compile(
    r"\b(?:thoi|khoi|khoan|tu tu|de (?:em |toi |minh )?(?:xem|suy nghi|nghi|hoi|tinh|coi|can nhac|doc))\b"
)

RunCommand = Callable[[Context, str, str], Awaitable[HandlerResult]]


async def answer_sentence(here: Context, text: str, reading: Reading, run: RunCommand) -> HandlerResult | None:
    """Answer a sentence, or return ``None`` if it says nothing that is understood.

    Args:
        here: The session and services of the turn.
        text: The sentence.
        reading: What the sentence says.
        run: Carries out a command by its name.
    """
    if name := COMMANDS.get(reading.intent):
        return await run(here, name, "")
    if reading.intent in {"consent", "refusal"}:
        return await (run(here, "huy", "") if _puts_off(here, reading, text) else _answer_consent(here, reading))
    answers = answer_unseen_token(here, reading, text) or answer_questions(here, reading, text)
    told = None if reading.asks else ask_about_found_token(here, text)
    told = told or _take_facts(here, reading)
    if told is not None:
        wrong = () if "certificate" in here.session.answers else note_impossible_day(here, text)
        return replace(told, notes=(*wrong, *answers, *told.notes))
    end = note_end_alone(here, reading.facts)
    if answers or end:
        noted = here.session.with_changes(told_ended=True) if end else here.session
        return HandlerResult(noted, notes=(*answers, *end))
    if reading.facts and here.session.screen in ASKING_SCREENS:  # said before: no name to put into the open field
        review = here.say.t(N_("Review or change my answers"))
        return HandlerResult(here.session, notes=(here.say(NOT_A_NAME, review=review),))
    return _reply(here, reading)


async def _answer_consent(here: Context, reading: Reading) -> HandlerResult | None:
    """Take consent and refusal only where they are asked for."""
    if here.session.screen != "welcome":
        return None
    return await SCREENS["welcome"].handle_option(here, AGREE if reading.intent == "consent" else DECLINE)


def _puts_off(here: Context, reading: Reading, text: str) -> bool:
    """Return whether a refusal leaves the conversation for now; where consent is asked for, it refuses that."""
    return here.session.screen != "welcome" and reading.intent == "refusal" and bool(_LATER.search(fold(text)))


def _take_facts(here: Context, reading: Reading) -> HandlerResult | None:
    """Keep what a sentence states to be confirmed; before consent it waits, without the words."""
    understood = understood_in(here, reading.facts)
    if understood is None:
        return None
    session = here.session.with_changes(understood=understood)
    if session.consented_at is None:
        return HandlerResult(session, notes=(here.say(KEPT_FOR_CONSENT),), brief=True)
    if noted := format_noted_day(here, understood):
        noting = here.session.with_changes(told_expiry=understood.expiry, understood=None)
        return HandlerResult(noting, notes=noted)
    return HandlerResult(session.with_screen("understood"))


def read_aside(here: Context, text: str, *, without: frozenset[str] = frozenset()) -> HandlerResult:
    """Read words that were not written for the open page, such as those under a file: they never answer it.

    Args:
        here: The session and services of the turn.
        text: The words.
        without: Facts that are left out, because something surer tells them.
    """
    reading = read_sentence(here, text)
    answers = answer_questions(here, reading, text)
    facts = {fact: value for fact, value in reading.facts.items() if fact not in without}
    understood = understood_in(here, facts)
    if understood is None:
        return HandlerResult(here.session, notes=answers)
    waits = here.say(KEPT_FOR_CONSENT if here.session.consented_at is None else SAID_BACK_NEXT)
    kept = here.session.with_changes(understood=understood)
    return HandlerResult(kept, notes=(*answers, waits), brief=kept.consented_at is None)


def _reply(here: Context, reading: Reading) -> HandlerResult | None:
    reply = REPLIES.get(reading.intent)
    if reply is None:
        return None
    people = say_whom_to_ask(here) if reading.intent == "command:human" else ()
    return HandlerResult(here.session, notes=(here.say(reply), *people), show=reading.intent != "thanks")


def contradicts(here: Context, options: tuple[str, ...], reading: Reading) -> bool:
    """Return whether a sentence says something else than the options that it is most like.

    On the page of all about the condition it must say nothing besides: what it does not name counts as in order there.
    """
    if here.session.screen == "condition":
        named = {value.partition(":")[0] for value in options} | {"not_after", "expired", "issuer", "whose"}
        known = here.session.answers
        return any(fact not in named and known.get(fact) != value for fact, value in reading.facts.items())
    asked = _open_question(here)
    answers = answers_in(here, reading.facts)
    if asked is None or not answers:
        return False
    if asked.fact not in answers:
        return True
    said = answers[asked.fact]
    return {str(one).lower() for one in (said if isinstance(said, list) else [said])} != set(options)


def confirm_rest(
    here: Context, asked: Question | None, answered: HandlerResult, facts: Mapping[str, Any]
) -> HandlerResult:
    """Say back what a line told beside the answer to the open question, once that is taken."""
    session = answered.session
    if _open_question(here) is None or asked is None or asked.fact not in session.answers:
        return answered
    rest = {fact: value for fact, value in facts.items() if fact != asked.fact}
    after = here.with_session(session)
    if understood := understood_in(after, rest):
        return replace(answered, session=session.with_screen("understood", understood=understood))
    if end := note_end_alone(after, rest, beside=True):
        return replace(answered, session=session.with_changes(told_ended=True), notes=(*answered.notes, *end))
    return answered


def _open_question(here: Context) -> Question | None:
    on_question = here.session.screen == "question" and here.session.consented_at is not None
    return current_question(here.session, here.pack, here.today) if on_question else None


#: Words of a certificate whose end is near, without accents.
_NEAR_ITS_END = re.compile(
    r"\b(?:(?:sap|gan|can) (?:het|den|toi|qua)|(?:con|trong) \S+ (?:ngay|tuan|thang)(?: nua)?(?: la| thi| moi)? het"
    r"|(?:tuan|thang|nam) (?:sau|toi)(?: la| thi)? het) (?:han|hieu luc)"
)
#: An end without its subject: "lỡ hết hạn thì sao".
_AT_ITS_END = re.compile(
    r"\W*((neu|lo|nho|khi|truong hop|trong truong hop|gia su|gia nhu|gia dinh|vi du|chang may|ngo nho|sau nay|mai mot)"
    r" ((ma|nhu|co|bi|no|da) )?)?(het|qua) (han|hieu luc)( su dung)? thi\b(?!.*\bgia han)"
)
#: Documents that are named for the legal basis; the others stand in the answer of the whole case.
_MOST = 4
NOT_READ = N_("No text that I have read says that. Please ask the office that receives your dossier.")
AFTER_THE_QUESTIONS = N_("That depends on your case: a few more answers, and I name the steps and the form.")
IN_THE_ANSWER = N_("It stands in the answer above; “{steps}” under it goes through it.")
#: Questions that the decision answers whole: what the pack says of every case would only be read past.
_WHOLE_BY_CASE = frozenset({"which_form"})
#: What a question is about, as the head of its answer.
TITLES = {
    "where": N_("Where to file"),
    "which_form": N_("Which form"),
    "who_signs": N_("Who signs"),
    "how_long": N_("How long it takes"),
    "legal_basis": N_("Legal basis"),
    "renewal": N_("Extending the certificate"),
    "sign_meanwhile": N_("Signing meanwhile"),
    "what_to_do": N_("What to do"),
    "what_is": N_("In a few words"),
    "device": N_("The token"),
    "form_number": N_("Numbers of forms"),
    "fee": N_("Fees"),
    "deadline": N_("Until when"),
    "managing_body": N_("The managing body"),
}


def answer_questions(here: Context, reading: Reading, text: str) -> tuple[Markup, ...]:
    """Answer questions about the procedure, each with its sources.

    Args:
        here: The session and services of the turn.
        reading: What the sentence asks, and what it supposes.
        text: The sentence, which may name a form, a number of days or a term.

    Returns:
        One paragraph for each question; several for what is to be done in a supposed case.
    """
    folded, asks = fold(text), [ask for ask in reading.asks if ask in TITLES]
    if reading.supposed and not reading.asks:  # "giả sử mất token": what then
        asks = ["what_to_do"]
    named = {fact: value for fact, value in reading.facts.items() if fact == "subject"}
    ended = {"expired": True} if reading.facts.get("expired") and "certificate" not in here.session.answers else {}
    opened = (
        "where" in asks and reading.supposed.get("token") == Token.LOCKED
    )  # a locked token is opened by a procedure
    # an end without its day waits to be confirmed
    asked = {**reading.supposed, **ended} if opened or "what_to_do" in asks else {}
    near = _NEAR_ITS_END.search(folded) is not None
    alone = not asks and reading.facts.keys() <= {"subject", "whose"} and here.session.screen in TELLING_SCREENS
    if near and alone:
        asks = ["what_to_do"]  # "chứng thư sắp hết hạn" is told in order to ask just this
    if near and "what_to_do" in asks:
        asked = {**asked, NEAR_EXPIRY: True}
    elif "what_to_do" in asks and _AT_ITS_END.match(folded):
        asked = {**asked, "expired": True}
    whole = asked and not leaves_out_loss(folded, asked)
    supposed = answer_supposed(here, {**named, **asked}) if whole else ()
    if ended and "expired" not in reading.supposed and here.session.consented_at is not None:
        supposed = supposed[:-1]  # it was told, not supposed, and that it is noted is said below
    if "what_to_do" in asks and (reading.facts.get("merged") or reading.supposed.get("merged")):
        supposed = supposed or answer_merger(here, reading.facts.get("subject"))
    by_lines: dict[tuple[str, ...], str] = {}  # two questions may have one answer
    for ask in asks:
        if not (supposed and ask == "what_to_do"):
            by_lines.setdefault(_answer_lines(here, ask, folded), ask)
    return (*supposed, *(_format_answer(here, ask, lines) for lines, ask in by_lines.items()))


def _answer_lines(here: Context, ask: str, folded: str) -> tuple[str, ...]:
    case = list(_from_the_case(here, ask))
    whole = case and (ask in _WHOLE_BY_CASE or (ask == "where" and _names_an_office(here)))
    said = case if whole else [*case, *_from_the_pack(here, ask, folded)]
    return tuple(dict.fromkeys(said)) or (here.say(NOT_READ),)


def _format_answer(here: Context, ask: str, lines: tuple[str, ...]) -> Markup:
    return join_lines(format_bold(here.say(TITLES[ask])), format_bullets(lines))


def _from_the_pack(here: Context, ask: str, folded: str) -> Iterator[str]:
    pack = here.pack
    named = find_named(pack, ask, folded) or name_by_case(ask, facts_of(here.session), here.today)
    answer = answer_question(pack, ask, named)
    if answer is not None:
        yield format_statement(answer.statement, here.say.t)


def _from_the_case(here: Context, ask: str) -> Iterator[str]:
    """Yield what the case at hand adds: its offices, its forms, the documents of its answer, or where the steps are."""
    if ask == "where":
        yield from _offices(here)
    elif ask == "which_form":
        yield from _forms(here)
    elif ask == "legal_basis":
        _, *documents = format_documents(here.say, cited_documents(here)[:_MOST])
        yield from documents
    elif ask == "what_to_do" and current_decision(here) is None:
        yield here.say(AFTER_THE_QUESTIONS)
    elif ask == "what_to_do":
        yield here.say(IN_THE_ANSWER, steps=here.say.t(N_("Step by step")))


def _names_an_office(here: Context) -> bool:
    """Return whether the decision of the case says where its dossiers go: what holds elsewhere would only confuse."""
    decided = current_decision(here)
    places = filing_places(here.offices, decided.actions, units_of(here)) if decided else ()
    return bool(places) and all(place.office for place in places)


def _forms(here: Context) -> Iterator[str]:
    """Yield each procedure of the decision that has a form, with its reasons' places in the law."""
    decided = current_decision(here)
    for action in decided.actions if decided is not None else ():
        if action.form:
            cited = dict.fromkeys(citation for reason in action.reasons for citation in reason.citations)
            yield format_sourced(format_title(here.say, action, None), tuple(cited), here.say.t)


def _offices(here: Context) -> Iterator[str]:
    """Yield where to file in this case: the office of the operator, or those of the decision."""
    decided = current_decision(here)
    if decided is not None:
        told = filing_notice_of(here, decided)
        head = f"{here.say.t(N_('Where to file.'))} "  # the title says it already
        yield _format_notice(here, replace(told, text=told.text.removeprefix(head)))
    else:
        yield from format_set_offices(here.pack, here.offices, units_of(here), here.say.t)


def _format_notice(here: Context, told: Notice) -> str:
    return format_sourced(told.text, told.citations, here.say.t)
