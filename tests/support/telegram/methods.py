"""The methods of the server, by their name in lower case (the original ignores case)."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.support.telegram import messages, settings
from tests.support.telegram.account import DOWNLOAD_LIMIT, Account
from tests.support.telegram.errors import bad_request, conflict
from tests.support.telegram.forms import Form
from tests.support.telegram.updates import POLL_LIMIT

Method = Callable[[Account, Form], Awaitable[Any]]
WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
ACTIONS = frozenset(
    {"typing", "choose_sticker", "find_location", "upload_document"}
    | {f"{act}_{what}" for what in ("video", "voice", "video_note") for act in ("record", "upload")}
    | {"upload_photo"}
)


async def get_me(account: Account, form: Form) -> Any:
    """https://core.telegram.org/bots/api#getme"""
    return account.me


async def get_updates(account: Account, form: Form) -> Any:
    """https://core.telegram.org/bots/api#getupdates"""
    if account.webhook["url"]:
        raise conflict(WEBHOOK_ACTIVE)
    settings.remember_allowed_updates(account, form)
    limit = form.number("limit", 100, 1, 100)
    return await account.updates.poll(form.number("offset"), limit, form.number("timeout", 0, 0, POLL_LIMIT))


async def get_file(account: Account, form: Form) -> Any:
    """https://core.telegram.org/bots/api#getfile"""
    if not form.text("file_id"):
        raise bad_request("file_id not specified")
    document = account.files.get(form.text("file_id"))
    if document is None:
        raise bad_request("invalid file_id")
    if len(document.content) > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    whole = document.as_json()
    kept = {name: whole[name] for name in ("file_id", "file_unique_id", "file_size")}
    return {**kept, "file_path": f"documents/{document.file_id}"}


async def answer_callback_query(account: Account, form: Form) -> Any:
    """https://core.telegram.org/bots/api#answercallbackquery: once, and soon; text of at most 200 characters."""
    query = form.text("callback_query_id")
    if query not in account.callbacks:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(form.text("text")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    account.callbacks.remove(query)
    return True


async def send_chat_action(account: Account, form: Form) -> Any:
    """https://core.telegram.org/bots/api#sendchataction"""
    if form.text("action").lower() not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    account.chat(form.text("chat_id"))
    return True


METHODS: dict[str, Method] = {
    "getme": get_me,
    "getupdates": get_updates,
    "setwebhook": settings.set_webhook,
    "deletewebhook": settings.delete_webhook,
    "getwebhookinfo": settings.get_webhook_info,
    "sendmessage": messages.send_message,
    "senddocument": messages.send_document,
    "sendphoto": messages.send_photo,
    "editmessagetext": messages.edit_message_text,
    "editmessagereplymarkup": messages.edit_message_reply_markup,
    "deletemessage": messages.delete_message,
    "getfile": get_file,
    "answercallbackquery": answer_callback_query,
    "sendchataction": send_chat_action,
    "setmycommands": settings.set_my_commands,
    "getmycommands": settings.get_my_commands,
    "deletemycommands": settings.delete_my_commands,
}
#: Methods that count against the sending limits.
PAID = frozenset({"sendmessage", "senddocument", "sendphoto"})
LIMITED = frozenset({"sendmessage", "senddocument", "sendphoto", "editmessagetext", "editmessagereplymarkup"})
