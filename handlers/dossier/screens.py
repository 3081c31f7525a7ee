"""The dossier of a unit in a chat: what happened, the certificates, who differs, the papers, the requests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from handlers.core import (
    BACK,
    NEXT,
    NO,
    PREVIOUS,
    YES,
    Attachment,
    CertificatesListed,
    Context,
    DossierMade,
    FileRead,
    HandlerResult,
    MakeDossier,
    Option,
    OptionsOnlyScreen,
    Page,
    Session,
    back_option,
    current_rights,
    question_of,
)
from handlers.core.text import format_bold, join_lines
from handlers.dossier.differences import read_differences
from handlers.dossier.entries import (
    DossierContext,
    Entry,
    OpenQuestion,
    Standout,
    Status,
    decide_all,
    open_questions,
)
from handlers.dossier.filing import request_contents, snapshot
from handlers.dossier.papers import Paper, make_papers
from handlers.dossier.sources import merge_list, sources_of_reading
from handlers.dossier.texts import (
    format_counts,
    format_label,
    format_names,
    format_procedures,
    format_standout,
    format_unread,
)
from handlers.dossier.unit_today import UnitToday
from handlers.model import Act, DossierRecord, Rights, Source, serial_key
from handlers.requests import EVENT_LABELS
from locales import N_
from rules.facts import Facts, MergerRole, Subject
from rules.questions import Question

#: The screens; ``Session.about`` is the id of the dossier, and behind a blank the first entry shown.
MAIN, EVENTS, QUESTION, REGISTER, LIST = "dossier", "dossier_what", "dossier_ask", "dossier_register", "dossiers"
SCREEN_NAMES = frozenset({MAIN, EVENTS, QUESTION, REGISTER})
MAKE, ANSWER, ASK_EVENTS, HAND, NEW, ACCEPT = "make", "answer", "what", "hand", "new", "ours"
ZIP = "application/zip"
#: Certificates on one page, and lines that tell what stands out.
_SHOWN, _STANDOUTS = 10, 6
#: The most certificates of a dossier in a chat.
MOST_SOURCES = 400
_TRUTH: dict[str, object] = {"true": True, "false": False}
#: Facts that are of one certificate each: an answer is kept for each it concerns.
_OF_EACH = frozenset({"merger_role", "subject", "certificate"})

GIVE = N_("Send the certificates: one ZIP, several files at once, or a list (XLSX, CSV) with names and serial numbers.")
DIFFER = N_("Who differs? Write it in one line, such as “5, 9 nghỉ hưu; 12 mất token”.")
CHANGED_MEANWHILE = N_("This dossier was changed meanwhile; here it is as it stands now.")
NOT_YOURS = N_("I do not find this dossier among yours.")
TOO_MANY = N_("A dossier in the chat holds {limit} certificates at most; make one for each part of the unit.")
ONE_IS_KEPT = N_(
    "Only one certificate is kept in a merger. Say which, such as “{number} được giữ lại; {other} không giữ lại”."
)


@dataclass(frozen=True, slots=True)
class OpenDossier:
    """A dossier with everything that follows from it."""

    record: DossierRecord
    context: DossierContext
    entries: list[Entry]
    papers: list[Paper]

    @property
    def open(self) -> list[OpenQuestion]:
        """Return what is to be answered, what happened first."""
        return open_questions(self.entries, self.context.pack)


def open_record(here: Context, record: DossierRecord) -> OpenDossier:
    """Decide every certificate of a dossier by the present rules."""
    world = here.world
    unit = UnitToday(world.units, record.unit, here.today) if world.units.get(record.unit) and record.unit else None
    context = DossierContext(world.pack, here.today, unit, world.office)
    entries = decide_all(context, record.sources, record.common, record.people)
    return OpenDossier(record, context, entries, make_papers(context, entries))


async def open_dossiers(here: Context, argument: str) -> HandlerResult:
    """Open a dossier by its id, the list of those that are kept, or a new one where there is none."""
    rights = await current_rights(here)
    kept = await here.world.admin.dossiers.kept(rights)
    wanted = argument.strip().upper()
    if any(record.id == wanted for record in kept):
        return HandlerResult(here.session.with_screen(MAIN, about=wanted))
    if wanted.startswith("HS-"):
        return HandlerResult(here.session.with_screen(LIST), notes=(here.say(NOT_YOURS),))
    if kept and not wanted:
        return HandlerResult(here.session.with_screen(LIST))
    return await _begin(here, rights, argument.strip())


async def _begin(here: Context, rights: Rights, named: str) -> HandlerResult:
    """Begin a dossier for the unit of the role, or for a named one within reach."""
    unit = _choose_unit(here, rights, named)
    if named and unit is None:
        note = here.say(N_("I find no unit “{name}” within your reach."), name=named)
        return HandlerResult(here.session, notes=(note,))
    record = await here.world.admin.dossiers.save(rights, DossierRecord(unit=unit))
    if record is None:
        return HandlerResult(here.session, notes=(here.say(NOT_YOURS),))
    known = open_record(here, record).context.unit
    screen = MAIN if known and known.paths else EVENTS
    return HandlerResult(here.session.with_screen(screen, about=record.id))


def _choose_unit(here: Context, rights: Rights, named: str) -> str | None:
    units = here.world.units
    if named:
        found = [one.unit.code for one in units.find(named, 5, today=here.today) if one.sure] if units else []
        codes = [named.upper(), *found]
    else:
        codes = [here.session.unit or "", *rights.reach(Act.MAKE_DOSSIERS).units]
    fitting = (code for code in codes if units.get(code) and rights.may(Act.MAKE_DOSSIERS, code))
    return next(fitting, None)


async def _current(here: Context) -> OpenDossier | None:
    rights = await current_rights(here)
    record = await here.world.admin.dossiers.get(rights, _id_of(here.session))
    return open_record(here, record) if record else None


def _id_of(session: Session) -> str:
    return (session.about or "").partition(" ")[0]


def _start_of(session: Session) -> int:
    start = (session.about or "").partition(" ")[2]
    return int(start) if start.isdecimal() else 0


async def _save(here: Context, record: DossierRecord, screen: str = MAIN, *notes: Markup) -> HandlerResult:
    """Keep a change; where somebody was faster, show what stands now."""
    saved = await here.world.admin.dossiers.save(await current_rights(here), record)
    told = notes if saved else (here.say(CHANGED_MEANWHILE),)
    start = _start_of(here.session)
    about = f"{record.id} {start}" if start and screen == MAIN else record.id
    return HandlerResult(here.session.with_screen(screen, about=about), notes=told)


def _gone(here: Context) -> Page:
    return Page(here.say(NOT_YOURS), options=(back_option(here.say.t),))


class DossierListScreen(OptionsOnlyScreen):
    """Lists the dossiers that are kept here."""

    async def page(self, here: Context) -> Page:
        """Show one button for each, and one for a new one."""
        t = here.say.t
        kept = await here.world.admin.dossiers.kept(await current_rights(here))
        options = [Option(record.id, _format_record(here, record), (record.id.lower(),)) for record in kept]
        new = Option(NEW, t(N_("A new dossier")), ("moi", "ho so moi", "new"))
        return Page(here.say(N_("<b>Dossiers of a whole unit</b>")), options=(*options, new, back_option(t)))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Open one, or begin one."""
        if value == NEW:
            return await _begin(here, await current_rights(here), "")
        screen = "home" if value == BACK else MAIN
        return HandlerResult(here.session.with_screen(screen, about=None if value == BACK else value))


def _format_record(here: Context, record: DossierRecord) -> str:
    unit = here.world.units.name(record.unit) or "–"
    return here.say.t(
        N_("{dossier} · {unit} · {count} certificates"), dossier=record.id, unit=unit, count=len(record.sources)
    )


class DossierEventScreen(OptionsOnlyScreen):
    """Asks once what happened to the unit, in the words of the interview."""

    async def page(self, here: Context) -> Page:
        """Offer what can happen to a body."""
        found = await _current(here)
        asked = question_of(here.world.pack, "events")
        if found is None or asked is None:
            return _gone(here)
        unit = here.world.units.name(found.record.unit)
        title = here.say(N_("<b>What happened to {unit}?</b>"), unit=unit or here.say.t(N_("the unit")))
        return Page(title, (here.say(GIVE),), tuple(_question_options(here, asked, Subject.ORGANISATION)))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Keep what happened to all."""
        found = await _current(here)
        if found is None or value == BACK:
            return HandlerResult(here.session.with_screen(LIST))
        events = [] if value == "nothing" else [value]
        record = found.record.model_copy(update={"common": {**found.record.common, "events": events}})
        return await _save(here, record)


def _question_options(here: Context, asked: Question, subject: Subject | None, **facts: Any) -> Iterator[Option]:
    known = Facts.model_validate({"subject": subject, **facts})
    for option in asked.options_for(known):
        yield Option(option.value, here.say.t(option.label), option.synonyms)


class DossierScreen:
    """Shows what was found, takes who differs in one line, and makes the papers."""

    async def page(self, here: Context) -> Page:
        """Show the counts, what stands out by name, and a page of the certificates."""
        found = await _current(here)
        if found is None:
            return _gone(here)
        say, t = here.say, here.say.t
        unit = here.world.units.name(found.record.unit)
        title = say(N_("<b>Dossier {dossier}</b>"), dossier=found.record.id) + (f" – {unit}" if unit else "")
        if not found.entries:
            return Page(
                title, (*_format_happened(here, found), say(GIVE)), tuple(_empty_options(here)), numbers="values"
            )
        counts = join_lines(
            *(Markup("{}").format(line) for line in format_counts(found.entries, found.papers, found.context.pack, t))
        )
        return Page(
            title,
            (
                counts,
                *_format_happened(here, found),
                *_format_standouts(here, found),
                _format_page(here, found),
                say(DIFFER),
            ),
            tuple(_main_options(here, found)),
            numbers="values",
            help=say(DIFFER),
            brief=join_lines(title, counts, *_format_standouts(here, found)),
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Turn the page, ask, make, register, or hand over."""
        found = await _current(here)
        if found is None or value == BACK:
            return HandlerResult(here.session.with_screen(LIST))
        if value in {NEXT, PREVIOUS}:
            start = max(0, _start_of(here.session) + (_SHOWN if value == NEXT else -_SHOWN))
            return HandlerResult(here.session.with_screen(MAIN, about=f"{found.record.id} {start}"))
        if value == MAKE:
            return _order(here, found)
        if value == HAND:
            return await _hand_over(here, found)
        if value == ACCEPT:
            return await _save(here, _accept_others(found))
        screens = {ANSWER: QUESTION, ASK_EVENTS: EVENTS, "register": REGISTER}
        return HandlerResult(here.session.with_screen(screens.get(value, MAIN), about=found.record.id))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take who differs."""
        found = await _current(here)
        if found is None or not found.entries:
            return None
        return await _take_differences(here, found, text, MAIN)


def _accept_others(found: OpenDossier) -> DossierRecord:
    """Speak of every certificate that names another unit, so that it counts as this unit's."""
    strange = [entry.serial for entry in found.entries if entry.standout is Standout.OTHER_UNIT and entry.serial]
    people = {**{serial: {} for serial in strange}, **found.record.people}
    return found.record.model_copy(update={"people": people})


async def _take_differences(here: Context, found: OpenDossier, text: str, screen: str) -> HandlerResult | None:
    read = read_differences(text, [format_label(entry) for entry in found.entries])
    if not read.facts:
        return None
    people = dict(found.record.people)
    without = []
    for number, facts in read.facts.items():
        entry = found.entries[number - 1]
        if not entry.serial:
            without.append(number)
        elif facts:
            people[entry.serial] = {**people.get(entry.serial, {}), **facts}
        else:
            people.pop(entry.serial, None)
    notes = [_format_noted(here, found, number, facts) for number, facts in read.facts.items() if number not in without]
    if read.unread:
        notes.append(here.say(N_("Not understood: {words}"), words="; ".join(read.unread)))
    if without:
        numbers = ", ".join(map(str, without))
        notes.append(here.say(N_("Without a serial number nothing can be noted: {numbers}"), numbers=numbers))
    record = found.record.model_copy(update={"people": people})
    return await _save(here, record, screen, join_lines(*notes))


def _format_noted(here: Context, found: OpenDossier, number: int, facts: Mapping[str, Any]) -> Markup:
    """Say back what was understood of one certificate."""
    pack, t = here.world.pack, here.say.t
    told = []
    for fact, value in facts.items():
        asked = question_of(pack, fact)
        values = value if isinstance(value, list) else [str(value).lower()]
        labels = {option.value: t(option.label) for option in asked.options} if asked else {}
        told += [labels.get(one, str(one)) for one in values if not isinstance(one, dict)]
    said = ", ".join(told) or t(N_("as the others"))
    return Markup("{}. {}: {}").format(number, format_label(found.entries[number - 1]), said)


def _format_happened(here: Context, found: OpenDossier) -> tuple[Markup, ...]:
    events = found.record.common.get("events")
    if events is not None:
        told = ", ".join(here.say.t(EVENT_LABELS[event]) for event in events) or here.say.t(N_("nothing changed"))
        return (here.say(N_("What happened: <b>{events}</b>"), events=told),)
    unit = found.context.unit
    if unit is None or not unit.paths:
        return ()
    names = ", ".join(unit.units.name(code) for code in unit.paths)
    return (here.say(N_("What happened is taken from the list of units, for each certificate: {names}"), names=names),)


def _format_standouts(here: Context, found: OpenDossier) -> tuple[Markup, ...]:
    """Say once why certificates stand out, with the names of those it is true of."""
    groups: dict[str, list[Entry]] = {}
    for entry in found.entries:
        if said := format_standout(entry, here.say.t):
            groups.setdefault(said, []).append(entry)
    lines = [f"{said} – {format_names(those, here.say.t)}" for said, those in groups.items()]
    shown = [Markup("⚠ {}").format(line) for line in (*format_unread(found.entries, here.say.t), *lines)]
    return (join_lines(*shown),) if shown else ()


def _format_counts(here: Context, found: OpenDossier) -> Markup:
    lines = format_counts(found.entries, found.papers, found.context.pack, here.say.t)
    return join_lines(*(Markup("{}").format(line) for line in lines))


def _format_page(here: Context, found: OpenDossier) -> Markup:
    start, t = _start_of(here.session), here.say.t
    lines = []
    for number, entry in enumerate(found.entries[start : start + _SHOWN], start + 1):
        if entry.status is Status.DECIDED:
            said = format_procedures(entry, found.context.pack, t)
        else:
            said = format_standout(entry, t) or t(N_("to be answered"))
        lines.append(Markup("{}. {} – {}").format(number, format_label(entry), said))
    return join_lines(*lines)


def _empty_options(here: Context) -> Iterator[Option]:
    t = here.say.t
    yield Option(ASK_EVENTS, t(N_("Say what happened")), ("viec gi", "thay doi", "what"))
    yield back_option(t)


def _main_options(here: Context, found: OpenDossier) -> Iterator[Option]:
    t, start = here.say.t, _start_of(here.session)
    if found.open:
        yield Option(ANSWER, t(N_("Answer what is open ({count})"), count=len(found.open)), ("tra loi", "answer"))
    if any(entry.standout is Standout.OTHER_UNIT for entry in found.entries):
        yield Option(ACCEPT, t(N_("Those of another name are ours too")), ("dung la cua don vi", "cua don vi", "ours"))
    yield Option(MAKE, t(N_("Make the papers")), ("lap", "lap ho so", "lap giay to", "make"))
    if found.record.version:
        yield Option("register", t(N_("Register the requests")), ("dang ky", "register"))
        yield Option(HAND, t(N_("Hand over to the admin")), ("chuyen", "ban giao", "hand over"))
    if start + _SHOWN < len(found.entries):
        yield Option(NEXT, t(N_("Next certificates")), ("sau", "tiep", "next"))
    if start:
        yield Option(PREVIOUS, t(N_("Certificates before")), ("truoc", "previous"))
    yield Option(ASK_EVENTS, t(N_("Change what happened")), ("doi viec", "change"))
    yield back_option(t)


class DossierQuestionScreen:
    """Asks the first open question, once for all certificates that it concerns."""

    async def page(self, here: Context) -> Page:
        """Show the question and whom it concerns."""
        found = await _current(here)
        if found is None:
            return _gone(here)
        if not found.open:
            return Page(here.say(N_("Everything is answered.")), options=(back_option(here.say.t),))
        one, asked = found.open[0], question_of(here.world.pack, found.open[0].fact)
        whom = [f"{found.entries.index(entry) + 1}. {format_label(entry)}" for entry in one.entries]
        named = ", ".join(whom[:_SHOWN]) + (" …" if len(whom) > _SHOWN else "")
        paragraphs = [here.say(N_("It concerns {count}: {names}"), count=len(whom), names=named)]
        paragraphs += [here.say(DIFFER)]
        options = (
            _question_options(here, asked, _common_subject(one), events=one.entries[0].facts.events) if asked else ()
        )
        title = format_bold(here.say.text(asked.text) if asked else one.fact)
        return Page(title, tuple(paragraphs), (*options, back_option(here.say.t)), numbers="codes")

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Keep the answer for all it concerns."""
        found = await _current(here)
        if found is None or value == BACK or not found.open:
            return HandlerResult(here.session.with_screen(MAIN, about=_id_of(here.session)))
        one = found.open[0]
        if value in {MergerRole.DESIGNATED, MergerRole.SURVIVING} and len(one.entries) > 1:
            first, second = (found.entries.index(entry) + 1 for entry in one.entries[:2])
            return HandlerResult(here.session, notes=(here.say(ONE_IS_KEPT, number=first, other=second),))
        return await _save_answer(here, _with_answer(here, found.record, one, value))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take answers that differ from one to the other."""
        found = await _current(here)
        return await _take_differences(here, found, text, QUESTION) if found and found.entries else None


async def _save_answer(here: Context, record: DossierRecord) -> HandlerResult:
    """Go on to the next question, or back to the dossier."""
    return await _save(here, record, QUESTION if open_record(here, record).open else MAIN)


def _common_subject(one: OpenQuestion) -> Subject | None:
    subjects = {entry.subject for entry in one.entries}
    return subjects.pop() if len(subjects) == 1 else None


def _with_answer(here: Context, record: DossierRecord, one: OpenQuestion, value: str) -> DossierRecord:
    fact: Any = [value] if one.fact == "events" else _TRUTH.get(value, value)
    if one.fact == "events" and value == "nothing":
        fact = []
    if one.fact == "certificate":
        asked = question_of(here.world.pack, "certificate")
        option = next((option for option in asked.options if option.value == value), None) if asked else None
        fact = {**dict.fromkeys(option.not_known), **option.sets} if option else {}
    if one.fact not in _OF_EACH:
        return record.model_copy(update={"common": {**record.common, one.fact: fact}})
    people = dict(record.people)
    for entry in one.entries:
        if entry.serial:
            people[entry.serial] = {**people.get(entry.serial, {}), one.fact: fact}
    return record.model_copy(update={"people": people})


def _order(here: Context, found: OpenDossier) -> HandlerResult:
    """Order the papers; they are made after this turn, outside its transaction."""
    note = here.say(
        N_("I am making the papers of {count} certificates; they come right away."), count=len(found.entries)
    )
    wanted = MakeDossier(dossier=found.record.id, language=here.session.language)
    return HandlerResult(here.session, notes=(note,), again=(wanted,), show=False)


_PROBLEMS = {
    "no_files": N_("This channel sends no files. troly dossier on the machine makes the papers."),
    "not_yours": NOT_YOURS,
    "failed": N_("The papers could not be made. Please try again in a moment."),
}


async def handle_made_dossier(here: Context, event: MakeDossier | DossierMade) -> HandlerResult:
    """Send the papers, and keep what was made, so that the next ones can say what changed."""
    content = event.content if isinstance(event, DossierMade) else None
    rights = await current_rights(here)
    record = await here.world.admin.dossiers.get(rights, event.dossier)
    if content is None or record is None or not isinstance(event, DossierMade):
        trouble = (event.trouble if isinstance(event, DossierMade) else None) or "failed"
        problem = NOT_YOURS if record is None else _PROBLEMS[trouble]
        return HandlerResult(here.session, notes=(here.say(problem),))
    found = open_record(here, record)
    made = record.model_copy(update={"version": record.version + 1, "made": snapshot(found.entries)})
    await here.world.admin.dossiers.save(rights, made)
    told = [here.say(N_("<b>The papers of {dossier}, version {version}</b>"), dossier=record.id, version=made.version)]
    at_hand = here.session.screen in SCREEN_NAMES  # the page that follows shows the counts
    told += [] if at_hand else [_format_counts(here, found)]
    changes = [Markup("• {}").format(line) for line in event.changes[:_STANDOUTS]]
    name = f"{here.say.t(N_('unit-dossier'))}-{record.id.lower()}-v{made.version}.zip"
    session = here.session.with_screen(MAIN, about=record.id) if at_hand else here.session
    return HandlerResult(
        session,
        notes=(join_lines(*told, *changes),),
        attachments=(Attachment.of(name, ZIP, content),),
    )


async def take_dossier_file(here: Context, event: FileRead | CertificatesListed) -> HandlerResult | None:
    """Add the certificates of a file, or the rows of a list, to the open dossier."""
    found = await _current(here)
    if found is None:
        return None
    if isinstance(event, CertificatesListed) and event.trouble:
        return HandlerResult(here.session, notes=(here.say(event.trouble, **event.values),))
    sources = _with_file(found.record.sources, event)
    if len(sources) > MOST_SOURCES:
        return HandlerResult(here.session, notes=(here.say(TOO_MANY, limit=MOST_SOURCES),))
    added = len(sources) - len(found.record.sources)
    note = here.say(N_("Added: {count}."), count=added) if added else here.say(N_("Joined to the certificates."))
    record = found.record.model_copy(update={"sources": sources})
    return await _save(here, record, MAIN, note)


def _with_file(before: Sequence[Source], event: FileRead | CertificatesListed) -> tuple[Source, ...]:
    name = event.name or "tep"
    if isinstance(event, CertificatesListed):
        return tuple(merge_list(before, event.rows, name))
    merged, found = list(before), list(sources_of_reading(name, event.reading))
    listed = {serial_key(one.serial): at for at, one in enumerate(merged) if one.certificate is None and one.serial}
    for source in found:
        at = listed.pop(serial_key(source.serial), None) if source.certificate else None
        if at is None:
            merged.append(source)
        else:
            merged[at] = source.model_copy(update={"listed": merged[at].listed})
    return tuple(merged)


class DossierRegisterScreen(OptionsOnlyScreen):
    """Asks the focal officer to state that the unit has told its people, then registers a request for each."""

    async def page(self, here: Context) -> Page:
        """Show how many requests there are to be."""
        found = await _current(here)
        if found is None:
            return _gone(here)
        say, t = here.say, here.say.t
        contents = _contents(here, found)
        if not contents:
            note = say(N_("There is nothing to register: no certificate is decided, or the dossier has no unit."))
            return Page(note, options=(back_option(t),))
        ask = say(N_("<b>Register {count} requests?</b>"), count=len(contents))
        told = say(
            N_("By this you state that the unit has told each of these people that it registers for them."
               " Whoever uses this assistant for the certificate is told here too.")
        )  # fmt: skip
        yes = Option(YES, t(N_("Yes, the unit has told them")), ("co", "dong y", "yes"))
        no = Option(NO, t(N_("No, not now")), ("khong", "chua", "no"))
        return Page(ask, (told,), (yes, no), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Register, or go back."""
        found = await _current(here)
        if found is None or value != YES:
            return HandlerResult(here.session.with_screen(MAIN, about=_id_of(here.session)))
        rights, contents = await current_rights(here), _contents(here, found)
        codes = await here.world.admin.dossiers.register(rights, found.record.id, contents)
        record = found.record.model_copy(update={"requests": (*found.record.requests, *codes)})
        known = len(contents) - len(codes)
        done = here.say(N_("✅ Registered: <b>{count}</b>; open already: {known}."), count=len(codes), known=known)
        return await _save(here, record, MAIN, done)


def _contents(here: Context, found: OpenDossier) -> list[Any]:
    return request_contents(found.context, found.entries, found.papers, here.say.t, here.world.channel)


async def _hand_over(here: Context, found: OpenDossier) -> HandlerResult:
    office = await here.world.admin.dossiers.hand_over(await current_rights(here), found.record.id)
    if office is None:
        return HandlerResult(here.session, notes=(here.say(N_("No admin of this unit can be found to hand it to.")),))
    unit = here.world.units.name(office.unit)
    note = here.say(N_("The dossier and its requests are with the admin now ({unit})."), unit=unit or "–")
    return HandlerResult(here.session.with_screen(LIST), notes=(note,))
