"""A free sentence at any point is read whole, said back in one line, and counts after one tap."""

from datetime import timedelta

import pytest

from handlers.interview.screens.retraction import TOKEN_NOT_SEEN
from handlers.sentences import KEPT_FOR_CONSENT, NOT_READ, REPLIES, TITLES
from locales import translator
from rules import answer_question, load_pack
from tests.support.dialogue import NOW, Dialogue, get_screen, make_certificate, nhon_trach, open_dialogue

t = translator("vi")
TOLD = "xa em sap nhap thanh xa moi, chung thu cua co quan, token bi mat"
FACTS = {"subject": "organisation", "events": ["merged_into_new"], "token": "lost"}


async def test_a_first_sentence_waits_for_consent_without_its_words_and_is_then_said_back() -> None:
    talk = Dialogue()
    assert t(KEPT_FOR_CONSENT) in await talk.says(TOLD)
    assert talk.session is not None
    assert talk.session.answers == {}
    assert "sap nhap" not in talk.session.model_dump_json()
    text = await talk.says("đồng ý nhé")
    assert t("the token is lost") in text
    assert talk.session.answers == {}
    await talk.taps(t("That is right"))
    assert talk.session.answers == FACTS


async def test_a_no_asks_one_by_one_and_records_nothing() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", TOLD)
    await talk.taps(t("No, ask me one by one"))
    assert talk.session is not None
    assert (talk.session.answers, talk.session.screen, talk.session.understood) == ({}, "question", None)


async def test_a_corrected_sentence_takes_the_place_of_the_first() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "token bị mất", "à nhầm, token bị khóa thôi", "đúng rồi")
    assert talk.session is not None
    assert talk.session.answers == {"token": "locked"}


@pytest.mark.parametrize(
    "said",
    [
        "nghe nói xã em sắp sáp nhập", "token không mất", "nếu mất token thì sao", "hình như token bị hỏng",
        "bạn em ở huyện khác bị mất token", "xã em sáp nhập chưa ạ?", "tháng sau em nghỉ hưu",
    ],
)  # fmt: skip
async def test_what_is_denied_doubted_planned_or_somebody_elses_is_not_even_said_back(said: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "1", said)
    assert talk.session is not None
    assert (talk.session.answers, talk.session.understood) == ({}, None)


@pytest.mark.parametrize(
    ("said", "ask"),
    [
        ("nộp ở đâu vậy", "where"), ("cần mẫu nào", "which_form"), ("ai ký đơn", "who_signs"),
        ("mất bao lâu", "how_long"),
        ("căn cứ văn bản nào", "legal_basis"), ("có mất phí không", "fee"), ("hết hạn gia hạn được không", "renewal"),
        ("trong lúc chờ có được ký tiếp không", "sign_meanwhile"), ("cơ quan quản lý trực tiếp là ai", "managing_body"),
    ],
)  # fmt: skip
async def test_a_question_is_answered_at_any_page_and_the_open_one_stays(said: str, ask: str) -> None:
    for begin in ((), ("/start", "1", "1"), ("/start", "1", "1", "3", "31/12/2028", "1", "1", "1")):
        talk = Dialogue()
        await talk.says(*begin)
        before = talk.session
        assert t(TITLES[ask]) in await talk.says(said)
        assert talk.session is None or (before is not None and talk.session.screen == before.screen)
        assert talk.session is None or talk.session.answers == (before.answers if before else {})


async def test_what_no_text_says_is_said_to_be_unread() -> None:
    talk = Dialogue()
    assert t(NOT_READ) in await talk.says("/start", "1", "nghị định là gì vậy")


async def test_what_the_pack_answers_is_said_whatever_the_page() -> None:
    fee = answer_question(load_pack("national"), "fee")
    assert fee is not None
    assert t(fee.text)[:30] in await Dialogue().says("/start", "1", "có mất phí không")


@pytest.mark.parametrize(
    ("said", "ask", "named"),
    [("còn 60 ngày gia hạn được không", "renewal", "60"), ("cho hỏi Mẫu 09 là gì", "form_number", "09")],
)
async def test_the_form_or_number_that_a_question_names_is_answered(said: str, ask: str, named: str) -> None:
    answer = answer_question(load_pack("national"), ask, named)
    assert answer is not None
    assert t(answer.text)[:30] in await Dialogue().says("/start", "1", said)


@pytest.mark.parametrize(
    ("said", "screen"),
    [("yêu cầu của tôi tới đâu rồi", "requests"), ("xóa hết thông tin của tôi", "erase"), ("thôi hủy đi", "stopped")],
)
async def test_commands_in_words_are_carried_out(said: str, screen: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "1", said)
    assert talk.session is not None
    assert talk.session.screen == screen


async def test_back_in_words_takes_back_the_last_answer() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "1", "quay lại câu trước đi")
    assert talk.session is not None
    assert talk.session.answers == {}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("cảm ơn em nhiều", "thanks"), ("chào bot", "smalltalk"), ("làm sổ đỏ ở đâu", "outside_scope"),
        ("cho gặp cán bộ", "command:human"),
    ],
)  # fmt: skip
async def test_thanks_small_talk_and_what_is_outside_the_scope_get_a_short_reply(said: str, kind: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "1")
    assert t(REPLIES[kind]) in await talk.says(said)
    assert talk.session is not None
    assert talk.session.answers == {"subject": "organisation"}


@pytest.mark.parametrize("said", ["đồng ý nhé", "vâng ạ", "dạ", "oke", "nhất trí", "ok em đồng ý"])
async def test_consent_takes_what_people_say(said: str) -> None:
    talk = Dialogue()
    await talk.says("/start", said)
    assert talk.session is not None
    assert talk.session.consented_at is not None


@pytest.mark.parametrize(
    "said", ["không đồng ý", "để xem đã", "đồng ý cái gì vậy?", "có lưu số điện thoại không", "sao phải đồng ý"]
)
async def test_what_is_no_consent_is_not_taken_for_it(said: str) -> None:
    talk = Dialogue()
    await talk.says("/start", said)
    assert talk.session is None or talk.session.consented_at is None


async def test_the_name_of_the_present_unit_is_offered_when_the_request_asks_for_it() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "1", "cơ quan em đổi tên thành Phòng Kinh tế Đại Phước", "đúng")
    assert talk.session is not None
    assert talk.session.named_unit == "Phòng Kinh tế Đại Phước"


@pytest.mark.parametrize("line", ["xoa het thong tin cua toi", "lam lai tu dau", "cho em gap can bo"])
async def test_a_command_in_words_is_no_value_of_a_form(line: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "đồng ý", "1", "3", "31/12/2028", "1", "dang ky")
    assert talk.session is not None
    assert talk.session.screen == "form"
    await talk.says(line)
    assert talk.session is None or talk.session.draft is None or not talk.session.draft.fields.get("subscriber")


@pytest.mark.parametrize("line", ["lo pin", "em bi lo pin", "lo ma pin", "pin bi lo", "lo key", "lo mat khau token"])
async def test_a_leak_typed_without_accents_is_said_back_and_no_greeting(line: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "đồng ý", "1", line)
    assert talk.session is not None
    assert talk.session.screen == "understood"
    await talk.says("dung roi")
    assert talk.answers.get("key_exposed") is True


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ("token bị mất", "unsafe"), ("em lộ mã PIN rồi", "unsafe"), ("chị kế toán bên em nghỉ hưu", "gone"),
        ("anh trưởng phòng em vừa qua đời", "gone"),
    ],
)  # fmt: skip
async def test_nobody_is_told_of_papers_that_stay_valid_where_signing_on_would_be_unsafe(told: str, named: str) -> None:
    safe, unsafe = (answer_question(load_pack("national"), "sign_meanwhile", name) for name in (None, named))
    assert safe is not None
    assert unsafe is not None
    talk = Dialogue()
    await talk.says("/start", "1", told, "đúng rồi")
    said = await talk.says("có được ký tiếp không")
    assert t(unsafe.text)[:40] in said
    assert t(safe.text)[:40] not in said


async def test_nobody_is_told_of_a_certificate_that_stays_valid_when_it_has_expired() -> None:
    expired = answer_question(load_pack("national"), "sign_meanwhile", "expired")
    assert expired is not None
    talk = Dialogue()
    await talk.says("/start", "1")
    await talk.sends(make_certificate(not_after=NOW - timedelta(days=2)))
    await talk.says("1")
    assert t(expired.text)[:40] in await talk.says("có được ký tiếp không")


async def test_after_an_answer_which_form_means_those_of_the_case() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "2", "rời khu vực nhà nước", "31/12/2028, bình thường")
    said = await talk.says("mẫu nào")
    forms = said[said.index(t(TITLES["which_form"])) :].split("\n\n")[0]
    assert ("05" in forms, "08" in forms, "01" in forms) == (True, True, False)


async def test_where_to_file_is_not_said_twice_over_its_answer() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "2", "rời khu vực nhà nước", "31/12/2028, bình thường")
    assert f"• {t('Where to file.')}" not in await talk.says("nộp ở đâu")


@pytest.mark.parametrize("said", ["cảm ơn", "cam on", "cám ơn", "cảm ơn em", "chào em", "alo"])
async def test_thanks_and_greetings_never_stand_for_an_option_that_is_spelt_like_them(said: str) -> None:
    for begin in (("co quan",), ("co quan", "vao co quan da co", "1"), ("2",), ("2", "chuyen cong tac")):
        talk = Dialogue()
        await talk.says("/start", "1", *begin)
        before = talk.session
        await talk.says(said)
        assert talk.session is not None
        assert before is not None
        assert (talk.session.screen, talk.session.answers) == (before.screen, before.answers)


async def test_a_sentence_that_waits_is_confirmed_with_the_next_one() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "token bi mat")
    told = await talk.says("xa em sap nhap thanh xa moi")
    assert "token bị mất" in told
    assert "sáp nhập" in told
    await talk.says("dung roi")
    assert (talk.answers["token"], talk.answers["events"]) == ("lost", ["merged_into_new"])


async def test_what_the_next_sentence_says_instead_stands_beside_what_waited() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "token bi mat")
    assert "trước đó <b>token bị mất</b>, nay <b>token đang giữ" in await talk.says("token em van giu, van dung duoc")
    assert "token" not in talk.answers


async def test_what_waits_before_consent_waits_with_what_is_said_next() -> None:
    talk = Dialogue()
    await talk.says("token bi mat", "xa em sap nhap thanh xa moi")
    assert "token bị mất" in await talk.says("đồng ý")


@pytest.mark.parametrize("first", [True, False])
async def test_a_last_day_told_alone_costs_no_message_of_its_own(first: bool) -> None:
    talk = open_dialogue(nhon_trach())
    await talk.says(*(("hết hạn 30/6/2026", "đồng ý") if first else ("/start", "đồng ý", "hết hạn 30/6/2026")))
    assert "30/6/2026" in talk.text
    assert get_screen(talk) == "question"
    assert "Hết hạn ngày <b>30/6/2026</b>" in await talk.says("co quan", "bo qua", "1", "Xong", "1")
    assert "certificate" not in talk.answers
    await talk.says("binh thuong")
    assert get_screen(talk) == "answer"
    assert talk.answers["certificate"] == {"issuer": "government", "not_before": None, "not_after": "2026-06-30"}


async def test_a_day_that_was_confirmed_beside_other_facts_is_not_lost_on_the_way() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "xa em sap nhap thanh xa moi, chung thu het han 30/6/2026", "dung roi")
    assert "30/6/2026" in await talk.says("co quan", "1")
    await talk.says("1/7/2027", "binh thuong")  # another day typed there takes its place
    assert talk.answers["certificate"]["not_after"] == "2027-07-01"


async def test_a_last_day_told_after_the_answer_is_confirmed_before_it_counts() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "ca nhan", "khong co gi thay doi", "bình thường")
    before = dict(talk.answers)
    await talk.says("het han 30/6/2026")
    assert talk.answers == before


async def test_where_to_file_names_the_office_of_the_case_and_no_others() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "co quan", "3", "31/12/2028, binh thuong")
    text = await talk.says("nop o dau")
    assert "Sở Khoa học và Công nghệ tỉnh Đồng Nai" in text
    assert "mỗi tỉnh" not in text


async def test_a_question_before_consent_is_followed_by_a_reminder_not_by_the_whole_welcome() -> None:
    talk = Dialogue()
    welcome = await talk.says("/start")
    text = await talk.says("nop o dau")
    assert welcome.split("\n\n")[0] not in text
    assert "180 ngày" in text
    assert "Tôi đồng ý, bắt đầu" in talk.labels
    assert "Tôi lưu gì?" in talk.labels


@pytest.mark.parametrize("said", ["thoi", "thôi ạ", "để hỏi sếp đã", "khoan đã"])
async def test_whoever_puts_it_off_in_the_middle_may_go_on_later(said: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "2", said)
    assert get_screen(talk) == "stopped"
    assert talk.answers == {"subject": "individual"}


async def test_a_bare_no_in_the_middle_stops_nothing() -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "2", "không")
    assert get_screen(talk) != "stopped"


@pytest.mark.parametrize("said", ["sai roi", "sai r", "nhầm rồi ạ"])
async def test_whoever_says_that_it_was_wrong_gets_the_question_before(said: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "1", "2", said)
    assert talk.answers == {}


@pytest.mark.parametrize("said", ["không phải của em", "ko phai cua e", "em gửi nhầm", "của người khác"])
async def test_a_certificate_of_somebody_else_is_put_aside_for_words(said: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "1")
    await talk.sends(make_certificate())
    assert t("I leave that file aside.") in await talk.says(said)
    assert talk.session is not None
    assert talk.session.offered == ()


@pytest.mark.parametrize("told", ["cks sap het han", "chứng thư còn 10 ngày nữa hết hạn", "tháng sau hết hạn rồi"])
async def test_an_end_that_is_near_is_answered_without_a_question(told: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "1")
    assert "Gia hạn chứng thư" in await talk.says(told)
    assert talk.answers == {}


async def test_an_end_that_is_near_beside_what_happened_is_no_answer_of_its_own() -> None:
    talk = Dialogue()
    await talk.says("/start", "1")
    assert "Gia hạn chứng thư" not in await talk.says("xa em sap nhap thanh xa moi, cks sap het han")


async def test_two_questions_with_one_answer_get_it_once() -> None:
    talk = Dialogue()
    await talk.says("/start", "1")
    assert (await talk.says("xin mau 05")).count("Mẫu 03") == 1


@pytest.mark.parametrize("said", ["may khong nhan token", "cắm token vào không lên", "token ko nhan may thi lam sao"])
async def test_a_token_that_a_computer_does_not_see_is_not_yet_taken_for_a_damaged_one(said: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "1")
    assert t(TOKEN_NOT_SEEN) in await talk.says(said)
    assert talk.answers == {}


@pytest.mark.parametrize("said", ["token bị hỏng, máy không nhận token", "token ko nhan dc ma otp"])
async def test_a_damaged_token_and_other_things_not_received_are_not_answered_so(said: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "1")
    assert t(TOKEN_NOT_SEEN) not in await talk.says(said)


@pytest.mark.parametrize("said", ["e ko hieu", "khong hieu cau hoi", "không hiểu gì hết"])
async def test_whoever_does_not_understand_the_question_is_told_how_to_find_out(said: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "1")
    assert "Văn thư giữ token sẽ biết" in await talk.says(said)


@pytest.mark.parametrize("said", ["ten sai roi", "chứng thư của sếp", "của đồng nghiệp"])
async def test_words_that_may_mean_the_certificate_itself_do_not_put_it_aside(said: str) -> None:
    talk = Dialogue()
    await talk.says("/start", "1")
    await talk.sends(make_certificate())
    assert t("I leave that file aside.") not in await talk.says(said)
