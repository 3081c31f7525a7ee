"""The language data is checked as the rules are, and sentences are read as their authors say."""

import json
import re
import time
from functools import partial
from pathlib import Path

import pytest

import rules.language.checking
from locales import translator
from rules.checking.diagnostic import Diagnostic
from rules.errors import PackError
from rules.language import Language, load_language, read
from rules.language.checking import check_language
from rules.loading import load_pack
from tests.support.calls import count_calls

BROKEN = Path(__file__).parent / "broken"
#: Found by comparing with a pack, and not by a broken language.
WITH_A_PACK = {"unread-answer"}
FIXTURES = sorted(path.stem for path in BROKEN.glob("*.toml") if path.stem != "sound")


def language_of(name: str, folder: Path) -> Language:
    folder.joinpath("words.toml").write_text((BROKEN / f"{name}.toml").read_text("utf-8"), "utf-8")
    return load_language(folder)


def test_the_language_that_comes_along_has_nothing_to_put_right() -> None:
    assert [str(diagnostic) for diagnostic in check_language(load_language(), load_pack())] == []


def test_the_small_language_the_broken_ones_are_made_from_is_sound(tmp_path: Path) -> None:
    assert check_language(language_of("sound", tmp_path)) == ()


@pytest.mark.parametrize("code", FIXTURES)
def test_each_trouble_is_found_and_told_in_vietnamese(code: str, tmp_path: Path) -> None:
    found: tuple[Diagnostic, ...] = check_language(language_of(code, tmp_path))
    assert code in {diagnostic.code for diagnostic in found}
    for diagnostic in found:
        assert diagnostic.message.say(translator("vi")) != str(diagnostic.message)


def test_every_diagnostic_has_a_broken_language() -> None:
    source = Path(rules.language.checking.__file__).read_text("utf-8")
    assert set(re.findall(r'Diagnostic\(\s*"([a-z-]+)"', source)) == {*FIXTURES, *WITH_A_PACK}


def test_an_answer_of_the_pack_that_no_sentence_can_give_is_named(tmp_path: Path) -> None:
    found = check_language(language_of("sound", tmp_path), load_pack())
    assert any(one.code == "unread-answer" and "deceased" in str(one) for one in found)


@pytest.mark.parametrize("pattern", ["(mất", "mất ]", "", "a | ", "<Token>"])
def test_a_pattern_that_cannot_be_read_names_its_file(pattern: str, tmp_path: Path) -> None:
    text = f'[[facts]]\nfact = "token"\nvalue = "lost"\npatterns = ["{pattern}"]\n'
    tmp_path.joinpath("odd.toml").write_text(text, "utf-8")
    with pytest.raises(PackError, match=r"odd\.toml: facts 1"):
        load_language(tmp_path)


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ("Tôi làm mất token rồi", {"token": "lost"}),
        ("token ko mat", {}),
        ("nghe nói xã em sắp sáp nhập", {}),
        ("nếu mất token thì sao", {}),
        ("xã em sáp nhập thành xã mới, token bị mất", {"events": ["merged_into_new"], "token": "lost"}),
        ("em mất mật khẩu token rồi", {"token": "locked"}),
        ("mất bao lâu thì có token", {}),
        ("bạn em ở huyện khác bị mất token", {}),
        ("cks cơ quan hết hạn ngày 30/6/2027", {"subject": "organisation", "not_after": "2027-06-30"}),
        # Found again, opened again, still working: the later word counts.
        ("hôm trước mất token, sáng nay tìm lại được token", {"token": "in_hand"}),
        ("token rơi vỡ vỏ, vẫn dùng được", {"token": "in_hand"}),
        ("mất token, tìm hoài không ra", {"token": "lost"}),
        # Words of names say nothing: Mai is none of tomorrow, Lộ leaks nothing.
        ("trường Hoa Mai đổi tên rồi", {"events": ["renamed"], "old_unit": "trường Hoa Mai"}),
        ("NGHE NÓI XÃ EM SÁP NHẬP RỒI", {}),
        # Nobody knows the PIN of one who is gone: that is no "not exposed".
        ("bác Tư qua đời, không ai biết pin", {"subject": "individual", "whose": "deceased", "events": ["deceased"]}),
        # The post that is gained is no holder.
        ("mới lên phó bí thư", {"subject": "individual", "events": ["position_changed"]}),
        # A school in lower case without accents keeps its name, and its commune's merger is not its own.
        (
            "truong tieu hoc le loi nhap vao truong kim dong",
            {
                "events": ["merged_into_existing"],
                "merger_role": "absorbed",
                "old_unit": "truong tieu hoc le loi",
                "new_unit": "truong kim dong",
            },
        ),
        ("trường em thuộc xã Bình Lộc, xã Bình Lộc nhập vào xã Xuân Lộc", {}),
        ("tách một ấp nhập qua xã khác", {}),
        ("không phải em mất token, là chị Thu mất", {}),
        ("chúng tôi chưa được cấp chứng thư số", {"issuer": "none"}),
        # Another body, another thing, a stranger's claim, a rumour or a plan in any word order is no fact.
        ("sở y tế hợp nhất với sở lao động, trạm y tế tụi em không bị gì", {}),
        ("UBND tỉnh mới sáp nhập, sở mình thì chưa thấy đổi gì", {}),
        ("hộp thư của phòng bị mất mật khẩu rồi", {}),
        ("đổi tên trường thì có dự thảo rồi, ký thì chưa", {}),
        ("lẽ ra tháng này xã đổi tên mà lùi lại rồi", {}),
        ("có số lạ tự xưng ban cơ yếu gọi", {}),
        ("công an yêu cầu thu hồi con dấu số", {"subject": "organisation"}),
        ("chị Oanh làm kế toán trưởng", {}),
        (
            "doi cap tren tu huyen sang tinh, chung thu co quan, token van dung tot",
            {"subject": "organisation", "events": ["superior_changed"], "token": "in_hand"},
        ),
        ("người đứng tên đã mất", {"subject": "individual", "whose": "deceased", "events": ["deceased"]}),
        ("người đứng tên đã mất token", {"token": "lost"}),
        # What is only quoted, taken back, mended since or denied of the same verb is no fact; what corrects it is one.
        ('"Token của cơ quan đã bị mất" là câu mẫu trong công văn hả chị', {}),
        ('em báo "em bị mất token ở chợ hôm qua"', {"token": "lost"}),  # one's own words
        ('em đã báo với sếp "em bị mất token ở chợ hôm qua"', {"token": "lost"}),
        ('em nghe anh Nam nói "em bị mất token ở chợ hôm qua"', {}),
        ('anh Nam báo "em bị mất token ở chợ hôm qua"', {}),
        ("phòng giáo dục giải thể, em không bị giải thể", {"events": ["dissolved"]}),  # not the same subject
        ("phòng giáo dục giải thể, cơ quan em không bị giải thể", {}),
        ("phòng em giải thể, à em không bị giải thể", {}),
        ("xã em đổi tên à nhầm đổi trụ sở", {"events": ["address_changed"]}),
        ("bảo là đổi tên nhưng rốt cuộc không đổi", {}),
        ("xã em đổi tên, địa chỉ không đổi", {"events": ["renamed"]}),
        ("em quên pin nhưng nay nhớ lại rồi", {}),
        ("em quên pin, chưa mở khóa lại được", {"token": "locked"}),
        ("pin cũ lộ nên em đổi pin mới rồi", {}),
        ("đổi địa chỉ: không", {}),
        # Nor what is asked for, warned of, nearly so, a joke, a habit, or told of everybody.
        ("đề nghị anh khóa token lại giùm", {}),
        ("coi chừng lộ mã pin", {}),
        ("suýt nữa thì làm mất token", {}),
        ("token mất rồi, đùa thôi", {}),
        ("trường hợp nào phải thu hồi: giải thể, mất token?", {}),
        ("anh nào mất token thì lên phòng 3 nhận lại", {}),
        ("đề nghị các xã rà soát token của cán bộ nghỉ hưu, chuyển công tác", {}),
        # A hamlet, a class or somebody's family is no body and no holder.
        ("khu phố em đổi tên rồi", {}),
        ("trường em giải tán lớp bồi dưỡng", {}),
        ("cụ thân sinh anh trưởng phòng từ trần", {}),
        # Who is spoken to, or denied, is not the one to whom it happened.
        (
            "cô giáo về hưu rồi có cần trả token không em",
            {
                "subject": "individual",
                "whose": "colleague",
                "events": ["left_state_service"],
            },
        ),
        (
            "không phải em nghỉ hưu mà là chị Tâm kế toán nghỉ hưu",
            {
                "subject": "individual",
                "whose": "colleague",
                "events": ["left_state_service"],
            },
        ),
        # A PIN that slipped out is known, whoever heard it; by assignment it is not exposed.
        ("e lỡ nói mã pin cho đồng nghiệp", {"key_exposed": True}),
        ("em đưa mã pin cho đồng nghiệp theo phân công", {}),
        # Capitals before a name tell the kind of a unit, unless all is in capitals; a name that stays tells no change.
        (
            "TT Hiệp Phước nhập vào xã Nhơn Trạch",
            {
                "events": ["merged_into_existing"],
                "merger_role": "absorbed",
                "old_unit": "TT Hiệp Phước",
                "new_unit": "xã Nhơn Trạch",
            },
        ),
        ("TOKEN CỦA HỘI VẪN ĐỂ TRONG TỦ", {"subject": "organisation", "token": "in_hand"}),
        ("dang uy xa sap nhap thanh dang uy xa moi", {"events": ["merged_into_new"]}),
        (
            "xa em sap nhap vao xa Dai Phuoc, co can lam lai chu ky so khong",
            {
                "events": ["merged_into_existing"],
                "merger_role": "absorbed",
                "new_unit": "xa Dai Phuoc",
            },
        ),
        # "cắm" without accents is no "cầm", and who keeps a token tells nothing of its PIN.
        ("em cam token may bao pin blocked", {}),
        ("em khong giu token, chi thu quy giu", {"token": "in_hand"}),
        # A title by which somebody speaks is the speaker.
        (
            "chào em, chị làm ở kho bạc, cks của chị hỏng",
            {"subject": "individual", "whose": "mine", "token": "damaged"},
        ),
    ],
)
def test_only_what_is_stated_is_read(said: str, facts: dict[str, object]) -> None:
    assert read(said, load_language()).facts == facts


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        ("nop o dau vay", ("where",)),
        ("mẫu nào ạ", ("which_form",)),
        ("ai ky don", ("who_signs",)),
        ("mất bao lâu thì có token", ("how_long",)),
        ("trong lúc chờ có được ký tiếp không", ("sign_meanwhile",)),
        ("token của phòng giờ nộp lại cho ai", ("device", "where")),
        ("chủ tịch hay kế toán ký", ("who_signs",)),
        ("giờ xin cấp kiểu gì", ("what_to_do",)),
    ],
)
def test_questions_about_the_procedure_are_told_apart(said: str, asks: tuple[str, ...]) -> None:
    reading = read(said, load_language())
    assert (reading.intent, reading.asks) == ("question", asks)


@pytest.mark.parametrize("said", ["đồng ý nhé", "vâng ạ", "dạ", "oke", "nhất trí", "ok em", "dong y a"])
def test_consent_in_words_is_consent(said: str) -> None:
    assert read(said, load_language()).intent == "consent"


@pytest.mark.parametrize(
    "said",
    [
        "không đồng ý",
        "để xem đã",
        "đồng ý cái gì vậy",
        "chưa đồng ý đâu",
        "ok để em hỏi sếp đã",
        "em",
        "hm hm",
        "ừm",
        "uhm",
        "ờ",
        "à ừ",
        "chắc là đồng ý",
        "lưu hả",
    ],
)
def test_what_is_no_consent_is_none(said: str) -> None:
    assert read(said, load_language()).intent != "consent"


def test_a_typed_accent_decides() -> None:
    assert read("token bị mất", load_language()).facts == {"token": "lost"}
    assert read("token bị mật", load_language()).facts == {}


@pytest.mark.parametrize("line", ["doi ten " * 5000, "a" * 100_000, "mất token, " * 3000, "\x00\u202e", "", " . , ? "])
def test_a_hostile_line_is_read_in_bounded_time(line: str) -> None:
    load_language()
    before = time.thread_time()
    read(line, load_language())
    assert time.thread_time() - before < 0.5


#: Sentences written from situations, with readings that were looked through one by one.
OWN = [json.loads(line) for line in (Path(__file__).parent / "own_sentences.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("known", OWN, ids=lambda known: known["text"][:40])
def test_sentences_of_situations_are_read_as_they_were(known: dict[str, object]) -> None:
    assert {"text": known["text"], **read(str(known["text"]), load_language()).to_data()} == known


def test_a_line_that_repeats_itself_takes_no_longer_than_a_few_sentences() -> None:
    language = load_language()
    long, short = ("doi ten " * times for times in (600, 60))
    read(long, language)
    assert count_calls(lambda: read(long, language)) < 1.1 * count_calls(lambda: read(short, language))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("mattoken", ("mat", "token")), ("xaem", ("xa", "em")), ("sapnhap", ("sap", "nhap")), ("tokne", ("token",)),
        ("chuyenn", ("chuyen",)), ("heets", ("het",)), ("nhaajp", ("nhap",)), ("ddooir", ("doi",)),
        ("Thạnh", ("Thạnh",)), ("Krông", ("Krông",)), ("server", ("server",)),
        ("tram", ("tram",)), ("a" * 30, ("a" * 30,)), ("12345", ("12345",)),
    ],
)  # fmt: skip
def test_joined_words_and_slips_of_one_letter_are_mended_and_names_are_not(typed: str, meant: tuple[str, ...]) -> None:
    assert load_language().respell(typed) == meant


def test_a_sentence_takes_a_few_thousand_calls() -> None:
    """Four thousand are two milliseconds; ``tests.bench sentences`` measures them."""
    language = load_language()
    texts = [example for rule in language.rules for example in rule.entry.examples][::5]
    for text in texts:
        read(text, language)
    assert sum(count_calls(partial(read, text, language)) for text in texts) / len(texts) < 6_000


def test_a_name_is_no_small_talk() -> None:
    assert read("pham thi thu ha", load_language()).intent == "unclear"


def test_an_explanation_names_what_took_a_fact_back() -> None:
    findings = read("bảo là đổi tên nhưng rốt cuộc không đổi", load_language()).findings
    assert {one.withheld for one in findings if one.label == "events = renamed"} == {"denied afterwards"}
