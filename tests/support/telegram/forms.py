"""Parameters of a call: https://core.telegram.org/bots/api#making-requests."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.requests import Request

from tests.support.telegram.errors import ApiError, bad_request

#: Upload limit, https://core.telegram.org/bots/api#sending-files: 50 MB, plus room for the form around it.
UPLOAD_LIMIT = 50 * 1024 * 1024


@dataclass(frozen=True)
class Upload:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Form:
    """The parameters of a call. All are text on the wire; each method converts what it needs, as the original does."""

    fields: Mapping[str, str]
    files: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.fields.get(name, "")

    def number(self, name: str, default: int = 0, low: int | None = None, high: int | None = None) -> int:
        """Return a number as the original does: other text counts as 0, and a number out of range is moved into it."""
        value = _number(self.fields[name]) if name in self.fields else default
        value = value if low is None else max(low, value)
        return value if high is None else min(high, value)

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in {"true", "yes", "1"}

    def parsed(self, name: str, what: str) -> Any:
        if not self.text(name):
            return None
        try:
            return json.loads(self.text(name))
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0


async def read(request: Request) -> Form:
    """Read the parameters from query string, URL-encoded form, JSON or multipart."""
    fields = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if int(request.headers.get("content-length", "0")) > UPLOAD_LIMIT:
        raise ApiError(413, "Request Entity Too Large")
    if kind == "multipart/form-data":
        return await _multipart(request, fields)
    body = await request.body()
    if kind == "application/json":
        return Form({**fields, **_from_json(body)})
    return Form({**fields, **dict(parse_qsl(body.decode(), keep_blank_values=True))})


def _from_json(body: bytes) -> dict[str, str]:
    given = json.loads(body or b"{}")
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}


async def _multipart(request: Request, fields: dict[str, str]) -> Form:
    files: dict[str, Upload] = {}
    async with request.form(max_part_size=UPLOAD_LIMIT) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name] = Upload(value.filename or "", value.content_type or "", await value.read())
            else:
                fields[name] = value
    return Form(fields, files)


#: callback_data: "1-64 bytes", https://core.telegram.org/bots/api#inlinekeyboardbutton.
DATA_LIMIT = 64
BUTTON_LIMIT = 100
ROW_LIMIT = 8


def inline_keyboard(form: Form) -> list[list[dict[str, Any]]] | None:
    """Return the rows of ``reply_markup``, or ``None`` if there is none. A button without text is left out."""
    markup = form.parsed("reply_markup", "reply keyboard markup")
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected")
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    kept = [[button for button in map(_button, row) if button["text"]] for row in rows]
    if sum(map(len, kept)) > BUTTON_LIMIT or any(len(row) > ROW_LIMIT for row in kept):
        raise bad_request("reply markup is too long")
    return [row for row in kept if row] or None


def _button(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _unparsable("InlineKeyboardButton must be an Object")
    if not isinstance(given.get("text"), str):
        raise _unparsable('Can\'t find field "text"')
    if url := given.get("url"):
        return {"text": given["text"], "url": url}
    data = given.get("callback_data")
    if not isinstance(data, str) or not data:
        raise _unparsable("Text buttons are unallowed in the inline keyboard")
    if len(data.encode()) > DATA_LIMIT:
        raise bad_request("BUTTON_DATA_INVALID")
    return {"text": given["text"], "callback_data": data}


def _unparsable(why: str) -> ApiError:
    return bad_request(f"can't parse inline keyboard button: {why}")
