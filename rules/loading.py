"""A pack from its folder of TOML files."""

import tomllib
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from rules.errors import PackInvalid, PackNotFound, PackUnreadable
from rules.facts import Event
from rules.pack import Case, Document, NoticeText, Pack, ProcedureGuide, Question, Settings, Table

_M = TypeVar("_M", bound=BaseModel)


def load_pack(name: str | PathLike[str] = "nhon_trach") -> Pack:
    """A pack that comes with the assistant, by name; or any folder, by path.

    Raises:
        PackNotFound: there is no such folder.
        PackUnreadable: a file of it is absent or is not TOML.
        PackInvalid: a row, a step or a text is not what a pack holds; the message names file and place.
    """
    folder = _folder(name)
    contents = {file: _read(folder, f"{file}.toml") for file in _FILES}
    _name_citations(contents, _names(contents["documents"]))
    head = dict(contents["pack"])
    decisions = dict(contents["decisions"])
    documents = _models(contents, "documents", Document)
    procedures = _models(contents, "procedures", ProcedureGuide)
    notices = _models(contents, "notices", NoticeText)
    return Pack(
        settings=_model("pack.toml", "pack", Settings, head),
        documents=_by("documents.toml", "number", documents),
        questions=_models(contents, "questions", Question),
        flags=_flags(decisions.pop("flags", {})),
        defaults={str(name): str(value) for name, value in decisions.pop("defaults", {}).items()},
        tables=_models({"decisions": decisions}, "decisions", Table, "tables"),
        procedures=_by("procedures.toml", "procedure", procedures),
        notices=_by("notices.toml", "id", notices),
        cases=_models(contents, "cases", Case),
    )


_FILES = ("pack", "documents", "questions", "decisions", "procedures", "notices", "cases")


def _folder(name: str | PathLike[str]) -> Traversable:
    text = str(name)
    if isinstance(name, str) and text.isidentifier():
        inside = files("rules") / "packs" / text
        if inside.is_dir():
            return inside
    path = Path(text)
    if not path.is_dir():
        raise PackNotFound(f"no rule pack {text!r}: neither a pack that comes with the assistant nor a folder")
    return path


def _read(folder: Traversable, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads((folder / file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PackUnreadable(f"{file}: the pack has no such file; add it, empty if need be") from None
    except OSError as error:
        raise PackUnreadable(f"{file}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise PackUnreadable(f"{file}: is not UTF-8 at byte {error.start}; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise PackUnreadable(f"{file}: is not TOML: {error}") from None


def _names(documents: dict[str, Any]) -> dict[str, str]:
    entries = documents.get("documents", [])
    return {entry["number"]: entry["cited_as"] for entry in entries if {"number", "cited_as"} <= set(entry)}


def _name_citations(value: Any, names: dict[str, str]) -> None:
    """Give every citation the name its document goes by in a sentence, so that wording one needs no pack."""
    if isinstance(value, list):
        for inner in value:
            _name_citations(inner, names)
    elif isinstance(value, dict):
        if value.get("document") in names:
            value["name"] = names[value["document"]]
        for inner in value.values():
            _name_citations(inner, names)


def _models(contents: dict[str, Any], file: str, kind: type[_M], key: str | None = None) -> tuple[_M, ...]:
    key = key or file
    extra = sorted(set(contents[file]) - {key})
    if extra:
        raise PackInvalid(f"{file}.toml: {', '.join(extra)} is not known here; this file holds [[{key}]]")
    return tuple(
        _model(f"{file}.toml", f"{key} {at} ({_name(entry)})", kind, entry)
        for at, entry in enumerate(contents[file].get(key, []), start=1)
    )


def _name(entry: Any) -> str:
    if not isinstance(entry, dict):
        return "not a table"
    return next((str(entry[key]) for key in ("id", "name", "number", "fact", "procedure") if key in entry), "no name")


def _model(file: str, where: str, kind: type[_M], entry: Any) -> _M:
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        lines = (f"{file}: {where}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise PackInvalid("\n".join(lines)) from None


def _by(file: str, key: str, models: Iterable[_M]) -> dict[Any, _M]:
    found: dict[Any, _M] = {}
    for model in models:
        name = getattr(model, key)
        if name in found:
            raise PackInvalid(f"{file}: {key} {name} stands twice; keep one")
        found[name] = model
    return found


def _flags(entries: dict[str, list[str]]) -> dict[str, frozenset[Event]]:
    flags = {}
    for name, events in entries.items():
        unknown = [event for event in events if event not in set(Event)]
        if unknown:
            raise PackInvalid(
                f"decisions.toml: flags.{name}: {', '.join(unknown)} is no event; allowed: {', '.join(Event)}"
            )
        flags[name] = frozenset(map(Event, events))
    return flags
