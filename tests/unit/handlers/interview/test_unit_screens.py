"""The officer's unit: asked once, found by any name, filled into the interview and into the request."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from handlers.model import NO_UNITS, Succession, SuccessionKind, Unit, UnitDirectory
from locales import translator
from tests.support.dialogue import PERSON, Dialogue, get_screen, get_unit, make_certificate, nhon_trach, open_dialogue

t = translator("vi")
ASKED = t("<b>What is your body or unit called?</b>")
#: To the unit, as an organisation, a person, a device.
BODY, OFFICER, DEVICE = ("/start", "1", "1"), ("/start", "1", "2"), ("/start", "1", "3")
DAY = date(2025, 7, 1)
FILLED = t("I note what happened: <b>{events}</b>. If that is wrong, send /xemlai to change it.").split("{")[0]


@pytest.fixture
def talk() -> Dialogue:
    return open_dialogue(nhon_trach())


async def certified(talk: Dialogue, name: str) -> None:
    """To the unit, as an organisation of this name by its certificate."""
    await talk.says("/start", "1")
    await talk.sends(make_certificate(name))
    await talk.says("1")


async def test_the_unit_is_asked_for_once_it_is_known_whose_certificate_it_is(talk: Dialogue) -> None:
    assert ASKED in await talk.says(*BODY)
    await talk.says("bo qua")
    assert get_screen(talk) == "question"
    assert ASKED not in await talk.says("3", "31/12/2028", "1", "/lamlai", "2")


async def test_where_no_unit_is_known_nothing_is_asked() -> None:
    talk = open_dialogue(NO_UNITS)
    assert ASKED not in await talk.says(*BODY)
    assert t("your unit") not in await talk.says("/xemlai")


async def test_a_certificate_that_says_whose_it_is_leads_to_the_unit_too(talk: Dialogue) -> None:
    await talk.says("/start", "1")
    await talk.sends(make_certificate("Nguyễn Thị Lan", **PERSON))
    assert ASKED in await talk.says("1")


@pytest.mark.parametrize("typed", ["xã Nhơn Trạch", "ubnd xa nhon trach", "UỶ BAN NHÂN DÂN XÃ NHƠN TRẠCH"])
async def test_the_full_name_of_one_unit_is_taken_at_once_and_said(talk: Dialogue, typed: str) -> None:
    await talk.says(*BODY)
    text = await talk.says(typed)
    assert t("Noted, your unit: <b>{unit}</b>.", unit="xã Nhơn Trạch – tỉnh Đồng Nai") in text
    assert (get_unit(talk), get_screen(talk)) == ("DN-NT", "question")
    assert "events" not in talk.answers


async def test_a_name_that_several_units_may_have_becomes_buttons(talk: Dialogue) -> None:
    await talk.says(*BODY, "dai phuoc")
    assert talk.labels[:2] == [
        "xã Đại Phước – tỉnh Đồng Nai",
        "xã Đại Phước – huyện Nhơn Trạch – tỉnh Đồng Nai cũ (đến hết 30/6/2025) → xã Đại Phước – tỉnh Đồng Nai",
    ]
    await talk.says("1")
    assert get_unit(talk) == "DN-DP"
    assert "events" not in talk.answers


async def test_a_former_name_is_confirmed_with_its_day_and_document(talk: Dialogue) -> None:
    await talk.says(*BODY)
    text = await talk.says("xa phu hoi")
    assert "xã Nhơn Trạch – tỉnh Đồng Nai" in text
    assert "01/7/2025" in text
    assert "Nghị quyết 1662/NQ-UBTVQH15" in text
    assert get_unit(talk) is None


@pytest.mark.parametrize("name", ["UBND XÃ PHÚ HỘI", "Ủy ban nhân dân xã Phú Hội", "XA PHU HOI"])
async def test_what_became_of_a_former_unit_answers_what_happened_to_the_body_its_certificate_names(
    talk: Dialogue, name: str
) -> None:
    await certified(talk, name)
    await talk.says("xa phu hoi")
    await talk.says("dung")
    assert (get_unit(talk), get_screen(talk), "events" in talk.answers) == ("DN-NT", "belonging", False)
    text = await talk.says("1")
    assert talk.answers["events"] == ["merged_into_new"]
    assert "/xemlai" in text
    assert "merger_role" not in talk.answers


@pytest.mark.parametrize(
    "way", [(*BODY, "xa phu hoi", "dung"), (*OFFICER, "xa phu hoi", "dung"), (*DEVICE, "xa phu hoi")]
)
async def test_where_nobody_knows_whose_fate_it_was_the_question_what_happened_is_asked(
    talk: Dialogue, way: tuple[str, ...]
) -> None:
    await talk.says(*way)
    text = await talk.says("dung" if way[2] == "3" else "chua ro")
    assert get_unit(talk) == "DN-NT"
    assert "events" not in talk.answers
    assert t("What has happened? Choose everything that applies.") in text
    assert FILLED not in text
    assert "xã Phú Hội" in text


@pytest.mark.parametrize(
    "name", ["TRƯỜNG TIỂU HỌC PHÚ HỘI", "TRẠM Y TẾ XÃ PHÚ HỘI", "ĐẢNG ỦY XÃ PHÚ HỘI", "UBND XÃ ĐẠI PHƯỚC"]
)
async def test_a_school_does_not_get_the_merger_of_its_commune(talk: Dialogue, name: str) -> None:
    await certified(talk, name)
    await talk.says("ubnd xa phu hoi", "dung")
    assert get_unit(talk) == "DN-NT"
    assert "events" not in talk.answers
    assert "merger_role" not in talk.answers
    await talk.says("thuoc")
    assert talk.answers["events"] == ["superior_changed"]


async def test_a_person_does_not_get_the_merger_of_their_unit(talk: Dialogue) -> None:
    await talk.says("/start", "1")
    await talk.sends(make_certificate("Nguyễn Thị Lan", subscriber="individual", units=("UBND XÃ PHÚ HỘI",)))
    await talk.says("1", "xa phu hoi", "dung")
    assert (get_unit(talk), "events" in talk.answers) == ("DN-NT", False)
    await talk.says("1")
    assert talk.answers["events"] == ["unit_reorganised"]


async def test_of_several_steps_a_body_gets_those_since_it_had_the_name_on_its_certificate() -> None:
    units = UnitDirectory.of(
        (Unit("A", "Sở A", closed_on=DAY), Unit("B", "Sở B", closed_on=DAY), Unit("C", "Sở C")),
        [
            Succession("A", "B", SuccessionKind.RENAMED, DAY, "1/QĐ-X"),
            Succession("B", "C", SuccessionKind.SPLIT, DAY, "2/QĐ-X"),
        ],
    )
    talk = open_dialogue(units)
    await certified(talk, "SỞ B")
    await talk.says("so a", "dung", "chinh la")
    assert (get_unit(talk), talk.answers["events"]) == ("C", ["split"])


@pytest.mark.parametrize(
    ("became", "event"),
    [
        (SuccessionKind.MERGED_INTO_EXISTING, "merged_into_existing"),
        (SuccessionKind.RENAMED, "renamed"),
        (SuccessionKind.SPLIT, "split"),
    ],
)
async def test_each_way_a_unit_ends_has_its_answer(became: SuccessionKind, event: str) -> None:
    units = UnitDirectory.of(
        (Unit("A", "Sở A", closed_on=DAY), Unit("B", "Sở B")), [Succession("A", "B", became, DAY, "9/QĐ-X")]
    )
    talk = open_dialogue(units)
    await certified(talk, "SỞ A")
    assert "9/QĐ-X" in await talk.says("so a")
    await talk.says("dung", "chinh la")
    assert talk.answers["events"] == [event]


async def test_what_happened_stays_as_the_officer_answered_it(talk: Dialogue) -> None:
    await talk.says(*BODY, "bo qua", "3", "/xemlai", "don vi", "xa phu hoi", "dung")
    assert get_unit(talk) == "DN-NT"
    assert talk.answers["events"] == ["superior_changed"]


async def test_what_was_filled_in_is_taken_back_and_changed_like_any_answer(talk: Dialogue) -> None:
    await certified(talk, "UBND XÃ PHÚ HỘI")
    await talk.says("xa phu hoi", "dung", "1", "/quaylai")
    assert "events" not in talk.answers
    assert get_screen(talk) == "question"
    await talk.says("3")
    assert talk.answers["events"] == ["superior_changed"]


async def test_a_no_to_the_unit_of_today_asks_again_and_fills_in_nothing(talk: Dialogue) -> None:
    await talk.says(*BODY, "xa phu hoi", "khong")
    assert (get_screen(talk), get_unit(talk)) == ("unit", None)
    assert "events" not in talk.answers


async def test_a_unit_that_was_split_asks_which_part_it_is() -> None:
    units = UnitDirectory.of(
        (Unit("S", "Sở cũ", closed_on=DAY), Unit("S1", "Sở một"), Unit("S2", "Sở hai")),
        [Succession("S", code, SuccessionKind.SPLIT, DAY, "1/QĐ-X") for code in ("S1", "S2")],
    )
    talk = open_dialogue(units)
    await certified(talk, "SỞ CŨ")
    await talk.says("so cu")
    assert talk.labels[:2] == ["Sở một", "Sở hai"]
    await talk.taps("Sở hai")
    await talk.says("2")
    assert (get_unit(talk), talk.answers["events"]) == ("S2", ["split"])


async def test_an_ended_unit_without_a_successor_is_said_to_have_ended() -> None:
    talk = open_dialogue(UnitDirectory.of((Unit("A", "Sở A", closed_on=DAY), Unit("B", "Sở B"))))
    await talk.says(*BODY)
    text = await talk.says("Sở A")
    assert "01/7/2025" in text
    assert (get_screen(talk), get_unit(talk)) == ("unit", None)


@pytest.mark.parametrize("way", [BODY, OFFICER])
async def test_a_former_district_offers_the_communes_of_its_area_and_fills_in_nothing(
    talk: Dialogue, way: tuple[str, ...]
) -> None:
    await talk.says(*way)
    text = await talk.says("huyen nhon trach")
    assert talk.labels[:3] == [f"xã {name} – tỉnh Đồng Nai" for name in ("Đại Phước", "Nhơn Trạch", "Phước An")]
    assert t("<b>{former} has ceased. Which of these is your unit today?</b>").split("}")[1].split(".")[0] in text
    assert "1662/NQ-UBTVQH15" in text
    assert get_unit(talk) is None
    await talk.taps("xã Phước An")
    assert get_unit(talk) == "DN-PA"
    assert (get_screen(talk), "events" in talk.answers) == ("belonging", False)


async def test_a_name_nobody_has_asks_again(talk: Dialogue) -> None:
    await talk.says(*BODY)
    assert t("I know no unit of that name. Try its bare name, such as “Phước An”, or skip this question.") in (
        await talk.says("Cục Hàng không vũ trụ")
    )
    assert get_screen(talk) == "unit"


@pytest.mark.parametrize("typed", ["\u202e\u200b", "=HYPERLINK(1)", "<b>xã</b>", "x" * 4000, "\x00", "phước " * 600])
async def test_hostile_text_is_no_unit_and_does_no_harm(talk: Dialogue, typed: str) -> None:
    await talk.says(*BODY, typed)
    assert (get_screen(talk), get_unit(talk)) == ("unit", None)


async def test_a_step_back_from_the_unit_asks_whose_certificate_it_is(talk: Dialogue) -> None:
    await talk.says(*BODY, "/quaylai")
    assert (get_screen(talk), talk.answers) == ("question", {})


@pytest.mark.parametrize("said", ["bo qua", "xa nhon trach"])
async def test_a_step_back_after_the_unit_asks_for_it_again(talk: Dialogue, said: str) -> None:
    await talk.says(*BODY, said, "/quaylai")
    assert (get_screen(talk), get_unit(talk)) == ("unit", None)


async def test_a_unit_that_is_no_longer_in_the_list_is_not_taken(talk: Dialogue) -> None:
    await talk.says(*BODY, "dai phuoc")
    talk.world = replace(talk.world, units=UnitDirectory.of((Unit("X", "Sở X"),)))
    await talk.taps("tỉnh Đồng Nai")
    assert get_unit(talk) is None


async def test_the_review_shows_the_unit_and_changes_it(talk: Dialogue) -> None:
    await talk.says(*BODY, "xa nhon trach")
    assert "xã Nhơn Trạch – tỉnh Đồng Nai" in await talk.says("/xemlai")
    await talk.taps(t("Change: {fact}", fact=t("your unit")))
    text = await talk.says("tinh dong nai")
    assert (get_screen(talk), get_unit(talk)) == ("review", "DN")
    assert "<b>tỉnh Đồng Nai</b>" in text


async def test_a_unit_can_be_taken_out_again(talk: Dialogue) -> None:
    await talk.says(*BODY, "xa nhon trach", "/xemlai", "don vi")
    await talk.taps(t("Take my unit out"))
    assert get_unit(talk) is None
    assert t("not said") in talk.text


def _names() -> Iterator[str]:
    yield from (name for one in nhon_trach().units.values() for name in one.names)


@pytest.mark.parametrize("name", sorted(set(_names())))
async def test_every_name_of_the_sample_leads_somewhere(talk: Dialogue, name: str) -> None:
    await talk.says(*BODY)
    text = await talk.says(name)
    assert t("I know no unit of that name. Try its bare name, such as “Phước An”, or skip this question.") not in text
