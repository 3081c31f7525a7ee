"""A merged commune of forty certificates, as files and with the dossier that the rules give, written by hand."""

import zipfile
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import Any

from bot.certificates.parsing import read
from handlers.dossier import DossierContext, Entry, decide_all
from handlers.dossier.filing import format_changes
from handlers.dossier.sources import sources_of_reading
from handlers.model import FileProblemKind, ListedCertificate, Source
from locales import translator
from tests.support.pki import expired, make_certificate, make_personal, public_ca

#: The facts that hold for all of the commune.
COMMON = {"events": ["merged_into_new"], "information_matches": False, "token": "in_hand", "key_exposed": False}
_CHANGE, _END = ("change_information",), ("revoke", "return_device")
_AGAIN = ("revoke", "return_device", "issue_new")
_LOST = ("revoke", "report_loss", "issue_new")


@dataclass(frozen=True)
class Case:
    """A certificate, what is said of it alone, and the row that the rules give it."""

    file: str
    serial: str
    content: bytes
    status: str = "decided"
    procedures: tuple[str, ...] = _CHANGE
    forms: tuple[str, ...] = ("04",)
    problem: str | None = None
    facts: dict[str, object] = field(default_factory=dict)


def _body(number: int, file: str, name: str, superior: str, **facts: object) -> Case:
    return Case(
        file, f"{0xA000 + number:X}", make_certificate(name, superior=superior, serial=0xA000 + number), facts=facts
    )


def _person(number: int, name: str, **told: Any) -> Case:
    made = {key: told.pop(key) for key in ("not_before", "not_after", "issuer", "policy") if key in told}
    content = make_personal(name, serial=0xB000 + number, email=f"can-bo-{number}@dongnai.gov.vn", **made)
    return Case(f"ca-nhan/{number:02}.cer", f"{0xB000 + number:X}", content, **told)


@cache
def commune() -> list[Case]:
    """Return UBND, three organisations, 34 people, one of a public provider, one broken, and one given twice."""
    left: dict[str, Any] = {"facts": {"events": ["left_state_service"]}, "procedures": _END, "forms": ("05", "08")}
    people = [_person(number, f"Nguyễn Văn {chr(64 + number)}") for number in range(1, 27)]
    people += [_person(number, f"Trần Thị {chr(64 + number - 26)}") for number in range(27, 30)]
    again = Case("ca-nhan/01 (2).cer", people[0].serial, people[0].content, "problem", (), (), "duplicate_serial")
    return [
        _body(1, "ubnd.cer", "UBND xã Phước An", "UBND huyện Nhơn Trạch", merger_role="designated"),
        _body(2, "th.cer", "Trường Tiểu học Phước An", "UBND xã Phước An", events=["superior_changed"]),
        _body(3, "mn.cer", "Trường Mầm non Phước An", "UBND xã Phước An", events=["superior_changed"]),
        _body(4, "tyt.cer", "Trạm Y tế xã Phước An", "UBND xã Phước An", events=["superior_changed"]),
        *people,
        _person(30, "Lê Văn Hưu", **left),
        _person(31, "Phạm Thị Hưu", **left),
        _person(32, "Lê Thị Mất", facts={"token": "lost"}, procedures=_LOST, forms=("05", "09", "01")),
        _person(33, "Võ Văn Chuyển", facts={"events": ["moved_within_state"]}, forms=("04 receiving",)),
        _person(34, "Đỗ Văn Hạn", **expired(), procedures=_AGAIN, forms=("05", "08", "01"), problem="expired"),
        _person(
            35, "Bùi Thị Công", issuer=public_ca(), policy=None, status="problem", procedures=("out_of_scope",),
            forms=(), problem="public",
        ),
        Case("ca-nhan/hong.cer", "", people[0].content[:-40], "problem", (), (), "broken"),
        again,
    ]  # fmt: skip


def to_zip(cases: list[Case]) -> bytes:
    """Return an archive of the files."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for case in cases:
            archive.writestr(case.file, case.content)
    return packed.getvalue()


def facts_of(cases: list[Case]) -> dict[str, object]:
    """Return the file of facts: what holds for all, and for single certificates."""
    return {**COMMON, "people": {case.serial: case.facts for case in cases if case.facts}}


#: What is said of single certificates so that every form, every question and every doubt is there at once.
EVERYTHING: dict[str, dict[str, object]] = {
    "A002": {"events": ["dissolved"]},
    "A003": {"events": ["split"]},
    "B005": {"token": "locked"},
    "B006": {"token": "damaged"},
    "B007": {"key_exposed": True},
    "B008": {"events": ["deceased"]},
    "B009": {"events": ["position_changed"]},
    "B00A": {"token": "remote"},
    "B00B": {"events": ["email_changed"]},
    "B00C": {"token": None},
    "B00D": {"information_matches": None},
    "C001": {"subject": "device", "events": ["device_retired"]},
    "C0FE": {},
}


def everything_at_once(
    context: DossierContext, language: str = "vi", letters: int = 0
) -> tuple[list[Entry], tuple[str, ...]]:
    """Return the certificates of a commune to which everything happened, and what changed since the dossier before.

    Args:
        context: The rules, the day and the unit.
        language: Of what changed.
        letters: About how many a name has; 0 for names as they are.
    """
    cases = commune()
    given = list(sources_of_reading("xa.zip", read(to_zip(cases))))
    device = read(make_certificate("Máy chủ ký số", superior="UBND xã Phước An", serial=0xC001)).certificates[0]
    given += [Source(file="may-chu.cer", certificate=device)]
    given += [Source(file=f"hong {number}.cer", trouble=FileProblemKind.BROKEN) for number in range(3)]
    given += [Source(file="kho.p12", trouble=FileProblemKind.PRIVATE_KEY)]
    row = ListedCertificate(line=3, name="Nguyễn Lạ", sayings=("trưởng phòng",), unread=("7.5E+15",))
    given = [_with_long_name(one, letters) for one in (*given, Source(file="ds.xlsx", listed=row))]
    people = {case.serial: case.facts for case in cases if case.facts} | EVERYTHING
    entries = decide_all(context, given, COMMON, people)
    before = {f"{number:X}": ("decided", "revoke") for number in range(0xB001, 0xB040)}
    return entries, tuple(format_changes(context, before, entries, translator(language)))


def _with_long_name(source: Source, letters: int) -> Source:
    one = source.certificate
    if one is None or not letters:
        return source
    longer = one.model_copy(update={"name": f"{one.name} " * (letters // len(one.name))})
    return source.model_copy(update={"certificate": longer})
