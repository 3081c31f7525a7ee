"""Certificates as the conversation sees them, without any bytes behind them."""

from datetime import UTC, datetime

from handlers.model.certificate import Attribute, Certificate, Recognition
from rules.facts import Issuer, Subject

GOVERNMENT = "CA phục vụ các cơ quan Nhà nước G2"


def certificate(name: str = "UBND XÃ ĐẠI PHƯỚC", **changes: object) -> Certificate:
    fields: dict[str, object] = {
        "subject": (Attribute(oid="2.5.4.3", name="CN", value=name),),
        "name": name,
        "superior": "UBND TỈNH ĐỒNG NAI",
        "issuer": (Attribute(oid="2.5.4.3", name="CN", value=GOVERNMENT),),
        "issuer_name": GOVERNMENT,
        "serial": "75580955FC81D6A7",
        "not_before": datetime(2024, 1, 2, 8, 9, tzinfo=UTC),
        "not_after": datetime(2029, 1, 1, 8, 9, tzinfo=UTC),
        "key": "RSA 2048",
        "signature_algorithm": "sha256WithRSAEncryption",
        "email": "vanthu@daiphuoc.gov.vn",
        "fingerprint": f"{abs(hash(name)):064X}"[:64],
        "subscriber": Subject.ORGANISATION,
        "issuer_kind": Issuer.GOVERNMENT,
        "recognition": Recognition.VERIFIED,
    }
    return Certificate.model_validate({**fields, **changes})


EXPIRED = {
    "not_before": datetime(2021, 11, 17, 8, 9, tzinfo=UTC),
    "not_after": datetime(2026, 11, 16, 8, 9, tzinfo=UTC),
}
PERSON = {"subscriber": Subject.INDIVIDUAL, "units": ("UBND xã Đại Phước", "Văn phòng"), "email": "lan@daiphuoc.gov.vn"}
