"""The first message of an answer: it fits on one screen, says who does what, and names its sources."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta, timezone
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from handlers.core import (
    CERTAINTY,
    MOST_FOR_ONE,
    MOST_FOR_SEVERAL,
    Context,
    Session,
    current_decision,
    explain_certainty,
    find_certainty,
    format_brief_answer,
    strip_markup,
)
from handlers.testing import build_memory_services
from locales import translator
from rules.checking.cases import facts_of
from rules.facts import Event, Issuer, MergerRole, Subject, Token
from rules.loading import load_pack, pack_names
from rules.outcome import Decided, Level, Part
from rules.pack import Pack
from tests.support.soak import examples

t = translator("vi")
PACKS = pack_names()
LETTER = ("5904/UBND-VX", "2940/UBND-VX", "68/2024/NĐ-CP")
VIETNAM = timezone(timedelta(hours=7))


@cache
def pack(name: str) -> Pack:
    return load_pack(name)


def context(name: str, answers: dict[str, object], language: str = "vi") -> Context:
    known = pack(name)
    now = datetime.combine(known.settings.decided_on, time(10), VIETNAM)
    session = Session(language=language, answers=json.loads(json.dumps(answers, default=str)), screen="answer")  # type: ignore[arg-type]  # one of two
    return Context(session, build_memory_services(known, now))


def cases(name: str, language: str = "vi") -> Iterator[tuple[str, Context, Decided]]:
    for case in pack(name).cases:
        here = context(name, facts_of(case), language)
        if decided := current_decision(here):
            yield case.name, here, decided


def plain(here: Context, decided: Decided) -> str:
    return "\n\n".join(strip_markup(paragraph) for paragraph in format_brief_answer(here, decided) if paragraph)


def case(name: str, wanted: str) -> tuple[Context, Decided]:
    return next((here, decided) for known, here, decided in cases(name) if known == wanted)


def most(decided: Decided) -> int:
    return MOST_FOR_ONE if len(decided.actions) == 1 else MOST_FOR_SEVERAL


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", PACKS)
def test_the_answer_of_every_example_fits(name: str, language: str) -> None:
    long = {
        known: len(plain(here, one)) for known, here, one in cases(name, language) if len(plain(here, one)) > most(one)
    }
    assert long == {}


ANSWERS = st.fixed_dictionaries(
    {
        "subject": st.sampled_from([one.value for one in Subject]),
        "events": st.lists(st.sampled_from([one.value for one in Event]), max_size=6, unique=True),
        "merger_role": st.sampled_from([one.value for one in MergerRole]),
        "information_matches": st.booleans(),
        "token": st.sampled_from([one.value for one in Token]),
        "key_exposed": st.booleans(),
        "certificate": st.fixed_dictionaries(
            {
                "not_before": st.sampled_from([None, "2023-01-01", "2024-09-01"]),
                "not_after": st.sampled_from([None, "2026-11-16", "2026-12-31", "2028-09-01"]),
                "issuer": st.sampled_from([one.value for one in Issuer]),
            }
        ),
    }
)


@settings(max_examples=examples(300), deadline=None)
@given(st.sampled_from(PACKS), ANSWERS, st.sampled_from(["vi", "en"]))
def test_whatever_the_case_the_answer_fits_and_says_what_to_do(
    name: str, answers: dict[str, object], language: str
) -> None:
    here = context(name, answers, language)
    decided = current_decision(here)
    if decided is None:  # a role that fits none of the mergers counts as not answered
        return
    said = plain(here, decided)
    assert len(said) <= most(decided)
    assert all(here.say.t(action.title) in said for action in decided.actions)
    assert any(part in said for part in (here.say.t("You"), here.say.t("The managing body"), here.say.t("Right now")))


@pytest.mark.parametrize("name", PACKS)
def test_every_mark_has_its_source_and_every_source_is_marked(name: str) -> None:
    for known, here, decided in cases(name):
        text, _, sources = plain(here, decided).rpartition(t("<i>Sources: {sources}</i>", sources="")[3:-4].strip())
        marks, named = set(re.findall(r"\[\d+\]", text)), set(re.findall(r"\[\d+\]", sources))
        assert marks == named or not named, known


def test_a_restructuring_answer_of_nhon_trach_names_the_three_documents_in_one_line() -> None:
    found = 0
    for known, here, decided in cases("nhon_trach"):
        if "procedure_documents" in {notice.id for notice in decided.notices}:
            found += 1
            lines = plain(here, decided).splitlines()
            assert any(all(number in line for number in LETTER) for line in lines), known
    assert found > 40


@pytest.mark.parametrize("wanted", ["absorbed, superior changed, token lost", "nothing changed, exposed key"])
@pytest.mark.parametrize("name", PACKS)
def test_an_urgent_answer_begins_with_what_to_do_this_minute_and_the_telephone(name: str, wanted: str) -> None:
    here, decided = case(name, wanted)
    first = plain(here, decided).splitlines()[0]
    assert first.startswith(f"{t('Right now')}: ")
    assert "024.3773.8668" in first


def test_an_answer_that_asks_for_nothing_stays_short() -> None:
    here, decided = case("nhon_trach", "nothing changed")
    assert len(plain(here, decided)) <= 200


def test_the_merger_that_keeps_a_certificate_is_told_with_what_speaks_against_it() -> None:
    here, decided = case("nhon_trach", "Nhơn Trạch: merged into a new body, certificate chosen")
    assert t(
        "article 17 lists merger as a case of revocation: ask before filing".replace("article", "Article")
    ) in plain(here, decided)
    absorbed = plain(*case("nhon_trach", "Nhơn Trạch: absorbed into an existing body"))
    assert "Điều 17" not in absorbed  # there the Decree says the same as the letter


def test_an_extension_names_the_day_before_which_it_is_asked_for() -> None:
    here, decided = case("national", "nothing changed, near expiry")
    certificate = here.session.answers["certificate"]["not_after"]
    assert "/".join(reversed(certificate.split("-"))) in plain(here, decided)


def test_an_office_that_nobody_confirmed_is_said_to_be_so_and_one_that_is_not_known_once() -> None:
    here, decided = case("nhon_trach", "superior changed")
    assert f"Sở Khoa học và Công nghệ tỉnh Đồng Nai{t(' (not confirmed)')}" in plain(here, decided)
    here, decided = case("national", "superior changed")
    assert plain(here, decided).count(t("not known here: ask your managing body")) == 1


def test_the_office_of_the_operator_prevails() -> None:
    here, decided = case("nhon_trach", "superior changed")
    here = replace(here, world=replace(here.world, office="Phòng <Một> {Cửa}"))
    said = format_brief_answer(here, decided)
    assert "Phòng &lt;Một&gt; {Cửa}" in Markup("\n").join(said)
    assert "Đồng Nai" not in plain(here, decided)


@pytest.mark.parametrize("name", PACKS)
def test_the_certainty_is_that_of_the_least_certain_part_and_every_part_is_explained(name: str) -> None:
    order = list(Level)
    for known, here, decided in cases(name):
        parts = [*(b for a in decided.actions for b in a.briefs), *(n.brief for n in decided.notices if n.brief)]
        levels = {citation.level for part in parts for citation in part.citations}
        assert order.index(find_certainty(here, decided)) >= max(map(order.index, levels), default=0), known
        told = " ".join(strip_markup(paragraph) for paragraph in explain_certainty(here, decided))
        assert t(CERTAINTY[find_certainty(here, decided)]) in told
        for part in parts:
            assert not part.citations or t(part.text) in told, known


@pytest.mark.parametrize("name", PACKS)
def test_what_the_officer_does_is_told_apart_from_what_the_managing_body_does(name: str) -> None:
    labels = {Part.OWN: t("You"), Part.BODY: t("The managing body")}
    for known, here, decided in cases(name):
        lines = plain(here, decided).splitlines()
        for part, label in labels.items():
            first = next((b.text for a in decided.actions for b in a.briefs if b.part is part), None)
            if first:
                assert any(line.startswith(f"{label}: ") and t(first) in line for line in lines), (known, part)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", PACKS)
def test_a_caution_against_what_the_answer_rests_on_is_never_left_out(name: str, language: str) -> None:
    found = 0
    for known, here, decided in cases(name, language):
        for brief in (notice.brief for notice in decided.notices):
            if brief is not None and brief.stays:
                found += 1
                assert here.say.t(brief.text) in plain(here, decided), known
                assert any(citation.level is Level.TEXT for citation in brief.citations), known
    assert found
