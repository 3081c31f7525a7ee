"""Answers what a question supposes ("nếu mất token thì sao") for that case; nothing of it is recorded."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup

from handlers.core import (
    Context,
    Session,
    answer_lines,
    find_certainty,
    format_brief_answer,
    format_bullets,
    format_certainty,
    format_sourced,
    format_statement,
    format_title,
    join_lines,
)
from handlers.interview.screens.question import format_phrase
from handlers.interview.screens.understood import answers_in
from handlers.requests import SUBJECT_LABELS
from locales import N_
from rules import Action, Citation, Decided, FactsError, Issuer, Level, Subject, Token, decide, parse_facts
from rules.outcome import Part

IF = N_("If {case}:")
IF_BESIDE = N_("If {case}, beside what you have told ({told}):")
#: Said below, because the answer to a supposition is easily taken for one's own.
NOT_RECORDED = N_("<i>That holds where nothing else is wrong. I have not recorded it.</i>")
NOT_RECORDED_BESIDE = N_("<i>I have not recorded it.</i>")
ENDED = N_("<b>the certificate has expired</b>")
NEAR_ITS_END = N_("<b>the certificate is near its end</b>")
#: What a question may suppose beside the facts that a sentence can state.
NEAR_EXPIRY = "near_expiry"
MERGER_DEPENDS = N_("After a merger it depends on whose certificate it is and which one is kept:")
#: What a merger can mean for a certificate: whose it is, what happened, whether it is kept or matches.
_MERGERS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    (
        N_("A body that became part of a new one, its certificate is kept"),
        {"subject": "organisation", "events": ["merged_into_new"], "merger_role": "designated"},
    ),
    (
        N_("A body that became part of a new one, another certificate is kept"),
        {"subject": "organisation", "events": ["merged_into_new"], "merger_role": "other"},
    ),
    (
        N_("A body that took others in and kept its name"),
        {"subject": "organisation", "events": ["merged_into_existing"], "merger_role": "surviving"},
    ),
    (
        N_("A body that was merged into another one"),
        {"subject": "organisation", "events": ["merged_into_existing"], "merger_role": "absorbed"},
    ),
    (
        N_("An officer whose certificate still has the old name"),
        {"subject": "individual", "events": ["unit_reorganised"], "information_matches": False},
    ),
    (
        N_("An officer whose certificate still says what is true"),
        {"subject": "individual", "events": ["unit_reorganised"], "information_matches": True},
    ),
)
NOTHING_TO_DO = N_("Nothing has to be done.")
#: Facts that a question leaves out, as they mostly are. Whose certificate a merger keeps has no usual answer.
_USUAL: Mapping[str, Any] = {"events": [], "token": Token.IN_HAND, "key_exposed": False}
#: How long the usual certificate is still valid: nothing that presses before its end is said of it.
_VALID_FOR = timedelta(days=365)
#: Parts of the answer that are said for all kinds of certificate together.
_SHARED = (Part.NOW, Part.TOKEN)
#: Words of a loss or an exposure, without accents; "mất bao lâu" and "mật khẩu" are none.
_LOSS = re.compile(
    r"\b(mat(?! (bao|may|phi|tien|thoi|khau|cong|pin|pass|mk|ma pin|ma so pin|mat khau))|lo(?! (het|qua) han)|ro ri"
    r"|that lac|danh cap|trom|cuop)\b"
)
_SUBJECTS = (Subject.INDIVIDUAL, Subject.ORGANISATION)


def answer_supposed(here: Context, supposed: Mapping[str, Any]) -> tuple[Markup, ...]:
    """Answer what is to be done in a case that a question supposes, on top of what is known of the person's own case.

    Args:
        here: The session and services of the turn.
        supposed: The facts that the question supposes, as the reading of a sentence has them.

    Returns:
        Paragraphs; none if it depends on more than is usual.
    """
    told = supposed.get("subject") or here.session.answers.get("subject")
    cases = dict(_decide_each(here, supposed, [Subject(told)] if told else _SUBJECTS))
    if not cases:
        return ()
    (answers, decided), *others = cases.values()
    head, tail = _format_head(here, answers, supposed)
    if decided.actions and all(other.actions == decided.actions for _, other in others):
        return (head, *format_brief_answer(here, decided, alone=True), tail)
    outcomes = {subject: outcome for subject, (_, outcome) in cases.items()}
    surest = max(outcomes.values(), key=lambda one: list(Level).index(find_certainty(here, one)))
    shared = _format_shared(here, list(outcomes.values()))
    return (head, *shared, *_format_each(here, outcomes), format_certainty(here, surest), tail)


def answer_merger(here: Context, subject: str | None = None) -> tuple[Markup, ...]:
    """Say on what it depends after a merger, and what follows in each case, with its place in the law."""
    told = subject or here.session.answers.get("subject")
    cases = [(label, case) for label, case in _MERGERS if told in (None, case["subject"])]
    found = [(label, _decide_usual(here, case)) for label, case in cases]
    decided = [(label, outcome) for label, outcome in found if outcome and outcome.actions]
    if not decided:
        return ()
    sources: dict[str, int] = {}
    lines = [f"{here.say.t(label)}: {_format_marked(here, outcome, sources)}" for label, outcome in decided]
    documents = (here.pack.documents[number] for number in sources)
    named = "; ".join(f"[{at}] {document.short or document.number}" for at, document in enumerate(documents, 1))
    surest = max((one for _, one in decided), key=lambda one: list(Level).index(find_certainty(here, one)))
    return (
        join_lines(here.say(MERGER_DEPENDS), format_bullets(lines)),
        join_lines(here.say(N_("<i>Sources: {sources}</i>"), sources=named), format_certainty(here, surest)),
        here.say(NOT_RECORDED),
    )


def _format_marked(here: Context, decided: Decided, sources: dict[str, int]) -> str:
    """Format the first procedure with the numbers of its sources; a new source gets the next number."""
    action = decided.actions[0]
    documents = dict.fromkeys(citation.document for reason in action.reasons for citation in reason.citations)
    numbers = sorted(sources.setdefault(document, len(sources) + 1) for document in documents)
    marks = "".join(f"[{number}]" for number in numbers)
    return f"{format_title(here.say, action, None)} {marks}".strip()


def leaves_out_loss(folded: str, supposed: Mapping[str, Any]) -> bool:
    """Return whether a sentence speaks of a loss or an exposure that was not read: no answer may leave that out.

    Args:
        folded: The sentence in small letters without accents.
        supposed: What was read of it.
    """
    told = supposed.get("token") == Token.LOST or supposed.get("key_exposed") is True
    return not told and _LOSS.search(folded) is not None


def _format_head(here: Context, answers: Mapping[str, Any], supposed: Mapping[str, Any]) -> tuple[Markup, Markup]:
    """Name the case, with what the person has told where the decision counts on it; say that nothing is recorded."""
    case = Markup(", ").join(_format_case(here, answers, supposed))
    own = [(fact, value) for fact, value in here.session.answers.items() if _counts(fact, value, answers, supposed)]
    if answers.get("subject") != here.session.answers.get("subject") or not own:
        return here.say(IF, case=case), here.say(NOT_RECORDED)
    told = Markup("; ").join(format_phrase(here.say, fact, value) for fact, value in own)
    return here.say(IF_BESIDE, case=case, told=told), here.say(NOT_RECORDED_BESIDE)


def _counts(fact: str, value: Any, answers: Mapping[str, Any], supposed: Mapping[str, Any]) -> bool:
    """Return whether an answer of the person's own is unusual and stays beside the supposed ones."""
    usual = {**_USUAL, "information_matches": True}
    stays = fact == "events" or (fact not in supposed and answers.get(fact) == value)
    return stays and fact not in {"subject", "certificate"} and (fact not in usual or usual[fact] != value)


def _decide_each(
    here: Context, supposed: Mapping[str, Any], subjects: Sequence[Subject]
) -> Iterator[tuple[Subject, tuple[dict[str, Any], Decided]]]:
    """Yield the answers and the decision for each kind of certificate to which all of the supposed can happen."""
    for subject in subjects:
        own = here.session.answers if here.session.answers.get("subject") == subject else {}
        session = here.session.with_changes(answers={**own, "subject": subject})
        answers = _suppose(here.with_session(session), supposed)
        decided = _decide_usual(here, answers) if answers else None
        if answers and decided:
            yield subject, (answers, decided)


def _suppose(here: Context, supposed: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the answers of the supposed case; ``None`` if the pack does not offer one of them."""
    session: Session = here.session
    new = {fact: value for fact, value in answers_in(here, supposed).items() if fact != "subject"}
    if supposed.get("expired"):
        ended = here.today - timedelta(days=1)
        new["certificate"] = _certificate_until(ended)
    elif supposed.get(NEAR_EXPIRY):
        new["certificate"] = _certificate_until(here.today + timedelta(days=here.pack.settings.near_expiry_days // 2))
    if "events" in new:  # on top of what has happened to the unit already
        new["events"] = sorted({*session.answers.get("events", ()), *new["events"]})
    said = {"certificate" if fact in ("expired", "not_after", "issuer", NEAR_EXPIRY) else fact for fact in supposed}
    if not new or said - {"whose", "subject", "old_unit", "new_unit"} - new.keys():
        return None
    return {**session.answers, **new}


def _decide_usual(here: Context, answers: Mapping[str, Any]) -> Decided | None:
    """Decide with the usual value of what is not known; ``None`` if something is needed that has none."""
    known = dict(answers)
    while True:
        try:
            outcome = decide(here.pack, parse_facts(known), here.today)
        except FactsError:
            return None
        if isinstance(outcome, Decided):
            return outcome
        usual = {**_USUAL, "certificate": _certificate_until(here.today + _VALID_FOR)}
        usual["information_matches"] = not known.get("events")
        fact = outcome.facts[0]
        if fact not in usual or fact in known:
            return None
        known[fact] = usual[fact]


def _certificate_until(day: date) -> dict[str, Any]:
    return {"issuer": Issuer.GOVERNMENT, "not_before": None, "not_after": day.isoformat()}


def _format_case(here: Context, answers: Mapping[str, Any], supposed: Mapping[str, Any]) -> Iterator[Markup]:
    """Yield what was supposed, in the words in which answers are said back; the kind of certificate is left out."""
    for fact, value in answers.items():
        if fact in supposed and fact not in {"subject", "events"}:
            yield format_phrase(here.say, fact, value)
        elif fact == "events" and fact in supposed:
            yield format_phrase(here.say, fact, supposed[fact])
        elif fact == "certificate" and supposed.get("expired"):
            yield here.say(ENDED)
        elif fact == "certificate" and supposed.get(NEAR_EXPIRY):
            yield here.say(NEAR_ITS_END)
        elif fact == "certificate" and {"not_after", "issuer"} & supposed.keys():
            yield here.say(N_("the certificate is {phrase}"), phrase=format_phrase(here.say, fact, value))


def _format_shared(here: Context, outcomes: Sequence[Decided]) -> list[Markup]:
    """Say what to do this minute, and with the token, where that is the same for all kinds of certificate."""
    first, *others = (answer_lines(here, decided) for decided in outcomes)
    lines = [line for line in first if line[0] in _SHARED and all(line in other for other in others)]
    return [
        Markup("<b>{}:</b> {}").format(label, format_sourced(text, _citations_of(outcomes[0], part), here.say.t))
        for part, label, text in lines
    ]


def _citations_of(decided: Decided, part: Part | None) -> tuple[Citation, ...]:
    said = (brief for action in decided.actions for brief in action.briefs if brief.part is part)
    return tuple(dict.fromkeys(citation for brief in said for citation in brief.citations))


def _format_each(here: Context, cases: Mapping[Subject, Decided]) -> Iterator[Markup]:
    """Yield what is to be done with every kind of certificate, then what is to be done with one kind only."""
    lines = {subject: _format_actions(here, decided) for subject, decided in cases.items()}
    first, *others = lines.values()
    common = [line for line in first if all(line in other for other in others)]
    if common:
        yield format_bullets(common)
    for subject, said in lines.items():
        title = here.say(N_("<b>A certificate of {subject}</b>"), subject=here.say.t(SUBJECT_LABELS[subject]))
        if own := [line for line in said if line not in common]:
            yield join_lines(title, format_bullets(own))


def _format_actions(here: Context, decided: Decided) -> list[str]:
    """Format each procedure with its form and its place in the law; without one, what else is to know."""
    if not decided.actions:
        return [format_statement(notice, here.say.t) for notice in decided.notices[:2]] or [here.say.t(NOTHING_TO_DO)]
    return [_format_action(here, action) for action in decided.actions]


def _format_action(here: Context, action: Action) -> str:
    cited = dict.fromkeys(citation for reason in action.reasons for citation in reason.citations)
    return format_sourced(format_title(here.say, action, None), tuple(cited), here.say.t)
