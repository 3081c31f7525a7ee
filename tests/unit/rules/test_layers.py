"""The national pack and the layers of the localities over it."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli.rules import app
from locales import translator
from rules.checking import check
from rules.checking.cases import find_differences
from rules.deciding import decide
from rules.errors import PackInvalid
from rules.loading import load_pack, pack_names
from rules.outcome import Decided
from rules.pack import Case, Pack
from rules.parsing import parse_facts
from tests.unit.rules.packs import folder_of

PACKS = {name: load_pack(name) for name in pack_names()}
LAYERS = sorted(set(PACKS) - {"national"})
TODAY = date(2026, 11, 22)
ENGLISH = {"TROLY_LANGUAGE": "en"}
GOOD = {"not_before": "2024-09-01", "not_after": "2028-09-01", "issuer": "government"}
SOUND = {"token": "in_hand", "key_exposed": False, "certificate": GOOD}
#: What each locality is told by; no other locality's officers may read it.
OF_LOCALITY = {
    "nhon_trach": re.compile(r"Nhơn Trạch|UBND-VX|Đồng Nai|Bình Phước|1662/NQ"),
    "ninh_binh": re.compile(r"Ninh Bình|165/2025"),
    "dong_thap": re.compile(r"Đồng Tháp|144/2025"),
}


def texts_of(pack: Pack) -> Iterator[str]:
    """Everything of a pack that somebody can read, with the documents it cites."""
    yield pack.settings.title
    for document in pack.documents.values():
        yield " ".join(
            (document.number, document.cited_as, document.proper_title, document.issuer, document.note or "")
        )
    for row in pack.rows.values():
        yield row.reason or ""
    yield from (table.about for table in pack.tables)
    yield from (notice.text for notice in pack.notices.values())
    yield from (step.text for guide in pack.procedures.values() for step in guide.steps)
    yield from (answer.text for answer in pack.answers)
    yield from (f"{office.name} {office.source}" for office in pack.offices)
    for question in pack.questions:
        yield from (question.text, question.reason, *(f"{one.label} {one.hint}" for one in question.options))


def decided(pack: str, **facts: Any) -> Decided:
    outcome = decide(PACKS[pack], parse_facts(facts), TODAY)
    assert isinstance(outcome, Decided), outcome
    return outcome


@pytest.mark.parametrize("name", PACKS)
def test_the_national_pack_and_each_layer_over_it_have_nothing_to_put_right(name: str) -> None:
    assert check(PACKS[name]) == ()


@pytest.mark.parametrize(
    ("name", "case"),
    [(name, case) for name, pack in PACKS.items() for case in pack.cases],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_worked_example(name: str, case: Case) -> None:
    assert list(find_differences(PACKS[name], case)) == []


def test_the_national_pack_comes_first_among_those_that_come_along() -> None:
    assert pack_names() == ("national", "dong_thap", "nhon_trach", "ninh_binh")


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_names_the_pack_it_lies_over_and_what_it_replaces(name: str) -> None:
    layer, national = PACKS[name], PACKS["national"]
    assert layer.settings.over == national.label
    assert layer.replaced
    assert national.replaced == ()


@pytest.mark.parametrize("name", PACKS)
def test_officers_read_nothing_about_another_locality(name: str) -> None:
    for locality, words in OF_LOCALITY.items():
        if locality != name:
            assert [text for text in texts_of(PACKS[name]) if words.search(text)] == []


@pytest.mark.parametrize("name", LAYERS)
def test_every_example_of_the_national_pack_holds_under_each_layer(name: str) -> None:
    assert {case.name for case in PACKS["national"].cases} < {case.name for case in PACKS[name].cases}


@pytest.mark.parametrize("name", PACKS)
def test_each_answer_of_a_layer_asks_for_the_procedures_of_the_national_one(name: str) -> None:
    for case in PACKS["national"].cases:
        if case.actions:
            national, here = (
                decide(PACKS[which], parse_facts(case.facts | _unknown(case)), TODAY) for which in ("national", name)
            )
            assert [action.procedure for action in here.actions] == [action.procedure for action in national.actions]


def _unknown(case: Case) -> dict[str, Any]:
    certificate = {**case.facts.get("certificate", {}), **dict.fromkeys(case.not_known)}  # type: ignore[dict-item]
    return {"certificate": certificate} if certificate else {}


@pytest.mark.parametrize("event", ["merged_into_new", "merged_into_existing", "superior_changed", "renamed", "split"])
@pytest.mark.parametrize("subject", ["organisation", "individual", "device"])
@pytest.mark.parametrize("matches", [True, False])
def test_each_restructuring_answer_of_nhon_trach_names_the_three_documents_of_the_letter(
    event: str, subject: str, matches: bool
) -> None:
    role = "surviving" if event == "merged_into_existing" else "designated"
    answer = decided(
        "nhon_trach", **SOUND, subject=subject, events=[event], merger_role=role, information_matches=matches
    )
    named = {citation.document for notice in answer.notices for citation in notice.citations}
    assert {"5904/UBND-VX", "2940/UBND-VX", "68/2024/NĐ-CP"} <= named


def test_nothing_of_the_national_pack_rests_on_a_rule_of_one_locality() -> None:
    national = PACKS["national"]
    assert {document.level for document in national.documents.values()} <= {"text", "reported"}
    levels = {citation.level for row in national.rows.values() for citation in row.citations}
    assert "local" not in levels


# ------------------------------------------------------------------ the loader


def layer_over_small(work: Path, **files: str) -> Path:
    """A layer of these files over the small sound pack."""
    below = folder_of("sound", work)
    folder = work / "layer"
    folder.mkdir()
    head = f'name = "layer"\nversion = "1"\ntitle = "A layer"\nover = "{below} 1"\n'
    (folder / "pack.toml").write_text(head, "utf-8")
    (below / "pack.toml").write_text((below / "pack.toml").read_text("utf-8").replace('"small"', f'"{below}"'), "utf-8")
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    return folder


def test_a_layer_needs_its_head_only(tmp_path: Path) -> None:
    pack = load_pack(layer_over_small(tmp_path))
    assert (pack.label, check(pack)) == ("layer 1", ())


def test_a_row_is_replaced_by_its_id_and_keeps_what_is_left_out(tmp_path: Path) -> None:
    decisions = '[[rows]]\ntable = "token"\nid = "lost"\nreplaces = true\nreason = "It is lost here."\n'
    pack = load_pack(layer_over_small(tmp_path, decisions=decisions))
    assert pack.rows["lost"].reason == "It is lost here."
    assert pack.rows["lost"].when == {"token": ("lost",)}
    assert [(one.file, one.name, one.before) for one in pack.replaced] == [
        ("decisions.toml", "token: row lost", "It is lost.")
    ]
    assert check(pack) == ()


def test_an_added_entry_comes_last_or_before_another(tmp_path: Path) -> None:
    procedures = (
        '[[steps]]\nprocedure = "revoke"\nid = "last"\ntext = "Rest."\ncitations = [{ document = "1/2024" }]\n'
        '[[steps]]\nprocedure = "revoke"\nbefore = "last"\ntext = "Wait."\ncitations = [{ document = "1/2024" }]\n'
    )
    pack = load_pack(layer_over_small(tmp_path, procedures=procedures))
    assert [step.text for step in pack.procedures["revoke"].steps] == ["Be quick.", "Wait.", "Rest."]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("notices", '[[notices]]\nid = "gone"\nreplaces = true\ntext = "x"\n', "notice gone: replaces nothing"),
        ("notices", '[[notices]]\nid = "known"\ntext = "x"\n', "notice known: stands in the pack below already"),
        ("notices", '[[notices]]\nid = "x"\nbefore = "gone"\ntext = "x"\n', "before = gone names no entry"),
        ("decisions", '[[rows]]\ntable = "gone"\nid = "x"\n', "table = gone is neither in this layer nor below it"),
        ("decisions", '[flags]\nrenamed = ["renamed"]\n', "renamed stands in the pack below; rename it"),
        ("decisions", '[rows]\nid = "x"\n', "rows is not a list"),
        ("documents", "[[papers]]\n", "papers is not known in a layer"),
        (
            "procedures",
            '[[steps]]\nprocedure = "revoke"\ntext = 3\n',
            "text: is not a text",
        ),
    ],
)
def test_a_layer_that_does_not_fit_what_lies_below_is_refused_and_says_where(
    file: str, text: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(PackInvalid, match=f"{file}.toml") as caught:
        load_pack(layer_over_small(tmp_path, **{file: text}))
    assert said in str(caught.value)
    assert caught.value.say(translator("vi")) != str(caught.value)


@pytest.mark.parametrize(
    ("decisions", "code"),
    [
        ('[[rows]]\ntable = "token"\nid = "kept"\nreplaces = true\nwhen = { token = "in_hand" }\n', "gap"),
        ('[[rows]]\ntable = "token"\nid = "also"\nwhen = { token = "lost" }\nresult = "no"\n', "overlap"),
        ('[[rows]]\ntable = "token"\nid = "lost"\nreplaces = true\ncitations = []\n', "missing-citation"),
        ('[[rows]]\ntable = "token"\nid = "lost"\nreplaces = true\nactions = []\nreason = ""\n', "wrong-case"),
    ],
)
def test_a_layer_that_breaks_a_table_of_the_pack_below_is_found_by_the_check(
    decisions: str, code: str, tmp_path: Path
) -> None:
    pack = load_pack(layer_over_small(tmp_path, decisions=decisions))
    assert code in {diagnostic.code for diagnostic in check(pack)}


def test_an_office_that_rests_on_an_unknown_document_is_found_by_the_check(tmp_path: Path) -> None:
    offices = (
        '[[offices]]\nid = "x"\nname = "X"\nstatus = "assumed"\nsource = "?"\nlast_checked = 2026-01-01\n'
        'citations = [{ document = "9/2024" }]\n'
    )
    (found,) = check(load_pack(layer_over_small(tmp_path, offices=offices)))
    assert (found.code, found.where) == ("unknown-document", "offices.toml: x")


def test_a_layer_checked_over_another_version_is_refused_until_it_was_checked_again(tmp_path: Path) -> None:
    folder = layer_over_small(tmp_path)
    (folder / "pack.toml").write_text((folder / "pack.toml").read_text("utf-8").replace(' 1"', ' 0"'), "utf-8")
    with pytest.raises(PackInvalid, match="raise the version of the layer"):
        load_pack(folder)


def test_a_layer_over_itself_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "round"
    folder.mkdir()
    (folder / "pack.toml").write_text(f'name = "round"\nversion = "1"\ntitle = "x"\nover = "{folder} 1"\n', "utf-8")
    with pytest.raises(PackInvalid, match="lies over itself"):
        load_pack(folder)


# ------------------------------------------------------------------ the command line


def test_the_check_without_a_name_proves_every_pack_that_comes_along() -> None:
    result = CliRunner().invoke(app, ["check"], env=ENGLISH)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        *(PACKS[name].label for name in pack_names()),
        "language vi",
    ]
    assert "(a layer over national 1; replaces" in result.stdout


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_is_shown_by_its_name_with_what_it_replaces(name: str) -> None:
    text = CliRunner().invoke(app, ["show", name, "--lang", "en"]).stdout
    pack = PACKS[name]
    assert f"“{pack.settings.title}”, version {pack.settings.version}" in text
    assert [one for one in (*pack.rows, *pack.documents, *pack.notices) if one not in text] == []
    assert ("What this layer replaces" in text) is bool(pack.replaced)
    assert all(replaced.name in text for replaced in pack.replaced)


def test_the_skeleton_of_a_layer_passes_the_check(tmp_path: Path) -> None:
    made = CliRunner().invoke(app, ["new", "ha_tinh", "--in", str(tmp_path)], env=ENGLISH)
    assert made.exit_code == 0, made.output
    pack = load_pack(tmp_path / "ha_tinh")
    assert (pack.label, pack.settings.over) == ("ha_tinh 1", PACKS["national"].label)
    assert check(pack) == ()


def test_what_the_skeleton_shows_in_comments_can_be_written_so(tmp_path: Path) -> None:
    CliRunner().invoke(app, ["new", "ha_tinh", "--in", str(tmp_path)])
    for file in (tmp_path / "ha_tinh").glob("*.toml"):
        lines = file.read_text("utf-8").splitlines()
        start = next((at for at, line in enumerate(lines) if line.startswith("# [[")), len(lines))
        body = [line.removeprefix("#").removeprefix(" ") for line in lines[start:]]
        file.write_text("\n".join([*lines[:start], *body]) + "\n", "utf-8")
    head = tmp_path / "ha_tinh" / "pack.toml"
    head.write_text(head.read_text("utf-8").replace("# effective_from", "effective_from").replace("-01-01", "-01-15"))
    pack = load_pack(tmp_path / "ha_tinh")
    assert check(pack) == ()
    assert [office.id for office in pack.offices][-1] == "change"


@pytest.mark.parametrize("name", ["Hà Tĩnh", "../x", "1x", ""])
def test_a_layer_of_an_impossible_name_is_not_begun(name: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["new", "--in", str(tmp_path), "--", name])
    assert isinstance(result.exception, PackInvalid)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "ha_tinh").mkdir()
    result = CliRunner().invoke(app, ["new", "ha_tinh", "--in", str(tmp_path)])
    assert isinstance(result.exception, PackInvalid)
    assert list((tmp_path / "ha_tinh").iterdir()) == []
