"""The dossier of a unit in a chat: what happened, the certificates, who differs, the papers, the requests."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

from markupsafe import Markup

from handlers.core import (
    BACK,
    EVENT_LABELS,
    NEXT,
    PREVIOUS,
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
    back_option,
    capitalize_first,
    current_rights,
    hash_text,
    join_lines,
)
from handlers.dossier import Entry, Standout, Status
from handlers.dossier.filing import snapshot
from handlers.dossier.notices import (
    LIST_LABEL,
    LIST_TO_FILL,
    LIST_WORDS,
    STOPPED,
    list_choice,
    order_list,
    stop_choice,
)
from handlers.dossier.opened import (
    ACCEPT,
    ANSWER,
    ASK_EVENTS,
    DIFFER,
    DROP,
    EVENTS,
    GIVE,
    HAND,
    KNOWN,
    LIST,
    MAIN,
    MAKE,
    MOST_CHANGES,
    MOST_SOURCES,
    NEW,
    NOT_YOURS,
    QUESTION,
    REGISTER,
    SCREEN_NAMES,
    SHOWN,
    TOO_MANY,
    ZIP,
    OpenDossier,
    current_dossier,
    gone_page,
    open_record,
    save_dossier,
    start_of,
    take_differences,
)
from handlers.dossier.question_screens import begin_dossier, begin_handing_over, take_event
from handlers.dossier.sources import (
    accept_others,
    drop_unreadable,
    read_known,
    take_known,
    with_file,
)
from handlers.dossier.texts import (
    format_counts,
    format_label,
    format_names,
    format_procedures,
    format_standout,
    format_unread,
)
from handlers.model import DossierRecord
from locales import N_
from rules.language.spelling import fold


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
    return await begin_dossier(here, rights, argument.strip())


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
            return await begin_dossier(here, await current_rights(here))
        screen = "home" if value == BACK else MAIN
        return HandlerResult(here.session.with_screen(screen, about=None if value == BACK else value))


def _format_record(here: Context, record: DossierRecord) -> str:
    unit = here.world.units.name(record.unit) or "–"
    return here.say.t(
        N_("{dossier} · {unit} · {count} certificates"), dossier=record.id, unit=unit, count=len(record.sources)
    )


class DossierScreen:
    """Shows what was found, takes who differs in one line, and makes the papers."""

    async def page(self, here: Context) -> Page:
        """Show the counts, what stands out by name, and a page of the certificates."""
        found = await current_dossier(here)
        if found is None:
            return gone_page(here)
        say, t = here.say, here.say.t
        unit = here.world.units.name(found.record.unit)
        title = say(N_("<b>Dossier {dossier}</b>"), dossier=found.record.id) + (f" – {unit}" if unit else "")
        if not found.entries:
            known = await read_known(here, found)
            options = tuple(_empty_options(here, len(known)))
            return Page(title, (*_format_happened(here, found), say(GIVE)), options, numbers="values")
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
                *_format_some_ours(here, found),
                say(DIFFER),
            ),
            tuple(_main_options(here, found)),
            numbers="values",
            help=join_lines(say(N_("What I do not understand counts for nothing.")), say(DIFFER)),
            brief=join_lines(title, counts, *_format_standouts(here, found)),
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Turn the page, ask, make, register, or hand over."""
        found = await current_dossier(here)
        if found is None or value == BACK:
            return HandlerResult(here.session.with_screen(LIST))
        if value == LIST_TO_FILL:
            return order_list(here)
        if value in {NEXT, PREVIOUS}:
            start = max(0, start_of(here.session) + (SHOWN if value == NEXT else -SHOWN))
            return HandlerResult(here.session.with_screen(MAIN, about=f"{found.record.id} {start}"))
        if value in _ACTS:
            return await _ACTS[value](here, found)
        screens = {ANSWER: QUESTION, ASK_EVENTS: EVENTS, "register": REGISTER}
        return HandlerResult(here.session.with_screen(screens.get(value, MAIN), about=found.record.id))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take who differs."""
        if fold(text) in LIST_WORDS:
            return order_list(here)
        found = await current_dossier(here)
        if found is None:
            return None
        if not found.entries:
            return await take_event(here, text)
        return await take_differences(here, found, text, MAIN)


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
    shown = [
        Markup("⚠ {}").format(capitalize_first(line)) for line in (*format_unread(found.entries, here.say.t), *lines)
    ]
    return (join_lines(*shown),) if shown else ()


def _format_some_ours(here: Context, found: OpenDossier) -> tuple[Markup, ...]:
    """Say how to take some of those that name another unit."""
    numbers = [number for number, one in enumerate(found.entries, 1) if one.standout is Standout.OTHER_UNIT]
    told = N_("Are only some of those that name another unit ours? Write their numbers: “{number} của đơn vị”.")
    return (here.say(told, number=numbers[0]),) if len(numbers) > 1 else ()


def _format_counts(here: Context, found: OpenDossier) -> Markup:
    lines = format_counts(found.entries, found.papers, found.context.pack, here.say.t)
    return join_lines(*(Markup("{}").format(line) for line in lines))


def _format_page(here: Context, found: OpenDossier) -> Markup:
    start, t = start_of(here.session), here.say.t
    lines = []
    for number, entry in enumerate(found.entries[start : start + SHOWN], start + 1):
        if entry.status is Status.DECIDED:
            said = format_procedures(entry, found.context.pack, t)
        else:
            said = format_standout(entry, t) or t(N_("to be answered"))
        lines.append(Markup("{}. {} – {}").format(number, format_label(entry), said))
    return join_lines(*lines)


def _empty_options(here: Context, known: int) -> Iterator[Option]:
    t = here.say.t
    if known:
        label = t(N_("Take the {count} certificates known already"), count=known)
        yield Option(KNOWN, label, ("da biet", "lay chung thu da biet", "known"))
    yield Option(LIST_TO_FILL, t(LIST_LABEL), LIST_WORDS)
    yield Option(ASK_EVENTS, t(N_("Say what happened")), ("viec gi", "thay doi", "what"))
    yield back_option(t)


def _main_options(here: Context, found: OpenDossier) -> Iterator[Option]:
    t, start = here.say.t, start_of(here.session)
    if found.open:
        yield Option(ANSWER, t(N_("Answer what is open ({count})"), count=len(found.open)), ("tra loi", "answer"))
    if any(entry.standout is Standout.OTHER_UNIT for entry in found.entries):
        yield Option(ACCEPT, t(N_("Those of another name are ours too")), ("tat ca cua don vi", "ours"))
    if unreadable := sum(one.trouble is not None for one in found.record.sources):
        label = t(N_("Leave out what cannot be read ({count})"), count=unreadable)
        yield Option(DROP, label, ("bo tep", "bo tep hong", "leave out"))
    yield Option(MAKE, t(N_("Make the papers")), ("lap", "lap ho so", "lap giay to", "make"))
    if found.record.version:
        yield Option("register", t(N_("Register the requests")), ("dang ky", "register"))
        yield Option(HAND, t(N_("Hand over to the admin")), ("chuyen", "ban giao", "hand over"))
    if start + SHOWN < len(found.entries):
        yield Option(NEXT, t(N_("Next certificates")), ("sau", "tiep", "next"))
    if start:
        yield Option(PREVIOUS, t(N_("Certificates before")), ("truoc", "previous"))
    yield Option(ASK_EVENTS, t(N_("Change what happened")), ("doi viec", "change"))
    yield back_option(t)


async def _order(here: Context, found: OpenDossier) -> HandlerResult:
    """Order the papers; they are made after this turn, outside its transaction, and its message says how far they are.

    The session changes, so that the buttons shown before are outdated: a second tap orders nothing more.
    """
    note = here.say(
        N_("I am making the papers of {count} certificates; they come right away. To stop it: /huy"),
        count=len(found.entries),
    )
    order = hash_text(f"{found.record.id} {here.world.now.isoformat()}")
    wanted = MakeDossier(dossier=found.record.id, language=here.session.language, order=order)
    session, stop = here.session.with_changes(last_tap=order), stop_choice(here.say.t, order)
    return HandlerResult(session, notes=(note,), choices=(stop,), again=(wanted,), show=False)


_ACTS: dict[str, Callable[[Context, OpenDossier], Awaitable[HandlerResult]]] = {
    MAKE: _order, HAND: begin_handing_over, KNOWN: take_known, ACCEPT: accept_others, DROP: drop_unreadable,
}  # fmt: skip
_PROBLEMS = {
    "no_files": N_("This channel sends no files. troly dossier on the machine makes the papers."),
    "not_yours": NOT_YOURS,
    "stopped": N_("Stopped: I made no papers. The dossier is kept as it is."),
    "failed": N_("The papers could not be made. Please try again in a moment."),
}


async def handle_made_dossier(here: Context, event: MakeDossier | DossierMade) -> HandlerResult:
    """Send the papers, and keep what was made, so that the next ones can say what changed."""
    content = event.content if isinstance(event, DossierMade) else None
    rights = await current_rights(here)
    record = await here.world.admin.dossiers.get(rights, event.dossier)
    if content is None or record is None or not isinstance(event, DossierMade):
        trouble = (event.trouble if isinstance(event, DossierMade) else None) or "failed"
        problem = here.say(NOT_YOURS if record is None else _PROBLEMS[trouble])
        if isinstance(event, DossierMade) and event.typed:  # the turn of the command shows the page
            return HandlerResult(here.session.with_changes(last_tap=STOPPED), notes=(problem,), show=False)
        return HandlerResult(here.session, notes=(problem,))
    found = open_record(here, record)
    made = record.model_copy(update={"version": record.version + 1, "made": snapshot(found.entries)})
    await here.world.admin.dossiers.save(rights, made)
    told = [here.say(N_("<b>The papers of {dossier}, version {version}</b>"), dossier=record.id, version=made.version)]
    at_hand = here.session.screen in SCREEN_NAMES  # the page that follows shows the counts
    told += [] if at_hand else [_format_counts(here, found)]
    changes = [Markup("• {}").format(line) for line in event.changes[:MOST_CHANGES]]
    name = f"{here.say.t(N_('unit-dossier'))}-{record.id.lower()}-v{made.version}.zip"
    session = here.session.with_screen(MAIN, about=record.id) if at_hand else here.session
    return HandlerResult(
        session,
        notes=(join_lines(*told, *changes),),
        attachments=(Attachment.of(name, ZIP, content),),
    )


async def take_dossier_file(here: Context, event: FileRead | CertificatesListed) -> HandlerResult | None:
    """Add the certificates of a file, or the rows of a list, to the open dossier."""
    found = await current_dossier(here)
    if found is None:
        return None
    if isinstance(event, CertificatesListed) and event.trouble:
        told = here.say(event.trouble, **event.values)
        return HandlerResult(here.session, notes=(told,), choices=(list_choice(here.say.t),), show=False)
    sources = with_file(found.record.sources, event)
    if len(sources) > MOST_SOURCES:
        return HandlerResult(here.session, notes=(here.say(TOO_MANY, limit=MOST_SOURCES),))
    added = len(sources) - len(found.record.sources)
    if sources == found.record.sources:
        note = here.say(N_("Nothing is added: all of it stands in the dossier already."))
    else:
        note = here.say(N_("Added: {count}."), count=added) if added else here.say(N_("Joined to the certificates."))
    record = found.record.model_copy(update={"sources": sources})
    saved = await save_dossier(here, record, MAIN, note)
    if isinstance(event, FileRead) and event.album:
        return saved  # others follow: the page in short is enough
    seen = saved.session.with_changes(last_tap=f"{record.id} {len(sources)}")  # the page is another one now: show all
    return replace(saved, session=seen)
