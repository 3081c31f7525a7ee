"""List the commands that people type, for everybody and for those with a role, and do what they say."""

import re
from collections.abc import Iterable

from markupsafe import Markup

from handlers.admin import search_requests, to_opening_list
from handlers.admin.desk import to_desk
from handlers.admin.exports import order_typed_export
from handlers.admin.people import (
    accept_invitation,
)
from handlers.admin.statistics import show_statistics
from handlers.broadcasts.reminders import (
    REMINDER_COMMANDS,
    begin_reminder,
    resume_reminders,
    stop_reminders,
)
from handlers.broadcasts.screens import open_typed_broadcast, parse_broadcast_code
from handlers.broadcasts.screens import to_broadcast_list as broadcasts
from handlers.channels.screens import CHANNELS_COMMAND, start_with_code
from handlers.core import (
    Command,
    Context,
    HandlerResult,
    cited_documents,
    current_question,
    current_rights,
    format_bold,
    format_documents,
    format_statement,
    hash_text,
    join_lines,
)
from handlers.dossier.notices import STOPPED
from handlers.dossier.screens import open_dossiers
from handlers.email import EMAIL_COMMAND, STAFF_COMMAND
from handlers.interview import condition_facts, to_previous_step
from handlers.interview.screens.file import explain_export, offer_upload
from handlers.interview.screens.welcome import (
    begin_anew,
    show_notice,
)
from handlers.model import BROADCAST_PREFIX, Act, AuditAction, LinkPurpose, Role, may_any_role
from handlers.offices.screens import run_offices
from handlers.own_data import format_data_ordered, format_data_under_way
from locales import LANGUAGES, N_, translator
from rules.language.spelling import strip_accents
from rules.questions import Question


async def _run_roles(here: Context, holder: str) -> HandlerResult:
    return HandlerResult(
        here.session.with_screen("role", about=holder.upper()) if holder else here.session.with_screen("roles")
    )


async def _run_journal(here: Context, _: str) -> HandlerResult:
    return HandlerResult(here.session.with_screen("journal"))


async def _run_export(here: Context, form: str) -> HandlerResult:
    opened = here.session.open_visit("export")
    return await order_typed_export(here.with_session(opened), form) if form else HandlerResult(opened)


async def _run_list(here: Context, words: str) -> HandlerResult:
    return await search_requests(here, words) if words else HandlerResult(to_opening_list(here))


async def _run_broadcasts(here: Context, code: str) -> HandlerResult:
    return (
        await open_typed_broadcast(here, parse_broadcast_code(code) or code)
        if code
        else HandlerResult(broadcasts(here))
    )


async def _run_desk(here: Context, _: str) -> HandlerResult:
    return HandlerResult(to_desk(here))


async def _run_pages(here: Context, _: str) -> HandlerResult:
    """Tell a link that signs one browser in, once; the journal says that it was made."""
    rights, address = await current_rights(here), await here.world.make_link(LinkPurpose.SIGN_IN)
    if address is None:
        return HandlerResult(here.session, notes=(here.say(_NO_PAGES),))
    await here.world.admin.journal.record(
        rights, AuditAction.SIGN_IN_LINK, rights.actor, unit=rights.journal_unit(Act.USE_PAGES)
    )
    return HandlerResult(here.session, notes=(here.say(_SIGN_IN, address=address), here.say(_SIGN_IN_SAFETY)))


#: A code that links two channels, as /kenh shows it.
_CHANNEL_CODE = re.compile(r"[0-9]{5}-[0-9]{5}")
_NO_PAGES = N_("No browser reaches this assistant. Whoever runs it can set TROLY_WEB_LISTEN.")
_SIGN_IN = N_("Your desk in a browser: {address}")
_SIGN_IN_SAFETY = N_(
    "The link works once, within 30 minutes. Pass it on to nobody: whoever opens it acts in your name. The browser"
    " stays signed in for 8 hours after its last use."
)
ADMIN_COMMANDS = (
    Command("banlamviec", N_("my desk: what waits, and all I can do"), _run_desk, ("desk",), needs=Act.SEE_REQUESTS),
    Command("danhsach", N_("the request list; with words, those that have them"), _run_list, needs=Act.SEE_REQUESTS),
    Command(
        "donvi",
        N_("the papers of a whole unit, from many certificates"),
        open_dossiers,
        ("hoso",),
        needs=Act.MAKE_DOSSIERS,
    ),
    Command("xuat", N_("export the requests of the list as a file"), _run_export, needs=Act.EXPORT_REQUESTS),
    Command(
        "thongbao",
        N_("broadcasts and reminders: write one, see how far it is"),
        _run_broadcasts,
        ("broadcast",),
        needs=Act.SEE_BROADCASTS,
    ),
    Command(
        "thongke", N_("numbers of the units I look after"), show_statistics, ("stats", "bieudo"), needs=Act.SEE_PICTURE
    ),
    Command(
        "noinhan",
        N_("receiving offices: who receives our dossiers, change, confirm"),
        run_offices,
        ("coquantiepnhan", "offices"),
        needs=Act.CHANGE_OFFICES,
    ),
    STAFF_COMMAND,
    Command("vaitro", N_("roles: who has which, invite, end"), _run_roles, needs=Act.SEE_HOLDERS),
    Command(
        "web",
        N_("my desk in a browser: a link that signs me in once"),
        _run_pages,
        ("trangquantri", "trinhduyet"),
        needs=Act.USE_PAGES,
    ),
    Command("nhatky", N_("the journal: who did what"), _run_journal, needs=Act.SEE_JOURNAL),
)


async def _start(here: Context, invitation: str) -> HandlerResult:
    if invitation.upper().startswith(f"{BROADCAST_PREFIX}-"):  # a letter leads here
        code = parse_broadcast_code(invitation)
        if code and await here.world.reminders.has_received(code):
            return await begin_reminder(here, code)
        invitation = ""
    if linking := await start_with_code(here, invitation):
        return linking
    taken = (await accept_invitation(here, invitation),) if invitation else ()
    if here.session.consented_at is None:
        return HandlerResult(here.session.with_screen("welcome"), notes=taken, whole=True)
    if (await current_rights(here)).grants:
        return HandlerResult(to_desk(here), notes=taken)
    note = here.say(N_("Hello again. We go on where we were; /lamlai begins anew."))
    session = here.session.to_previous_screen() if here.session.screen == "stopped" else here.session
    return HandlerResult(session, notes=(*taken, note), whole=session.screen in ("question", "condition"))


async def _restart(here: Context, _: str) -> HandlerResult:
    return await begin_anew(here)


async def _back(here: Context, _: str) -> HandlerResult:
    earlier = to_previous_step(here)
    first = () if earlier else (here.say(N_("This is the first question.")),)
    return HandlerResult(earlier or here.session, notes=first)


async def _review(here: Context, _: str) -> HandlerResult:
    return HandlerResult(here.session.with_screen("review"))


async def _why(here: Context, _: str) -> HandlerResult:
    """Explain why the open question is asked, with the citations of the reason."""
    asked = _asked_questions(here)
    if not asked:
        return HandlerResult(
            here.session, notes=(here.say(N_("Each reason stands in the answer, with its document.")),)
        )
    reasons = (format_statement(question.why, here.say.t) for question in asked)
    why = join_lines(format_bold(here.say(N_("Why I ask"))), *reasons)
    return HandlerResult(here.session, notes=(why,))


def _asked_questions(here: Context) -> list[Question]:
    """Return the open questions of the pack; none on a page that asks for something else."""
    if here.session.screen == "condition":
        facts = condition_facts(here.session, here.pack, here.today)
        return [question for question in here.pack.questions if question.fact in facts]
    asked = current_question(here.session, here.pack, here.today)
    return [asked] if here.session.screen == "question" and asked else []


async def _help(here: Context, _: str) -> HandlerResult:
    say = here.say
    typing = say(N_("Tap a button, or type its number or a few of its words, with or without accents."))
    notes = (
        format_bold(say(N_("What you can send me"))),
        typing,
        _format_commands(here, COMMANDS),
        *await explain_export(here),
    )
    return HandlerResult(here.session, notes=(*notes, *await _format_admin_help(here)))


async def _format_admin_help(here: Context) -> tuple[Markup, ...]:
    rights = await current_rights(here)
    mine = [command for command in ADMIN_COMMANDS if command.needs and rights.reach(command.needs)]
    return (
        (format_bold(here.say(N_("By your role you can also send me"))), _format_commands(here, mine)) if mine else ()
    )


def _format_commands(here: Context, commands: Iterable[Command]) -> Markup:
    return join_lines(*(f"/{command.name} – {here.say(command.description)}" for command in commands))


async def _send_file(here: Context, _: str) -> HandlerResult:
    """Tell a page that takes a file; where the channel brings files, none is needed."""
    offered = await offer_upload(here)
    return HandlerResult(here.session, notes=offered or (here.say(N_("Send the file right here in the chat.")),))


async def _stop(here: Context, _: str) -> HandlerResult:
    if here.session.last_tap == STOPPED:
        return HandlerResult(here.session.with_changes(last_tap=None))
    return HandlerResult(here.session.open_visit("stopped"))


async def _language(here: Context, wanted: str) -> HandlerResult:
    if wanted in LANGUAGES:
        session = here.session.with_changes(language=wanted)
        return HandlerResult(
            session, notes=(here.with_session(session).say(N_("From now on I speak English. Your answers are kept.")),)
        )
    return HandlerResult(here.session.open_visit("language"))


async def _documents(here: Context, _: str) -> HandlerResult:
    return HandlerResult(here.session, notes=tuple(format_documents(here.say, cited_documents(here))))


async def _requests(here: Context, code: str) -> HandlerResult:
    return HandlerResult(
        here.session.with_screen("request", about=code.upper()) if code else here.session.with_screen("requests")
    )


async def _my_data(here: Context, _: str) -> HandlerResult:
    """Order the person's data as files; they are made outside the turn, because that may take a while."""
    ordered = await here.world.own_data.order(here.session.language)
    return HandlerResult(here.session, notes=((format_data_ordered if ordered else format_data_under_way)(here.say),))


async def _notice(here: Context, _: str) -> HandlerResult:
    return await show_notice(here)


async def _erase(here: Context, _: str) -> HandlerResult:
    return HandlerResult(here.session.open_visit("erase"))


COMMANDS = (
    Command("start", N_("greet and begin"), _start, ("batdau", "tieptuc"), before_consent=True),
    Command("lamlai", N_("begin anew"), _restart),
    Command("quaylai", N_("one step back"), _back),
    Command("xemlai", N_("review or change my answers"), _review),
    Command("visao", N_("why this question"), _why),
    Command("vanban", N_("the documents cited"), _documents, before_consent=True),
    Command("yeucau", N_("my requests"), _requests, before_consent=True),
    Command("trogiup", N_("help"), _help, ("help",), before_consent=True),
    Command("huy", N_("stop, and keep my answers"), _stop, ("stop", "cancel")),
    Command("ngonngu", N_("language: Tiếng Việt / English"), _language, ("language",), before_consent=True),
    CHANNELS_COMMAND,
    EMAIL_COMMAND,
    Command("dungnhan", N_("no more reminders"), stop_reminders, ("dungnhac", "unsubscribe"), before_consent=True),
    Command("nhanlai", N_("reminders again"), resume_reminders, ("nhanlainhacnho", "subscribe"), before_consent=True),
    Command("quyenrieng", N_("what I store and why"), _notice, ("privacy",), before_consent=True),
    Command("dulieu", N_("what is held about me"), _my_data, before_consent=True),
    Command("xoadulieu", N_("delete what is held about me"), _erase, before_consent=True),
)
#: Told where it is of use: on channels that bring no files.
_UNLISTED = (Command("guitep", N_("a page that takes a file"), _send_file, ("upload",)),)
_ALL_COMMANDS = (*COMMANDS, *_UNLISTED, *REMINDER_COMMANDS, *ADMIN_COMMANDS)
_BY_NAME = {name: command for command in _ALL_COMMANDS for name in (command.name, *command.aliases)}


def menu_commands(roles: Iterable[Role]) -> tuple[Command, ...]:
    """Return the commands of a person with these roles: those of the roles first, then everybody's."""
    held = tuple(roles)
    mine = (command for command in ADMIN_COMMANDS if command.needs and may_any_role(held, command.needs))
    return (*mine, *COMMANDS)


def menu_digest(roles: Iterable[Role]) -> str:
    """Return a digest that changes with the menu of these roles, in any language."""
    listed = (
        f"{command.name} {translator(one)(command.description)}"
        for command in menu_commands(roles)
        for one in LANGUAGES
    )
    return hash_text("\n".join(listed))


def parse_command(text: str) -> tuple[str, str] | None:
    """Split a command line such as ``/ngonngu@troly_bot en`` into name and argument; ``None`` if it is no command.

    A bare code of another channel is the command that takes it: nothing else has that form.
    """
    if _CHANNEL_CODE.fullmatch(text.strip()):
        return CHANNELS_COMMAND.name, text.strip()
    if not text.startswith("/"):
        return None
    head, _, argument = text[1:].partition(" ")
    return head.partition("@")[0].lower(), argument.strip()


def is_stop(text: str) -> bool:
    """Return whether a message is the command that stops what is under way."""
    named = parse_command(text)
    command = find_command(named[0]) if named else None
    return command is not None and command.name == "huy"


def find_command(name: str) -> Command | None:
    """Find a command by name or alias, with or without accents."""
    return _BY_NAME.get(strip_accents(name))
