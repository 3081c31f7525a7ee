"""The words of the pack for its answers, as officers type them: what is not sure is asked, never guessed."""

from typing import Any

import pytest

from handlers.core import Option
from handlers.understanding import match_page
from locales import translator
from rules.loading import load_pack
from rules.parsing import parse_facts

PACK = load_pack()
T = translator("vi")
BODY: dict[str, Any] = {"subject": "organisation"}
OFFICER: dict[str, Any] = {"subject": "individual"}
NEW = BODY | {"events": ["merged_into_new"]}
EXISTING = BODY | {"events": ["merged_into_existing"]}
UNSURE = ["co the", "co le", "hinh nhu co", "chua ro", "chua biet", "chua chac", "khong biet", "khong chac", "khong ro"]


def understood(fact: str, facts: dict[str, Any], typed: str) -> tuple[str, ...]:
    question = next(question for question in PACK.questions if question.fact == fact)
    options = [
        Option(option.value, T(option.label), option.synonyms) for option in question.options_for(parse_facts(facts))
    ]
    return match_page(typed, options, many=question.many).sure


@pytest.mark.parametrize(
    ("fact", "facts", "typed", "meant"),
    [
        ("merger_role", EXISTING, "cho khac nhap vao xa em", "surviving"),
        ("merger_role", EXISTING, "xã khác nhập vào xã em", "surviving"),
        ("merger_role", EXISTING, "sap nhap vao xa em", "surviving"),
        ("merger_role", EXISTING, "xa em giu nguyen ten", "surviving"),
        ("merger_role", EXISTING, "nhap vao xa khac", "absorbed"),
        ("merger_role", EXISTING, "xa em nhap vao cho khac", "absorbed"),
        ("merger_role", EXISTING, "xa khac giu nguyen ten", "absorbed"),
        ("merger_role", EXISTING, "bi sap nhap", "absorbed"),
        ("merger_role", NEW, "giu lai cua xa khac", "other"),
        ("merger_role", NEW, "giu cua em", "designated"),
        ("events", BODY, "cap tren giai the", "superior_changed"),
        ("events", BODY, "huyen giai the", "superior_changed"),
        ("events", BODY, "bo cap huyen", "superior_changed"),
        ("events", BODY, "xa em giai the", "dissolved"),
        ("events", OFFICER, "huyen giai the", "unit_reorganised"),
        ("events", OFFICER, "doi don vi", "moved_within_state"),
        ("events", OFFICER, "em ve huu", "left_state_service"),
        ("token", {}, "de quen o nha", "in_hand"),
        ("token", {}, "em quen mat khau", "locked"),
        ("token", {}, "lam mat roi", "lost"),
        ("key_exposed", {}, "em nghi bi lo", "true"),
        ("key_exposed", {}, "khong", "false"),
    ],
)
def test_what_officers_type_means_its_answer(fact: str, facts: dict[str, Any], typed: str, meant: str) -> None:
    assert understood(fact, facts, typed) == (meant,)


@pytest.mark.parametrize(
    ("fact", "facts", "typed"),
    [
        ("merger_role", EXISTING, "nhap vao"),
        ("merger_role", EXISTING, "xa minh nhap vao xa ben canh"),
        ("merger_role", NEW, "giu lai"),
        ("events", BODY, "giai the"),
        ("events", BODY, "sap nhap"),
        ("events", BODY, "khong"),
        ("events", OFFICER, "em nghi thai san"),
        ("events", OFFICER, "nghi phep"),
        ("events", OFFICER, "mat"),
        ("events", OFFICER, "da mat"),
        ("token", {}, "mat"),
        ("token", {}, "lo khoa bi mat"),
        ("token", {}, "khong bi mat token"),
        ("information_matches", {}, "khac"),
        *(("merger_role", NEW, typed) for typed in UNSURE),
        *(("key_exposed", {}, typed) for typed in UNSURE),
        *(("information_matches", {}, typed) for typed in UNSURE),
        *(("token", {}, typed) for typed in UNSURE),
        *(("events", facts, typed) for facts in (OFFICER, BODY) for typed in UNSURE),
    ],
)
def test_what_may_mean_several_things_or_nothing_is_not_taken_for_sure(
    fact: str, facts: dict[str, Any], typed: str
) -> None:
    assert understood(fact, facts, typed) == ()


def test_an_officer_is_shown_the_restructuring_first_and_a_body_its_mergers() -> None:
    (events,) = (question for question in PACK.questions if question.fact == "events")
    first = {
        kind: events.options_for(parse_facts({"subject": kind}))[0].value for kind in ("individual", "organisation")
    }
    assert first == {"individual": "unit_reorganised", "organisation": "merged_into_new"}


def test_no_answer_is_offered_twice_to_anybody() -> None:
    for question in PACK.questions:
        for kind in ("individual", "organisation", "device"):
            values = [option.value for option in question.options_for(parse_facts({"subject": kind}))]
            assert len(values) == len(set(values))
