"""What is typed for a receiving office: cleaned, or refused with an error that shows a right value."""

import pytest

from handlers.offices import OFFICE_FIELDS, clean_hours, clean_telephone, format_office_changed
from rules.loading import load_pack


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0251 3822 501", "0251 3822 501"),
        ("024.3773.8668", "024.3773.8668"),
        ("(0251) 3822501", "(0251) 3822501"),
        ("+84 251 3822 501", "+84 251 3822 501"),
        ("1900 9095", "1900 9095"),
        ("080.45678", "080.45678"),  # the state's own network
        ("0251 3822 501, máy lẻ 12", "0251 3822 501 máy lẻ 12"),
        ("0251 3822 501 (máy lẻ: 12)", "0251 3822 501 máy lẻ 12"),
        ("0251 3822 501 hoặc 0900 000 000", "0251 3822 501; 0900 000 000"),
        ("0251 3822 501, 0251 3822 502", "0251 3822 501; 0251 3822 502"),
        ("123", None),
        ("không có", None),
        ("001099012345", None),  # a personal number
        ("0251 3822 501 gặp anh An", None),  # nobody's name is told to officers
        ("0251 3822 501; 12", None),
        ("0251 3822 501; 0251 3822 502; 0251 3822 503; 0251 3822 504", None),
        ("٠٢٥١٣٨٢٢٥٠١", None),
        ("", None),
        ("0" * 5000, None),
        ("0251" + "." * 300 + "3822501", None),  # no more letters than people need
        ("(" * 30 + "0251 3822 501", None),
    ],
)
def test_a_telephone_is_kept_in_its_groups_with_its_extension(typed: str, kept: str | None) -> None:
    assert clean_telephone(typed) == kept
    assert kept is None or clean_telephone(kept) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("7:30–11:30,  13:30–17:00, thứ Hai đến thứ Sáu", "7:30–11:30, 13:30–17:00, thứ Hai đến thứ Sáu"),
        ("sáng 7h30 - 11h30", "sáng 7h30 - 11h30"),
        ("Giờ hành chính", "Giờ hành chính"),
        ("7-16", "7-16"),
        ("lúc nào cũng được", None),
        ("001099012345 7h30", None),
        ("001 099 012 345 7h30", None),
        ("7h30 11h30 13h 17h", "7h30 11h30 13h 17h"),
        ("7h30\n\x00", None),
        ("7h " * 100, None),
    ],
)
def test_working_hours_name_a_time_of_day(typed: str, kept: str | None) -> None:
    assert clean_hours(typed) == kept


@pytest.mark.parametrize("name", OFFICE_FIELDS)
@pytest.mark.parametrize("filling", [" ", ".", "-", "a", "a ", "0", "7h ", "; ", "("])
@pytest.mark.long
def test_no_field_takes_more_than_an_office_holds(name: str, filling: str) -> None:
    for value in ("0251 3822 501", "7:30–11:30", "Sở Nội vụ", "ten@donvi.gov.vn", "0251 3822 501 máy lẻ 12; 080.45678"):
        for typed in (value + filling * 400, filling * 400 + value, value[:4] + filling * 400 + value[4:]):
            kept = OFFICE_FIELDS[name].clean(typed)
            assert kept is None or len(kept) <= 300, typed


@pytest.mark.cpu_limit(2)
@pytest.mark.parametrize("name", OFFICE_FIELDS)
def test_a_long_message_is_refused_in_no_time(name: str) -> None:
    for filling in (" ", "\t", ", ", "( ", "0 ", "7h ", ";"):
        OFFICE_FIELDS[name].clean(f"0251{filling * 4_000}3822 501")


def test_every_error_shows_a_right_value() -> None:
    examples = {
        "name": "Sở Khoa học và Công nghệ tỉnh Đồng Nai",
        "telephone": "0251 3822 501",
        "email": "ten@donvi.gov.vn",
    }
    for name, example in examples.items():
        field = OFFICE_FIELDS[name]
        assert example in field.wrong
        assert field.clean(example) == example


@pytest.mark.parametrize(
    "link", ["http://evil", "HTTPS://evil.com/a", "www.evil.vn", "số 1, evil.com", "evil.com/x 7:30"]
)
@pytest.mark.parametrize("name", ["name", "address", "hours"])
def test_a_link_is_no_value_of_an_office_but_for_its_source(name: str, link: str) -> None:
    assert OFFICE_FIELDS[name].clean(link) is None
    assert OFFICE_FIELDS["source"].clean(f"theo trang {link}")


@pytest.mark.parametrize("address", ["Số 1 Nguyễn Ái Quốc, TP. HCM", "Số 12/3, Q.1, TP.HCM", "Tòa nhà A.B, xã Mẫu"])
def test_an_address_with_points_is_no_link(address: str) -> None:
    assert OFFICE_FIELDS["address"].clean(address) == address


@pytest.mark.parametrize("withdrawn", [True, False])
def test_who_is_told_of_an_office_taken_back_reads_what_counts_now(*, withdrawn: bool) -> None:
    office = load_pack().offices[0]
    told = format_office_changed("vi", "Xã Mẫu", office, "Cơ quan A", withdrawn=withdrawn).paragraphs[-1]

    assert ("áp dụng trước đó nay có hiệu lực trở lại" in told) == withdrawn
    assert "/noinhan" in told
