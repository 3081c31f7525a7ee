"""The fields of official forms that a certificate does not tell, and the checks of what is typed into them."""

import re
from collections.abc import Mapping
from datetime import date

from handlers.core import format_day, parse_day
from handlers.model import Form, FormField
from handlers.requests import FIELDS, Field, clean_email, clean_line
from locales import N_

FORM_LABELS = {
    Form.PERSON: N_("Form 01: a new certificate for an officer"),
    Form.ORGANISATION: N_("Form 02: a new certificate for a body"),
    Form.DEVICE: N_("Form 03: a new certificate for a device, service or software"),
    Form.CHANGE: N_("Form 04: extension, change of information"),
    Form.REVOKE: N_("Form 05: revocation"),
    Form.RESTORE: N_("Form 06: restoring the token"),
    Form.HANDOVER: N_("Form 08: record of the return of the token"),
    Form.LOSS: N_("Form 09: record of the lost token"),
}
#: Weights of the first nine digits of a tax code; the tenth is what is missing to ten, modulo eleven.
_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_TAX_CODE = re.compile(r"(\d{10})(?:-?(\d{3}))?")
_DEVICE_NUMBER = re.compile(r"(?=.*\d)[0-9A-Z][0-9A-Z/-]{2,39}")
#: A personal number begins with the code of a province, 001 to 096.
_CARD_NUMBER = re.compile(r"0\d{11}")
_MOBILE = re.compile(r"(?:\+?84|0)([35789]\d{8})")
_LINK = re.compile(r"[a-z][a-z0-9+.-]*:/|\bwww\.|\w\.(?:com|net|org|info|io|vn)(?:[/\s,;:?]|$)", re.IGNORECASE)
_GAPS = re.compile(r"[\s.]+")
#: The youngest and the oldest that an officer can be, in years.
_AGES = (15, 110)


def clean_words(text: str) -> str | None:
    """Clean a line of words, as a request takes it; an e-mail address or a link is none."""
    return None if "@" in text or has_link(text) else clean_line(text)


def has_link(text: str) -> bool:
    """Return whether a text holds the address of a page in the web."""
    return bool(_LINK.search(text))


def clean_digits(text: str, number: int) -> str | None:
    """Return exactly so many digits, written in groups or not."""
    bare = _GAPS.sub("", text)
    return bare if bare.isascii() and bare.isdecimal() and len(bare) == number else None


def clean_identity(text: str) -> str | None:
    """Clean a personal number: 12 digits, not all the same."""
    bare = clean_digits(text.replace("-", " "), 12)
    return bare if bare and len(set(bare)) > 1 else None


def clean_budget_code(text: str) -> str | None:
    return clean_digits(text, 7)


def clean_tax_code(text: str) -> str | None:
    """Clean the tax code of a body: 10 digits of which the last one is a check, and 3 more for a dependent body."""
    found = _TAX_CODE.fullmatch(_GAPS.sub("", text))
    if found is None or not text.isascii():
        return None
    body, branch = found.groups()
    rest = sum(weight * int(digit) for weight, digit in zip(_TAX_WEIGHTS, body, strict=False)) % 11
    return (f"{body}-{branch}" if branch else body) if int(body[-1]) == 10 - rest else None


def clean_mobile(text: str) -> str | None:
    """Clean a mobile number of Viet Nam to ten digits."""
    found = _MOBILE.fullmatch(re.sub(r"[\s.()-]+", "", text))
    return f"0{found.group(1)}" if found and text.isascii() else None


def clean_device_number(text: str) -> str | None:
    """Clean the number of a token; twelve digits that begin with a nought are a personal number in the wrong field."""
    bare = "".join(text.upper().split())
    return bare if bare.isascii() and _DEVICE_NUMBER.fullmatch(bare) and not _CARD_NUMBER.fullmatch(bare) else None


def clean_day(text: str) -> str | None:
    """Clean a day to 31/12/2026; the text may hold nothing else."""
    day = parse_day(text) if len(text.strip()) <= len("ngày 31 tháng 12 năm 2026") else None
    return f"{day:%d/%m/%Y}" if day else None


LINE = N_("Please type it in one line of words, without a personal number (CCCD), an e-mail address or a link.")
DAY = N_("Please type a day such as 31/12/2021.")
IDENTITY = N_("A personal number has exactly 12 digits, such as 000123456789. Please type it once more.")
MOBILE = N_("A mobile number has 10 digits, such as 0900000000.")
CARD = N_("It stands on the card (thẻ căn cước).")
ASK_OFFICE = N_("The office or the accounting of your body knows it.")
#: Answers to the question who issued a card, as cards say it.
CARD_ISSUERS = ("Bộ Công an", "Cục Cảnh sát quản lý hành chính về trật tự xã hội")


def _person_fields(prefix: str) -> tuple[Field, ...]:
    """Return the fields of a person: of the subscriber, or of the contact person."""

    def name(of_officer: str, of_contact: str) -> str:
        return of_contact if prefix else of_officer

    return (
        Field(
            f"{prefix}position",
            name(N_("Position"), N_("Position of the contact person")),
            name(N_("The present position (chức vụ) of the officer?"), N_("The position of the contact person?")),
            clean_words, LINE, N_("Such as “chuyên viên” or “công chức văn phòng – thống kê”."),
        ),
        Field(
            f"{prefix}mobile",
            name(N_("Mobile"), N_("Mobile of the contact person")),
            name(N_("The mobile number of the officer?"), N_("The mobile number of the contact person?")),
            clean_mobile, MOBILE, N_("The provider calls it when something is missing."), digits=True,
        ),
        Field(
            f"{prefix}identity_number",
            name(N_("Personal number (CCCD)"), N_("Personal number (CCCD) of the contact person")),
            name(N_("The personal number (số định danh cá nhân, CCCD) of the officer?"),
                 N_("The personal number (số định danh cá nhân, CCCD) of the contact person?")),
            clean_identity, IDENTITY, CARD, digits=True,
        ),
        Field(
            f"{prefix}identity_issued_on",
            name(N_("Card issued on"), N_("Card of the contact person issued on")),
            name(N_("On which day was the officer's card issued?"),
                 N_("On which day was the card of the contact person issued?")),
            clean_day, DAY, CARD, digits=True,
        ),
        Field(
            f"{prefix}identity_issued_by",
            name(N_("Card issued by"), N_("Card of the contact person issued by")),
            name(N_("Who issued the officer's card?"), N_("Who issued the card of the contact person?")),
            clean_words, LINE, CARD,
        ),
    )  # fmt: skip


_OFFICIAL = FIELDS["new_email"].wrong
_MAILBOX = FIELDS["new_email"].help
_ALL = (
    Field(
        "old_value", N_("To be changed"),
        N_("What does the certificate say now, where it is to be changed? Exactly as it stands there, please."),
        clean_line, FIELDS["new_name"].wrong,
        N_("It stands in the certificate's details; from the file (.cer) I read it myself."),
    ),
    Field(
        "new_value", N_("New information"), N_("What is the certificate to say from now on?"),
        clean_line, FIELDS["new_name"].wrong, FIELDS["new_name"].help,
    ),
    Field(
        "reason", N_("Reason"), N_("The reason, as it is to stand in the form?"),
        clean_words, LINE, N_("A few words, such as “sáp nhập đơn vị” or “thiết bị bị hỏng”."),
        prose=True,
    ),
    Field(
        "device_number", N_("Number of the device"), N_("The number of the token (số hiệu thiết bị)?"),
        clean_device_number, N_("A device number has letters and digits only, such as 0123AB4567."),
        N_("It is printed on the token, or stands in the program that manages it."), digits=True,
    ),
    Field(
        "email", N_("Official e-mail"), N_("The official e-mail address of the subscriber (issued by a state body)?"),
        clean_email, _OFFICIAL, _MAILBOX,
    ),
    Field(
        "tax_code", N_("Tax code"), N_("The tax code (mã số thuế) of the body?"), clean_tax_code,
        N_("A tax code has 10 digits, or 13 for a dependent body, such as 0000000017 or 0000000017-001;"
           " the last of the ten checks the others, so please look for a slip."), ASK_OFFICE, digits=True,
    ),
    Field(
        "budget_code", N_("Budget code"), N_("The budget code (mã số đơn vị có quan hệ với ngân sách) of the body?"),
        clean_budget_code, N_("A budget code has 7 digits, such as 1000000."), ASK_OFFICE, digits=True,
    ),
    Field(
        "address", N_("Address"), N_("The address of the body?"), clean_words, LINE,
        N_("The address at which the body works now."),
    ),
    Field(
        "workplace", N_("Working body"), N_("The body in which the officer works, or that owns the device?"),
        clean_words, LINE, FIELDS["unit"].help,
    ),
    Field(
        "province", N_("Province"), N_("Which province or city is it in today?"), clean_words, LINE,
        N_("Its present name, such as “tỉnh Đồng Nai”."),
    ),
    Field(
        "birthday", N_("Birthday"), N_("The birthday of the officer?"), clean_day, DAY, CARD, digits=True,
    ),
    *_person_fields(""),
    Field(
        "place", N_("Place of signing"), N_("Which place is to stand before the date of the papers?"),
        clean_words, LINE,
        N_("The name of the commune or province of the body that signs, such as “Nhơn Trạch”."),
    ),
    Field(
        "contact_name", N_("Contact person"),
        N_("Who is the contact person (đầu mối phối hợp), whom the provider can reach?"), clean_words, LINE,
        N_("A person of your body who knows this dossier; it may be the officer."),
    ),
    Field(
        "contact_email", N_("Official e-mail of the contact person"),
        N_("The official e-mail address of the contact person?"), clean_email, _OFFICIAL, _MAILBOX,
    ),
    Field(
        "contact_address", N_("Address for the papers and the token"),
        N_("At which address does your body receive, or hand over, papers and token?"), clean_words, LINE,
        N_("The address at which the body works now."),
    ),
    Field(
        "contact_workplace", N_("Working body of the contact person"),
        N_("In which body does the contact person work?"), clean_words, LINE, FIELDS["unit"].help,
    ),
    *_person_fields("contact_"),
)  # fmt: skip
#: All fields of forms, in the order in which they are asked; what a request also asks for comes first.
FORM_FIELDS: dict[str, Field] = {**FIELDS, **{field.name: field for field in _ALL}}


def form_field_name(column: FormField) -> str:
    """Return the name of the field that stands in a column of the table."""
    return "subscriber" if column is FormField.NAME else column.value


FUTURE = N_("That day is still to come. Please look at the card once more, and type a day such as 31/12/2021.")
AGE = N_("With that birthday the officer would be {age} years old. Please type a day such as 31/12/1980.")
CARD_BEFORE_BIRTH = N_("The card cannot be older than its holder ({birthday}). Please type the day on the card.")


def find_contradiction(
    name: str, value: str, values: Mapping[str, str], today: date
) -> tuple[str, dict[str, object]] | None:
    """Return what speaks against a clean value, as a message id with its values; ``None`` if nothing does.

    Args:
        name: The name of the field.
        value: Its value.
        values: The values of the other fields.
        today: The present day.
    """
    day = parse_day(value) if name == "birthday" or name.endswith("identity_issued_on") else None
    if day is None:
        return None
    if name == "birthday":
        age = today.year - day.year - ((today.month, today.day) < (day.month, day.day))
        return None if _AGES[0] <= age <= _AGES[1] else (AGE, {"age": age})
    birthday = parse_day(values.get("birthday", "")) if name == "identity_issued_on" else None
    if birthday and day <= birthday:
        return CARD_BEFORE_BIRTH, {"birthday": format_day(birthday)}
    return (FUTURE, {}) if day > today else None
