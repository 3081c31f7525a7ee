"""The labels of all data that can be stored about a person, and how each value is formatted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from handlers import own_data_text as words
from handlers.core import EVENT_LABELS
from handlers.forms.fields import FORM_FIELDS, form_field_name
from handlers.interview import FACT_LABELS
from handlers.interview.screens.certificate import ISSUERS, PART_LABELS
from handlers.model import FormField
from handlers.notices import TIMING_LABELS
from handlers.offices import FILED_LABELS, OFFICE_FIELDS
from handlers.own_data_text import ValueFormatter, choose_label, format_as_is, format_iso_day, format_iso_moment
from handlers.requests import FIELDS, PROCEDURE_LABELS, STATE_LABELS, SUBJECT_LABELS
from locales import N_


@dataclass(frozen=True, slots=True)
class DataPart:
    """A part, by its name in the JSON; for a list, it describes every entry."""

    label: str  #: message id
    wording: ValueFormatter = format_as_is
    inside: Mapping[str, "DataPart"] = field(default_factory=dict)
    apart: bool = False  #: entries of a list go on lines of their own


_LANGUAGE = choose_label({"vi": N_("Vietnamese"), "en": N_("English")})
_ISSUERS = choose_label({issuer: label for issuer, (label, _) in ISSUERS.items()})
_FIELDS = {name: DataPart(asked.title) for name, asked in FIELDS.items()}
CHAT = {
    "channel": DataPart(N_("Channel")),
    "address": DataPart(N_("Your address there")),
    "first_contact_at": DataPart(N_("First message"), format_iso_moment),
    "last_contact_at": DataPart(N_("Last message"), format_iso_moment),
    "blocked_at": DataPart(N_("You stopped the assistant"), format_iso_moment),
    "unit": DataPart(N_("Unit code")),
    "told_of_requests": DataPart(N_("New requests are told to you"), choose_label(TIMING_LABELS)),
}
_CERTIFICATE = {
    "subject": DataPart(N_("Subject"), words.format_attribute, apart=True),
    "name": DataPart(N_("Name on the certificate")),
    "superior": DataPart(N_("Superior or parent body")),
    "units": DataPart(N_("Unit")),
    "locality": DataPart(N_("Place")),
    "email": DataPart(N_("Official e-mail")),
    "issuer": DataPart(N_("Issuer in full"), words.format_attribute, apart=True),
    "issuer_name": DataPart(N_("Issued by")),
    "serial": DataPart(N_("Serial number")),
    "not_before": DataPart(N_("Valid from"), format_iso_moment),
    "not_after": DataPart(N_("Valid until"), format_iso_moment),
    "signed_serial": DataPart(N_("Serial number with its sign")),
    "key": DataPart(N_("Public key"), words.format_public_key),
    "signature_algorithm": DataPart(N_("Signature algorithm")),
    "policies": DataPart(N_("Certificate policies")),
    "fingerprint": DataPart(N_("SHA-256 fingerprint")),
    "subscriber": DataPart(N_("Kind of subscriber"), choose_label(SUBJECT_LABELS)),
    "issuer_kind": DataPart(N_("Kind of issuer"), _ISSUERS),
    "authority": DataPart(N_("Certificate of an authority")),
    "unreadable": DataPart(N_("Could not be read"), choose_label(PART_LABELS)),
    "recognition": DataPart(N_("How far the issuer is known"), choose_label(words.RECOGNITIONS)),
}
_CERTIFICATE_FACTS = {
    "not_before": DataPart(N_("Valid from"), format_iso_day),
    "not_after": DataPart(N_("Valid until"), format_iso_day),
    "issuer": DataPart(N_("Issued by"), _ISSUERS),
}
_ANSWERS = {
    "subject": DataPart(FACT_LABELS["subject"], choose_label(SUBJECT_LABELS)),
    "events": DataPart(FACT_LABELS["events"], choose_label(EVENT_LABELS)),
    "merger_role": DataPart(FACT_LABELS["merger_role"], choose_label(words.ROLES)),
    "certificate": DataPart(FACT_LABELS["certificate"], inside=_CERTIFICATE_FACTS),
    "information_matches": DataPart(FACT_LABELS["information_matches"]),
    "token": DataPart(FACT_LABELS["token"], choose_label(words.TOKEN_STATES)),
    "key_exposed": DataPart(FACT_LABELS["key_exposed"]),
}
_PLACE = {
    "screen": DataPart(N_("Open screen"), choose_label(words.SCREENS)),
    "about": DataPart(N_("About"), choose_label(words.TOPICS)),
}
_ENTRY = {
    "fingerprint": DataPart(N_("Fingerprint of the certificate")),
    "where": DataPart(N_("File in the archive")),
}
_READING = {
    "certificates": DataPart(N_("Certificate"), inside=_CERTIFICATE),
    "problems": DataPart(N_("Trouble"), words.format_file_problem, apart=True),
    "places": DataPart(N_("Place in the archive"), inside=_ENTRY),
}
_CHART = {
    "kind": DataPart(N_("Kind of chart"), choose_label({"bars": N_("bars"), "burn_down": N_("burn-down")})),
    "title": DataPart(N_("Title")),
    "note": DataPart(N_("Note")),
    "series": DataPart(N_("Parts of a bar")),
    "bars": DataPart(N_("Bars"), words.format_chart_bar, apart=True),
    "nothing": DataPart(N_("Said where there is nothing")),
    "axis": DataPart(N_("What the figures count")),
    "start": DataPart(N_("First day"), format_iso_day),
    "until": DataPart(N_("Target"), format_iso_day),
    "open": DataPart(N_("Open, day by day")),
    "open_label": DataPart(N_("Name of the line")),
    "ideal_label": DataPart(N_("Name of the even pace")),
    "until_label": DataPart(N_("Name of the target")),
}
_CELLS = {
    FormField.EXTEND: N_("Box: extension"),
    FormField.CHANGE: N_("Box: change of information"),
    FormField.OLD_SERIAL: N_("Serial number of the old certificate"),
    FormField.SIM: N_("Telephone card (SIM PKI)"),
    **{column: FORM_FIELDS[name].title for column in FormField if (name := form_field_name(column)) in FORM_FIELDS},
}
_FORM_ROW = {column.value: DataPart(label) for column, label in _CELLS.items()}
_FORM_CONTENT = {
    "form": DataPart(N_("Form")),
    "body": DataPart(FIELDS["unit"].title),
    "superior": DataPart(N_("Superior or parent body")),
    "recipient": DataPart(N_("Sent to")),
    "place": DataPart(N_("Place")),
    "day": DataPart(N_("Day"), format_iso_day),
    "rows": DataPart(N_("Row"), inside=_FORM_ROW),
    "contact": DataPart(FORM_FIELDS["contact_name"].title, inside=_FORM_ROW),
}
_PRINTED_PART = {
    "style": DataPart(N_("Style")),
    "text": DataPart(N_("Text")),
}
_EVENT = {
    "kind": DataPart(N_("Kind"), choose_label(words.EVENT_KINDS)),
    "message": DataPart(N_("Number of the message")),
    "group": DataPart(N_("In a group")),
    "secret": DataPart(N_("A secret came with it, which is not kept")),
    "album": DataPart(N_("Sent together with others")),
    "text": DataPart(N_("Text")),
    "caption": DataPart(N_("Text beside a file")),
    "data": DataPart(N_("Button")),
    "reference": DataPart(N_("Reference of the file")),
    "name": DataPart(N_("File name")),
    "size": DataPart(N_("Size in bytes")),
    "reading": DataPart(N_("What was read"), inside=_READING),
    "what": DataPart(N_("Content"), choose_label(words.UNREADABLE_KINDS)),
    "chart": DataPart(N_("Chart"), inside=_CHART),
    "title": DataPart(N_("Title")),
    "picture": DataPart(N_("Picture"), words.format_size),
    "trouble": DataPart(N_("Why there is no picture"), choose_label(words.CHART_PROBLEMS)),
    "broadcast": DataPart(N_("Broadcast")),
    "dossier": DataPart(N_("Dossier of a unit")),
    "order": DataPart(N_("Mark of the order")),
    "language": DataPart(N_("Language"), _LANGUAGE),
    "parts": DataPart(N_("Paragraph"), inside=_PRINTED_PART),
    "contents": DataPart(N_("What stands in the papers"), inside=_FORM_CONTENT),
    "next_steps": DataPart(N_("Paragraph"), inside=_PRINTED_PART),
    "said": DataPart(N_("Said with the files"), apart=True),
}
_DRAFT = {
    "fields": DataPart(N_("Filled in"), inside=_FIELDS),
    "unit_code": DataPart(N_("Unit code")),
    "answer": DataPart(N_("Answer that was given")),
    "code": DataPart(N_("Request code")),
    "editing": DataPart(N_("Asked again"), choose_label(words.TOPICS)),
    "doubted": DataPart(N_("Waiting for your yes")),
}
_FORM_VALUES = {name: DataPart(asked.title) for name, asked in FORM_FIELDS.items()}
_FORM_DRAFT = {
    "fields": DataPart(N_("Filled in"), inside=_FORM_VALUES),
    "later": DataPart(N_("Left to fill in by hand"), choose_label(words.TOPICS)),
    "steps": DataPart(N_("Settled so far"), choose_label(words.TOPICS)),
    "skipped": DataPart(N_("The rest was left open")),
    "left": DataPart(N_("Left to fill in by hand"), choose_label(words.TOPICS)),
    "editing": DataPart(N_("Asked again"), choose_label(words.TOPICS)),
    "doubted": DataPart(N_("Waiting for your yes")),
    "code": DataPart(N_("Request code")),
    "certificate": DataPart(N_("Certificate it is about")),
    "subscriber": DataPart(N_("Name on the certificate")),
    "earlier": DataPart(
        N_("Kept for the next form"),
        inside={"name": DataPart(N_("Name")), "fields": DataPart(N_("Filled in"), inside=_FORM_VALUES)},
        apart=True,
    ),
    "settled_at": DataPart(N_("Last word about the papers"), format_iso_moment),
    "identity_until": DataPart(N_("Personal numbers are erased by"), format_iso_moment),
}
_FILTER = {
    "unit": DataPart(N_("Unit code")),
    "procedures": DataPart(N_("Procedure"), choose_label(PROCEDURE_LABELS)),
    "states": DataPart(N_("Stands at"), choose_label(STATE_LABELS)),
    "since": DataPart(N_("Registered from"), format_iso_day),
    "until": DataPart(N_("Registered until"), format_iso_day),
    "expires_from": DataPart(N_("Certificate ends from"), format_iso_day),
    "expires_until": DataPart(N_("Certificate ends until"), format_iso_day),
    "without_unit": DataPart(N_("Requests without a unit only")),
    "incomplete": DataPart(N_("Requests that lack something only")),
    "changed_at": DataPart(N_("Changed together at"), format_iso_moment),
    "codes": DataPart(N_("Codes of requests")),
    "text": DataPart(N_("Words searched for")),
}

_DERIVED = {
    "certificate": DataPart(N_("Fingerprint of the certificate")),
    "former": DataPart(N_("Code of the former unit")),
    "unit": DataPart(N_("Unit code")),
}
_DESK = {
    "wanted": DataPart(N_("Filter"), inside=_FILTER),
    "chosen_on": DataPart(N_("Filter chosen on"), format_iso_day),
    "turned": DataPart(N_("Pages turned")),
    "revision": DataPart(N_("Changes seen")),
    "moving_to": DataPart(N_("State chosen"), choose_label(STATE_LABELS)),
    "note": DataPart(N_("Reason given")),
    "mark": DataPart(N_("Mark of the requests to be changed")),
    "unit": DataPart(N_("Unit code")),
}

_BROADCAST = {
    "name": DataPart(N_("Code of the broadcast")),
    "revision": DataPart(N_("Changes seen")),
    "turned": DataPart(N_("Pages turned")),
    "campaign": DataPart(N_("A campaign")),
    "deadline": DataPart(N_("Deadline"), format_iso_day),
    "guided": DataPart(N_("Asked part by part")),
    "wish": DataPart(N_("Waiting for your yes"), choose_label(words.WISHES)),
}
_RECEIVING = {
    "unit": DataPart(N_("Unit code")),
    "fields": DataPart(N_("Filled in"), inside={name: DataPart(one.title) for name, one in OFFICE_FIELDS.items()}),
    "procedures": DataPart(N_("Procedure"), choose_label(FILED_LABELS)),
    "office": DataPart(N_("Code")),
    "revision": DataPart(N_("Changes seen")),
    "guided": DataPart(N_("Asked part by part")),
    "assumed_source": DataPart(N_("Source before")),
    "back": DataPart(N_("Opened from")),
}
_UNDERSTOOD = {
    "answers": DataPart(N_("Answers"), inside=_ANSWERS),
    "expiry": DataPart(N_("Typed day of expiry"), format_iso_day),
    "unit": DataPart(N_("Present unit, as typed")),
    "merged": DataPart(N_("A merger was told")),
    "replaced": DataPart(N_("Said before, not confirmed"), inside=_ANSWERS),
}
_RETRACTION = {
    "answers": DataPart(N_("Answers"), inside=_ANSWERS),
    "certificate": DataPart(N_("Certificate"), inside=_CERTIFICATE),
    "derived": DataPart(N_("What happened was filled in from"), inside=_DERIVED),
}
_SAFETY_FACTS = {name: _ANSWERS[name] for name in ("events", "token", "key_exposed")}
SESSION = {
    **_PLACE,
    "language": DataPart(N_("Language"), _LANGUAGE),
    "consented_at": DataPart(N_("You agreed"), format_iso_moment),
    "version": DataPart(N_("Screens shown")),
    "pack": DataPart(N_("Rule pack")),
    "answers": DataPart(N_("Answers"), inside=_ANSWERS),
    "certificate": DataPart(N_("Certificate"), inside=_CERTIFICATE),
    "came_from": DataPart(N_("Way back"), inside=_PLACE),
    "ticked": DataPart(N_("Ticked"), choose_label(words.OPTIONS)),
    "guesses": DataPart(N_("Offered as a guess"), choose_label(words.OPTIONS)),
    "offered": DataPart(N_("Certificate to confirm"), inside=_CERTIFICATE),
    "typed_expiry": DataPart(N_("Typed day of expiry"), format_iso_day),
    "told_expiry": DataPart(N_("Last day, as told"), format_iso_day),
    "misses": DataPart(N_("Messages in a row that were not understood")),
    "told_ended": DataPart(N_("The certificate has ended, as told")),
    "understood": DataPart(N_("Understood, and waiting for your yes"), inside=_UNDERSTOOD),
    "safety_facts": DataPart(N_("Confirmed, and not to be taken back unasked"), inside=_SAFETY_FACTS),
    "retraction": DataPart(N_("New answers, waiting for your yes"), inside=_RETRACTION),
    "named_unit": DataPart(N_("Present unit, as typed")),
    "waiting_files": DataPart(N_("File waiting for your consent"), inside=_EVENT),
    "draft": DataPart(N_("Request being written"), inside=_DRAFT),
    "set_aside": DataPart(N_("Request set aside before it was sent"), inside=_DRAFT),
    "forms": DataPart(N_("Papers being filled in"), inside=_FORM_DRAFT),
    "unit": DataPart(N_("Unit code")),
    "unit_skipped": DataPart(N_("Unit left open")),
    "derived": DataPart(N_("What happened was filled in from"), inside=_DERIVED),
    "interview": DataPart(N_("Certificates taken up")),
    "registered_key": DataPart(N_("Certificate a request was registered for")),
    "desk": DataPart(N_("Request list"), inside=_DESK),
    "broadcast": DataPart(N_("Broadcasts"), inside=_BROADCAST),
    "receiving": DataPart(N_("Receiving office being changed"), inside=_RECEIVING),
    "said_before": DataPart(N_("Said before the open question")),
    "said_digest": DataPart(N_("Digest of the open question")),
    "shown": DataPart(N_("Digest of the answer that was shown")),
    "last_tap": DataPart(N_("Button tapped last")),
    "warned": DataPart(N_("Warned of a secret that was sent")),
}
STANDING = {
    "interview": DataPart(N_("Certificates taken up")),
    "unit": DataPart(N_("Unit code")),
    "subscriber": DataPart(N_("Name on the certificate")),
    "not_after": DataPart(N_("Valid until"), format_iso_day),
    "owed": DataPart(N_("To be registered"), choose_label(PROCEDURE_LABELS)),
    "known_at": DataPart(N_("Known since"), format_iso_moment),
    "changed_at": DataPart(N_("Changed last"), format_iso_moment),
}
_CONTENT = {
    "subject": DataPart(N_("Kind of subscriber"), choose_label(SUBJECT_LABELS)),
    "subscriber": DataPart(FIELDS["subscriber"].title),
    "unit": DataPart(FIELDS["unit"].title),
    "unit_code": DataPart(N_("Unit code")),
    "certificate_name": DataPart(N_("Name on the certificate")),
    "serial": DataPart(FIELDS["serial"].title),
    "signed_serial": DataPart(N_("Serial number with its sign")),
    "not_after": DataPart(N_("Valid until"), format_iso_day),
    "procedure": DataPart(N_("Procedure"), choose_label(PROCEDURE_LABELS)),
    "form": DataPart(N_("Form")),
    "events": DataPart(FACT_LABELS["events"], choose_label(EVENT_LABELS)),
    "news": DataPart(N_("New information"), inside=_FIELDS),
    "old": DataPart(N_("On the certificate before"), inside=_FIELDS),
    "email": DataPart(N_("E-mail on the certificate")),
    "province": DataPart(N_("Province on the certificate")),
    "decision": DataPart(N_("Answer that was given")),
    "pack": DataPart(N_("Rule pack")),
    "channel": DataPart(N_("Channel")),
}
REQUEST = {
    "code": DataPart(N_("Request code")),
    "state": DataPart(N_("Stands at"), choose_label(STATE_LABELS)),
    "content": DataPart(N_("What is asked for"), inside=_CONTENT),
    "history": DataPart(N_("What became of it"), words.format_request_step, apart=True),
}
RECEIVED = {
    "id": DataPart(N_("Number at the channel")),
    "state": DataPart(N_("Stands at"), choose_label(words.RECEIVED_STATES)),
    "received_at": DataPart(N_("Received"), format_iso_moment),
    "event": DataPart(N_("What you sent"), inside=_EVENT),
}
_REPLY = {
    "paragraphs": DataPart(N_("Text"), words.format_without_markup, apart=True),
    "choices": DataPart(N_("Button"), words.format_choice, apart=True),
    "attachments": DataPart(N_("File"), words.format_attachment, apart=True),
    "action": DataPart(N_("To do"), choose_label(words.ACTIONS)),
    "target": DataPart(N_("Number of the message")),
}
_VALUES = {
    "language": DataPart(N_("Language"), _LANGUAGE),
    "name": DataPart(N_("Name on the certificate")),
    "unit": DataPart(N_("Unit")),
    "day": DataPart(N_("Deadline"), format_iso_day),
    "to_do": DataPart(N_("To be registered"), choose_label(PROCEDURE_LABELS)),
}
OUTGOING = {
    "state": DataPart(N_("Stands at"), choose_label(words.OUTGOING_STATES)),
    "queued_at": DataPart(N_("Written"), format_iso_moment),
    "message_id": DataPart(N_("Number of the message")),
    "broadcast": DataPart(N_("Code of the broadcast")),
    "reason": DataPart(N_("Why it ended so"), choose_label(words.OUTGOING_REASONS)),
    "values": DataPart(N_("What a reminder says of you"), inside=_VALUES),
    "reply": DataPart(N_("Message"), inside=_REPLY),
}
