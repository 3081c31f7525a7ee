"""Webhook and commands: https://core.telegram.org/bots/api#setwebhook, #setmycommands."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from tests.support.telegram.account import Account
from tests.support.telegram.errors import bad_request, conflict
from tests.support.telegram.forms import Form

COMMAND = re.compile(r"[a-z0-9_]{1,32}")


def remember_allowed_updates(account: Account, form: Form) -> None:
    """Remember the kinds of updates: an empty list means all, and a missing one keeps the previous setting."""
    if form.text("allowed_updates"):
        account.updates.allowed = frozenset(form.parsed("allowed_updates", "allowed updates")) or None


async def set_webhook(account: Account, form: Form) -> Any:
    url, secret = form.text("url"), form.text("secret_token")
    if url and urlsplit(url).scheme not in {"http", "https"}:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not re.fullmatch(r"[\w-]*", secret, re.ASCII):
        raise bad_request("secret token contains unallowed characters")
    remember_allowed_updates(account, form)
    account.webhook = {"url": url, "secret": secret, "connections": form.number("max_connections", 40, 1, 100)}
    if url:
        account.updates.abort(conflict("terminated by setWebhook request"))
    _drop_pending(account, form)
    account.updates.wake()
    return True


async def delete_webhook(account: Account, form: Form) -> Any:
    account.webhook = {"url": ""}
    _drop_pending(account, form)
    return True


def _drop_pending(account: Account, form: Form) -> None:
    if form.flag("drop_pending_updates"):
        for update in account.updates.pending():
            account.updates.drop(update)


async def get_webhook_info(account: Account, form: Form) -> Any:
    """https://core.telegram.org/bots/api#webhookinfo"""
    info = {"url": account.webhook["url"], "has_custom_certificate": False}
    return {**info, "pending_update_count": len(account.updates)}


#: https://core.telegram.org/bots/api#botcommandscope
SCOPES = frozenset({"default", "all_private_chats", "all_group_chats", "all_chat_administrators"})
CHAT_SCOPES = frozenset({"chat", "chat_administrators", "chat_member"})


def _scope(account: Account, form: Form) -> str:
    """Return scope and language as one key; a scope of a chat needs a chat that the bot may write to."""
    scope = form.parsed("scope", "BotCommandScope") or {"type": "default"}
    language = form.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("invalid language code specified")
    if not isinstance(scope, dict):
        raise bad_request("can't parse BotCommandScope: expected an Object")
    kind = scope.get("type")
    if kind not in SCOPES | CHAT_SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    if kind in CHAT_SCOPES:
        scope = {**scope, "chat_id": _scope_chat(account, scope, kind)}
    return json.dumps([scope, language], sort_keys=True)


def _scope_chat(account: Account, scope: dict[str, Any], kind: str) -> int:
    chat_id = str(scope.get("chat_id", ""))
    if not chat_id:
        raise bad_request("can't parse BotCommandScope: chat_id is empty")
    if kind == "chat_member" and not scope.get("user_id"):
        raise bad_request("can't parse BotCommandScope: invalid user_id specified")
    chat = account.chat(chat_id)
    if kind != "chat" and chat.private:
        raise bad_request("can't parse BotCommandScope: chat is private")
    return chat.id


async def set_my_commands(account: Account, form: Form) -> Any:
    """Accept at most 100 commands: 1-32 characters a-z, 0-9 and _; with a description of 1-256 characters."""
    commands = form.parsed("commands", "bot commands")
    if not isinstance(commands, list):
        raise bad_request("expected an Array of BotCommand")
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for one in commands:
        if not COMMAND.fullmatch(one["command"].removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(one["description"]) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    account.commands[_scope(account, form)] = commands
    return True


async def get_my_commands(account: Account, form: Form) -> Any:
    return account.commands.get(_scope(account, form), [])


async def delete_my_commands(account: Account, form: Form) -> Any:
    account.commands.pop(_scope(account, form), None)
    return True
