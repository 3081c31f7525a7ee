from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from bot.certificates.parsing import read
from bot.demo import SAMPLES, write_samples
from bot.demo.interviews import EVERY_HISTORY, STORIES, make_history
from bot.demo.province import (
    AUTHORITY,
    DAYS,
    FEWEST,
    MOST,
    POLICY,
    CertificateHolder,
    WorkingHours,
    make_certificate,
    make_province,
)
from bot.errors import OutputError
from handlers.model import RequestState, SuccessionKind
from rules.calendar import to_vietnam_time
from rules.facts import Issuer, Subject

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def test_each_state_has_a_life_that_ends_in_it_however_few_requests_there_are() -> None:
    assert [states[-1] for states in EVERY_HISTORY] == list(RequestState)
    hours = WorkingHours(NOW)
    lives = [
        make_history(number, hours.time_at(0), "QT-000001", hours, Random(number))
        for number in range(1, len(RequestState) + 1)
    ]
    assert [steps[-1].state for steps in lives] == list(RequestState)


def test_what_is_sent_back_or_refused_says_why_and_that_it_is_made_up() -> None:
    hours = WorkingHours(NOW)
    for number in range(1, 200):
        for step in make_history(number, hours.time_at(0), "QT-000001", hours, Random(number)):
            assert step.note.startswith("Dữ liệu mẫu") == (step.state in {RequestState.SENT_BACK, RequestState.REFUSED})


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.999999])
def test_people_write_in_working_hours_of_the_last_months(share: float) -> None:
    there = to_vietnam_time(WorkingHours(NOW).time_at(share))
    assert NOW - timedelta(days=DAYS + 1) < there < NOW
    assert there.weekday() < 5
    assert 8 <= there.hour < 17


@pytest.mark.parametrize("size", [FEWEST, 40, 999])
def test_a_province_has_units_of_every_kind_and_parents_that_are_there(size: int) -> None:
    directory = make_province(size, Random(1))
    assert len(directory.units) == size
    assert {one.became for one in directory.successions} == {SuccessionKind.SPLIT, SuccessionKind.MERGED_INTO_NEW}
    for unit in directory.units.values():
        assert unit.parent in directory.units or unit.parent is None
        assert len(unit.code) <= 32
    assert all(directory.units[one.former].closed_on for one in directory.successions)


def test_the_largest_province_has_no_two_units_of_one_name() -> None:
    names = [unit.name for unit in make_province(MOST, Random(1)).units.values()]
    assert len(set(names)) == len(names) == MOST


def test_certificates_last_five_years_less_a_day_and_some_are_near_their_end_or_past_it() -> None:
    named = CertificateHolder(Subject.INDIVIDUAL, "Nguyễn Thị Mẫu", "UBND tỉnh Mẫu", (), "mau@mau.gov.vn.example")
    chosen = Random(1)
    made = [make_certificate(named, NOW, chosen) for _ in range(300)]
    left = [one.not_after - NOW for one in made]
    assert {one.not_after - one.not_before for one in made} == {timedelta(days=5 * 365)}
    assert any(days < timedelta(0) for days in left)
    assert any(timedelta(0) < days < timedelta(days=60) for days in left)
    assert len({one.serial for one in made}) == len(made)
    assert all(one.serial.startswith("00DE") and len(one.serial) == 16 for one in made)


def test_stories_are_of_every_kind_of_subscriber() -> None:
    assert {story.subject for story in STORIES} == set(Subject)


def test_the_files_are_read_as_certificates_of_the_profile_that_are_worth_nothing(tmp_path: Path) -> None:
    files = write_samples(tmp_path / "cer", NOW, seed=1)
    assert len(files) == len(SAMPLES) == 12
    for sample, file in zip(SAMPLES, files, strict=True):
        (one,) = read(file.read_bytes()).certificates
        assert one.name == sample.named.name
        assert one.superior == sample.named.superior
        assert one.units == sample.named.units
        assert one.email == sample.named.email
        assert one.subscriber is sample.named.subject
        assert one.issuer_kind is Issuer.GOVERNMENT
        assert one.issuer_name == AUTHORITY
        assert one.policies == (POLICY,)
        assert [part.name for part in one.subject][:3] == ["C", "L", "O"]
        assert (one.not_after < NOW) == (sample.days < 0)


def test_files_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    (tmp_path / "cer").write_text("not a folder")
    with pytest.raises(OutputError):
        write_samples(tmp_path / "cer", NOW, seed=1)
