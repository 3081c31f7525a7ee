"""CA certificates of the government provider, by fingerprint. Facts, not files: the operator installs the files."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Pin:
    """One CA: subject CN, generation, end of validity, SHA-256 of the DER in upper-case hex."""

    name: str
    generation: str
    not_after: datetime
    fingerprint: str


_G1_ROOT = Pin(
    "Co quan chung thuc so chuyen dung Chinh phu (RootCA)",
    "G1",
    datetime(2030, 3, 5, 5, 45, 57, tzinfo=UTC),
    "F7BC89054CEC7F12730D7B8CD3EB7955B163835087E5EB873EDFB584763B3F90",
)
_G1_STATE = Pin(
    "Co quan chung thuc so Chinh phu",
    "G1",
    datetime(2030, 3, 4, 6, 33, 32, tzinfo=UTC),
    "75E969C07BA35C29C72BBC1BFB880F20F3891A619B00B77EB02CA6160736A1FE",
)
_G2_ROOT = Pin(
    "RootCA chuyên dùng Chính phủ G2",
    "G2",
    datetime(2048, 8, 14, 7, 36, 39, tzinfo=UTC),
    "F04BA4B459A7C9A1B971AD9B1CB833E695A80C79AEA63B174B66A70EDFE2FDB8",
)
_G2_STATE = Pin(
    "CA phục vụ các cơ quan Nhà nước G2",
    "G2",
    datetime(2048, 8, 14, 7, 36, 39, tzinfo=UTC),
    "D8CAB7A4AEF92E6BB2509D7C61CEE7B44F3731B2D21074963530277B366FAE4B",
)
_G2_PARTY = Pin(
    "CA phục vụ các cơ quan Đảng G2",
    "G2",
    datetime(2048, 8, 14, 7, 36, 39, tzinfo=UTC),
    "E4B402E3CB4CACC0A20D21FA49BCE76BEB4EB47BA7FFB7A8F71C554DBE561A81",
)

PINS = {pin.fingerprint: pin for pin in (_G1_ROOT, _G1_STATE, _G2_ROOT, _G2_STATE, _G2_PARTY)}
