import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import rules.checking
from bot.cli.rules import app
from locales import translator
from rules.checking import check
from rules.loading import load_pack
from tests.unit.rules.packs import BROKEN, folder_of, small_pack

ENGLISH = {"TROLY_LANGUAGE": "en"}
FIXTURES = sorted(path.name for path in BROKEN.iterdir() if path.name != "sound")


def test_the_pack_that_comes_along_has_nothing_to_put_right() -> None:
    assert check(load_pack()) == ()


def test_the_small_pack_the_broken_ones_are_made_from_is_sound(tmp_path: Path) -> None:
    assert check(small_pack("sound", tmp_path)) == ()


@pytest.mark.parametrize("code", FIXTURES)
def test_each_trouble_is_found_and_named(code: str, tmp_path: Path) -> None:
    found = check(small_pack(code, tmp_path))
    assert {diagnostic.code for diagnostic in found} == {code}


@pytest.mark.parametrize("code", FIXTURES)
def test_each_trouble_is_told_in_vietnamese_with_the_same_file_names_and_code(code: str, tmp_path: Path) -> None:
    for diagnostic in check(small_pack(code, tmp_path)):
        english, vietnamese = str(diagnostic), diagnostic.say(translator("vi"))
        assert diagnostic.say(translator("en")) == english
        assert diagnostic.message.say(translator("vi")) != str(diagnostic.message)
        assert vietnamese.split(": ", maxsplit=1)[0] == english.split(": ", maxsplit=1)[0]
        assert str(diagnostic.where).rsplit(" ", 1)[-1] in vietnamese
        assert vietnamese.endswith(f" [{code}]")


def test_every_diagnostic_has_a_broken_pack() -> None:
    sources = Path(rules.checking.__file__).parent.glob("*.py")
    codes = {code for path in sources for code in re.findall(r'Diagnostic\(\s*"([a-z-]+)"', path.read_text("utf-8"))}
    assert codes == set(FIXTURES)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("gap", "table token: no row matches token = damaged (such as"),
        ("overlap", "row lost: matches together with kept (such as"),
        ("dead-row", "row never: no facts ever reach it in table rest"),
        ("unknown-document", "row nothing: cites 9/2024, which is not in documents.toml"),
        ("not-yet-effective", "in force only from 2025-06-01, but the pack is effective from 2025-01-01"),
        ("wrong-case", "lost after a new name: gives revoke, where the case says nothing_to_do"),
    ],
)
def test_a_trouble_names_its_rows_and_an_example(code: str, said: str, tmp_path: Path) -> None:
    assert any(said in str(diagnostic) for diagnostic in check(small_pack(code, tmp_path)))


def test_a_gap_that_no_facts_can_reach_is_no_gap(tmp_path: Path) -> None:
    folder = folder_of("sound", tmp_path)
    decisions = folder / "decisions.toml"
    text = decisions.read_text("utf-8").replace('inputs = ["ends"]', 'inputs = ["ends", "renamed"]')
    decisions.write_text(text.replace('when = { ends = "yes" }', 'when = { ends = "yes", renamed = true }'), "utf-8")
    assert check(load_pack(folder)) == ()


def test_the_command_is_silent_about_nothing_and_exits_with_0() -> None:
    result = CliRunner().invoke(app, ["check"], env=ENGLISH)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "complete, unique, cited" in result.stdout


def test_the_command_speaks_vietnamese_where_nothing_else_is_configured(tmp_path: Path) -> None:
    unset = {"TROLY_LANGUAGE": None}
    sound = CliRunner().invoke(app, ["check"], env=unset).stdout
    assert "không có khoảng trống, không chồng lấn, đủ trích dẫn" in sound
    broken = CliRunner().invoke(app, ["check", str(folder_of("gap", tmp_path))], env=unset).stdout
    assert broken.startswith("decisions.toml: bảng token: khoảng trống: không dòng nào khớp token = damaged")
    assert "small 1: 2 chỗ cần sửa\n" in broken


@pytest.mark.parametrize("code", ["gap", "unknown-document"])
def test_the_command_reports_troubles_and_exits_with_1(code: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(folder_of(code, tmp_path))])
    assert result.exit_code == 1
    assert f"[{code}]" in result.stdout


def test_the_command_says_so_where_there_is_no_pack(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(tmp_path / "nowhere")], env=ENGLISH)
    assert result.exit_code == 1
    assert "no rule pack" in result.stderr
