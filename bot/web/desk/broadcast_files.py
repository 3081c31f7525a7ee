"""What comes to a draft as a file: the list of the people it is for, and the document that goes along."""

from dataclasses import dataclass

from starlette.responses import Response

from bot.channels import parse_address
from bot.errors import InputError
from bot.exports.broadcast_files import (
    BroadcastDocument,
    ListedPerson,
    find_people,
    read_document,
    read_people_apart,
)
from bot.pages import attachment_headers
from bot.web.desk.broadcasts import NO_BROADCAST, broadcast_page, find_broadcast
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.broadcasts.admin_text import RESULT_MESSAGES
from handlers.core import Attachment
from handlers.model import Act, ActionResult, Broadcast, BroadcastDraft
from locales import N_

_NO_FILE = N_("Please choose a file first. Nothing was changed.")
_WRONG_LINES = N_("{file}: {count} lines cannot be taken. Nothing was changed. Please mend them and choose it again.")
_NO_DOCUMENT = N_("No file goes along with this broadcast.")


@dataclass(frozen=True, slots=True)
class _Refused:
    """A file that cannot be used."""

    error: InputError


async def read_list(file: Attachment) -> tuple[ListedPerson, ...] | _Refused:
    """Read a list of people in a process of its own, before any transaction opens."""
    try:
        return await read_people_apart(file.content, file.name[:100])
    except InputError as error:
        return _Refused(error)


async def read_file(file: Attachment) -> BroadcastDocument | _Refused:
    """Look whether a file is one that is sent along."""
    try:
        return read_document(file.name, file.content, file.name[:100])
    except InputError as error:
        return _Refused(error)


async def set_people(visit: DeskVisit) -> Response:
    """Send it to the people of a list alone, or to all within its other conditions again."""
    one = await find_broadcast(visit)
    if one is None:
        return visit.sorry(NO_BROADCAST, 404)
    if visit.form.get("remove") == "1":
        return await _changed(visit, one, _with_people(one, None), "no_people")
    read = visit.read
    if read is None or isinstance(read, _Refused):
        return await _say(visit, one, _told(visit, read))
    found = await find_people(visit.admin, visit.rights, read, parse_address)
    if found.wrong:
        file = visit.form.file.name[:100] if visit.form.file else ""
        message = visit.say.t(_WRONG_LINES, file=file, count=len(found.wrong))
        return await _say(visit, one, message, found.tell_wrong(visit.say.t))
    return await _changed(visit, one, _with_people(one, found.chats), "people")


def _with_people(one: Broadcast, chats: tuple[str, ...] | None) -> BroadcastDraft:
    audience = one.draft.audience.model_copy(update={"chats": chats})
    return one.draft.model_copy(update={"audience": audience})


async def set_document(visit: DeskVisit) -> Response:
    """Let a document go along, another one, or none."""
    one = await find_broadcast(visit)
    if one is None:
        return visit.sorry(NO_BROADCAST, 404)
    if visit.form.get("remove") == "1":
        return await _changed(visit, one, one.draft.model_copy(update={"document": None}), "no_document")
    read = visit.read
    if read is None or isinstance(read, _Refused):
        return await _say(visit, one, _told(visit, read))
    draft = one.draft.model_copy(update={"document": read.name, "document_type": read.media_type})
    return await _changed(visit, one, draft, "document", read.content)


async def show_document(visit: DeskVisit) -> Response:
    """Hand over what goes along: nobody approves a file unseen."""
    found = await visit.admin.broadcasts.document(visit.rights, str(visit.request.path_params["code"])[:20].upper())
    if found is None:
        return visit.sorry(_NO_DOCUMENT, 404)
    headers = attachment_headers(found.name, len(found.content))
    return Response(found.content, media_type="application/octet-stream", headers=headers)


def _told(visit: DeskVisit, read: _Refused | None) -> str:
    return read.error.say(visit.say.t) if read else visit.say.t(_NO_FILE)


async def _say(visit: DeskVisit, one: Broadcast, message: str, lines: list[str] | None = None) -> Response:
    return await broadcast_page(visit, one, message, "", status=400, wrong_lines=lines or [])


async def _changed(
    visit: DeskVisit, one: Broadcast, draft: BroadcastDraft, done: str, document: bytes | None = None
) -> Response:
    typed = visit.form.get("revision")
    revision = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 16 else -1
    became = await visit.admin.broadcasts.change(visit.rights, one.id, revision, draft, document)
    if became is ActionResult.NOT_YOURS:
        return visit.sorry(RESULT_MESSAGES[became], 403)
    return visit.to(f"/desk/broadcasts/{one.id}?done={done if became is ActionResult.DONE else became}")


FILE_ROUTES = (
    DeskRoute("GET", "/desk/broadcasts/{code}/document", Act.SEE_BROADCASTS, show_document),
    DeskRoute("POST", "/desk/broadcasts/{code}/document", Act.WRITE_BROADCASTS, set_document, takes=read_file),
    DeskRoute("POST", "/desk/broadcasts/{code}/people", Act.WRITE_BROADCASTS, set_people, takes=read_list),
)
