"""/thongke: the numbers as somebody who looks after a unit reads them on a phone."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest

from handlers.admin.statistics import CHART_PROBLEMS, StatisticsScreen
from handlers.admin.statistics_text import STACKED_COUNTS, format_bar
from handlers.core import ButtonTapped, ChartDrawn, Context, DrawChart, Session
from handlers.model import (
    BarChart,
    BurnChart,
    BurnDown,
    Grant,
    Rights,
    Role,
    Unit,
    UnitDirectory,
    UnitStatistics,
    build_burn_down,
    line_units,
    roll_up,
    statistics_root,
)
from handlers.testing import build_memory_services
from locales import translator
from tests.support.dialogue import NOW, Dialogue, pack

t = translator("vi")
HOSTILE = "=HYPERLINK(1)<b>\u202ex</b>&"
VILLAGES = [Unit(f"DN-{number:02}", f"Xã số {number}", "DN") for number in range(20)]
UNITS = UnitDirectory.of([Unit("DN", "Tỉnh Đồng Nai"), *VILLAGES, Unit("DN-X", HOSTILE, "DN"), Unit("TN", "Tỉnh khác")])
ROWS = [
    *(
        UnitStatistics(unit.code, officers=3, certificates=2, action_needed=number)
        for number, unit in enumerate(VILLAGES)
    ),
    UnitStatistics("DN-X", officers=1234, requested=5, silent=2),
    UnitStatistics("DN", officers=1, done=7),
    UnitStatistics("TN", officers=99),
    UnitStatistics(None, officers=4, action_needed=1),
]


@dataclass
class People:
    grants: tuple[Grant, ...]

    async def mine(self) -> tuple[Grant, ...]:
        return self.grants


@dataclass
class Counts:
    """Counts rows of memory; what was asked is remembered."""

    asked: list[tuple[str | None, date, date]] = field(default_factory=list)
    rows: list[UnitStatistics] = field(default_factory=lambda: ROWS)

    async def numbers(
        self, rights: Rights, unit: str | None, today: date, now: datetime
    ) -> tuple[UnitStatistics, tuple[UnitStatistics, ...]]:
        top = statistics_root(rights, unit)
        return roll_up(self.rows, rights.units, top, line_units(rights, top))

    async def burn_down(self, rights: Rights, unit: str | None, start: date, until: date, today: date) -> BurnDown:
        self.asked.append((unit, start, until))
        return build_burn_down((), start, until, today)


@dataclass
class Office:
    people: People
    units: Counts = field(default_factory=Counts)


def talking(*grants: Grant) -> Dialogue:
    """Somebody with these roles, who has agreed that their answers are stored."""
    world = build_memory_services(pack(), NOW, units=UNITS, admin=Office(People(grants)))
    return Dialogue(world=world, session=Session(consented_at=NOW, pack=pack().label, screen="question"))


@pytest.fixture
def owner() -> Dialogue:
    return talking(Grant("QT-000001", Role.OWNER))


def admin(unit: str) -> Dialogue:
    return talking(Grant("QT-000002", Role.ADMIN, unit))


async def test_to_whoever_has_no_role_there_is_no_such_command() -> None:
    talk = talking()
    text = await talk.says("/thongke")
    assert t("I do not know the command /{name}. /trogiup lists them.", name="thongke") in text
    assert talk.session
    assert talk.session.screen == "question"


async def test_a_session_left_on_the_numbers_shows_none_without_the_right() -> None:
    page = await StatisticsScreen().page(Context(Session(screen="picture"), talking().world))
    assert page.title == t("The numbers are for those who look after a unit.")


async def test_a_role_that_ended_meanwhile_shows_nothing_more(owner: Dialogue) -> None:
    await owner.says("/thongke")
    owner.world.admin.people.grants = ()  # type: ignore[attr-defined]
    await owner.does(ButtonTapped(data=owner.choices[0].tap, message="8"))
    assert t("You no longer have a role here.") in owner.text
    assert "Tỉnh Đồng Nai" not in owner.text


async def test_an_owner_sees_all_tops_and_what_belongs_to_no_unit(owner: Dialogue) -> None:
    text = await owner.says("/thongke")
    assert t("all units") in text
    assert t("unit not known") in text
    assert "1.398" in text  # officers, with the thousands of Viet Nam
    assert [label for label in owner.labels if label.startswith("Tỉnh")] == ["Tỉnh Đồng Nai", "Tỉnh khác"]


async def test_figures_stand_below_each_other(owner: Dialogue) -> None:
    await owner.says("/thongke")
    table = owner.text.partition("<code>")[2].partition("</code>")[0]
    assert len({len(line) for line in table.splitlines()}) == 1
    assert len(table.splitlines()[0]) <= 32


async def test_one_drills_down_and_up_again(owner: Dialogue) -> None:
    await owner.says("/thongke")
    await owner.taps("Tỉnh Đồng Nai")
    assert "Tỉnh khác" not in owner.text
    assert owner.labels[0] == "Xã số 19"
    await owner.taps("Xã số 19")
    assert t("Numbers: {unit}", unit="Xã số 19") in owner.text
    await owner.taps(t("One step up"))
    assert t("Numbers: {unit}", unit="Tỉnh Đồng Nai") in owner.text
    await owner.taps(t("One step up"))
    assert t("Numbers: {unit}", unit=t("all units")) in owner.text
    assert t("One step up") not in owner.labels


async def test_units_come_in_pages_those_with_most_to_do_first_and_each_once() -> None:
    talk, seen = admin("DN"), []
    await talk.says("/thongke")
    for _ in range(3):
        seen += [label for label in talk.labels if label.startswith("Xã") or "HYPERLINK" in label]
        await talk.taps(t("Next units"))
    assert len(seen) == len(set(seen)) == 21
    assert seen[0] == "Xã số 19"


async def test_an_admin_of_one_unit_begins_there_and_gets_no_higher() -> None:
    talk = admin("DN-03")
    text = await talk.says("/thongke")
    assert t("Numbers: {unit}", unit="Xã số 3") in text
    assert t("One step up") not in talk.labels
    for wanted in ("Tỉnh khác", "TN", "DN-04", "không có đâu"):
        text = await talk.says(f"/thongke {wanted}")
        assert t("Numbers: {unit}", unit="Xã số 3") in text
        assert "Xã số 4" not in talk.labels
        assert "99" not in text


async def test_a_unit_is_named_by_code_or_name_without_accents(owner: Dialogue) -> None:
    for wanted in ("dn-07", "xa so 7", "Xã số 7"):
        assert t("Numbers: {unit}", unit="Xã số 7") in await owner.says(f"/thongke {wanted}")
    assert t("Numbers: {unit}", unit="Xã số 8") in await owner.says("xã số 8")


async def test_a_name_is_shown_as_it_is_and_never_as_markup(owner: Dialogue) -> None:
    text = await owner.says("/thongke DN-X")
    assert "=HYPERLINK(1)&lt;b&gt;" in text


async def test_the_chart_is_drawn_between_two_turns_from_the_same_numbers(owner: Dialogue) -> None:
    await owner.says("/thongke DN")
    turned = [event for event in await follow_ups(owner, t("Chart")) if isinstance(event, DrawChart)]
    (drawing,) = turned
    chart = drawing.chart
    assert isinstance(chart, BarChart)
    assert chart.title.endswith("Tỉnh Đồng Nai")
    assert chart.bars[0].label == "Xã số 19"
    assert sum(bar.values[0] for bar in chart.bars) == sum(range(20))
    assert t("{unit} (itself)", unit="Tỉnh Đồng Nai") in [bar.label for bar in chart.bars]


async def follow_ups(talk: Dialogue, label: str) -> list[object]:
    """What the turn of a button asks for."""
    from handlers.conversation import respond  # noqa: PLC0415 - the one turn whose follow-ups are looked at

    choice = next(choice for choice in talk.choices if choice.label == label)
    return list((await respond(talk.session, ButtonTapped(data=choice.tap, message="8"), talk.world)).again)


async def test_a_day_is_the_target_of_a_burn_down(owner: Dialogue) -> None:
    text = await owner.says("/thongke 31/12/2026")
    assert "31/12/2026" in text or t("The chart could not be drawn. The numbers above say the same.") in text
    ((unit, start, until),) = owner.world.admin.units.asked  # type: ignore[attr-defined]
    assert (unit, until, start) == (None, date(2026, 12, 31), date(2026, 11, 23) - timedelta(days=30))


@pytest.mark.parametrize("day", ["1/1/0001", "31/12/9999", "1/1/1990"])
async def test_a_target_out_of_the_way_is_no_target(owner: Dialogue, day: str) -> None:
    await owner.says(f"/thongke {day}")
    assert owner.world.admin.units.asked == []  # type: ignore[attr-defined]


async def test_a_drawn_chart_comes_as_a_file_beside_the_open_page(owner: Dialogue) -> None:
    await owner.says("/thongke")
    before = owner.session
    await owner.does(ChartDrawn.of("Biểu đồ <1>", b"\x89PNG"))
    (reply,) = owner.heard
    assert (reply.attachments[0].media_type, reply.attachments[0].content) == ("image/png", b"\x89PNG")
    assert reply.paragraphs == ("<b>Biểu đồ &lt;1&gt;</b>",)
    assert owner.session == before


@pytest.mark.parametrize("trouble", CHART_PROBLEMS)
async def test_a_chart_that_could_not_be_drawn_is_told_why(owner: Dialogue, trouble: str) -> None:
    await owner.says("/thongke")
    text = await owner.does(ChartDrawn.model_validate({"title": "x", "trouble": trouble}))
    assert text == t(CHART_PROBLEMS[trouble])


def test_a_bar_is_as_long_as_its_unit_is_large_and_shows_the_least_part() -> None:
    shares = [
        UnitStatistics(action_needed=1, done=10_000),
        UnitStatistics(requested=2_500),
        UnitStatistics(*("x", 0, 0, 5, 5, 5, 5)),
    ]
    assert [len(format_bar(one, 10_001)) for one in shares] == [16, 4, 4]
    assert format_bar(shares[0], 10_001).count("░") == 1
    assert {len(set(format_bar(one, 20))) for one in shares[2:]} == {len(STACKED_COUNTS)}
    assert format_bar(UnitStatistics(), 20) == "·"


def drilled(rows: list[UnitStatistics]) -> Dialogue:
    """An owner of a province that all units hang below, with these numbers."""
    units = UnitDirectory.of([Unit("DN", "Tỉnh Đồng Nai"), *VILLAGES[:3], Unit("DN-00-VP", "Văn phòng xã", "DN-00")])
    office = Office(People((Grant("QT-000001", Role.OWNER),)), Counts(rows=rows))
    world = build_memory_services(pack(), NOW, units=units, admin=office)
    return Dialogue(world=world, session=Session(consented_at=NOW, pack=pack().label, screen="question"))


BODY = [
    UnitStatistics("DN-00", requested=4, done=1),
    UnitStatistics("DN-00-VP", action_needed=3),
    UnitStatistics("DN-01", requested=2),
    UnitStatistics("DN", done=2),
    UnitStatistics(None, officers=1),
]


async def test_of_one_province_everything_opens_with_what_lies_below_it() -> None:
    talk = drilled(BODY)
    text = await talk.says("/thongke")
    assert t("{unit} (itself)", unit="Tỉnh Đồng Nai") in text
    assert t("unit not known") in text
    assert [label for label in talk.labels if label.startswith(("Xã", "Tỉnh"))] == ["Xã số 0", "Xã số 1"]
    assert t("Requests are counted at the body that manages them directly.") not in text


async def test_below_a_managing_body_only_what_is_theirs_is_shown_and_why_is_said() -> None:
    text = await drilled(BODY).says("/thongke DN-00")
    office = text.partition("Văn phòng xã</b>")[2].partition("<b>")[0]
    assert t("action needed: {number}", number="3") in office
    assert "· 0" not in office
    assert "0 · 4 · 0 · 1" in text
    assert t("{figures}; total {total}", figures="0 · 4 · 0 · 1", total="5") in text
    assert t("Requests are counted at the body that manages them directly.") in text
    assert t("“Action needed” counts certificates, the other columns count requests.") in text


async def test_a_unit_out_of_reach_is_named_as_such_each_time() -> None:
    talk = admin("DN-03")
    said = t("{unit} is not among the units you look after; these are the numbers of those that are.", unit="Xã số 4")
    for wanted in ("/thongke DN-04", "/thongke Xã số 4", "DN-04"):
        text = await talk.says(wanted)
        assert said in text
        assert t("Numbers: {unit}", unit="Xã số 3") in text


def test_a_burn_chart_survives_being_stored() -> None:
    chart = BurnChart(
        title="x", note="", start=NOW.date(), until=NOW.date(), open=(1,), open_label="", ideal_label="", until_label=""
    )
    assert DrawChart.model_validate_json(DrawChart(chart=chart).model_dump_json()).chart == chart
