"""The answers of a session, what changes with one of them, the decision that they lead to, and its wording."""

from datetime import date
from typing import Any

from markupsafe import Markup, escape

from handlers.citations import FILING_NOTICE, filing_notice, format_sourced, format_statement
from handlers.core.screen import Context
from handlers.core.session import DerivedEvents, Session
from handlers.core.text import MarkupTranslator, format_bold, format_bullets, format_day, format_numbered, join_lines
from handlers.model import Certificate
from locales import N_
from rules.calendar import to_vietnam_day
from rules.deciding import decide as _decide
from rules.deciding import decisive_inputs
from rules.deciding import needs as _needs
from rules.deciding import next_question as _next_question
from rules.errors import FactsError
from rules.facts import Event, Facts, Subject
from rules.outcome import Action, Decided, Notice, Outcome, Procedure
from rules.pack import Document, Pack
from rules.parsing import parse_facts
from rules.questions import Question
from rules.tables import Value

#: Procedures that can be registered as a request: each is a yêu cầu chứng thực (Decree 68/2024/NĐ-CP, definitions).
REGISTRABLE = frozenset(
    {
        Procedure.CHANGE_INFORMATION,
        Procedure.REVOKE,
        Procedure.EXTEND,
        Procedure.ISSUE_NEW,
        Procedure.RESTORE_DEVICE,
    }
)

EVENT_LABELS = {
    Event.MERGED_INTO_NEW: N_("merged into a new body"),
    Event.MERGED_INTO_EXISTING: N_("merged into an existing body"),
    Event.SUPERIOR_CHANGED: N_("change of superior"),
    Event.RENAMED: N_("renamed"),
    Event.ADDRESS_CHANGED: N_("change of address"),
    Event.DISSOLVED: N_("dissolved"),
    Event.SPLIT: N_("split"),
    Event.UNIT_REORGANISED: N_("unit reorganised"),
    Event.MOVED_WITHIN_STATE: N_("moved to another state body"),
    Event.LEFT_STATE_SERVICE: N_("left state service"),
    Event.DECEASED: N_("deceased"),
    Event.POSITION_CHANGED: N_("change of position"),
    Event.EMAIL_CHANGED: N_("change of official e-mail"),
    Event.DEVICE_RENAMED: N_("device, service or software renamed"),
    Event.DEVICE_UPGRADED: N_("device, service or software upgraded"),
    Event.DEVICE_RETIRED: N_("device, service or software retired"),
    Event.MANAGING_BODY_REVOKES: N_("revocation wanted by the managing body"),
}
#: What else decides, in a few words; what is always so, or only leaves everything as it is, is no reason.
_REASONS: dict[tuple[str, Value], str] = {
    ("issuer", "public"): N_("issued by a public provider"),
    ("issuer", "none"): N_("no certificate was issued yet"),
    ("key_exposed", True): N_("key or PIN exposed"),
    ("token", "lost"): N_("token lost"),
    ("token", "damaged"): N_("token damaged"),
    ("token", "locked"): N_("token locked"),
    ("validity", "expired"): N_("certificate expired"),
    ("validity", "near_expiry"): N_("certificate near its end"),
    ("validity", "not_yet_valid"): N_("certificate not valid yet"),
    ("information_matches", False): N_("it no longer says what is true"),
    ("information_matches", True): N_("it still says what is true"),
    ("merger_role", "designated"): N_("this certificate is kept"),
    ("merger_role", "other"): N_("another body's certificate is kept"),
    ("merger_role", "undecided"): N_("which certificate is kept is not decided"),
    ("merger_role", "surviving"): N_("your body keeps its name"),
}


def current_decision(here: Context) -> Decided | None:
    """Return the decision of the session's answers, or ``None`` while a question is still open."""
    outcome = decide_answers(here.session, here.pack, here.today)
    return outcome if isinstance(outcome, Decided) else None


def registrable_actions(decided: Decided) -> list[Action]:
    """Return the actions whose procedure can be registered as a request."""
    return [action for action in decided.actions if action.procedure in REGISTRABLE]


def format_actions(here: Context, decided: Decided) -> list[Markup]:
    """Format every action with its reasons and steps, each sentence with its citations."""
    return [
        paragraph
        for action, number in _number_actions(decided)
        for paragraph in _format_action(here.say, action, number)
    ]


def format_steps(here: Context, decided: Decided) -> list[Markup]:
    """Format what is to be done step by step, in plain sentences without citations."""
    return [
        join_lines(
            format_bold(format_title(here.say, action, number)),
            format_numbered(here.say.text(step.text) for step in action.steps),
        )
        for action, number in _number_actions(decided)
    ]


def _number_actions(decided: Decided) -> list[tuple[Action, int | None]]:
    """Return the actions with their numbers; a single one has none."""
    many = len(decided.actions) > 1
    return [(action, number if many else None) for number, action in enumerate(decided.actions, 1)]


def format_title(say: MarkupTranslator, action: Action, number: int | None) -> Markup:
    """Format the title of an action with its number and its form, where it has them."""
    form = say.t(N_(" (form: Mẫu {form})"), form=action.form) if action.form else ""
    return Markup("{}{}{}").format(f"{number}. " if number else "", say.text(action.title), form)


def _format_action(say: MarkupTranslator, action: Action, number: int | None) -> list[Markup]:
    why = join_lines(
        say(N_("<i>Why:</i>")), format_bullets(format_statement(reason, say.t) for reason in action.reasons)
    )
    how = join_lines(say(N_("<i>How:</i>")), format_numbered(format_statement(step, say.t) for step in action.steps))
    return [format_bold(format_title(say, action, number)), why, *([how] if action.steps else [])]


def format_notices(here: Context, decided: Decided) -> list[Markup]:
    """Format what to know beside what to do, each sentence with its citations."""
    if not decided.notices:
        return []
    notices = (Markup("• {}").format(_format_notice(here, decided, notice)) for notice in decided.notices)
    return [here.say(N_("<b>Please note</b>")), *notices]


def _format_notice(here: Context, decided: Decided, notice: Notice) -> Markup:
    """Format a notice; the one on where to file names the receiving offices, those of the officer's unit first."""
    t = here.say.t
    if notice.id == FILING_NOTICE:
        told = filing_notice_of(here, decided)
        return escape(format_sourced(told.text, told.citations, t))
    return escape(format_statement(notice, t))


def filing_notice_of(here: Context, decided: Decided) -> Notice:
    """Return the notice on where to file in the case of this conversation, in its language."""
    return filing_notice(here.pack, decided, here.say.t, offices=here.offices, units=units_of(here))


def units_of(here: Context) -> tuple[str, ...]:
    """Return the codes of the officer's unit and of those above it, the nearest first."""
    return here.world.units.line(here.session.unit)


def cited_documents(here: Context) -> list[Document]:
    """Return the documents that the decision cites, or all documents of the pack while there is no decision."""
    documents, decided = here.pack.documents, current_decision(here)
    if decided is None:
        return list(documents.values())
    cited_by = [*(a.citations for a in decided.actions), *(n.citations for n in decided.notices)]
    numbers = {citation.document for citations in cited_by for citation in citations}
    return [document for document in documents.values() if document.number in numbers]


def format_documents(say: MarkupTranslator, documents: list[Document]) -> list[Markup]:
    """Format a list of documents, one paragraph for each."""
    return [format_bold(say(N_("Documents"))), *(_format_document(say, document) for document in documents)]


def _format_document(say: MarkupTranslator, document: Document) -> Markup:
    return join_lines(
        Markup("<b>{}</b> – {}").format(document.number, document.proper_title),
        _format_issue(say, document),
        _format_force(say, document),
        say.text(document.issuer_status) if document.issuer_status else "",
        say.text(document.note) if document.note else "",
    )


def _format_issue(say: MarkupTranslator, document: Document) -> Markup:
    if document.date is None:
        return say(N_("Issued by {issuer}."), issuer=document.issuer)
    return say(N_("Issued by {issuer}, {day}."), issuer=document.issuer, day=format_day(document.date))


def _format_force(say: MarkupTranslator, document: Document) -> Markup:
    if document.in_force_from is None:
        return Markup()
    if document.in_force_to is None:
        return say(N_("In force from {start}."), start=_format_optional_day(document.in_force_from))
    return say(
        N_("In force from {start} to {end}."),
        start=_format_optional_day(document.in_force_from),
        end=_format_optional_day(document.in_force_to),
    )


def _format_optional_day(value: date | None) -> str:
    return format_day(value) if value else ""


#: Facts whose answer may become invalid when the answer to the key changes.
DEPENDENTS = {
    "subject": ("events", "merger_role", "information_matches"),
    "events": ("merger_role", "information_matches"),
    "certificate": ("information_matches",),
}


def facts_of(session: Session) -> Facts:
    """Return the facts answered so far; an answer that contradicts an earlier one counts as not given."""
    try:
        return parse_facts(session.answers)
    except FactsError:
        return parse_facts(_consistent_answers(session.answers))


def _consistent_answers(answers: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for fact, value in answers.items():
        try:
            parse_facts({**kept, fact: value})
        except FactsError:
            continue
        kept[fact] = value
    return kept


def current_question(session: Session, pack: Pack, today: date) -> Question | None:
    """Return the question to ask now: the one being changed, else the next; ``None`` if nothing more matters."""
    changed = session.about if session.screen == "question" else None
    return question_of(pack, changed) or _next_question(pack, facts_of(session), today)


def question_of(pack: Pack, fact: str | None) -> Question | None:
    """Return the question about a fact, or ``None`` if the pack has none."""
    return next((question for question in pack.questions if question.fact == fact), None)


def count_remaining(session: Session, pack: Pack, today: date) -> int:
    """Count the questions that can still come, including the open one."""
    return len(_needs(pack, facts_of(session), today))


def decide_answers(session: Session, pack: Pack, today: date) -> Outcome:
    """Decide the session's answers by the pack: a decision, or the facts that are still missing."""
    return _decide(pack, facts_of(session), today)


def with_answer(session: Session, fact: str, value: Any, pack: Pack) -> Session:
    """Return the session with an answer, now the latest one; dependent answers that became invalid are dropped."""
    answers = {known: said for known, said in session.answers.items() if known != fact}
    kept = session.with_changes(answers={**answers, fact: value}, typed_expiry=None, pack=pack.label)
    kept = kept.with_changes(told_expiry=None) if fact == "certificate" else kept
    kept = kept.with_changes(derived=None) if fact == "events" else kept
    if session.answers.get(fact) == value:
        return kept
    other_certificate = fact == "certificate" and fact in session.answers
    return _without_dependents(kept, fact, pack, other_certificate=other_certificate)


def with_derived_events(session: Session, events: list[str], source: DerivedEvents, pack: Pack) -> Session:
    """Return the session with the events filled in from ``source``; they are dropped when it no longer holds."""
    return with_answer(session, "events", events, pack).with_changes(derived=source)


def without_stale_events(session: Session) -> Session:
    """Drop derived events if the certificate, unit or kind of subscriber that they were derived from has changed."""
    return (
        session
        if session.derived is None or _is_still_derived(session, session.derived)
        else without_derived_events(session)
    )


def without_derived_events(session: Session) -> Session:
    """Drop derived events and the answers that depend on them, so that both are asked."""
    if session.derived is None:
        return session
    gone = {"events", *DEPENDENTS["events"]}
    answers = {known: said for known, said in session.answers.items() if known not in gone}
    return session.with_changes(answers=answers, derived=None)


def _is_still_derived(session: Session, derived: DerivedEvents) -> bool:
    fingerprint = session.certificate.fingerprint if session.certificate else None
    of_a_person = session.answers.get("events") == [Event.UNIT_REORGANISED]
    subject = Subject.INDIVIDUAL if of_a_person else Subject.ORGANISATION
    of_the_same = session.answers.get("subject") in (None, subject)
    return of_the_same and (fingerprint, session.unit) == (derived.certificate, derived.unit)


def without_answer(session: Session, fact: str) -> Session:
    """Return the session without one answer, so that it is asked again.

    Dependent answers stay until the new answer is known.
    """
    answers = {known: said for known, said in session.answers.items() if known != fact}
    certificate = None if fact == "certificate" else session.certificate
    derived = None if fact == "events" else session.derived
    return session.with_changes(answers=answers, certificate=certificate, typed_expiry=None, derived=derived)


def latest_fact(session: Session) -> str | None:
    """Return the fact that was answered last, or ``None``."""
    return next(reversed(session.answers), None)


def _without_dependents(session: Session, fact: str, pack: Pack, *, other_certificate: bool) -> Session:
    for dependent in DEPENDENTS.get(fact, ()):
        mismatch = dependent == "information_matches" and session.answers.get(dependent) is False
        if mismatch and not other_certificate:
            continue  # what no longer held does not hold again because something more happened
        if dependent in session.answers and not _is_still_an_option(session, dependent, pack):
            session = without_answer(session, dependent)
    return session


def _is_still_an_option(session: Session, fact: str, pack: Pack) -> bool:
    """Return whether an old answer is still offered; "data match" is not, because it depends on what changed."""
    if fact == "information_matches":
        return False
    others = facts_of(without_answer(session, fact))
    asked = question_of(pack, fact)
    options = {option.value for option in asked.options_for(others)} if asked else set()
    said = session.answers[fact]
    return set(said if isinstance(said, list) else [said]) <= options


def certificate_facts(certificate: Certificate) -> dict[str, Any]:
    """Return the value of the fact ``certificate`` for a file that was read, with days in Viet Nam."""
    return {
        "not_before": to_vietnam_day(certificate.not_before).isoformat() if certificate.not_before else None,
        "not_after": to_vietnam_day(certificate.not_after).isoformat(),
        "issuer": certificate.issuer_kind.value,
    }


def format_why(here: Context, action: Action, most: int) -> str:
    """Say which facts decided on an action, in a few words; the rest stands behind a button."""
    inputs = decisive_inputs(here.pack, facts_of(here.session), here.today, action.rows)
    labels: dict[tuple[str, Value], str] = {**_REASONS}
    labels |= {("event", event): label for event, label in EVENT_LABELS.items()}
    words = (labels.get(one) for one in inputs)
    told = [here.say.t(word) for word in dict.fromkeys(filter(None, words))][:most]
    return here.say.t(N_(" – because: {facts}"), facts=", ".join(told)) if told else ""
