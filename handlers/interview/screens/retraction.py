"""Asks before a safety-relevant fact is taken back: a loss, an exposed key, a death, an end.

Such a fact leads to a revocation. A later sentence, tap, file or edit that would take it back therefore changes nothing
by itself: what was said and what would count instead are shown side by side, and the first answer keeps the fact.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from handlers.core import (
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    Retraction,
    Session,
    capitalize_first,
    current_decision,
    format_bold,
    format_bullets,
    format_statement,
    join_lines,
    question_of,
    with_answer,
)
from handlers.interview import to_next_screen
from handlers.interview.screens import UNSURE, unsure_option
from handlers.interview.screens.question import CHANGE, format_change, format_phrase
from handlers.understanding import TELLING_SCREENS
from locales import N_
from rules import answer_question
from rules.facts import Event, Token
from rules.language import Reading
from rules.language.spelling import fold

#: The values of each fact that must not go unseen; of the token the gravest comes last.
SAFETY_VALUES: Mapping[str, tuple[str, ...]] = {
    "events": (
        Event.DECEASED,
        Event.LEFT_STATE_SERVICE,
        Event.DISSOLVED,
        Event.SPLIT,
        Event.DEVICE_RETIRED,
        Event.MANAGING_BODY_REVOKES,
    ),
    "token": (Token.DAMAGED, Token.LOST),
    "key_exposed": ("true",),
}
#: What must be acted on before the questions are through.
_URGENT = frozenset({("token", Token.LOST.value), ("key_exposed", "true")})
KEEP, TAKE_BACK, FILED, EXPOSED = "keep", "take_back", "filed", "exposed"
ASK = N_("<b>You said something else before. Which holds?</b>")
FOUND = N_(
    "I have read no text on a token that was lost and found again. Somebody may have used it meanwhile; whether the"
    " certificate is revoked is for the managing body to say."
)
FOUND_AGAIN = N_("the token is found again")
TOKEN_NOT_SEEN = N_(
    "That a computer does not see the token does not yet mean that it is damaged. Try another port and another"
    " computer, and ask whoever looks after the computers of your office to check the token's software. If no computer"
    " sees it, write “the token is damaged”; if one says it is locked, “the token is locked”."
)
_NO = "(?:khong|ko|k|hong|chang)"
_NOT_SEEN = re.compile(
    rf"\b(?:token|usb)\b.{{0,30}}\b{_NO} (?:nhan|len|hien|doc duoc|vao duoc)\b(?! (?:duoc |dc )?(?:thu|ma|tin|mail)\b)"
    rf"|\bmay\b.{{0,20}}\b{_NO} (?:nhan|thay|doc)\b.{{0,12}}\b(?:token|usb)\b"
)
#: The step of the pack that says what to do with such a token.
_FOUND_STEP = "found"
TELL_THE_BODY = N_(
    "If the revocation was asked for already, tell the managing body now: it says whether that goes on. I take no"
    " registered request back: /yeucau"
)
KEPT = N_("It stays as you said before.")
CHANGED = N_("Changed, as you confirmed:")
UNSURE_HELP = N_("Then it stays as it was. Ask whoever keeps the token or the files, and write to me once you know.")
#: Words of a line that tells of a token that was found, and of one that tells that it was not.
_FOUND_AGAIN = re.compile(r"\b(?:tim (?:lai )?(?:duoc|thay|ra)|tim dc|thay lai|co lai|nhat lai|kiem lai|found)\b")
_NOT_FOUND = re.compile(r"\b(?:khong|ko|k|kh|chua|chang|hong|neu|se|dang tim|not|if)\b")
_KEEP_SYNONYMS = ("giu", "giu nguyen", "nhu cu", "nhu truoc", "giu nhu truoc", "khong doi", "keep")


def keep_safety_facts(here: Context, answered: HandlerResult) -> HandlerResult:
    """Remember the safety-relevant facts of a session; ask first where the event would take one back.

    Args:
        here: The session before the event, and the services.
        answered: The result of the event.

    Returns:
        The result as it is, or one that changes nothing and opens the question.
    """
    session = answered.session
    if (
        session == here.session
        or session.consented_at is None
        or session.interview != here.session.interview
        or not session.answers
    ):
        return answered
    told = {**here.session.safety_facts, **_find_safety_facts(here.session)}
    if session.safety_facts != here.session.safety_facts:  # the confirmation itself
        told = session.safety_facts
    if _find_taken_back(here.session, told, session):
        held = Retraction(answers=session.answers, certificate=session.certificate, derived=session.derived)
        asking = here.session.with_screen("retraction", retraction=held, safety_facts=told, understood=None)
        return replace(answered, session=asking, notes=answered.notes if answered.secret else ())
    known = _merge(told, _find_safety_facts(session))
    left = session.screen != "retraction" and session.came_from is None
    kept = session.with_changes(safety_facts=known, **({"retraction": None} if left else {}))
    return _with_first_advice(here, replace(answered, session=kept), told)


def _with_first_advice(here: Context, answered: HandlerResult, told: Mapping[str, tuple[str, ...]]) -> HandlerResult:
    """Say what to do this minute once a loss or an exposed key is on record and questions are still open.

    The answer begins with it too, but may be several questions away.
    """
    session = answered.session
    advice = answer_question(here.pack, "sign_meanwhile", "unsafe")
    if advice is None or not _urgent(session.safety_facts) - _urgent(told):
        return answered
    if current_decision(here.with_session(session)) is not None:
        return answered
    now = format_bold(here.say(N_("Right now"))) + ": "
    return replace(answered, notes=(*answered.notes, now + format_statement(advice.statement, here.say.t)))


def _urgent(facts: Mapping[str, tuple[str, ...]]) -> set[tuple[str, str]]:
    return {(fact, value) for fact, values in facts.items() for value in values} & _URGENT


def ask_about_found_token(here: Context, text: str) -> HandlerResult | None:
    """Open the question where a line tells that the lost token was found; nothing is recorded by that.

    A token that was found is not one that was never lost, so such a line is never said back as "in hand".
    """
    session, said = here.session, fold(text)
    lost = Token.LOST in session.safety_facts.get("token", ())
    if not lost or "?" in text or _NOT_FOUND.search(said) or not _FOUND_AGAIN.search(said):
        return None
    answers = {**session.answers, "token": Token.IN_HAND.value}
    held = Retraction(answers=answers, certificate=session.certificate, derived=session.derived)
    return HandlerResult(session.with_screen("retraction", retraction=held, understood=None))


def answer_unseen_token(here: Context, reading: Reading, text: str) -> tuple[Markup, ...]:
    """Answer a line that says only that a computer does not see the token; nothing for any other line.

    Such a token need not be damaged, and a certificate must not be revoked for it.
    """
    alone = reading.facts.keys() <= {"subject", "whose"} and set(reading.asks) <= {"what_to_do"}
    heard = alone and not reading.supposed and here.session.screen in TELLING_SCREENS
    return (here.say(TOKEN_NOT_SEEN),) if heard and _NOT_SEEN.search(fold(text)) else ()


def _find_safety_facts(session: Session) -> dict[str, tuple[str, ...]]:
    """Return what the answers say of safety; events that were filled in were not said by anybody."""
    given = {fact: _values(session.answers[fact]) for fact in SAFETY_VALUES if fact in session.answers}
    if session.derived is not None:
        given.pop("events", None)
    found = {fact: tuple(value for value in SAFETY_VALUES[fact] if value in values) for fact, values in given.items()}
    return {fact: values for fact, values in found.items() if values}


def _merge(told: Mapping[str, tuple[str, ...]], said: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Add what is said now; of the token one condition holds, of the events any number."""
    events = tuple(dict.fromkeys((*told.get("events", ()), *said.get("events", ()))))
    return {**told, **said, **({"events": events} if events else {})}


def _values(answer: Any) -> list[str]:
    if isinstance(answer, list):
        return [str(value) for value in answer]
    return [str(answer).lower()] if answer is not None else []


def _find_taken_back(
    before: Session, told: Mapping[str, tuple[str, ...]], after: Session
) -> dict[str, tuple[str, ...]]:
    """Return the facts that were told and that the answers contradict; a question that is open again does not."""
    other_subject = after.answers.get("subject") != before.answers.get("subject") and "subject" in before.answers
    found = {fact: _missing(fact, values, after.answers, gone=other_subject) for fact, values in told.items()}
    return {fact: values for fact, values in found.items() if values}


def _missing(fact: str, told: tuple[str, ...], answers: Mapping[str, Any], *, gone: bool) -> tuple[str, ...]:
    if fact not in answers:
        return told if gone and fact == "events" and "subject" in answers else ()
    values, order = _values(answers[fact]), SAFETY_VALUES[fact]
    if fact == "token" and values and values[0] in order:  # a graver condition takes nothing back
        return tuple(value for value in told if order.index(value) > order.index(values[0]))
    return tuple(value for value in told if value not in values)


class RetractionScreen(OptionsOnlyScreen):
    """Shows what was said beside what would count instead; nothing changes before it is chosen."""

    async def page(self, here: Context) -> Page:
        """Show the change, what follows from it, and the ways to settle it."""
        say, held = here.say, here.session.retraction
        if held is None:
            return Page(say(N_("There is nothing to confirm.")), options=(Option(KEEP, say.t(N_("Continue"))),))
        found = _is_found_again(here, held)
        told = (
            format_bullets(Markup(capitalize_first(change)) for change in _format_changes(here, held, found=found)),  # noqa: S704 - escaped
            join_lines(say(FOUND), *_format_found_step(here)) if found else _format_reason(here, held),
            say(TELL_THE_BODY),
        )
        return Page(say(ASK), tuple(filter(None, told)), tuple(_options(here, found=found)), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Keep what was said, or take the new answers; of a token that was found, also what became of it meanwhile."""
        held = here.session.retraction
        if held is None:
            return HandlerResult(to_next_screen(here))
        if value == UNSURE:
            return HandlerResult(_to_kept(here, held), notes=(here.say(UNSURE_HELP),))
        if value in (KEEP, FILED):
            note = here.say(TELL_THE_BODY) if value == FILED else here.say(KEPT)
            return HandlerResult(_to_kept(here, held), notes=(note,))
        exposed = (format_phrase(here.say, "key_exposed", answer=True),) if value == EXPOSED else ()
        found = value == EXPOSED  # then nobody says that it can be used
        changes = Markup("; ").join((*_format_changes(here, held, found=found), *exposed))
        note = Markup("{} {}").format(here.say(CHANGED), changes)
        return HandlerResult(_to_taken_back(here, held, exposed=value == EXPOSED), notes=(note,))


def _format_reason(here: Context, held: Retraction) -> Markup:
    """Say why a token or a key matters, in the words and with the sources of the pack; an end explains itself."""
    fact = next((fact for fact in _taken_back(here, held) if fact != "events"), None)
    asked = question_of(here.pack, fact)
    return Markup("{}").format(format_statement(asked.why, here.say.t)) if asked else Markup()


def _format_found_step(here: Context) -> Iterator[Markup]:
    """Say what the pack says of a token that turns up again, with its source."""
    for guide in here.pack.procedures.values():
        for step in guide.steps:
            if step.id == _FOUND_STEP:
                yield Markup("{}").format(format_statement(step.statement, here.say.t))


def _taken_back(here: Context, held: Retraction) -> dict[str, tuple[str, ...]]:
    session = here.session
    return _find_taken_back(session, session.safety_facts, session.with_changes(answers=held.answers))


def _is_found_again(here: Context, held: Retraction) -> bool:
    return Token.LOST in _taken_back(here, held).get("token", ())


def _options(here: Context, *, found: bool) -> Iterator[Option]:
    t = here.say.t
    yield Option(KEEP, t(N_("Leave it as I said before")), _KEEP_SYNONYMS)
    if found:
        yield Option(FILED, t(N_("Found again, but the revocation was asked for already")), ("da nop", "da de nghi"))
        yield Option(EXPOSED, t(N_("Found again; somebody else may have had it")), ("nguoi khac cam", "co nguoi cam"))
        yield Option(TAKE_BACK, t(N_("I was wrong: nobody else ever had it")), ("noi nham", "nham", "toi nham"))
    else:
        yield Option(
            TAKE_BACK, t(N_("I was wrong before: take what I say now")), ("noi nham", "nham", "toi nham", "doi")
        )
    yield unsure_option(t)


def _format_changes(here: Context, held: Retraction, *, found: bool) -> Iterator[Markup]:
    """Yield one line for each fact that would no longer be as it was said, and one where the subscriber is another.

    Of a token that was found it is not said that it can be used: whether it can is the very question.
    """
    session, taken_back = here.session, _taken_back(here, held)
    for fact in ("subject", *SAFETY_VALUES):
        if fact not in taken_back and not _is_other_subject(session, held, fact):
            continue
        said = restored(fact, taken_back[fact], {}) if fact in taken_back else session.answers[fact]
        if found and fact == "token":
            now = format_bold(here.say(FOUND_AGAIN))
            yield here.say(CHANGE, before=format_phrase(here.say, fact, said), now=now)
        else:
            yield format_change(here.say, fact, said, held.answers.get(fact))


def _is_other_subject(session: Session, held: Retraction, fact: str) -> bool:
    known = session.answers.get("subject")
    return fact == "subject" and known is not None and held.answers.get("subject") not in (None, known)


def _to_kept(here: Context, held: Retraction) -> Session:
    """Keep what was said; the other new answers count, unless they are about another subscriber."""
    session, other = here.session, _is_other_subject(here.session, held, "subject")
    base = session if other else _with_answers(session, held)
    for fact, values in _taken_back(here, held).items():
        base = with_answer(base, fact, restored(fact, values, base.answers), here.pack)
    return to_next_screen(here.with_session(base.with_changes(retraction=None)))


def restored(fact: str, values: tuple[str, ...], answers: Mapping[str, Any]) -> Any:
    """Return the answer that says what was told of a fact, beside the other events of the present answers."""
    if fact == "events":
        return list(dict.fromkeys((*answers.get("events", []), *values)))
    return True if fact == "key_exposed" else values[-1]


def _to_taken_back(here: Context, held: Retraction, *, exposed: bool) -> Session:
    """Take the new answers, and with ``exposed`` that the key may be known; what was taken back is no longer kept."""
    taken_back = _taken_back(here, held)
    left = {
        fact: rest
        for fact, values in here.session.safety_facts.items()
        if (rest := tuple(value for value in values if value not in taken_back.get(fact, ())))
    }
    session = _with_answers(here.session, held).with_changes(retraction=None)
    if exposed:
        session = with_answer(session, "key_exposed", True, here.pack)
        left = {**left, "key_exposed": ("true",)}
    return to_next_screen(here.with_session(session.with_changes(safety_facts=left)))


def _with_answers(session: Session, held: Retraction) -> Session:
    return session.with_changes(
        answers=held.answers, certificate=held.certificate, derived=held.derived, typed_expiry=None
    )
