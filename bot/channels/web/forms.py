"""Reads what a browser posts, inside limits of size, and refuses what another site made it post."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from handlers.core import Attachment

#: Bytes of a file, and of a form without one.
LARGEST_FILE = 20 * 1024 * 1024
LARGEST_FORM = 256 * 1024
_MOST_FIELDS = 16


class FormTooLarge(Exception):  # noqa: N818 - what happened
    """More bytes came than are taken."""


class FormUnreadable(Exception):  # noqa: N818 - what happened
    """No form can be read in what came."""


@dataclass(frozen=True, slots=True)
class PostedForm:
    """The fields of a form, and its file."""

    fields: Mapping[str, str]
    file: Attachment | None = None

    def get(self, name: str) -> str:
        """Return a field, empty where it is missing."""
        return self.fields.get(name, "")


async def read_form(request: Request) -> PostedForm:
    """Read a form as it comes; what is over the limit is not read to its end.

    Raises:
        FormTooLarge: it is over the limit.
        FormUnreadable: it is no form.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        return await _read_multipart(request)
    if media_type != "application/x-www-form-urlencoded":
        raise FormUnreadable
    body = bytearray()
    async for chunk in _bounded(request, LARGEST_FORM):
        body += chunk
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise FormUnreadable from None
    return PostedForm(dict(pairs))


async def _read_multipart(request: Request) -> PostedForm:
    parser = MultiPartParser(
        request.headers, _bounded(request, LARGEST_FILE + LARGEST_FORM),
        max_files=1, max_fields=_MOST_FIELDS, max_part_size=LARGEST_FORM,
    )  # fmt: skip
    parser.spool_max_size = LARGEST_FILE + LARGEST_FORM  # in memory: nothing of a person lies open on a disk
    try:
        form = await parser.parse()
    except (MultiPartException, MultipartParseError, KeyError, UnicodeDecodeError):
        raise FormUnreadable from None
    try:
        return await _to_posted(form)
    finally:
        await form.close()


async def _to_posted(form: FormData) -> PostedForm:
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    uploads = [value for value in form.values() if isinstance(value, UploadFile) and (value.filename or value.size)]
    if not uploads:
        return PostedForm(fields)
    (upload,) = uploads
    content = await upload.read()
    if len(content) > LARGEST_FILE:
        raise FormTooLarge
    media_type = (upload.content_type or "application/octet-stream").lower()[:100]
    return PostedForm(fields, Attachment.of(upload.filename or "", media_type, content))


async def _bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise FormTooLarge
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if read > most:
            raise FormTooLarge
        yield chunk


def is_from_elsewhere(request: Request, own: str) -> bool:
    """Tell whether another site made the browser post this; ``own`` is our address."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin not in {None, "null"} and origin != own and urlsplit(origin or "").netloc != request.url.netloc
