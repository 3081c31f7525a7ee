"""Check the values of settings: addresses, ports, lists, folders; a wrong one is told how it must be."""

import re
from contextlib import suppress
from datetime import time
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, AnyUrl, SecretStr, TypeAdapter, UrlConstraints

from locales import N_

#: An address without a path stays without one: Telegram is told what the operator wrote.
_WEB = TypeAdapter[AnyHttpUrl](Annotated[AnyHttpUrl, UrlConstraints(preserve_empty_path=True)])
_ANY = TypeAdapter(AnyUrl)


def web_address(text: str) -> AnyHttpUrl:
    """Parse an http or https address with a host.

    Raises:
        ValueError: it is none; the error repeats the text, which may hold a secret.
    """
    return _WEB.validate_python(text)


def is_public_or_local(url: AnyHttpUrl) -> bool:
    """Return whether it is https, or http to this very machine: what a platform may be given to call."""
    return url.scheme == "https" or is_loopback((url.host or "").strip("[]"))


def host_and_port(address: str) -> tuple[str, int]:
    """Split ``127.0.0.1:8443`` or ``[::1]:80`` into host and port.

    Raises:
        ValueError: it is neither.
    """
    url = _ANY.validate_python(f"tcp://{address}")
    if not url.host or url.port is None or set(address) & set("/?#@"):
        raise ValueError("not host:port")
    return url.host.strip("[]"), url.port


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches a host."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_folder(path: Path) -> Path:
    if path.exists() and not path.is_dir():
        raise ValueError(N_("it is not a folder"))
    return path


def check_web_address(url: str) -> str:
    try:
        return str(web_address(url))
    except ValueError:
        raise ValueError(N_("it must be an http or https address, such as https://api.telegram.org")) from None


def check_public_address(url: str) -> str:
    with suppress(ValueError):
        if is_public_or_local(address := web_address(url)):
            return str(address)
    raise ValueError(N_("it must be an https address that the platform can call"))


def check_signals_url(url: SecretStr) -> SecretStr:
    with suppress(ValueError):
        parts = urlsplit(url.get_secret_value())
        if parts.scheme in {"nats", "tls"} and parts.hostname and parts.port != 0:
            return url
    raise ValueError(N_("it must be the address of a NATS server, such as nats://127.0.0.1:4222"))


def check_host_and_port(address: str) -> str:
    try:
        host_and_port(address)
    except ValueError:
        raise ValueError(N_("it must be host:port, such as 127.0.0.1:8443")) from None
    return address


def check_listen(address: str) -> str:
    return check_host_and_port(address) if address else ""


def check_public_site(url: str) -> str:
    """Check an address of a whole site: what is below it is ours to name."""
    with suppress(ValueError):
        address = web_address(url)
        plain = not (address.query or address.fragment or address.username or address.password)
        if is_public_or_local(address) and plain and (address.path or "/") == "/":
            return str(address).rstrip("/")
    raise ValueError(N_("it must be an https address without a path, such as https://troly.example.gov.vn"))


def check_proxies(proxies: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(proxy, strict=False)) for proxy in proxies)
    except ValueError:
        raise ValueError(N_("it must be addresses of proxies between commas, such as 127.0.0.1,10.0.0.0/8")) from None


def check_weekdays(days: tuple[int, ...]) -> tuple[int, ...]:
    if not days or not set(days) <= set(range(1, 8)):
        raise ValueError(N_("it must be days of the week from 1 (Monday) to 7, such as 1,2,3,4,5"))
    return days


def check_time_of_day(at: time) -> time:
    if at.tzinfo is not None:
        raise ValueError(N_("it must be a time of day in Viet Nam, such as 21:30"))
    return at


def split_list(text: object) -> object:
    """Split a text such as ``60,30,7`` into a list."""
    return [part.strip() for part in text.split(",") if part.strip()] if isinstance(text, str) else text


def check_hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    if not hosts or any(not re.fullmatch(r"[a-z0-9.-]+", one) for one in hosts):
        raise ValueError(N_("it must be names of hosts, such as zdn.vn,zadn.vn"))
    return hosts


def check_email(text: str) -> str:
    from handlers.model import parse_email  # noqa: PLC0415 - settings without an address are read without the model

    address = parse_email(text)
    if address is None:
        raise ValueError(N_("it must be an e-mail address, such as troly@haiphong.gov.vn"))
    return address


def check_zalo_id(text: str) -> str:
    if not text.isascii() or not text.isdecimal():
        raise ValueError(N_("it must be digits only"))
    return text
