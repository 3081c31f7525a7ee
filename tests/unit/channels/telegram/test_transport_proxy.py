"""The proxy of the environment is found once, and respected where it does not apply."""

import pytest

from bot.channels.telegram.transport import proxy_for


@pytest.fixture(autouse=True)
def _proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1,inside.example")


def test_an_address_outside_goes_through_the_proxy() -> None:
    assert proxy_for("https://api.telegram.org") == "http://proxy.example:3128"


@pytest.mark.parametrize(
    "url", ["http://api.telegram.org", "https://inside.example", "https://127.0.0.1:81", "nonsense"]
)
def test_other_addresses_do_not(url: str) -> None:
    assert proxy_for(url) is None
