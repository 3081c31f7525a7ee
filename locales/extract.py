"""Bring new message ids from the code and the rule packs into the catalogues: ``python -m locales.extract``.

Translations already made are kept; texts nobody uses any more are dropped. Nothing is guessed: there is no fuzzy match.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from locales import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
#: Functions whose first argument is a message id.
KEYWORDS = {"N_": None, "t": None, "say": None}
#: Keys of a rule pack whose strings people read.
PACK_TEXTS = frozenset(
    {"text", "text_with_office", "label", "hint", "title", "reason", "note", "issuer_status", "about"}
)


def main() -> None:
    """Write every catalogue anew."""
    found = template()
    for language in LANGUAGES:
        path = catalogue_path(language)
        merged = merge(read(path, language), found, language)
        with path.open("wb") as out:
            write_po(out, merged, width=120, sort_by_file=True, omit_header=False, include_lineno=False)


def template() -> Catalog:
    """Every message id the product uses, with the files that use it."""
    catalogue = Catalog(project="troly-chung-thu", charset="utf-8")
    for message, place in sorted({*_from_code(), *_from_packs()}):
        catalogue.add(message, locations=[(place, 1)])
    return catalogue


def merge(old: Catalog, found: Catalog, language: str) -> Catalog:
    """The found ids with the translations already made; English says what its id says."""
    new = Catalog(locale=language, project="troly-chung-thu", charset="utf-8", fuzzy=False)
    for message in found:
        if message.id:
            known = old.get(message.id)
            said = message.id if language == "en" else (known.string if known else "")
            new.add(message.id, said, locations=message.locations)
    return new


def catalogue_path(language: str) -> Path:
    """The catalogue of a language in the source tree."""
    return ROOT / "locales" / language / "LC_MESSAGES" / "messages.po"


def read(path: Path, language: str) -> Catalog:
    """A catalogue, or an empty one."""
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as source:
        return read_po(source, locale=language)


def _from_code() -> Iterator[tuple[str, str]]:
    for room in ("bot", "handlers", "rules"):
        method_map = [("**.py", "python")]
        for name, _line, message, *_rest in extract_from_dir(ROOT / room, method_map, keywords=KEYWORDS):
            if isinstance(message, str):
                yield message, f"{room}/{name}"


def _from_packs() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "rules" / "packs").rglob("*.toml")):
        if path.name != "cases.toml":
            for text in _texts(tomllib.loads(path.read_text(encoding="utf-8"))):
                yield text, path.relative_to(ROOT).as_posix()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from [inner] if key in PACK_TEXTS and isinstance(inner, str) else _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


if __name__ == "__main__":
    main()
