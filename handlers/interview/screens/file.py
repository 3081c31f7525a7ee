"""Files that arrived: the certificates they gave, and the explanation where they gave none."""

from collections.abc import Iterable
from itertools import islice

from markupsafe import Markup

from handlers.core import Context, FileRead, FileSent, HandlerResult, MarkupTranslator, Option, Session, SheetRead
from handlers.model import (
    FILE_PROBLEMS,
    SECRET_PROBLEMS,
    Certificate,
    FileProblem,
    FileProblemKind,
    LinkPurpose,
    Reading,
    truncate_certificate,
)
from locales import N_

#: Files kept by reference until there is consent: as many as Telegram allows in one album.
MAX_WAITING_FILES = 10
SEND_AGAIN = N_("I see a certificate but have not read it. Please send it again after you agree.")
WARNING = N_(
    "🛑 <b>Security warning.</b> This holds a private key, a PIN or a password. I did not keep it and I"
    " ask the channel to delete"
    " the message. Delete it yourself too, wherever you have sent it. If anyone else may have seen it, treat the key as"
    " exposed: tell your managing body and ask for revocation. I only need the certificate (.cer), never the key."
)
CA_FILE_NOTE = N_(
    "This is the certificate of a certification authority, not of a body or a person. Please send your own certificate."
)
#: Problems for which the instructions for exporting a certificate help.
_PROBLEMS_SOLVED_BY_EXPORT = frozenset(
    {
        FileProblemKind.PICTURE,
        FileProblemKind.UNKNOWN_TYPE,
        FileProblemKind.NO_CERTIFICATE,
        FileProblemKind.REQUEST,
        FileProblemKind.PUBLIC_KEY,
        FileProblemKind.BROKEN,
        FileProblemKind.SUBJECT_UNREADABLE,
        FileProblemKind.SERIAL_UNREADABLE,
        FileProblemKind.END_UNREADABLE,
    }
)
#: Characters that the certificates waiting for confirmation may take in a session.
_MAX_OFFERED_SIZE = 80 * 1024
#: Entries of an archive that are named one by one.
_MAX_ENTRIES_NAMED = 5


def _offer_certificates(here: Context, reading: Reading, name: str = "") -> HandlerResult:
    """Handle the result of a file: offer its certificates for confirmation, and explain its problems.

    Until the officer has said which certificate is meant, the certificates of further files are added to those offered.

    Args:
        here: The context of the turn.
        reading: The certificates and problems of the file.
        name: The file's name, if several files were sent.
    """
    troubles = {problem.trouble for problem in reading.problems}
    if troubles & SECRET_PROBLEMS:
        return HandlerResult(here.session.with_changes(warned=True), notes=(here.say(WARNING),), secret=True)
    notes = tuple(_format_file_problems(here.say, reading.problems, name))
    own = _merge_offered(
        here.session, [certificate for certificate in reading.certificates if not certificate.authority]
    )
    if own:
        offered = _limit_offered(own)
        cut = here.say(N_("Only the first {number} are shown."), number=len(offered))
        more = (cut,) if len(own) > len(offered) else ()
        return HandlerResult(here.session.with_screen("certificate", offered=offered), notes=(*notes, *more))
    if reading.certificates:
        return HandlerResult(here.session, notes=(*notes, _format_with_file_name(name, here.say(CA_FILE_NOTE))))
    how = (EXPORT,) if troubles & _PROBLEMS_SOLVED_BY_EXPORT else ()
    again = () if here.world.takes_files else (SEND_BY_LINK,)
    return HandlerResult(here.session, notes=(*notes, *map(here.say, (*how, *again))))


def _merge_offered(session: Session, own: list[Certificate]) -> list[Certificate]:
    """Add new certificates to those offered already, each once by fingerprint; return none if the file gave none."""
    if not own or session.screen != "certificate":
        return own
    return list({one.fingerprint: one for one in (*session.offered, *own)}.values())


def _limit_offered(own: Iterable[Certificate]) -> tuple[Certificate, ...]:
    """Return as many certificates as a session may hold, because it is read and written with every message."""
    offered: list[Certificate] = []
    room = _MAX_OFFERED_SIZE
    for certificate in map(truncate_certificate, islice(own, SHOWN)):
        room -= len(certificate.model_dump_json())
        if offered and room < 0:
            break
        offered.append(certificate)
    return tuple(offered)


def _format_file_problems(say: MarkupTranslator, problems: tuple[FileProblem, ...], name: str) -> list[Markup]:
    said = [_format_file_problem(say, problem, name) for problem in problems[:_MAX_ENTRIES_NAMED]]
    more = len(problems) - _MAX_ENTRIES_NAMED
    return [*said, *([say(N_("Other entries that could not be read: {number}."), number=more)] if more > 0 else [])]


def _format_file_problem(say: MarkupTranslator, problem: FileProblem, name: str) -> Markup:
    where = f"{name} › {problem.where}" if name and problem.where else name or problem.where
    return _format_with_file_name(where, say(FILE_PROBLEMS[problem.trouble]))


def _format_with_file_name(where: str, sentence: Markup) -> Markup:
    return Markup("<code>{}</code>: {}").format(where, sentence) if where else sentence


def keep_file_for_consent(here: Context, event: FileSent) -> HandlerResult:
    """Keep a file sent before consent by reference and without its name.

    Refuse one whose name says that it holds a key.
    """
    if event.name.lower().endswith((".pfx", ".p12", ".key")):
        return HandlerResult(here.session.with_changes(warned=True), notes=(here.say(WARNING),), secret=True)
    if len(here.session.waiting_files) >= MAX_WAITING_FILES:
        full = N_("No more than {number} files can wait until you agree. Please send the others after that.")
        return HandlerResult(here.session, notes=(here.say(full, number=MAX_WAITING_FILES),))
    waiting = event.model_copy(update={"name": "", "secret": False, "caption": ""})
    note = here.say(N_("I will read the file as soon as you agree."))
    return HandlerResult(here.session.with_changes(waiting_files=(*here.session.waiting_files, waiting)), notes=(note,))


def take_file_read(here: Context, event: FileRead) -> HandlerResult:
    """Take in the result of a file only after consent; warn of a secret in any case."""
    secret = SECRET_PROBLEMS & {problem.trouble for problem in event.reading.problems}
    if here.session.consented_at is None and not secret:
        return HandlerResult(here.session, notes=(here.say(SEND_AGAIN),))
    return _offer_certificates(here, event.reading, _file_label(here, event))


def _file_label(here: Context, event: FileRead) -> str:
    """Return the file's name if it is one of several, else an empty text."""
    several = event.album or (here.session.screen == "certificate" and here.session.offered)
    return event.name if several else ""


def to_unreadable_file(event: SheetRead) -> FileRead:
    """Treat a list from a person who may not import as a file without a certificate."""
    nothing = Reading(problems=(FileProblem(trouble=FileProblemKind.NO_CERTIFICATE),))
    return FileRead(reading=nothing, message=event.message, group=event.group)


EXPORT = N_(
    "<b>How to get the file.</b>\n"
    "• The shortest way: send a PDF that was signed with it.\n"
    "• On a phone: forward the .cer file or a signed PDF here; the colleague who has the token can send it to you.\n"
    "• Windows: plug in the token, press Windows + R, type <code>certmgr.msc</code>, open Personal,"
    " Certificates, open the"
    " certificate, then Details, Copy to File, choose <b>No, do not export the private key</b>, DER or"
    " Base-64, save as .cer.\n"
    "• Adobe Reader: open a PDF you signed, click the signature, Signature Properties, Show Signer's"
    " Certificate, Export.\n"
    "• The token's own tool: open the certificate, choose Export certificate (.cer).\n"
    "The words of the menus may differ a little from version to version."
)


SEND_BY_LINK = N_(
    "This channel brings me no files. Send /guitep: I answer with a page that takes the certificate file (.cer, .crt,"
    " .p7b, or a PDF signed with it)."
)


_UPLOAD_HERE = N_("This channel brings me no files. Send yours on this page: {address}")


_UPLOAD_ONCE = N_("<i>The page takes one file, within 30 minutes. For another page send /guitep.</i>")


_NO_UPLOAD = N_("This channel brings me no files, and no page takes them here. Please type what the certificate says.")


async def explain_export(here: Context) -> tuple[Markup, ...]:
    """Explain how to get the file; where the channel brings none, also how to send it."""
    return (here.say(EXPORT), *await offer_upload(here))


async def offer_upload(here: Context) -> tuple[Markup, ...]:
    """Tell a page that takes a file, where the channel brings none."""
    if here.world.takes_files:
        return ()
    address = await here.world.make_link(LinkPurpose.UPLOAD)
    if address is None:
        return (here.say(_NO_UPLOAD),)
    return (here.say(_UPLOAD_HERE, address=address), here.say(_UPLOAD_ONCE))


#: Certificates shown at most; a note tells of more. A channel takes up to 100 buttons.
SHOWN = 50


HOW_TO_FIND_THE_DAY = "how"


SEND_THE_FILE = N_("Send the certificate file (.cer, .crt, .p7b, or a PDF signed with it) right here, now or later.")


def how_option(here: Context) -> Option:
    """Return the option that explains how to get the file."""
    words = ("cach xuat tep", "lay tep o dau", "huong dan")
    return Option(HOW_TO_FIND_THE_DAY, here.say.t(N_("How do I get the file?")), words, ticks=False)
