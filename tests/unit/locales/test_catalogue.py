"""Our reader of catalogues gives what Babel writes."""

import runpy
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import setuptools
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from hypothesis import given
from hypothesis import strategies as st

from locales.catalogue import CatalogueError, compile_catalogue, read_catalogue

ROOT = Path(__file__).resolve().parents[3]
VIETNAMESE = ROOT / "locales" / "vi" / "LC_MESSAGES" / "messages.po"
#: What stands in sentences: letters, and all that a catalogue writes in another way.
TEXTS = st.text(st.sampled_from('aế🟠"\\\n\t\r\x85\u2028#~ {}%'), min_size=1, max_size=200)


def read_compiled(compiled: bytes) -> dict[str, str]:
    return GNUTranslations(BytesIO(compiled))._catalog  # type: ignore[attr-defined,no-any-return]


def test_the_vietnamese_catalogue_is_compiled_as_babel_does() -> None:
    theirs = BytesIO()
    with VIETNAMESE.open("rb") as file:
        write_mo(theirs, read_po(file))
    assert read_compiled(compile_catalogue(VIETNAMESE.read_text(encoding="utf-8"))) == read_compiled(theirs.getvalue())


@given(st.dictionaries(TEXTS, TEXTS, max_size=5), st.integers(20, 120))
def test_whatever_babel_writes_is_read(sentences: dict[str, str], width: int) -> None:
    catalogue = Catalog(locale="vi")
    for message, translation in sentences.items():
        catalogue.add(message, translation, locations=[("bot/a.py", 1)])
    written = BytesIO()
    write_po(written, catalogue, width=width)
    found = read_catalogue(written.getvalue().decode())
    found.pop("")
    assert found == sentences


def test_what_is_unsure_or_not_translated_is_left_out() -> None:
    text = (
        '#, fuzzy\nmsgid "a"\nmsgstr "b"\nmsgid "c"\nmsgstr ""\n#~ msgid "old"\n#~ msgstr "cũ"\nmsgid "d"\nmsgstr "e"'
    )
    assert read_catalogue(text) == {"d": "e"}


@pytest.mark.parametrize(
    "line", ["'msgid", "no string", 'msgctxt "c"', 'msgid_plural "many"', 'msgid "open', '"alone"']
)
def test_a_line_that_is_not_known_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(CatalogueError, match="line 4"):
        read_catalogue(f'msgid "a"\nmsgstr "b"\n\n{line}\n')


def test_a_wheel_holds_the_compiled_catalogue_and_not_the_written_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described: dict[str, Any] = {}
    monkeypatch.setattr(setuptools, "setup", lambda **given: described.update(given))
    monkeypatch.chdir(ROOT)
    runpy.run_path("setup.py")
    told = {"packages": ["locales.vi.LC_MESSAGES"], "package_data": {"": ["*.po"]}, "include_package_data": False}
    wheel = setuptools.Distribution({**told, "script_name": "setup.py"})
    build = described["cmdclass"]["build_py"](wheel)
    build.build_lib = str(tmp_path)
    build.ensure_finalized()
    build.run()
    (built,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert built == tmp_path / VIETNAMESE.relative_to(ROOT).with_suffix(".mo")
    assert built.read_bytes() == compile_catalogue(VIETNAMESE.read_text(encoding="utf-8"))
