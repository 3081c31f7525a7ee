"""Addresses that an operator writes down: where to call, where to be called, where to listen."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit


def is_web_address(url: str) -> bool:
    """Whether it is an http or https address with a host."""
    return _split(url) is not None


def is_public_or_local(url: str) -> bool:
    """Whether it is https, or http to this very machine: what a platform may be given to call."""
    parts = _split(url)
    return parts is not None and (parts.scheme == "https" or _is_loopback(parts.hostname or ""))


def host_and_port(address: str) -> tuple[str, int]:
    """``127.0.0.1:8443`` or ``[::1]:80`` as host and port.

    Raises:
        ValueError: it is neither.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError("not host:port")
    return host.strip("[]"), int(port)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return None
    good = parts.scheme in {"http", "https"} and parts.hostname and not any(map(str.isspace, url))
    return parts if good else None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
