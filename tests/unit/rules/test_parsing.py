from datetime import date
from typing import Any

import pytest

from locales import translator
from rules.errors import FactsError
from rules.facts import Facts
from rules.parsing import parse_facts

WRONG: list[tuple[Any, str]] = [
    ({"colour": "red"}, "colour: not a fact; allowed: subject, events, merger_role"),
    ({"subject": "company"}, "subject: 'company' is not a value; allowed: organisation, individual, device"),
    ({"events": ["married"]}, "events: 'married' is not a value; allowed: merged_into_new"),
    ({"events": "renamed"}, "events: 'renamed' is not a value; allowed: a list out of merged_into_new"),
    ({"events": [["renamed"]]}, "events: ['renamed'] is not a value"),
    ({"token": "stolen"}, "token: 'stolen' is not a value; allowed: in_hand, locked, damaged, lost, remote"),
    ({"information_matches": "yes"}, "information_matches: 'yes' is not a value; allowed: true, false"),
    ({"key_exposed": 1}, "key_exposed: 1 is not a value; allowed: true, false"),
    ({"certificate": "mine"}, "certificate: 'mine' is not a value; allowed: an object with not_before"),
    ({"certificate": {"serial": "1"}}, "certificate.serial: not a fact; allowed: not_before, not_after, issuer"),
    (
        {"certificate": {"issuer": "me"}},
        "certificate.issuer: 'me' is not a value; allowed: government, public, none, unknown",
    ),
    ({"certificate": {"not_after": 1700000000}}, "certificate.not_after: 1700000000 is not a value; allowed: a date"),
    ({"certificate": {"not_after": "20261116"}}, "certificate.not_after: '20261116' is not a value"),
    ({"certificate": {"not_after": "2026-02-30"}}, "certificate.not_after: '2026-02-30' is not a value"),
    ({"certificate": {"not_after": "2026-02-28T25:00"}}, "certificate.not_after: '2026-02-28T25:00' is not a value"),
    (
        {"certificate": {"not_before": "2027-01-01", "not_after": "2026-01-01"}},
        "not_after 2026-01-01 lies before not_before 2027-01-01",
    ),
    (
        {"events": ["merged_into_new"], "merger_role": "absorbed"},
        "merger_role: absorbed does not fit merged_into_new; allowed: designated, other, undecided",
    ),
    (
        {"events": ["merged_into_existing"], "merger_role": "designated"},
        "merger_role: designated does not fit merged_into_existing; allowed: surviving, absorbed",
    ),
    (["subject"], "facts are an object of names and values"),
    (None, "facts are an object of names and values"),
]


@pytest.mark.parametrize(("facts", "said"), WRONG)
def test_a_wrong_fact_is_named_with_what_is_allowed(facts: Any, said: str) -> None:
    with pytest.raises(FactsError) as caught:
        parse_facts(facts)
    assert said in str(caught.value)
    assert caught.value.say(translator("en")) == str(caught.value)
    for one, other in zip(str(caught.value).splitlines(), caught.value.say(translator("vi")).splitlines(), strict=True):
        assert other != one


def test_a_wrong_fact_is_told_in_vietnamese_with_the_words_of_the_interface() -> None:
    with pytest.raises(FactsError) as caught:
        parse_facts({"token": "stolen", "certificate": {"serial": "1"}})
    assert caught.value.say(translator("vi")).splitlines() == [
        "token: không nhận giá trị 'stolen'; các giá trị được dùng: in_hand, locked, damaged, lost, remote",
        "certificate.serial: không phải dữ kiện; các tên được dùng: not_before, not_after, issuer",
    ]


def test_a_long_wrong_value_is_repeated_only_in_part() -> None:
    with pytest.raises(FactsError) as caught:
        parse_facts({"subject": "x" * 10_000})
    assert len(str(caught.value)) < 200


def test_every_wrong_fact_is_reported_at_once() -> None:
    with pytest.raises(FactsError) as caught:
        parse_facts({"subject": "company", "token": "stolen"})
    assert len(str(caught.value).splitlines()) == 2


def test_a_null_is_a_fact_not_asked_yet() -> None:
    assert parse_facts({"subject": None, "events": None, "key_exposed": None}) == Facts()


@pytest.mark.parametrize("text", ["2026-11-16", "2026-11-15T17:00:00+00:00", "2026-11-15T17:00:00Z"])
def test_a_certificate_ends_on_a_day_in_viet_nam(text: str) -> None:
    certificate = parse_facts({"certificate": {"not_after": text}}).certificate
    assert certificate is not None
    assert certificate.not_after == date(2026, 11, 16)


@pytest.mark.parametrize("subject", ["individual", "device"])
def test_a_role_is_ignored_where_nobody_asks_for_one(subject: str) -> None:
    facts = {"subject": subject, "events": ["merged_into_new"], "merger_role": "absorbed"}
    assert parse_facts(facts).merger_role == "absorbed"


def test_both_mergers_leave_every_role_open() -> None:
    both = ["merged_into_new", "merged_into_existing"]
    assert parse_facts({"events": both, "merger_role": "absorbed"}).merger_role == "absorbed"
