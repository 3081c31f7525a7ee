"""A plan of changes in words, for the chat and for the command line."""

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from markupsafe import Markup

from handlers.dates import moment
from handlers.office.export_words import number
from handlers.office.importing import Bad, Change, Conflict, Fault, Imported, Plan, SheetTrouble
from handlers.office.journal_words import doer
from handlers.office.move_words import possible
from handlers.office.moving import AT_ONCE
from handlers.office.table_kinds import REFUSALS, TableKind
from handlers.requests.words import STATES
from handlers.voice import Voice, bold, bullets, lines
from locales import N_, Translator

#: Lines of a kind that are named one by one.
NAMED = 10

FAULTS = {
    Fault.UNKNOWN: N_("no such request within your rights"),
    Fault.UNKNOWN_STATE: N_("no state is called “{word}”; possible are: {states}"),
    Fault.NO_REVISION: N_("the revision is missing; please export the list again"),
    Fault.NO_MOVE: N_("it cannot be moved from “{now}” to “{to}”; possible are: {states}"),
    Fault.NO_REASON: N_("the note has to give a reason: 1 to 500 characters, without a personal number"),
    Fault.TWICE: N_("the code stands in the list twice"),
}
TROUBLES: Mapping[SheetTrouble | TableKind, str] = {
    **{kind: refusal for kind, refusal in REFUSALS.items()},  # noqa: C416 - of a wider type
    SheetTrouble.NOT_A_LIST: N_(
        "This is no list of requests: no row has the headings “Request code” and “State”. Please send the list that"
        " /xuat gives as Excel or CSV, with changed states."
    ),
    SheetTrouble.OFFICIAL: N_(
        "This is an official list as a Word file; states cannot be read from it. Please send the list that /xuat gives"
        " as Excel or CSV, with changed states."
    ),
    SheetTrouble.LETTERS_LOST: N_(
        "Letters of the notes were lost or cannot be told when the file was saved. In Excel choose: Save as, CSV"
        " UTF-8, or Excel Workbook (.xlsx), and send it again."
    ),
    SheetTrouble.TOO_LARGE: N_("The file is larger than 20 MB."),
    SheetTrouble.TOO_MUCH_UNPACKED: N_("The file unpacks to more than a list needs."),
    SheetTrouble.TOO_MANY_ROWS: N_("The list has too many rows; please keep only those that you changed."),
    SheetTrouble.BROKEN: N_("The file is no Excel or CSV file, is damaged, or has a password."),
    SheetTrouble.TOO_SLOW: N_("The file takes too long to read; it may be damaged."),
    SheetTrouble.TOO_MUCH_MEMORY: N_("The file takes too much memory to read; it may be damaged."),
    SheetTrouble.UNAVAILABLE: N_("The file cannot be read now; please try again."),
}


def told(
    say: Voice, plan: Plan, named: int = NAMED, labels: Mapping[str, str] = MappingProxyType({})
) -> tuple[Markup, ...]:
    """What would change, and what speaks against it; paragraphs."""
    return tuple(
        part
        for part in (*_changes(say, plan, named), *_against(say, plan, named, labels), *_notes(say, plan, named))
        if part
    )


def _changes(say: Voice, plan: Plan, named: int) -> Iterator[Markup]:
    counts = {"changes": number(say, len(plan.changes)), "unchanged": number(say, plan.unchanged)}
    yield say(N_("Requests that change: <b>{changes}</b>; unchanged: {unchanged}."), **counts)
    moves = Counter((change.before, change.to) for change in plan.changes)
    yield bullets(_move(say, *states, count) for states, count in moves.items())
    yield _some(say, [_change(say, change) for change in plan.changes[:named]], len(plan.changes))


def _move(say: Voice, before: str, to: str, count: int) -> Markup:
    words = {state.value: word for state, word in STATES.items()}
    return Markup("{} → {}: {}").format(say(words[before]), say(words[to]), number(say, count))


def _change(say: Voice, change: Change) -> Markup:
    note = Markup(" – {}").format(change.note) if change.note else ""
    return Markup("<code>{}</code>: {} → {}{}").format(
        change.code, say(STATES[change.before]), say(STATES[change.to]), note
    )


def _against(say: Voice, plan: Plan, named: int, labels: Mapping[str, str]) -> Iterator[Markup]:
    if plan.too_many:
        yield say(N_("At most {number} requests can be changed at one go."), number=number(say, AT_ONCE))
    if plan.conflicts:
        yield bold(say(N_("Changed by somebody else since the export:")))
        yield _some(say, [_conflict(say, one, labels) for one in plan.conflicts[:named]], len(plan.conflicts))
    if plan.bad:
        yield bold(say(N_("Lines that cannot be taken:")))
        yield _some(say, [_bad(say, one) for one in plan.bad[:named]], len(plan.bad))


def _conflict(say: Voice, conflict: Conflict, labels: Mapping[str, str]) -> Markup:
    now = conflict.now
    who = doer(say.t, now.actor, labels)
    row = N_("line {line}, <code>{code}</code>: by {who} at {when}, now “{state}”")
    told = {"who": who, "when": moment(now.changed_at), "state": say(STATES[now.state])}
    return say(row, line=conflict.line.number, code=conflict.line.code, **told)


def _bad(say: Voice, bad: Bad) -> Markup:
    why = say(FAULTS[bad.fault], **_about(say.t, bad))
    code = bad.line.code[:32] or "–"
    return say(N_("line {line}, <code>{code}</code>: {why}"), line=bad.line.number, code=code, why=why)


def _about(t: Translator, bad: Bad) -> dict[str, str]:
    """What the faults name: the states before and after as the list has them, and those that could follow."""
    wanted = t(STATES[bad.line.state]) if bad.line.state else ""
    if bad.now is None:
        return {"to": wanted}
    following = possible(t, bad.now) or t(N_("none"))
    return {"now": t(STATES[bad.now]), "to": wanted, "states": following, "word": bad.line.word or "–"}


def _notes(say: Voice, plan: Plan, named: int) -> Iterator[Markup]:
    if plan.notes_alone:
        codes = ", ".join(plan.notes_alone[:named]) + (" …" if len(plan.notes_alone) > named else "")
        yield say(
            N_("A note alone is not stored: it goes with a change of state. This concerns: {codes}."), codes=codes
        )


def _some(say: Voice, named: list[Markup], count: int) -> Markup:
    more = count - len(named)
    return lines(bullets(named), say(N_("… and {number} more"), number=number(say, more)) if more > 0 else "")


def outcome(say: Voice, imported: Imported) -> Markup:
    """What became of the yes."""
    if imported.applied:
        done = N_("Changed: {number} requests. Their officers are told.")
        return say(done, number=number(say, len(imported.plan.changes)))
    return say(N_("Something has changed since you saw the list; nothing was applied. It stands now as follows."))
