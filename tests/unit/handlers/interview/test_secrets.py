"""PINs and keys are told from talk about them."""

import pytest

from handlers.interview.secrets import (
    has_secret,
    has_secret_in_name,
    looks_like_pin,
    looks_like_private_key,
    redact_secret,
)


@pytest.mark.parametrize(
    "line",
    [
        "ma pin 12345678",
        "PIN - 12345678",
        "mật khẩu → Abc12345",
        "mã PIN của tôi là 12345678.",
        "PIN: abc123",
        "pin=12345678",
        "pin là: 12345678",
        "Mật khẩu token là Abc@1234",
        "mat khau la Abc@xyz",
        "mk cua em la 88888888",
        "mk: matkhau1",
        "so pin: 1 2 3 4 5 6 7 8",
        "pin 1234",
        "pin: 2024",
        "12345678 la ma pin",
        "12345678 là mã PIN của token",
        "1 2 3 4 5 6 7 8 la pin",
        "em gui anh, abc12345 la mat khau nhe",
        "my password is hunter22",
        "Mã PIN (token): 123456",
        "mã PIN mặc định 12345678",
        "mã pin hiện nay là 123456",
        "mã PIN em đặt là 123456",
        "mã PIN của con token là 123456",
        "mã PIN token chị Lan: 123456",
        "mã PIN [USB token] là 123456",
        "PIN của USB (mới đổi): 123456",
        "mã PIN em đã đổi lại là 123456",
        "PIN bị lộ là 123456",
        "PIN1234",
        "Pin12345678",
        "matkhau123456",
        "PINCODE: 123456",
        "PIN code 123456",
        "123456 (PIN)",
        "123456 (mã PIN của token)",
        "123456 [PIN]",
        "123456 là mã pin",
        "PIN 123456/654321",
        "PIN/PUK: 123456/654321",
        "PUK: 12345678",
        "mat khau token la abc12345",
        "mk token: Abc@1234",
        "pass token: Abc@1234",
        '"pin": "123456"',
        "**PIN**: `123456`",
        "mã PIN\n\n123456",
        "mã PIN:\n   123456",
        "e\u0302m gu\u031bi pin: 12345678",
    ],
)
def test_a_pin_is_known_by_where_it_stands(line: str) -> None:
    assert looks_like_pin(line)
    assert not looks_like_pin(redact_secret(line).replace("0000", ""))
    assert has_secret(redact_secret(line))


@pytest.mark.parametrize(
    "line",
    [
        "pin",
        "quen pin",
        "khoa pin roi",
        "ma pin bi khoa",
        "khoa pin 2024",
        "khóa PIN năm 2024",
        "nhap sai pin 5lan roi",
        "nhap sai pin 5 lan",
        "pin: sai 5 lan",
        "pin là 8 số",
        "Pin 100%",
        "pin con 80%",
        "pin còn: 80 %",
        "pin: 99,5%",
        "sac pin 2 lan",
        "doi pin 2 cuc",
        "pin 3000mAh",
        "pin: 5000 mAh",
        "quên PIN, số điện thoại: 0912345678",
        "quên PIN gọi ai: 0912345678",
        "PIN khóa từ ngày: 20250701",
        "pin loi: 0x8010",
        "mã PIN hết hạn là 2025",
        "mã PIN (8 số) bị khóa",
        "pin 5904/2025",
        "văn bản 2024 (PIN)",
        "số 12 (đổi PIN)",
        "pinterest2024",
        "pin2026",
        "mat khau la gi",
        "mat khau la 8 ky tu",
        "mk 19/8 quen pin",
        "mk 12345678",
        "pin 31/12/2028",
        "pin: 31-12-2028",
        "quen pin 12/2026",
        "mat khau theo 5904/UBND-VX",
        "sap nhap 12/2026",
        "mã số thuế 0312345678",
        "số sê-ri 75580955FC81D6A7",
    ],
)
def test_talk_about_a_pin_is_none(line: str) -> None:
    assert not looks_like_pin(line)
    assert redact_secret(line) == line


@pytest.mark.parametrize(
    "header",
    [
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "PuTTY-User-Key-File-3: ssh-rsa",
        "—–BEGIN RSA PRIVATE KEY—–",
        "-----begin private key-----",
        "-----BEGIN\u00a0PRIVATE\u00a0KEY-----",
        "-----BEGIN PRI\u200bVATE KEY-----",
        "-----BEGIN%20RSA%20PRIVATE%20KEY-----",
        "-----BEGIN+EC+PRIVATE+KEY-----",
        "－－－－－ＢＥＧＩＮ ＰＲＩＶＡＴＥ ＫＥＹ－－－－－",
        "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQo=",
        "base64:",
    ],
)
def test_a_private_key_is_known_by_its_header_and_nothing_of_it_is_kept(header: str) -> None:
    text = f"khóa đây {header}\nMIIEvQIBADANBgkq"
    assert looks_like_private_key(text)
    assert "MIIE" not in redact_secret(text)
    assert looks_like_private_key(redact_secret(text))


def test_a_certificate_is_no_secret() -> None:
    assert not has_secret("-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkq")


@pytest.mark.cpu_limit(5)
@pytest.mark.parametrize(
    "piece",
    [
        "pin ",
        "pin    ",
        "pin cua cua ",
        "1",
        "1 ",
        "pin của ",
        "pin",
        "pin (",
        "pin (a) ",
        "pin a ",
        "pin a b c ",
        "pin cua em a b c (x) ",
        "1234/",
        "pin 1234/",
        "pin1234",
        "1234 (pin ",
        "a",
        "a ",
        "pin/",
        "pin: la ",
        "pin\n",
        '"',
        "a1 la ",
        "mk:",
        "-----BEGIN ",
        "-BEGIN a ",
        "\u200b-",
        "MII",
    ],
)
@pytest.mark.cpu_limit(3)  # ten times what it takes; whatever looks at the text once more for each piece takes longer
@pytest.mark.long
def test_a_long_text_is_looked_through_in_no_time(piece: str) -> None:
    has_secret(piece * 20_000)
    has_secret_in_name(f"pin {piece * 20_000}"[:100_000])


@pytest.mark.parametrize("text", ["/start PIN_12345678", "/ghichu PIN 123456", "/start mat-khau-Abc12345"])
def test_what_stands_behind_a_command_is_looked_through_too(text: str) -> None:
    assert has_secret(text)
    assert "12345" not in redact_secret(text)


@pytest.mark.parametrize(
    "name",
    [
        "PIN_12345678.cer",
        "mat-khau-Abc12345.txt",
        "chung thu (ma PIN 123456).p7b",
        "123456_PIN.pdf",
        "12345678-ma-PIN.pdf",
        "PIN123456.pdf",
    ],
)
def test_a_files_name_may_tell_a_secret(name: str) -> None:
    assert has_secret_in_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "huong-dan-doi-PIN-lan-2.pdf",
        "pin_2026.docx",
        "ubnd-xa.cer",
        "doi ma PIN 01-2025.pdf",
        "20250701_PIN.pdf",
        "01072025_PIN.pdf",
        "5904_PIN.pdf",
        "123456_quen_PIN.pdf",
    ],
)
def test_a_files_name_about_pins_is_none(name: str) -> None:
    assert not has_secret_in_name(name)
