"""Loads a pack from its folder of TOML files; a layer together with the pack it lies over."""

from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import tomli
from pydantic import BaseModel, TypeAdapter, ValidationError

from rules.errors import PackInvalid, PackNotFound, PackUnreadable
from rules.explaining import explain
from rules.facts import Event
from rules.layering import Contents, lay_over
from rules.offices import Office, merge_offices
from rules.pack import Case, Document, NoticeText, Pack, PackSettings, ProcedureGuide, QuestionAnswer, Replacement
from rules.questions import Question
from rules.tables import Table
from rules.texts import N_, Sentence, place_of, sentence, shorten

_M = TypeVar("_M", bound=BaseModel)
_T = TypeVar("_T")


def load_pack(name: str | PathLike[str] = "nhon_trach", offices: PathLike[str] | None = None) -> Pack:
    """Load a rule pack; a layer comes together with the pack it lies over. One that comes along is read once.

    Args:
        name: The name of a pack in ``rules/packs``, or the path of a folder.
        offices: A TOML file with receiving offices of the operator, which prevail over those of the pack.

    Raises:
        PackNotFound: There is no such pack or folder.
        PackUnreadable: A file is missing, is not UTF-8 or is not TOML.
        PackInvalid: A row, step or text is not as a pack defines it, or a layer does not fit what lies below it; the
            message names file and place.
    """
    if offices is None and isinstance(name, str) and _comes_along(name) is not None:
        return _load_known(name)
    return _load(_folder(name), offices)


@lru_cache(maxsize=8)
def _load_known(name: str) -> Pack:
    return _load(_folder(name), None)


def _load(folder: Traversable, offices: PathLike[str] | None) -> Pack:
    contents, replaced = _contents(folder, ())
    over = contents["pack"].get("over")
    documents = _models(contents, "documents", Document)
    _name_citations(contents, {document.number: document.cited_as for document in documents})
    decisions = dict(contents["decisions"])
    flags, defaults = decisions.pop("flags", {}), decisions.pop("defaults", {})
    return Pack(
        settings=_model("pack.toml: pack", PackSettings, contents["pack"]),
        documents=_by("documents.toml", "number", documents),
        questions=_models(contents, "questions", Question),
        flags={
            name: frozenset(map(Event, events)) for name, events in _validate_section("flags", flags, _EVENTS).items()
        },
        defaults=_validate_section("defaults", defaults, _WORD),
        tables=_models({"decisions": decisions}, "decisions", Table, "tables"),
        procedures=_by("procedures.toml", "procedure", _models(contents, "procedures", ProcedureGuide)),
        notices=_by("notices.toml", "id", _models(contents, "notices", NoticeText)),
        cases=_models(contents, "cases", Case),
        answers=_models(contents, "answers", QuestionAnswer),
        offices=merge_offices(_offices(contents), () if offices is None else load_offices(offices)),
        replaced=replaced,
        below=_load_below(over, offices) if isinstance(over, str) else None,
    )


def _load_below(over: str, offices: PathLike[str] | None) -> Pack:
    name = over.rsplit(" ", 1)[0]
    return _load_known(name) if offices is None and _comes_along(name) else _load(_folder(name), offices)


def load_offices(file: PathLike[str]) -> tuple[Office, ...]:
    """Load the operator's own receiving offices.

    Raises:
        PackUnreadable: The file is missing, is not UTF-8 or is not TOML.
        PackInvalid: An office is not as the packs define one.
    """
    path = Path(file)
    return _offices({"offices": _read(path.parent, path.name, N_("{file}: there is no such file; correct its path"))})


def pack_names() -> tuple[str, ...]:
    """Return the names of the packs that come with the assistant, those that layers lie over first."""
    folders = [folder for folder in (files("rules") / "packs").iterdir() if (folder / "pack.toml").is_file()]
    over = {folder.name: "over" in _read(folder, "pack.toml") for folder in folders}
    return tuple(sorted(over, key=lambda name: (over[name], name)))


#: The files of a whole pack, and those that it may lack. A layer needs ``pack.toml`` only.
_FILES = ("pack", "documents", "questions", "decisions", "procedures", "notices", "cases")
_OPTIONAL_FILES = ("answers", "offices")


def _contents(folder: Traversable, above: tuple[str, ...]) -> tuple[Contents, tuple[Replacement, ...]]:
    """Read a folder, and for a layer the folder below it."""
    head = _read(folder, "pack.toml")
    over = head.get("over")
    if not isinstance(over, str):
        optional = {file: _read_optional(folder, f"{file}.toml") for file in _OPTIONAL_FILES}
        return {file: _read(folder, f"{file}.toml") for file in _FILES} | optional, ()
    if over in above:
        raise PackInvalid(sentence(N_("pack.toml: {over} lies over itself; correct over"), over=over))
    below, replaced = _contents(_folder(over.rsplit(" ", 1)[0]), (*above, over))
    _check_below(head, below["pack"])
    layer = {file: _read_optional(folder, f"{file}.toml") for file in (*_FILES[1:], *_OPTIONAL_FILES)}
    laid, more = lay_over(below, {"pack": head, **layer})
    return laid, (*replaced, *more)


def _check_below(head: dict[str, Any], below: dict[str, Any]) -> None:
    """Refuse a layer over a version that it was not checked over: its own version must rise with the one below."""
    label = f"{below.get('name')} {below.get('version')}"
    if head["over"] != label:
        moved = N_(
            "pack.toml: the layer was checked over {over}, but that pack is {label} now; read what changed, write"
            ' over = "{label}" and raise the version of the layer'
        )
        raise PackInvalid(sentence(moved, over=shorten(head["over"]), label=label))


def _offices(contents: Contents) -> tuple[Office, ...]:
    return tuple(_by("offices.toml", "id", _models(contents, "offices", Office)).values())


def _comes_along(name: str) -> Traversable | None:
    """Return the folder of a pack that comes with the assistant."""
    inside = files("rules") / "packs" / name if name.isidentifier() else None
    return inside if inside is not None and inside.is_dir() else None


def _folder(name: str | PathLike[str]) -> Traversable:
    text = str(name)
    if isinstance(name, str) and (inside := _comes_along(name)) is not None:
        return inside
    path = Path(text)
    if not path.is_dir():
        absent = N_("no rule pack {name}: neither a pack that comes with the assistant nor a folder")
        raise PackNotFound(sentence(absent, name=shorten(text)))
    return path


#: Bytes of one file of a pack, far more than any needs.
_MOST_BYTES = 4 << 20
_NOT_IN_PACK = N_("{file}: the pack has no such file; add it, empty if need be")


def _read(folder: Traversable, file: str, missing: str = _NOT_IN_PACK) -> dict[str, Any]:
    try:
        with (folder / file).open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)  # a device never ends
        if len(data) > _MOST_BYTES:
            too_large = N_("{file}: cannot be read: it is larger than {limit} MB")
            raise PackUnreadable(sentence(too_large, file=file, limit=_MOST_BYTES >> 20))
        return tomli.loads(data.decode())
    except FileNotFoundError:
        raise PackUnreadable(sentence(missing, file=file)) from None
    except (OSError, ValueError, RecursionError) as error:
        raise PackUnreadable(_unreadable(file, error)) from None


def _read_optional(folder: Traversable, file: str) -> dict[str, Any]:
    return _read(folder, file) if (folder / file).is_file() else {}


def _unreadable(file: str, error: OSError | ValueError | RecursionError) -> Sentence:
    if isinstance(error, IsADirectoryError):
        return sentence(N_("{file}: cannot be read: it is a folder"), file=file)
    if isinstance(error, PermissionError):
        return sentence(N_("{file}: cannot be read: no permission"), file=file)
    if isinstance(error, OSError):
        return sentence(N_("{file}: cannot be read ({reason})"), file=file, reason=error.strerror)
    if isinstance(error, UnicodeDecodeError):
        return sentence(N_("{file}: is not UTF-8 at byte {byte}; save it as UTF-8"), file=file, byte=error.start)
    return sentence(N_("{file}: is not TOML: {detail}"), file=file, detail=place_of(error))


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


def _validate_section(section: str, entries: Any, kind: TypeAdapter[dict[str, _T]]) -> dict[str, _T]:
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
