"""Loads a pack from its folder of TOML files."""

import tomllib
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from rules.errors import PackInvalid, PackNotFound, PackUnreadable
from rules.explaining import explain
from rules.facts import Event
from rules.pack import Case, Document, NoticeText, Pack, PackSettings, ProcedureGuide
from rules.questions import Question
from rules.tables import Table
from rules.texts import N_, Sentence, sentence, shorten

_M = TypeVar("_M", bound=BaseModel)
_T = TypeVar("_T")


def load_pack(name: str | PathLike[str] = "nhon_trach") -> Pack:
    """Load a rule pack.

    Args:
        name: The name of a pack in ``rules/packs``, or the path of a folder.

    Raises:
        PackNotFound: There is no such pack or folder.
        PackUnreadable: A file is missing, is not UTF-8 or is not TOML.
        PackInvalid: A row, step or text is not as a pack defines it; the message names file and place.
    """
    folder = _folder(name)
    contents = {file: _read(folder, f"{file}.toml") for file in _FILES}
    documents = _models(contents, "documents", Document)
    _name_citations(contents, {document.number: document.cited_as for document in documents})
    decisions = dict(contents["decisions"])
    flags, defaults = decisions.pop("flags", {}), decisions.pop("defaults", {})
    return Pack(
        settings=_model("pack.toml: pack", PackSettings, contents["pack"]),
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
        absent = N_("no rule pack {name}: neither a pack that comes with the assistant nor a folder")
        raise PackNotFound(sentence(absent, name=shorten(text)))
    return path


def _read(folder: Traversable, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads((folder / file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PackUnreadable(_unreadable(file, error)) from None


def _unreadable(file: str, error: OSError | ValueError) -> Sentence:
    if isinstance(error, FileNotFoundError):
        return sentence(N_("{file}: the pack has no such file; add it, empty if need be"), file=file)
    if isinstance(error, OSError):
        return sentence(N_("{file}: cannot be read ({reason})"), file=file, reason=error.strerror)
    if isinstance(error, UnicodeDecodeError):
        return sentence(N_("{file}: is not UTF-8 at byte {byte}; save it as UTF-8"), file=file, byte=error.start)
    return sentence(N_("{file}: is not TOML: {detail}"), file=file, detail=error)


def _name_citations(value: Any, names: dict[str, str]) -> None:
    """Add to every citation the name of its document for use in sentences, so that formatting one needs no pack."""
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
        odd = N_("{file}: {names} is not known here; this file holds [[{key}]]")
        raise PackInvalid(sentence(odd, file=f"{file}.toml", names=", ".join(extra), key=key))
    entries = contents[file].get(key, [])
    if not isinstance(entries, list):
        single = N_("{file}: {key} is not a list; write [[{key}]] above each entry")
        raise PackInvalid(sentence(single, file=f"{file}.toml", key=key))
    models: list[_M] = []
    wrong: list[Sentence] = []
    for at, entry in enumerate(entries, start=1):
        where = sentence("{file}.toml: {key} {at} ({name})", file=file, key=key, at=at, name=_name(entry))
        try:
            models.append(_model(where, kind, entry))
        except PackInvalid as error:
            wrong.extend(error.sentences)
    if wrong:
        raise PackInvalid(*wrong)
    return tuple(models)


def _name(entry: Any) -> Sentence | str:
    names = ("id", "name", "number", "fact", "procedure")
    found = next((entry[key] for key in names if key in entry), None) if isinstance(entry, dict) else None
    return sentence(N_("no name")) if found is None else str(found)


def _model(where: Sentence | str, kind: type[_M], entry: Any) -> _M:
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        raise PackInvalid(*explain(where, error)) from None


_EVENTS: TypeAdapter[dict[str, list[Event]]] = TypeAdapter(dict[str, list[Event]])
_WORD: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])


def _named(section: str, entries: Any, kind: TypeAdapter[dict[str, _T]]) -> dict[str, _T]:
    try:
        return kind.validate_python(entries)
    except ValidationError as error:
        raise PackInvalid(*explain(f"decisions.toml: {section}", error)) from None


def _by(file: str, key: str, models: Iterable[_M]) -> dict[Any, _M]:
    found: dict[Any, _M] = {}
    for model in models:
        name = getattr(model, key)
        if name in found:
            raise PackInvalid(
                sentence(N_("{file}: {key} {name} stands twice; keep one"), file=file, key=key, name=name)
            )
        found[name] = model
    return found
