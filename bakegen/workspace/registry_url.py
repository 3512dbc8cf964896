"""Addresses that registries may be asked under, and which of them a proxy is passed by for.

Plain http only goes to loopback hosts; everything else is https.
"""

from __future__ import annotations

import contextlib
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from bakegen.diagnostics import printable


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute URL that may be asked; `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Equal for URLs that may see each other's secrets."""
        return self.scheme, self.host, self.port

    @property
    def name(self) -> str:
        """The host for people, with the port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        return printable(host if self.port == usual else f"{host}:{self.port}")

    def at(self, target: str) -> Url:
        """Another page of the same server."""
        return Url(self.scheme, self.host, self.port, target)


def is_loopback(host: str) -> bool:
    """Whether `host` (no port, no brackets) is this machine by its name alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_url(text: str) -> Url | None:
    """`text` as a URL that may be asked: https, or http on loopback; None for anything else."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not host or not text.isascii() or not text.isprintable() or " " in text or parts.username is not None:
        return None
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        return None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Url(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), target)


def is_direct(url: Url, bypass: str) -> bool:
    """Whether `bypass`, the value of ``NO_PROXY``, takes `url` past the proxy; read as Go's httpproxy does.

    Entries are names (which stand for their subdomains too), ``.name`` (only those), addresses, networks as
    ``10.0.0.0/8``, each but the last with an optional port, or ``*``.
    """
    try:
        address = ipaddress.ip_address(url.host)
    except ValueError:
        address = None
    for entry in (part.strip().lower() for part in bypass.split(",")):
        if entry == "*":
            return True
        if "/" in entry:
            with contextlib.suppress(ValueError):
                if address is not None and address in ipaddress.ip_network(entry, strict=False):
                    return True
            continue
        name, colon, port = entry.rpartition(":")
        if colon and port.isdigit() and (":" not in name or name.endswith("]")):
            if int(port[:6]) != url.port:
                continue
            entry = name
        entry = entry.removeprefix("[").removesuffix("]").removeprefix("*")
        host = url.host.lower()
        if entry and (entry == host or host.endswith(entry if entry.startswith(".") else f".{entry}")):
            return True
    return False
