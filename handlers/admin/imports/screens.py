"""An exported list that came back: what it would change, and a yes to it."""

from handlers.office import import_words
from handlers.office.export_words import number
from handlers.office.holding import labels_of, rights_of
from handlers.office.importing import Plan, Sheet
from handlers.office.rights import Act, Rights
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from locales import N_

YES, NO = "yes", "no"


class Imported(NoText):
    """The plan, made anew whenever it is shown."""

    async def page(self, here: Here) -> Page:
        """What would change; a yes only where all of it can be."""
        say, found = here.say, await _waiting(here)
        back = Option(NO, say.t(N_("Back")), ("quay lai", "khong", "thoi", "back"))
        if found is None:
            return Page(say(N_("No list waits here any more.")), options=(back,))
        rights, plan = found
        told = import_words.told(say, plan, labels=await labels_of(here, rights))
        if plan.applicable:
            return Page(say(N_("<b>Import changed states?</b>")), told, _answers(here, plan), exact=True)
        why = say(N_("Nothing can be applied as the list stands."))
        return Page(say(N_("<b>This list was not imported</b>")), (*told, why), (back,), exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """All of it, or nothing."""
        found = await _waiting(here) if value == YES else None
        if found is not None:
            return await _applied(here, *found)
        await _drop(here)
        return Answered(here.session.to_previous_screen(), notes=(here.say(N_("Nothing was changed.")),))


def _answers(here: Here, plan: Plan) -> tuple[Option, Option]:
    t = here.say.t
    yes = t(N_("Yes, change {number}"), number=number(here.say, len(plan.changes)))
    return (
        Option(YES, yes, ("co", "dong y", "yes")),
        Option(NO, t(N_("No, change nothing")), ("khong", "thoi", "no")),
    )


async def arrived(here: Here, sheet: Sheet) -> Answered | None:
    """A list was sent by somebody who may import one; ``None``: by anybody else."""
    rights, say = await rights_of(here), here.say
    if not rights.reach(Act.IMPORT_REQUESTS):
        return None
    if sheet.trouble is not None:
        return Answered(here.session, notes=(say(import_words.TROUBLES[sheet.trouble]),))
    plan = await here.world.admin.imports.plan(rights, sheet.lines)
    if not (plan.changes or plan.conflicts or plan.bad):
        return Answered(here.session, notes=(say(N_("The list changes nothing.")), *import_words.told(say, plan)))
    name = await here.world.admin.imports.save_lines(sheet.lines)
    visit = here.session.open_visit("import")
    return Answered(visit.with_changes(about=_about(name, plan)))


async def _waiting(here: Here) -> tuple[Rights, Plan] | None:
    """The plan as it is now; ``None`` where no list waits, or the right to import one is gone."""
    rights = await rights_of(here)
    if not rights.reach(Act.IMPORT_REQUESTS):
        return None
    lines = await here.world.admin.imports.load_lines(_name(here))
    return None if lines is None else (rights, await here.world.admin.imports.plan(rights, lines))


async def _applied(here: Here, rights: Rights, _: Plan) -> Answered:
    imports = here.world.admin.imports
    imported = await imports.apply(rights, await imports.load_lines(_name(here)) or (), _mark(here))
    note = import_words.outcome(here.say, imported)
    if not imported.applied:
        return Answered(here.session.with_changes(about=_about(_name(here), imported.plan)), notes=(note,))
    await _drop(here)
    return Answered(here.session.to_previous_screen(), notes=(note,))


async def _drop(here: Here) -> None:
    if (await rights_of(here)).grants:
        await here.world.admin.imports.drop_lines(_name(here))


def _about(name: str, plan: Plan) -> str:
    """Which list, and what of it was seen."""
    return f"{name} {plan.mark}"


def _name(here: Here) -> str:
    return (here.session.about or "").partition(" ")[0]


def _mark(here: Here) -> str:
    return (here.session.about or "").partition(" ")[2]
