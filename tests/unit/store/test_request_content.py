"""What of a content is read without its decision: everything else, whatever the texts are."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.drivers import from_micros, to_micros
from bot.store.requests import cut_decision
from handlers.model import RequestContent
from tests.support.store import make_content

TEXTS = st.text() | st.sampled_from(['"', '",', "\\", '","pack":"', ',"decision":"', '\\","pack":"x', "x" * 5_000])


@given(TEXTS, TEXTS, TEXTS, st.dictionaries(st.sampled_from(["new_name", "new_unit"]), TEXTS))
def test_the_decision_alone_is_cut_out(decision: str, subscriber: str, pack: str, news: dict[str, str]) -> None:
    texts = {"decision": decision, "subscriber": subscriber, "pack": pack, "news": news}
    told = RequestContent.model_validate(make_content().model_dump() | texts)

    kept = json.loads(cut_decision(told.model_dump_json().encode()))

    assert kept == {name: value for name, value in told.model_dump(mode="json").items() if name != "decision"}


def test_a_content_in_another_order_stays_whole() -> None:
    fields = dict(reversed(make_content().model_dump(mode="json").items()))
    turned = json.dumps(fields, separators=(",", ":")).encode()

    assert cut_decision(turned) == turned


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_to_the_microsecond(when: datetime) -> None:
    assert from_micros(to_micros(when)) == when
    assert from_micros(to_micros(when)).tzinfo is UTC


def test_the_same_moment_elsewhere_is_the_same_number() -> None:
    there = datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=7)))

    assert to_micros(there) == to_micros(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        to_micros(datetime(2026, 11, 23))  # noqa: DTZ001  # the mistake in question
