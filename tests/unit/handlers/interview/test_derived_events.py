"""What was filled in from a former unit holds for the certificate and the unit it came from, and for no other."""

from datetime import date

import pytest

from handlers.core import Session
from handlers.model import Succession, SuccessionKind, Unit, UnitDirectory
from locales import translator
from tests.support.dialogue import PERSON, Dialogue, get_screen, get_unit, make_certificate, nhon_trach, open_dialogue

t = translator("vi")
DAY = date(2025, 7, 1)
ASKED = t("What has happened? Choose everything that applies.")
TAKEN_BACK = t("I took back what I had filled in about what happened, and ask you instead.")


@pytest.fixture
async def talk() -> Dialogue:
    """To a commune by its certificate, whose merger was filled in."""
    talk = open_dialogue(nhon_trach())
    await talk.says("/start", "1")
    await talk.sends(make_certificate("ỦY BAN NHÂN DÂN XÃ PHÚ HỮU"))
    await talk.says("1", "xa Phu Huu", "dung", "1")
    assert "events" in talk.answers
    return talk


async def test_a_school_whose_certificate_takes_the_place_of_its_communes_is_asked_what_happened(
    talk: Dialogue,
) -> None:
    await talk.says("2")
    assert "merger_role" in talk.answers
    await talk.sends(make_certificate("TRƯỜNG THCS PHÚ HỮU"))
    text = await talk.says("1")
    assert not {"events", "merger_role"} & set(talk.answers)
    assert TAKEN_BACK in text
    assert ASKED in text


async def test_a_person_whose_certificate_takes_the_place_of_their_communes_is_asked(talk: Dialogue) -> None:
    await talk.sends(make_certificate("Nguyễn Thị Lan", **PERSON))
    assert ASKED in await talk.says("1")
    assert "events" not in talk.answers


async def test_the_same_certificate_sent_again_changes_nothing(talk: Dialogue) -> None:
    before = talk.answers["events"]
    await talk.sends(make_certificate("ỦY BAN NHÂN DÂN XÃ PHÚ HỮU"))
    assert TAKEN_BACK not in await talk.says("1")
    assert talk.answers["events"] == before


async def test_a_day_typed_in_place_of_the_certificate_takes_back_what_it_told(talk: Dialogue) -> None:
    await talk.says("/xemlai")
    await talk.says(t("Change: {fact}", fact=t("the certificate")))
    await talk.says("31/12/2028", "1")
    assert "events" not in talk.answers


async def test_another_kind_of_subscriber_is_asked(talk: Dialogue) -> None:
    await talk.says("/xemlai")
    await talk.says(t("Change: {fact}", fact=t("whose certificate")))
    await talk.says("2")
    assert "events" not in talk.answers


@pytest.mark.parametrize("word", ["TRƯỜNG THCS PHÚ HỮU", "UBND XÃ ĐẠI PHƯỚC"])
async def test_what_the_officer_answered_stays_under_another_certificate(talk: Dialogue, word: str) -> None:
    await talk.says("/xemlai")
    await talk.says(t("Change: {fact}", fact=t("what happened")))
    await talk.says("3")
    await talk.sends(make_certificate(word))
    await talk.says("1")
    assert talk.answers["events"] == ["superior_changed"]


async def test_what_was_filled_in_and_confirmed_by_the_officer_stays(talk: Dialogue) -> None:
    filled = talk.answers["events"]
    assert filled == ["merged_into_new"]
    await talk.says("/xemlai")
    await talk.says(t("Change: {fact}", fact=t("what happened")))
    await talk.says("1")
    assert talk.answers["events"] == filled
    await talk.sends(make_certificate("TRƯỜNG THCS PHÚ HỮU"))
    await talk.says("1")
    assert talk.answers["events"] == filled


async def test_a_unit_corrected_to_one_of_today_takes_back_what_the_wrong_one_told(talk: Dialogue) -> None:
    text = await talk.says("/xemlai", "don vi", "xa nhon trach")
    assert (get_unit(talk), "events" in talk.answers, get_screen(talk)) == ("DN-NT", False, "review")
    assert TAKEN_BACK in text
    await talk.says("tiep tuc")
    assert get_screen(talk) == "question"


async def test_a_unit_taken_out_takes_along_what_it_told(talk: Dialogue) -> None:
    await talk.says("/xemlai", "don vi")
    await talk.taps(t("Take my unit out"))
    assert (get_unit(talk), "events" in talk.answers) == (None, False)


@pytest.mark.parametrize("successor", ["X", "Y"])
async def test_another_former_unit_of_the_same_name_tells_its_own_story(successor: str) -> None:
    units = UnitDirectory.of(
        (Unit("A", "Sở A", closed_on=DAY), Unit("B", "Sở A", closed_on=DAY), Unit("X", "Sở X"), Unit("Y", "Sở Y")),
        [
            Succession("A", "X", SuccessionKind.RENAMED, DAY, "1/QĐ-X"),
            Succession("B", successor, SuccessionKind.MERGED_INTO_EXISTING, DAY, "2/QĐ-X"),
        ],
    )
    talk = open_dialogue(units)
    await talk.says("/start", "1")
    await talk.sends(make_certificate("SỞ A"))
    await talk.says("1", "so a")
    await talk.taps("Sở X")
    await talk.says("1")
    assert talk.answers["events"] == ["renamed"]
    await talk.says("/xemlai", "don vi", "so a", "2", "1")
    assert (get_unit(talk), talk.answers["events"]) == (successor, ["merged_into_existing"])


async def test_another_interview_remembers_nothing_of_it(talk: Dialogue) -> None:
    assert TAKEN_BACK not in await talk.says("/lamlai")
    assert talk.session
    assert talk.session.derived is None


async def test_it_is_remembered_over_a_restart(talk: Dialogue) -> None:
    assert talk.session
    talk.session = Session.load(talk.session.model_dump_json())
    await talk.sends(make_certificate("TRƯỜNG THCS PHÚ HỮU"))
    assert ASKED in await talk.says("1")


async def test_a_device_is_told_that_the_change_is_the_units_and_is_asked() -> None:
    talk = open_dialogue(nhon_trach())
    text = await talk.says("/start", "1", "3", "xa phu hoi", "dung")
    assert "Đây là thay đổi của xã Phú Hội. Với thiế" in text
    assert ASKED in text


# ------------------------------------------------------------------ being a unit, or belonging to it


async def test_before_a_unit_tells_what_happened_it_is_asked_whether_the_body_is_it() -> None:
    talk = open_dialogue(nhon_trach())
    text = await talk.says("/start", "1", "1", "xa phu hoi", "dung")
    assert "Đơn vị của anh/chị là UBND xã Phú Hội, hay thuộc xã Phú Hội?" in text
    assert talk.answers == {"subject": "organisation"}


@pytest.mark.parametrize(
    ("said", "events"), [("1", ["merged_into_new"]), ("2", ["superior_changed"]), ("trạm y tế", ["superior_changed"])]
)
async def test_a_body_gets_the_merger_and_what_belongs_to_it_the_change_of_superior(
    said: str, events: list[str]
) -> None:
    talk = open_dialogue(nhon_trach())
    await talk.says("/start", "1", "1", "xa phu hoi", "dung", said)
    assert talk.answers["events"] == events
    assert "/xemlai" in talk.text


async def test_an_officer_is_never_led_into_the_merger_of_the_unit() -> None:
    for said in ("1", "2"):
        talk = open_dialogue(nhon_trach())
        await talk.says("/start", "1", "2", "xa phu hoi", "dung", said)
        assert talk.answers["events"] == ["unit_reorganised"]


@pytest.mark.parametrize("doubt", ["chưa rõ", "tôi không biết", "hình như thuộc", "3"])
async def test_a_doubt_about_it_fills_in_nothing_and_has_a_way_on(doubt: str) -> None:
    talk = open_dialogue(nhon_trach())
    text = await talk.says("/start", "1", "1", "xa phu hoi", "dung", doubt)
    assert "con dấu" in text
    assert "events" not in talk.answers


async def test_a_certificate_sent_later_takes_back_what_does_not_fit_its_name() -> None:
    for name, kept in (("UBND XÃ PHÚ HỘI", True), ("TRƯỜNG TIỂU HỌC PHÚ HỘI", False)):
        talk = open_dialogue(nhon_trach())
        await talk.says("/start", "1", "1", "xa phu hoi", "dung", "1")
        await talk.sends(make_certificate(name))
        await talk.says("1")
        assert ("events" in talk.answers) is kept


async def test_a_split_body_is_asked_in_the_order_in_which_the_first_answer_revokes_nothing() -> None:
    units = UnitDirectory.of(
        (Unit("A", "Sở A", closed_on=DAY), Unit("X", "Sở X")),
        [Succession("A", "X", SuccessionKind.SPLIT, DAY, "1/QĐ-X")],
    )
    talk = open_dialogue(units)
    await talk.says("/start", "1", "1", "so a", "dung", "1")
    assert talk.answers["events"] == ["superior_changed"]


async def test_two_units_of_one_name_are_told_apart_by_place_and_day() -> None:
    talk = open_dialogue(nhon_trach())
    await talk.says("/start", "1", "1", "xa dai phuoc")
    assert talk.labels[0] == "xã Đại Phước – tỉnh Đồng Nai"
    assert talk.labels[1].startswith("xã Đại Phước – huyện Nhơn Trạch – tỉnh Đồng Nai cũ (đến hết 30/6/2025)")
