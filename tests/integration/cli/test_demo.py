"""``troly demo``, and what a folder of made-up data is good for afterwards."""

import pytest

from bot.settings import load_settings
from tests.integration.cli.test_maintenance import with_a_silent_chat
from tests.support.database import Command, Database


def test_it_says_what_it_made_and_what_can_be_tried_next(troly: Command, database: Database) -> None:
    code, out, err = troly("demo", "--officers", "20", "--units", "12", "--certificates", str(database.folder / "cer"))

    assert code == 0
    assert "Made up: officers 20, units 12, requests " in out
    assert "troly chat --as chu" in out
    assert "troly chat --as dau-moi-1" in out
    assert "Making officers" not in err  # no bar where nobody watches
    assert len(list((database.folder / "cer").glob("*.cer"))) == 12
    assert troly("audit", "verify")[0] == 0


def test_a_folder_with_real_data_is_refused_with_one_clear_line(troly: Command, database: Database) -> None:
    with_a_silent_chat(database)

    code, out, err = troly("demo", "--certificates", str(database.folder / "cer"))

    assert code == 2
    assert out == ""
    assert err.splitlines()[-1].startswith("troly: This data folder holds real data; nothing was changed.")
    assert not (database.folder / "cer").exists()


def test_a_second_demo_is_refused(troly: Command) -> None:
    troly("demo", "--officers", "20", "--units", "12")

    code, _, err = troly("demo", "--officers", "20", "--units", "12")

    assert code == 2
    assert "made-up data already" in err


def test_no_bot_serves_people_over_made_up_data(troly: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    troly("demo", "--officers", "20", "--units", "12")
    monkeypatch.setenv("TROLY_TELEGRAM_TOKEN", "1:made-up")

    load_settings.cache_clear()

    code, _, err = troly("run")

    assert code == 2
    assert "made up (troly demo)" in err.splitlines()[-1]


@pytest.mark.parametrize(
    "wrong", [("--officers", "19"), ("--officers", "100001"), ("--units", "11"), ("--units", "11001")]
)
def test_sizes_have_limits(troly: Command, wrong: tuple[str, str]) -> None:
    assert troly("demo", *wrong)[0] == 2
