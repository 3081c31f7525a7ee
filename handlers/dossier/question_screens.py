"""The questions of a dossier: its unit, its events, one open question at a time, its requests, who gets it."""

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.access import format_role
from handlers.core import (
    BACK,
    NO,
    YES,
    Context,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    back_option,
    current_rights,
    format_bold,
    question_of,
)
from handlers.dossier import (
    OpenQuestion,
)
from handlers.dossier.filing import request_contents
from handlers.dossier.opened import (
    DIFFER,
    EVENTS,
    GIVE,
    HAND_OVER,
    LIST,
    MAIN,
    NOT_YOURS,
    ONE_IS_KEPT,
    QUESTION,
    SHOWN,
    TRUTH,
    UNIT,
    OpenDossier,
    current_dossier,
    gone_page,
    id_of,
    open_record,
    question_options,
    save_dossier,
    take_differences,
)
from handlers.dossier.texts import (
    format_label,
)
from handlers.model import Act, DossierRecord, Grant, RequestOffice, Rights, Unit
from locales import N_
from rules.facts import MergerRole, Subject
from rules.language import load_language, read

_WHAT_HAPPENED = N_("What happened to these?")
#: Answers that one tap does not give for many: each ends certificates. The words that say the same of single ones.
_OF_SINGLE = {
    "token": {"lost": "mất token", "damaged": "hỏng token", "locked": "khóa token"},
    "key_exposed": {"true": "bị lộ khóa"},
    "events": {"left_state_service": "nghỉ hưu", "deceased": "từ trần"},
}
_SINGLE = N_(
    "One tap does not say this of several certificates. Write their numbers, such as “{number} {said}”; if it is all of"
    " them, “{numbers} {said}”. Then answer for the others."
)


class DossierEventScreen(OptionsOnlyScreen):
    """Asks once what happened to the unit, in the words of the interview."""

    async def page(self, here: Context) -> Page:
        """Offer what can happen to a body."""
        found = await current_dossier(here)
        asked = question_of(here.pack, "events")
        if found is None or asked is None:
            return gone_page(here)
        unit = here.world.units.name(found.record.unit)
        title = here.say(N_("<b>What happened to {unit}?</b>"), unit=unit or here.say.t(N_("the unit")))
        return Page(title, (here.say(GIVE),), tuple(question_options(here, asked, Subject.ORGANISATION)))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Keep what happened to all."""
        found = await current_dossier(here)
        if found is None or value == BACK:
            return HandlerResult(here.session.with_screen(LIST))
        events = [] if value == "nothing" else [value]
        before = found.record
        answers = {key: _without_events(told) for key, told in before.answers.items()}  # the later word holds for all
        common = {**before.common, "events": events}
        record = before.model_copy(update={"common": common, "answers": answers})
        return await save_dossier(here, record)


async def take_event(here: Context, text: str) -> HandlerResult | None:
    """Take what happened to the unit from a sentence; of a merger without its kind, ask which it was."""
    told = read(text, load_language("vi")).facts
    events = told.get("events", [])
    if not events and not told.get("merged"):
        return None
    screen = DossierEventScreen()
    if len(events) == 1 and (await screen.page(here)).option(events[0]):
        return await screen.handle_option(here, events[0])
    return HandlerResult(here.session.with_screen(EVENTS, about=id_of(here.session)))


def _without_events(told: Mapping[str, Any]) -> dict[str, Any]:
    return {fact: value for fact, value in told.items() if fact != "events"}


class DossierQuestionScreen:
    """Asks the first open question, once for all certificates that it concerns."""

    async def page(self, here: Context) -> Page:
        """Show the question and whom it concerns."""
        found = await current_dossier(here)
        if found is None:
            return gone_page(here)
        if not found.open:
            return Page(here.say(N_("Everything is answered.")), options=(back_option(here.say.t),))
        one, asked = found.open[0], question_of(here.pack, found.open[0].fact)
        whom = [f"{found.entries.index(entry) + 1}. {format_label(entry)}" for entry in one.entries]
        named = ", ".join(whom[:SHOWN]) + (" …" if len(whom) > SHOWN else "")
        paragraphs = [here.say(N_("It concerns {count}: {names}"), count=len(whom), names=named)]
        paragraphs += [here.say(DIFFER)]
        options = (
            question_options(here, asked, _common_subject(one), events=one.entries[0].facts.events) if asked else ()
        )
        text = _WHAT_HAPPENED if one.fact == "events" else asked.text if asked else one.fact  # one tap is taken here
        title = format_bold(here.say.text(text))
        # exact: “5 mất token” tells of number 5, and is not the option that all tokens are lost
        return Page(title, tuple(paragraphs), (*options, back_option(here.say.t)), numbers="codes", exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Keep the answer for all it concerns."""
        found = await current_dossier(here)
        if found is None or value == BACK or not found.open:
            return HandlerResult(here.session.with_screen(MAIN, about=id_of(here.session)))
        one = found.open[0]
        if value in {MergerRole.DESIGNATED, MergerRole.SURVIVING} and len(one.entries) > 1:
            first, second = (found.entries.index(entry) + 1 for entry in one.entries[:2])
            return HandlerResult(here.session, notes=(here.say(ONE_IS_KEPT, number=first, other=second),))
        if value in _OF_SINGLE.get(one.fact, ()) and len(one.entries) > 1:
            numbers = [found.entries.index(entry) + 1 for entry in one.entries]
            words = {
                "number": numbers[0],
                "numbers": _format_numbers(numbers),
                "said": _OF_SINGLE[one.fact][value],
            }
            return HandlerResult(here.session, notes=(here.say(_SINGLE, **words),))
        return await _save_answer(here, _with_answer(here, found.record, one, value))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Take answers that differ from one to the other."""
        found = await current_dossier(here)
        return await take_differences(here, found, text, QUESTION) if found and found.entries else None


def _format_numbers(numbers: Sequence[int]) -> str:
    """Return exactly these numbers as they can be typed: “1-3, 5”."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


async def _save_answer(here: Context, record: DossierRecord) -> HandlerResult:
    """Go on to the next question, or back to the dossier."""
    return await save_dossier(here, record, QUESTION if open_record(here, record).open else MAIN)


def _common_subject(one: OpenQuestion) -> Subject | None:
    subjects = {entry.subject for entry in one.entries}
    return subjects.pop() if len(subjects) == 1 else None


def _with_answer(here: Context, record: DossierRecord, one: OpenQuestion, value: str) -> DossierRecord:
    fact: Any = [value] if one.fact == "events" else TRUTH.get(value, value)
    if one.fact == "events" and value == "nothing":
        fact = []
    if one.fact == "certificate":
        asked = question_of(here.pack, "certificate")
        option = next((option for option in asked.options if option.value == value), None) if asked else None
        fact = {**dict.fromkeys(option.not_known), **option.sets} if option else {}
    keys = {entry.source.key for entry in one.entries}
    answered = {key: {**record.answers.get(key, {}), one.fact: fact} for key in keys}
    return record.model_copy(update={"answers": {**record.answers, **answered}})


class DossierRegisterScreen(OptionsOnlyScreen):
    """Asks the focal officer to state that the unit has told its people, then registers a request for each."""

    async def page(self, here: Context) -> Page:
        """Show how many requests there are to be."""
        found = await current_dossier(here)
        if found is None:
            return gone_page(here)
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
        found = await current_dossier(here)
        if found is None or value != YES:
            return HandlerResult(here.session.with_screen(MAIN, about=id_of(here.session)))
        rights, contents = await current_rights(here), _contents(here, found)
        codes = await here.world.admin.dossiers.register(rights, found.record.id, contents)
        record = found.record.model_copy(update={"requests": (*found.record.requests, *codes)})
        known = len(contents) - len(codes)
        done = here.say(N_("✅ Registered: <b>{count}</b>; open already: {known}."), count=len(codes), known=known)
        return await save_dossier(here, record, MAIN, done)


def _contents(here: Context, found: OpenDossier) -> list[Any]:
    return request_contents(found.context, found.entries, found.papers, here.say.t, here.world.channel)


WITHOUT = "-"
#: Units that are offered for a typed name.
_MOST_UNITS = 8


async def begin_dossier(here: Context, rights: Rights, named: str = "") -> HandlerResult:
    """Begin a dossier for the unit of the role, or for a named one within reach; ask where neither says which."""
    codes = [here.session.unit or "", *rights.reach(Act.MAKE_DOSSIERS).units]
    if named:
        sure = [one.code for one in _find_units(here, rights, named, sure=True)]
        codes = [named.upper(), *(sure if len(sure) == 1 else [])]
    fitting = (code for code in codes if here.world.units.get(code) and rights.may(Act.MAKE_DOSSIERS, code))
    if unit := next(fitting, None):
        return await _begin_for(here, rights, unit)
    if named and not _find_units(here, rights, named):
        return HandlerResult(here.session, notes=(here.say(_NO_UNIT, name=named),))
    return HandlerResult(here.session.with_screen(UNIT, about=named))


_NO_UNIT = N_("I find no unit “{name}” within your reach.")


def _find_units(here: Context, rights: Rights, named: str, *, sure: bool = False) -> list[Unit]:
    found = here.world.units.find(named, _MOST_UNITS, today=here.today) if named else []
    units = dict.fromkeys(one.unit for one in found if one.sure or not sure)
    return [one for one in units if one.is_open(here.today) and rights.may(Act.MAKE_DOSSIERS, one.code)]


async def _begin_for(here: Context, rights: Rights, unit: str | None) -> HandlerResult:
    record = await here.world.admin.dossiers.save(rights, DossierRecord(unit=unit))
    if record is None:
        return HandlerResult(here.session, notes=(here.say(NOT_YOURS),))
    known = open_record(here, record).context.unit
    screen = MAIN if known and known.paths else EVENTS
    return HandlerResult(here.session.with_screen(screen, about=record.id))


class DossierUnitScreen:
    """Asks for which unit a dossier is, where the role is not one of a unit."""

    async def page(self, here: Context) -> Page:
        """Offer the units of a typed name."""
        t, rights = here.say.t, await current_rights(here)
        found = _find_units(here, rights, here.session.about or "")
        options = [Option(one.code, one.body, (one.code.lower(),)) for one in found]
        if rights.may(Act.MAKE_DOSSIERS, None):
            options.append(Option(WITHOUT, t(N_("It is in no list: go on without a unit")), ("khong co", "without")))
        told = here.say(N_("Type its name, such as “xã Nhơn Trạch”, or its code."))
        title = here.say(N_("<b>For which unit is the dossier?</b>"))
        return Page(title, (told,), (*options, back_option(t)), numbers="values")

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Begin it."""
        if value == BACK:
            return HandlerResult(here.session.with_screen(LIST))
        rights = await current_rights(here)
        return await _begin_for(here, rights, None if value == WITHOUT else value)

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Look for a name."""
        return await begin_dossier(here, await current_rights(here), text.strip())


async def begin_handing_over(here: Context, found: OpenDossier) -> HandlerResult:
    """Hand it to the only admin there is, or ask which one gets it."""
    rights = await current_rights(here)
    those = await here.world.admin.dossiers.receivers(rights, found.record.id)
    if len(those) > 1:
        return HandlerResult(here.session.with_screen(HAND_OVER, about=found.record.id))
    office = await here.world.admin.dossiers.hand_over(rights, found.record.id)
    return _handed_over(here, office)


def _handed_over(here: Context, office: RequestOffice | None) -> HandlerResult:
    if office is None:
        return HandlerResult(here.session, notes=(here.say(N_("No admin of this unit can be found to hand it to.")),))
    role = format_role(here.say.t, here.world.units, office.role, office.unit)
    note = here.say(N_("The dossier and its requests are with {office} now."), office=role)
    return HandlerResult(here.session.with_screen(LIST), notes=(note,))


class DossierHandScreen(OptionsOnlyScreen):
    """Asks which admin gets a dossier."""

    async def page(self, here: Context) -> Page:
        """Offer the admins above the unit, the nearest first."""
        found, rights = await current_dossier(here), await current_rights(here)
        if found is None:
            return gone_page(here)
        those = await here.world.admin.dossiers.receivers(rights, found.record.id)
        options = [Option(one.id, _format_receiver(here, rights, one), (one.id.lower(),)) for one in those]
        title = here.say(N_("<b>Who gets dossier {dossier} and its requests?</b>"), dossier=found.record.id)
        told = here.say(N_("It is no longer yours then."))
        return Page(title, (told,), (*options, back_option(here.say.t)))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Give it, or go back."""
        dossier = id_of(here.session)
        if value == BACK:
            return HandlerResult(here.session.with_screen(MAIN, about=dossier))
        rights = await current_rights(here)
        return _handed_over(here, await here.world.admin.dossiers.hand_over(rights, dossier, value))


def _format_receiver(here: Context, rights: Rights, grant: Grant) -> str:
    """Name an admin by role, unit and number; by the name they were invited with only to whoever may see holders."""
    named = grant.label if grant.label and rights.may(Act.SEE_HOLDERS, grant.unit) else ""
    return " · ".join(
        filter(None, (format_role(here.say.t, here.world.units, grant.role, grant.unit), named, grant.id))
    )
