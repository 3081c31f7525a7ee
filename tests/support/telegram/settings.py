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


def _scope(form: Form) -> str:
    scope = form.parsed("scope", "bot command scope") or {"type": "default"}
    return json.dumps([scope, form.text("language_code")], sort_keys=True)


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
    account.commands[_scope(form)] = commands
    return True


async def get_my_commands(account: Account, form: Form) -> Any:
    return account.commands.get(_scope(form), [])


async def delete_my_commands(account: Account, form: Form) -> Any:
    account.commands.pop(_scope(form), None)
    return True
