"""The words of a dossier: what was counted, what stands out by name, and what is still to be answered."""

from collections.abc import Iterable, Iterator, Sequence

from handlers.dossier import Entry, Standout, Status, open_questions
from handlers.dossier.papers import Paper
from handlers.model import FILE_PROBLEMS, SECRET_PROBLEMS, FileProblemKind
from locales import N_, Translator
from rules.outcome import Action, Procedure
from rules.pack import Pack

#: What stands out, and what to do about it.
STANDOUTS: dict[str, str] = {
    Standout.PUBLIC: N_("issued by a public provider: these procedures do not apply, turn to that provider"),
    Standout.EXPIRED: N_("expired"),
    Standout.DUPLICATE_SERIAL: N_("its serial number was given before: it stands in the dossier once"),
    Standout.PERSON_TWICE: N_("two certificates bear this name: check whether it is the same person"),
    Standout.OTHER_UNIT: N_("names another unit: check whether it belongs here; it stands in no form"),
    Standout.OTHER_NAME: N_("a list has its number beside another name: check whose it is; it stands in no form"),
    Standout.NO_CERTIFICATE: N_("no certificate was given: send the file, or say that there is none yet"),
    Standout.FORGED: N_("its signature does not verify: do not rely on this file"),
    Standout.AUTHORITY: N_("the certificate of an issuer, of no subscriber"),
    Standout.CONTRADICTION: N_("what is said of it contradicts itself: check the facts"),
}
_SECRET = N_("it holds a private key: it was not read, delete it where you can and send only the .cer file")
#: Names that one line shows; the overview has all.
MOST_NAMED = 5
#: Letters of a cell that are quoted, and of a name among others.
MOST_QUOTED, MOST_LETTERS = 60, 80


def format_standout(entry: Entry, t: Translator) -> str:
    """Return why a certificate stands out; empty if it does not."""
    if entry.standout is None:
        return ""
    if entry.source.trouble is None:
        return t(STANDOUTS[entry.standout])
    trouble = FileProblemKind(entry.standout)
    return t(_SECRET) if trouble in SECRET_PROBLEMS else t(FILE_PROBLEMS[trouble])


def format_label(entry: Entry) -> str:
    """Return the name by which a person knows the certificate: its subscriber, else its number, else its file."""
    return entry.name or entry.serial or entry.file


def shorten(text: str, most: int) -> str:
    """Return a text of at most ``most`` letters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def format_names(entries: Sequence[Entry], t: Translator, most: int = MOST_NAMED) -> str:
    """Name the certificates; beyond ``most`` the others are counted."""
    named = ", ".join(shorten(format_label(entry), MOST_LETTERS) for entry in entries[:most])
    rest = len(entries) - most
    return t(N_("{names} and {count} more"), names=named, count=rest) if rest > 0 else named


def format_procedures(entry: Entry, pack: Pack, t: Translator) -> str:
    """Return the titles of what is to be done."""
    return "; ".join(t(pack.procedures[procedure].title) for procedure in entry.procedures)


def count_procedures(entries: Iterable[Entry], pack: Pack) -> dict[Procedure, list[Entry]]:
    """Return the decided certificates by what is to be done, in the order of the pack."""
    found: dict[Procedure, list[Entry]] = {}
    for entry in entries:
        for procedure in entry.procedures if entry.status is Status.DECIDED else ():
            found.setdefault(procedure, []).append(entry)
    return {procedure: found[procedure] for procedure in pack.settings.order if procedure in found}


def format_counts(entries: Sequence[Entry], papers: Sequence[Paper], pack: Pack, t: Translator) -> Iterator[str]:
    """Yield a line for all, and one for each procedure with its form."""
    counted = [sum(entry.status is status for entry in entries) for status in Status]
    told = N_("Certificates: {total}; decided {decided}, to be answered {needs}, to be looked at {problems}.")
    yield t(told, total=len(entries), decided=counted[0], needs=counted[1], problems=counted[2])
    for procedure, those in count_procedures(entries, pack).items():
        forms = dict.fromkeys(a.form for entry in those for a in _actions(entry) if a.procedure is procedure and a.form)
        form = t(N_(" (form: Mẫu {form})"), form=", ".join(filter(None, forms))) if forms else ""
        yield f"{t(pack.procedures[procedure].title)}{form}: {len(those)}"
    for paper in papers:
        if paper.by_receiving_body:
            elsewhere = N_("Of these the body where they work now files, on a form of its own: {names}")
            yield t(elsewhere, names=format_names(paper.entries, t))


def _actions(entry: Entry) -> tuple[Action, ...]:
    return entry.decided.actions if entry.decided else ()


def format_unread(entries: Sequence[Entry], t: Translator) -> Iterator[str]:
    """Yield a line on what in a list was not understood, if there is any."""
    if unread := [(entry, words) for entry in entries for words in _unread(entry)]:
        quoted = "; ".join(f"{format_label(entry)}: “{words[:MOST_QUOTED]}”" for entry, words in unread[:MOST_NAMED])
        more = len(unread) - MOST_NAMED
        quoted = t(N_("{names} and {count} more"), names=quoted, count=more) if more > 0 else quoted
        yield t(N_("In the list this was not understood and counts for nothing: {words}"), words=quoted)


def format_standouts(entries: Sequence[Entry], t: Translator) -> Iterator[str]:
    """Yield what in a list was not understood, then a line for each certificate that stands out, by name."""
    yield from format_unread(entries, t)
    for entry in entries:
        if said := format_standout(entry, t):
            where = f" ({entry.file})" if entry.file and entry.file != format_label(entry) else ""
            yield f"{format_label(entry)}{where}: {said}"


def _unread(entry: Entry) -> tuple[str, ...]:
    listed = entry.source.listed
    return (*listed.unread, *listed.said.unread) if listed else ()


def format_open_questions(entries: Sequence[Entry], pack: Pack, t: Translator) -> Iterator[str]:
    """Yield every question that is still open, once, with the certificates that it concerns."""
    texts: dict[str, str] = {question.fact: question.text for question in pack.questions}
    for asked in open_questions(entries, pack):
        line = N_("{question} ({fact}) – {count}: {names}")
        names = format_names(asked.entries, t)
        yield t(line, question=t(texts[asked.fact]), fact=asked.fact, count=len(asked.entries), names=names)


def format_status(entry: Entry, pack: Pack, t: Translator) -> str:
    """Return the state of one certificate in a few words."""
    if entry.status is Status.DECIDED:
        return t(N_("decided"))
    if entry.status is Status.PROBLEM:
        return t(N_("to be looked at"))
    texts: dict[str, str] = {question.fact: question.text for question in pack.questions}
    return t(N_("to be answered: {facts}"), facts=" ".join(t(texts[fact]) for fact in entry.needs))
