"""Forms of every length as LibreOffice shows them; one start of it converts them all, as it does for a dossier."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot import pdf as converting
from bot.atomic_file import remove_leftovers
from bot.certificates.parsing import read
from bot.forms import make_forms, with_pdf
from handlers.core import PrintedPart
from handlers.dossier import DossierContext, decide_all
from handlers.dossier.next_steps import next_steps
from handlers.dossier.papers import make_papers
from handlers.dossier.sources import sources_of_reading
from handlers.model import DOCX, PDF, Form, UnitToday
from locales import translator
from rules.loading import load_pack
from tests.support.dialogue import nhon_trach
from tests.support.dossiers import COMMON, Case, commune, everything_at_once, to_zip
from tests.support.exports import FORMULA, HOSTILE
from tests.support.forms import make_form
from tests.support.programs import find_program, needs

pytestmark = needs("soffice", "pdftotext")

COUNTS = (1, 3, 12, 60)
#: Names that must not disturb the page: markup, 300 letters, right-to-left marks, two lines.
STRANGE = {
    "a formula": FORMULA,
    "markup": HOSTILE[1],
    "braces": HOSTILE[7],
    "300 letters": HOSTILE[8],
    "rtl": HOSTILE[9],
}
CONTENTS = {
    **{(form, count): make_form(form, count) for form in Form for count in COUNTS},
    **{(Form.REVOKE, kind): make_form(Form.REVOKE, 2, name=name, body=name) for kind, name in STRANGE.items()},
    (Form.CHANGE, 500): make_form(Form.CHANGE, 500),
}
#: The page that goes with a whole unit's dossier.
STEPS = (Form.CHANGE, "next steps")
PACKS = ("national", "nhon_trach", "ninh_binh", "dong_thap")
#: Dossiers in which everything happened at once: pack, language, and letters of a name.
EVERYTHING = tuple((pack, *rest) for pack in PACKS for rest in (("vi", 0), ("en", 0), ("vi", 300)))
Pages = dict[tuple[object, ...], list[str]]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The text of each page of each form."""
    folder = tmp_path_factory.mktemp("forms")
    templates, t = folder / "data" / "forms", translator("vi")
    written = make_forms(list(CONTENTS.values()), next_steps_of(commune()), templates=templates, t=t, pdf=False)
    for number, (pack, language, letters) in enumerate(EVERYTHING):
        (page,) = make_forms([], everything_of(pack, language, letters), templates=templates, t=t, pdf=False)
        written.append(replace(page, name=f"page-{number}.docx"))
    made = with_pdf(written, templates)
    assert [file.media_type for file in made] == [DOCX, PDF] * (len(CONTENTS) + 1 + len(EVERYTHING))
    assert not list((folder / "data" / "exports" / "forms").iterdir())
    read_ = (_read(file.content, folder / "one.pdf") for file in made[1::2])
    return dict(zip((*CONTENTS, STEPS, *EVERYTHING), read_, strict=True))


def everything_of(pack: str, language: str, letters: int) -> list[PrintedPart]:
    """Return the page of the dossier in which everything happened, for a unit of today."""
    today = date(2026, 11, 23)
    units = nhon_trach()
    code = next(one.code for one in units.units.values() if one.name == "xã Phước An" and one.is_open(today))
    context = DossierContext(load_pack(pack), today, UnitToday(units, code, today))
    entries, changes = everything_at_once(context, language, letters)
    return next_steps(context, entries, make_papers(context, entries), translator(language), changes)


@pytest.mark.parametrize("what", EVERYTHING)
def test_the_next_steps_are_one_page_whatever_there_is_to_say(pages: Pages, what: tuple[str, str, int]) -> None:
    (page,) = pages[what]
    t = translator(what[1])
    told = unspaced(page)

    for heading in ("Changed since the dossier before", "Where it goes", "What is not certain", "To be looked at"):
        assert unspaced(t(heading)) in told
    assert (
        unspaced(t("Where “…” stands, this page had no room: the summary in the overview file has all of it.")) in told
    )
    assert (
        unspaced("thay đổi khác, xem bảng tổng hợp" if what[1] == "vi" else "other changes, see the overview file")
        in told
    )


def next_steps_of(cases: list[Case]) -> list[PrintedPart]:
    """Return the page that goes with the dossier of a whole unit."""
    context = DossierContext(load_pack("national"), date(2026, 11, 23))
    sources = list(sources_of_reading("xa.zip", read(to_zip(cases))))
    entries = decide_all(context, sources, COMMON, {case.serial: case.facts for case in cases if case.facts})
    return next_steps(context, entries, make_papers(context, entries), translator("vi"))


def test_the_next_steps_of_forty_certificates_are_one_page(pages: Pages) -> None:
    (page,) = pages[STEPS]
    told = unspaced(page)

    for expected in ("Ký: người đứng đầu cơ quan quản lý", "Nơi nộp", "Điều chưa chắc chắn", "Còn phải điền tay"):
        assert unspaced(expected) in told


def _read(content: bytes, path: Path) -> list[str]:
    path.write_bytes(content)
    done = subprocess.run([find_program("pdftotext"), "-layout", str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode().rstrip("\f").split("\f")


def unspaced(text: str) -> str:
    """Without blanks and line breaks, which a PDF has where it likes."""
    return "".join(text.split())


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("form", list(Form))
def test_a_form_opens_with_heading_rows_and_signature(pages: Pages, form: Form, count: int) -> None:
    found = pages[form, count]
    told = unspaced("".join(found))

    for expected in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        f"Danh sách gồm {count} trường hợp.",
    ):
        assert unspaced(expected) in told
    assert all("đốichiếubốcụcvớiPhụlục" in unspaced(page) for page in found)
    assert all(f"Trang{number}/{len(found)}" in unspaced(page) for number, page in enumerate(found, start=1))
    assert "(Ký" in found[-1]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("form", list(Form))
def test_a_short_form_fits_on_one_page(pages: Pages, form: Form, count: int) -> None:
    assert len(pages[form, count]) == 1


@pytest.mark.parametrize("form", list(Form))
def test_the_signature_of_a_form_of_twelve_does_not_stand_alone(pages: Pages, form: Form) -> None:
    assert len(pages[form, 12]) <= 3
    assert "12" in pages[form, 12][-1].split()


@pytest.mark.parametrize("form", list(Form))
def test_every_page_of_a_long_form_repeats_the_head_of_the_table(pages: Pages, form: Form) -> None:
    with_rows = [page for page in pages[form, 60] if "Mẫu" in page.partition("Dự thảo")[0].rpartition("Mẫu")[0]]

    assert all("STT" in page for page in with_rows[:-1])


def test_a_form_of_500_rows_opens_whole(pages: Pages) -> None:
    told = "".join(pages[Form.CHANGE, 500])

    assert "Danh sách gồm 500 trường hợp." in told
    assert "500" in pages[Form.CHANGE, 500][-1].split() + pages[Form.CHANGE, 500][-2].split()


@pytest.mark.parametrize("kind", list(STRANGE))
def test_strange_names_open_as_they_are_and_leave_the_page_whole(pages: Pages, kind: str) -> None:
    found = pages[Form.REVOKE, kind]

    assert len(found) <= (4 if kind == "300 letters" else 2)
    assert "(Ký" in "".join(found)


@pytest.fixture
def without_libreoffice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    converting.find_converter.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    yield
    converting.find_converter.cache_clear()


@pytest.mark.usefixtures("without_libreoffice")
def test_without_libreoffice_the_word_files_go_alone() -> None:
    made = make_forms([make_form(Form.REVOKE)], [], templates=None, t=translator("vi"), pdf=True)

    assert [file.media_type for file in made] == [DOCX]


#: Makes a form as PDF too, with a converter that never ends.
HANGING = """
import sys
from pathlib import Path
from bot import pdf
from bot.forms import make_forms
from locales import translator
from tests.support.forms import make_form
pdf.find_converter = lambda: sys.argv[1]
make_forms([make_form("05")], [], templates=Path(sys.argv[2]), t=translator("vi"), pdf=True)
"""


def make_hanging_converter(folder: Path) -> Path:
    """Write a program that notes its number and sleeps."""
    made = folder / "soffice"
    made.write_text(f"#!/bin/sh\necho $$ > {folder}/number && mv {folder}/number {folder}/pid\nexec sleep 60\n")
    made.chmod(0o700)
    return made


def test_a_kill_in_the_middle_ends_the_converter_and_the_next_start_removes_its_files(tmp_path: Path) -> None:
    converter, exports = make_hanging_converter(tmp_path), tmp_path / "exports" / "forms"
    with subprocess.Popen([sys.executable, "-c", HANGING, str(converter), str(tmp_path / "forms")]) as program:
        wait_until((tmp_path / "pid").exists)
        program.kill()

    wait_until(lambda: not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists())
    assert list(exports.iterdir())
    remove_leftovers(tmp_path)
    assert not list(exports.iterdir())


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for up to half a minute."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_converter_that_hangs_is_ended_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hanging = make_hanging_converter(tmp_path)
    monkeypatch.setattr(converting, "find_converter", lambda: str(hanging))
    monkeypatch.setattr(converting, "SECONDS", 1.0)
    begun = time.monotonic()

    made = make_forms([make_form(Form.REVOKE)], [], templates=tmp_path / "forms", t=translator("vi"), pdf=True)

    assert [file.media_type for file in made] == [DOCX]
    assert time.monotonic() - begun < 50
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()
    assert not list((tmp_path / "exports" / "forms").iterdir())
