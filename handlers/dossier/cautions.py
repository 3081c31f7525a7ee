"""List what is not certain in a dossier: where answers call for care, and what rests on less than the law."""

from collections.abc import Container, Iterable, Iterator, Sequence

from handlers.core import FILING_NOTICE, LABELS, LEVELS, format_sourced, format_statement
from handlers.dossier import Entry, Status
from locales import N_, Translator
from rules.outcome import Action, Citation, Level, Notice, Procedure

_ORDER = list(Level)
_SOURCES = N_("The sources of this stand in the overview file")


def actions_of(entries: Iterable[Entry]) -> list[tuple[Action, Entry]]:
    """Return what is to be done for every decided certificate."""
    return [
        (action, entry)
        for entry in entries
        if entry.status is Status.DECIDED and entry.decided
        for action in entry.decided.actions
    ]


def name_forms(actions: Sequence[tuple[Action, Entry]], procedures: Container[Procedure], t: Translator) -> str:
    """Name procedures by their forms, and one without a form by its title."""
    those = [action for action, _ in actions if action.procedure in procedures]
    forms = sorted({action.form for action in those if action.form})
    titles = dict.fromkeys(t(action.title) for action in those if not action.form)
    return "; ".join([*([f"Mẫu {', '.join(forms)}"] if forms else []), *titles])


def format_cautions(
    entries: Iterable[Entry], actions: Sequence[tuple[Action, Entry]], t: Translator, *, sourced: bool = True
) -> list[str]:
    """Return what the answers want to be careful about, and what rests on less than the text of the law.

    Not ``sourced``, the overview is named as the place of the sources.
    """
    cautions = [one for one in _notices_once(entries) if one.brief]
    told = [format_sourced(_of_part(one, t), one.citations if sourced else (), t) for one in cautions]
    return [*told, *([t(_SOURCES)] if told and not sourced else []), *_levels(actions, t)]


def _of_part(notice: Notice, t: Translator) -> str:
    """Return the few words for a notice, with what they are about."""
    return f"{t(LABELS[notice.brief.part])}: {t(notice.brief.text)}" if notice.brief else t(notice.text)


def _levels(actions: Sequence[tuple[Action, Entry]], t: Translator) -> Iterator[str]:
    """Yield what rests on less than the text of the law."""
    found: dict[Level, set[Procedure]] = {}
    for action, _ in actions:
        for reason in action.reasons:
            level = max((one.level for one in reason.citations), key=_ORDER.index, default=Level.TEXT)
            found.setdefault(level, set()).add(action.procedure)
    for level in (one for one in Level if one in found and one in LEVELS):
        yield f"{t(LEVELS[level])}: {name_forms(actions, found[level], t)}"


def group_notices(entries: Iterable[Entry], t: Translator) -> list[tuple[str, int]]:
    """Return the notices beside the cautions, the least certain first: those with the same sources in one line.

    Each line comes with the number of notices in it.
    """
    together: dict[tuple[Citation, ...], list[str]] = {}
    others = (one for one in _notices_once(entries) if not one.brief)
    for notice in sorted(others, key=_level_of, reverse=True):
        together.setdefault(notice.citations, []).append(t(notice.text))
    return [(format_sourced(" ".join(texts), cited, t), len(texts)) for cited, texts in together.items()]


def _level_of(notice: Notice) -> int:
    return max((_ORDER.index(one.level) for one in notice.citations), default=0)


def _notices_once(entries: Iterable[Entry]) -> list[Notice]:
    """Return the notices of all answers but the one on where to file."""
    decided = (entry.decided for entry in entries if entry.status is Status.DECIDED and entry.decided)
    notices = {notice.id: notice for one in decided for notice in one.notices if notice.id != FILING_NOTICE}
    return list(notices.values())


def format_notices(entries: Iterable[Entry], t: Translator) -> Iterator[str]:
    """Yield every notice of the answers in full, with its sources."""
    yield from (format_statement(notice, t) for notice in _notices_once(entries))


def format_actions(entries: Iterable[Entry], t: Translator) -> Iterator[str]:
    """Yield every reason and step of the answers in full, each once, with the title of what it is about."""
    said = (
        f"{t(action.title)}: {format_statement(one, t)}"
        for action, _ in actions_of(entries)
        for one in (*action.reasons, *action.steps)
    )
    yield from dict.fromkeys(said)
