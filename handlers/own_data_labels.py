"""Everything that can be held about a person: what each part is called, and how its value is said."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from handlers import own_data_words as words
from handlers.office.rights import ROLES
from handlers.own_data_words import Wording, as_it_is, at, on, one_of
from handlers.requests.fields import FIELDS
from handlers.requests.words import EVENTS, PROCEDURES, STATES, SUBJECTS
from handlers.screens.certificate_words import PARTS
from handlers.screens.expiry import ISSUERS
from handlers.screens.review import NAMES
from locales import N_


@dataclass(frozen=True, slots=True)
class Part:
    """A part by its name in the JSON; of a list, every entry."""

    label: str  #: message id
    wording: Wording = as_it_is
    inside: Mapping[str, "Part"] = field(default_factory=dict)
    apart: bool = False  #: entries of a list go on lines of their own


_LANGUAGE = one_of({"vi": N_("Vietnamese"), "en": N_("English")})
_ISSUERS = one_of({issuer: label for issuer, (label, _) in ISSUERS.items()})
_FIELDS = {name: Part(asked.title) for name, asked in FIELDS.items()}
_CHAT = {
    "channel": Part(N_("Channel")),
    "address": Part(N_("Your address there")),
    "first_contact_at": Part(N_("First message"), at),
    "last_contact_at": Part(N_("Last message"), at),
    "blocked_at": Part(N_("You stopped the assistant"), at),
    "unit": Part(N_("Unit code")),
}
_CERTIFICATE = {
    "subject": Part(N_("Subject"), words.attribute, apart=True),
    "name": Part(N_("Name on the certificate")),
    "superior": Part(N_("Superior or parent body")),
    "units": Part(N_("Unit")),
    "locality": Part(N_("Place")),
    "email": Part(N_("Official e-mail")),
    "issuer": Part(N_("Issuer in full"), words.attribute, apart=True),
    "issuer_name": Part(N_("Issued by")),
    "serial": Part(N_("Serial number")),
    "not_before": Part(N_("Valid from"), at),
    "not_after": Part(N_("Valid until"), at),
    "signed_serial": Part(N_("Serial number with its sign")),
    "key": Part(N_("Public key"), words.key),
    "signature_algorithm": Part(N_("Signature algorithm")),
    "policies": Part(N_("Certificate policies")),
    "fingerprint": Part(N_("SHA-256 fingerprint")),
    "subscriber": Part(N_("Kind of subscriber"), one_of(SUBJECTS)),
    "issuer_kind": Part(N_("Kind of issuer"), _ISSUERS),
    "authority": Part(N_("Certificate of an authority")),
    "unreadable": Part(N_("Could not be read"), one_of(PARTS)),
    "recognition": Part(N_("How far the issuer is known"), one_of(words.RECOGNITIONS)),
}
_KNOWN = {
    "not_before": Part(N_("Valid from"), on),
    "not_after": Part(N_("Valid until"), on),
    "issuer": Part(N_("Issued by"), _ISSUERS),
}
_ANSWERS = {
    "subject": Part(NAMES["subject"], one_of(SUBJECTS)),
    "events": Part(NAMES["events"], one_of(EVENTS)),
    "merger_role": Part(NAMES["merger_role"], one_of(words.ROLES)),
    "certificate": Part(NAMES["certificate"], inside=_KNOWN),
    "information_matches": Part(NAMES["information_matches"]),
    "token": Part(NAMES["token"], one_of(words.TOKENS)),
    "key_exposed": Part(NAMES["key_exposed"]),
}
_PLACE = {
    "screen": Part(N_("Open screen"), one_of(words.SCREENS)),
    "about": Part(N_("About"), one_of(words.TOPICS)),
}
_READING = {
    "certificates": Part(N_("Certificate"), inside=_CERTIFICATE),
    "problems": Part(N_("Trouble"), words.problem, apart=True),
}
_CHART = {
    "kind": Part(N_("Kind of chart"), one_of({"bars": N_("bars"), "burn_down": N_("burn-down")})),
    "title": Part(N_("Title")),
    "note": Part(N_("Note")),
    "series": Part(N_("Parts of a bar")),
    "bars": Part(N_("Bars"), words.bar, apart=True),
    "nothing": Part(N_("Said where there is nothing")),
    "axis": Part(N_("What the figures count")),
    "start": Part(N_("First day"), on),
    "until": Part(N_("Target"), on),
    "open": Part(N_("Open, day by day")),
    "open_label": Part(N_("Name of the line")),
    "ideal_label": Part(N_("Name of the even pace")),
    "until_label": Part(N_("Name of the target")),
}
_EVENT = {
    "kind": Part(N_("Kind"), one_of(words.KINDS)),
    "message": Part(N_("Number of the message")),
    "group": Part(N_("In a group")),
    "secret": Part(N_("A secret came with it, which is not kept")),
    "album": Part(N_("Sent together with others")),
    "text": Part(N_("Text")),
    "data": Part(N_("Button")),
    "reference": Part(N_("Reference of the file")),
    "name": Part(N_("File name")),
    "size": Part(N_("Size in bytes")),
    "reading": Part(N_("What was read"), inside=_READING),
    "what": Part(N_("Content"), one_of(words.UNREADABLE)),
    "chart": Part(N_("Chart"), inside=_CHART),
    "title": Part(N_("Title")),
    "picture": Part(N_("Picture"), words.bytes_of),
    "trouble": Part(N_("Why there is no picture"), one_of(words.UNDRAWN)),
    "broadcast": Part(N_("Broadcast")),
    "language": Part(N_("Language"), _LANGUAGE),
}
_DRAFT = {
    "fields": Part(N_("Filled in"), inside=_FIELDS),
    "unit_code": Part(N_("Unit code")),
    "answer": Part(N_("Answer that was given")),
    "code": Part(N_("Request code")),
    "editing": Part(N_("Asked again"), one_of(words.TOPICS)),
    "doubted": Part(N_("Waiting for your yes")),
}
_WANTED = {
    "unit": Part(N_("Unit code")),
    "procedures": Part(N_("Procedure"), one_of(PROCEDURES)),
    "states": Part(N_("Stands at"), one_of(STATES)),
    "since": Part(N_("Registered from"), on),
    "until": Part(N_("Registered until"), on),
    "expires_from": Part(N_("Certificate ends from"), on),
    "expires_until": Part(N_("Certificate ends until"), on),
    "text": Part(N_("Words searched for")),
}

_DERIVED = {
    "certificate": Part(N_("Fingerprint of the certificate")),
    "former": Part(N_("Code of the former unit")),
    "unit": Part(N_("Unit code")),
}
_DESK = {
    "wanted": Part(N_("Filter"), inside=_WANTED),
    "turned": Part(N_("Pages turned")),
    "revision": Part(N_("Changes seen")),
    "moving_to": Part(N_("State chosen"), one_of(STATES)),
    "note": Part(N_("Reason given")),
    "mark": Part(N_("Mark of the requests to be changed")),
    "unit": Part(N_("Unit code")),
}

_BROADCAST = {
    "name": Part(N_("Code of the broadcast")),
    "revision": Part(N_("Changes seen")),
    "turned": Part(N_("Pages turned")),
    "campaign": Part(N_("A campaign")),
    "deadline": Part(N_("Deadline"), on),
    "guided": Part(N_("Asked part by part")),
    "wish": Part(N_("Waiting for your yes"), one_of(words.WISHES)),
}
_SESSION = {
    **_PLACE,
    "language": Part(N_("Language"), _LANGUAGE),
    "consented_at": Part(N_("You agreed"), at),
    "version": Part(N_("Screens shown")),
    "pack": Part(N_("Rule pack")),
    "answers": Part(N_("Answers"), inside=_ANSWERS),
    "certificate": Part(N_("Certificate"), inside=_CERTIFICATE),
    "came_from": Part(N_("Way back"), inside=_PLACE),
    "ticked": Part(N_("Ticked"), one_of(words.OPTIONS)),
    "guesses": Part(N_("Offered as a guess"), one_of(words.OPTIONS)),
    "offered": Part(N_("Certificate to confirm"), inside=_CERTIFICATE),
    "typed_expiry": Part(N_("Typed day of expiry"), on),
    "waiting_files": Part(N_("File waiting for your consent"), inside=_EVENT),
    "draft": Part(N_("Request being written"), inside=_DRAFT),
    "set_aside": Part(N_("Request set aside before it was sent"), inside=_DRAFT),
    "unit": Part(N_("Unit code")),
    "unit_skipped": Part(N_("Unit left open")),
    "derived": Part(N_("What happened was filled in from"), inside=_DERIVED),
    "interview": Part(N_("Certificates taken up")),
    "registered_key": Part(N_("Certificate a request was registered for")),
    "desk": Part(N_("Request list"), inside=_DESK),
    "broadcast": Part(N_("Broadcasts"), inside=_BROADCAST),
    "said_before": Part(N_("Said before the open question")),
    "warned": Part(N_("Warned of a secret that was sent")),
}
_STANDING = {
    "interview": Part(N_("Certificates taken up")),
    "unit": Part(N_("Unit code")),
    "subscriber": Part(N_("Name on the certificate")),
    "not_after": Part(N_("Valid until"), on),
    "owed": Part(N_("To be registered"), one_of(PROCEDURES)),
    "known_at": Part(N_("Known since"), at),
    "changed_at": Part(N_("Changed last"), at),
}
_CONTENT = {
    "subject": Part(N_("Kind of subscriber"), one_of(SUBJECTS)),
    "subscriber": Part(FIELDS["subscriber"].title),
    "unit": Part(FIELDS["unit"].title),
    "unit_code": Part(N_("Unit code")),
    "certificate_name": Part(N_("Name on the certificate")),
    "serial": Part(FIELDS["serial"].title),
    "signed_serial": Part(N_("Serial number with its sign")),
    "not_after": Part(N_("Valid until"), on),
    "procedure": Part(N_("Procedure"), one_of(PROCEDURES)),
    "form": Part(N_("Form")),
    "events": Part(NAMES["events"], one_of(EVENTS)),
    "news": Part(N_("New information"), inside=_FIELDS),
    "decision": Part(N_("Answer that was given")),
    "pack": Part(N_("Rule pack")),
    "channel": Part(N_("Channel")),
}
_REQUEST = {
    "code": Part(N_("Request code")),
    "state": Part(N_("Stands at"), one_of(STATES)),
    "content": Part(N_("What is asked for"), inside=_CONTENT),
    "history": Part(N_("What became of it"), words.step, apart=True),
}
_RECEIVED = {
    "id": Part(N_("Number at the channel")),
    "state": Part(N_("Stands at"), one_of(words.RECEIVED)),
    "received_at": Part(N_("Received"), at),
    "event": Part(N_("What you sent"), inside=_EVENT),
}
_REPLY = {
    "paragraphs": Part(N_("Text"), words.unmarked, apart=True),
    "choices": Part(N_("Button"), words.choice, apart=True),
    "attachments": Part(N_("File"), words.attachment, apart=True),
    "action": Part(N_("To do"), one_of(words.ACTIONS)),
    "target": Part(N_("Number of the message")),
}
_VALUES = {
    "language": Part(N_("Language"), _LANGUAGE),
    "name": Part(N_("Name on the certificate")),
    "unit": Part(N_("Unit")),
    "day": Part(N_("Deadline"), on),
    "to_do": Part(N_("To be registered"), one_of(PROCEDURES)),
}
_OUTGOING = {
    "state": Part(N_("Stands at"), one_of(words.OUTGOING)),
    "queued_at": Part(N_("Written"), at),
    "message_id": Part(N_("Number of the message")),
    "broadcast": Part(N_("Code of the broadcast")),
    "reason": Part(N_("Why it ended so"), one_of(words.REASONS)),
    "values": Part(N_("What a reminder says of you"), inside=_VALUES),
    "reply": Part(N_("Message"), inside=_REPLY),
}
_ROLE = {
    "id": Part(N_("Code")),
    "role": Part(N_("Role"), one_of(ROLES)),
    "unit": Part(N_("Code of the unit")),
    "label": Part(N_("How you are called")),
    "granted_at": Part(N_("Given"), at),
    "ended_at": Part(N_("Ended"), at),
}
_TASK = {
    "id": Part(N_("Code")),
    "kind": Part(N_("Kind"), one_of(words.TASKS)),
    "state": Part(N_("Stands at"), one_of(words.TASK_STATES)),
    "created_at": Part(N_("Ordered"), at),
}
_ANSWER = {
    "broadcast": Part(N_("Code of the broadcast")),
    "done_at": Part(N_("You said that it is done"), at),
    "later_on": Part(N_("To be reminded again"), on),
}
_REMINDERS = {
    "stopped_at": Part(N_("No reminders wanted since"), at),
    "reminded_at": Part(N_("First reminder"), at),
    "answers": Part(N_("Answer to a reminder"), inside=_ANSWER),
}
#: As ``handlers.ports.OwnData.sections`` gives it.
_EARLIER = {
    "received": Part(N_("From you")),
    "outgoing": Part(N_("To you")),
}
HELD = {
    "chat": Part(N_("This chat"), inside=_CHAT),
    "session": Part(N_("Conversation"), inside=_SESSION),
    "standings": Part(N_("Certificate known to your unit"), inside=_STANDING),
    "roles": Part(N_("Role"), inside=_ROLE),
    "tasks": Part(N_("Work ordered"), inside=_TASK),
    "reminders": Part(N_("Reminders"), inside=_REMINDERS),
    "requests": Part(N_("Request"), inside=_REQUEST),
    "received": Part(N_("Message from you"), inside=_RECEIVED),
    "outgoing": Part(N_("Message to you"), inside=_OUTGOING),
    "earlier": Part(N_("Older messages, of which only a number and a time are kept"), inside=_EARLIER),
}
