"""An open dossier in a chat: read, decided, and kept again with a change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from handlers.core import (
    Context,
    HandlerResult,
    Option,
    Page,
    Session,
    back_option,
    current_rights,
    join_lines,
    question_of,
)
from handlers.dossier import (
    OURS,
    DossierContext,
    Entry,
    OpenQuestion,
    decide_all,
    open_questions,
)
from handlers.dossier.differences import Differences, read_differences
from handlers.dossier.papers import Paper, make_papers
from handlers.dossier.texts import MOST_LETTERS, format_label, shorten
from handlers.model import DossierRecord, UnitToday
from locales import N_
from rules.facts import Facts, Subject
from rules.questions import Question

#: The screens; ``Session.about`` is the id of the dossier, and behind a blank the first entry shown.
MAIN, EVENTS, QUESTION, REGISTER, LIST = "dossier", "dossier_what", "dossier_ask", "dossier_register", "dossiers"
#: ``Session.about`` of the first is what was typed, of the second the id of the dossier.
UNIT, HAND_OVER = "dossier_unit", "dossier_hand"
SCREEN_NAMES = frozenset({MAIN, EVENTS, QUESTION, REGISTER, HAND_OVER})
MAKE, ANSWER, ASK_EVENTS, HAND, NEW, ACCEPT, KNOWN, DROP = (
    "make", "answer", "what", "hand", "new", "ours", "known", "drop",
)  # fmt: skip
ZIP = "application/zip"
#: Certificates on one page, and lines that tell what stands out.
SHOWN, MOST_CHANGES = 10, 6
#: The most certificates of a dossier in a chat.
MOST_SOURCES = 400
TRUTH: dict[str, object] = {"true": True, "false": False}

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
    context = DossierContext(here.pack_of(record.unit), here.today, unit, world.office, world.chosen_offices)
    entries = decide_all(context, record.sources, record.common, record.people, record.answers)
    return OpenDossier(record, context, entries, make_papers(context, entries))


async def current_dossier(here: Context) -> OpenDossier | None:
    rights = await current_rights(here)
    record = await here.world.admin.dossiers.get(rights, id_of(here.session))
    return open_record(here, record) if record else None


def id_of(session: Session) -> str:
    return (session.about or "").partition(" ")[0]


def start_of(session: Session) -> int:
    start = (session.about or "").partition(" ")[2]
    return int(start) if start.isdecimal() else 0


async def save_dossier(here: Context, record: DossierRecord, screen: str = MAIN, *notes: Markup) -> HandlerResult:
    """Keep a change; where somebody was faster, show what stands now."""
    saved = await here.world.admin.dossiers.save(await current_rights(here), record)
    told = notes if saved else (here.say(CHANGED_MEANWHILE),)
    start = start_of(here.session)
    about = f"{record.id} {start}" if start and screen == MAIN else record.id
    return HandlerResult(here.session.with_screen(screen, about=about), notes=told)


def gone_page(here: Context) -> Page:
    return Page(here.say(NOT_YOURS), options=(back_option(here.say.t),))


def question_options(here: Context, asked: Question, subject: Subject | None, **facts: Any) -> Iterator[Option]:
    known, shown = Facts.model_validate({"subject": subject, **facts}), set[str]()
    for option in asked.options_for(known):
        if option.value in shown:  # the pack tells it of each kind of subscriber in turn
            continue
        shown.add(option.value)
        yield Option(option.value, here.say.t(option.label), option.synonyms)


async def take_differences(here: Context, found: OpenDossier, text: str, screen: str) -> HandlerResult | None:
    """Note what is said of single certificates, and tell what is not noted; ``None`` for words that name nobody."""
    read = read_differences(text, [format_label(entry) for entry in found.entries])
    untold = list(_format_untold(here, found, read))
    if not read.facts and not read.ours:
        named = read.unknown or any(part[:1].isdecimal() for part in read.unread)
        return HandlerResult(here.session, notes=(join_lines(*untold),)) if named else None
    people = dict(found.record.people)
    without = []
    for number in read.ours:
        serial = found.entries[number - 1].serial  # only a file, which has a number, names another unit
        people[serial] = {**people.get(serial, {}), OURS: True}
    for number, facts in read.facts.items():
        entry = found.entries[number - 1]
        if not entry.serial:
            without.append(number)
        elif facts:
            people[entry.serial] = {**people.get(entry.serial, {}), **facts}
        else:
            people.pop(entry.serial, None)
    notes = [_format_noted(here, found, number, facts) for number, facts in read.facts.items() if number not in without]
    notes += [here.say(_OURS, number=number, name=format_label(found.entries[number - 1])) for number in read.ours]
    if without:
        numbers = ", ".join(map(str, without))
        untold.append(here.say(N_("Without a serial number nothing can be noted: {numbers}"), numbers=numbers))
    record = found.record.model_copy(update={"people": people})
    return await save_dossier(here, record, screen, join_lines(*notes, *untold))


_OURS = N_("{number}. {name}: of our unit")


def _format_untold(here: Context, found: OpenDossier, read: Differences) -> Iterator[Markup]:
    """Say what of a line counts for nothing, and why."""
    if read.unread:
        words = "; ".join(shorten(part, MOST_LETTERS) for part in read.unread[:SHOWN])
        yield here.say(N_("Not noted, because it is planned, denied or not understood: {words}"), words=words)
    if read.unknown:
        numbers = ", ".join(map(str, read.unknown[:SHOWN]))
        told = N_("There is no number {numbers}: the list goes from 1 to {last}.")
        yield here.say(told, numbers=numbers, last=len(found.entries))


def _format_noted(here: Context, found: OpenDossier, number: int, facts: Mapping[str, Any]) -> Markup:
    """Say back what was understood of one certificate."""
    pack, t = here.pack, here.say.t
    told = []
    for fact, value in facts.items():
        asked = question_of(pack, fact)
        values = value if isinstance(value, list) else [str(value).lower()]
        labels = {option.value: t(option.label) for option in asked.options} if asked else {}
        told += [labels.get(one, str(one)) for one in values if not isinstance(one, dict)]
    said = ", ".join(told) or t(N_("as the others"))
    return Markup("{}. {}: {}").format(number, format_label(found.entries[number - 1]), said)
