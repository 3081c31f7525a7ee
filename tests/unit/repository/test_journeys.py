"""The way from the first word to the answer, measured over every worked example of every pack."""

from pathlib import Path

import pytest

from bot.preview.journeys import JOURNEYS, MOST_MESSAGES, MOST_READ, Journey, middle_read, render_journeys, walk_case
from handlers.core import MOST_FOR_ONE, MOST_FOR_SEVERAL
from rules.checking.cases import facts_of
from rules.deciding import decide
from rules.loading import load_pack, pack_names
from rules.outcome import Decided
from rules.pack import Case, Pack
from rules.parsing import parse_facts

ROOT = Path(__file__).parents[3]
#: Examples that nobody can tell by the questions: what happened is not offered to this kind of subscriber, or only a
#: part of the facts is given.
NOT_TOLD = {
    "body said to be deceased",
    "officer with a retired device",
    "officer whose body merged",
    "Nhơn Trạch: officer whose body merged",
    "officer of a unit that others were merged into, still matching: nothing to change",
    "nothing known",
    "an absorbed body: whether the certificate still matches does not matter",
    "a certificate without an expiry asked for",
    "Ninh Bình: a certificate of a public provider",
}


#: The walks of a pack, by its name: the tests look at the same ones.
WALKED: dict[str, dict[str, Journey | None]] = {}


async def journeys(name: str) -> dict[str, Journey]:
    pack = load_pack(name)
    if name not in WALKED:
        WALKED[name] = {case.name: await walk_case(pack, case) for case in pack.cases}
    walked = WALKED[name]
    lost = {name for name, journey in walked.items() if journey is None}
    assert lost <= NOT_TOLD
    return {name: journey for name, journey in walked.items() if journey}


def decided(pack: Pack, case: Case) -> Decided | None:
    outcome = decide(pack, parse_facts(facts_of(case)), case.today or pack.settings.decided_on)
    return outcome if isinstance(outcome, Decided) else None


@pytest.mark.parametrize("name", pack_names())
@pytest.mark.long
async def test_every_answer_is_reached_in_few_messages_and_little_reading(name: str) -> None:
    found = await journeys(name)
    assert {name: len(one.messages) for name, one in found.items() if len(one.messages) > MOST_MESSAGES} == {}
    assert middle_read(found.values()) <= MOST_READ


async def test_a_typed_last_day_costs_no_message_of_its_own_in_a_merger() -> None:
    pack = load_pack("nhon_trach")
    merged = [
        case
        for case in pack.cases
        if {"merged_into_new", "merged_into_existing"} & set(facts_of(case).get("events", ()))
    ]
    walked = {case.name: await walk_case(pack, case, by_hand=True) for case in merged}
    found = {name: journey for name, journey in walked.items() if journey}
    assert len(found) > 10
    assert {name: len(one.messages) for name, one in found.items() if len(one.messages) > MOST_MESSAGES} == {}
    typed = [one for one in found.values() if (one.answers.get("certificate") or {}).get("not_after")]
    assert len(typed) > 5  # the line was understood


@pytest.mark.parametrize("name", pack_names())
async def test_the_walk_of_an_example_leads_to_its_answer(name: str) -> None:
    """The bounds would say little of a walk that told other facts than the example's."""
    pack = load_pack(name)
    walked = await journeys(name)
    for case in pack.cases:
        outcome = decided(pack, case)
        if outcome is None or case.name not in walked:
            continue
        told = decide(pack, parse_facts(walked[case.name].answers), case.today or pack.settings.decided_on)
        assert isinstance(told, Decided), case.name
        assert [a.procedure for a in told.actions] == [a.procedure for a in outcome.actions], case.name


@pytest.mark.parametrize("name", pack_names())
async def test_the_answer_at_the_end_fits_on_one_screen(name: str) -> None:
    pack = load_pack(name)
    several = {case.name: len(one.actions) > 1 for case in pack.cases if (one := decided(pack, case))}
    for name_, journey in (await journeys(name)).items():
        assert journey.answer_length <= (MOST_FOR_SEVERAL if several.get(name_, True) else MOST_FOR_ONE), name_


async def test_the_page_of_journeys_is_fresh() -> None:
    written = (ROOT / "docs" / "journeys.md").read_text(encoding="utf-8")
    assert written == await render_journeys(load_pack()), "run: make screens"
    assert len(written.splitlines()) > len(JOURNEYS)
