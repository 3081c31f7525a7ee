"""Numbers summed up the tree, and what was open day by day, against counting by hand."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handlers.model import (
    COUNTED_FIELDS,
    Grant,
    OpenSpan,
    Rights,
    Role,
    Unit,
    UnitDirectory,
    UnitStatistics,
    build_burn_down,
    roll_up,
    statistics_root,
    top_units,
)

START = date(2026, 11, 1)


@st.composite
def trees(draw: st.DrawFn) -> UnitDirectory:
    """Up to a dozen units; each parent stands before its children."""
    parents = draw(st.lists(st.integers(-1, 11), max_size=12))
    units = [
        Unit(f"U{number}", f"Đơn vị {number}", f"U{parent}" if 0 <= parent < number else None)
        for number, parent in enumerate(parents)
    ]
    return UnitDirectory.of(units)


rows = st.builds(
    UnitStatistics,
    st.one_of(st.none(), st.integers(0, 13).map(lambda number: f"U{number}")),
    **{name: st.integers(0, 5) for name in COUNTED_FIELDS},
)


def summed(numbers: list[UnitStatistics]) -> list[int]:
    return [sum(getattr(one, name) for one in numbers) for name in COUNTED_FIELDS]


@given(trees(), st.lists(rows, max_size=20))
def test_everything_is_counted_once_whatever_the_tree(units: UnitDirectory, counted: list[UnitStatistics]) -> None:
    total, lines = roll_up(counted, units, None, [unit.code for unit in units.children(None)])
    assert summed([total]) == summed(counted) == summed(list(lines))


@given(trees(), st.lists(rows, max_size=20))
def test_a_line_is_its_unit_with_all_below_it(units: UnitDirectory, counted: list[UnitStatistics]) -> None:
    for top in units.units:
        total, lines = roll_up(counted, units, top, [unit.code for unit in units.children(top)])
        assert summed([total]) == summed([row for row in counted if row.unit and units.is_within(row.unit, top)])
        for line in lines:
            own = [row for row in counted if row.unit == top]
            below = [row for row in counted if row.unit and line.unit and units.is_within(row.unit, line.unit)]
            assert summed([line]) == summed(own if line.unit == top else below)


@given(
    st.lists(st.tuples(st.integers(-5, 25), st.one_of(st.none(), st.integers(-5, 25)), st.integers(1, 3)), max_size=15),
    st.integers(-2, 20),
    st.integers(0, 20),
)
def test_what_was_open_is_counted_at_the_end_of_each_day(
    spans: list[tuple[int, int | None, int]], target: int, today: int
) -> None:
    def day(number: int) -> date:
        return START + timedelta(days=number)

    known = [OpenSpan(day(begun), None if ended is None else day(ended), count) for begun, ended, count in spans]
    burnt = build_burn_down(known, START, day(target), day(today))
    expected = [
        sum(count for begun, ended, count in spans if begun <= at and (ended is None or max(begun, at) < ended))
        for at in range(max(0, min(target, today)) + 1)
    ]
    assert list(burnt.open) == expected


def test_a_target_tells_how_many_a_day_are_left_and_a_past_one_nothing() -> None:
    spans = [OpenSpan(START, None, 30)]
    assert build_burn_down(spans, START, START + timedelta(days=20), START + timedelta(days=10)).per_day == 3.0
    assert build_burn_down(spans, START, START + timedelta(days=5), START + timedelta(days=10)).per_day is None


def test_the_only_unit_within_reach_is_opened_and_of_nested_ones_the_outermost() -> None:
    units = UnitDirectory.of([Unit("A", "A"), Unit("B", "B", "A"), Unit("C", "C")])
    one, nested, two = (
        Rights.of([Grant(str(code), Role.FOCAL, code) for code in codes], units) for codes in ("B", "AB", "BC")
    )
    assert (statistics_root(one, None), statistics_root(nested, None), statistics_root(two, None)) == ("B", "A", None)
    assert (top_units(nested), top_units(two)) == (("A",), ("B", "C"))
    assert statistics_root(Rights.operator(UnitDirectory.of([Unit("A", "A")])), None) is None
