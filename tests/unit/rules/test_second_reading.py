"""What the second reading of the law changed, row by row, under the national pack and under the letter."""

import re
from datetime import date
from typing import Any

import pytest

from rules.answering import answer_question, find_named
from rules.deciding import decide, needs, next_question
from rules.loading import load_pack, pack_names
from rules.outcome import Decided
from rules.pack import Pack
from rules.parsing import parse_facts

PACKS = {name: load_pack(name) for name in pack_names()}
TODAY = date(2026, 11, 22)
GOOD = {"not_before": "2024-09-01", "not_after": "2028-09-01", "issuer": "government"}
SOUND = {"token": "in_hand", "key_exposed": False, "certificate": GOOD}
GUIDANCE = "Hướng dẫn chính quyền 2 cấp"
DECREE = "68/2024/NĐ-CP"


@pytest.fixture(params=["national", "nhon_trach"])
def pack(request: pytest.FixtureRequest) -> Pack:
    return PACKS[request.param]


def decided(pack: Pack, **facts: Any) -> Decided:
    outcome = decide(pack, parse_facts(SOUND | facts), TODAY)
    assert isinstance(outcome, Decided), outcome
    return outcome


def procedures(answer: Decided) -> list[str]:
    return [action.procedure.value for action in answer.actions]


def notices(answer: Decided) -> set[str]:
    return {notice.id for notice in answer.notices}


def places(answer: Decided) -> set[tuple[str, str | None, str | None, str | None, str]]:
    return {
        (place.document, place.article, place.clause, place.point, place.level.value)
        for action in answer.actions
        for place in action.citations
    }


# ------------------------------------------------------------------ section 8, from top to bottom


def test_a_merger_into_a_new_body_is_supported_by_the_national_guidance_with_one_line_of_conflict(pack: Pack) -> None:
    answer = decided(pack, subject="organisation", events=["merged_into_new"], merger_role="designated")
    assert procedures(answer) == ["change_information"]
    assert (GUIDANCE, None, None, None, "reported") in places(answer)
    (conflict,) = (notice for notice in answer.notices if notice.id == "merger_conflict")
    assert ("17", "3", "b") in {(one.article, one.clause, one.point) for one in conflict.citations}


@pytest.mark.parametrize("role", ["other", "absorbed"])
def test_the_surplus_certificates_of_a_merger_are_revoked_by_the_text_of_the_decree(pack: Pack, role: str) -> None:
    events = ["merged_into_new" if role == "other" else "merged_into_existing"]
    answer = decided(pack, subject="organisation", events=events, merger_role=role)
    assert procedures(answer) == ["revoke", "return_device"]
    assert (DECREE, "17", "3", "b", "text") in places(answer)


def test_the_existing_body_of_a_merger_goes_on_as_before(pack: Pack) -> None:
    answer = decided(pack, subject="organisation", events=["merged_into_existing"], merger_role="surviving")
    assert procedures(answer) == ["keep_using"]
    assert not notices(answer) & {"focal_point", "sign_meanwhile"}


def test_a_new_superior_is_a_change_supported_by_the_guidance(pack: Pack) -> None:
    answer = decided(pack, subject="organisation", events=["superior_changed"])
    assert procedures(answer) == ["change_information"]
    assert {(GUIDANCE, None, None, None, "reported"), (DECREE, "15", "2", None, "inferred")} <= places(answer)


RESTRUCTURED = [
    "merged_into_new",
    "merged_into_existing",
    "superior_changed",
    "renamed",
    "dissolved",
    "unit_reorganised",
]


@pytest.mark.parametrize("event", RESTRUCTURED)
def test_an_officer_s_certificate_is_changed_after_a_restructuring_where_it_is_out_of_date(
    pack: Pack, event: str
) -> None:
    answer = decided(pack, subject="individual", events=[event], information_matches=False)
    assert procedures(answer) == ["change_information"]
    assert {(DECREE, "15", "1", "a", "text"), (GUIDANCE, None, None, None, "reported")} <= places(answer)


@pytest.mark.parametrize("event", [*RESTRUCTURED, "split"])
def test_an_officer_whose_certificate_still_says_what_is_true_has_nothing_to_change(pack: Pack, event: str) -> None:
    answer = decided(pack, subject="individual", events=[event], information_matches=True)
    assert procedures(answer) == ["keep_using"]


def test_whether_it_still_holds_is_asked_of_an_officer_after_a_restructuring(pack: Pack) -> None:
    facts = parse_facts(SOUND | {"subject": "individual", "events": ["unit_reorganised"]})
    asked = next_question(pack, facts, TODAY)
    assert asked is not None
    assert asked.fact == "information_matches"


def test_a_new_mail_address_is_put_right_whatever_else_still_holds(pack: Pack) -> None:
    facts = {"subject": "individual", "events": ["email_changed", "merged_into_existing"]}
    assert needs(pack, parse_facts(SOUND | facts), TODAY) == ()
    assert procedures(decided(pack, **facts)) == ["change_information"]


@pytest.mark.parametrize(("subject", "form"), [("organisation", "02"), ("individual", "01"), ("device", "03")])
@pytest.mark.parametrize("event", ["superior_changed", "renamed"])
def test_whoever_has_no_certificate_yet_applies_for_a_first_one_and_the_guidance_does_not_hide_it(
    pack: Pack, subject: str, form: str, event: str
) -> None:
    answer = decided(pack, subject=subject, events=[event], certificate={"issuer": "none"})
    assert [(action.procedure.value, action.form) for action in answer.actions] == [("issue_new", form)]
    assert (DECREE, "11", None, None, "text") in places(answer)


def test_nothing_of_a_certificate_is_asked_where_there_is_none(pack: Pack) -> None:
    facts = {"subject": "individual", "events": ["unit_reorganised"], "certificate": {"issuer": "none"}}
    assert needs(pack, parse_facts(facts), TODAY) == ()


@pytest.mark.parametrize(
    ("subject", "event"),
    [("individual", "deceased"), ("individual", "left_state_service"), ("device", "device_retired")],
)
def test_nobody_applies_for_a_first_certificate_of_somebody_who_is_gone(pack: Pack, subject: str, event: str) -> None:
    answer = decided(pack, subject=subject, events=[event], certificate={"issuer": "none"})
    assert procedures(answer) == ["nothing_to_do"]
    assert not any("until it expires" in step.text for step in answer.actions[0].steps)


def test_merged_provinces_the_party_and_the_focal_point_stand_beside_a_change(pack: Pack) -> None:
    answer = decided(pack, subject="individual", events=["unit_reorganised"], information_matches=False)
    beside = {notice.id: notice for notice in answer.notices}
    for name in ("focal_point", "merged_provinces", "political_system"):
        assert GUIDANCE in {one.document for one in beside[name].citations}
        assert {one.level.value for one in beside[name].citations} == {"reported"}


def test_the_former_province_beside_dong_nai_is_named_there_only() -> None:
    assert "Bình Phước" in PACKS["nhon_trach"].notices["merged_provinces"].text
    assert "Bình Phước" not in PACKS["national"].notices["merged_provinces"].text


def test_signing_meanwhile_is_neither_allowed_nor_forbidden_and_says_what_was_read(pack: Pack) -> None:
    answer = decided(pack, subject="organisation", events=["superior_changed"])
    (notice,) = (notice for notice in answer.notices if notice.id == "sign_meanwhile")
    assert ("190/2025/QH15", "10", "1") in {(one.document, one.article, one.clause) for one in notice.citations}
    assert "No text that was read says" in notice.text
    question = answer_question(pack, "sign_meanwhile")
    assert question is not None
    assert question.text == notice.text


def test_an_extension_beside_a_change_says_that_the_days_were_not_read_and_names_none(pack: Pack) -> None:
    near = GOOD | {"not_after": "2026-12-31"}
    answer = decided(pack, subject="organisation", events=["superior_changed"], certificate=near)
    extend = next(action for action in answer.actions if action.procedure == "extend")
    assert any("how many days must be left has not been read" in step.text for step in extend.steps)
    assert any("tick both boxes" in step.text for step in extend.steps)


@pytest.mark.parametrize(
    ("named", "said"), [("60", "Decree 130/2018"), ("45", "in no document"), (None, "has not been read")]
)
def test_a_number_of_days_in_a_question_is_called_old_or_nowhere_read(pack: Pack, named: str | None, said: str) -> None:
    answer = answer_question(pack, "renewal", named)
    assert answer is not None
    assert said in answer.text
    assert re.search(r"\b\d+ days", answer.text) is None


def test_an_expired_certificate_is_revoked_by_the_letter_of_the_decree_and_the_new_issue_is_inferred(
    pack: Pack,
) -> None:
    answer = decided(pack, subject="individual", events=[], certificate=GOOD | {"not_after": "2026-11-01"})
    assert procedures(answer) == ["revoke", "return_device", "issue_new"]
    assert {(DECREE, "17", "1", "a", "text"), (DECREE, "17", None, None, "inferred")} <= places(answer)


@pytest.mark.parametrize("unsafe", [{"token": "lost"}, {"token": "damaged"}, {"key_exposed": True}])
def test_an_unsafe_one_needs_a_written_request_and_the_confirmation_of_the_managing_body(
    pack: Pack, unsafe: dict[str, Any]
) -> None:
    answer = decided(pack, subject="individual", events=[], **unsafe)
    assert (DECREE, "17", "1", "b", "text") in places(answer)
    assert any("asks in writing, and the managing body confirms" in step.text for step in answer.actions[0].steps)


@pytest.mark.parametrize("subject", ["organisation", "individual", "device"])
def test_the_managing_body_s_own_written_request_is_enough(pack: Pack, subject: str) -> None:
    facts = {"subject": subject, "events": ["managing_body_revokes"]}
    assert needs(pack, parse_facts(facts | {"certificate": GOOD}), TODAY) == ("token", "key_exposed")
    answer = decided(pack, **facts)
    assert procedures(answer) == ["revoke", "return_device"]
    assert (DECREE, "17", "1", "d", "text") in places(answer)
    assert not any("the managing body confirms" in step.text for step in answer.actions[0].steps)


@pytest.mark.parametrize(("named", "said"), [("09", "today that is form 05"), ("10", "nine forms")])
def test_a_form_number_that_two_rules_use_is_asked_about(pack: Pack, named: str, said: str) -> None:
    answer = answer_question(pack, "form_number", named)
    assert answer is not None
    assert answer.text.startswith("Which document do you mean?")
    assert said in answer.text
    assert "185/2019/TT-BQP" in {one.document for one in answer.citations}


def test_the_minutes_of_a_loss_say_of_which_document_form_09_is(pack: Pack) -> None:
    lost = decided(pack, subject="individual", events=[], token="lost")
    report = next(action for action in lost.actions if action.procedure == "report_loss")
    assert "form 09 of Decree 68/2024/NĐ-CP" in report.steps[0].text


@pytest.mark.parametrize("subject", ["organisation", "individual", "device"])
def test_remote_signing_ends_without_a_device_to_hand_back(pack: Pack, subject: str) -> None:
    answer = decided(pack, subject=subject, events=[], token="remote", key_exposed=True)
    assert procedures(answer) == ["revoke", "issue_new"]
    revoke, issue = answer.actions
    assert any("leave the number of the device empty" in step.text for step in revoke.steps)
    assert any(step.text.startswith("No device is collected") for step in issue.steps)
    assert not any("when to collect it" in step.text for step in issue.steps)


def test_a_new_position_asks_whether_a_title_stands_in_the_certificate(pack: Pack) -> None:
    answer = decided(pack, subject="individual", events=["position_changed"], information_matches=False)
    (notice,) = (notice for notice in answer.notices if notice.id == "position_silent")
    assert "DN" in notice.text


# ------------------------------------------------------------------ sections 2, 3 and 11


def test_the_transition_is_quoted_and_settles_nothing_about_old_information(pack: Pack) -> None:
    answer = decided(
        pack,
        subject="organisation",
        events=[],
        information_matches=True,
        certificate=GOOD | {"not_before": "2023-01-01"},
    )
    (notice,) = (notice for notice in answer.notices if notice.id == "transition")
    assert "được tiếp tục thực hiện theo quy định có liên quan" in notice.text
    assert "not information that is out of date" in notice.text


@pytest.mark.parametrize(("named", "clause"), [("managing_body", "6"), ("token", "5"), ("request", "7")])
def test_the_definitions_that_were_read_are_cited_as_text(pack: Pack, named: str, clause: str) -> None:
    answer = answer_question(pack, "what_is", named)
    assert answer is not None
    assert (answer.citations[0].article, answer.citations[0].clause, answer.citations[0].level) == ("3", clause, "text")


def test_all_four_letters_of_the_cases_of_revocation_can_be_read(pack: Pack) -> None:
    answer = answer_question(pack, "what_is", "revocation")
    assert answer is not None
    assert [(one.clause, one.point) for one in answer.citations] == [("1", letter) for letter in "abcd"]


ASKS = [
    *("where", "which_form", "who_signs", "how_long", "legal_basis", "renewal", "sign_meanwhile"),
    *("device", "form_number", "fee", "deadline", "managing_body"),
]


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("name", PACKS)
def test_every_question_about_procedure_has_an_answer_with_a_source(name: str, ask: str) -> None:
    answer = answer_question(PACKS[name], ask)
    assert answer is not None
    assert answer.citations


@pytest.mark.parametrize(
    ("ask", "typed", "named"),
    [
        ("renewal", "con 60 ngay thi gia han duoc khong", "60"),
        ("renewal", "con 45 ngay thi gia han duoc khong", "other"),
        ("renewal", "con bao nhieu ngay thi gia han duoc", None),
        ("form_number", "mau 9 la mau gi", "09"),
        ("form_number", "mau so 10 o dau", "10"),
        ("form_number", "mau 04", None),
        ("what_is", "co quan quan ly truc tiep la gi", "managing_body"),
        ("what_is", "token la gi", "token"),
        ("what_is", "dau moi duoc uy quyen la ai", "focal_point"),
        ("what_is", "chu ky la gi", None),
    ],
)
def test_what_a_question_names_is_found_in_its_words(ask: str, typed: str, named: str | None) -> None:
    assert find_named(PACKS["national"], ask, typed) == named


def test_a_question_that_the_pack_does_not_know_has_no_answer(pack: Pack) -> None:
    assert answer_question(pack, "weather") is None
    assert answer_question(pack, "what_is", "weather") is None


#: Known from memory only or nowhere read; the old decree may be named where it is said to be old.
NEVER = [r"\b30\b", r"\b12 (hours|giờ)", r"\b72\b", r"Article 39\b", r"Điều 39\b", r"once only"]


@pytest.mark.parametrize("pattern", NEVER)
@pytest.mark.parametrize("name", PACKS)
def test_no_number_that_was_not_read_is_said_in_any_pack(name: str, pattern: str) -> None:
    pack = PACKS[name]
    texts = [row.reason or "" for row in pack.rows.values()]
    texts += [notice.text for notice in pack.notices.values()]
    texts += [step.text for guide in pack.procedures.values() for step in guide.steps]
    texts += [answer.text for answer in pack.answers]
    assert [text for text in texts if re.search(pattern, text)] == []


def test_days_of_one_province_are_said_in_that_province_only() -> None:
    for name, days in (("ninh_binh", "05 working days"), ("dong_thap", "01 working day ")):
        for other, pack in PACKS.items():
            said = any(days in step.text for guide in pack.procedures.values() for step in guide.steps)
            assert said is (other == name)


@pytest.mark.parametrize("name", PACKS)
def test_the_old_decree_carries_no_row_step_or_notice(name: str) -> None:
    pack = PACKS[name]
    cited = {one.document for row in pack.rows.values() for one in row.citations}
    cited |= {one.document for notice in pack.notices.values() for one in notice.citations}
    assert "130/2018/NĐ-CP" not in cited
    assert "185/2019/TT-BQP" not in cited
