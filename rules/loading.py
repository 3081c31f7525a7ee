"""A pack from its folder of TOML files."""

import tomllib
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from rules.errors import PackInvalid, PackNotFound, PackUnreadable
from rules.facts import Event
from rules.pack import Case, Document, NoticeText, Pack, ProcedureGuide, Settings
from rules.questions import Question
from rules.tables import Table

_M = TypeVar("_M", bound=BaseModel)
_T = TypeVar("_T")


def load_pack(name: str | PathLike[str] = "nhon_trach") -> Pack:
    """A pack that comes with the assistant, by name; or any folder, by path.

    Raises:
        PackNotFound: there is no such folder.
        PackUnreadable: a file of it is absent or is not TOML.
        PackInvalid: a row, a step or a text is not what a pack holds; the message names file and place.
    """
    folder = _folder(name)
    contents = {file: _read(folder, f"{file}.toml") for file in _FILES}
    documents = _models(contents, "documents", Document)
    _name_citations(contents, {document.number: document.cited_as for document in documents})
    decisions = dict(contents["decisions"])
    flags, defaults = decisions.pop("flags", {}), decisions.pop("defaults", {})
    return Pack(
        settings=_model("pack.toml", "pack", Settings, contents["pack"]),
        documents=_by("documents.toml", "number", documents),
        questions=_models(contents, "questions", Question),
        flags={name: frozenset(map(Event, events)) for name, events in _named("flags", flags, _EVENTS).items()},
        defaults=_named("defaults", defaults, _WORD),
        tables=_models({"decisions": decisions}, "decisions", Table, "tables"),
        procedures=_by("procedures.toml", "procedure", _models(contents, "procedures", ProcedureGuide)),
        notices=_by("notices.toml", "id", _models(contents, "notices", NoticeText)),
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


def _name_citations(value: Any, names: dict[str, str]) -> None:
    """Give every citation the name its document goes by in a sentence, so that wording one needs no pack."""
    if isinstance(value, list):
        for inner in value:
            _name_citations(inner, names)
    elif isinstance(value, dict):
        if isinstance(value.get("document"), str) and value["document"] in names:
            value["name"] = names[value["document"]]
        for inner in value.values():
            _name_citations(inner, names)


def _models(contents: dict[str, Any], file: str, kind: type[_M], key: str | None = None) -> tuple[_M, ...]:
    key = key or file
    extra = sorted(set(contents[file]) - {key})
    if extra:
        raise PackInvalid(f"{file}.toml: {', '.join(extra)} is not known here; this file holds [[{key}]]")
    entries = contents[file].get(key, [])
    if not isinstance(entries, list):
        raise PackInvalid(f"{file}.toml: {key} is not a list; write [[{key}]] above each entry")
    models, wrong = [], []
    for at, entry in enumerate(entries, start=1):
        try:
            models.append(_model(f"{file}.toml", f"{key} {at} ({_name(entry)})", kind, entry))
        except PackInvalid as error:
            wrong.append(str(error))
    if wrong:
        raise PackInvalid("\n".join(wrong))
    return tuple(models)


def _name(entry: Any) -> str:
    if not isinstance(entry, dict):
        return "not a table"
    return next((str(entry[key]) for key in ("id", "name", "number", "fact", "procedure") if key in entry), "no name")


def _model(file: str, where: str, kind: type[_M], entry: Any) -> _M:
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        raise PackInvalid(_explain(f"{file}: {where}", error)) from None


def _explain(where: str, error: ValidationError) -> str:
    return "\n".join(f"{where}: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())


_EVENTS: TypeAdapter[dict[str, list[Event]]] = TypeAdapter(dict[str, list[Event]])
_WORD: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])


def _named(section: str, entries: Any, kind: TypeAdapter[dict[str, _T]]) -> dict[str, _T]:
    try:
        return kind.validate_python(entries)
    except ValidationError as error:
        raise PackInvalid(_explain(f"decisions.toml: {section}", error)) from None


def _by(file: str, key: str, models: Iterable[_M]) -> dict[Any, _M]:
    found: dict[Any, _M] = {}
    for model in models:
        name = getattr(model, key)
        if name in found:
            raise PackInvalid(f"{file}: {key} {name} stands twice; keep one")
        found[name] = model
    return found
