"""A typed number speaks of the page that is open and of nothing else; what harms is never the first answer."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.core import Session
from handlers.model import NO_UNITS, Certificate, RequestState, UnitDirectory
from handlers.testing import build_memory_services
from handlers.turn import NO_NUMBER
from locales import translator
from rules.parsing import parse_facts
from tests.support.dialogue import EXPIRED, NOW, PERSON, Dialogue, get_screen, make_certificate, nhon_trach, pack
from tests.support.soak import examples

t = translator("vi")
BODY = ("/start", "1", "1")
#: Ways to write a menu number.
WRITINGS = ("{}", "so {}", "số {}", "chọn {}", "chon so {}", "{}.", "({})", "{} ạ", "em chọn {} nhé")
WORDS = {1: "một", 2: "hai", 3: "ba", 4: "bốn", 5: "năm", 6: "sáu", 7: "bảy", 8: "tám", 9: "chín"}


@pytest.fixture
def talk() -> Dialogue:
    return Dialogue()


@pytest.mark.parametrize(
    ("typed", "events"),
    [
        ("1, 3", ["merged_into_new", "superior_changed"]),
        ("2, 3", ["merged_into_existing", "superior_changed"]),
        ("4, 8", ["renamed", "address_changed"]),
        ("1 va 3", ["merged_into_new", "superior_changed"]),
    ],
)
async def test_several_numbers_tick_what_stands_beside_them_and_answer_nothing_else(
    talk: Dialogue, typed: str, events: list[str]
) -> None:
    await talk.says(*BODY, typed)
    assert talk.answers == {"subject": "organisation", "events": events}


@pytest.mark.parametrize("typed", ["10", "so 10", "mười hai", "1, 10", "0", "99", "１０"])
async def test_a_number_that_the_page_does_not_have_is_said_with_the_range_and_answers_nothing(
    talk: Dialogue, typed: str
) -> None:
    text = await talk.says(*BODY, "3", "31/12/2028", typed)
    assert talk.answers == {"subject": "organisation", "events": ["superior_changed"]}
    assert "1" in text
    assert str(len(talk.labels)) in text
    assert t("I did not understand that. Please choose one of these:") not in text


@pytest.mark.parametrize("typed", ["co", "có", "vâng", "bị mất", "bi khoa", "khoa", "doi mat khau token", "co pin"])
async def test_a_word_that_does_not_name_a_fact_answers_no_question_that_is_not_shown(
    talk: Dialogue, typed: str
) -> None:
    await talk.says(*BODY, typed)
    assert set(talk.answers) <= {"subject", "events"}


lines = st.lists(st.integers(0, 30), min_size=1, max_size=4).flatmap(
    lambda numbers: st.one_of(
        st.sampled_from([", ", " ", " và ", " va ", ";", "+", "\n"]).map(lambda by: by.join(map(str, numbers))),
        st.sampled_from(WRITINGS).map(lambda way: " va ".join(way.format(number) for number in numbers)),
        st.just(", ".join(WORDS.get(number, str(number)) for number in numbers)),
        st.just("".join(chr(0xFF10 + digit) for digit in map(int, str(numbers[0])))),
    )
)


@settings(max_examples=examples(120), deadline=None)
@given(st.lists(st.integers(0, 20), max_size=8), lines, st.booleans())
def test_a_line_of_numbers_changes_the_asked_fact_at_most(taps: list[int], line: str, expired: bool) -> None:
    """Wherever the taps lead: what is asked there may change, nothing else."""

    async def run() -> None:
        talk = Dialogue(world=build_memory_services(pack(), NOW, units=nhon_trach()))
        await talk.says("/start", "1")
        if expired:
            await talk.sends(make_certificate(**EXPIRED))
        for tap in taps:
            await talk.taps(talk.labels[tap % len(talk.labels)])
        before, asked = talk.answers, _asked(talk)
        await talk.says(line)
        changed = {fact for fact in {*before, *talk.answers} if before.get(fact) != talk.answers.get(fact)}
        assert changed <= asked, (get_screen(talk), line)

    asyncio.run(run())


def _asked(talk: Dialogue) -> set[str]:
    """The fact of the open question and what falls with it; a certificate that is confirmed says whose it is too."""
    session = talk.session or Session()
    if session.screen == "certificate":
        return {"subject", "certificate", "events", "merger_role", "information_matches"}
    if session.screen == "condition":
        return {"certificate", "information_matches", "token", "key_exposed"}
    if session.screen != "question":
        return set(session.answers) if session.screen in {"answer", "next"} else set()
    text = talk.text
    facts = {question.fact for question in pack().questions if t(question.text) in text}
    if session.typed_expiry is not None:
        facts.add("certificate")
    depend = {"subject": {"events", "merger_role"}, "events": {"merger_role"}}
    told = {"information_matches"} | set().union(*(depend.get(fact, set()) for fact in facts))
    return facts | (told if facts else set())


FILES: tuple[Certificate | None, ...] = (
    None,
    make_certificate(),
    make_certificate("Trần Văn Bình", **PERSON),
    make_certificate(**EXPIRED),
)


@pytest.mark.parametrize("units", [NO_UNITS, nhon_trach()], ids=["no units", "units"])
@pytest.mark.parametrize("file", FILES, ids=["no file", "body", "person", "expired"])
@pytest.mark.parametrize("first", ["1", "2", "3"])
async def test_the_first_answer_to_every_question_ends_in_no_revocation_but_that_of_an_expired_certificate(
    units: UnitDirectory, file: Certificate | None, first: str
) -> None:
    """From each kind of subscriber, with and without a file."""
    talk = Dialogue(world=build_memory_services(pack(), NOW, units=units))
    await talk.says("/start", "1")
    if file:
        await talk.sends(file)
    await talk.says(first)
    for _ in range(12):
        if get_screen(talk) == "answer":
            break
        await talk.says("1")
    assert get_screen(talk) == "answer"
    assert talk.session
    reasons = _revoked_by(talk.session)
    assert reasons <= ({"validity-expired"} if file is FILES[3] else set())


def _revoked_by(session: Session) -> set[str]:
    """The rows by which it is a revocation."""
    facts = parse_facts(session.answers)
    harmful = {
        "key-exposed": facts.key_exposed is True,
        "token-lost": facts.token in {"lost", "damaged"},
        "merger": facts.merger_role in {"other", "absorbed"},
        "end": bool(
            {"dissolved", "split", "deceased", "left_state_service", "device_retired"} & set(facts.events or ())
        ),
        "validity-expired": bool(
            facts.certificate and facts.certificate.not_after and facts.certificate.not_after < NOW.date()
        ),
    }
    return {row for row, holds in harmful.items() if holds}


async def _filling(talk: Dialogue, *lines: str) -> None:
    await talk.says("/start", "1")
    await talk.sends(make_certificate())
    await talk.says("1", "3", "1", "1", "dang ky", *lines)


def _fields(talk: Dialogue) -> dict[str, str]:
    assert talk.session
    assert talk.session.draft
    return talk.session.draft.fields


DOUBTS = (
    "chua ro",
    "chưa rõ ạ",
    "khong biet",
    "khong ro",
    "chua biet",
    "khong nho",
    "?",
    "de xem",
    "sau",
    "tùy",
    "anh ơi",
)


@pytest.mark.parametrize("typed", DOUBTS)
async def test_a_doubt_is_no_value_and_the_form_stays_open_with_what_was_filled(talk: Dialogue, typed: str) -> None:
    await _filling(talk, "1")
    kept = _fields(talk)
    text = await talk.says(typed)
    assert (get_screen(talk), _fields(talk)) == ("form", kept)
    assert "văn thư" in text


@pytest.mark.parametrize("typed", ["1", "2", "so 1", "chọn 1", "một", "1, 2", "9"])
async def test_a_number_where_a_text_is_typed_throws_no_form_away(talk: Dialogue, typed: str) -> None:
    await _filling(talk, "1", "1", "1")
    kept = _fields(talk)
    text = await talk.says(typed)
    assert (get_screen(talk), _fields(talk)) == ("form", kept)
    assert t(NO_NUMBER) in text


async def test_a_form_that_is_left_by_its_words_keeps_what_was_filled(talk: Dialogue) -> None:
    await _filling(talk, "1", "1")
    kept = _fields(talk)
    await talk.says("không đăng ký")
    assert (get_screen(talk), _fields(talk)) == ("leave_form", kept)
    await talk.says("tiếp tục")
    assert (get_screen(talk), _fields(talk)) == ("form", kept)
    text = await talk.says("không đăng ký", "có")
    assert get_screen(talk) == "answer"
    assert t("Register the request") in text
    await talk.says("dang ky")
    assert (get_screen(talk), _fields(talk)) == ("form", kept)


@pytest.mark.parametrize("typed", ["da", "de", "12", "sau", "so 2"])
async def test_a_word_of_hexadecimal_letters_is_no_serial_number(talk: Dialogue, typed: str) -> None:
    await talk.says(*BODY, "3", "31/12/2028", "1", "dang ky", "UBND xã A", "UBND xã A", typed)
    assert "serial" not in _fields(talk)


async def test_the_unit_that_was_told_is_taken_out_by_no_number() -> None:
    talk = Dialogue(world=build_memory_services(pack(), NOW, units=nhon_trach()))
    await talk.says(*BODY, "xa nhon trach", "/xemlai", "don vi", "2")
    assert talk.session
    assert talk.session.unit == "DN-NT"


async def test_the_first_answer_everywhere_withdraws_no_request(talk: Dialogue) -> None:
    await _filling(talk, "1", "1", "1", "UBND tỉnh Đồng Nai", "1")
    await talk.world.requests.move("YC-2026-000001", RequestState.ACCEPTED)
    await talk.says("/yeucau", "1", "1", "1")
    request = await talk.world.requests.get("YC-2026-000001")
    assert request
    assert request.state is RequestState.ACCEPTED


@pytest.mark.parametrize("typed", ["đừng", "dung", "Đừng ạ", "thôi", "chưa rõ", "?", "2, 1"])
async def test_nothing_is_deleted_by_a_word_that_may_be_a_no(talk: Dialogue, typed: str) -> None:
    await talk.says(*BODY, "/xoadulieu", typed)
    assert talk.session is not None
    assert talk.answers == {"subject": "organisation"}
