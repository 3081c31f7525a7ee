"""The place that each sealed value of the tables is bound to, and ids of rows: known before a row is written."""

from typing import NamedTuple

from bot.store.sealing import Keyring, SealContext


def chat_id(keyring: Keyring, channel: str, address: str) -> str:
    """Return the id of a chat: it is found again from the address, and says nothing about it."""
    return keyring.lookup("chat", channel, address)


def certificate_id(keyring: Keyring, certificate_key: str) -> str:
    """Return the digest that finds requests for one certificate (``RequestContent.certificate_key``)."""
    return keyring.lookup("serial", certificate_key)  # the word stays: stored ids were made with it


def address(chat: str) -> SealContext:
    """Place of the platform's chat id."""
    return SealContext("chats", "address", chat)


def session(chat: str) -> SealContext:
    """Place of the conversation."""
    return SealContext("chats", "session", chat)


def update(chat: str, update_id: str) -> SealContext:
    """Place of an update; the channel is part of the chat's id."""
    return SealContext("inbox", "payload", f"{chat} {update_id}")


def payload(chat: str, origin: str) -> SealContext:
    """Place of a message that goes out."""
    return SealContext("outbox", "payload", f"{chat} {origin}")


def message(chat: str, origin: str) -> SealContext:
    """Place of the platform's id of a sent message."""
    return SealContext("outbox", "message", f"{chat} {origin}")


def content(code: str) -> SealContext:
    """Place of the content of a request."""
    return SealContext("requests", "content", code)


def note(code: str, revision: int) -> SealContext:
    """Place of the reason for a move of a request."""
    return SealContext("request_history", "note", f"{code} {revision}")


def grant_label(grant: str) -> SealContext:
    """Place of the name of a person with a role."""
    return SealContext("grants", "label", grant)


def invitation_label(invitation: str) -> SealContext:
    """Place of the name of an invited person."""
    return SealContext("invitations", "label", invitation)


def grant_seal(grant: str) -> SealContext:
    """Place of the seal of a role."""
    return SealContext("grants", "seal", grant)


def invitation_seal(invitation: str) -> SealContext:
    """Place of the seal of an invitation."""
    return SealContext("invitations", "seal", invitation)


def warrant(broadcast: str) -> SealContext:
    """Place of the seal that says who wrote and approved a broadcast."""
    return SealContext("broadcasts", "warrant", broadcast)


def journal_head() -> SealContext:
    """Place of the seal of the journal's end."""
    return SealContext("audit_head", "seal", "1")


def standing_id(chat: str, interview: int) -> str:
    """Return the id of a row of the register of certificates."""
    return f"{chat}:{interview}"


def subscriber(standing: str) -> SealContext:
    """Place of the name on a certificate of the register."""
    return SealContext("standings", "subscriber", standing)


def task(task_id: str) -> SealContext:
    """Place of the order of a task."""
    return SealContext("tasks", "spec", task_id)


def broadcast_content(broadcast: str) -> SealContext:
    """Place of text, audience and plan of a broadcast (``BroadcastDraft``)."""
    return SealContext("broadcasts", "content", broadcast)


def broadcast_document(broadcast: str) -> SealContext:
    """Place of the file that goes along with a broadcast."""
    return SealContext("broadcasts", "document", broadcast)


def broadcast_findings(broadcast: str) -> SealContext:
    """Place of the findings of the last check (``CheckReport``)."""
    return SealContext("broadcasts", "findings", broadcast)


def broadcast_origin(broadcast: str, chat: str) -> str:
    """Return the unique origin of one recipient's message, whose payload is ``PlaceholderValues``, not a reply."""
    return f"broadcast:{broadcast}:{chat}"


def zalo_tokens(app: str) -> SealContext:
    """Place of the pair of tokens of a Zalo Official Account."""
    return SealContext("zalo_accounts", "tokens", app)


def zalo_event(key: str) -> SealContext:
    """Place of an event as Zalo sent it."""
    return SealContext("zalo_events", "payload", key)


def zalo_phone(chat: str) -> SealContext:
    """Place of the telephone number that a person sent by Zalo's own form."""
    return SealContext("zalo_people", "phone", chat)


def link_digest(keyring: Keyring, purpose: str, token: str) -> str:
    """Return the digest that finds a one-time link: the token is kept nowhere, and guessing meets a keyed HMAC."""
    return keyring.lookup("one-time link", purpose, token)


def link_about(digest: str) -> SealContext:
    """Place of the name, media type and size of the file behind a link."""
    return SealContext("one_time_links", "about", digest)


def link_content(digest: str) -> SealContext:
    """Place of the file behind a link."""
    return SealContext("one_time_links", "content", digest)


def zalo_message_digest(keyring: Keyring, message: str) -> str:
    """Return the digest under which it is kept how far a message got."""
    return keyring.lookup("zalo message", message)


def desk_cookie_digest(keyring: Keyring, cookie: str) -> str:
    """Return the digest that finds the session of a browser on the admin pages."""
    return keyring.lookup("desk session", cookie)


def browser_digest(keyring: Keyring, cookie: str) -> str:
    """Return the digest that finds the conversation of a browser."""
    return keyring.lookup("web browser", cookie)


def browser_address(digest: str) -> SealContext:
    """Place of the address of the conversation of a browser."""
    return SealContext("web_browsers", "address", digest)


def web_payload(chat: str, origin: str) -> SealContext:
    """Place of a message of the web chat."""
    return SealContext("web_messages", "payload", f"{chat} {origin}")


def web_file_about(file: str) -> SealContext:
    """Place of the name, media type and size of a file of the web chat."""
    return SealContext("web_files", "about", file)


def web_file_content(file: str) -> SealContext:
    """Place of a file of the web chat."""
    return SealContext("web_files", "content", file)


def word_digest(keyring: Keyring, folded: str) -> str:
    """Return the digest that finds requests with this folded word: half of one is enough to tell words apart."""
    return keyring.lookup("word", folded)[:16]


def open_word_digest(keyring: Keyring, folded: str) -> str:
    """Return the digest of a word that tells nothing about a person."""
    return keyring.lookup("open word", folded)[:16]


def dossier(dossier_id: str) -> SealContext:
    """Place of a dossier of a whole unit."""
    return SealContext("dossiers", "content", dossier_id)


def office(office_id: str) -> SealContext:
    """Place of a receiving office that was set in the chat."""
    return SealContext("receiving_offices", "content", office_id)


class SealedColumn(NamedTuple):
    """A column of sealed values, in SQL words: the row's key, and the row part of the value's place."""

    table: str
    column: str
    key: str
    row: str
    before_first: str | int  #: sorts before every key
    at_once: int = 1_000  #: values that fit into memory at the same time


#: Every sealed column there is: what a rotation goes through.
SEALED_COLUMNS = (
    SealedColumn("audit_head", "seal", "id", "'' || id", 0),  # first: by it other processes notice which key is in use
    SealedColumn("chats", "address", "id", "id", ""),
    SealedColumn("chats", "session", "id", "id", ""),
    SealedColumn("inbox", "payload", "id", "chat || ' ' || update_id", 0),
    SealedColumn("outbox", "payload", "id", "chat || ' ' || origin", 0, at_once=5),
    SealedColumn("outbox", "message", "id", "chat || ' ' || origin", 0),
    SealedColumn("requests", "content", "code", "code", ""),
    SealedColumn("request_history", "note", "id", "code || ' ' || revision", 0),
    SealedColumn("grants", "label", "id", "id", ""),
    SealedColumn("invitations", "label", "id", "id", ""),
    SealedColumn("standings", "subscriber", "id", "id", ""),
    SealedColumn("tasks", "spec", "id", "id", ""),
    SealedColumn("broadcasts", "content", "id", "id", ""),
    SealedColumn("broadcasts", "document", "id", "id", "", at_once=1),
    SealedColumn("broadcasts", "findings", "id", "id", ""),
    SealedColumn("dossiers", "content", "id", "id", "", at_once=5),
    SealedColumn("receiving_offices", "content", "id", "id", ""),
    SealedColumn("grants", "seal", "id", "id", ""),
    SealedColumn("invitations", "seal", "id", "id", ""),
    SealedColumn("broadcasts", "warrant", "id", "id", ""),
    SealedColumn("zalo_accounts", "tokens", "app", "app", ""),
    SealedColumn("zalo_events", "payload", "id", "key", 0),
    SealedColumn("zalo_people", "phone", "chat", "chat", ""),
    SealedColumn("one_time_links", "about", "digest", "digest", ""),
    SealedColumn("one_time_links", "content", "digest", "digest", "", at_once=1),
    SealedColumn("web_browsers", "address", "digest", "digest", ""),
    SealedColumn("web_messages", "payload", "id", "chat || ' ' || origin", 0),
    SealedColumn("web_files", "about", "id", "id", ""),
    SealedColumn("web_files", "content", "id", "id", "", at_once=1),
)
