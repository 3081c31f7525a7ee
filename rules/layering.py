"""Lay the files of a locality over those of the pack below it.

A layer adds entries, and replaces an entry of the pack below by its name where it says ``replaces = true``; keys that
the replacing entry leaves out stay as they were below. ``before = "NAME"`` puts an added entry before another one.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from rules.errors import PackInvalid
from rules.pack import Replacement
from rules.texts import N_, Sentence, sentence

#: The content of a pack's files by their name without ``.toml``, as TOML gives it.
Contents = dict[str, dict[str, Any]]
_Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Kind:
    """Entries of one kind in a file of a layer."""

    key: str  #: of their list in the file
    name: Callable[[_Entry], str]
    inside: tuple[str, str, str] | None = None  #: list and name of the entry that holds them, and their list in it


def _name_by(key: str) -> Callable[[_Entry], str]:
    return lambda entry: str(entry.get(key, ""))


def _name_answer(entry: _Entry) -> str:
    return " ".join(str(entry[key]) for key in ("ask", "named") if key in entry)


#: What a layer's files hold.
_FILES: dict[str, tuple[_Kind, ...]] = {
    "documents": (_Kind("documents", _name_by("number")),),
    "questions": (_Kind("questions", _name_by("fact")),),
    "decisions": (_Kind("tables", _name_by("name")), _Kind("rows", _name_by("id"), ("tables", "name", "table"))),
    "procedures": (
        _Kind("procedures", _name_by("procedure")),
        _Kind("steps", _name_by("id"), ("procedures", "procedure", "procedure")),
    ),
    "notices": (_Kind("notices", _name_by("id")),),
    "answers": (_Kind("answers", _name_answer),),
    "cases": (_Kind("cases", _name_by("name")),),
    "offices": (_Kind("offices", _name_by("id")),),
}
#: Keys of decisions.toml whose names a layer may add to, never change.
_NAMED = ("flags", "defaults")
#: The keys that stand in a layer only.
_OWN = ("replaces", "before")


@dataclass(slots=True)
class _Laying:
    """The work of laying one layer over the pack below."""

    wrong: list[Sentence] = field(default_factory=list)
    replaced: list[Replacement] = field(default_factory=list)


def lay_over(below: Contents, layer: Contents) -> tuple[Contents, tuple[Replacement, ...]]:
    """Return the contents of both together, and what the layer replaced.

    Raises:
        PackInvalid: An entry replaces nothing, or stands below already without saying that it replaces that.
    """
    laying = _Laying()
    laid = {file: _lay_file(laying, file, below.get(file, {}), layer.get(file, {})) for file in _FILES}
    if laying.wrong:
        raise PackInvalid(*laying.wrong)
    head = {name: value for name, value in below["pack"].items() if name != "area"}  # which is of one layer only
    return {**laid, "pack": {**head, **layer["pack"]}}, tuple(laying.replaced)


def _lay_file(laying: _Laying, file: str, below: _Entry, layer: _Entry) -> _Entry:
    laid = dict(below)
    known = {kind.key for kind in _FILES[file]} | (set(_NAMED) if file == "decisions" else set())
    for key in sorted(set(layer) - known):
        odd = N_("{file}: {key} is not known in a layer; known: {keys}")
        laying.wrong.append(sentence(odd, file=f"{file}.toml", key=key, keys=", ".join(sorted(known))))
    for key in sorted(known & set(layer) & set(_NAMED)):
        laid[key] = _lay_names(laying, f"{file}.toml: {key}", laid.get(key, {}), layer[key])
    for kind in _FILES[file]:
        if kind.key not in layer:
            continue
        more = _entries(laying, file, kind.key, layer[kind.key])
        if kind.inside is None:
            laid[kind.key] = _lay_entries(laying, file, kind, laid.get(kind.key, []), more)
        else:
            _lay_inside(laying, file, kind, laid, more)
    return laid


def _lay_names(laying: _Laying, where: str, below: Any, layer: Any) -> Any:
    if not (isinstance(below, dict) and isinstance(layer, dict)):
        return layer  # the loader names what is wrong with it
    for name in sorted(set(below) & set(layer)):
        laying.wrong.append(sentence(N_("{where}: {name} stands in the pack below; rename it"), where=where, name=name))
    return {**below, **layer}


def _entries(laying: _Laying, file: str, key: str, found: Any) -> list[_Entry]:
    if isinstance(found, list) and all(isinstance(entry, dict) for entry in found):
        return found
    single = N_("{file}: {key} is not a list; write [[{key}]] above each entry")
    laying.wrong.append(sentence(single, file=f"{file}.toml", key=key))
    return []


def _lay_inside(laying: _Laying, file: str, kind: _Kind, laid: _Entry, more: Iterable[_Entry]) -> None:
    """Lay rows into their tables, and steps into their procedures."""
    outer, name, key = kind.inside or ("", "", "")
    holders = [dict(holder) for holder in laid.get(outer, [])]
    laid[outer] = holders
    for entry in more:
        holder = next((one for one in holders if one.get(name) == entry.get(key)), None)
        if holder is None:
            lost = N_("{where}: {key} = {name} is neither in this layer nor below it; correct it")
            laying.wrong.append(sentence(lost, where=_where(file, kind, entry), key=key, name=entry.get(key, "")))
            continue
        holder[kind.key] = _lay_entries(laying, file, kind, holder.get(kind.key, []), [entry])


def _lay_entries(
    laying: _Laying, file: str, kind: _Kind, below: Iterable[_Entry], more: Iterable[_Entry]
) -> list[_Entry]:
    laid = list(below)
    own = (*_OWN, kind.inside[2]) if kind.inside else _OWN
    for entry in more:
        inner = {key: value for key, value in entry.items() if key not in own}
        at = _find(kind, laid, kind.name(entry))
        for trouble in _troubles(entry, at, _find(kind, laid, entry["before"]) if "before" in entry else 0):
            laying.wrong.append(sentence("{where}: {wrong}", where=_where(file, kind, entry), wrong=trouble))
        if at is not None:
            before, laid[at] = laid[at], {**laid[at], **inner}
            texts = _text_of(before), _text_of(laid[at])
            laying.replaced.append(Replacement(f"{file}.toml", _label(kind, entry), *texts))
        else:
            place = _find(kind, laid, entry["before"]) if "before" in entry else None
            laid.insert(len(laid) if place is None else place, inner)
    return laid


def _find(kind: _Kind, entries: list[_Entry], name: Any) -> int | None:
    return next((at for at, entry in enumerate(entries) if name and kind.name(entry) == name), None)


def _troubles(entry: _Entry, at: int | None, before: int | None) -> Iterator[Sentence]:
    if at is None and entry.get("replaces"):
        yield sentence(N_("replaces nothing: no entry of that name is below; correct the name or drop replaces"))
    if at is not None and entry.get("replaces") is not True:
        yield sentence(N_("stands in the pack below already; write replaces = true or rename it"))
    if before is None:
        yield sentence(N_("before = {name} names no entry there; correct it"), name=entry["before"])


def _where(file: str, kind: _Kind, entry: _Entry) -> Sentence:
    return sentence("{file}.toml: {label}", file=file, label=_label(kind, entry))


def _label(kind: _Kind, entry: _Entry) -> str:
    holder = f"{entry.get(kind.inside[2], '')}: " if kind.inside else ""
    return f"{holder}{kind.key.removesuffix('s')} {kind.name(entry)}".strip()


def _text_of(entry: _Entry) -> str:
    return next((str(entry[key]) for key in ("reason", "text", "note", "about") if key in entry), "")
