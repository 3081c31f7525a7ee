"""The interview: only what still matters is asked, and everything can be taken back."""

import json
from dataclasses import replace

import pytest

from handlers.core import REGISTRABLE, ButtonTapped, Session
from handlers.interview.screens.file import CA_FILE_NOTE
from handlers.model import Recognition
from handlers.requests import PROCEDURE_LABELS
from locales import translator
from tests.support.dialogue import BEGIN, EXPIRED, PERSON, Dialogue, expects, make_certificate, pack

t = translator("vi")


@pytest.fixture
def talk() -> Dialogue:
    return Dialogue()


def titles(text: str) -> set[str]:
    """Ids of the procedures whose titles stand in an answer."""
    return {p.value for p, guide in pack().procedures.items() if t(guide.title) in text}


# What the officer types after the greeting -> the procedures of the answer.
JOURNEYS = {
    "merged into a new body, ours is kept": (("1", "1", "1", "31/12/2028", "1"), {"change_information"}),
    "merged into a new body, ours is not kept": (
        ("1", "1", "3", "31/12/2028", "1"),
        {"revoke", "return_device"},
    ),
    "merged into an existing body, absorbed": (
        ("1", "2", "2", "31/12/2028", "1"),
        {"revoke", "return_device"},
    ),
    "merged into an existing body, surviving": (("1", "2", "1", "31/12/2028", "1"), {"keep_using"}),
    "the superior changed": (("1", "3", "31/12/2028", "1"), {"change_information"}),
    "a person after a restructuring": (
        ("2", t("The unit was restructured"), "31/12/2028", "2"),
        {"change_information"},
    ),
    "a person after a restructuring whose certificate still holds": (
        ("2", t("The unit was restructured"), "31/12/2028", "1"),
        {"keep_using"},
    ),
}


@pytest.mark.parametrize(("answers", "procedures"), JOURNEYS.values(), ids=JOURNEYS)
async def test_each_rule_of_the_letter_is_reached_by_numbers(
    talk: Dialogue, answers: tuple[str, ...], procedures: set[str]
) -> None:
    text = await talk.says(*BEGIN, *answers)
    assert titles(text) == procedures
    assert "08/5/2025" in text
    assert all(number in text for number in ("5904/UBND-VX", "2940/UBND-VX", "68/2024/NĐ-CP"))


async def test_ticks_are_shown_in_the_same_message_until_done(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1")
    await talk.taps(t("The superior body changed"))
    assert [reply.action for reply in talk.heard] == ["buttons"]
    assert f"✓ {t('The superior body changed')}" in talk.labels
    await talk.taps(t("Done"))
    assert talk.answers["events"] == ["superior_changed"]


async def test_a_stale_button_is_told_so_and_the_open_question_comes_again(talk: Dialogue) -> None:
    await talk.says(*BEGIN)
    old = talk.choices[0].tap
    await talk.says("1")
    text = await talk.does(ButtonTapped(data=old, message="3"))
    expects(text, "That button belongs to an earlier step. The present question:")
    assert talk.answers == {"subject": "organisation"}


@pytest.mark.parametrize(
    "data", ["question|robot|1", "", "|||", "question|x|99999999999999999999", "nowhere|1|1", "q" * 200]
)
async def test_a_forged_button_changes_nothing(talk: Dialogue, data: str) -> None:
    await talk.says(*BEGIN)
    await talk.does(ButtonTapped(data=data))
    assert talk.answers == {}


async def test_back_takes_the_last_answer_back(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "3", "/quaylai")
    assert talk.answers == {"subject": "organisation"}


async def test_changing_an_answer_asks_its_dependents_only(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "1", "1", "31/12/2028", "1", "/xemlai")
    await talk.taps(t("Change: {fact}", fact=t("what happened")))
    await talk.says("3")
    assert "merger_role" not in talk.answers
    assert talk.answers["token"] == "in_hand"
    assert talk.session
    assert talk.session.screen == "answer"


async def test_changing_to_another_merger_asks_the_role_again(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "1", "1", "31/12/2028", "1", "/xemlai")
    await talk.taps(t("Change: {fact}", fact=t("what happened")))
    await talk.says("2")
    expects(talk.text, "In the merger, whose name or whose certificate is kept?")


async def test_the_answer_names_the_receiving_office_that_was_set(talk: Dialogue) -> None:
    talk.world = replace(talk.world, office="Sở KH&CN {Đồng Nai} <b>")
    text = await talk.says(*BEGIN, "1", "3", "31/12/2028", "1")
    assert "Sở KH&amp;CN {Đồng Nai} &lt;b&gt;" in text
    assert "{office}" not in text


async def test_why_this_question_is_answered_with_its_document(talk: Dialogue) -> None:
    text = await talk.says(*BEGIN, "1", "3", "/visao")
    expects(text, "Why I ask")
    assert "68/2024/NĐ-CP" in text


async def test_the_language_changes_and_the_answers_stay(talk: Dialogue) -> None:
    text = await talk.says(*BEGIN, "1", "/ngonngu en")
    assert "What has happened?" in text
    assert talk.answers == {"subject": "organisation"}


async def test_stopping_keeps_the_answers_and_any_word_goes_on(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "/huy")
    await talk.says("tiep tuc")
    assert talk.answers == {"subject": "organisation"}
    expects(talk.text, "What has happened? Choose everything that applies.")


async def test_progress_counts_down_to_the_answer(talk: Dialogue) -> None:
    await talk.says(*BEGIN)
    left = []
    for answer in ("1", "3"):
        left.append(next(number for number in range(9) if f"khoảng {number} câu" in talk.text))
        await talk.says(answer)
    assert left == sorted(left, reverse=True)
    assert left[-1] >= 1
    assert f"khoảng {left[-1]} câu" not in talk.text  # what is left is asked at once


async def test_a_certificate_sent_first_leaves_less_to_ask(talk: Dialogue) -> None:
    await talk.says(*BEGIN)
    text = await talk.sends(make_certificate())
    assert "75580955FC81D6A7" in text
    await talk.says("dung roi")
    assert talk.answers["subject"] == "organisation"
    assert talk.answers["certificate"] == {
        "not_before": "2024-01-02",
        "not_after": "2029-01-01",
        "issuer": "government",
    }


async def test_an_expired_certificate_leads_to_revocation_and_a_new_issue(talk: Dialogue) -> None:
    await talk.says(*BEGIN)
    text = await talk.sends(make_certificate(**EXPIRED))
    expects(text, "⚠ <b>It has expired.</b>")
    text = await talk.says("1", "3", "1", "1")
    assert titles(text) == {"revoke", "return_device", "issue_new"}


async def test_what_the_certificate_and_the_officer_say_may_disagree(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1")
    text = await talk.sends(make_certificate("Nguyễn Thị Lan", **PERSON))
    assert "⚠" in text
    await talk.taps(t("Yes – the certificate of a person"))
    assert talk.answers["subject"] == "individual"


async def test_of_several_certificates_one_is_chosen(talk: Dialogue) -> None:
    await talk.says(*BEGIN)
    text = await talk.sends(
        make_certificate("UBND XÃ PHƯỚC AN", serial="01"), make_certificate("UBND XÃ NHƠN TRẠCH", serial="02")
    )
    expects(text, "<b>I read several certificates. Which one do you mean?</b>")
    await talk.says("2", "1")
    assert talk.session
    assert talk.session.certificate
    assert talk.session.certificate.serial == "02"


async def test_a_typed_expiry_the_file_contradicts_is_said_before_the_file_is_taken(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "3", "31/12/2028", "2")
    text = await talk.sends(make_certificate())
    assert t("⚠ You typed that it ends on {told}; the file says otherwise.", told="31/12/2028") in text
    expects(text, "⚠ You named another kind of issuer than the file does.")
    assert talk.answers["certificate"]["not_after"] == "2028-12-31"
    await talk.says("1")
    assert talk.answers["certificate"]["not_after"] == "2029-01-01"


async def test_a_typed_day_can_be_corrected_before_the_issuer_is_named(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "3", "31/12/2028", "30/6/2027", "1")
    assert talk.answers["certificate"]["not_after"] == "2027-06-30"


async def test_going_back_from_a_question_being_changed_keeps_its_answer(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "3", "31/12/2028", "1", "/xemlai")
    before = talk.answers
    await talk.taps(t("Change: {fact}", fact=t("whose certificate")))
    await talk.says("/quaylai")
    assert talk.answers == before


async def test_going_back_over_a_read_certificate_forgets_it(talk: Dialogue) -> None:
    await talk.says(*BEGIN)
    await talk.sends(make_certificate())
    await talk.says("1", "/quaylai")
    assert talk.session
    assert talk.session.certificate is None


async def test_beginning_again_after_a_pause_goes_on(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1", "/huy", "/start")
    expects(talk.text, "What has happened? Choose everything that applies.")


async def test_answers_given_under_an_earlier_pack_go_on_and_that_is_said(talk: Dialogue) -> None:
    await talk.says(*BEGIN, "1")
    assert talk.session
    talk.session = talk.session.with_changes(pack="nhon_trach 0")
    text = await talk.says("3")
    expects(text, "The rules were updated since you answered; I go by the present ones.")
    assert talk.session.pack == pack().label


@pytest.mark.parametrize(
    "odd",
    [
        {"language": "fr"},
        {"draft": {"fields": 7}},
        {"screen": "gone", "about": "x"},
        {"screen": "certificate", "offered": []},
        {"came_from": {"screen": "gone"}, "screen": "stopped"},
        {"certificate": {"name": "?"}},
        {"answers": {"subject": "robot"}},
        {"draft": {"editing": "gone"}, "screen": "form"},
    ],
)
async def test_a_session_of_an_earlier_program_never_blocks_a_chat(talk: Dialogue, odd: dict[str, object]) -> None:
    await talk.says(*BEGIN, "1")
    assert talk.session
    stored = {**talk.session.model_dump(mode="json"), **odd}
    talk.session = Session.load(json.dumps(stored))
    assert talk.session.consented_at is not None
    for line in ("1", "/xemlai", "/quaylai", "/lamlai"):
        await talk.says(line)
    assert talk.session.screen == "question"


async def test_the_certificate_of_an_authority_is_nobodys_own(talk: Dialogue) -> None:
    await talk.says(*BEGIN)
    expects(await talk.sends(make_certificate("Root CA", authority=True)), CA_FILE_NOTE)
    assert talk.session
    assert talk.session.offered == ()


async def test_a_forged_certificate_cannot_be_taken(talk: Dialogue) -> None:
    await talk.says(*BEGIN)
    await talk.sends(make_certificate(recognition=Recognition.INVALID))
    assert talk.labels == [t("No, not this certificate")]


@pytest.mark.parametrize("typed", ["31/02/2028", "het han roi", "2028", "31/12/2090"])
async def test_a_day_that_will_not_do_is_asked_again(talk: Dialogue, typed: str) -> None:
    await talk.says(*BEGIN, "1", "3", typed)
    assert talk.session
    assert talk.session.typed_expiry is None
    assert t("I did not understand that. Please choose one of these:") not in talk.text


async def test_every_procedure_that_can_be_registered_has_a_name() -> None:
    assert set(PROCEDURE_LABELS) == REGISTRABLE


async def test_where_there_is_no_certificate_yet_neither_its_token_nor_its_serial_number_is_asked(
    talk: Dialogue,
) -> None:
    text = await talk.says(*BEGIN, "1", "3", t("There is no certificate yet"))
    assert titles(text) == {"issue_new"}
    assert all(number in text for number in ("5904/UBND-VX", "2940/UBND-VX", "68/2024/NĐ-CP"))
    await talk.taps(t("Register the request"))
    asked = await talk.says("UBND xã Phước An", "UBND xã Phước An")
    assert (
        t("Serial number of the certificate (số hiệu chứng thư)? It stands in the certificate's details.") not in asked
    )
    review = await talk.says("/xemlai")
    expects(review, "There is no certificate yet")


async def test_signing_remotely_is_an_answer_that_no_token_is_returned_after(talk: Dialogue) -> None:
    text = await talk.says(*BEGIN, "1", "2", "2", "31/12/2028", t("No token: signing remotely"))
    assert titles(text) == {"revoke"}
