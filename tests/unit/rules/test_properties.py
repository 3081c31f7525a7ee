"""The engine against its own definition, on facts nobody thought of."""

from datetime import date
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rules.deciding import decide, needs, next_question
from rules.facts import CertificateFacts, Event, Facts, Issuer, MergerRole, Subject, Token
from rules.inputs import roles_for
from rules.loading import load_pack
from rules.outcome import Decided, Needs

PACK = load_pack()
TODAY = date(2026, 11, 22)
DAYS = [None, date(2023, 1, 1), date(2026, 11, 16), date(2026, 12, 31), date(2028, 1, 1)]
CERTIFICATES = [
    CertificateFacts(not_before=before, not_after=after, issuer=issuer)
    for before, after, issuer in product([None, date(2023, 1, 1), date(2027, 1, 1)], DAYS, Issuer)
]
VALUES = {
    "subject": list(Subject),
    "events": None,  # sets are drawn, never listed
    "merger_role": list(MergerRole),
    "certificate": CERTIFICATES,
    "information_matches": [True, False],
    "token": list(Token),
    "key_exposed": [True, False],
}
EVENTS = st.frozensets(st.sampled_from(Event), max_size=4)
STRATEGIES = {fact: EVENTS if values is None else st.sampled_from(values) for fact, values in VALUES.items()}
WHOLE = st.builds(Facts, **STRATEGIES)
PARTIAL = st.builds(Facts, **{fact: st.none() | strategy for fact, strategy in STRATEGIES.items()})
ENDING = {"revoke"}
#: Issuers of a certificate that the rules are not about: somebody else's, or none at all.
NO_GOVERNMENT_CERTIFICATE = {Issuer.PUBLIC, Issuer.NONE}
ONLY_FOR_LIVING = {"change_information", "extend", "restore_device", "keep_using", "nothing_to_do"}
RESTRUCTURING = {
    Event.MERGED_INTO_NEW,
    Event.MERGED_INTO_EXISTING,
    Event.SUPERIOR_CHANGED,
    Event.RENAMED,
    Event.DISSOLVED,
    Event.SPLIT,
    Event.UNIT_REORGANISED,
}


def fitting(facts: Facts) -> Facts:
    """Whole facts with a role that fits their mergers."""
    roles = sorted(roles_for(facts))
    return facts if facts.merger_role in roles else facts.model_copy(update={"merger_role": roles[0]})


def told(facts: Facts) -> Decided:
    outcome = decide(PACK, facts, TODAY)
    assert isinstance(outcome, Decided)
    return outcome


@given(WHOLE)
def test_whole_facts_are_always_decided_and_always_alike(facts: Facts) -> None:
    facts = fitting(facts)
    first = told(facts)
    assert first.actions
    assert told(facts.model_copy()) == first


@given(PARTIAL)
def test_something_is_missing_exactly_while_nothing_is_decided(facts: Facts) -> None:
    missing = needs(PACK, facts, TODAY)
    outcome = decide(PACK, facts, TODAY)
    assert isinstance(outcome, Needs if missing else Decided)
    asked = next_question(PACK, facts, TODAY)
    assert (asked.fact if asked else None) == (missing[0] if missing else None)


@given(WHOLE)
def test_answering_only_what_is_asked_leads_to_the_decision_of_the_whole_facts(facts: Facts) -> None:
    whole = fitting(facts)
    known = Facts()
    for _ in range(len(VALUES) + 1):
        asked = next_question(PACK, known, TODAY)
        if asked is None:
            break
        known = known.model_copy(update={asked.fact: getattr(whole, asked.fact)})
    assert told(known) == told(whole)


@given(PARTIAL, WHOLE)
def test_an_answer_never_brings_back_what_was_not_needed(facts: Facts, whole: Facts) -> None:
    before = needs(PACK, facts, TODAY)
    if before:
        answer = {before[0]: getattr(fitting(whole), before[0])}
        after = needs(PACK, facts.model_copy(update=answer), TODAY)
        assert set(after) <= set(before) | {"merger_role"}  # a role that does not fit the events is asked again


@given(PARTIAL.filter(lambda facts: facts.events is not None), st.data())
def test_a_fact_is_needed_exactly_where_two_of_its_values_decide_differently(facts: Facts, data: st.DataObject) -> None:
    """By definition, with every value of every unknown fact tried."""
    unknown = [fact for fact in VALUES if getattr(facts, fact) is None]
    if len(unknown) > 3:
        keep = data.draw(st.permutations(unknown))[3:]
        facts = facts.model_copy(update={fact: data.draw(STRATEGIES[fact]) for fact in keep})
        unknown = [fact for fact in unknown if fact not in keep]
    facts = facts if facts.merger_role is None else fitting(facts)
    small = {"certificate": CERTIFICATES[:15], "merger_role": sorted(roles_for(facts))}
    values = [small.get(fact, VALUES[fact]) for fact in unknown]
    decisions = {
        answer: told(facts.model_copy(update=dict(zip(unknown, answer, strict=True)))) for answer in product(*values)
    }
    changing = {fact for at, fact in enumerate(unknown) if varies(decisions, at)}
    assert changing <= set(needs(PACK, facts, TODAY))
    if facts.certificate is not None:  # else other days and issuers than the listed ones count too
        assert changing == set(needs(PACK, facts, TODAY))


def varies(decisions: dict[tuple[Any, ...], Decided], at: int) -> bool:
    """Whether two answers that differ only in one place are decided differently."""
    groups: dict[tuple[Any, ...], list[Decided]] = {}
    for answer, decision in decisions.items():
        groups.setdefault(answer[:at] + answer[at + 1 :], []).append(decision)
    return any(decision != group[0] for group in groups.values() for decision in group)


@given(WHOLE)
def test_a_certificate_that_ends_is_neither_changed_nor_kept(facts: Facts) -> None:
    asked = {action.procedure.value for action in told(fitting(facts)).actions}
    if asked & ENDING:
        assert not asked & ONLY_FOR_LIVING
        assert asked & {"return_device", "report_loss"} or facts.token == Token.REMOTE
        assert not asked & {"return_device", "report_loss"} or facts.token != Token.REMOTE


@given(WHOLE, st.sampled_from([Event.DISSOLVED, Event.SPLIT]))
def test_a_body_that_ends_has_no_certificate_to_choose(facts: Facts, ending: Event) -> None:
    events = facts.events | {Event.MERGED_INTO_NEW, ending}
    whole = facts.model_copy(update={"subject": Subject.ORGANISATION, "events": events})
    asked = {action.procedure.value for action in told(fitting(whole)).actions}
    assert "choose_certificate" not in asked
    if whole.certificate.issuer not in NO_GOVERNMENT_CERTIFICATE:
        assert "revoke" in asked
        assert whole.merger_role != MergerRole.UNDECIDED or "check_with_office" in asked


@given(WHOLE)
def test_an_unsafe_or_expired_certificate_is_revoked(facts: Facts) -> None:
    facts = fitting(facts)
    certificate = facts.certificate
    unsafe = facts.key_exposed or facts.token in {Token.DAMAGED, Token.LOST}
    expired = certificate.not_after is not None and certificate.not_after < TODAY
    if certificate.issuer not in NO_GOVERNMENT_CERTIFICATE and (unsafe or expired):
        assert "revoke" in {action.procedure.value for action in told(facts).actions}


@given(WHOLE)
def test_every_statement_of_an_action_rests_on_a_document_of_the_pack(facts: Facts) -> None:
    for action in told(fitting(facts)).actions:
        assert action.reasons
        assert action.steps
        for said in (*action.reasons, *action.steps):
            assert said.citations
            assert {citation.document for citation in said.citations} <= PACK.documents.keys()
        assert len(set(action.reasons)) == len(action.reasons)


@given(WHOLE)
def test_an_answer_to_a_restructuring_names_the_three_documents(facts: Facts) -> None:
    facts = fitting(facts)
    if facts.events & RESTRUCTURING and facts.certificate.issuer != Issuer.PUBLIC:
        notices = {notice.id: notice for notice in told(facts).notices}
        named = {citation.document for citation in notices["procedure_documents"].citations}
        assert {"5904/UBND-VX", "2940/UBND-VX", "68/2024/NĐ-CP"} <= named
        assert "district_ended" in notices


@given(WHOLE)
def test_nothing_to_do_stands_alone(facts: Facts) -> None:
    asked = [action.procedure.value for action in told(fitting(facts)).actions]
    assert "nothing_to_do" not in asked or asked == ["nothing_to_do"]
    assert "out_of_scope" not in asked or asked == ["out_of_scope"]


@given(WHOLE)
def test_procedures_come_in_the_pack_s_order_but_for_what_a_row_puts_first(facts: Facts) -> None:
    asked = [action.procedure for action in told(fitting(facts)).actions]
    before = [action for action in told(fitting(facts)).actions if "position-ask" in action.rows]
    rest = asked[1:] if before else asked
    assert [action.procedure for action in before] == asked[: len(before)]
    assert rest == sorted(rest, key=PACK.settings.order.index)
