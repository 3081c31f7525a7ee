"""How long a 429 makes us wait, whatever it says."""

import pytest

from bot.channels.telegram.transport import _retry_after


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("3", 3.0),
        ("0", 1.0),
        ("-7", 1.0),
        ("86400", 3600.0),
        ("Infinity", 5.0),
        ("-Infinity", 5.0),
        ("NaN", 5.0),
        ("1e999", 5.0),
        ("1" + "0" * 400, 5.0),
        ("null", 5.0),
    ],
)
def test_the_wait_is_between_a_second_and_an_hour(said: str, seconds: float) -> None:
    assert _retry_after(f'{{"parameters": {{"retry_after": {said}}}}}'.encode()) == seconds
