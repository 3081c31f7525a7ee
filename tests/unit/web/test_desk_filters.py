"""The filter and the columns of the request list, as they stand in an address and come back from it."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.web.desk.filters import COLUMNS, columns_value, field_values, parse_columns, parse_filter, to_query
from handlers.model import OPEN_LIST, UNFINISHED, Filter, RequestState
from rules.outcome import Procedure
from tests.support.people import UNITS

TODAY = date(2026, 11, 23)
DAYS = st.none() | st.dates(date(2020, 1, 1), date(2030, 12, 31))
FILTERS = st.builds(
    Filter,
    unit=st.sampled_from([None, *UNITS.units]),
    procedures=st.lists(st.sampled_from(Procedure), unique=True, max_size=3).map(tuple),
    states=st.lists(st.sampled_from(RequestState), unique=True, max_size=4).map(tuple) | st.just(UNFINISHED),
    since=DAYS, until=DAYS, expires_from=DAYS, expires_until=DAYS,
    without_unit=st.booleans(), incomplete=st.booleans(),
    codes=st.lists(st.integers(1, 999_999).map(lambda number: f"YC-2026-{number:06}"), max_size=6).map(tuple),
    changed_at=st.none() | st.integers(0, 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    text=st.text("aăÂ9&=%+.;#", max_size=12),
)  # fmt: skip


@given(FILTERS)
def test_what_an_address_says_of_a_filter_is_read_as_it_was_written(wanted: Filter) -> None:
    read = parse_filter(to_query(wanted, done="moved", at=51), UNITS, TODAY)
    assert (read.wanted, read.unread) == (wanted, ())


@given(st.text(max_size=200))
def test_whatever_stands_in_an_address_is_read_or_named_and_never_breaks_the_page(query: str) -> None:
    read = parse_filter(query, UNITS, TODAY)
    again = parse_filter(to_query(read.wanted), UNITS, TODAY)
    assert again.wanted == read.wanted
    assert set(parse_columns(query)) <= set(COLUMNS)


def test_the_form_keeps_several_values_of_a_field_that_it_shows_as_one() -> None:
    wanted = Filter(states=(RequestState.SUBMITTED, RequestState.DONE), codes=("YC-2026-000001", "YC-2026-000002"))
    values = field_values(wanted)
    assert values["state"] == "submitted.done"
    kept = parse_filter(f"state={values['state']}&code={values['code']}&q=&all=1", UNITS, TODAY)
    assert kept.wanted == wanted


def test_an_address_without_a_filter_means_what_is_not_finished_and_codes_are_bounded() -> None:
    assert parse_filter("cols=name&code=&done=moved", UNITS, TODAY).wanted == OPEN_LIST
    many = parse_filter("code=" + ".".join(f"YC-2026-{number}" for number in range(60)), UNITS, TODAY)
    assert (len(many.wanted.codes), many.unread) == (50, ("code",))


def test_columns_stand_in_their_own_order_and_the_usual_ones_need_no_word() -> None:
    assert parse_columns("cols=ends&cols=name.state") == ("name", "state", "ends")
    assert columns_value(parse_columns("")) == ""
    assert parse_columns(f"cols={columns_value(('name', 'serial'))}") == ("name", "serial")
