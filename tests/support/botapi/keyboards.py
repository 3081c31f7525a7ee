"""Inline keyboards: https://core.telegram.org/bots/api#inlinekeyboardmarkup."""

from typing import Any

from tests.support.botapi.errors import ApiError, bad_request
from tests.support.botapi.forms import Form

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
