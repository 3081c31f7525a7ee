"""Addresses that a setting may name: of a site, and of a port of this machine."""

from ipaddress import ip_address
from typing import Annotated

from pydantic import AnyHttpUrl, AnyUrl, TypeAdapter, UrlConstraints

#: An address without a path stays without one: Telegram is told what the operator wrote.
_WEB = TypeAdapter[AnyHttpUrl](Annotated[AnyHttpUrl, UrlConstraints(preserve_empty_path=True)])
_ANY = TypeAdapter(AnyUrl)


def web_address(text: str) -> AnyHttpUrl:
    """An http or https address with a host.

    Raises:
        ValueError: it is none; the error repeats the text, which may hold a secret.
    """
    return _WEB.validate_python(text)


def is_public_or_local(url: AnyHttpUrl) -> bool:
    """Whether it is https, or http to this very machine: what a platform may be given to call."""
    return url.scheme == "https" or is_loopback((url.host or "").strip("[]"))


def host_and_port(address: str) -> tuple[str, int]:
    """``127.0.0.1:8443`` or ``[::1]:80`` as host and port.

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
