"""The condition of certificate, token and key in one question: most officers answer it with one tap.

Each of these facts is a question of the pack of its own. Where several are still needed they are asked together, with
the pack's answers as ticks; the first option says of all of them that nothing is wrong.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from markupsafe import Markup

from handlers.core import (
    DONE,
    Context,
    HandlerResult,
    Option,
    Page,
    Session,
    facts_of,
    find_impossible_day,
    format_bullets,
    format_day,
    parse_day,
    with_answer,
)
from handlers.interview import condition_facts, known_day, to_next_screen
from handlers.interview.screens import UNSURE, format_unsure, format_ways_on, unsure_option
from handlers.interview.screens.certificate import BY_HAND, TOLD_DAY, format_identity, take_typed_expiry
from handlers.interview.screens.file import HOW_TO_FIND_THE_DAY, SEND_BY_LINK, explain_export, how_option
from handlers.interview.screens.unit import take_unit_beside
from handlers.understanding import match_names
from locales import N_
from rules.questions import AnswerOption, Question

FILE_OR_DAY = N_(
    "Send the certificate file (.cer, or a PDF signed with it) right here, now or later; or type the day it ends"
    " together with your answer, such as: 16/11/2026, nothing is wrong."
)
WHEN_IT_ENDED = N_(
    "You said that the certificate has ended. Please type the day it ended, such as 16/11/2025; if you do not remember"
    " it, a day near it will do. If it has not ended, type the day it ends, or send the file."
)
ONLY_ONE_OF = N_("Of {answers} only one can be right. Which is it?")
FINE, FINE_BUT_CHANGED = "fine", "changed"
SENT_A_SECRET = N_("You sent a PIN or a key to this chat. I suggest that you choose that the key is exposed.")
#: The option of each question that "nothing is wrong" stands for.
_FINE_VALUES = {
    "certificate": "expiry_not_known",
    "information_matches": "true",
    "token": "in_hand",
    "key_exposed": "false",
}
#: What "nothing is wrong" says of each fact.
_FINE_WORDS = {
    "certificate": N_("issued by Ban Cơ yếu Chính phủ"),
    "token": N_("the token is in hand and works"),
    "key_exposed": N_("nobody who should not knows the key or the PIN"),
}
#: The pack's labels answer a question of their own; in the list of all they name their subject.
_LABELS = {
    ("information_matches", "false"): N_("Something the certificate says no longer holds"),
    ("token", "locked"): N_("The token is locked (too many wrong PINs)"),
    ("token", "damaged"): N_("The token is damaged"),
    ("token", "lost"): N_("The token is lost"),
    ("key_exposed", "true"): N_(
        "Somebody who was not given the token used it or knows its PIN, or there are signs of it"
    ),
    ("certificate", "public"): N_("The certificate is of a public provider (VNPT, Viettel…)"),
    ("certificate", "not_known"): N_("I cannot find out who issued it"),
}
#: Options whose label says here what their hint says.
_CLEAR = frozenset({("certificate", "public"), ("token", "remote")})
#: Words that mean something else beside the other options.
_AMBIGUOUS = frozenset({"co", "khong", "sai", "mat"})


class ConditionScreen:
    """Asks for all that is still needed of certificate, token and key."""

    async def page(self, here: Context) -> Page:
        """Show one list of what may be wrong, below the option that nothing is; after a typed day the list alone."""
        title = here.say(N_("<b>In what condition are certificate, token and key?</b>"))
        return Page(
            title=title,
            reminder=title,
            paragraphs=() if here.session.typed_expiry else _format_explanation(here),
            options=tuple(_options(here, _questions(here))),
            many=True,
            numbers="codes",
            help=format_ways_on(here, _questions(here)),
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Take the answer that nothing is wrong, a tick, or the end of ticking."""
        if value in (UNSURE, HOW_TO_FIND_THE_DAY):
            unsure = value == UNSURE
            notes = (format_unsure(here, _questions(here)),) if unsure else await explain_export(here)
            return HandlerResult(here.session, notes=notes)
        if value in (FINE, FINE_BUT_CHANGED, DONE) and _is_end_left_open(here):
            return HandlerResult(here.session, notes=(here.say(WHEN_IT_ENDED),))
        if value in (FINE, FINE_BUT_CHANGED):
            return HandlerResult(_to_answered(here, (), matches=value == FINE))
        if value == DONE and (doubled := _contradicting_labels(here)):
            note = here.say(ONLY_ONE_OF, answers=", ".join(f"“{label}”" for label in doubled))
            return HandlerResult(here.session.with_changes(ticked=()), notes=(note,))
        if value == DONE:
            return HandlerResult(_to_answered(here, here.session.ticked, matches=None))
        return HandlerResult(here.session.with_changes(ticked=_toggle(here.session.ticked, value)))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take the last day of the certificate, a word on one of the facts alone, or the officer's unit."""
        needed = "certificate" in condition_facts(here.session, here.pack, here.today)
        day = take_typed_expiry(here, text) if needed else None
        return day or _take_single_fact(here, text) or take_unit_beside(here, text)


def _is_end_left_open(here: Context) -> bool:
    """Return whether it was told that the certificate has ended, and neither a file nor a day says when."""
    session = here.session
    open_still = "certificate" in condition_facts(session, here.pack, here.today)
    return session.told_ended and open_still and known_day(session) is None and not _tells_issuer(session)


def _tells_issuer(session: Session) -> bool:
    return any(tick.startswith("certificate:") for tick in session.ticked)


def take_day_beside(here: Context, text: str) -> HandlerResult:
    """Take the last day that stands in a line beside an answer ("31/12/2028, bình thường")."""
    needed = "certificate" in condition_facts(here.session, here.pack, here.today)
    written = needed and (parse_day(text) or find_impossible_day(text))
    taken = take_typed_expiry(here, text) if written else None
    return taken or HandlerResult(here.session)


def _take_single_fact(here: Context, text: str) -> HandlerResult | None:
    """Take a line that says of the token, or of the key, that it is in order; the rest stays to be asked."""
    for question in _questions(here):
        fine = next(option for option in question.options if option.value == _FINE_VALUES[question.fact])
        synonyms = tuple(word for word in fine.synonyms if word not in _AMBIGUOUS)
        if question.fact in ("token", "key_exposed") and match_names(text, [Option(FINE, fine.label, synonyms)]).sure:
            answer = _to_answer(here, question, fine.value, matches=None)
            session = with_answer(here.session, question.fact, answer, here.pack)
            note = here.say(N_("Noted: <b>{answer}</b>."), answer=here.say.t(_FINE_WORDS[question.fact]))
            return HandlerResult(to_next_screen(here.with_session(session)), notes=(note,))
    return None


def _format_explanation(here: Context) -> tuple[Markup, ...]:
    """Say what "nothing is wrong" means, what the others mean, and how to tell more of the certificate."""
    say, asked = here.say, _questions(here)
    facts = [question.fact for question in asked]
    certificate = here.session.certificate
    identity = (format_identity(say, certificate),) if certificate and "information_matches" in facts else ()
    fine = "" if here.session.ticked else "; ".join(say.t(_FINE_WORDS[fact]) for fact in facts if fact in _FINE_WORDS)
    caution = (say(SENT_A_SECRET),) if "key_exposed" in facts and here.session.warned else ()
    told = here.session.told_expiry
    ways = (FILE_OR_DAY,) if here.world.takes_files else (SEND_BY_LINK, BY_HAND)
    days = (say(TOLD_DAY, day=format_day(told)),) if told else tuple(map(say, ways))
    file = days if "certificate" in facts else ()
    choose = say(N_("If something is wrong, choose all that apply, then “Done”; by typing: numbers, such as 2, 5."))
    meaning = say(N_("“Nothing is wrong” means: {meaning}."), meaning=fine) if fine else Markup()
    return (*identity, meaning, _format_hints(here, asked), *caution, *file, choose)


def _questions(here: Context) -> list[Question]:
    facts = condition_facts(here.session, here.pack, here.today)
    return [question for question in here.pack.questions if question.fact in facts]


def _offered_options(here: Context, asked: list[Question]) -> Iterator[tuple[Question, AnswerOption]]:
    """Yield the pack's options that say that something is wrong or special."""
    facts = facts_of(here.session)
    for question in asked:
        for option in question.options_for(facts):
            typed = question.fact == "certificate" and known_day(here.session) is not None
            if option.value != _FINE_VALUES[question.fact] and not (typed and option.value == "none"):
                yield question, option


def _options(here: Context, asked: list[Question]) -> Iterator[Option]:
    t, ticked, facts = here.say.t, here.session.ticked, {question.fact for question in asked}
    if not ticked:
        yield from _fine_options(here, facts)
    for question, option in _offered_options(here, asked):
        value = f"{question.fact}:{option.value}"
        synonyms = tuple(word for word in option.synonyms if word not in _AMBIGUOUS)
        yield Option(value, t(_label(question, option)), synonyms, ticked=value in ticked)
    if "certificate" in facts and known_day(here.session) is None:
        yield how_option(here)
    if ticked:
        yield Option(DONE, t(N_("Done")), ("xong", "het", "ok"), ticks=False)
    yield unsure_option(t)


def _label(question: Question, option: AnswerOption) -> str:
    return _LABELS.get((question.fact, option.value), option.label)


def _fine_options(here: Context, facts: AbstractSet[str]) -> Iterator[Option]:
    t = here.say.t
    words = ("binh thuong", "deu binh thuong", "moi thu binh thuong", "khong co gi", "khong sao ca", "deu on", "on ca")
    if "information_matches" not in facts:
        yield Option(FINE, t(N_("Nothing is wrong")), words, ticks=False)
        return
    yield Option(FINE, t(N_("Nothing is wrong, and all the certificate says still holds")), words, ticks=False)
    changed = N_("Nothing is wrong, but something the certificate says no longer holds")
    yield Option(FINE_BUT_CHANGED, t(changed), ("khong con dung", "khong khop"), ticks=False)


def _format_hints(here: Context, asked: list[Question]) -> Markup:
    say = here.say
    return format_bullets(
        say.text(option.hint)
        for question, option in _offered_options(here, asked)
        if option.hint and (question.fact, option.value) not in _CLEAR
    )


def _contradicting_labels(here: Context) -> list[str]:
    """Return the labels of ticks that cannot hold together, as a typed line may name them."""
    ticked = here.session.ticked
    facts = [tick.partition(":")[0] for tick in ticked]
    doubled = [tick for tick, fact in zip(ticked, facts, strict=True) if facts.count(fact) > 1]
    labels = {
        f"{question.fact}:{option.value}": _label(question, option)
        for question, option in _offered_options(here, _questions(here))
    }
    return [here.say.t(labels[tick]) for tick in doubled if tick in labels]


def _toggle(ticked: tuple[str, ...], value: str) -> tuple[str, ...]:
    """Set or remove a tick; of token and certificate only one answer can hold, and the later tick takes its place."""
    if value in ticked:
        return tuple(tick for tick in ticked if tick != value)
    fact = value.partition(":")[0]
    return (*(tick for tick in ticked if tick.partition(":")[0] != fact), value)


def _to_answered(here: Context, ticked: tuple[str, ...], *, matches: bool | None) -> Session:
    """Store an answer to every fact that was asked; whether the data match is only known if it was said."""
    said = dict(tick.split(":", 1) for tick in ticked)
    session = here.session
    apart = said.get("certificate") in ("public", "none")  # nothing more is asked of such a certificate
    for question in _questions(here):
        value = said.get(question.fact)
        if value is None and (apart or (question.fact == "information_matches" and matches is None)):
            continue
        answer = _to_answer(here, question, value or _FINE_VALUES[question.fact], matches=matches)
        session = with_answer(session, question.fact, answer, here.pack)
    return to_next_screen(here.with_session(session))


def _to_answer(here: Context, question: Question, value: str, *, matches: bool | None) -> Any:
    if question.fact == "information_matches":
        return matches is True
    if question.fact == "certificate":
        option = next(option for option in question.options if option.value == value)
        day = known_day(here.session)
        known = {"not_before": None, "not_after": day.isoformat()} if day else {}
        return {**option.sets, **dict.fromkeys(option.not_known), **known}
    return value == "true" if question.fact == "key_exposed" else value
