"""Small values as Go's libraries read them: booleans, numbers, sizes, durations, signals, ports, modes."""

from __future__ import annotations

import re

_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+) ?([kKmMgGtTpP])?[iI]?[bB]?")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_SIGNALS = frozenset(
    (
        *("ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO"),
        *("IOT", "KILL", "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS"),
        *("TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU"),
        *("XFSZ", "RTMIN", "RTMAX"),
        *(f"RTMIN+{number}" for number in range(1, 16)),
        *(f"RTMAX-{number}" for number in range(1, 15)),
    )
)
_SYMBOLIC_MODE = re.compile(r"[ugoa]*(?:[-+=](?:[rwxXst]*|[ugo]))+")


def parse_bool(text: str) -> bool | None:
    """strconv.ParseBool, or None."""
    return True if text in _TRUE else False if text in _FALSE else None


def parse_uint(text: str, base: int, bits: int) -> int | None:
    """strconv.ParseUint, or None."""
    digits = "0123456789"[:base]
    if not text or len(text) > 64 or text.strip(digits):
        return None
    value = int(text, base)
    return value if value < 1 << bits else None


def parse_int(text: str, bits: int = 64) -> int | None:
    """strconv.ParseInt in base 10, or None."""
    sign = -1 if text.startswith("-") else 1
    digits = text[1:] if text[:1] in ("-", "+") else text
    value = parse_uint(digits, 10, bits)
    if value is None or value * sign >= 1 << bits - 1 or value * sign < -(1 << bits - 1):
        return None
    return value * sign


def parse_size(text: str) -> int | None:
    """units.RAMInBytes: ``64m``, ``1.5GiB``; None where it is none."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    power = " KMGTP".find((match[2] or " ").upper())
    return int(float(match[1]) * 1024**power)


def parse_duration(text: str) -> int | None:
    """time.ParseDuration in nanoseconds, or None."""
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0
    total = 0.0
    pos = 0
    while pos < len(rest):
        match = _DURATION.match(rest, pos)
        if match is None:
            return None
        total += float(match[1]) * _NANOSECONDS[match[2]]
        pos = match.end()
    return int(total) * sign if rest and total < 2**63 else None


def is_signal(text: str) -> bool:
    """Whether STOPSIGNAL takes it: a number but 0, or a name with or without SIG."""
    number = parse_int(text)
    if number is not None:
        return number != 0
    return text.upper().removeprefix("SIG") in _SIGNALS


def is_mode(text: str) -> bool:
    """Whether ``--chmod`` takes it: an octal number up to 07777, or a symbolic mode such as ``u+x,go-w``."""
    number = parse_uint(text, 8, 32)
    if number is not None:
        return number <= 0o7777
    return all(_SYMBOLIC_MODE.fullmatch(part) for part in text.split(","))


def port_fault(text: str) -> str | None:
    """Why EXPOSE refuses ``[[ip:]public:]private[/protocol]``, or None.

    Source: parsePort in BuildKit's frontend/dockerfile/dockerfile2llb/convert_expose.go.
    """
    parts = text.split(":")
    host = parts[-2] if len(parts) > 1 else ""
    address = ":".join(parts[:-2])
    port, _, protocol = parts[-1].partition("/")
    if not port:
        return "no port is given"
    if protocol.lower() not in ("", "tcp", "udp", "sctp"):
        return f"the protocol cannot be {protocol!r}"
    if address and not _is_address(address):
        return f"{address!r} is no IP address"
    private = _port_range(port)
    if private is None:
        return f"{port!r} is no port or range of ports"
    if host:
        public = _port_range(host)
        if public is None:
            return f"{host!r} is no port or range of ports"
        if private[1] - private[0] != public[1] - public[0] and private[0] != private[1]:
            return f"the ranges {port} and {host} differ in size"
    return None


def _is_address(text: str) -> bool:
    import ipaddress  # rare

    try:
        ipaddress.ip_address(text[1:-1] if text.startswith("[") and text.endswith("]") else text)
    except ValueError:
        return False
    return True


def _port_range(text: str) -> tuple[int, int] | None:
    first, dash, last = text.partition("-")
    low = _port(first)
    if low is None:
        return None
    if not dash or first == last:
        return low, low
    high = _port(last)
    return None if high is None or high < low else (low, high)


def _port(text: str) -> int | None:
    number = parse_int(text)
    return number if number is not None and 0 <= number <= 65535 else None
