import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import Result
from typer import Typer
from typer.testing import CliRunner

from bot.cli import main
from bot.cli.decide import decide
from bot.cli.rules import app as rules_app
from bot.settings import load_settings
from rules.loading import load_pack

FILING = "receiving_office"
APP = Typer()
APP.command()(decide)
FACTS = {
    "subject": "organisation",
    "events": ["superior_changed"],
    "token": "in_hand",
    "key_exposed": False,
    "certificate": {"not_after": "2028-09-01", "issuer": "government"},
}


def run(facts: Any, *options: str) -> Result:
    given = facts if isinstance(facts, str | bytes) else json.dumps(facts)
    return CliRunner().invoke(APP, [*options], input=given)


def printed(facts: Any, *options: str) -> dict[str, Any]:
    result = run(facts, "--json", "--today", "2026-11-22", *options)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_decision_has_the_shape_that_was_agreed() -> None:
    found = printed(FACTS)
    assert set(found) == {"status", "needs", "actions", "notices"}
    assert (found["status"], found["needs"]) == ("decided", [])
    (action,) = found["actions"]
    assert set(action) == {"procedure", "form", "steps", "reasons", "citations"}
    assert (action["procedure"], action["form"]) == ("change_information", "04")
    letter = {"document": "UBND huyện Nhơn Trạch, 08/5/2025", "article": None, "clause": "1", "point": None}
    assert letter | {"level": "local"} in action["citations"]
    assert all(set(notice) == {"id", "text", "citations"} for notice in found["notices"])


def test_missing_facts_are_listed_in_order() -> None:
    assert printed({"subject": "device"}) == {
        "status": "needs",
        "needs": ["events", "certificate", "information_matches", "token", "key_exposed"],
        "actions": [],
        "notices": [],
    }


@pytest.mark.parametrize(("language", "level"), [("en", "local rule"), ("vi", "quy định của địa phương")])
def test_every_reason_and_step_ends_with_its_source_and_level(language: str, level: str) -> None:
    (action,) = printed(FACTS, "--lang", language)["actions"]
    assert all(said.endswith(")") for said in (*action["reasons"], *action["steps"]))
    assert f"của UBND huyện Nhơn Trạch – {level};" in action["reasons"][0]


def test_a_point_of_the_decree_is_cited_as_vietnamese_lawyers_do() -> None:
    (revoke, *_) = printed(FACTS | {"key_exposed": True}, "--lang", "vi")["actions"]
    assert revoke["reasons"][0].endswith("(điểm b khoản 1 Điều 17 Nghị định 68/2024/NĐ-CP)")


def test_the_decision_is_also_told_in_words() -> None:
    result = run(FACTS, "--lang", "en", "--today", "2026-11-22")
    assert result.stdout.startswith("1. Change the information in the certificate (form: Mẫu 04)\n   Why:\n")
    assert "Please note" in result.stdout


@pytest.fixture
def _office(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TROLY_RECEIVING_OFFICE", "Sở KH&CN {Đồng Nai}")
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


@pytest.mark.usefixtures("_office")
def test_the_receiving_office_that_the_operator_set_is_named_in_json_and_in_words() -> None:
    where = next(notice["text"] for notice in printed(FACTS, "--lang", "en")["notices"] if notice["id"] == FILING)
    assert where.startswith("Where to file: Sở KH&CN {Đồng Nai}. ")
    assert f"• {where}" in run(FACTS, "--lang", "en", "--today", "2026-11-22").stdout


def test_without_a_receiving_office_one_is_told_to_ask() -> None:
    where = next(notice["text"] for notice in printed(FACTS, "--lang", "en")["notices"] if notice["id"] == FILING)
    assert "managing body" in where


def test_what_is_missing_is_also_told_in_words() -> None:
    assert run({"subject": "device"}, "--lang", "en").stdout.startswith("Still to be answered: events")


@pytest.mark.parametrize(
    "given",
    [
        "",
        "{",
        "[]",
        "null",
        '"subject"',
        b"\xff\xfe",
        "[" * 100_000,
        " " * (1 << 20) + "{}",
        {"subject": "company"},
        {"colour": "red"},
        {"certificate": {"not_after": "soon"}},
        '{"token": "in_hand", "token": "lost"}',
        '{"certificate": {"issuer": "public", "issuer": "government"}}',
    ],
)
def test_what_is_no_fact_is_a_clear_error(given: Any) -> None:
    result = run(given, "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("troly decide: ")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-05:00"])
def test_a_moment_at_the_edge_of_the_calendar_is_taken_or_refused_but_never_a_crash(moment: str) -> None:
    result = run({"certificate": {"not_after": moment}}, "--json")
    assert result.exit_code in {0, 2}, result.exception


def test_a_fact_that_stands_twice_is_named() -> None:
    said = run('{"token": "in_hand", "token": "lost"}', "--lang", "en").stderr
    assert said == "troly decide: token: stands twice; keep one\n"


@pytest.mark.parametrize(("language", "said"), [("vi", "không phải JSON"), ("en", "is not JSON")])
def test_an_error_is_told_in_the_language_asked_for(language: str, said: str) -> None:
    assert said in run("{", "--lang", language).stderr


@pytest.mark.parametrize("options", [["--today", "22/11/2026"], ["--lang", "fr"]])
def test_a_wrong_option_is_a_clear_error(options: list[str]) -> None:
    assert run(FACTS, *options).exit_code == 2


def test_a_language_nobody_speaks_is_named_with_those_that_are_spoken() -> None:
    result = CliRunner().invoke(APP, ["--lang", "fr"], env={"TROLY_LANGUAGE": "en", "TERM": "dumb", "COLUMNS": "200"})
    assert "fr is not spoken here; choose one of: vi, en" in result.stderr


def test_a_trouble_with_the_rules_ends_the_command_line_in_the_configured_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TROLY_LANGUAGE", "vi")
    monkeypatch.setenv("TROLY_PACK", "nowhere")
    load_settings.cache_clear()
    monkeypatch.chdir("/")
    with pytest.raises(SystemExit) as end:
        main(["screens"])
    load_settings.cache_clear()
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("troly: không có bộ quy tắc 'nowhere'")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_whole_table_is_printed_with_every_row_document_and_notice(language: str) -> None:
    pack = load_pack()
    text = CliRunner().invoke(rules_app, ["show", "--lang", language]).stdout
    for name in (*pack.rows, *pack.documents, *pack.notices, *pack.flags):
        assert name in text


def test_every_heading_of_the_table_is_in_the_language_asked_for() -> None:
    show = {language: CliRunner().invoke(rules_app, ["show", "--lang", language]).stdout for language in ("vi", "en")}
    vietnamese, english = (
        [line.split("`")[0] for line in show[language].splitlines() if line.startswith("#")] for language in show
    )
    assert len(vietnamese) == len(english)
    assert [title for title in vietnamese if title.isascii() or title in english] == []
    assert "(officer)" not in show["vi"]


def test_the_table_is_written_to_a_file(tmp_path: Any) -> None:
    out = tmp_path / "rules.md"
    assert CliRunner().invoke(rules_app, ["show", "--out", str(out)]).exit_code == 0
    assert out.read_text("utf-8").startswith("# ")
