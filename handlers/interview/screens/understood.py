"""Says back what was understood of a free sentence, and takes one tap to confirm it; nothing counts before."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from markupsafe import Markup

from handlers.core import (
    NO,
    YES,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    Session,
    Understood,
    current_question,
    facts_of,
    format_day,
    with_answer,
)
from handlers.interview import to_next_screen, waits_for_its_page
from handlers.interview.screens.question import TRUTH_VALUES, format_change, format_phrase
from handlers.interview.screens.unit import take_named_unit
from handlers.requests import clean_line
from locales import N_
from rules.facts import Issuer
from rules.questions import Question

NOTED_DAY = N_("Noted: it ends on <b>{day}</b>. You see it again where I ask about the certificate.")
EXPIRED = N_("it has ended (on which day, I ask next)")
NOTED_END = N_("Noted: it <b>has ended</b>. On which day, please say where I ask about the certificate.")
MERGED = N_("your unit <b>was merged</b> (which kind, I ask next)")


def answers_in(here: Context, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers that facts of a sentence give to questions of the pack, without those given already.

    Values that the pack does not offer are left out.
    """
    session = here.session
    found: dict[str, Any] = {}
    for question in here.pack.questions:
        known = session.with_changes(answers={**session.answers, **found})
        answer = _answer(known, question, facts)
        if answer is not None and session.answers.get(question.fact) != answer:
            found[question.fact] = answer
    return found


def _answer(session: Session, question: Question, facts: Mapping[str, Any]) -> Any:
    if question.fact == "certificate":
        return _certificate_answer(question, facts)
    if question.fact not in facts:
        return None
    said = facts[question.fact]
    offered = {option.value for option in question.options_for(facts_of(session))}
    if isinstance(said, list):
        return said if set(said) <= offered else None
    value = str(said).lower() if isinstance(said, bool) else said
    return TRUTH_VALUES.get(value, value) if value in offered else None


def _certificate_answer(question: Question, facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return an answer that leaves nothing open: an issuer that needs no day, or issuer and day together."""
    issuer = facts.get("issuer")
    if issuer == Issuer.GOVERNMENT and "not_after" in facts:
        return {"not_before": None, "not_after": facts["not_after"], "issuer": issuer}
    whole = (option for option in question.options if option.sets.get("issuer") == issuer and not option.not_known)
    return next((dict(option.sets) for option in whole), None) if issuer else None


def understood_in(here: Context, facts: Mapping[str, Any]) -> Understood | None:
    """Return what is to be confirmed of the facts of a sentence, or ``None`` if nothing of it can be recorded.

    An earlier sentence that waits to be confirmed is not lost: what it said is confirmed with this one, or shown beside
    what this one says instead.
    """
    waiting = here.session.understood or Understood()
    before = here.session.with_changes(answers={**here.session.answers, **waiting.answers})
    answers, ends = answers_in(here.with_session(before), facts), _new_expiry(here.session, facts)
    if "certificate" in answers or "certificate" in before.answers:
        ends = None
    merger = bool(facts.get("merged")) and "events" not in before.answers and not waiting.merged
    if not answers and ends is None and not (merger and not _asks_what_happened(here)):
        return None
    unit = clean_line(facts["new_unit"]) if "new_unit" in facts else None
    expired = bool(facts.get("expired")) and "certificate" not in {**before.answers, **answers} and ends is None
    fresh = Understood(answers=answers, expiry=ends, expired=expired, unit=unit, merged=bool(facts.get("merged")))
    return waiting.followed_by(fresh)


def _asks_what_happened(here: Context) -> bool:
    """Return whether the open question is what happened: there a merger is answered by its kind."""
    asked = current_question(here.session, here.pack, here.today)
    return here.session.screen == "question" and asked is not None and asked.fact == "events"


def _new_expiry(session: Session, facts: Mapping[str, Any]) -> date | None:
    ends = date.fromisoformat(facts["not_after"]) if "not_after" in facts else None
    return None if ends in (session.typed_expiry, session.told_expiry) else ends


def format_noted_day(here: Context, understood: Understood | None) -> tuple[Markup, ...]:
    """Say that a last day, told alone, is shown again by the page that asks for it; nothing for anything else."""
    if understood is None or understood.expiry is None or not waits_for_its_page(here, understood):
        return ()
    return (here.say(NOTED_DAY, day=format_day(understood.expiry)),)


def note_end_alone(here: Context, facts: Mapping[str, Any], *, beside: bool = False) -> tuple[Markup, ...]:
    """Say that an end without a day was read and is asked for later; nothing where its question stands open or is past.

    Args:
        here: The session and services of the turn.
        facts: The facts of the sentence.
        beside: Whether the sentence answered a question, so that the page of the certificate was not open yet.
    """
    session = here.session
    asked = current_question(session, here.pack, here.today)
    early = session.screen == "unit" or (session.screen == "question" and asked and asked.fact != "certificate")
    told = facts.get("expired") and (early or beside) and "certificate" not in session.answers
    return (here.say(NOTED_END),) if told else ()


def format_understood(here: Context, understood: Understood) -> Markup:
    """Say in one line what was understood."""
    return Markup("; ").join(_parts(here, understood))


def _parts(here: Context, understood: Understood) -> Iterator[Markup]:
    say = here.say
    for question in here.pack.questions:
        if question.fact not in understood.answers:
            continue
        told, known = understood.answers[question.fact], here.session.answers.get(question.fact)
        known = understood.replaced.get(question.fact, known)
        if known is not None:
            yield format_change(say, question.fact, known, told)
        else:
            yield format_phrase(say, question.fact, told)
    if understood.expiry:
        yield say(N_("it ends on <b>{day}</b>"), day=format_day(understood.expiry))
    if understood.expired:
        yield say(EXPIRED)
    if understood.merged:
        yield say(MERGED)
    if understood.unit:
        yield say(N_("present unit: <b>{name}</b>"), name=understood.unit)


def with_understood(here: Context, understood: Understood) -> Session:
    """Record what was confirmed, in the pack's order, as if each answer had been tapped."""
    session = here.session.with_changes(understood=None)
    for question in here.pack.questions:
        if question.fact in understood.answers:
            session = with_answer(session, question.fact, understood.answers[question.fact], here.pack)
    if "certificate" in understood.answers:
        session = session.with_changes(certificate=None)  # the file that was read before no longer counts
    elif understood.expiry:
        session = session.with_changes(told_expiry=understood.expiry)
    if understood.expired:
        session = session.with_changes(told_ended=True)
    return session.with_changes(named_unit=understood.unit) if understood.unit else session


_YES_SYNONYMS = (
    "dung", "dung roi", "dung vay", "da dung", "vang dung", "phai", "phai roi", "vang", "da", "u", "uh", "ok", "oke",
    "chinh xac", "chuan", "yes", "co", "dung the",
)  # fmt: skip
_NO_SYNONYMS = ("khong", "khong dung", "khong phai", "sai", "sai roi", "no", "chua dung", "khong, hoi lai", "hoi lai")


class UnderstoodScreen(OptionsOnlyScreen):
    """Asks whether a sentence was understood; nothing of it counts before the yes."""

    async def page(self, here: Context) -> Page:
        """Show in one line what was understood, with yes and no."""
        t, understood = here.say.t, here.session.understood
        if understood is None:
            return Page(here.say(N_("There is nothing to confirm.")), options=(Option(NO, t(N_("Continue"))),))
        ask = here.say(N_("I understand: {line}. Is that right?"), line=format_understood(here, understood))
        options = (
            Option(YES, t(N_("That is right")), _YES_SYNONYMS),
            Option(NO, t(N_("No, ask me one by one")), _NO_SYNONYMS),
        )
        return Page(ask, options=options, exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Record everything that was said back, or nothing of it."""
        session, understood = here.session, here.session.understood
        if value == YES and understood is not None:
            session, notes = take_named_unit(here.with_session(with_understood(here, understood)))
            return HandlerResult(to_next_screen(here.with_session(session)), notes=notes)
        return HandlerResult(to_next_screen(here.with_session(session.with_changes(understood=None))))
